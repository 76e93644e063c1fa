/*
 * Launching with progress: on the terminal, or, from a menu, by the broker's notification.
 */
#pragma once

#include <stdbool.h>

#include "client.h"

/* The answer of the broker's Launch, the caller's; NULL with an error for the user. alternative: an
 * application that is launched if the guest has no such command, NULL none. verbose: tell each step
 * in a line of its own. */
GVariant *hc_launch(struct hc_client *client, const char *vm, const char *application,
	const char *const *words, const char *alternative, bool verbose, GError **error);

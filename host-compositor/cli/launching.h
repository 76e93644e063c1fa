/*
 * Launching with progress: on the terminal, or, from a menu, by the broker's notification.
 */
#pragma once

#include <stdbool.h>

#include "client.h"

struct hc_launch {
	const char *vm;
	const char *application; /* as the broker's Launch has it */
	const char *const *words;
	const GArray
		*files; /* of guint32: places of words that are the primary's files; NULL none */
	const char *alternative; /* application, if the guest has no such command; NULL none */
	bool verbose; /* tell each step in a line of its own */
};

/* The answer of the broker's Launch, the caller's; NULL with an error for the user. */
GVariant *hc_launch(struct hc_client *client, const struct hc_launch *launch, GError **error);

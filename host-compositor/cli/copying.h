/*
 * Files on their way between the primary and a VM, or two VMs, by the broker.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "client.h"

struct hc_copied {
	char **paths; /* where they are at the receiver */
	guint64 bytes;
	guint64 skipped; /* what the sender has left out */
	double seconds;
};

/* Copies, shows on a terminal how far it is, and gives it up on Ctrl-C. from, to: a VM's name or
 * @primary; paths and directory as the broker's CopyFiles has them. False with an error for the
 * user. Cleared with hc_copied_clear(). */
bool hc_copy_files(struct hc_client *client, const char *from, const char *const *paths,
	const char *to, const char *directory, struct hc_copied *copied, GError **error);

void hc_copied_clear(struct hc_copied *copied);

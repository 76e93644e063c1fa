/*
 * What the start menu offers of a VM: the patterns of its file (publish=), and single applications
 * that the user has chosen since.
 *
 * An administrator's file is the bound: the user can take applications out of it, and put them back
 * in. What the user's own file leaves out can be added, too.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "vm-config.h"

struct hc_publishing;

/* path: of the file of choices, which is read if it is there. */
struct hc_publishing *hc_publishing_create(const char *path);

/* NULL is legal. */
void hc_publishing_destroy(struct hc_publishing *publishing);

bool hc_publishing_shows(const struct hc_publishing *publishing, const struct hv_vm_config *config,
	const char *application);

/* Makes a choice, and keeps it. False with an error. */
bool hc_publishing_choose(struct hc_publishing *publishing, const struct hv_vm_config *config,
	const char *application, bool shown, GError **error);

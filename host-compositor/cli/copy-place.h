/*
 * The places of a copy as the user writes them: VM:PATH, or a path of the primary.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#define HC_PLACE_PRIMARY "@primary"

/* The VM's name of a word VM:PATH, and *path what follows; NULL for a path of the primary, which
 * has a slash before its first colon, or none. The caller frees the name. */
char *hc_place_vm(const char *word, const char **path);

struct hc_places {
	char *from; /* a VM's name, or @primary */
	char **paths; /* absolute on the primary */
	char *to;
	char *directory; /* absolute, on the primary; empty in a VM */
};

/* Reads SOURCE... DESTINATION. False with an error. Cleared with hc_places_clear(). */
bool hc_places_parse(
	const char *const *words, guint count, struct hc_places *places, GError **error);

void hc_places_clear(struct hc_places *places);

/*
 * Which icons of a VM have been fetched from its guest, and as of which stamp: kept in a file, so
 * that they are not fetched again as long as they look the same.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

struct hc_icon_stamps;

/* path: of the file, which is read if it is there. */
struct hc_icon_stamps *hc_icon_stamps_create(const char *path);

/* The path of a VM's file. The caller frees it. */
char *hc_icon_stamps_path(const char *vm);

/* Removes the files of VMs that are not named. */
void hc_icon_stamps_keep_vms(GHashTable *vms);

/* NULL is legal. */
void hc_icon_stamps_destroy(struct hc_icon_stamps *stamps);

/* The colour of the badge that icons have. True if it is another one than before: then none has
 * been fetched that could be used. */
bool hc_icon_stamps_set_colour(struct hc_icon_stamps *stamps, uint32_t colour);

/* name: of the icon. True if it has been fetched with this stamp; *present is whether the guest had
 * one. */
bool hc_icon_stamps_find(
	const struct hc_icon_stamps *stamps, const char *name, uint64_t stamp, bool *present);

/* It has been fetched now. */
void hc_icon_stamps_set(
	struct hc_icon_stamps *stamps, const char *name, uint64_t stamp, bool present);

/* Forgets icons that are not named. */
void hc_icon_stamps_keep(struct hc_icon_stamps *stamps, GHashTable *names);

/* Writes the file, if anything has changed. */
void hc_icon_stamps_save(struct hc_icon_stamps *stamps);

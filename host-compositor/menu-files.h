/*
 * The files of the start menu that are Oriel's: desktop entries, icons, and the groups of VMs.
 *
 *   $XDG_DATA_HOME/applications/oriel/VM.ID.desktop
 *   $XDG_DATA_HOME/icons/hicolor/SIZExSIZE/apps/oriel-VM.ID.png
 *   $XDG_DATA_HOME/desktop-directories/oriel-VM.directory
 *   $XDG_CONFIG_HOME/menus/applications-merged/oriel.menu
 *
 * Files of others are neither written over nor removed: what is Oriel's has its marker, and icons
 * have its prefix. A file whose content stays the same is not written; one that changes is complete
 * at any moment.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* The key, or word, that only files of Oriel have. */
#define HC_MENU_MARKER "X-Oriel-VM"

/* The sizes of icons, in pixels. */
enum { HC_MENU_ICON_SIZES = 7 };
extern const unsigned int hc_menu_icon_sizes[HC_MENU_ICON_SIZES];

struct hc_menu_files;

/* In the user's directories. */
struct hc_menu_files *hc_menu_files_create(void);

/* NULL is legal. */
void hc_menu_files_destroy(struct hc_menu_files *files);

/* name: of the file, as hc_menu_file_name() makes it. */
void hc_menu_files_put_entry(struct hc_menu_files *files, const char *name, const char *text);

/* name: of the icon. size: one of hc_menu_icon_sizes. */
void hc_menu_files_put_icon(
	struct hc_menu_files *files, const char *name, unsigned int size, GBytes *png);

void hc_menu_files_remove_icon(struct hc_menu_files *files, const char *name, unsigned int size);

/* True if there is an icon of that name, of whatever size. */
bool hc_menu_files_has_icon(const struct hc_menu_files *files, const char *name);

/* The group of a VM; NULL: it has none any more. */
void hc_menu_files_put_directory(struct hc_menu_files *files, const char *vm, const char *text);

/* The file that makes groups of the entries; NULL: there are none. */
void hc_menu_files_put_groups(struct hc_menu_files *files, const char *text);

/* Remove what Oriel has of a VM but for the names in the set. */
void hc_menu_files_keep_entries(struct hc_menu_files *files, const char *vm, GHashTable *names);
void hc_menu_files_keep_icons(struct hc_menu_files *files, const char *vm, GHashTable *names);

/* Removes what Oriel has of any VM but those in the set of names; with an empty one all, the groups
 * included. */
void hc_menu_files_keep_vms(struct hc_menu_files *files, GHashTable *vms);

/* True once if anything has changed since the last call. */
bool hc_menu_files_changed(struct hc_menu_files *files);

/* Lets caches of the desktop know of changes: starts the programs for that, where there are any,
 * and does not wait for them. */
void hc_menu_files_refresh(const struct hc_menu_files *files);

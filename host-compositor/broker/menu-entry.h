/*
 * The texts of the files that make the start menu: pure functions. What a guest has said stands in
 * them as text alone; commands, ids and labels are the primary's own.
 */
#pragma once

#include "application.h"

/* Whose applications they are. */
struct hc_menu_owner {
	const char *vm; /* name */
	const char *oriel; /* the command line's program, absolute */
};

/* The names of files and icons: "work.org.gnome.gedit.desktop", "oriel-work.org.gnome.gedit", with
 * ",ACTION" for an action's icon, and "oriel-work" for the VM's own, "work.desktop" for what
 * opens files in it. The caller frees them, as all
 * that follows. */
char *hc_menu_file_name(const char *vm, const char *application);
char *hc_menu_icon_name(const char *vm, const char *application, const char *action);
char *hc_menu_vm_icon_name(const char *vm);
char *hc_menu_open_file_name(const char *vm);

/* A desktop entry. icons: the ids of what has icons of its own, "" for the application itself and
 * those of actions. */
char *hc_menu_entry(const struct hc_menu_owner *owner, const struct hc_application *application,
	GHashTable *icons);

/* The entry that opens files and links in the VM, with what the guest thinks best. mime_types: see
 * desktop-lists.h. */
char *hc_menu_open_entry(const struct hc_menu_owner *owner, const char *mime_types);

/* What a menu says of the group of a VM's applications. */
char *hc_menu_directory(const char *vm);

/* The menu that has a group for each of the VMs, NULL-terminated (Desktop Menu Specification). */
char *hc_menu_groups(const char *const *vms);

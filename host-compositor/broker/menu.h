/*
 * The start menu: what VMs' guests tell of their applications becomes entries of the desktop's
 * menu, as far as they are published, and stays while a VM is down.
 *
 * Lists and icons come from views, which are not believed; what is written is the primary's own
 * (menu-entry.h). Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "link.h"
#include "vm-config.h"

struct hc_menu;

struct hc_menu_listener {
	/* Asks a VM's view for something. */
	void (*send)(void *data, const char *vm, const struct hc_link_message *message);
	/* The VM has other applications, or others of them are published. */
	void (*changed)(void *data, const char *vm);
};

/* oriel: path of the command line's program. */
struct hc_menu *hc_menu_create(
	const char *oriel, const struct hc_menu_listener *listener, void *data);

/* Entries stay. NULL is legal. */
void hc_menu_destroy(struct hc_menu *menu);

/* The VMs that there are, of const struct hv_vm_config, which live until the next call; entries of
 * others go. */
void hc_menu_set_vms(struct hc_menu *menu, const GPtrArray *configs, int64_t now);

/* A message of a VM's view, with its descriptor, which stays the caller's. What is not about
 * applications is ignored. */
void hc_menu_handle_message(struct hc_menu *menu, const char *vm,
	const struct hc_link_message *message, int fd, int64_t now);

/* The session with the guest has ended: nothing that was begun will be completed. */
void hc_menu_handle_session_ended(struct hc_menu *menu, const char *vm);

/* False if the VM has never told of its applications. */
bool hc_menu_knows(const struct hc_menu *menu, const char *vm);

/* Appends a row (GVariant a{sv}, see rows.h) for each application of the VM. */
void hc_menu_list(struct hc_menu *menu, const char *vm, GPtrArray *rows, int64_t now);

/* Publishes an application or takes it out of the menu; id is with or without .desktop. False with
 * an error. */
bool hc_menu_publish(struct hc_menu *menu, const char *vm, const char *id, bool shown, int64_t now,
	GError **error);

/* When to dispatch; -1 never. */
int64_t hc_menu_deadline(const struct hc_menu *menu);
void hc_menu_dispatch(struct hc_menu *menu, int64_t now);

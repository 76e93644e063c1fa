/*
 * One VM's part of the start menu: its applications, which of them are published, and their icons.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "catalogue.h"
#include "link.h"
#include "menu-files.h"
#include "publishing.h"
#include "vm-config.h"

struct hc_menu_vm;

/* What all VMs share. */
struct hc_menu_shared {
	const char *oriel; /* path of the command line's program */
	struct hc_menu_files *files;
	struct hc_publishing *publishing;
	void (*send)(void *data, const char *vm, const struct hc_link_message *message);
	void *data;
};

/* shared must outlive it. */
struct hc_menu_vm *hc_menu_vm_create(const struct hc_menu_shared *shared, const char *name);
void hc_menu_vm_destroy(void *vm);

const char *hc_menu_vm_name(const struct hc_menu_vm *vm);

/* True if the configuration, which lives until the next call, makes another menu than the last one.
 */
bool hc_menu_vm_set_config(struct hc_menu_vm *vm, const struct hv_vm_config *config);
const struct hv_vm_config *hc_menu_vm_config(const struct hc_menu_vm *vm);

void hc_menu_vm_handle_message(
	struct hc_menu_vm *vm, const struct hc_link_message *message, int fd);

/* Nothing that the guest has begun will be completed. */
void hc_menu_vm_end_session(struct hc_menu_vm *vm);

/* Takes a complete list over, if one has come, and begins to write what it makes another. True if
 * it is another one than before. */
bool hc_menu_vm_take_list(struct hc_menu_vm *vm);

/* True if a complete list waits to be taken over. */
bool hc_menu_vm_has_list(const struct hc_menu_vm *vm);

/* Writes the entries that are published, and removes the others. */
void hc_menu_vm_write(struct hc_menu_vm *vm);

/* True if there is more to write: to be done by and by. */
bool hc_menu_vm_writing(const struct hc_menu_vm *vm);
void hc_menu_vm_write_some(struct hc_menu_vm *vm);

/* Asks for icons that are missing, so many at a time and in a while that a guest that has others
 * again and again keeps nobody busy. */
void hc_menu_vm_ask_for_icons(struct hc_menu_vm *vm, int64_t now);

/* When that is to be called again, CLOCK_MONOTONIC in milliseconds; -1 never. */
int64_t hc_menu_vm_icons_deadline(const struct hc_menu_vm *vm);

/* True if the menu has entries of it. */
bool hc_menu_vm_shown(const struct hc_menu_vm *vm);

const struct hc_catalogue *hc_menu_vm_catalogue(const struct hc_menu_vm *vm);

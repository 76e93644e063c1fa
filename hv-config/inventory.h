/*
 * All VMs that files describe: /etc/oriel/vms/NAME.vm and $XDG_CONFIG_HOME/oriel/vms/NAME.vm, the
 * latter winning for the same name. A wrong file becomes an error of its own and does not take the
 * others down.
 */
#pragma once

#include <glib.h>

#include "vm-config.h"

struct hv_inventory {
	GPtrArray *vms; /* of struct hv_vm_config, sorted by name */
	GPtrArray *errors; /* of char *, a line each */
};

/* Reads the given directories, later ones winning; missing directories are empty. Never fails. */
struct hv_inventory *hv_inventory_load(const char *const *directories);

/* The directories above, NULL-terminated; freed with g_strfreev(). */
char **hv_inventory_directories(void);

/* NULL if there is none; lives as long as the inventory. */
const struct hv_vm_config *hv_inventory_find(
	const struct hv_inventory *inventory, const char *name);

/* NULL is legal. */
void hv_inventory_free(struct hv_inventory *inventory);

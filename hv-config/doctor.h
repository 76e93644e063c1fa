/*
 * What stands in the way of VMs, looked for before they are started.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "driver.h"
#include "inventory.h"

struct hv_finding {
	bool fine;
	char *text; /* a sentence for people: what, and if it is not fine, why, and what to do */
};

/* Looks for what the VMs of the inventory need, on this machine; open: see
 * hv_driver_xen_create(). Of struct hv_finding; the caller unrefs it. */
GPtrArray *hv_doctor_examine(const struct hv_inventory *inventory, hv_xen_open open);

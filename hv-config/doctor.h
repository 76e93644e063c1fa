/*
 * What stands in the way of VMs, looked for before they are started.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "driver.h"
#include "inventory.h"

enum hv_finding_level {
	HV_FINDING_FINE,
	HV_FINDING_WARNING, /* something goes without it, or may */
	HV_FINDING_WRONG,
};

struct hv_finding {
	enum hv_finding_level level;
	char *text; /* a sentence for people: what, and if it is not fine, why, and what to do */
};

/* Looks for what the VMs of the inventory need, on this machine; open: see
 * hv_driver_xen_create(). Of struct hv_finding; the caller unrefs it. */
GPtrArray *hv_doctor_examine(const struct hv_inventory *inventory, hv_xen_open open);

/* For others who look for something: adds a finding, fine or wrong, or of that level. */
void hv_doctor_add(GPtrArray *findings, bool fine, const char *format, ...) G_GNUC_PRINTF(3, 4);
void hv_doctor_tell(GPtrArray *findings, enum hv_finding_level level, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

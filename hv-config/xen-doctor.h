/*
 * The part of the doctor that knows Xen.
 */
#pragma once

#include "doctor.h"

void hv_xen_doctor_examine(
	GPtrArray *findings, const struct hv_inventory *inventory, hv_xen_open open);

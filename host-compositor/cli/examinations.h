/*
 * What oriel doctor looks for beside the VMs' own needs (hv-config/doctor.h). Each function adds
 * its findings.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* The programs of this installation, whether they belong together, and the broker that runs. */
void hc_examine_programs(GPtrArray *findings);

/* The display, as oriel-view sees it. */
void hc_examine_display(GPtrArray *findings);

/* What the kernel has for the sandboxes of views, and if boxes is true for those of local VMs. */
void hc_examine_sandbox(GPtrArray *findings, bool boxes);

/* Directories, room and limits. */
void hc_examine_storage(GPtrArray *findings);

/* The policy's files, and the session bus with what Oriel wants of it. */
void hc_examine_session(GPtrArray *findings);

/* The guest's own doctor, if the VM runs. */
void hc_examine_guest(GPtrArray *findings, const char *vm);

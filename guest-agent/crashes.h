/*
 * Reports of the agent's own crashes (vchan-proto/crash.h): they stay in the guest, in
 * $XDG_STATE_HOME/oriel/crashes, and are few.
 */
#pragma once

#include <glib.h>

/* From now on the agent's crash is reported. */
void ga_crashes_report(void);

/* The directory of the reports, and how many there are in it; the caller frees it. */
char *ga_crashes_find(guint *count);

/*
 * Errors of the system, for people.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* Sets "WHAT: REASON; ADVICE" by errno, as HV_DRIVER_ERROR_UNAVAILABLE. Always false. */
bool hv_local_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

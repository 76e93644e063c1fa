/*
 * Starting the broker in the background.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* Starts orield in a session of its own, writing to its log, and returns when it is ready. False
 * with its own error. */
bool hc_start_broker(GError **error);

/*
 * The primary's screen, as a guest that starts must know it.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "driver.h"

/* Asks the X server of $DISPLAY. False with an error that says what to do. */
bool hc_display_read_screen(struct hv_screen *screen, GError **error);

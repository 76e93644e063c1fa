/*
 * The primary's screen, as a guest that starts must know it.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "driver.h"

/* Asks the X server of $DISPLAY, and waits for it as long as it takes. False with an error that
 * says what to do. */
bool hc_screen_read(struct hv_screen *screen, GError **error);

/* The screen as one line of text, which the caller frees, and back; false if it is none. */
char *hc_screen_format(const struct hv_screen *screen);
bool hc_screen_parse(const char *line, struct hv_screen *screen);

/*
 * The focus of a window whose view has died: the window manager has given it away long before the
 * next view shows that window again, to which it then returns. It does so only to a window that had
 * it when its view died, and only if the user has done nothing since.
 */
#pragma once

#include <xcb/xcb.h>

#include "desk-display.h"

struct hc_focus_return;

/* The display must outlive it. NULL if the server cannot tell when the user has last done
 * something. */
struct hc_focus_return *hc_focus_return_create(const struct hc_desk_display *display);

/* NULL is legal. */
void hc_focus_return_destroy(struct hc_focus_return *returning);

/* Takes those of the display's events that it knows. NULL is legal. */
void hc_focus_return_handle_event(
	struct hc_focus_return *returning, const xcb_generic_event_t *event);

/*
 * The primary's display as the desk has it: a connection, and what its windows need to know. Its
 * functions wait for the X server: nobody else waits for the desk.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xcb/xcb.h>

#define HC_DESK_DISPLAY_ATOMS(A) \
	A(UTF8_STRING) \
	A(WM_DELETE_WINDOW) \
	A(WM_PROTOCOLS) \
	A(_NET_ACTIVE_WINDOW) \
	A(_NET_CLIENT_LIST) \
	A(_NET_WM_ICON) \
	A(_NET_WM_NAME) \
	A(_NET_WM_PID) \
	A(_NET_WM_STATE) \
	A(_NET_WM_STATE_ABOVE) \
	A(_NET_WM_STATE_FULLSCREEN) \
	A(_NET_WM_STATE_STICKY) \
	A(_NET_WM_USER_TIME) \
	A(_NET_WM_WINDOW_TYPE) \
	A(_NET_WM_WINDOW_TYPE_DIALOG) \
	A(_ORIEL_FOCUSED) \
	A(_ORIEL_LABEL) \
	A(_ORIEL_SHOWN) \
	A(_ORIEL_WINDOW)

struct hc_desk_display_atoms {
#define HC_DESK_DISPLAY_ATOM_MEMBER(name) xcb_atom_t name;
	HC_DESK_DISPLAY_ATOMS(HC_DESK_DISPLAY_ATOM_MEMBER)
#undef HC_DESK_DISPLAY_ATOM_MEMBER
};

struct hc_desk_display {
	xcb_connection_t *connection;
	xcb_screen_t *screen;
	xcb_visualtype_t *visual; /* the root's */
	struct hc_desk_display_atoms atoms;
	bool randr; /* it tells of monitors */
};

/* Connects to $DISPLAY. False if that fails. */
bool hc_desk_display_init(struct hc_desk_display *display);
void hc_desk_display_finish(struct hc_desk_display *display);

/* The resolution that the user has set (Xft.dpi). */
uint32_t hc_desk_display_dpi(const struct hc_desk_display *display);

/* The monitor where the pointer is. */
xcb_rectangle_t hc_desk_display_monitor(const struct hc_desk_display *display);

/* The window that has the focus, if it fills the screen, so that others have to be said to belong
 * to it to be seen; else XCB_NONE. */
xcb_window_t hc_desk_display_fullscreen_window(const struct hc_desk_display *display);

/*
 * The X11 capture, private to this folder: the one connection to the guest's X server, its windows, and
 * what the files here call of one another.
 *
 * Nothing here waits for the server once started: a request whose reply is wanted is sent with a handler
 * (ga_x11_reply_expect), which is called when the reply has come. Requests are flushed once, at the end
 * of a turn of the loop, by ga_capture_flush().
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <xcb/damage.h>
#include <xcb/xcb.h>
#include <xcb/xfixes.h>

#include "../capture.h"
#include "atoms.h"

struct ga_x11;
struct ga_x11_input;
struct ga_x11_keyboard;
struct ga_x11_cursor;
struct ga_x11_monitors;
struct ga_x11_settings;
struct ga_x11_pixels;
struct ga_x11_popups;
struct ga_x11_replies;

struct ga_x11_geometry {
	int32_t x; /* of the left outer edge, on the root window */
	int32_t y;
	uint32_t width; /* without the X border */
	uint32_t height;
};

/* What is known of a window's pixels; see pixels.c. */
struct ga_x11_window_pixels {
	xcb_damage_damage_t damage; /* 0: not mapped, or not shown */
	xcb_pixmap_t pixmap; /* the window's, named; 0: to be named anew */
	bool damaged; /* the listener has been told, and has not read yet */
	bool reading; /* pixels_ready is owed */
	uint32_t read_width; /* size when the read began */
	uint32_t read_height;
};

enum ga_x11_stage {
	GA_X11_STAGE_CREATED, /* never mapped: nothing is known of it */
	GA_X11_STAGE_ASKED, /* about to be mapped: its properties are on their way */
	GA_X11_STAGE_KNOWN, /* its properties are known and followed */
	GA_X11_STAGE_IGNORED, /* InputOnly or our own: never shown */
};

/* A child of the root window. */
struct ga_x11_window {
	uint32_t id; /* in the protocol */
	xcb_window_t xid;
	enum ga_x11_stage stage;
	bool popup; /* override-redirect */
	bool announced; /* the primary knows it */
	bool shown; /* the primary has been told to map it */
	bool mapped; /* in the guest's server */
	bool map_wanted; /* the application has mapped it, or it is iconic */
	uint8_t unmaps_expected; /* UnmapNotify events of our own making */
	uint8_t depth;
	xcb_visualid_t visual;
	struct ga_x11_geometry geometry; /* as the server has it */
	uint16_t border_width;

	uint32_t configure_serial; /* of the last window_configure */
	uint32_t state; /* bits of vp_state, as the primary has it */

	/* properties.c */
	uint32_t type; /* enum vp_type */
	uint32_t owner; /* id of the window it is transient for or pops up from, 0 none */
	xcb_window_t transient_for;
	xcb_window_t group;
	xcb_window_t leader; /* WM_CLIENT_LEADER */
	bool takes_input; /* WM_HINTS.input */
	bool takes_focus; /* WM_TAKE_FOCUS */
	bool deletes; /* WM_DELETE_WINDOW */
	bool pings; /* _NET_WM_PING */
	bool modal;
	bool shaped[2]; /* by enum vp_shape */

	/* ping.c */
	int64_t ping_deadline; /* CLOCK_MONOTONIC in milliseconds, 0 none is out */
	uint32_t ping_serial;
	bool hung;

	struct ga_x11_window_pixels pixels;
};

/* An extension of the server: its opcode and the first of its events and errors. */
struct ga_x11_extension {
	bool present;
	uint8_t opcode;
	uint8_t event;
	uint8_t error;
};

struct ga_x11 {
	struct ga_capture capture;
	const struct ga_capture_listener *listener; /* NULL before start */
	void *listener_data;

	xcb_connection_t *connection;
	const xcb_setup_t *setup;
	xcb_screen_t *screen;
	xcb_window_t root;
	uint32_t root_width; /* follows RandR */
	uint32_t root_height;
	int screen_number;
	struct ga_x11_atoms atoms;
	struct ga_x11_extension damage;
	struct ga_x11_extension composite;
	struct ga_x11_extension xfixes;
	struct ga_x11_extension shm;
	struct ga_x11_extension shape;
	struct ga_x11_extension xtest;
	struct ga_x11_extension xkb;
	struct ga_x11_extension randr;
	struct ga_x11_extension sync;
	struct ga_x11_extension render;
	bool lost;
	bool primary; /* a primary is connected: it decides places, states and focus */

	GHashTable *windows_by_xid; /* owns the windows */
	GHashTable *windows_by_id;
	GPtrArray *stacking; /* all windows, lowest first, as the server has them */
	uint32_t last_id;

	xcb_window_t wm_window; /* _NET_SUPPORTING_WM_CHECK, owner of WM_Sn; takes the focus when no one has it */
	xcb_timestamp_t time; /* of the last event that had one */
	uint32_t focused; /* id of the window that the primary has given the keyboard, 0 none */
	bool client_list_changed;

	/* Kept by input.c: where the pointer was last put, and the window it was put in. */
	int32_t pointer_x;
	int32_t pointer_y;
	uint32_t pointer_window; /* id, 0 none */

	struct ga_x11_replies *replies;
	struct ga_x11_pixels *pixels;
	struct ga_x11_popups *popups;
	struct ga_x11_input *input;
	struct ga_x11_keyboard *keyboard;
	struct ga_x11_cursor *cursor;
	struct ga_x11_monitors *monitors;
	struct ga_x11_settings *settings;
};

/* capture.c */

/* Sends a message to the primary, if there is one. */
void ga_x11_tell(struct ga_x11 *x11, const struct vp_message *message);

/* CLOCK_MONOTONIC in milliseconds. */
int64_t ga_x11_now(void);

/* replies.c: handlers are called in the order of the requests, at the next dispatch or flush. */

/* reply is NULL if the request failed, and is freed by the caller. argument is what was given with the
 * request: a window's id, for instance, which may have gone meanwhile. */
typedef void ga_x11_reply_handler(struct ga_x11 *x11, const void *reply, uint32_t argument);

bool ga_x11_replies_create(struct ga_x11 *x11);
void ga_x11_replies_destroy(struct ga_x11 *x11);

/* sequence is the cookie's of the latest request that has a reply. */
void ga_x11_reply_expect(
	struct ga_x11 *x11, unsigned int sequence, ga_x11_reply_handler *handler, uint32_t argument);

/* Handles what replies have come. True if there was one. */
bool ga_x11_replies_dispatch(struct ga_x11 *x11);

/* Waits until all replies have come and are handled; used while starting only. */
void ga_x11_replies_wait(struct ga_x11 *x11);

/* windows.c: the window table */

struct ga_x11_window *ga_x11_window_by_xid(struct ga_x11 *x11, xcb_window_t xid);
struct ga_x11_window *ga_x11_window_by_id(struct ga_x11 *x11, uint32_t id);

/*
 * The entry points of each concern. create() makes x11->NAME before the window manager starts, and may
 * wait for replies; false with one line on the log. handle_event() takes an event off the others: true if
 * it was for this concern alone.
 */

/* input.c: 0x01xx but for focus */
bool ga_x11_input_create(struct ga_x11 *x11);
void ga_x11_input_destroy(struct ga_x11 *x11);
void ga_x11_input_handle_message(struct ga_x11 *x11, const struct vp_message *message);

/* Releases all keys and buttons that are held: the guest has lost the focus, or the primary is gone. */
void ga_x11_input_release(struct ga_x11 *x11);

/* keyboard.c: layout, locks, bell */
bool ga_x11_keyboard_create(struct ga_x11 *x11);
void ga_x11_keyboard_destroy(struct ga_x11 *x11);
bool ga_x11_keyboard_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);
void ga_x11_keyboard_handle_keymap(struct ga_x11 *x11, const struct vp_keymap *keymap);

/* cursor.c */
bool ga_x11_cursor_create(struct ga_x11 *x11);
void ga_x11_cursor_destroy(struct ga_x11 *x11);
bool ga_x11_cursor_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);

/* Tells a new primary the present cursor and its image. */
void ga_x11_cursor_announce(struct ga_x11 *x11);

/* monitors.c: the primary's layout by RandR; root_width and root_height follow by the root's ConfigureNotify */
bool ga_x11_monitors_create(struct ga_x11 *x11);
void ga_x11_monitors_destroy(struct ga_x11 *x11);
bool ga_x11_monitors_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);
void ga_x11_monitors_handle_monitor(struct ga_x11 *x11, const struct vp_monitor *monitor);

/* settings.c: XSETTINGS manager and Xft resources */
bool ga_x11_settings_create(struct ga_x11 *x11);
void ga_x11_settings_destroy(struct ga_x11 *x11);
bool ga_x11_settings_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);
void ga_x11_settings_handle_settings(struct ga_x11 *x11, const struct vp_settings *settings);

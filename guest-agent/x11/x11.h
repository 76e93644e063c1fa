/*
 * The X11 capture, private to this folder: the one connection to the guest's X server, its windows,
 * and what the files here call of one another.
 *
 * Nothing here waits for the server once started: a request whose reply is wanted is sent with a
 * handler (ga_x11_reply_expect), which is called when the reply has come. Requests are flushed
 * once, at the end of a turn of the loop, by ga_capture_flush().
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <xcb/damage.h>
#include <xcb/sync.h>
#include <xcb/xcb.h>
#include <xcb/xfixes.h>

#include "../capture.h"
#include "atoms.h"

struct ga_x11;
struct ga_x11_icon;
struct ga_x11_input;
struct ga_x11_keyboard;
struct ga_x11_cursor;
struct ga_x11_monitors;
struct ga_x11_settings;
struct ga_x11_pixels;
struct ga_x11_replies;

enum {
	GA_X11_SENT_EVENT = 0x80, /* bit of an event's type: made by a client */

	/* WM_STATE (ICCCM 4.1.3.1) */
	GA_X11_WITHDRAWN_STATE = 0,
	GA_X11_NORMAL_STATE = 1,
	GA_X11_ICONIC_STATE = 3,

	GA_X11_SIZE_HINTS = 18, /* values of WM_NORMAL_HINTS */
};

struct ga_x11_geometry {
	int32_t x; /* of the left outer edge, on the root window */
	int32_t y;
	uint32_t width; /* without the X border */
	uint32_t height;
};

/* Widths of what the primary puts around a window's content. */
struct ga_x11_frame {
	uint16_t left;
	uint16_t right;
	uint16_t top;
	uint16_t bottom;
};

/* What is known of a window's pixels; see pixels.c. */
struct ga_x11_window_pixels {
	xcb_damage_damage_t damage; /* 0: not mapped, or not shown */
	xcb_pixmap_t pixmap; /* the window's, named; 0: to be named anew */
	bool all; /* the whole pixmap is new */
	bool damaged; /* the listener has been told, and has not read yet */
	bool reading; /* a reply is on its way */
	uint32_t given_up; /* reads whose replies are on their way, too, before that one */
	bool failed; /* a request of the read has failed */
	bool read_all; /* the read is of all pixels */
	uint32_t read_width; /* size when the read began */
	uint32_t read_height;
	unsigned int first_sequence; /* of the read's requests */
	unsigned int last_sequence;
	unsigned int move_sequence; /* of the request that moved the window last */
	struct vp_buffer *buffer; /* that is read into by way of the socket, NULL otherwise */
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
	struct ga_x11_geometry wanted; /* as it was last asked to be */
	int32_t former_x; /* before its last move */
	int32_t former_y;
	uint64_t moves; /* of all windows up to its own last one; of a popup up to when it was
			   placed, UINT64_MAX once the primary knows its place */
	uint16_t border_width;

	uint32_t configure_serial; /* of the last window_configure */
	struct ga_x11_frame frame;
	bool placed; /* an earlier primary chose its place, where it is to stay */
	uint32_t state; /* bits of vp_state, as the primary has it */

	/* properties.c */
	char *net_name; /* UTF-8, NULL none */
	char *name;
	char *instance;
	char *class_name;
	uint32_t size_hints[GA_X11_SIZE_HINTS]; /* WM_NORMAL_HINTS as they are */
	bool typed; /* it says what type it is */
	bool urgent; /* WM_HINTS */
	xcb_pixmap_t icon_pixmap;
	xcb_pixmap_t icon_mask;
	struct ga_x11_icon *icon; /* that is being read from the pixmaps, NULL none */
	uint32_t type; /* enum vp_type */
	uint32_t owner; /* id of the window it is transient for or pops up from, as the primary
			   knows it; 0 none */
	xcb_window_t transient_for;
	xcb_window_t group;
	xcb_window_t leader; /* WM_CLIENT_LEADER */
	bool takes_input; /* WM_HINTS.input */
	bool takes_focus; /* WM_TAKE_FOCUS */
	bool deletes; /* WM_DELETE_WINDOW */
	bool pings; /* _NET_WM_PING */
	bool iconic; /* WM_HINTS.initial_state */
	uint32_t wanted_state; /* bits of vp_state of the application's making, before it is first
				  shown */
	uint32_t opacity;
	bool shaped[2]; /* by enum vp_shape, as the primary knows it */
	uint32_t shape_width; /* size when the shape was asked for */
	uint32_t shape_height;

	/* sync.c */
	xcb_sync_counter_t sync_counter; /* 0: it does not tell when it has drawn itself */
	xcb_sync_alarm_t sync_alarm;
	uint64_t sync_serial; /* last value that the counter was asked to reach */
	int64_t sync_deadline; /* CLOCK_MONOTONIC in milliseconds, 0: it is not waited for */
	bool sync_delayed; /* wanted has changed meanwhile */
	bool syncs; /* _NET_WM_SYNC_REQUEST */

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
	char *display; /* its name, for programs that are to use it, too */
	const xcb_setup_t *setup;
	xcb_screen_t *screen;
	xcb_window_t root;
	uint32_t root_width; /* follows RandR */
	uint32_t root_height;
	int screen_number;
	struct vp_rect work_areas[VP_MONITORS_MAX]; /* of the primary's monitors */
	size_t work_area_count; /* 0: not known */
	struct ga_x11_frame usual_frame; /* what a new window's will be like */
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
	GPtrArray *clients; /* managed windows that are mapped or iconic, oldest first */
	uint32_t last_id;
	uint64_t moves; /* of all windows so far */

	xcb_window_t wm_window; /* _NET_SUPPORTING_WM_CHECK, owner of WM_Sn; takes the focus when no
				   one has it */
	uint32_t focused; /* id of the window that the primary has given the keyboard, 0 none */
	bool client_list_changed;

	/* Kept by input.c: where the pointer was last put, and the window it was put in. */
	int32_t pointer_x;
	int32_t pointer_y;
	uint32_t pointer_window; /* id, 0 none */

	struct ga_x11_replies *replies;
	struct ga_x11_pixels *pixels;
	struct ga_x11_input *input;
	struct ga_x11_keyboard *keyboard;
	struct ga_x11_cursor *cursor;
	struct ga_x11_monitors *monitors;
	struct ga_x11_settings *settings;
};

/* capture.c: the connection, and what all files here use */

/* Sends a message to the primary, if there is one. */
void ga_x11_tell(struct ga_x11 *x11, const struct vp_message *message);

/* CLOCK_MONOTONIC in milliseconds. */
int64_t ga_x11_now(void);

/* replies.c: handlers are called in the order of the requests, at the next dispatch or flush. */

/* reply is NULL if the request failed, and is freed by the caller. argument is what was given with
 * the request: a window's id, for instance, which may have gone meanwhile. */
typedef void ga_x11_reply_handler(struct ga_x11 *x11, void *reply, uint32_t argument);

bool ga_x11_replies_create(struct ga_x11 *x11);
void ga_x11_replies_destroy(struct ga_x11 *x11);

/* sequence is the cookie's of the latest request that has a reply. */
void ga_x11_reply_expect(struct ga_x11 *x11, unsigned int sequence, ga_x11_reply_handler *handler,
	uint32_t argument);

/* Sends all requests to the server. */
void ga_x11_replies_flush(struct ga_x11 *x11);

/* True if the next reply is here, which is to be handled then, after the events that have come
 * before it. To ask reads from the server, events too, of which no descriptor tells any more. */
bool ga_x11_replies_receive(struct ga_x11 *x11);
void ga_x11_replies_handle(struct ga_x11 *x11);

/* Waits until all replies have come and are handled; used while starting only. */
void ga_x11_replies_wait(struct ga_x11 *x11);

/* windows.c: the window table */

struct ga_x11_window *ga_x11_window_by_xid(struct ga_x11 *x11, xcb_window_t xid);
struct ga_x11_window *ga_x11_window_by_id(struct ga_x11 *x11, uint32_t id);

void ga_x11_windows_create(struct ga_x11 *x11);
void ga_x11_windows_destroy(struct ga_x11 *x11);

/* The window is of no stage yet, and on top. */
struct ga_x11_window *ga_x11_window_add(struct ga_x11 *x11, xcb_window_t xid);
void ga_x11_window_remove(struct ga_x11 *x11, struct ga_x11_window *window);

/* Gives the window a new id: for the primary it is another one. */
void ga_x11_window_renumber(struct ga_x11 *x11, struct ga_x11_window *window);

/* The window now lies right above another one, at the bottom if that is 0. */
void ga_x11_window_restacked(struct ga_x11 *x11, struct ga_x11_window *window, xcb_window_t below);

/* The window with its X border, which a popup may have. */
struct vp_rect ga_x11_window_outer(const struct ga_x11_window *window);

/* Where the server will have the window when it gets to what is asked of it now: it may not have
 * told of the last request yet. */
struct ga_x11_geometry ga_x11_window_place(const struct ga_x11_window *window);

/* window-manager.c: who is mapped, and where */

/* Takes the place of the window manager; all windows that are there are taken over. False with one
 * line on the log. */
bool ga_x11_wm_start(struct ga_x11 *x11);
void ga_x11_wm_stop(struct ga_x11 *x11);
bool ga_x11_wm_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);

/* Tells a new primary all windows. */
void ga_x11_wm_announce(struct ga_x11 *x11);

/* The properties of a window that is about to be shown are known. */
void ga_x11_wm_handle_known(struct ga_x11 *x11, struct ga_x11_window *window);

/* Maps or unmaps a managed window whose application wants it mapped. */
void ga_x11_wm_minimize(struct ga_x11 *x11, struct ga_x11_window *window, bool minimized);

/* Applies the place and size that were put off for a window that was drawing itself. */
void ga_x11_wm_place_delayed(struct ga_x11 *x11, struct ga_x11_window *window);

/* Gives a managed window a place and size, and tells it where it is. */
void ga_x11_wm_place(
	struct ga_x11 *x11, struct ga_x11_window *window, const struct ga_x11_geometry *wanted);

/* The application asks for a place, by a gravity, or size: the primary decides, or it is done here
 * if there is none. fields are bits of vp_field. */
void ga_x11_wm_request(struct ga_x11 *x11, struct ga_x11_window *window, uint8_t fields,
	uint8_t gravity, const struct ga_x11_geometry *asked);
void ga_x11_wm_handle_configure(struct ga_x11 *x11, const struct vp_window_configure *configure);
void ga_x11_wm_handle_stacking(struct ga_x11 *x11, struct vp_ids windows);

/* manager.c: manager selections (ICCCM 2.8) */

/* Owns the selection "KIND_Sn" of this screen by the window, and says so to all who wait for a
 * manager. False if the connection is broken. */
bool ga_x11_manager_become(struct ga_x11 *x11, const char *kind, xcb_window_t window);

/* protocols.c: what windows have agreed to be told (WM_PROTOCOLS) */

/* time is the message's second word, a server's time by convention; value its third and fourth. */
void ga_x11_protocol_send(struct ga_x11 *x11, const struct ga_x11_window *window,
	xcb_atom_t protocol, uint32_t time, uint64_t value);

/* frame.c: what the primary puts around windows */

/* The answer to an application that asks before it maps its window. */
void ga_x11_frame_estimate(struct ga_x11 *x11, xcb_window_t window);

/* For a new window, until the primary tells. */
void ga_x11_frame_guess(struct ga_x11 *x11, struct ga_x11_window *window);
void ga_x11_frame_set(
	struct ga_x11 *x11, struct ga_x11_window *window, const struct ga_x11_frame *frame);

/* Turns a place that an application asks for, which gravity relates to the frame, into the
 * content's. gravity is X11's, 0 the window's own. */
void ga_x11_frame_place_content(
	const struct ga_x11_window *window, uint8_t gravity, int32_t *x, int32_t *y);

/* requests.c: what applications and pagers ask by client messages */
void ga_x11_requests_handle_message(struct ga_x11 *x11, const xcb_client_message_event_t *event);

/* Asks the window to close, by WM_DELETE_WINDOW if it can. */
void ga_x11_requests_close(struct ga_x11 *x11, struct ga_x11_window *window);

/* root.c: what the root window tells applications of the desktop (EWMH) */
bool ga_x11_root_start(struct ga_x11 *x11);
void ga_x11_root_stop(struct ga_x11 *x11);
void ga_x11_root_handle_resize(struct ga_x11 *x11, uint32_t width, uint32_t height);
void ga_x11_root_handle_work_areas(struct ga_x11 *x11, struct vp_rects areas);
void ga_x11_root_set_active(struct ga_x11 *x11, xcb_window_t window);

/* Writes the client lists if they have changed. */
void ga_x11_root_flush(struct ga_x11 *x11);

/* state.c: WM_STATE and _NET_WM_STATE */

/* The vp_state bit of a _NET_WM_STATE atom, 0 for an unknown one. */
uint32_t ga_x11_state_of_atom(struct ga_x11 *x11, xcb_atom_t atom);

/* The application asks for a change: the primary decides, or it is done here if there is none. */
void ga_x11_state_request(
	struct ga_x11 *x11, struct ga_x11_window *window, uint32_t mask, uint32_t state);
void ga_x11_state_set(struct ga_x11 *x11, struct ga_x11_window *window, uint32_t state);

/* Writes the properties: for a withdrawn window they are removed. */
void ga_x11_state_write(struct ga_x11 *x11, struct ga_x11_window *window);
void ga_x11_state_remove(struct ga_x11 *x11, struct ga_x11_window *window);

/* focus.c: which window has the focus, as the primary has it */
void ga_x11_focus_handle_focus(struct ga_x11 *x11, const struct vp_focus *focus);
bool ga_x11_focus_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);

/* The window cannot have the focus any more. */
void ga_x11_focus_handle_gone(struct ga_x11 *x11, struct ga_x11_window *window);

/* sync.c: windows that tell when they have drawn themselves in a new size (_NET_WM_SYNC_REQUEST) */

/* The window's counter is known, 0 none. */
void ga_x11_sync_follow(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_sync_counter_t counter);

/* To be called before a window is resized. */
void ga_x11_sync_begin(struct ga_x11 *x11, struct ga_x11_window *window);

/* The window is hidden: it is not waited for, and takes the place that was put off. */
void ga_x11_sync_end(struct ga_x11 *x11, struct ga_x11_window *window);

/* True while the window draws itself in its new size: its pixels are not to be read. */
bool ga_x11_sync_waiting(const struct ga_x11_window *window);
void ga_x11_sync_forget(struct ga_x11 *x11, struct ga_x11_window *window, bool destroyed);
bool ga_x11_sync_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);
int64_t ga_x11_sync_deadline(struct ga_x11 *x11);
void ga_x11_sync_dispatch(struct ga_x11 *x11);

/* ping.c: applications that do not answer */
void ga_x11_ping(struct ga_x11 *x11, struct ga_x11_window *window);
void ga_x11_ping_handle_pong(struct ga_x11 *x11, const xcb_client_message_event_t *event);
int64_t ga_x11_ping_deadline(struct ga_x11 *x11);
void ga_x11_ping_dispatch(struct ga_x11 *x11);

/* properties.c: what windows say of themselves (ICCCM 4.1.2, EWMH) */

/* Asks for all that is to be known of a window, and follows it from now on; ends with
 * ga_x11_wm_handle_known(). */
void ga_x11_properties_ask(struct ga_x11 *x11, struct ga_x11_window *window);
bool ga_x11_properties_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);

void ga_x11_hints_tell(struct ga_x11 *x11, struct ga_x11_window *window);
void ga_x11_owner_tell(struct ga_x11 *x11, struct ga_x11_window *window);

/* Tells a primary that has just been told of the window all about it, but for its state. */
void ga_x11_properties_announce(struct ga_x11 *x11, struct ga_x11_window *window);

/* text.c: the encodings of text properties (ICCCM 2.7.1, UTF8_STRING) */

/* The text of a property as UTF-8, freed with g_free(); NULL if it is not a text. */
char *ga_x11_text_from(
	struct ga_x11 *x11, xcb_atom_t type, uint8_t format, const void *value, size_t len);

/* shape.c: windows that are no rectangles */

/* Asks for changes of the window's shape. */
void ga_x11_shape_follow(struct ga_x11 *x11, struct ga_x11_window *window);

/* Asks for the shape, which is told when it comes. */
void ga_x11_shape_announce(struct ga_x11 *x11, struct ga_x11_window *window);
bool ga_x11_shape_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);

/* icon.c: _NET_WM_ICON; icon-pixmap.c: the icon pixmaps of WM_HINTS, for windows without */

/* Asks for the icon, which is told when it comes. */
void ga_x11_icon_ask(struct ga_x11 *x11, struct ga_x11_window *window);

/* Tells one size of the window's icon; argb is width * height pixels. */
void ga_x11_icon_tell(struct ga_x11 *x11, const struct ga_x11_window *window, const uint32_t *argb,
	uint32_t width, uint32_t height, size_t index, size_t count);
void ga_x11_icon_pixmap_ask(struct ga_x11 *x11, struct ga_x11_window *window);

/* popups.c: whom a popup belongs to, and when it is to go */

/* The id of the window that a popup belongs to, or that a managed window is transient for; 0 none.
 */
uint32_t ga_x11_popups_owner(struct ga_x11 *x11, const struct ga_x11_window *window);

/* Closes menus that wait for a click outside of them. */
void ga_x11_popups_dismiss(struct ga_x11 *x11);
void ga_x11_popups_raise(struct ga_x11 *x11);

/* Where a popup is, for the primary to be told: from the edges that its owner, if there is one, had
 * when the popup was placed. */
struct vp_rect ga_x11_popups_place(struct ga_x11 *x11, struct ga_x11_window *window);
void ga_x11_popups_tell_place(struct ga_x11 *x11, struct ga_x11_window *window);

/* pixels.c: damage, and copying what is damaged into buffers */
bool ga_x11_pixels_create(struct ga_x11 *x11);
void ga_x11_pixels_destroy(struct ga_x11 *x11);
bool ga_x11_pixels_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);
void ga_x11_pixels_handle_error(struct ga_x11 *x11, const xcb_generic_error_t *error);

/* The window is mapped and known; its pixels are followed until hide(). */
void ga_x11_pixels_show(struct ga_x11 *x11, struct ga_x11_window *window);

/* destroyed: the server has freed what hung on the window. */
void ga_x11_pixels_hide(struct ga_x11 *x11, struct ga_x11_window *window, bool destroyed);
void ga_x11_pixels_handle_resize(struct ga_x11 *x11, struct ga_x11_window *window);

/* To be called around a request that moves a window, whose number is sequence: a moved window's
 * pixels are what they were, but the server counts them as damaged. */
void ga_x11_pixels_begin_move(struct ga_x11 *x11, struct ga_x11_window *window);
void ga_x11_pixels_end_move(
	struct ga_x11 *x11, struct ga_x11_window *window, unsigned int sequence);

/* The window has drawn itself in its new size. */
void ga_x11_pixels_resume(struct ga_x11 *x11, struct ga_x11_window *window);

/* All pixels of the window are new to a new primary; reads that are under way are forgotten. */
void ga_x11_pixels_announce(struct ga_x11 *x11, struct ga_x11_window *window);
bool ga_x11_pixels_buffer_attach(struct ga_x11 *x11, struct vp_buffer *buffer);
void ga_x11_pixels_buffer_detach(struct ga_x11 *x11, struct vp_buffer *buffer);
void ga_x11_pixels_read(
	struct ga_x11 *x11, struct ga_x11_window *window, struct vp_buffer *buffer, bool all);

/*
 * The entry points of each concern. create() makes x11->NAME before the window manager starts, and
 * may wait for replies; false with one line on the log. handle_event() takes an event off the
 * others: true if it was for this concern alone.
 */

/* input.c: 0x01xx but for focus */
bool ga_x11_input_create(struct ga_x11 *x11);
void ga_x11_input_destroy(struct ga_x11 *x11);
void ga_x11_input_handle_message(struct ga_x11 *x11, const struct vp_message *message);

/* Releases all keys and buttons that are held: the guest has lost the focus, or the primary is
 * gone. */
void ga_x11_input_release(struct ga_x11 *x11);

/* The keyboard layout is set: handles the input that has waited for it. */
void ga_x11_input_resume(struct ga_x11 *x11);

/* keyboard.c: layout, locks, bell */
bool ga_x11_keyboard_create(struct ga_x11 *x11);
void ga_x11_keyboard_destroy(struct ga_x11 *x11);
bool ga_x11_keyboard_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);
void ga_x11_keyboard_handle_keymap(struct ga_x11 *x11, const struct vp_keymap *keymap);

/* The input that follows needs the layout of that serial, which may be still to come. */
void ga_x11_keyboard_want(struct ga_x11 *x11, uint32_t serial);

void ga_x11_keyboard_set_keysyms(struct ga_x11 *x11, const struct vp_input_keysyms *message);

/* The primary that numbered the layouts is gone; what has been set stays. */
void ga_x11_keyboard_forget(struct ga_x11 *x11);

/* True until the layout that is wanted has been set, by a child process whose end dispatch() sees.
 */
bool ga_x11_keyboard_busy(const struct ga_x11 *x11);
int64_t ga_x11_keyboard_deadline(const struct ga_x11 *x11);
void ga_x11_keyboard_dispatch(struct ga_x11 *x11);

/* cursor.c: the image of the pointer */
bool ga_x11_cursor_create(struct ga_x11 *x11);
void ga_x11_cursor_destroy(struct ga_x11 *x11);
bool ga_x11_cursor_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);

/* Tells a new primary the present cursor and its image. */
void ga_x11_cursor_announce(struct ga_x11 *x11);

/* monitors.c: the primary's layout by RandR; root_width and root_height follow by the root's
 * ConfigureNotify */
bool ga_x11_monitors_create(struct ga_x11 *x11);
void ga_x11_monitors_destroy(struct ga_x11 *x11);
bool ga_x11_monitors_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);
void ga_x11_monitors_handle_monitor(struct ga_x11 *x11, const struct vp_monitor *monitor);

/* settings.c: XSETTINGS manager and Xft resources */
bool ga_x11_settings_create(struct ga_x11 *x11);
void ga_x11_settings_destroy(struct ga_x11 *x11);
bool ga_x11_settings_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event);
void ga_x11_settings_handle_settings(struct ga_x11 *x11, const struct vp_settings *settings);

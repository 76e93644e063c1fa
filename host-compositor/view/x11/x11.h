/*
 * The X11 presenter as its own files see it: one connection, one window table, and the entry points
 * of each file. Functions take the presenter first; none of them flushes the connection, and none
 * waits for a reply once the presenter has started, except where it says so.
 *
 * A guest's window is two X windows. The toplevel is what the window manager knows; its background
 * is the label. The content lies inside it, border pixels from its left and top edge, and shows the
 * guest's pixels, which thus cannot reach the label.
 */
#pragma once

#include <cairo.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <xcb/sync.h>
#include <xcb/xcb.h>
#include <xcb/xinput.h>

#include "atoms.h"
#include "presenter.h"

struct hc_x11_cursor;
struct hc_x11_dialog;
struct hc_x11_fullscreen;
struct hc_x11_heritage;
struct hc_x11_input;
struct hc_x11_keyboard;
struct hc_x11_monitors;
struct hc_x11_pixels;
struct hc_x11_popup_clip;
struct hc_x11_settings;
struct hc_x11_stacking;
struct hc_x11_work_areas;

/* An extension of the server; the numbers count only if it is present. */
struct hc_x11_extension {
	bool present;
	uint8_t opcode;
	uint8_t first_event;
	uint8_t first_error;
};

struct hc_x11_visual {
	uint8_t depth;
	xcb_visualtype_t *type; /* NULL: the screen has none such */
	xcb_colormap_t colormap;
};

struct hc_x11 {
	struct hc_presenter presenter;
	const struct hc_presenter_listener *listener;
	void *listener_data;
	struct hc_label label;
	bool lost;
	bool composited; /* a compositing manager runs, so that alpha shows */
	xcb_atom_t compositor; /* the selection that it owns */

	xcb_connection_t *connection;
	int screen_number;
	xcb_screen_t *screen;
	xcb_window_t root;
	uint32_t root_events; /* selected on the root; see hc_x11_root_select() */
	struct hc_x11_visual opaque; /* depth 24 */
	struct hc_x11_visual argb; /* depth 32 */
	struct hc_x11_atoms atoms;
	xcb_window_t
		leader; /* never mapped: window group, owner of selections, source of time stamps */
	xcb_timestamp_t time; /* of the user's last key or button */
	int64_t invited_until; /* attention.c: milliseconds, 0 not */
	bool hidden_supported; /* the window manager marks minimised windows in _NET_WM_STATE */
	bool moveresize_supported; /* it takes places with a gravity of their own */

	struct hc_x11_extension shm;
	struct hc_x11_extension xfixes;
	struct hc_x11_extension shape;
	struct hc_x11_extension render;
	struct hc_x11_extension xinput;
	struct hc_x11_extension xkb;
	struct hc_x11_extension randr;
	struct hc_x11_extension sync;

	GHashTable *windows; /* id → struct hc_x11_window, owner */
	GHashTable *windows_by_xid; /* toplevel and content XID → the same */
	uint32_t popups_shown; /* popups that are visible */
	GQueue replies; /* of struct hc_x11_reply; see hc_x11_expect() */
	xcb_generic_event_t *queued_event; /* read ahead by flush, for the next dispatch */
	GArray *moved; /* of uint32_t: windows whose place or size has changed in this batch */
	int64_t answer_deadline; /* when configure_owed is answered in any case, milliseconds; -1
				    none */

	/* Each belongs to the file of that name, NULL until its init. */
	struct hc_x11_cursor *cursor;
	struct hc_x11_dialog *dialog;
	struct hc_x11_fullscreen *fullscreen;
	struct hc_x11_input *input;
	struct hc_x11_keyboard *keyboard;
	struct hc_x11_monitors *monitors;
	struct hc_x11_pixels *pixels;
	struct hc_x11_popup_clip *popup_clip;
	struct hc_x11_settings *settings;
	struct hc_x11_stacking *stacking;
	struct hc_x11_heritage *heritage;
	struct hc_x11_startup *startup;
	struct hc_x11_work_areas *work_areas;
};

struct hc_x11_frame {
	bool pending; /* presented is still owed for serial */
	bool held; /* not drawn as long as the window is hidden */
	uint32_t puts; /* that the server has not completed */
	uint32_t serial;
};

/* Widths of what a window manager puts around a toplevel, in pixels. */
struct hc_x11_frame_extents {
	uint16_t left;
	uint16_t right;
	uint16_t top;
	uint16_t bottom;
};

struct hc_x11_window {
	uint32_t id;
	xcb_window_t toplevel;
	xcb_window_t content;
	const struct hc_x11_visual *visual; /* of both */
	bool popup;
	bool mapped; /* the guest has it so; minimised windows are, too */
	bool visible; /* the toplevel is mapped on the server */
	bool placed; /* was visible once: the window manager has chosen its place */
	bool managed; /* the window manager has taken it over, and heeds what is asked of it */
	bool reparented; /* by a window manager: its events do not tell places on the root */
	bool dimmed;
	bool hung; /* dialog.c: its application does not answer */
	bool focused;
	uint32_t border;

	/* windows.c: the content on the root as the server has it, and as the guest was last told.
	 */
	struct hc_rect content_rect;
	struct hc_rect told_rect;
	struct hc_rect asked_rect; /* as the window manager was last asked to have it */
	uint32_t configure_serial;
	struct hc_x11_frame_extents extents; /* of the window manager's frame */
	bool configure_owed; /* a request of the guest is to be answered even if nothing changes */
	xcb_sync_counter_t sync_counter;
	int64_t sync_value; /* to be set when a frame of the new size is shown; 0 none */
	bool asking_place; /* a reply that tells the place on the root is under way */
	bool ask_place_again;

	/* states.c */
	uint32_t state; /* bits of vp_state as the window manager has them */
	uint32_t told_state;
	uint32_t wanted_state; /* to begin with when mapped */
	uint32_t deferred_state; /* bits to be asked for when managed */
	struct vp_window_grip grip; /* waits for the pointer's place */

	/* properties.c */
	char *title; /* as the core gave it; NULL none yet */
	bool urgent;
	xcb_timestamp_t user_time; /* as the window manager knows it, 0 none */
	uint32_t owner; /* window it is transient for, 0 none */
	uint32_t group; /* 0 none */
	xcb_window_t group_leader; /* XCB_NONE: x11->leader */
	struct vp_window_hints hints;
	GArray *icon; /* of uint32_t, _NET_WM_ICON being gathered; NULL none */
	uint32_t icon_count; /* of sizes in it */

	/* shapes.c */
	bool shaped;

	cairo_region_t *clipped_to; /* popup-clip.c: NULL nothing is cut out of it */

	/* pixels.c */
	struct vp_buffer *buffer; /* what exposed parts are drawn from; NULL none */
	uint32_t buffer_width; /* of the window in the buffer */
	uint32_t buffer_height;
	struct hc_x11_frame frame;
	bool painted; /* a frame has been drawn */
};

/* Selected on a window when it is made, for all files of the presenter; the pointer's events come
 * by XInput. */
enum {
	HC_X11_TOPLEVEL_EVENTS = XCB_EVENT_MASK_STRUCTURE_NOTIFY | XCB_EVENT_MASK_PROPERTY_CHANGE |
				 XCB_EVENT_MASK_FOCUS_CHANGE | XCB_EVENT_MASK_KEY_PRESS |
				 XCB_EVENT_MASK_KEY_RELEASE | XCB_EVENT_MASK_KEYMAP_STATE |
				 XCB_EVENT_MASK_EXPOSURE,
	HC_X11_CONTENT_EVENTS = XCB_EVENT_MASK_EXPOSURE,
};

/* presenter.c: the table of windows, and what all files here use */

/* NULL for an unknown one. */
struct hc_x11_window *hc_x11_find(struct hc_x11 *x11, uint32_t id);
struct hc_x11_window *hc_x11_find_xid(struct hc_x11 *x11, xcb_window_t xid);

/* Tells the guest, if there is one. */
void hc_x11_message(struct hc_x11 *x11, const struct vp_message *message);

/* Selects further events of the root window, for good. */
void hc_x11_root_select(struct hc_x11 *x11, uint32_t events);

/* Calls handle with a request's reply (NULL: an error) when it comes, in the order of requests.
 * value is handed through: a window's id, say, which may be gone by then. The reply is freed after
 * the call. */
void hc_x11_expect(struct hc_x11 *x11, unsigned int sequence, uint32_t value,
	void (*handle)(struct hc_x11 *x11, uint32_t value, const void *reply));

/* Sends a client message of format 32 to the root window, as for window managers. data is 5 words.
 */
void hc_x11_root_message(
	struct hc_x11 *x11, xcb_window_t window, xcb_atom_t type, const uint32_t data[5]);

/* The event without the bit that says that another client has sent it. */
uint8_t hc_x11_event_type(const xcb_generic_event_t *event);

/*
 * Each file below sees every event, and takes those that it knows. init is called once the
 * presenter has a connection, its extensions and atoms; finish also without init. announce reports
 * the present state to a new guest session.
 */

/* windows.c: X windows, their places and sizes */

/* The X windows alone, unmapped. They are in no table, so that what happens to them does not reach
 * the guest: the view's own windows are such. The caller unmakes them. */
struct hc_x11_window *hc_x11_window_make(struct hc_x11 *x11, const struct vp_window_create *create);
void hc_x11_window_unmake(struct hc_x11 *x11, struct hc_x11_window *window);

bool hc_x11_window_create(struct hc_x11 *x11, const struct vp_window_create *create);
void hc_x11_window_free(struct hc_x11 *x11, struct hc_x11_window *window);
void hc_x11_window_map(struct hc_x11 *x11, struct hc_x11_window *window, bool mapped);
void hc_x11_window_place(struct hc_x11 *x11, struct hc_x11_window *window, uint8_t fields,
	const struct hc_rect *content);
void hc_x11_window_announce(struct hc_x11 *x11, struct hc_x11_window *window);
void hc_x11_windows_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event);
/* Tells the guest of the places that have changed. */
void hc_x11_windows_end_batch(struct hc_x11 *x11);
int64_t hc_x11_windows_deadline(struct hc_x11 *x11);
void hc_x11_windows_handle_deadline(struct hc_x11 *x11, int64_t now);
/* A frame of the window's present size is on the screen. */
void hc_x11_window_frame_shown(struct hc_x11 *x11, struct hc_x11_window *window);

/* properties.c: what the window manager is told of a window */
void hc_x11_properties_init_window(struct hc_x11 *x11, struct hc_x11_window *window);
void hc_x11_properties_title(struct hc_x11 *x11, struct hc_x11_window *window, const char *title);
void hc_x11_properties_class(struct hc_x11 *x11, struct hc_x11_window *window, const char *instance,
	const char *class_name);
void hc_x11_properties_icon(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct vp_window_icon *icon);
void hc_x11_properties_type(struct hc_x11 *x11, struct hc_x11_window *window, enum vp_type type);
void hc_x11_properties_owner(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct vp_window_owner *owner);
/* The windows of a group that this one stands for are given another that does. */
void hc_x11_properties_leave_group(struct hc_x11 *x11, struct hc_x11_window *window);
void hc_x11_properties_hints(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct vp_window_hints *hints);
/* WM_HINTS of the window as it is now. */
void hc_x11_properties_wm_hints(struct hc_x11 *x11, struct hc_x11_window *window);
/* Says when the user last had to do with the window. */
void hc_x11_properties_user_time(struct hc_x11 *x11, struct hc_x11_window *window);
/* Has the window take no focus when it shows itself. */
void hc_x11_properties_no_focus(struct hc_x11 *x11, struct hc_x11_window *window);
void hc_x11_properties_opacity(struct hc_x11 *x11, struct hc_x11_window *window, uint32_t opacity);

/* states.c: maximised and the like, both ways */
void hc_x11_states_init(struct hc_x11 *x11);
void hc_x11_states_request(struct hc_x11 *x11, struct hc_x11_window *window,
	const struct vp_window_state_request *request);
void hc_x11_states_before_map(struct hc_x11 *x11, struct hc_x11_window *window);
/* The window manager has taken the window over. */
void hc_x11_states_managed(struct hc_x11 *x11, struct hc_x11_window *window);
void hc_x11_states_activate(struct hc_x11 *x11, struct hc_x11_window *window);
void hc_x11_states_grip(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct vp_window_grip *grip);
void hc_x11_states_set_focused(struct hc_x11 *x11, struct hc_x11_window *window, bool focused);
void hc_x11_states_announce(struct hc_x11 *x11, struct hc_x11_window *window);
void hc_x11_states_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event);

/* shapes.c: what there is of a window, label included */
void hc_x11_shapes_set(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct vp_window_shape *shape);
void hc_x11_shapes_resized(struct hc_x11 *x11, struct hc_x11_window *window);
/* The bounding shape as the guest wants it. */
void hc_x11_shapes_restore(struct hc_x11 *x11, const struct hc_x11_window *window);

/* popup-clip.c: what popups leave uncovered */
bool hc_x11_popup_clip_init(struct hc_x11 *x11);
void hc_x11_popup_clip_finish(struct hc_x11 *x11);
void hc_x11_popup_clip_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event);
/* A popup comes: looks what there is to leave uncovered. */
void hc_x11_popup_clip_update(struct hc_x11 *x11);
/* The popup has another place or size, or the guest has given it another shape. */
void hc_x11_popup_clip_apply(struct hc_x11 *x11, struct hc_x11_window *window, bool shape_changed);

/* label.c: the border in the VM's colour */
void hc_x11_label_draw(struct hc_x11 *x11, struct hc_x11_window *window);
/* Darkens the rectangles of the content, whose guest is away. */
void hc_x11_label_darken(struct hc_x11 *x11, struct hc_x11_window *window,
	const xcb_rectangle_t *rects, size_t count);
/* Marks an icon of width * height non-premultiplied ARGB with the label's colour. */
void hc_x11_label_badge(
	const struct hc_label *label, uint32_t *pixels, uint32_t width, uint32_t height);
/* The icon of a window that has none of its own. */
void hc_x11_label_icon(const struct hc_label *label, uint32_t *pixels, uint32_t side);

/* pixels.c: buffers to windows */
bool hc_x11_pixels_init(struct hc_x11 *x11);
void hc_x11_pixels_finish(struct hc_x11 *x11);
bool hc_x11_pixels_attach(struct hc_x11 *x11, struct vp_buffer *buffer);
void hc_x11_pixels_detach(struct hc_x11 *x11, struct vp_buffer *buffer);
void hc_x11_pixels_present(struct hc_x11 *x11, struct hc_x11_window *window,
	const struct vp_frame_present *frame, struct vp_buffer *buffer);
/* The window may have become hidden, or show again. */
void hc_x11_pixels_visibility(struct hc_x11 *x11, struct hc_x11_window *window);
/* Draws the whole content anew. */
void hc_x11_pixels_repaint(struct hc_x11 *x11, struct hc_x11_window *window);
/* True for what is nobody else's. */
bool hc_x11_pixels_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event);

/* input.c: pointer and focus */
bool hc_x11_input_init(struct hc_x11 *x11);
void hc_x11_input_finish(struct hc_x11 *x11);
void hc_x11_input_announce(struct hc_x11 *x11);
void hc_x11_input_window_added(struct hc_x11 *x11, struct hc_x11_window *window);
void hc_x11_input_window_removed(struct hc_x11 *x11, struct hc_x11_window *window);
void hc_x11_input_window_renamed(struct hc_x11 *x11, uint32_t id, uint32_t new_id);
void hc_x11_input_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event);
/* No more events are there now: sends what was held back to be merged. */
void hc_x11_input_end_batch(struct hc_x11 *x11);
struct hc_x11_scroll *hc_x11_input_scroll(struct hc_x11 *x11);
/* The window that has the keyboard, 0 none. */
uint32_t hc_x11_input_focused(const struct hc_x11 *x11);
/* A button is down that was pressed in one of the guest's windows. */
bool hc_x11_input_pressed(const struct hc_x11 *x11);

/* scroll.c: smooth scrolling. Wheels and touchpads are axes of the pointer, whose values grow
 * without end. */
struct hc_x11_scroll;
struct hc_x11_scroll *hc_x11_scroll_create(void);
void hc_x11_scroll_destroy(struct hc_x11_scroll *scroll);
/* Asks for the pointer's axes, and waits for the reply. */
void hc_x11_scroll_fetch_devices(struct hc_x11 *x11);
/* The pointer has been elsewhere, where its axes may have moved, too. */
void hc_x11_scroll_resume(struct hc_x11 *x11);
/* 1/120 notches that the event's axes moved, right and down; true if there are any. */
bool hc_x11_scroll_take(struct hc_x11_scroll *scroll, const xcb_input_motion_event_t *event,
	int32_t *horizontal, int32_t *vertical);
/* True if the pointer's present device scrolls smoothly, so that its wheel buttons are but
 * emulated. */
bool hc_x11_scroll_smooth(const struct hc_x11_scroll *scroll, xcb_input_device_id_t source);
void hc_x11_scroll_handle_device_changed(
	struct hc_x11_scroll *scroll, const xcb_input_device_changed_event_t *event);

/* keyboard.c: keys, modifiers, keymap */
bool hc_x11_keyboard_init(struct hc_x11 *x11);
void hc_x11_keyboard_finish(struct hc_x11 *x11);
void hc_x11_keyboard_announce(struct hc_x11 *x11);
void hc_x11_keyboard_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event);
void hc_x11_keyboard_end_batch(struct hc_x11 *x11);
/* Sends input_modifiers. */
void hc_x11_keyboard_send_modifiers(struct hc_x11 *x11);
/* The keyboard was another client's for a while: sends input_modifiers once the keys held now are
 * known. */
void hc_x11_keyboard_resume(struct hc_x11 *x11);
/* See hc_presenter_keys_anew(). */
void hc_x11_keyboard_begin_anew(struct hc_x11 *x11);
/* The keys for hc_x11_fullscreen_leave(), as of hc_presenter_leave_keys(). False if there is no
 * such key, and then they stay as they are. */
bool hc_x11_keyboard_set_leave_keys(struct hc_x11 *x11, uint8_t modifiers, const char *key);
void hc_x11_keyboard_bell(struct hc_x11 *x11, uint8_t percent);

/* cursor.c: the pointer's images over the guest's windows */
bool hc_x11_cursor_init(struct hc_x11 *x11);
void hc_x11_cursor_finish(struct hc_x11 *x11);
void hc_x11_cursor_image(struct hc_x11 *x11, const struct vp_cursor_image *image);
void hc_x11_cursor_forget(struct hc_x11 *x11, uint32_t cursor);
void hc_x11_cursor_set(struct hc_x11 *x11, uint32_t cursor);
void hc_x11_cursor_window_added(struct hc_x11 *x11, struct hc_x11_window *window);

/* monitors.c: the layout of the screen, which the guest's takes on */
bool hc_x11_monitors_init(struct hc_x11 *x11);
void hc_x11_monitors_finish(struct hc_x11 *x11);
void hc_x11_monitors_announce(struct hc_x11 *x11);
void hc_x11_monitors_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event);
bool hc_x11_monitors_at(struct hc_x11 *x11, int32_t x, int32_t y, struct hc_rect *monitor,
	struct hc_rect *work_area);
/* In the order in which the guest knows them; false beyond the last. */
bool hc_x11_monitors_get(struct hc_x11 *x11, size_t index, struct hc_rect *monitor);

/* work-areas.c: what panels leave free of the monitors */
bool hc_x11_work_areas_init(struct hc_x11 *x11);
void hc_x11_work_areas_finish(struct hc_x11 *x11);
void hc_x11_work_areas_announce(struct hc_x11 *x11);
void hc_x11_work_areas_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event);
/* The monitors may have changed: tells the guest if that changes an area. */
void hc_x11_work_areas_update(struct hc_x11 *x11);
struct hc_rect hc_x11_work_areas_of(struct hc_x11 *x11, const struct hc_rect *monitor);

/* settings.c: scale, themes, cursor size */
bool hc_x11_settings_init(struct hc_x11 *x11);
void hc_x11_settings_finish(struct hc_x11 *x11);
void hc_x11_settings_announce(struct hc_x11 *x11);
void hc_x11_settings_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event);
uint32_t hc_x11_settings_dpi(const struct hc_x11 *x11);

/* heritage.c: what the view before this one shows. init waits for replies. */
void hc_x11_heritage_init(struct hc_x11 *x11);
void hc_x11_heritage_finish(struct hc_x11 *x11);
/* Marks a window, by the guest's id, for the view after this one. */
void hc_x11_heritage_leave(struct hc_x11 *x11, const struct hc_x11_window *window, uint64_t native);
/* A new window, not yet mapped, takes the place of the one before it, if there is one; and once the
 * window manager has it, it goes there, unless that takes long. */
void hc_x11_heritage_claim(struct hc_x11 *x11, const struct hc_x11_window *window, uint64_t native);
void hc_x11_heritage_managed(struct hc_x11 *x11, const struct hc_x11_window *window);

/* attention.c: which windows may take the focus */
/* The user has started something in the guest, by other means than its windows. */
void hc_x11_attention_user_started(struct hc_x11 *x11);
/* The guest is about to close the window, or has it withdrawn. */
void hc_x11_attention_window_closed(struct hc_x11 *x11, const struct hc_x11_window *window);
/* True if a window of the guest may take the focus now; that is good for one window. */
bool hc_x11_attention_take(struct hc_x11 *x11);
/* It may not, and says that it would like to. */
void hc_x11_attention_ask(struct hc_x11 *x11, struct hc_x11_window *window);

/* stacking.c: the order of windows, the guest's among those of others */
bool hc_x11_stacking_init(struct hc_x11 *x11);
void hc_x11_stacking_finish(struct hc_x11 *x11);
void hc_x11_stacking_announce(struct hc_x11 *x11);
/* Asks the window manager to put a window that it manages right above or below another one, of
 * whomever. */
void hc_x11_stacking_put(struct hc_x11 *x11, const struct hc_x11_window *window,
	xcb_window_t sibling, xcb_stack_mode_t mode);
/* The guest raises or lowers a window: done among its own windows while the user is with one of
 * them; otherwise one that is raised asks for attention. */
void hc_x11_stacking_restack(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct vp_window_restack *restack);
/* A window shows now, or none such does any more. */
void hc_x11_stacking_window_shown(struct hc_x11 *x11, const struct hc_x11_window *window);
void hc_x11_stacking_window_hidden(struct hc_x11 *x11);
void hc_x11_stacking_end_batch(struct hc_x11 *x11);
void hc_x11_stacking_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event);
/* The window's place in the order last known, 0 the lowest. */
uint32_t hc_x11_stacking_of(const struct hc_x11 *x11, const struct hc_x11_window *window);
void hc_x11_stacking_window_renamed(struct hc_x11 *x11, uint32_t id, uint32_t new_id);

/* dialog.c: asks the user whether to end an application that hangs */
bool hc_x11_dialog_init(struct hc_x11 *x11);
void hc_x11_dialog_finish(struct hc_x11 *x11);
/* Whether the window's application answers, and that the user wants the window closed: both
 * together make the dialog appear. */
void hc_x11_dialog_set_hung(struct hc_x11 *x11, struct hc_x11_window *window, bool hung);
void hc_x11_dialog_window_closed_by_user(struct hc_x11 *x11, struct hc_x11_window *window);
void hc_x11_dialog_window_removed(struct hc_x11 *x11, struct hc_x11_window *window);
void hc_x11_dialog_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event);

/* startup.c: launches that the user waits for */
bool hc_x11_startup_init(struct hc_x11 *x11);
void hc_x11_startup_finish(struct hc_x11 *x11);
/* A launch with a startup id has begun, or has come to nothing. */
void hc_x11_startup_begin(struct hc_x11 *x11, uint32_t launch, const char *id);
void hc_x11_startup_end(struct hc_x11 *x11, uint32_t launch);
/* A window is about to show itself, or to be raised: what the oldest launch has brought about. Once
 * that has been asked for, the launch is complete. */
void hc_x11_startup_claim(struct hc_x11 *x11, const struct hc_x11_window *window);
void hc_x11_startup_complete(struct hc_x11 *x11);

/* fullscreen.c: says whose window fills the screen, and lets the user leave it */
bool hc_x11_fullscreen_init(struct hc_x11 *x11);
void hc_x11_fullscreen_finish(struct hc_x11 *x11);
/* The window's states were others before. */
void hc_x11_fullscreen_changed(struct hc_x11 *x11, struct hc_x11_window *window, uint32_t before);
void hc_x11_fullscreen_focused(struct hc_x11 *x11, struct hc_x11_window *window, bool focused);
void hc_x11_fullscreen_window_removed(struct hc_x11 *x11, struct hc_x11_window *window);
void hc_x11_fullscreen_window_renamed(struct hc_x11 *x11, uint32_t id, uint32_t new_id);
/* A popup of the guest has come above all else, which it is not to be. */
void hc_x11_fullscreen_popup_raised(struct hc_x11 *x11);
/* Within the content of the window. */
void hc_x11_fullscreen_pointer_moved(
	struct hc_x11 *x11, const struct hc_x11_window *window, int32_t y);
void hc_x11_fullscreen_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event);
int64_t hc_x11_fullscreen_deadline(struct hc_x11 *x11); /* milliseconds, -1 none */
void hc_x11_fullscreen_handle_deadline(struct hc_x11 *x11, int64_t now);
/* What the bar says about the way out. */
void hc_x11_fullscreen_set_keys(struct hc_x11 *x11, const char *shown);
/* The user wants out of it; false if the window does not fill the screen. */
bool hc_x11_fullscreen_leave(struct hc_x11 *x11, struct hc_x11_window *window);
/* The user has left just now, and windows do not fill the screen again at once. */
bool hc_x11_fullscreen_refused(const struct hc_x11 *x11);

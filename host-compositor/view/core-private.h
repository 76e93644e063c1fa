/* The view's core as its own files see it. */
#pragma once

#include <glib.h>

#include "core.h"
#include "pacing.h"
#include "quantum.h"

/* A buffer of the guest. */
struct hc_pixels {
	uint32_t id;
	struct vp_buffer *buffer;
	size_t shown_by; /* windows whose last frame it holds */
	bool retired; /* no frame will use it again */
	bool past; /* its session has ended: nobody waits for its release */
};

struct hc_window {
	uint32_t id;
	uint64_t native;
	bool popup;
	bool alpha;
	bool mapped;
	bool orphan; /* of an ended session, and not announced by the present one */
	bool takes_no_focus;
	bool fills_screen; /* as the guest was last told */
	int64_t attended_until; /* the user was with it not long ago; see showing.c */
	uint32_t cover_asked; /* states that the broker has been asked about */
	bool map_told; /* as mapped, by the guest */
	bool map_due; /* taken over by a session that has not told yet whether it is mapped */
	uint32_t owner; /* 0 none */
	struct hc_rect guest; /* as the guest said: of a popup, from its owner's edges if it has
				 one */
	uint32_t wished_width; /* of a managed window, by the guest */
	uint32_t wished_height;
	uint32_t configure_serial; /* last told to the guest */
	char *title;
	int64_t title_shown; /* when, of the core's clock; 0 never */
	bool title_due;
	char *app_id;
	struct hc_pixels *pixels; /* of the last frame, NULL none */
	uint32_t frame_width;
	uint32_t frame_height;
	uint32_t frame_serial;
	bool frame_pending;
	bool answer_due; /* the frame shows, but the guest is told later */
	bool shaped;
	uint8_t *shape; /* encoded rectangles that it shows in, if shaped */
	size_t shape_count;
	uint64_t frames;
	uint64_t bytes_copied;
	uint64_t bytes_copied_by_agent;
	uint64_t bytes_copied_by_view;
};

struct hc_core {
	struct hc_presenter *presenter;
	struct hc_label label;
	const struct hc_core_listener *listener;
	void *data;
	struct vp_session *session; /* NULL without one */
	bool ready;
	bool paused;
	bool closing; /* the core is being destroyed: tell nobody */
	GHashTable *windows; /* id → struct hc_window, owner */
	GHashTable *pixels; /* id → struct hc_pixels of the present session, not retired */
	size_t retired; /* struct hc_pixels that are not in the table above but still shown */
	uint64_t shared_bytes;
	uint64_t local_bytes; /* of these, in buffers that came without a descriptor */
	GHashTable *cursors; /* set of ids */
	uint32_t spare_id; /* where to look for the next id for an orphan whose own is taken */
	uint32_t screen_width; /* of all monitors together; 0 not known yet */
	uint32_t screen_height;
	int64_t now; /* milliseconds, as of hc_core_advance() */
	uint32_t focused; /* id, 0 none */
	struct hc_window *attended; /* that the user is with, NULL none */
	struct hc_quantum quantum; /* what the guest is not told of yet */
	int64_t showing_deadline; /* when popups may have to go, -1 never */
	size_t managed; /* windows that are managed, mapped */
	size_t orphans; /* windows of an ended session */
	uint64_t frames;
	uint64_t bytes_copied;
	uint64_t bytes_copied_by_agent;
	uint64_t bytes_copied_by_view;
	uint64_t inputs;
	struct hc_pacing pacing;
};

/* Ends the session because the guest broke a rule, and returns false. */
#define hc_core_refuse(core, ...) \
	(vp_session_fail((core)->session, VP_BYE_PROTOCOL_ERROR, __VA_ARGS__), false)

/* Ends the session because the guest wants more than the protocol's limits, and returns false. */
#define hc_core_exceed(core, ...) \
	(vp_session_fail((core)->session, VP_BYE_LIMIT, __VA_ARGS__), false)

/* pacing.c: the costs of what a guest asks for; beyond its budget it is not read */
void hc_pacing_advance(struct hc_core *core);
int64_t hc_pacing_deadline(struct hc_core *core);
void hc_pacing_begin_session(struct hc_core *core);
void hc_pacing_charge_message(struct hc_core *core, const struct vp_message *message);
/* The window is about to show. */
void hc_pacing_charge_map(struct hc_core *core, const struct hc_window *window);
void hc_pacing_charge_frame(struct hc_core *core, size_t rects, uint64_t pixels);
void hc_pacing_note_monitor(struct hc_core *core, const struct vp_monitor *monitor);
void hc_pacing_forget_window(struct hc_core *core, struct hc_window *window);
void hc_pacing_forget_answer(struct hc_core *core, struct hc_window *window);
/* Whether to show it now; if not, that comes later, with the last one of until then. */
bool hc_pacing_show_title(struct hc_core *core, struct hc_window *window);
bool hc_pacing_show_cursor(struct hc_core *core, uint32_t cursor);
bool hc_pacing_ring_bell(struct hc_core *core);
/* Whether to tell the guest now that its frame shows; if not, hc_frames_answer() comes later. */
bool hc_pacing_answer_frame(struct hc_core *core, struct hc_window *window);

/* core.c */
void hc_core_send(struct hc_core *core, const struct vp_message *message);

/* windows.c: each message of the guest about windows; false after hc_core_refuse() */
bool hc_windows_handle_message(struct hc_core *core, const struct vp_message *message);
struct hc_window *hc_windows_find(struct hc_core *core, uint32_t id);
void hc_windows_remove(struct hc_core *core, struct hc_window *window);
void hc_windows_remove_orphans(struct hc_core *core);
/* The last title, unless that has to wait. */
void hc_windows_show_title(struct hc_core *core, struct hc_window *window);
/* The session has ended: windows stay, dimmed; popups go. */
void hc_windows_orphan_all(struct hc_core *core);
/* The guest has been paused or resumed: windows are dimmed, and titled, accordingly. */
void hc_windows_show_pause(struct hc_core *core);
/* Whether the keyboard is a window's whose guest is away. */
bool hc_windows_focus_away(const struct hc_core *core);
/* What the presenter says of a window; false if the guest is not to know. */
bool hc_windows_filter(struct hc_core *core, const struct vp_message *message);
/* Counts the windows, and tells the listener if the number of managed, mapped ones has changed. */
void hc_windows_count(struct hc_core *core);
void hc_windows_free(void *window);

/* showing.c: which windows show, and popups where */
struct hc_rect hc_showing_place(struct hc_core *core, const struct hc_window *window);
/* The guest has mapped or unmapped the window, or its owner is another. */
void hc_showing_update(struct hc_core *core, struct hc_window *window);
/* The guest has placed a popup anew. */
void hc_showing_move(struct hc_core *core, const struct hc_window *popup);
/* What the user does, and what the primary's desktop is like now. */
void hc_showing_handle_user(struct hc_core *core, const struct vp_message *message);
/* Popups go whose time is over. */
void hc_showing_expire(struct hc_core *core);
/* The window is about to go. */
void hc_showing_forget(struct hc_core *core, const struct hc_window *window);

/* cover.c: the guest asks for states of a window */
void hc_cover_handle_request(struct hc_core *core, struct hc_window *window,
	const struct vp_window_state_request *request);

/* frames.c: buffers and what is shown of them */
bool hc_frames_handle_create(struct hc_core *core, const struct vp_buffer_create *create);
bool hc_frames_handle_pixels(struct hc_core *core, const struct vp_buffer_pixels *message);
bool hc_frames_handle_destroy(struct hc_core *core, const struct vp_buffer_destroy *destroy);
bool hc_frames_handle_present(struct hc_core *core, const struct vp_frame_present *frame);
void hc_frames_handle_presented(struct hc_core *core, uint32_t window, uint32_t serial);
/* Tells the guest that the window's frame shows. */
void hc_frames_answer(struct hc_core *core, struct hc_window *window);
/* The window shows no buffer from now on. */
void hc_frames_forget_window(struct hc_core *core, struct hc_window *window);
/* The session has ended: buffers go, but for those that a window still shows. */
void hc_frames_retire_all(struct hc_core *core);

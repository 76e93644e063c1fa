/*
 * A presenter: what the view's core needs of the primary's window system. One implementation per
 * window system (x11/), and a fake one in tests/.
 *
 * Windows are named by the guest's ids. The core has checked all that the guest said: ids exist,
 * sizes and rectangles are in range, popups have an owner and a place. Texts for people come
 * labelled and safe. What the user does arrives as the messages that the guest is to receive.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "wire.h"

struct hc_presenter {
	const struct hc_presenter_impl *impl;
};

/* The label of the VM whose windows are presented. */
struct hc_label {
	char name[VP_NAME_MAX + 1]; /* "work" */
	uint32_t colour; /* 0xRRGGBB */
	uint32_t border; /* pixels around a managed window's content */
	uint32_t popup_border; /* pixels around a popup's content */
};

struct hc_rect {
	int32_t x;
	int32_t y;
	uint32_t width;
	uint32_t height;
};

/* What the user is told of a window, for `oriel windows`. */
struct hc_window_report {
	uint64_t content_id; /* native id of what shows just the guest's pixels */
	uint64_t toplevel_id; /* native id of the whole, label included */
	struct hc_rect content; /* on the primary's screen */
	uint32_t state; /* bits of vp_state */
	uint32_t stacking; /* place among this guest's windows, 0 the lowest */
};

struct hc_presenter_listener {
	/* A message for the guest (0x01xx, 0x02xx but for frame_done and buffer_released), valid
	 * during the call. */
	void (*message)(void *data, const struct vp_message *message);
	/* The display server has read the frame's pixels: the buffer may be written again. */
	void (*presented)(void *data, uint32_t window, uint32_t serial);
	/* The display server is gone. Called once. */
	void (*lost)(void *data);
};

struct hc_presenter_impl {
	bool (*start)(struct hc_presenter *presenter, const struct hc_label *label,
		const struct hc_presenter_listener *listener, void *data);
	int (*get_fd)(struct hc_presenter *presenter);
	void (*dispatch)(struct hc_presenter *presenter);
	int64_t (*deadline)(struct hc_presenter *presenter);
	void (*flush)(struct hc_presenter *presenter);
	void (*announce)(struct hc_presenter *presenter);
	void (*user_acted)(struct hc_presenter *presenter, uint32_t launch, const char *startup);
	void (*launch_ended)(struct hc_presenter *presenter, uint32_t launch);
	bool (*window_create)(
		struct hc_presenter *presenter, const struct vp_window_create *create);
	void (*window_rename)(struct hc_presenter *presenter, uint32_t window, uint32_t new_window);
	void (*window_destroy)(struct hc_presenter *presenter, uint32_t window);
	void (*window_map)(struct hc_presenter *presenter, uint32_t window, bool mapped);
	void (*window_place)(struct hc_presenter *presenter, uint32_t window, uint8_t fields,
		const struct hc_rect *content);
	void (*window_title)(struct hc_presenter *presenter, uint32_t window, const char *title);
	void (*window_class)(struct hc_presenter *presenter, uint32_t window, const char *instance,
		const char *class_name);
	void (*window_set)(struct hc_presenter *presenter, const struct vp_message *message);
	void (*window_dim)(struct hc_presenter *presenter, uint32_t window, bool dimmed);
	bool (*buffer_attach)(struct hc_presenter *presenter, struct vp_buffer *buffer);
	void (*buffer_detach)(struct hc_presenter *presenter, struct vp_buffer *buffer);
	void (*window_present)(struct hc_presenter *presenter, const struct vp_frame_present *frame,
		struct vp_buffer *buffer);
	void (*cursor_image)(struct hc_presenter *presenter, const struct vp_cursor_image *image);
	void (*cursor_forget)(struct hc_presenter *presenter, uint32_t cursor);
	void (*cursor_set)(struct hc_presenter *presenter, uint32_t cursor);
	void (*keys_anew)(struct hc_presenter *presenter);
	void (*bell)(struct hc_presenter *presenter, uint8_t percent);
	void (*leave_keys)(struct hc_presenter *presenter, uint8_t modifiers, const char *key,
		const char *shown);
	bool (*window_report)(
		struct hc_presenter *presenter, uint32_t window, struct hc_window_report *report);
	bool (*monitor_at)(struct hc_presenter *presenter, int32_t x, int32_t y,
		struct hc_rect *monitor, struct hc_rect *work_area);
	void (*destroy)(struct hc_presenter *presenter);
};

/* Takes the label, reports nothing yet. False with one line on the log. */
bool hc_presenter_start(struct hc_presenter *presenter, const struct hc_label *label,
	const struct hc_presenter_listener *listener, void *data);

/* Poll for input, or until deadline() (CLOCK_MONOTONIC in milliseconds, -1 none), then dispatch;
 * flush sends what is queued for the display server. */
int hc_presenter_get_fd(struct hc_presenter *presenter);
void hc_presenter_dispatch(struct hc_presenter *presenter);
int64_t hc_presenter_deadline(struct hc_presenter *presenter);
void hc_presenter_flush(struct hc_presenter *presenter);

/* Reports monitors, settings, keymap, and from then on what the user does: a new guest session is
 * ready. Each existing window's configuration, state and the focus are reported again after
 * window_rename(). */
void hc_presenter_announce(struct hc_presenter *presenter);

/* The user has just started something in the guest by other means than its windows: what comes of
 * it may take the focus. startup: the id by which the desktop shows that it is on its way, until
 * the next window comes or is raised; or empty. */
void hc_presenter_user_acted(struct hc_presenter *presenter, uint32_t launch, const char *startup);

/* No window will come of that any more. */
void hc_presenter_launch_ended(struct hc_presenter *presenter, uint32_t launch);

/* A window, unmapped, its content at create's place. False if the display server cannot have it. */
bool hc_presenter_window_create(
	struct hc_presenter *presenter, const struct vp_window_create *create);

/* A new session calls an existing window by another id. Its pixels stay until the next present. */
void hc_presenter_window_rename(
	struct hc_presenter *presenter, uint32_t window, uint32_t new_window);

void hc_presenter_window_destroy(struct hc_presenter *presenter, uint32_t window);
void hc_presenter_window_map(struct hc_presenter *presenter, uint32_t window, bool mapped);

/* Where the content is to be: for a popup an order, for a managed window a wish to the window
 * manager, answered with window_configure in any case. fields are bits of vp_field: what a wish
 * does not name stays as the window manager has it. */
void hc_presenter_window_place(struct hc_presenter *presenter, uint32_t window, uint8_t fields,
	const struct hc_rect *content);

/* UTF-8 strings, the label already in them. */
void hc_presenter_window_title(struct hc_presenter *presenter, uint32_t window, const char *title);
void hc_presenter_window_class(struct hc_presenter *presenter, uint32_t window,
	const char *instance, const char *class_name);

/* One of window_icon, window_type, window_owner, window_hints, window_state_request, window_shape,
 * window_opacity, window_activate, window_restack, window_grip, window_hung. */
void hc_presenter_window_set(struct hc_presenter *presenter, const struct vp_message *message);

/* Shows that the guest is away (the session is broken): pixels stay, dimmed. */
void hc_presenter_window_dim(struct hc_presenter *presenter, uint32_t window, bool dimmed);

/* Makes a mapped buffer known before its first present, and forgets it. */
bool hc_presenter_buffer_attach(struct hc_presenter *presenter, struct vp_buffer *buffer);
void hc_presenter_buffer_detach(struct hc_presenter *presenter, struct vp_buffer *buffer);

/* Shows the frame's rectangles; answered with presented. The buffer is also what exposed parts are
 * drawn from until the next present or buffer_detach(). */
void hc_presenter_window_present(struct hc_presenter *presenter,
	const struct vp_frame_present *frame, struct vp_buffer *buffer);

void hc_presenter_cursor_image(struct hc_presenter *presenter, const struct vp_cursor_image *image);
void hc_presenter_cursor_forget(struct hc_presenter *presenter, uint32_t cursor);
void hc_presenter_cursor_set(struct hc_presenter *presenter, uint32_t cursor);
void hc_presenter_bell(struct hc_presenter *presenter, uint8_t percent);

/* What the user has typed until now was nobody's: keys that are still down, but for modifiers, are
 * not reported until they are pressed anew, and the keyboard's state is. */
void hc_presenter_keys_anew(struct hc_presenter *presenter);

/* By which keys the user leaves a window that fills the screen: modifiers as in the link's
 * leave_keys, the name of a keysym, and the whole for people to read. */
void hc_presenter_leave_keys(
	struct hc_presenter *presenter, uint8_t modifiers, const char *key, const char *shown);

/* False for an unknown window. */
bool hc_presenter_window_report(
	struct hc_presenter *presenter, uint32_t window, struct hc_window_report *report);

/* The monitor nearest to a point, and its area free of panels. False without monitors. */
bool hc_presenter_monitor_at(struct hc_presenter *presenter, int32_t x, int32_t y,
	struct hc_rect *monitor, struct hc_rect *work_area);

/* NULL is legal. */
void hc_presenter_destroy(struct hc_presenter *presenter);

/* Connects to the X server named by display (NULL: $DISPLAY). NULL with one line on the log. */
struct hc_presenter *hc_presenter_x11_create(const char *display);

/*
 * The view's core: the guest's windows as the primary knows them. It checks what the guest says
 * about them, decides where popups may be, and hands the rest to the presenter. It does no I/O of
 * its own.
 *
 * When the session ends, windows stay, dimmed, and their labels say so; a new session that
 * announces a window of the same native id takes the old one's place. What it does not announce
 * goes with windows_announced. What the user types and clicks meanwhile is nobody's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "presenter.h"
#include "session.h"

struct hc_core;

struct hc_core_listener {
	/* A message for the broker: of channel 2, or an icon. */
	void (*message)(void *data, const struct vp_message *message);
	/* A message about a stream (bulk data); false, after vp_session_fail(), to refuse it. */
	bool (*stream)(void *data, const struct vp_message *message);
	/* The session with the guest is ready; agent is the instance that its hello names. */
	void (*session_ready)(void *data, uint64_t agent);
	/* The session has ended; windows stay until hc_core_forget_windows() or a new session. */
	void (*session_closed)(void *data, enum vp_bye_reason reason, const char *text);
	/* Managed, mapped windows have come or gone, or the guest has announced all it has. */
	void (*windows_changed)(void *data, size_t managed);
	/* A window wants to fill the screen or to stay above others (bits of vp_state): to be
	 * answered with hc_core_answer_cover(), at once or later. */
	void (*cover_asked)(void *data, uint32_t window, uint32_t states);
	/* The primary's display is gone. */
	void (*display_lost)(void *data);
};

/* Starts the presenter, which must outlive the core. NULL if that fails. */
struct hc_core *hc_core_create(struct hc_presenter *presenter, const struct hc_label *label,
	const struct hc_core_listener *listener, void *data);

/* NULL is legal. */
void hc_core_destroy(struct hc_core *core);

/* Begins a session over a transport, which is taken over; a present one ends first. */
bool hc_core_connect(struct hc_core *core, struct vp_transport *transport, uint64_t instance);

/* The time, CLOCK_MONOTONIC in milliseconds: to be told before the presenter or the session are
 * dispatched, and at the deadline (-1 none) in any case. */
void hc_core_advance(struct hc_core *core, int64_t now);
int64_t hc_core_deadline(struct hc_core *core);

/* Milliseconds of the grid on which the guest is told of input, up to HC_QUANTUM_MS_MAX; 0: at
 * once.
 */
void hc_core_set_input_quantum(struct hc_core *core, uint32_t milliseconds);

/* The guest is known to be gone, although its session may not tell. */
void hc_core_disconnect(struct hc_core *core, const char *text);

/* The session with the guest, NULL without one. */
struct vp_session *hc_core_session(struct hc_core *core);

/* Poll for input (-1: nothing is to be read now), then read: what the guest says, as far as its
 * budget goes. Writing is the owner's: vp_session_flush(). */
int hc_core_get_fd(struct hc_core *core);
void hc_core_read(struct hc_core *core);

/* Whether a window may have the states that it wanted. What it no longer wants is not done. */
void hc_core_answer_cover(struct hc_core *core, uint32_t window, uint32_t states, bool allowed);

/* The guest stands still, as the windows say: dimmed, and after the label. What the user types and
 * clicks is not kept for it. */
void hc_core_set_paused(struct hc_core *core, bool paused);

/* Nobody will answer what has been asked until now; a window that asks again is asked about again.
 */
void hc_core_forget_covers(struct hc_core *core);

/* Whether windows of an ended session wait, dimmed, for one that announces them again. */
bool hc_core_windows_wait(const struct hc_core *core);

/* Removes all windows of an ended session: the guest will not come back. Returns how many of them
 * were managed and mapped. */
size_t hc_core_forget_windows(struct hc_core *core);

struct hc_window_info {
	uint32_t window;
	uint64_t native; /* the guest window system's id */
	bool popup;
	bool mapped;
	const char *title; /* as the guest gave it, made safe, without label */
	const char *app_id; /* the guest's class, made safe */
	struct hc_window_report report;
	uint64_t frames; /* presented since the window came */
	uint64_t bytes_copied; /* by the guest's display server into the buffer: 4 * damaged pixels
				*/
	/* where a display server cannot see what the other side has */
	uint64_t bytes_copied_by_agent; /* at its word */
	uint64_t bytes_copied_by_view;
};

/* Calls each() for every window, lowest id first; strings live during the call. */
void hc_core_windows(struct hc_core *core,
	void (*each)(void *data, const struct hc_window_info *info), void *data);

/* The window's last frame: its buffer and size in pixels; NULL if there is none. */
struct vp_buffer *hc_core_window_pixels(
	struct hc_core *core, uint32_t window, uint32_t *width, uint32_t *height);

/* True if the window shows only in a shape: its rectangles, which may reach beyond the window, and
 * are valid until the guest's next message. */
bool hc_core_window_shape(struct hc_core *core, uint32_t window, struct vp_rects *shape);

struct hc_core_stats {
	uint64_t frames;
	uint64_t bytes_copied;
	uint64_t bytes_copied_by_agent;
	uint64_t bytes_copied_by_view;
	uint32_t windows; /* managed and mapped */
	uint64_t inputs; /* presses and motions of the user that a guest has been sent */
};

void hc_core_get_stats(const struct hc_core *core, struct hc_core_stats *stats);

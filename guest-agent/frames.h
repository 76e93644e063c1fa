/*
 * The frames of all windows: their buffers, when to read pixels into them, when to present.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "session.h"

struct ga_frames;

/* Never fails; the capture must outlive it. */
struct ga_frames *ga_frames_create(struct ga_capture *capture);
void ga_frames_destroy(struct ga_frames *frames);

/* Windows that are added from now on are presented to a session, which must outlive this until
 * end(). */
void ga_frames_begin(struct ga_frames *frames, struct vp_session *session);

/* Forgets all windows and buffers: the session is over. */
void ga_frames_end(struct ga_frames *frames);

/* False for an unknown window, and when there are VP_WINDOWS_MAX. */
bool ga_frames_window_known(struct ga_frames *frames, uint32_t window);
bool ga_frames_window_add(struct ga_frames *frames, uint32_t window, bool alpha);
void ga_frames_window_remove(struct ga_frames *frames, uint32_t window);

/* The capture's events. */
void ga_frames_handle_damaged(struct ga_frames *frames, uint32_t window);
void ga_frames_handle_pixels_ready(struct ga_frames *frames, uint32_t window, uint32_t width,
	uint32_t height, const struct vp_rect *rects, size_t count);

/* Sends pixels of buffers that are not shared, as far as the session takes them: call it when that
 * has been flushed; true if it has to be flushed once more. */
bool ga_frames_send_pixels(struct ga_frames *frames);

/* The primary's answers; windows and buffers that it does not know any more are ignored. */
void ga_frames_handle_done(struct ga_frames *frames, const struct vp_frame_done *done);
void ga_frames_handle_released(struct ga_frames *frames, uint32_t buffer);

/* Tries again to show windows for which no buffer could be had. CLOCK_MONOTONIC in milliseconds; to
 * be called after each batch of work, and at the deadline, -1 none. */
void ga_frames_advance(struct ga_frames *frames, int64_t now);
int64_t ga_frames_deadline(const struct ga_frames *frames);

/*
 * A capture: what the agent's core needs of the guest's window system. One implementation per
 * window system (x11/), and a fake one in tests/.
 *
 * Its vocabulary is that of the protocol: state of windows is reported as the messages that the
 * primary is to receive, and input arrives as the messages that the primary has sent. A capture
 * numbers its windows itself (never reusing an id) and remembers their state, so that announce()
 * can report it anew.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "wire.h"

struct ga_capture {
	const struct ga_capture_impl *impl;
};

struct ga_capture_listener {
	/* A message for the primary (0x03xx but for buffers and frames), valid during the call. */
	void (*message)(void *data, const struct vp_message *message);
	/* A mapped window has new pixels, and had none pending. Told once, until read_pixels()
	 * takes them. */
	void (*damaged)(void *data, uint32_t window);
	/* read_pixels() is done: the damaged pixels of the window, which was width * height, are in
	 * the buffer. rects are count rectangles inside the window, at most VP_RECTS_MAX. count is
	 * 0 if there are none (unmapped meanwhile, or nothing had changed); the window will be
	 * damaged again when there are. */
	void (*pixels_ready)(void *data, uint32_t window, uint32_t width, uint32_t height,
		const struct vp_rect *rects, size_t count);
	/* The window system is gone. Called once. */
	void (*lost)(void *data);
};

struct ga_capture_impl {
	bool (*start)(
		struct ga_capture *capture, const struct ga_capture_listener *listener, void *data);
	void (*stop)(struct ga_capture *capture);
	int (*get_fd)(struct ga_capture *capture);
	void (*dispatch)(struct ga_capture *capture);
	int64_t (*deadline)(struct ga_capture *capture);
	void (*flush)(struct ga_capture *capture);
	void (*announce)(struct ga_capture *capture);
	void (*primary_lost)(struct ga_capture *capture);
	bool (*buffer_attach)(struct ga_capture *capture, struct vp_buffer *buffer);
	void (*buffer_detach)(struct ga_capture *capture, struct vp_buffer *buffer);
	bool (*window_size)(
		struct ga_capture *capture, uint32_t window, uint32_t *width, uint32_t *height);
	void (*read_pixels)(
		struct ga_capture *capture, uint32_t window, struct vp_buffer *buffer, bool all);
	void (*inject)(struct ga_capture *capture, const struct vp_message *message);
	void (*destroy)(struct ga_capture *capture);
};

/* Becomes the window manager and reports nothing yet. False with one line on the log. */
bool ga_capture_start(
	struct ga_capture *capture, const struct ga_capture_listener *listener, void *data);

/* Gives windows back to the window system, releases held keys and buttons. */
void ga_capture_stop(struct ga_capture *capture);

/* Poll for input, or until deadline() (CLOCK_MONOTONIC in milliseconds, -1 none), or until a child
 * process has ended, then dispatch; flush sends what is queued for the window system. */
int ga_capture_get_fd(struct ga_capture *capture);
void ga_capture_dispatch(struct ga_capture *capture);
int64_t ga_capture_deadline(struct ga_capture *capture);
void ga_capture_flush(struct ga_capture *capture);

/* Reports every window with its whole state, the cursor, and windows_announced, as for a new
 * primary; mapped windows are damaged as a whole. From then on changes are reported as they happen.
 */
void ga_capture_announce(struct ga_capture *capture);

/* The primary is gone: held keys and buttons are released, and what applications ask for is carried
 * out here. Nothing is reported until the next announce(). */
void ga_capture_primary_lost(struct ga_capture *capture);

/* Makes a buffer known before it is first read into, and forgets it. False if it cannot be used. */
bool ga_capture_buffer_attach(struct ga_capture *capture, struct vp_buffer *buffer);
void ga_capture_buffer_detach(struct ga_capture *capture, struct vp_buffer *buffer);

/* The present size of a window's pixels; a buffer that is read into must have it. False if the
 * window is not mapped, or is drawing itself in a new size; it will be damaged later. */
bool ga_capture_window_size(
	struct ga_capture *capture, uint32_t window, uint32_t *width, uint32_t *height);

/* Starts to copy the damaged pixels of a window (all of them, for a buffer that does not hold the
 * last frame) to the same place in the buffer. Ends with pixels_ready, never from within this call,
 * unless announce() or primary_lost() come first; one at a time for each window. */
void ga_capture_read_pixels(
	struct ga_capture *capture, uint32_t window, struct vp_buffer *buffer, bool all);

/* Carries out a message of the primary: 0x01xx (input) and 0x02xx but for frame_done and
 * buffer_released. Unknown windows are ignored: they may just have gone. */
void ga_capture_inject(struct ga_capture *capture, const struct vp_message *message);

/* Stops if need be. NULL is legal. */
void ga_capture_destroy(struct ga_capture *capture);

/* Connects to the X server named by display (NULL: $DISPLAY). NULL with one line on the log. */
struct ga_capture *ga_capture_x11_create(const char *display);

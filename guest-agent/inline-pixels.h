/*
 * Pixels as messages, for buffers that are not shared: bands of at most VP_PIXELS_MAX bytes on the
 * bulk channel, which delays nothing else. A frame is sent when the last one has been.
 *
 * Channels overtake each other: pixels are queued when their buffer's creation has been written,
 * and their frame is told of when they have been.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session.h"

struct ga_inline;

/* A frame whose pixels have been written; rects are valid during the call. */
struct ga_inline_frame {
	uint32_t window;
	struct vp_buffer *buffer;
	uint32_t width; /* of the window in the buffer, pixels */
	uint32_t height;
	size_t copied; /* bytes, into messages */
	struct vp_rects rects;
};

struct ga_inline *ga_inline_create(
	void (*sent)(void *data, const struct ga_inline_frame *frame), void *data);

/* NULL is legal. */
void ga_inline_destroy(struct ga_inline *stream);

/* Takes a frame on. The buffer must stay as it is until sent() or ga_inline_remove(); rects are
 * copied. */
void ga_inline_add(struct ga_inline *stream, const struct ga_inline_frame *frame);

/* Forgets a window's frame, if there is one, or all. */
void ga_inline_remove(struct ga_inline *stream, uint32_t window);
void ga_inline_clear(struct ga_inline *stream);

/* Queues what a bound allows, and tells of frames that are through. Call it when the session has
 * been flushed; true if that has to be done once more. */
bool ga_inline_send(struct ga_inline *stream, struct vp_session *session);

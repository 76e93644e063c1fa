/*
 * The buffers of a session: made within what a session may share, taken back when the primary has
 * let go of them, and kept for a while for windows to come, since making one shares its memory
 * anew.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "extent.h"
#include "session.h"

struct ga_buffers;

/* Never fails; the capture must outlive it. */
struct ga_buffers *ga_buffers_create(struct ga_capture *capture);

/* NULL is legal. */
void ga_buffers_destroy(struct ga_buffers *buffers);

/* A session begins, which must outlive this until end(). */
void ga_buffers_begin(struct ga_buffers *buffers, struct vp_session *session);

/* The session is over: forgets all but those that are taken. */
void ga_buffers_end(struct ga_buffers *buffers);

/* A buffer for a window of that size, attached to the capture: one that was kept, or a new one,
 * with room to grow if the window is growing. The caller's, until one of the functions below takes
 * it back. NULL if there is none, with a line on the log; it may be tried again when released()
 * says so, or some time after it was refused. */
struct vp_buffer *ga_buffers_take(
	struct ga_buffers *buffers, struct ga_extent size, bool growing, enum vp_format format);

/* Whether the system or the display server has refused one since clear_refused(). */
bool ga_buffers_refused(const struct ga_buffers *buffers);
void ga_buffers_clear_refused(struct ga_buffers *buffers);

/* No further frame uses the buffer, but the last one may still be shown. NULL is legal. */
void ga_buffers_retire(struct ga_buffers *buffers, struct vp_buffer *buffer);

/* Its window is gone: another may have it. NULL is legal. */
void ga_buffers_keep(struct ga_buffers *buffers, struct vp_buffer *buffer);

/* The session is over: the primary has let go. NULL is legal. */
void ga_buffers_drop(struct ga_buffers *buffers, struct vp_buffer *buffer);

/* The primary has let go of a retired buffer; others are ignored. True if somebody has gone without
 * a buffer, and can try again. */
bool ga_buffers_handle_released(struct ga_buffers *buffers, uint32_t id);

/*
 * The agent's core: which windows there are, which frames are in flight, what goes to the primary.
 *
 * It does no I/O of its own. A frame of a window is presented when the window is damaged, the
 * session is ready and the last frame has been answered; what comes meanwhile is merged into the
 * next one. A slow window holds up no other.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "session.h"

struct ga_core;

struct ga_core_listener {
	/* A session with a primary is ready: messages may be sent on it. */
	void (*session_ready)(void *data);
	/* A message of channel 2 for whoever handles these. */
	void (*message)(void *data, const struct vp_message *message);
	/* A message about a stream (bulk data); false, after vp_session_fail(), to refuse it. */
	bool (*stream)(void *data, const struct vp_message *message);
	/* The session with the primary has ended. */
	void (*session_closed)(void *data, enum vp_bye_reason reason, const char *text);
	/* The guest's window system is gone. */
	void (*capture_lost)(void *data);
};

/* Starts the capture, which must outlive the core. NULL if that fails. */
struct ga_core *ga_core_create(
	struct ga_capture *capture, const struct ga_core_listener *listener, void *data);

/* NULL is legal. */
void ga_core_destroy(struct ga_core *core);

/* Serves a new primary over a transport, which is taken over; one that is still there gets bye
 * REPLACED. */
bool ga_core_accept(struct ga_core *core, struct vp_transport *transport, uint64_t instance);

/* What was refused for a while is tried again. CLOCK_MONOTONIC in milliseconds; to be called after
 * each batch of work, and at the deadline, -1 none. */
void ga_core_advance(struct ga_core *core, int64_t now);
int64_t ga_core_deadline(const struct ga_core *core);

/* Sends what is queued, and pixels that are not shared, as far as the transport takes them. Call it
 * after each batch of work. */
void ga_core_flush(struct ga_core *core);

/* The session with the primary, NULL without one. */
struct vp_session *ga_core_session(struct ga_core *core);

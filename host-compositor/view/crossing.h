/*
 * What crosses the view between guest and broker: streams, each joined to a pipe of the broker's,
 * and the clipboard. Whatever the guest waits for is answered, also when the broker goes.
 */
#pragma once

#include <stdbool.h>

#include "link.h"
#include "session.h"

struct hc_crossing;

struct hc_crossing_listener {
	/* For the broker; ignored if there is none. */
	void (*tell_broker)(void *data, const struct hc_link_message *message);
};

/* NULL with errno. */
struct hc_crossing *hc_crossing_create(const struct hc_crossing_listener *listener, void *data);

/* NULL is legal. */
void hc_crossing_destroy(struct hc_crossing *crossing);

/* A session is ready, which must stay until the other call. */
void hc_crossing_begin_session(struct hc_crossing *crossing, struct vp_session *session);
void hc_crossing_end_session(struct hc_crossing *crossing, const char *text);

/* There is a broker, who will be told what the guest offers; or no more, and what it began ends. */
void hc_crossing_begin_broker(struct hc_crossing *crossing);
void hc_crossing_end_broker(struct hc_crossing *crossing);

/* A message of the guest about a stream; false, after vp_session_fail(), if it broke the protocol.
 */
bool hc_crossing_handle_stream(struct hc_crossing *crossing, const struct vp_message *message);

/* A message of the guest or of the broker; false if it is about none of these. fd is taken over if
 * it is. */
bool hc_crossing_handle_guest(struct hc_crossing *crossing, const struct vp_message *message);
bool hc_crossing_handle_broker(
	struct hc_crossing *crossing, const struct hc_link_message *message, int fd);

/* Poll for input, or until the deadline (CLOCK_MONOTONIC in milliseconds, -1 none), then dispatch,
 * which also tells the broker what the guest offers now; flush sends some of what streams have,
 * after the session's own flush: true if there may be more, for which it is to be called again once
 * all else has had its turn. */
int hc_crossing_get_fd(const struct hc_crossing *crossing);
int64_t hc_crossing_deadline(const struct hc_crossing *crossing);
void hc_crossing_dispatch(struct hc_crossing *crossing, int64_t now);
bool hc_crossing_flush(struct hc_crossing *crossing);

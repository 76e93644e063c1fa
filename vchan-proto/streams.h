/*
 * Streams: what is long, from a pipe on one side of a session to a pipe on the other. Either side
 * of a session has one of these for all of its streams.
 *
 * A stream is read ahead of its receiver by VP_STREAM_WINDOW at most, and no faster than the bulk
 * channel takes it: one that nobody reads holds up nothing else. What comes for a stream that is
 * unknown, or has ended, changes nothing.
 *
 * SIGPIPE must be ignored.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session.h"

struct vp_streams;

struct vp_streams_listener {
	/* A stream has ended: called once for each, not from within vp_streams_send() or
	 * vp_streams_receive(). bytes have been read from its descriptor, or written to it. The
	 * descriptor is closed before if the stream is done, and right afterwards if it is not, so
	 * that its other end can be told first. message, which may be the peer's, is valid during
	 * the call. */
	void (*ended)(void *data, uint32_t stream, enum vp_stream_status status, uint64_t bytes,
		struct vp_text message);
};

/* NULL with errno. */
struct vp_streams *vp_streams_create(const struct vp_streams_listener *listener, void *data);

/* Closes the descriptors of streams that go on; nobody is told. NULL is legal. */
void vp_streams_destroy(struct vp_streams *streams);

/* A session is ready; it must stay until vp_streams_end(), by which all streams have failed. */
void vp_streams_begin(struct vp_streams *streams, struct vp_session *session);
void vp_streams_end(struct vp_streams *streams, const char *text);

/* Sends what is read from fd, to its end, or writes to it what is received. fd is taken over, even
 * if that fails, and is no regular file. The peer is told of a stream that is sent before, and of
 * one that is received afterwards. False with errno: there is no session (ENOTCONN), the id is in
 * use (EEXIST), there are STREAMS_MAX streams (ENOSPC), or what fcntl() and epoll_ctl() say. */
bool vp_streams_send(struct vp_streams *streams, uint32_t stream, int fd);
bool vp_streams_receive(struct vp_streams *streams, uint32_t stream, int fd);

/* Ends a stream early, for both sides; status is not DONE. Unknown ones are ignored. */
void vp_streams_cancel(struct vp_streams *streams, uint32_t stream, enum vp_stream_status status,
	struct vp_text message);

/* Ends all of them so. */
void vp_streams_cancel_all(
	struct vp_streams *streams, enum vp_stream_status status, const char *text);

/* Handles stream_data, stream_end, stream_ack and stream_cancel. False, after vp_session_fail(), if
 * the peer has broken the protocol. */
bool vp_streams_handle_message(struct vp_streams *streams, const struct vp_message *message);

/* Poll for input, then dispatch. */
int vp_streams_get_fd(const struct vp_streams *streams);
void vp_streams_dispatch(struct vp_streams *streams);

/* Queues what there is to send, as far as the bounds allow. Call it when the session has been
 * flushed; true if that has to be done once more. */
bool vp_streams_flush(struct vp_streams *streams);

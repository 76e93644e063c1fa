/*
 * A session: messages over a transport, in channels with priorities and credit, from hello to bye.
 *
 * Sending queues; vp_session_flush() writes all that is queued in one go, most urgent channel
 * first, data below channel 0 in chunks of at most VP_CHUNK_MAX. Call it once after each batch of
 * work. A message of a lower channel never delays one of a higher channel by more than a chunk.
 *
 * Everything the peer sends is decoded and checked once, here. A peer that breaks the protocol is
 * sent bye, and the session is closed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport.h"
#include "wire.h"

struct vp_session;

enum vp_role { VP_ROLE_PRIMARY, VP_ROLE_GUEST };

struct vp_session_listener {
	/* Both hellos are exchanged and fit; messages may be sent. */
	void (*ready)(void *data, const struct vp_hello *peer);
	/* A message that this role may receive, except those of the session itself (0x00xx). Valid
	 * during the call. Return false, after vp_session_fail(), to refuse it. */
	bool (*message)(void *data, const struct vp_message *message);
	/* The peer has answered vp_session_ping(). May be NULL. */
	void (*pong)(void *data, uint32_t serial);
	/* The session is over; called once, never from within vp_session_create(). Its descriptor
	 * need not be polled any more. The owner destroys it, here or later. text is for people,
	 * and printable ASCII. */
	void (*closed)(void *data, enum vp_bye_reason reason, const char *text);
};

/* Takes the transport over, even if it fails, and sends hello. program is for people ("oriel-agent
 * 0.1"). The listener must outlive the session. NULL with errno. */
struct vp_session *vp_session_create(struct vp_transport *transport, enum vp_role role,
	const char *program, uint64_t instance, const struct vp_session_listener *listener,
	void *data);

/* NULL is legal. Legal inside a callback: it takes effect when the outermost one returns. */
void vp_session_destroy(struct vp_session *session);

struct vp_transport *vp_session_transport(struct vp_session *session);

/* Poll for input, then dispatch: reads and delivers all that has come, grants credit, writes what
 * is queued. */
int vp_session_get_fd(struct vp_session *session);
void vp_session_dispatch(struct vp_session *session);

/* While held, dispatch delivers nothing of what has come and reads no more, so that the peer has to
 * wait; writing goes on. The descriptor is not to be polled meanwhile, and afterwards dispatch is
 * to be called once without. Legal inside a callback. */
void vp_session_hold(struct vp_session *session, bool held);

/* Queues a message. False with errno if the session is not ready or is closed (ENOTCONN), if the
 * message is invalid or not this role's to send (EINVAL), or if the peer has left CHANNEL_QUEUE_MAX
 * bytes unread (ENOBUFS) or there is no memory (ENOMEM), which also closes the session. */
bool vp_session_send(struct vp_session *session, const struct vp_message *message);

/* Writes what is queued, as far as credit and the transport allow; the rest goes by dispatch. */
void vp_session_flush(struct vp_session *session);

/* Queues a ping; the answer is told to the listener. False if one is still unanswered, or the
 * session is not ready. */
bool vp_session_ping(struct vp_session *session, uint32_t serial);

/* Bytes queued on a channel and not yet given to the transport. */
size_t vp_session_queued(const struct vp_session *session, enum vp_channel channel);

/* How many bytes have ever been queued on a channel, and how many of them the transport has taken:
 * a message that was queued up to a position is under way once so many are written, and arrives
 * before all that is queued then, on whatever channel. */
uint64_t vp_session_position(const struct vp_session *session, enum vp_channel channel);
uint64_t vp_session_written(const struct vp_session *session, enum vp_channel channel);

/* Ends the session: writes what is queued and bye as far as the transport takes it now, then calls
 * closed. Does nothing if it has ended. */
void vp_session_fail(struct vp_session *session, enum vp_bye_reason reason, const char *format, ...)
#if defined(__MINGW32__)
	__attribute__((format(gnu_printf, 3, 4)));
#else
	__attribute__((format(printf, 3, 4)));
#endif

/* The owner knows by other means that the peer is gone for good: calls closed with VP_BYE_LOST, and
 * sends nothing. Does nothing if the session has ended. */
void vp_session_lose(struct vp_session *session, const char *text);

/* Agent: allocates a buffer, shares it and announces it; buffer->id is set. False with errno. */
bool vp_session_buffer_create(struct vp_session *session, uint32_t width, uint32_t height,
	enum vp_format format, struct vp_buffer **buffer);

/* Counted since vp_session_create(); bytes include all framing. */
struct vp_session_stats {
	uint64_t bytes_sent;
	uint64_t bytes_received;
	uint64_t messages_sent;
	uint64_t messages_received;
	uint64_t writes; /* calls of the transport's write that took bytes */
};

void vp_session_get_stats(const struct vp_session *session, struct vp_session_stats *stats);

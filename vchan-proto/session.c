#include "session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"

/* After these the owner gets its turn, and the transport signals again: so many bytes of bulk delay
 * a key, or what it has drawn, at most. */
enum { READS_PER_DISPATCH = 2 };

enum state { STATE_HELLO, STATE_READY, STATE_CLOSED };

struct vp_session {
	struct vp_transport *transport;
	enum vp_role role;
	const struct vp_session_listener *listener;
	void *data;
	enum state state;
	unsigned int depth; /* of public calls that may call back, each inside the other */
	bool dispatching;
	bool destroyed; /* freed when depth is 0 again */
	bool held;
	bool writable; /* the transport is not broken */
	bool blocked; /* the transport had no room for the last write */
	bool ping_pending;
	uint32_t ping_serial;
	uint32_t last_buffer;
	struct vp_session_stats stats;
	struct vp_sender sender;
	struct vp_receiver receiver;
};

static void free_session(struct vp_session *session)
{
	vp_transport_destroy(session->transport);
	vp_sender_finish(&session->sender);
	vp_receiver_finish(&session->receiver);
	free(session);
}

static void enter(struct vp_session *session)
{
	session->depth++;
}

static void leave(struct vp_session *session)
{
	session->depth--;
	if (session->depth == 0 && session->destroyed)
		free_session(session);
}

/* What the peer says is shown to people and written to logs. */
static void make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static void close_session(struct vp_session *session, enum vp_bye_reason reason, char *text)
{
	if (session->state == STATE_CLOSED)
		return;
	session->state = STATE_CLOSED;
	make_printable(text);
	session->listener->closed(session->data, reason, text);
}

static void close_lost(struct vp_session *session, int error)
{
	if (error == EPROTO) {
		vp_session_fail(session, VP_BYE_PROTOCOL_ERROR,
			"the rules of the transport were broken: by more descriptors than a "
			"session may hold, or by impossible indices of a ring");
		return;
	}
	char text[VP_REASON_MAX];
	if (error == EPIPE)
		snprintf(text, sizeof(text), "the other side closed the connection without a bye");
	else
		snprintf(text, sizeof(text), "the connection broke: %s", strerror(error));
	close_session(session, VP_BYE_LOST, text);
}

/* Writes all it can. False with errno if the transport is broken. */
static bool write_queued(struct vp_session *session)
{
	while (session->writable) {
		/* While the transport is full, a try should cost little. */
		size_t enough = session->blocked ? 1 : VP_STREAM_BUFFER_BYTES;
		size_t len;
		size_t buffers;
		const uint8_t *data = vp_sender_gather(&session->sender, enough, &len, &buffers);
		if (len == 0)
			break;
		ssize_t written = vp_transport_write(session->transport, data, len, buffers);
		if (written == -1) {
			session->writable = false;
			return false;
		}
		vp_sender_commit(&session->sender, (size_t)written);
		session->stats.bytes_sent += (size_t)written;
		session->stats.writes += written > 0;
		session->blocked = (size_t)written < len;
		if (session->blocked)
			break;
	}
	return true;
}

/* A peer that has closed the stream may have said why: what it sent is read before the session
 * ends. */
static void write_or_close(struct vp_session *session)
{
	if (session->state != STATE_CLOSED && !write_queued(session) && errno != EPIPE)
		close_lost(session, errno);
}

static bool push(struct vp_session *session, const struct vp_message *message)
{
	if (!vp_sender_push(&session->sender, message))
		return false;
	session->stats.messages_sent++;
	return true;
}

static void send_bye(struct vp_session *session, enum vp_bye_reason reason, const char *text)
{
	(void)write_queued(session);
	vp_sender_clear(&session->sender);
	struct vp_text message = vp_text_from(text, VP_REASON_MAX);
	if (push(session, VP_MESSAGE(BYE, bye, .reason = (uint16_t)reason, .message = message)))
		(void)write_queued(session);
}

void vp_session_fail(struct vp_session *session, enum vp_bye_reason reason, const char *format, ...)
{
	if (session->state == STATE_CLOSED)
		return;
	char text[VP_REASON_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	make_printable(text);
	enter(session);
	send_bye(session, reason, text);
	close_session(session, reason, text);
	leave(session);
}

void vp_session_lose(struct vp_session *session, const char *text)
{
	char reason[VP_REASON_MAX];
	snprintf(reason, sizeof(reason), "%s", text);
	enter(session);
	close_session(session, VP_BYE_LOST, reason);
	leave(session);
}

static void fail_protocol(struct vp_session *session, const char *message, const char *what)
{
	vp_session_fail(session, VP_BYE_PROTOCOL_ERROR, "%s %s", message, what);
}

static void handle_hello(struct vp_session *session, const struct vp_hello *hello)
{
	if (session->state != STATE_HELLO) {
		fail_protocol(session, "hello", "came twice");
		return;
	}
	if (hello->major != VP_VERSION_MAJOR) {
		vp_session_fail(session, VP_BYE_VERSION,
			"the other side speaks version %u.%u of the protocol, this one %d.%d",
			(unsigned int)hello->major, (unsigned int)hello->minor, VP_VERSION_MAJOR,
			VP_VERSION_MINOR);
		return;
	}
	session->state = STATE_READY;
	session->listener->ready(session->data, hello);
}

static void handle_pong(struct vp_session *session, const struct vp_pong *pong)
{
	if (!session->ping_pending || pong->serial != session->ping_serial) {
		fail_protocol(session, "pong", "answers no ping");
		return;
	}
	session->ping_pending = false;
	if (session->listener->pong != NULL)
		session->listener->pong(session->data, pong->serial);
}

static void handle_bye(struct vp_session *session, const struct vp_bye *bye)
{
	char text[VP_REASON_MAX + 1];
	memcpy(text, bye->message.data, bye->message.len);
	text[bye->message.len] = '\0';
	close_session(session, (enum vp_bye_reason)bye->reason, text);
}

static void push_or_fail(struct vp_session *session, const struct vp_message *message)
{
	if (!push(session, message))
		vp_session_fail(session, VP_BYE_LIMIT,
			"%s could not be queued: the other side does not read",
			vp_op_name((uint16_t)message->op));
}

static void handle_message(struct vp_session *session, const struct vp_message *message)
{
	switch ((unsigned int)message->op) {
	case VP_OP_HELLO:
		handle_hello(session, &message->hello);
		break;
	case VP_OP_PING:
		push_or_fail(session, VP_MESSAGE(PONG, pong, .serial = message->ping.serial));
		break;
	case VP_OP_PONG:
		handle_pong(session, &message->pong);
		break;
	case VP_OP_BYE:
		handle_bye(session, &message->bye);
		break;
	case VP_OP_CREDIT:
		if (!vp_sender_grant(&session->sender, (enum vp_channel)message->credit.channel,
			    message->credit.bytes))
			fail_protocol(session, "credit", "exceeds what was sent");
		break;
	default:
		if (!session->listener->message(session->data, message))
			vp_session_fail(session, VP_BYE_PROTOCOL_ERROR, "%s was refused",
				vp_op_name((uint16_t)message->op));
	}
}

static int received_direction(const struct vp_session *session)
{
	return session->role == VP_ROLE_PRIMARY ? VP_TO_PRIMARY : VP_TO_GUEST;
}

/* What is wrong with a message before its fields are looked at; NULL nothing. */
static const char *check_frame(const struct vp_session *session, const struct vp_frame *frame)
{
	if ((vp_op_directions(frame->op) & received_direction(session)) == 0)
		return "is not for this side";
	if (vp_op_channel(frame->op) != (int)frame->channel)
		return "came on a wrong channel";
	if (session->state == STATE_HELLO && frame->op != VP_OP_HELLO && frame->op != VP_OP_BYE)
		return "came before hello";
	return NULL;
}

static void handle_frame(struct vp_session *session, const struct vp_frame *frame)
{
	session->stats.messages_received++;
	if (vp_op_channel(frame->op) < 0) {
		vp_session_fail(
			session, VP_BYE_PROTOCOL_ERROR, "opcode 0x%04x is unknown", frame->op);
		return;
	}
	const char *wrong = check_frame(session, frame);
	struct vp_message message;
	if (wrong == NULL && !vp_message_decode(frame->op, frame->data, frame->len, &message))
		wrong = "is malformed";
	if (wrong != NULL)
		fail_protocol(session, vp_op_name(frame->op), wrong);
	else
		handle_message(session, &message);
}

static void handle_frames(struct vp_session *session)
{
	while (session->state != STATE_CLOSED && !session->held) {
		struct vp_frame frame;
		const char *error;
		switch (vp_receiver_next(&session->receiver, &frame, &error)) {
		case VP_RECEIPT_NONE:
			return;
		case VP_RECEIPT_FRAME:
			handle_frame(session, &frame);
			break;
		case VP_RECEIPT_ERROR:
			vp_session_fail(session, VP_BYE_PROTOCOL_ERROR, "%s", error);
			break;
		}
	}
}

/* Reads once. True if there may be more to read; to the end, when no signal will come for it. A
 * session that becomes held has read more than it has delivered. */
static bool read_some(struct vp_session *session, bool to_end)
{
	size_t space;
	uint8_t *data = vp_receiver_space(&session->receiver, &space);
	ssize_t n = vp_transport_read(session->transport, data, space);
	if (n == -1 || (n == 0 && to_end)) {
		close_lost(session, n == -1 ? errno : EPIPE);
		return false;
	}
	session->stats.bytes_received += (size_t)n;
	vp_receiver_add(&session->receiver, (size_t)n);
	handle_frames(session);
	return session->state != STATE_CLOSED && !session->held && (to_end || (size_t)n == space);
}

static void read_batch(struct vp_session *session)
{
	bool gone = !vp_transport_dispatch(session->transport);
	for (int reads = 0; reads < READS_PER_DISPATCH; reads++)
		if (!read_some(session, gone))
			break;
}

static void grant_credit(struct vp_session *session)
{
	for (enum vp_channel channel = VP_CHANNEL_WINDOWS;
		channel < VP_CHANNELS && session->state != STATE_CLOSED; channel++) {
		uint32_t bytes = vp_receiver_take_credit(&session->receiver, channel);
		if (bytes > 0)
			push_or_fail(session, VP_MESSAGE(CREDIT, credit,
						      .channel = (uint8_t)channel, .bytes = bytes));
	}
}

int vp_session_get_fd(struct vp_session *session)
{
	return vp_transport_get_fd(session->transport);
}

void vp_session_dispatch(struct vp_session *session)
{
	if (session->state == STATE_CLOSED || session->dispatching)
		return;
	enter(session);
	session->dispatching = true;
	/* What was read before it was held. */
	handle_frames(session);
	if (session->state != STATE_CLOSED && !session->held)
		read_batch(session);
	grant_credit(session);
	write_or_close(session);
	session->dispatching = false;
	leave(session);
}

void vp_session_hold(struct vp_session *session, bool held)
{
	session->held = held;
}

/* 0x00xx are the session's own. */
static bool sendable(const struct vp_session *session, const struct vp_message *message)
{
	int sent_direction = VP_BOTH - received_direction(session);
	return message->op > 0xff &&
	       (vp_op_directions((uint16_t)message->op) & sent_direction) != 0;
}

bool vp_session_send(struct vp_session *session, const struct vp_message *message)
{
	if (session->state != STATE_READY) {
		errno = ENOTCONN;
		return false;
	}
	if (!sendable(session, message)) {
		errno = EINVAL;
		return false;
	}
	if (push(session, message))
		return true;
	int error = errno;
	if (error == ENOBUFS)
		vp_session_fail(session, VP_BYE_LIMIT, "the other side has left %zu bytes unread",
			vp_sender_queued(&session->sender,
				(enum vp_channel)vp_op_channel((uint16_t)message->op)));
	else if (error == ENOMEM)
		vp_session_fail(session, VP_BYE_LIMIT, "there is no memory for a message");
	errno = error;
	return false;
}

void vp_session_flush(struct vp_session *session)
{
	enter(session);
	write_or_close(session);
	leave(session);
}

bool vp_session_ping(struct vp_session *session, uint32_t serial)
{
	if (session->state != STATE_READY || session->ping_pending)
		return false;
	if (!push(session, VP_MESSAGE(PING, ping, .serial = serial)))
		return false;
	session->ping_pending = true;
	session->ping_serial = serial;
	return true;
}

size_t vp_session_queued(const struct vp_session *session, enum vp_channel channel)
{
	return vp_sender_queued(&session->sender, channel);
}

uint64_t vp_session_position(const struct vp_session *session, enum vp_channel channel)
{
	return vp_sender_position(&session->sender, channel);
}

uint64_t vp_session_written(const struct vp_session *session, enum vp_channel channel)
{
	return vp_sender_position(&session->sender, channel) -
	       vp_sender_queued(&session->sender, channel);
}

bool vp_session_buffer_create(struct vp_session *session, uint32_t width, uint32_t height,
	enum vp_format format, struct vp_buffer **buffer)
{
	if (session->state != STATE_READY || session->role != VP_ROLE_GUEST) {
		errno = ENOTCONN;
		return false;
	}
	struct vp_buffer *created;
	if (!vp_transport_buffer_alloc(session->transport, width, height, format, &created))
		return false;
	created->id = ++session->last_buffer;
	struct vp_bytes handle;
	bool sent = vp_transport_buffer_share(session->transport, created, &handle) &&
		    vp_session_send(
			    session, VP_MESSAGE(BUFFER_CREATE, buffer_create, .buffer = created->id,
					     .memory = (uint8_t)created->memory, .width = width,
					     .height = height, .stride = created->stride,
					     .format = (uint8_t)format,
					     .size = (uint32_t)created->size, .handle = handle));
	if (!sent) {
		int error = errno;
		vp_buffer_destroy(created);
		errno = error;
		return false;
	}
	*buffer = created;
	return true;
}

struct vp_transport *vp_session_transport(struct vp_session *session)
{
	return session->transport;
}

void vp_session_get_stats(const struct vp_session *session, struct vp_session_stats *stats)
{
	*stats = session->stats;
}

/* What is the peer's doing is for the session to tell, when the transport is read. */
static bool send_hello(struct vp_session *session, const char *program, uint64_t instance)
{
	struct vp_text name = vp_text_from(program, VP_NAME_MAX);
	return push(session,
		       VP_MESSAGE(HELLO, hello, .magic = VP_MAGIC, .major = VP_VERSION_MAJOR,
			       .minor = VP_VERSION_MINOR, .instance = instance, .program = name)) &&
	       (write_queued(session) || errno == EPIPE || errno == EPROTO);
}

struct vp_session *vp_session_create(struct vp_transport *transport, enum vp_role role,
	const char *program, uint64_t instance, const struct vp_session_listener *listener,
	void *data)
{
	struct vp_session *session = malloc(sizeof(*session));
	if (session == NULL) {
		vp_transport_destroy(transport);
		errno = ENOMEM;
		return NULL;
	}
	memset(session, 0, offsetof(struct vp_session, sender));
	session->transport = transport;
	session->role = role;
	session->listener = listener;
	session->data = data;
	session->writable = true;
	vp_sender_init(&session->sender);
	vp_receiver_init(&session->receiver);
	if (send_hello(session, program, instance))
		return session;
	int error = errno;
	free_session(session);
	errno = error;
	return NULL;
}

void vp_session_destroy(struct vp_session *session)
{
	if (session == NULL)
		return;
	session->state = STATE_CLOSED;
	session->destroyed = true;
	if (session->depth == 0)
		free_session(session);
}

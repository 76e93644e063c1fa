/*
 * A session whose peer sends arbitrary bytes. The first byte of the input chooses the role (bit 0)
 * and how many bytes the stream takes at a time; the rest is what the peer sends.
 */

#include "fuzz.h"
#include "session.h"

struct target {
	struct vp_session *session;
	bool guest;
	bool closed;
};

static void handle_ready(void *data, const struct vp_hello *peer)
{
	struct target *target = data;
	(void)peer;
	(void)vp_session_ping(target->session, 1);
}

/* Answers, so that credit is used up in the other direction, too. */
static bool handle_message(void *data, const struct vp_message *message)
{
	struct target *target = data;
	struct vp_buffer *buffer;
	if (message->op == VP_OP_BUFFER_CREATE) {
		if (!vp_transport_buffer_map(vp_session_transport(target->session),
			    &message->buffer_create, &buffer))
			return false;
		vp_buffer_destroy(buffer);
	}
	if (target->guest)
		(void)vp_session_send(
			target->session, VP_MESSAGE(WINDOW_MAP, window_map, .window = 1));
	else
		(void)vp_session_send(
			target->session, VP_MESSAGE(FRAME_DONE, frame_done, .window = 1));
	return true;
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct target *target = data;
	(void)reason;
	if (target->closed)
		abort();
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			abort();
	target->closed = true;
}

static const struct vp_session_listener listener = {
	.ready = handle_ready,
	.message = handle_message,
	.closed = handle_closed,
};

/* The peer takes what the session sends, without looking. */
static void drain(struct vp_transport *peer)
{
	uint8_t data[4096];
	while (vp_transport_read(peer, data, sizeof(data)) > 0) {
	}
}

static void feed(struct target *target, struct vp_transport *peer, const uint8_t *data, size_t size)
{
	while (size > 0 && !target->closed) {
		ssize_t written = vp_transport_write(peer, data, size, 0);
		if (written <= 0)
			abort();
		data += written;
		size -= (size_t)written;
		vp_session_dispatch(target->session);
		drain(peer);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target target = { 0 };
	struct vp_transport *mine;
	struct vp_transport *peer;
	if (size < 1)
		return 0;
	target.guest = (data[0] & 1) != 0;
	size_t capacity = 1 + ((size_t)data[0] >> 1) * 64;
	if (!vp_transport_memory_create(capacity, &mine, &peer))
		abort();
	target.session = vp_session_create(mine, target.guest ? VP_ROLE_GUEST : VP_ROLE_PRIMARY,
		"fuzz", 1, &listener, &target);
	if (target.session == NULL)
		abort();
	feed(&target, peer, data + 1, size - 1);
	vp_transport_destroy(peer);
	while (!target.closed)
		vp_session_dispatch(target.session);
	vp_session_destroy(target.session);
	return 0;
}

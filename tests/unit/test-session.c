#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session.h"

/* One side of a session and what it was told. */
struct side {
	struct vp_session *session;
	unsigned int ready;
	unsigned int messages;
	unsigned int pongs;
	unsigned int closed;
	enum vp_op last_op;
	unsigned int buffers;
	unsigned int messages_before_key;
	bool holds_itself;
	uint64_t instance;
	enum vp_bye_reason reason;
	char text[VP_REASON_MAX + 1];
};

static void handle_ready(void *data, const struct vp_hello *peer)
{
	struct side *side = data;
	side->ready++;
	side->instance = peer->instance;
}

/* Its first pixel is its id. */
static bool map_buffer(struct side *side, const struct vp_buffer_create *message)
{
	struct vp_buffer *buffer;
	if (!vp_transport_buffer_map(vp_session_transport(side->session), message, &buffer))
		return false;
	const uint8_t *pixels = vp_buffer_data(buffer);
	CU_ASSERT(pixels != NULL && pixels[0] == (uint8_t)buffer->id);
	vp_buffer_destroy(buffer);
	side->buffers++;
	return true;
}

static bool handle_message(void *data, const struct vp_message *message)
{
	struct side *side = data;
	side->messages++;
	side->last_op = message->op;
	if (side->holds_itself)
		vp_session_hold(side->session, true);
	if (message->op == VP_OP_INPUT_KEY)
		side->messages_before_key = side->messages - 1;
	return message->op != VP_OP_BUFFER_CREATE || map_buffer(side, &message->buffer_create);
}

static void handle_pong(void *data, uint32_t serial)
{
	struct side *side = data;
	side->pongs += serial;
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct side *side = data;
	side->closed++;
	side->reason = reason;
	snprintf(side->text, sizeof(side->text), "%s", text);
}

static const struct vp_session_listener listener = {
	.ready = handle_ready,
	.message = handle_message,
	.pong = handle_pong,
	.closed = handle_closed,
};

struct pair {
	struct side agent;
	struct side view;
};

static void begin_pair(struct pair *pair, struct vp_transport *agent, struct vp_transport *view)
{
	memset(pair, 0, sizeof(*pair));
	CU_ASSERT_FATAL(agent != NULL && view != NULL);
	pair->agent.session =
		vp_session_create(agent, VP_ROLE_GUEST, "agent", 1, &listener, &pair->agent);
	pair->view.session =
		vp_session_create(view, VP_ROLE_PRIMARY, "view", 2, &listener, &pair->view);
	CU_ASSERT_FATAL(pair->agent.session != NULL && pair->view.session != NULL);
}

static void connect_pair(struct pair *pair, size_t capacity)
{
	struct vp_transport *agent;
	struct vp_transport *view;
	CU_ASSERT_FATAL(vp_transport_memory_create(capacity, &agent, &view));
	begin_pair(pair, agent, view);
}

static void connect_pair_unix(struct pair *pair)
{
	int sockets[2];
	CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	begin_pair(
		pair, vp_transport_unix_create(sockets[0]), vp_transport_unix_create(sockets[1]));
}

static bool signalled(const struct side *side)
{
	struct pollfd poll_fd = { .fd = vp_session_get_fd(side->session), .events = POLLIN };
	return side->closed == 0 && poll(&poll_fd, 1, 0) == 1;
}

/* Dispatches both sides until nothing is signalled. */
static void settle(struct pair *pair)
{
	bool busy = true;
	while (busy) {
		busy = false;
		struct side *sides[] = { &pair->agent, &pair->view };
		for (size_t i = 0; i < 2; i++) {
			if (!signalled(sides[i]))
				continue;
			vp_session_dispatch(sides[i]->session);
			busy = true;
		}
	}
}

static void destroy_pair(struct pair *pair)
{
	vp_session_destroy(pair->agent.session);
	vp_session_destroy(pair->view.session);
}

static void test_hello(void)
{
	struct pair pair;
	connect_pair(&pair, 65536);
	settle(&pair);
	CU_ASSERT_EQUAL(pair.agent.ready, 1);
	CU_ASSERT_EQUAL(pair.view.ready, 1);
	CU_ASSERT_EQUAL(pair.agent.instance, 2);
	CU_ASSERT_EQUAL(pair.view.instance, 1);
	destroy_pair(&pair);
}

static void test_small_stream(void)
{
	struct pair pair;
	connect_pair(&pair, 7);
	settle(&pair);
	enum { MESSAGES = 1000 };
	for (int i = 0; i < MESSAGES; i++) {
		CU_ASSERT(vp_session_send(pair.view.session,
			VP_MESSAGE(INPUT_KEY, input_key, .code = 30, .action = VP_KEY_PRESS)));
		CU_ASSERT(vp_session_send(
			pair.agent.session, VP_MESSAGE(WINDOW_MAP, window_map, .window = 1)));
	}
	vp_session_flush(pair.view.session);
	vp_session_flush(pair.agent.session);
	settle(&pair);
	CU_ASSERT_EQUAL(pair.agent.messages, MESSAGES);
	CU_ASSERT_EQUAL(pair.view.messages, MESSAGES);
	CU_ASSERT_EQUAL(pair.view.last_op, VP_OP_WINDOW_MAP);
	destroy_pair(&pair);
}

static void test_credit_returns(void)
{
	struct pair pair;
	connect_pair(&pair, 65536);
	settle(&pair);
	enum { TEXT = 400000, MESSAGES = 20 };
	char *text = malloc(TEXT);
	CU_ASSERT_FATAL(text != NULL);
	memset(text, 'k', TEXT);
	for (int i = 0; i < MESSAGES; i++) {
		struct vp_text keymap = { text, TEXT };
		CU_ASSERT(vp_session_send(
			pair.view.session, VP_MESSAGE(KEYMAP, keymap, .keymap = keymap)));
		vp_session_flush(pair.view.session);
		settle(&pair);
	}
	CU_ASSERT_EQUAL(pair.agent.messages, MESSAGES);
	CU_ASSERT_EQUAL(vp_session_queued(pair.view.session, VP_CHANNEL_WINDOWS), 0);
	free(text);
	destroy_pair(&pair);
}

static void send_text(struct side *side, const char *text, size_t len)
{
	struct vp_text keymap = { text, len };
	CU_ASSERT(vp_session_send(side->session, VP_MESSAGE(KEYMAP, keymap, .keymap = keymap)));
}

static void test_key_overtakes(void)
{
	struct pair pair;
	connect_pair(&pair, 2 * VP_CHUNK_MAX);
	settle(&pair);
	enum { TEXT = VP_KEYMAP_MAX };
	char *text = malloc(TEXT);
	CU_ASSERT_FATAL(text != NULL);
	memset(text, 'k', TEXT);
	send_text(&pair.view, text, TEXT);
	send_text(&pair.view, text, TEXT);
	vp_session_flush(pair.view.session);
	CU_ASSERT(vp_session_send(pair.view.session, VP_MESSAGE(INPUT_KEY, input_key, .code = 30)));
	settle(&pair);
	CU_ASSERT_EQUAL(pair.agent.messages, 3);
	CU_ASSERT_EQUAL(pair.agent.messages_before_key, 0);
	free(text);
	destroy_pair(&pair);
}

static void check_buffers(struct pair *pair)
{
	enum { BUFFERS = 100 };
	settle(pair);
	for (int i = 0; i < BUFFERS; i++) {
		struct vp_buffer *buffer;
		CU_ASSERT_FATAL(vp_session_buffer_create(
			pair->agent.session, 16, 16, VP_FORMAT_XRGB8888, &buffer));
		uint8_t *pixels = vp_buffer_data(buffer);
		CU_ASSERT_FATAL(pixels != NULL);
		pixels[0] = (uint8_t)buffer->id;
		vp_buffer_destroy(buffer);
	}
	vp_session_flush(pair->agent.session);
	settle(pair);
	CU_ASSERT_EQUAL(pair->view.buffers, BUFFERS);
	CU_ASSERT_EQUAL(pair->view.closed, 0);
	destroy_pair(pair);
}

static void test_buffers(void)
{
	struct pair pair;
	connect_pair_unix(&pair);
	check_buffers(&pair);
	connect_pair(&pair, 100);
	check_buffers(&pair);
}

static void test_buffer_roles(void)
{
	struct pair pair;
	struct vp_buffer *buffer;
	connect_pair_unix(&pair);
	settle(&pair);
	CU_ASSERT(!vp_session_buffer_create(pair.view.session, 1, 1, VP_FORMAT_XRGB8888, &buffer));
	CU_ASSERT(!vp_session_buffer_create(pair.agent.session, 0, 1, VP_FORMAT_XRGB8888, &buffer));
	CU_ASSERT_EQUAL(errno, EINVAL);
	CU_ASSERT_EQUAL(vp_session_queued(pair.agent.session, VP_CHANNEL_WINDOWS), 0);
	destroy_pair(&pair);
}

static void test_hold(void)
{
	struct pair pair;
	enum { MESSAGES = 20 };
	connect_pair_unix(&pair);
	settle(&pair);
	vp_session_hold(pair.view.session, true);
	for (int i = 0; i < MESSAGES; i++)
		CU_ASSERT(vp_session_send(
			pair.agent.session, VP_MESSAGE(WINDOW_MAP, window_map, .window = 1)));
	vp_session_flush(pair.agent.session);
	vp_session_dispatch(pair.view.session);
	CU_ASSERT_EQUAL(pair.view.messages, 0);
	/* What it says is heard. */
	CU_ASSERT(vp_session_send(pair.view.session, VP_MESSAGE(INPUT_KEY, input_key, .code = 30)));
	vp_session_flush(pair.view.session);
	vp_session_dispatch(pair.agent.session);
	CU_ASSERT_EQUAL(pair.agent.messages, 1);
	vp_session_hold(pair.view.session, false);
	vp_session_dispatch(pair.view.session);
	CU_ASSERT_EQUAL(pair.view.messages, MESSAGES);
	destroy_pair(&pair);
}

/* What has been read already is kept, and delivered without that anything more comes. */
static void test_hold_amid_messages(void)
{
	struct pair pair;
	enum { MESSAGES = 20 };
	connect_pair_unix(&pair);
	settle(&pair);
	pair.view.holds_itself = true;
	for (int i = 0; i < MESSAGES; i++)
		CU_ASSERT(vp_session_send(
			pair.agent.session, VP_MESSAGE(WINDOW_MAP, window_map, .window = 1)));
	vp_session_flush(pair.agent.session);
	for (unsigned int i = 1; i <= MESSAGES; i++) {
		vp_session_hold(pair.view.session, false);
		vp_session_dispatch(pair.view.session);
		CU_ASSERT_EQUAL(pair.view.messages, i);
	}
	destroy_pair(&pair);
}

static void test_hold_while_peer_goes(void)
{
	struct pair pair;
	connect_pair_unix(&pair);
	settle(&pair);
	vp_session_hold(pair.view.session, true);
	CU_ASSERT(vp_session_send(
		pair.agent.session, VP_MESSAGE(WINDOW_MAP, window_map, .window = 1)));
	vp_session_fail(pair.agent.session, VP_BYE_SHUTDOWN, "gone");
	vp_session_dispatch(pair.view.session);
	vp_session_flush(pair.view.session);
	CU_ASSERT_EQUAL(pair.view.closed, 0);
	vp_session_hold(pair.view.session, false);
	vp_session_dispatch(pair.view.session);
	CU_ASSERT_EQUAL(pair.view.messages, 1);
	CU_ASSERT_EQUAL(pair.view.closed, 1);
	destroy_pair(&pair);
}

static void test_one_write(void)
{
	struct pair pair;
	struct vp_session_stats before;
	struct vp_session_stats after;
	enum { MESSAGES = 50 };
	connect_pair_unix(&pair);
	settle(&pair);
	vp_session_get_stats(pair.view.session, &before);
	for (int i = 0; i < MESSAGES; i++) {
		CU_ASSERT(vp_session_send(
			pair.view.session, VP_MESSAGE(INPUT_KEY, input_key, .code = 30)));
		CU_ASSERT(vp_session_send(
			pair.view.session, VP_MESSAGE(FRAME_DONE, frame_done, .window = 1)));
	}
	vp_session_flush(pair.view.session);
	vp_session_flush(pair.view.session);
	vp_session_get_stats(pair.view.session, &after);
	CU_ASSERT_EQUAL(after.writes - before.writes, 1);
	CU_ASSERT_EQUAL(after.messages_sent - before.messages_sent, 2 * MESSAGES);
	settle(&pair);
	struct vp_session_stats received;
	vp_session_get_stats(pair.agent.session, &received);
	CU_ASSERT_EQUAL(received.bytes_received, after.bytes_sent);
	CU_ASSERT_EQUAL(received.messages_received, after.messages_sent);
	destroy_pair(&pair);
}

static void test_too_many_descriptors(void)
{
	struct pair pair;
	struct vp_buffer *buffer;
	struct vp_bytes handle;
	connect_pair_unix(&pair);
	settle(&pair);
	struct vp_transport *transport = vp_session_transport(pair.agent.session);
	CU_ASSERT_FATAL(vp_transport_buffer_alloc(transport, 1, 1, VP_FORMAT_XRGB8888, &buffer));
	static const uint8_t chunk[VP_PENDING_DESCRIPTORS_MAX + 1] = { VP_CHANNEL_WINDOWS, 0, 100,
		0 };
	for (size_t i = 0; i < sizeof(chunk); i++) {
		CU_ASSERT_EQUAL(pair.view.closed, 0);
		CU_ASSERT(vp_transport_buffer_share(transport, buffer, &handle));
		CU_ASSERT_EQUAL(vp_transport_write(transport, chunk + i, 1, 1), 1);
		vp_session_dispatch(pair.view.session);
	}
	CU_ASSERT_EQUAL(pair.view.closed, 1);
	CU_ASSERT_EQUAL(pair.view.reason, VP_BYE_PROTOCOL_ERROR);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(pair.view.text, "by more descriptors than a session may hold"));
	vp_buffer_destroy(buffer);
	destroy_pair(&pair);
}

/* A transport that takes everything until it breaks with an error of its own. */
struct broken_transport {
	struct vp_transport base;
	bool broken;
	bool destroyed;
};

static struct broken_transport *broken_transport(struct vp_transport *transport)
{
	return (struct broken_transport *)transport;
}

static int broken_get_fd(struct vp_transport *transport)
{
	(void)transport;
	return -1;
}

static bool broken_dispatch(struct vp_transport *transport)
{
	(void)transport;
	return true;
}

static ssize_t fail_or(struct vp_transport *transport, size_t result)
{
	errno = EIO;
	return broken_transport(transport)->broken ? -1 : (ssize_t)result;
}

static ssize_t broken_read(struct vp_transport *transport, uint8_t *data, size_t len)
{
	(void)data;
	(void)len;
	return fail_or(transport, 0);
}

static ssize_t broken_write(
	struct vp_transport *transport, const uint8_t *data, size_t len, size_t buffers)
{
	(void)data;
	(void)buffers;
	return fail_or(transport, len);
}

static void broken_destroy(struct vp_transport *transport)
{
	broken_transport(transport)->destroyed = true;
}

static const struct vp_transport_impl broken_impl = {
	.get_fd = broken_get_fd,
	.dispatch = broken_dispatch,
	.read = broken_read,
	.write = broken_write,
	.destroy = broken_destroy,
};

static void test_broken_at_once(void)
{
	struct broken_transport transport = { .base = { &broken_impl }, .broken = true };
	struct side side = { 0 };
	CU_ASSERT_PTR_NULL(
		vp_session_create(&transport.base, VP_ROLE_GUEST, "unit", 1, &listener, &side));
	CU_ASSERT_EQUAL(errno, EIO);
	CU_ASSERT(transport.destroyed && side.closed == 0);
}

static void check_breaks(void (*use)(struct vp_session *session))
{
	struct broken_transport transport = { .base = { &broken_impl } };
	struct side side = { 0 };
	side.session =
		vp_session_create(&transport.base, VP_ROLE_GUEST, "unit", 1, &listener, &side);
	CU_ASSERT_FATAL(side.session != NULL);
	use(side.session);
	CU_ASSERT_EQUAL(side.closed, 0);
	transport.broken = true;
	use(side.session);
	CU_ASSERT_EQUAL(side.closed, 1);
	CU_ASSERT_EQUAL(side.reason, VP_BYE_LOST);
	CU_ASSERT_STRING_EQUAL(side.text, "the connection broke: Input/output error");
	use(side.session);
	CU_ASSERT_EQUAL(side.closed, 1);
	vp_session_destroy(side.session);
	CU_ASSERT(transport.destroyed);
}

static void test_broken(void)
{
	check_breaks(vp_session_dispatch);
}

static void test_gone_at_once(void)
{
	struct vp_transport *mine;
	struct vp_transport *other;
	struct side side = { 0 };
	CU_ASSERT_FATAL(vp_transport_memory_create(100, &mine, &other));
	vp_transport_destroy(other);
	side.session = vp_session_create(mine, VP_ROLE_GUEST, "unit", 1, &listener, &side);
	CU_ASSERT_FATAL(side.session != NULL);
	CU_ASSERT_EQUAL(side.closed, 0);
	vp_session_dispatch(side.session);
	CU_ASSERT_EQUAL(side.closed, 1);
	CU_ASSERT_EQUAL(side.reason, VP_BYE_LOST);
	vp_session_destroy(side.session);
	vp_session_destroy(NULL);
}

static void test_half_closed(void)
{
	int sockets[2];
	struct side side = { 0 };
	CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	CU_ASSERT(shutdown(sockets[0], SHUT_RD) == 0);
	side.session = vp_session_create(
		vp_transport_unix_create(sockets[1]), VP_ROLE_GUEST, "unit", 1, &listener, &side);
	CU_ASSERT_FATAL(side.session != NULL);
	vp_session_dispatch(side.session);
	CU_ASSERT_EQUAL(side.closed, 1);
	CU_ASSERT_EQUAL(side.reason, VP_BYE_LOST);
	vp_session_destroy(side.session);
	CU_ASSERT_EQUAL(close(sockets[0]), 0);
}

static const struct unit_test tests[] = {
	{ "both sides say hello and are ready", test_hello },
	{ "messages pass a stream that takes seven bytes at a time", test_small_stream },
	{ "credit comes back, so that a channel carries more than its first credit",
		test_credit_returns },
	{ "a key overtakes a megabyte that waits", test_key_overtakes },
	{ "a hundred buffers made at once all arrive with their memory", test_buffers },
	{ "only the guest makes buffers, and only possible ones", test_buffer_roles },
	{ "one flush is one write, and both sides count the same", test_one_write },
	{ "a session that is held reads nothing, says what it has to, and loses nothing",
		test_hold },
	{ "a session that holds itself amid messages goes on with the next",
		test_hold_amid_messages },
	{ "a peer that goes while the session is held has had its say", test_hold_while_peer_goes },
	{ "a peer that sends descriptors without messages is refused", test_too_many_descriptors },
	{ "a transport that fails at once makes no session", test_broken_at_once },
	{ "a transport that fails ends the session with what the system said", test_broken },
	{ "a peer that is gone at once ends the session at its first dispatch", test_gone_at_once },
	{ "a peer that will not read any more ends the session", test_half_closed },
};

UNIT_MAIN("session", tests)

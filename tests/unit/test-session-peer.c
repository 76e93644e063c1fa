#include "unit.h"

#include <errno.h>
#include <string.h>

#include "session.h"
#include "wire-peer.h"

enum { CAPACITY = 65536 };

/* A session, what it tells its owner, and its hand-made peer. */
struct rig {
	struct vp_session *session;
	struct wire_peer *peer;
	unsigned int ready;
	unsigned int messages;
	unsigned int pongs;
	unsigned int closed;
	enum vp_bye_reason reason;
	char text[VP_REASON_MAX + 1];
	bool refuse;
	/* Called in a message's, ready's or closed's callback, if not NULL. */
	void (*inside)(struct rig *rig);
};

static void run_inside(struct rig *rig)
{
	if (rig->inside != NULL)
		rig->inside(rig);
}

static void handle_ready(void *data, const struct vp_hello *peer)
{
	struct rig *rig = data;
	(void)peer;
	rig->ready++;
	run_inside(rig);
}

static bool handle_message(void *data, const struct vp_message *message)
{
	struct rig *rig = data;
	(void)message;
	rig->messages++;
	run_inside(rig);
	return !rig->refuse;
}

static void handle_pong(void *data, uint32_t serial)
{
	struct rig *rig = data;
	rig->pongs += serial;
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct rig *rig = data;
	rig->closed++;
	rig->reason = reason;
	snprintf(rig->text, sizeof(rig->text), "%s", text);
	run_inside(rig);
}

static const struct vp_session_listener listener = {
	.ready = handle_ready,
	.message = handle_message,
	.pong = handle_pong,
	.closed = handle_closed,
};

static void begin(struct rig *rig, enum vp_role role)
{
	struct vp_transport *mine;
	struct vp_transport *other;
	memset(rig, 0, sizeof(*rig));
	CU_ASSERT_FATAL(vp_transport_memory_create(CAPACITY, &mine, &other));
	rig->peer = wire_peer_create(other);
	rig->session = vp_session_create(mine, role, "unit", 7, &listener, rig);
	CU_ASSERT_FATAL(rig->session != NULL);
}

static void begin_ready(struct rig *rig, enum vp_role role)
{
	struct vp_message message;
	begin(rig, role);
	CU_ASSERT(wire_peer_send_hello(rig->peer));
	vp_session_dispatch(rig->session);
	CU_ASSERT_EQUAL(rig->ready, 1);
	CU_ASSERT(wire_peer_receive_op(rig->peer, VP_OP_HELLO, &message));
}

static void end(struct rig *rig)
{
	vp_session_destroy(rig->session);
	wire_peer_destroy(rig->peer);
}

/* The session must have ended for this reason, and told the peer. */
static void check_failed(struct rig *rig, enum vp_bye_reason reason, const char *part)
{
	struct vp_message message;
	vp_session_dispatch(rig->session);
	CU_ASSERT_EQUAL(rig->closed, 1);
	CU_ASSERT_EQUAL(rig->reason, reason);
	if (strstr(rig->text, part) == NULL) {
		fprintf(stderr, "\"%s\" lacks \"%s\"\n", rig->text, part);
		CU_FAIL("the reason does not say what happened");
	}
	CU_ASSERT(wire_peer_receive_op(rig->peer, VP_OP_BYE, &message));
	CU_ASSERT_EQUAL(message.bye.reason, reason);
	CU_ASSERT_EQUAL(message.bye.message.len, strlen(rig->text));
	CU_ASSERT(!wire_peer_receive(rig->peer, &message));
}

static void test_hello_first(void)
{
	struct rig rig;
	struct vp_message message;
	begin(&rig, VP_ROLE_GUEST);
	CU_ASSERT(wire_peer_receive(rig.peer, &message));
	CU_ASSERT_EQUAL(message.op, VP_OP_HELLO);
	CU_ASSERT_EQUAL(message.hello.major, VP_VERSION_MAJOR);
	CU_ASSERT_EQUAL(message.hello.instance, 7);
	CU_ASSERT(message.hello.program.len == 4 &&
		  memcmp(message.hello.program.data, "unit", 4) == 0);
	end(&rig);
}

static void test_not_ready(void)
{
	struct rig rig;
	struct vp_buffer *buffer;
	begin(&rig, VP_ROLE_GUEST);
	CU_ASSERT(!vp_session_send(rig.session, VP_MESSAGE(BELL, bell, 0)));
	CU_ASSERT_EQUAL(errno, ENOTCONN);
	CU_ASSERT(!vp_session_ping(rig.session, 1));
	CU_ASSERT(!vp_session_buffer_create(rig.session, 1, 1, VP_FORMAT_XRGB8888, &buffer));
	end(&rig);
}

static void test_version(void)
{
	struct rig rig;
	begin(&rig, VP_ROLE_PRIMARY);
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(HELLO, hello, .magic = VP_MAGIC,
						   .major = VP_VERSION_MAJOR + 1, .instance = 1)));
	check_failed(&rig, VP_BYE_VERSION, "version 2.0");
	CU_ASSERT_EQUAL(rig.ready, 0);
	end(&rig);
}

static void test_newer_minor(void)
{
	struct rig rig;
	begin(&rig, VP_ROLE_PRIMARY);
	CU_ASSERT(wire_peer_send(
		rig.peer, VP_MESSAGE(HELLO, hello, .magic = VP_MAGIC, .major = VP_VERSION_MAJOR,
				  .minor = UINT16_MAX, .instance = 1)));
	vp_session_dispatch(rig.session);
	CU_ASSERT_EQUAL(rig.ready, 1);
	end(&rig);
}

static void test_malformed_hello(void)
{
	static const uint8_t hello[] = { VP_OP_HELLO, 0, 'H', 'T', 'T', 'P' };
	struct rig rig;
	begin(&rig, VP_ROLE_PRIMARY);
	CU_ASSERT(wire_peer_send_chunk(rig.peer, 0, VP_CHUNK_LAST, hello, sizeof(hello)));
	check_failed(&rig, VP_BYE_PROTOCOL_ERROR, "hello is malformed");
	end(&rig);
}

static void test_before_hello(void)
{
	struct rig rig;
	begin(&rig, VP_ROLE_PRIMARY);
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(WINDOW_MAP, window_map, .window = 1)));
	check_failed(&rig, VP_BYE_PROTOCOL_ERROR, "window_map came before hello");
	CU_ASSERT_EQUAL(rig.messages, 0);
	end(&rig);
}

static void test_second_hello(void)
{
	struct rig rig;
	begin_ready(&rig, VP_ROLE_PRIMARY);
	CU_ASSERT(wire_peer_send_hello(rig.peer));
	check_failed(&rig, VP_BYE_PROTOCOL_ERROR, "hello came twice");
	end(&rig);
}

static void test_direction(void)
{
	struct rig rig;
	begin_ready(&rig, VP_ROLE_PRIMARY);
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(INPUT_KEY, input_key, .code = 30)));
	check_failed(&rig, VP_BYE_PROTOCOL_ERROR, "input_key is not for this side");
	end(&rig);
	begin_ready(&rig, VP_ROLE_GUEST);
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(BELL, bell, 0)));
	check_failed(&rig, VP_BYE_PROTOCOL_ERROR, "bell is not for this side");
	end(&rig);
}

static void check_bytes_refused(uint8_t channel, const uint8_t *data, size_t size, const char *part)
{
	struct rig rig;
	begin_ready(&rig, VP_ROLE_PRIMARY);
	CU_ASSERT(wire_peer_send_chunk(rig.peer, channel, VP_CHUNK_LAST, data, size));
	check_failed(&rig, VP_BYE_PROTOCOL_ERROR, part);
	CU_ASSERT_EQUAL(rig.messages, 0);
	end(&rig);
}

static void test_bad_messages(void)
{
	static const uint8_t map[] = { 0x03, 0x03, 1, 0, 0, 0, 0 };
	static const uint8_t unknown[] = { 0xff, 0x7f };
	check_bytes_refused(2, map, sizeof(map) - 1, "window_map came on a wrong channel");
	check_bytes_refused(0, map, sizeof(map) - 1, "window_map came on a wrong channel");
	check_bytes_refused(1, map, sizeof(map), "window_map is malformed");
	check_bytes_refused(1, map, sizeof(map) - 2, "window_map is malformed");
	check_bytes_refused(1, unknown, sizeof(unknown), "opcode 0x7fff is unknown");
	check_bytes_refused(1, map, 1, "no opcode");
	check_bytes_refused(1, map, 0, "wrong length");
	check_bytes_refused(VP_CHANNELS, map, sizeof(map), "unknown channel");
}

static void test_refused(void)
{
	struct rig rig;
	begin_ready(&rig, VP_ROLE_PRIMARY);
	rig.refuse = true;
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(BELL, bell, 0)));
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(BELL, bell, 0)));
	check_failed(&rig, VP_BYE_PROTOCOL_ERROR, "bell was refused");
	CU_ASSERT_EQUAL(rig.messages, 1);
	end(&rig);
}

static void test_ping_answered(void)
{
	struct rig rig;
	struct vp_message message;
	begin_ready(&rig, VP_ROLE_GUEST);
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(PING, ping, .serial = 99)));
	vp_session_dispatch(rig.session);
	CU_ASSERT(wire_peer_receive_op(rig.peer, VP_OP_PONG, &message));
	CU_ASSERT_EQUAL(message.pong.serial, 99);
	CU_ASSERT_EQUAL(rig.messages, 0);
	end(&rig);
}

static void test_ping(void)
{
	struct rig rig;
	struct vp_message message;
	begin_ready(&rig, VP_ROLE_GUEST);
	CU_ASSERT(vp_session_ping(rig.session, 5));
	CU_ASSERT(!vp_session_ping(rig.session, 6));
	vp_session_flush(rig.session);
	CU_ASSERT(wire_peer_receive_op(rig.peer, VP_OP_PING, &message));
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(PONG, pong, .serial = message.ping.serial)));
	vp_session_dispatch(rig.session);
	CU_ASSERT_EQUAL(rig.pongs, 5);
	CU_ASSERT(vp_session_ping(rig.session, 7));
	end(&rig);
}

static void test_pong_unasked(void)
{
	struct rig rig;
	begin_ready(&rig, VP_ROLE_GUEST);
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(PONG, pong, .serial = 0)));
	check_failed(&rig, VP_BYE_PROTOCOL_ERROR, "pong answers no ping");
	end(&rig);
	begin_ready(&rig, VP_ROLE_GUEST);
	CU_ASSERT(vp_session_ping(rig.session, 5));
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(PONG, pong, .serial = 4)));
	check_failed(&rig, VP_BYE_PROTOCOL_ERROR, "pong answers no ping");
	CU_ASSERT_EQUAL(rig.pongs, 0);
	end(&rig);
}

static void test_credit_excess(void)
{
	struct rig rig;
	begin_ready(&rig, VP_ROLE_GUEST);
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(CREDIT, credit, .channel = 1, .bytes = 1)));
	check_failed(&rig, VP_BYE_PROTOCOL_ERROR, "credit exceeds");
	end(&rig);
}

static void test_bye(void)
{
	struct rig rig;
	begin_ready(&rig, VP_ROLE_GUEST);
	struct vp_text text = { "so \x1b[2J l\xc3\xb6ng", 12 };
	CU_ASSERT(wire_peer_send(
		rig.peer, VP_MESSAGE(BYE, bye, .reason = VP_BYE_DISPLAY_LOST, .message = text)));
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(FOCUS, focus, 0)));
	vp_session_dispatch(rig.session);
	CU_ASSERT_EQUAL(rig.closed, 1);
	CU_ASSERT_EQUAL(rig.reason, VP_BYE_DISPLAY_LOST);
	CU_ASSERT_STRING_EQUAL(rig.text, "so ?[2J l??n");
	CU_ASSERT_EQUAL(rig.messages, 0);
	CU_ASSERT(!vp_session_send(rig.session, VP_MESSAGE(BELL, bell, 0)));
	CU_ASSERT_EQUAL(errno, ENOTCONN);
	end(&rig);
}

static void test_lost(void)
{
	struct rig rig;
	begin_ready(&rig, VP_ROLE_GUEST);
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(FOCUS, focus, 0)));
	wire_peer_destroy(rig.peer);
	rig.peer = NULL;
	CU_ASSERT(vp_session_send(rig.session, VP_MESSAGE(BELL, bell, 0)));
	vp_session_flush(rig.session);
	CU_ASSERT_EQUAL(rig.closed, 0);
	vp_session_dispatch(rig.session);
	CU_ASSERT_EQUAL(rig.messages, 1);
	CU_ASSERT_EQUAL(rig.closed, 1);
	CU_ASSERT_EQUAL(rig.reason, VP_BYE_LOST);
	end(&rig);
}

static void test_queue_bound(void)
{
	struct rig rig;
	struct vp_text text = { "x", 1 };
	begin_ready(&rig, VP_ROLE_GUEST);
	size_t sent = 0;
	while (vp_session_send(
		rig.session, VP_MESSAGE(WINDOW_TITLE, window_title, .window = 1, .title = text)))
		sent++;
	CU_ASSERT_EQUAL(errno, ENOBUFS);
	CU_ASSERT(sent * 11 <= VP_CHANNEL_QUEUE_MAX && sent > 100000);
	CU_ASSERT_EQUAL(rig.closed, 1);
	CU_ASSERT_EQUAL(rig.reason, VP_BYE_LIMIT);
	end(&rig);
}

static void test_ping_flood(void)
{
	struct rig rig;
	begin_ready(&rig, VP_ROLE_GUEST);
	while (rig.closed == 0 && wire_peer_send(rig.peer, VP_MESSAGE(PING, ping, 0)))
		vp_session_dispatch(rig.session);
	CU_ASSERT_EQUAL(rig.closed, 1);
	CU_ASSERT_EQUAL(rig.reason, VP_BYE_LIMIT);
	end(&rig);
}

static void test_fail(void)
{
	struct rig rig;
	begin_ready(&rig, VP_ROLE_GUEST);
	CU_ASSERT(vp_session_send(rig.session, VP_MESSAGE(BELL, bell, 0)));
	vp_session_fail(rig.session, VP_BYE_SHUTDOWN, "%s is done", "the test");
	vp_session_fail(rig.session, VP_BYE_LIMIT, "again");
	struct vp_message message;
	CU_ASSERT(wire_peer_receive(rig.peer, &message));
	CU_ASSERT_EQUAL(message.op, VP_OP_BELL);
	check_failed(&rig, VP_BYE_SHUTDOWN, "the test is done");
	end(&rig);
}

static void test_send_refused(void)
{
	struct rig rig;
	begin_ready(&rig, VP_ROLE_GUEST);
	CU_ASSERT(!vp_session_send(rig.session, VP_MESSAGE(FOCUS, focus, 0)));
	CU_ASSERT_EQUAL(errno, EINVAL);
	CU_ASSERT(!vp_session_send(rig.session, VP_MESSAGE(PING, ping, 0)));
	CU_ASSERT_EQUAL(errno, EINVAL);
	CU_ASSERT(!vp_session_send(rig.session, VP_MESSAGE(BELL, bell, .percent = 101)));
	CU_ASSERT_EQUAL(errno, EINVAL);
	CU_ASSERT(!vp_session_send(
		rig.session, &(struct vp_message){ .op = (enum vp_op)UINT16_MAX }));
	CU_ASSERT_EQUAL(errno, EINVAL);
	CU_ASSERT_EQUAL(rig.closed, 0);
	end(&rig);
}

static void destroy_inside(struct rig *rig)
{
	vp_session_destroy(rig->session);
	rig->session = NULL;
}

static void test_destroy_inside(void)
{
	struct rig rig;
	begin(&rig, VP_ROLE_GUEST);
	rig.inside = destroy_inside;
	CU_ASSERT(wire_peer_send_hello(rig.peer) &&
		  wire_peer_send(rig.peer, VP_MESSAGE(FOCUS, focus, 0)));
	vp_session_dispatch(rig.session);
	CU_ASSERT(rig.ready == 1 && rig.messages == 0 && rig.closed == 0);
	end(&rig);

	begin_ready(&rig, VP_ROLE_GUEST);
	rig.inside = destroy_inside;
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(FOCUS, focus, 0)));
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(FOCUS, focus, 0)));
	vp_session_dispatch(rig.session);
	CU_ASSERT(rig.messages == 1 && rig.closed == 0);
	end(&rig);

	begin_ready(&rig, VP_ROLE_GUEST);
	rig.inside = destroy_inside;
	vp_session_fail(rig.session, VP_BYE_SHUTDOWN, "done");
	CU_ASSERT_EQUAL(rig.closed, 1);
	end(&rig);
}

static void send_inside(struct rig *rig)
{
	vp_session_dispatch(rig->session);
	CU_ASSERT(vp_session_send(rig->session, VP_MESSAGE(BELL, bell, 0)));
	vp_session_flush(rig->session);
}

static void test_send_inside(void)
{
	struct rig rig;
	struct vp_message message;
	begin_ready(&rig, VP_ROLE_GUEST);
	rig.inside = send_inside;
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(FOCUS, focus, 0)));
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(FOCUS, focus, 0)));
	vp_session_dispatch(rig.session);
	CU_ASSERT_EQUAL(rig.messages, 2);
	CU_ASSERT(wire_peer_receive_op(rig.peer, VP_OP_BELL, &message));
	CU_ASSERT(wire_peer_receive_op(rig.peer, VP_OP_BELL, &message));
	end(&rig);
}

static void fail_inside(struct rig *rig)
{
	vp_session_fail(rig->session, VP_BYE_LIMIT, "enough");
}

static void test_fail_inside(void)
{
	struct rig rig;
	begin_ready(&rig, VP_ROLE_GUEST);
	rig.inside = fail_inside;
	rig.refuse = true;
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(FOCUS, focus, 0)));
	CU_ASSERT(wire_peer_send(rig.peer, VP_MESSAGE(FOCUS, focus, 0)));
	check_failed(&rig, VP_BYE_LIMIT, "enough");
	CU_ASSERT_EQUAL(rig.messages, 1);
	end(&rig);
}

static const struct unit_test tests[] = {
	{ "hello is sent at once", test_hello_first },
	{ "nothing is sent before the peer's hello", test_not_ready },
	{ "another major version ends the session", test_version },
	{ "a newer minor version does not", test_newer_minor },
	{ "a malformed hello ends the session", test_malformed_hello },
	{ "a message before hello ends the session", test_before_hello },
	{ "a second hello ends the session", test_second_hello },
	{ "a message in the wrong direction ends the session", test_direction },
	{ "wrong channel, opcode, length or framing end the session", test_bad_messages },
	{ "a message that the owner refuses ends the session", test_refused },
	{ "a ping is answered", test_ping_answered },
	{ "one ping is open at a time", test_ping },
	{ "a pong that answers no ping ends the session", test_pong_unasked },
	{ "credit for what was never sent ends the session", test_credit_excess },
	{ "bye is the last message, and its text is made printable", test_bye },
	{ "what a lost peer has sent is delivered before the session ends", test_lost },
	{ "a peer that does not read is given up at the queue's bound", test_queue_bound },
	{ "a peer that pings and does not read is given up, too", test_ping_flood },
	{ "failing sends what is queued, then bye", test_fail },
	{ "a message that is not this side's to send is refused", test_send_refused },
	{ "destroying the session inside a callback is safe", test_destroy_inside },
	{ "sending inside a callback is safe, and dispatch is not repeated", test_send_inside },
	{ "failing inside a callback ends the session once", test_fail_inside },
};

UNIT_MAIN("session with a hand-made peer", tests)

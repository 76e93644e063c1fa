#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "streams.h"
#include "wire-peer.h"

enum {
	TRANSPORT_BYTES = 65536,
	LARGE = 5 * 1024 * 1024 + 3, /* several windows, and no whole number of messages */
	ENDS_MAX = VP_STREAMS_MAX + 1,
};

/* How one stream has ended on one side. */
struct end {
	uint32_t stream;
	enum vp_stream_status status;
	uint64_t bytes;
	char message[64];
};

struct side {
	struct vp_session *session;
	struct vp_streams *streams;
	struct end ends[ENDS_MAX];
	size_t end_count;
	bool closed;
};

struct pair {
	struct side agent;
	struct side view;
};

static void handle_ended(void *data, uint32_t stream, enum vp_stream_status status, uint64_t bytes,
	struct vp_text message)
{
	struct side *side = data;
	CU_ASSERT_FATAL(side->end_count < ENDS_MAX);
	struct end *end = &side->ends[side->end_count++];
	*end = (struct end){ .stream = stream, .status = status, .bytes = bytes };
	snprintf(end->message, sizeof(end->message), "%.*s", (int)message.len, message.data);
}

static const struct vp_streams_listener streams_listener = { .ended = handle_ended };

static void handle_ready(void *data, const struct vp_hello *peer)
{
	struct side *side = data;
	(void)peer;
	vp_streams_begin(side->streams, side->session);
}

static bool handle_message(void *data, const struct vp_message *message)
{
	struct side *side = data;
	return vp_streams_handle_message(side->streams, message);
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct side *side = data;
	(void)reason;
	side->closed = true;
	vp_streams_end(side->streams, text);
}

static const struct vp_session_listener session_listener = {
	.ready = handle_ready,
	.message = handle_message,
	.closed = handle_closed,
};

static void side_begin(struct side *side, struct vp_transport *transport, enum vp_role role)
{
	*side = (struct side){ 0 };
	signal(SIGPIPE, SIG_IGN);
	side->streams = vp_streams_create(&streams_listener, side);
	CU_ASSERT_FATAL(side->streams != NULL);
	side->session = vp_session_create(transport, role, "test", 1, &session_listener, side);
	CU_ASSERT_FATAL(side->session != NULL);
}

static void side_end(struct side *side)
{
	vp_session_destroy(side->session);
	vp_streams_destroy(side->streams);
}

static bool signalled(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	return poll(&poll_fd, 1, 0) == 1;
}

/* One turn of a program's loop; false if there was nothing to do. */
static bool side_turn(struct side *side)
{
	bool session = !side->closed && signalled(vp_session_get_fd(side->session));
	bool streams = signalled(vp_streams_get_fd(side->streams));
	if (session)
		vp_session_dispatch(side->session);
	if (streams)
		vp_streams_dispatch(side->streams);
	bool sent = false;
	do
		vp_session_flush(side->session);
	while (vp_streams_flush(side->streams) && (sent = true));
	return session || streams || sent;
}

static void settle(struct pair *pair)
{
	bool busy;
	do {
		busy = side_turn(&pair->agent);
		busy = side_turn(&pair->view) || busy;
	} while (busy);
}

static void pair_begin(struct pair *pair)
{
	struct vp_transport *agent;
	struct vp_transport *view;
	CU_ASSERT_FATAL(vp_transport_memory_create(TRANSPORT_BYTES, &agent, &view));
	side_begin(&pair->agent, agent, VP_ROLE_GUEST);
	side_begin(&pair->view, view, VP_ROLE_PRIMARY);
	settle(pair);
}

static void pair_end(struct pair *pair)
{
	side_end(&pair->agent);
	side_end(&pair->view);
}

/* A stream from the view to the agent, with the outer ends of its pipes. */
struct flow {
	int source; /* to be written to */
	int sink; /* to be read from */
};

static void flow_open(struct pair *pair, struct flow *flow, uint32_t id)
{
	int source[2];
	int sink[2];
	CU_ASSERT_FATAL(pipe2(source, O_CLOEXEC | O_NONBLOCK) == 0);
	CU_ASSERT_FATAL(pipe2(sink, O_CLOEXEC | O_NONBLOCK) == 0);
	CU_ASSERT_TRUE(vp_streams_receive(pair->agent.streams, id, sink[1]));
	CU_ASSERT_TRUE(vp_streams_send(pair->view.streams, id, source[0]));
	*flow = (struct flow){ .source = source[1], .sink = sink[0] };
}

static void flow_close(struct flow *flow)
{
	if (flow->source >= 0)
		close(flow->source);
	if (flow->sink >= 0)
		close(flow->sink);
}

static uint8_t byte_at(size_t position)
{
	return (uint8_t)(position * 31 + position / 4099);
}

/* Writes the bytes from a position on that the pipe takes; how many. */
static size_t feed(int fd, size_t from, size_t to)
{
	size_t at = from;
	while (at < to) {
		uint8_t data[4096];
		size_t len = 0;
		while (len < sizeof(data) && at + len < to) {
			data[len] = byte_at(at + len);
			len++;
		}
		ssize_t n = write(fd, data, len);
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	return at - from;
}

/* Reads what is in the pipe, which must go on from a position; how much. */
static size_t drain(int fd, size_t from, bool *ended)
{
	size_t at = from;
	uint8_t data[4096];
	ssize_t n;
	while ((n = read(fd, data, sizeof(data))) > 0)
		for (ssize_t i = 0; i < n; i++, at++)
			if (data[i] != byte_at(at))
				CU_FAIL_FATAL("the bytes are not those that were sent");
	*ended = n == 0;
	return at - from;
}

static void check_end(const struct side *side, uint32_t id, enum vp_stream_status status)
{
	CU_ASSERT_EQUAL_FATAL(side->end_count, 1);
	CU_ASSERT_EQUAL(side->ends[0].stream, id);
	CU_ASSERT_EQUAL(side->ends[0].status, status);
}

static void check_whole(size_t size)
{
	struct pair pair;
	struct flow flow;
	size_t fed = 0;
	size_t drained = 0;
	bool ended = false;
	pair_begin(&pair);
	flow_open(&pair, &flow, 7);
	while (!ended) {
		if (flow.source >= 0)
			fed += feed(flow.source, fed, size);
		if (fed == size && flow.source >= 0) {
			close(flow.source);
			flow.source = -1;
		}
		settle(&pair);
		drained += drain(flow.sink, drained, &ended);
	}
	CU_ASSERT_EQUAL(drained, size);
	check_end(&pair.view, 7, VP_STREAM_DONE);
	check_end(&pair.agent, 7, VP_STREAM_DONE);
	CU_ASSERT_EQUAL(pair.view.ends[0].bytes, size);
	CU_ASSERT_EQUAL(pair.agent.ends[0].bytes, size);
	flow_close(&flow);
	pair_end(&pair);
}

static void test_whole(void)
{
	check_whole(0);
	check_whole(1);
	check_whole(VP_STREAM_DATA_MAX);
	check_whole(LARGE);
}

static void test_slow_reader(void)
{
	struct pair pair;
	struct flow slow;
	struct flow quick;
	bool ended;
	size_t fed = 0;
	pair_begin(&pair);
	flow_open(&pair, &slow, 1);
	flow_open(&pair, &quick, 2);
	size_t n;
	do {
		n = feed(slow.source, fed, LARGE);
		fed += n;
		settle(&pair);
	} while (n > 0);
	/* The window, and what the pipes and the streams' own channel hold. */
	CU_ASSERT(fed < VP_STREAM_WINDOW + 4 * 65536);
	CU_ASSERT_EQUAL(feed(quick.source, 0, 1000), 1000);
	settle(&pair);
	CU_ASSERT_EQUAL(drain(quick.sink, 0, &ended), 1000);
	size_t drained = 0;
	while (fed < LARGE || drained < LARGE) {
		drained += drain(slow.sink, drained, &ended);
		fed += feed(slow.source, fed, LARGE);
		settle(&pair);
	}
	CU_ASSERT_EQUAL(drained, LARGE);
	flow_close(&slow);
	flow_close(&quick);
	pair_end(&pair);
}

static void test_reader_leaves(void)
{
	struct pair pair;
	struct flow flow;
	pair_begin(&pair);
	flow_open(&pair, &flow, 3);
	close(flow.sink);
	flow.sink = -1;
	settle(&pair);
	check_end(&pair.agent, 3, VP_STREAM_CANCELLED);
	check_end(&pair.view, 3, VP_STREAM_CANCELLED);
	CU_ASSERT_EQUAL(write(flow.source, "x", 1), -1);
	CU_ASSERT_EQUAL(errno, EPIPE);
	flow_close(&flow);
	pair_end(&pair);
}

static void test_sender_cancels(void)
{
	struct pair pair;
	struct flow flow;
	pair_begin(&pair);
	flow_open(&pair, &flow, 4);
	vp_streams_cancel(pair.view.streams, 4, VP_STREAM_TOO_LARGE,
		vp_text_from("more than 64 KiB", VP_REASON_MAX));
	settle(&pair);
	check_end(&pair.view, 4, VP_STREAM_TOO_LARGE);
	check_end(&pair.agent, 4, VP_STREAM_TOO_LARGE);
	CU_ASSERT_STRING_EQUAL(pair.agent.ends[0].message, "more than 64 KiB");
	flow_close(&flow);
	pair_end(&pair);
}

static void test_receiver_cancels(void)
{
	struct pair pair;
	struct flow flow;
	pair_begin(&pair);
	flow_open(&pair, &flow, 5);
	CU_ASSERT_EQUAL(feed(flow.source, 0, 5000), 5000);
	vp_streams_cancel(pair.agent.streams, 5, VP_STREAM_DENIED, vp_text_from("no", 2));
	settle(&pair);
	check_end(&pair.agent, 5, VP_STREAM_DENIED);
	check_end(&pair.view, 5, VP_STREAM_DENIED);
	CU_ASSERT_FALSE(pair.view.closed);
	flow_close(&flow);
	pair_end(&pair);
}

static void test_session_ends(void)
{
	struct pair pair;
	struct flow flow;
	int ends[2];
	pair_begin(&pair);
	flow_open(&pair, &flow, 6);
	vp_session_fail(pair.view.session, VP_BYE_SHUTDOWN, "enough");
	settle(&pair);
	check_end(&pair.view, 6, VP_STREAM_FAILED);
	check_end(&pair.agent, 6, VP_STREAM_FAILED);
	CU_ASSERT_STRING_EQUAL(pair.agent.ends[0].message, "enough");
	CU_ASSERT_FATAL(pipe2(ends, O_CLOEXEC) == 0);
	CU_ASSERT_FALSE(vp_streams_send(pair.view.streams, 8, ends[0]));
	CU_ASSERT_EQUAL(errno, ENOTCONN);
	CU_ASSERT_EQUAL(fcntl(ends[0], F_GETFD), -1);
	close(ends[1]);
	flow_close(&flow);
	pair_end(&pair);
}

static void test_bounded(void)
{
	struct pair pair;
	struct flow flows[VP_STREAMS_MAX];
	int ends[2];
	pair_begin(&pair);
	for (uint32_t i = 0; i < VP_STREAMS_MAX; i++)
		flow_open(&pair, &flows[i], i + 1);
	CU_ASSERT_FATAL(pipe2(ends, O_CLOEXEC) == 0);
	CU_ASSERT_FALSE(vp_streams_send(pair.view.streams, 1000, dup(ends[0])));
	CU_ASSERT_EQUAL(errno, ENOSPC);
	CU_ASSERT_FALSE(vp_streams_send(pair.view.streams, 1, dup(ends[0])));
	CU_ASSERT_EQUAL(errno, EEXIST);
	close(ends[0]);
	close(ends[1]);
	for (size_t i = 0; i < VP_STREAMS_MAX; i++)
		flow_close(&flows[i]);
	settle(&pair);
	CU_ASSERT_EQUAL(pair.agent.end_count, VP_STREAMS_MAX);
	pair_end(&pair);
}

/* A view and a guest that speaks by hand. */
struct stranger {
	struct side view;
	struct wire_peer *guest;
};

static void stranger_begin(struct stranger *stranger)
{
	struct vp_transport *agent;
	struct vp_transport *view;
	CU_ASSERT_FATAL(vp_transport_memory_create(4 * VP_STREAM_WINDOW, &agent, &view));
	stranger->guest = wire_peer_create(agent);
	side_begin(&stranger->view, view, VP_ROLE_PRIMARY);
	wire_peer_send_hello(stranger->guest);
	vp_session_dispatch(stranger->view.session);
}

static void stranger_end(struct stranger *stranger)
{
	side_end(&stranger->view);
	wire_peer_destroy(stranger->guest);
}

static void send_data(struct stranger *stranger, uint32_t id, size_t len)
{
	static const uint8_t zeros[VP_STREAM_DATA_MAX];
	struct vp_bytes data = { zeros, len };
	CU_ASSERT_TRUE(wire_peer_send(
		stranger->guest, VP_MESSAGE(STREAM_DATA, stream_data, .stream = id, .data = data)));
	vp_session_dispatch(stranger->view.session);
	struct vp_message message;
	while (wire_peer_receive_op(stranger->guest, VP_OP_CREDIT, &message))
		vp_sender_grant(&stranger->guest->sender, VP_CHANNEL_BULK, message.credit.bytes);
}

static void test_unknown_ids(void)
{
	struct stranger stranger;
	int pipe_fds[2];
	stranger_begin(&stranger);
	CU_ASSERT_FATAL(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) == 0);
	CU_ASSERT_TRUE(vp_streams_send(stranger.view.streams, 9, pipe_fds[0]));
	/* Unknown, and of the other way. */
	for (uint32_t id = 8; id <= 9; id++) {
		send_data(&stranger, id, 100);
		wire_peer_send(stranger.guest,
			VP_MESSAGE(STREAM_END, stream_end, .stream = id, .status = 0));
	}
	wire_peer_send(stranger.guest, VP_MESSAGE(STREAM_ACK, stream_ack, .stream = 8, .bytes = 1));
	for (int i = 0; i < 2; i++) /* known, and late */
		wire_peer_send(stranger.guest,
			VP_MESSAGE(STREAM_CANCEL, stream_cancel, .stream = 9, .status = 1));
	vp_session_dispatch(stranger.view.session);
	CU_ASSERT_FALSE(stranger.view.closed);
	check_end(&stranger.view, 9, VP_STREAM_CANCELLED);
	close(pipe_fds[1]);
	stranger_end(&stranger);
}

static void test_window_exceeded(void)
{
	struct stranger stranger;
	int pipe_fds[2];
	stranger_begin(&stranger);
	CU_ASSERT_FATAL(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) == 0);
	size_t part = 16384;
	CU_ASSERT_TRUE(vp_streams_receive(stranger.view.streams, 2, pipe_fds[1]));
	for (size_t sent = 0; sent < VP_STREAM_WINDOW; sent += part)
		send_data(&stranger, 2, part);
	CU_ASSERT_FALSE(stranger.view.closed);
	send_data(&stranger, 2, 1);
	CU_ASSERT_TRUE(stranger.view.closed);
	check_end(&stranger.view, 2, VP_STREAM_FAILED);
	close(pipe_fds[0]);
	stranger_end(&stranger);
}

static void test_ack_exceeds(void)
{
	struct stranger stranger;
	int pipe_fds[2];
	stranger_begin(&stranger);
	CU_ASSERT_FATAL(pipe2(pipe_fds, O_CLOEXEC) == 0);
	CU_ASSERT_TRUE(vp_streams_send(stranger.view.streams, 2, pipe_fds[0]));
	wire_peer_send(stranger.guest, VP_MESSAGE(STREAM_ACK, stream_ack, .stream = 2, .bytes = 1));
	vp_session_dispatch(stranger.view.session);
	CU_ASSERT_TRUE(stranger.view.closed);
	close(pipe_fds[1]);
	stranger_end(&stranger);
}

static const struct unit_test tests[] = {
	{ "all bytes of a stream arrive in order, and then its end", test_whole },
	{ "a stream that nobody reads waits within its window and holds up no other",
		test_slow_reader },
	{ "a reader that leaves ends the stream on both sides", test_reader_leaves },
	{ "a sender that cancels tells the receiver why", test_sender_cancels },
	{ "a receiver that cancels tells the sender why", test_receiver_cancels },
	{ "the end of a session fails its streams, and none can be opened after it",
		test_session_ends },
	{ "there are no more streams than the protocol allows, each with an id of its own",
		test_bounded },
	{ "messages about unknown, ended or opposite streams change nothing", test_unknown_ids },
	{ "a peer that sends more than the window breaks the protocol", test_window_exceeded },
	{ "a peer that acknowledges more than was sent breaks the protocol", test_ack_exceeds },
};

UNIT_MAIN("streams", tests)

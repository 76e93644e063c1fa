/* What crosses the view, between a guest that speaks by hand and a broker that is the test. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "clipboard.h"
#include "crossing.h"
#include "wire-peer.h"

enum { TOLD_MAX = 64, GUEST_BYTES = 65536 };

static struct vp_session *session; /* NULL once closed */
static struct hc_crossing *crossing;
static struct wire_peer *guest;
static struct hc_link_message told[TOLD_MAX]; /* to the broker, without its texts */
static size_t told_count;
static int64_t now;

static void tell_broker(void *data, const struct hc_link_message *message)
{
	(void)data;
	CU_ASSERT_FATAL(told_count < TOLD_MAX);
	told[told_count++] = *message;
}

static const struct hc_crossing_listener crossing_listener = { .tell_broker = tell_broker };

static void handle_ready(void *data, const struct vp_hello *peer)
{
	(void)data;
	(void)peer;
	hc_crossing_begin_session(crossing, session);
}

static bool handle_message(void *data, const struct vp_message *message)
{
	(void)data;
	return hc_crossing_handle_guest(crossing, message) ||
	       hc_crossing_handle_stream(crossing, message);
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	(void)data;
	(void)reason;
	hc_crossing_end_session(crossing, text);
	vp_session_destroy(session);
	session = NULL;
}

static const struct vp_session_listener session_listener = {
	.ready = handle_ready,
	.message = handle_message,
	.closed = handle_closed,
};

static void turn(void)
{
	if (session != NULL)
		vp_session_dispatch(session);
	hc_crossing_dispatch(crossing, now);
	if (session != NULL)
		vp_session_flush(session);
	hc_crossing_flush(crossing);
}

static void begin(void)
{
	struct vp_transport *agent;
	struct vp_transport *view;
	signal(SIGPIPE, SIG_IGN);
	told_count = 0;
	now = 1000000;
	CU_ASSERT_FATAL(vp_transport_memory_create(GUEST_BYTES, &agent, &view));
	crossing = hc_crossing_create(&crossing_listener, NULL);
	hc_crossing_begin_broker(crossing);
	guest = wire_peer_create(agent);
	wire_peer_send_hello(guest);
	session = vp_session_create(view, VP_ROLE_PRIMARY, "view", 1, &session_listener, NULL);
	turn();
}

static void end(void)
{
	if (session != NULL)
		vp_session_destroy(session);
	hc_crossing_destroy(crossing);
	wire_peer_destroy(guest);
}

static void guest_says(const struct vp_message *message)
{
	CU_ASSERT_TRUE(wire_peer_send(guest, message));
	turn();
}

static void guest_wants(uint32_t request, uint32_t type)
{
	guest_says(VP_MESSAGE(
		CLIPBOARD_WANTED, clipboard_wanted, .request = request, .offer = 5, .type = type));
}

static void broker_says(const struct hc_link_message *message, int fd)
{
	CU_ASSERT_TRUE(hc_crossing_handle_broker(crossing, message, fd));
	turn();
}

/* How many answers of "nothing" the guest has been given since. */
static size_t count_refusals(void)
{
	struct vp_message message;
	size_t count = 0;
	while (wire_peer_receive_op(guest, VP_OP_CLIPBOARD_ANSWER, &message))
		count += message.clipboard_answer.stream == 0;
	return count;
}

static void test_offers_pass(void)
{
	struct vp_message message;
	begin();
	guest_says(VP_MESSAGE(CLIPBOARD_OFFERED, clipboard_offered,
		.selection = VP_SELECTION_PRIMARY, .offer = 3, .types = VP_CLIPBOARD_TEXT));
	CU_ASSERT_EQUAL_FATAL(told_count, 1);
	CU_ASSERT_EQUAL(told[0].op, HC_LINK_OP_CLIPBOARD_OFFERED);
	CU_ASSERT_EQUAL(told[0].clipboard_offered.selection, VP_SELECTION_PRIMARY);
	CU_ASSERT_EQUAL(told[0].clipboard_offered.offer, 3);
	CU_ASSERT_EQUAL(told[0].clipboard_offered.types, VP_CLIPBOARD_TEXT);
	broker_says(HC_LINK_MESSAGE(CLIPBOARD_OFFER, clipboard_offer, .offer = 9,
			    .types = VP_CLIPBOARD_TEXT | VP_CLIPBOARD_HTML),
		-1);
	CU_ASSERT_TRUE(wire_peer_receive_op(guest, VP_OP_CLIPBOARD_OFFER, &message));
	CU_ASSERT_EQUAL(message.clipboard_offer.offer, 9);
	CU_ASSERT_EQUAL(message.clipboard_offer.types, VP_CLIPBOARD_TEXT | VP_CLIPBOARD_HTML);
	end();
}

static void test_new_broker(void)
{
	begin();
	guest_says(VP_MESSAGE(
		CLIPBOARD_OFFERED, clipboard_offered, .offer = 1, .types = VP_CLIPBOARD_TEXT));
	guest_says(VP_MESSAGE(
		CLIPBOARD_OFFERED, clipboard_offered, .offer = 2, .types = VP_CLIPBOARD_PNG));
	hc_crossing_end_broker(crossing);
	told_count = 0;
	hc_crossing_begin_broker(crossing);
	turn();
	CU_ASSERT_EQUAL_FATAL(told_count, 1);
	CU_ASSERT_EQUAL(told[0].clipboard_offered.offer, 2);
	CU_ASSERT_EQUAL(told[0].clipboard_offered.types, VP_CLIPBOARD_PNG);
	end();
}

static void test_broker_leaves(void)
{
	struct vp_message message;
	begin();
	guest_wants(70, VP_CLIPBOARD_TEXT);
	hc_crossing_end_broker(crossing);
	turn();
	CU_ASSERT_EQUAL(count_refusals(), 1);
	hc_crossing_end_broker(crossing);
	turn();
	CU_ASSERT_TRUE(wire_peer_receive_op(guest, VP_OP_CLIPBOARD_OFFER, &message));
	CU_ASSERT_EQUAL(message.clipboard_offer.types, 0);
	guest_wants(71, VP_CLIPBOARD_TEXT);
	CU_ASSERT_EQUAL(count_refusals(), 1);
	end();
}

static void test_too_many_pastes(void)
{
	begin();
	for (uint32_t i = 0; i < VP_CLIPBOARD_REQUESTS_MAX; i++)
		guest_wants(i, VP_CLIPBOARD_TEXT);
	CU_ASSERT_EQUAL(told_count, VP_CLIPBOARD_REQUESTS_MAX);
	CU_ASSERT_EQUAL(count_refusals(), 0);
	guest_wants(1000, VP_CLIPBOARD_TEXT);
	CU_ASSERT_EQUAL(told_count, VP_CLIPBOARD_REQUESTS_MAX);
	CU_ASSERT_EQUAL(count_refusals(), 1);
	broker_says(HC_LINK_MESSAGE(CLIPBOARD_ANSWER, clipboard_answer, .request = 3), -1);
	CU_ASSERT_EQUAL(count_refusals(), 1);
	guest_wants(1001, VP_CLIPBOARD_TEXT);
	CU_ASSERT_EQUAL(told_count, VP_CLIPBOARD_REQUESTS_MAX + 1);
	end();
}

static void test_bad_pastes(void)
{
	begin();
	guest_wants(1, VP_CLIPBOARD_TEXT);
	guest_wants(1, VP_CLIPBOARD_TEXT);
	guest_wants(2, VP_CLIPBOARD_TEXT | VP_CLIPBOARD_PNG);
	CU_ASSERT_EQUAL(told_count, 1);
	CU_ASSERT_EQUAL(count_refusals(), 2);
	end();
}

static void test_late_answer(void)
{
	struct vp_message message;
	begin();
	guest_wants(1, VP_CLIPBOARD_TEXT);
	for (int i = 0; i < 2; i++)
		broker_says(HC_LINK_MESSAGE(
				    CLIPBOARD_ANSWER, clipboard_answer, .request = 1, .stream = 44),
			-1);
	CU_ASSERT_TRUE(wire_peer_receive_op(guest, VP_OP_CLIPBOARD_ANSWER, &message));
	CU_ASSERT_EQUAL(message.clipboard_answer.stream, 44);
	CU_ASSERT_FALSE(wire_peer_receive_op(guest, VP_OP_CLIPBOARD_ANSWER, &message));
	end();
}

static void test_stream_to_guest(void)
{
	struct vp_message message;
	int ends[2];
	begin();
	CU_ASSERT_FATAL(pipe2(ends, O_CLOEXEC) == 0);
	CU_ASSERT_EQUAL(write(ends[1], "hello", 5), 5);
	broker_says(
		HC_LINK_MESSAGE(STREAM_OPEN, stream_open, .stream = 12, .to_guest = 1), ends[0]);
	CU_ASSERT_TRUE(wire_peer_receive_op(guest, VP_OP_STREAM_DATA, &message));
	CU_ASSERT_EQUAL(message.stream_data.stream, 12);
	CU_ASSERT_EQUAL(message.stream_data.data.len, 5);
	CU_ASSERT_EQUAL(told_count, 0);
	close(ends[1]);
	turn();
	CU_ASSERT_TRUE(wire_peer_receive_op(guest, VP_OP_STREAM_END, &message));
	CU_ASSERT_EQUAL(message.stream_end.status, VP_STREAM_DONE);
	CU_ASSERT_EQUAL_FATAL(told_count, 1);
	CU_ASSERT_EQUAL(told[0].op, HC_LINK_OP_STREAM_ENDED);
	CU_ASSERT_EQUAL(told[0].stream_ended.status, VP_STREAM_DONE);
	CU_ASSERT_EQUAL(told[0].stream_ended.bytes, 5);
	end();
}

static void test_stream_from_guest(void)
{
	int ends[2];
	char text[8] = "";
	struct vp_bytes data = { (const uint8_t *)"hello", 5 };
	begin();
	CU_ASSERT_FATAL(pipe2(ends, O_CLOEXEC) == 0);
	broker_says(HC_LINK_MESSAGE(STREAM_OPEN, stream_open, .stream = 12), ends[1]);
	guest_says(VP_MESSAGE(STREAM_DATA, stream_data, .stream = 12, .data = data));
	guest_says(VP_MESSAGE(STREAM_END, stream_end, .stream = 12, .status = VP_STREAM_DONE));
	CU_ASSERT_EQUAL(read(ends[0], text, sizeof(text)), 5);
	CU_ASSERT_STRING_EQUAL(text, "hello");
	CU_ASSERT_EQUAL(read(ends[0], text, sizeof(text)), 0);
	CU_ASSERT_EQUAL_FATAL(told_count, 1);
	CU_ASSERT_EQUAL(told[0].stream_ended.bytes, 5);
	close(ends[0]);
	end();
}

static void test_stream_cancelled(void)
{
	struct vp_message message;
	int ends[2];
	begin();
	CU_ASSERT_FATAL(pipe2(ends, O_CLOEXEC) == 0);
	broker_says(HC_LINK_MESSAGE(STREAM_OPEN, stream_open, .stream = 12), ends[1]);
	for (int i = 0; i < 2; i++)
		broker_says(HC_LINK_MESSAGE(STREAM_CANCEL, stream_cancel, .stream = 12,
				    .status = VP_STREAM_TOO_LARGE),
			-1);
	CU_ASSERT_TRUE(wire_peer_receive_op(guest, VP_OP_STREAM_CANCEL, &message));
	CU_ASSERT_EQUAL(message.stream_cancel.status, VP_STREAM_TOO_LARGE);
	CU_ASSERT_EQUAL_FATAL(told_count, 1);
	CU_ASSERT_EQUAL(told[0].stream_ended.status, VP_STREAM_TOO_LARGE);
	close(ends[0]);
	end();
}

static void test_stream_without_guest(void)
{
	int ends[2];
	begin();
	vp_session_fail(session, VP_BYE_SHUTDOWN, "over");
	CU_ASSERT_FATAL(pipe2(ends, O_CLOEXEC) == 0);
	broker_says(HC_LINK_MESSAGE(STREAM_OPEN, stream_open, .stream = 12), ends[1]);
	CU_ASSERT_EQUAL_FATAL(told_count, 1);
	CU_ASSERT_EQUAL(told[0].stream_ended.stream, 12);
	CU_ASSERT_EQUAL(told[0].stream_ended.status, VP_STREAM_FAILED);
	CU_ASSERT_EQUAL(fcntl(ends[1], F_GETFD), -1);
	close(ends[0]);
	end();
}

static void test_streams_of_a_broker_end_with_it(void)
{
	struct vp_message message;
	int ends[2];
	begin();
	CU_ASSERT_FATAL(pipe2(ends, O_CLOEXEC) == 0);
	broker_says(
		HC_LINK_MESSAGE(STREAM_OPEN, stream_open, .stream = 12, .to_guest = 1), ends[0]);
	hc_crossing_end_broker(crossing);
	turn();
	CU_ASSERT_TRUE(wire_peer_receive_op(guest, VP_OP_STREAM_END, &message));
	CU_ASSERT_EQUAL(message.stream_end.status, VP_STREAM_FAILED);
	CU_ASSERT_EQUAL(told_count, 0);
	close(ends[1]);
	end();
}

static void offer(uint32_t number)
{
	guest_says(VP_MESSAGE(
		CLIPBOARD_OFFERED, clipboard_offered, .offer = number, .types = VP_CLIPBOARD_TEXT));
}

static void test_flood_of_offers(void)
{
	begin();
	for (uint32_t i = 1; i <= 1000; i++)
		offer(i);
	CU_ASSERT_EQUAL(told_count, 1);
	CU_ASSERT_EQUAL(told[0].clipboard_offered.offer, 1);
	CU_ASSERT_EQUAL(hc_crossing_deadline(crossing), now + HC_CLIPBOARD_OFFER_MS);
	now += HC_CLIPBOARD_OFFER_MS;
	turn();
	CU_ASSERT_EQUAL_FATAL(told_count, 2);
	CU_ASSERT_EQUAL(told[1].clipboard_offered.offer, 1000);
	CU_ASSERT_EQUAL(hc_crossing_deadline(crossing), -1);
	end();
}

static void test_flood_of_pastes(void)
{
	size_t passed = 0;
	begin();
	for (uint32_t i = 0; i < 1000; i++) {
		guest_wants(i, VP_CLIPBOARD_TEXT);
		passed += told_count;
		told_count = 0;
		broker_says(HC_LINK_MESSAGE(CLIPBOARD_ANSWER, clipboard_answer, .request = i), -1);
		CU_ASSERT_EQUAL(count_refusals(), 1);
	}
	CU_ASSERT_EQUAL(passed, HC_CLIPBOARD_WANTS_MAX);
	now += HC_CLIPBOARD_WANTS_MS;
	turn();
	guest_wants(5000, VP_CLIPBOARD_TEXT);
	CU_ASSERT_EQUAL(told_count, 1);
	end();
}

static const struct unit_test tests[] = {
	{ "offers pass both ways", test_offers_pass },
	{ "a new broker is told what the guest offers now", test_new_broker },
	{ "without a broker pastes are refused at once, and nothing is offered",
		test_broker_leaves },
	{ "of a flood of offers the broker hears the first and the last", test_flood_of_offers },
	{ "of a flood of pastes the broker hears some, and all are answered",
		test_flood_of_pastes },
	{ "a paste beyond the number that may wait is refused", test_too_many_pastes },
	{ "a paste that is open already, or of two types, is refused", test_bad_pastes },
	{ "an answer that the guest does not wait for is not passed on", test_late_answer },
	{ "what the broker's pipe holds reaches the guest, and its end both",
		test_stream_to_guest },
	{ "what the guest sends reaches the broker's pipe", test_stream_from_guest },
	{ "a stream that the broker cancels ends once", test_stream_cancelled },
	{ "a stream without a guest fails, and the broker is told", test_stream_without_guest },
	{ "a broker's streams end with it", test_streams_of_a_broker_end_with_it },
};

UNIT_MAIN("view crossing", tests)

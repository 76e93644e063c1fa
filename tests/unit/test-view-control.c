/*
 * The view under its broker's control, over real sockets and a fake presenter; the time is the
 * test's.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "fake-presenter.h"
#include "link.h"
#include "silence.h"
#include "wire-peer.h"

enum { START = 1000000, LATER = START + 10 * HC_CONTROL_LONELY_MS };
enum { TTL_SECONDS = 180, TTL_MS = TTL_SECONDS * 1000 };

static struct hc_control *control;
static struct fake_presenter *presenter;
static int quit_fd;
static struct sockaddr_un address;
static socklen_t address_len;

/* In place of that of the X11 presenter. */
struct hc_presenter *hc_presenter_x11_create(const char *display)
{
	(void)display;
	presenter = fake_presenter_create();
	return &presenter->presenter;
}

static unsigned int confined; /* how often */

static bool confine(bool xen)
{
	(void)xen;
	confined++;
	return true;
}

static void begin(void)
{
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	address_len = sizeof(sa_family_t); /* the kernel chooses a name */
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, address_len) < 0 ||
		listen(listener, 1) < 0)
		abort();
	address_len = sizeof(address);
	getsockname(listener, (struct sockaddr *)&address, &address_len);
	confined = 0;
	quit_fd = eventfd(0, EFD_CLOEXEC);
	control = hc_control_create(listener, quit_fd, ":0", confine, START);
}

static void end(void)
{
	hc_control_destroy(control);
	control = NULL;
	close(quit_fd);
}

/* Handles what has come. */
static void turn(int64_t now)
{
	struct pollfd fds[HC_CONTROL_FDS];

	hc_control_prepare(control, fds);
	poll(fds, HC_CONTROL_FDS, 0);
	hc_control_dispatch(control, fds, now);
}

static bool has_ended(void)
{
	int status = EXIT_FAILURE;

	return hc_control_ended(control, &status) && status == EXIT_SUCCESS;
}

static struct hc_link *connect_broker(int64_t now)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, address_len) < 0)
		abort();
	turn(now);
	return hc_link_create(fd, HC_LINK_TO_BROKER);
}

/* Gives the view a session with a guest that says nothing; the guest's end. */
static int begin_session(struct hc_link *broker, int64_t now)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
	hc_link_send(broker, HC_LINK_MESSAGE(CONNECT, connect, 0), fds[0]);
	close(fds[0]);
	turn(now);
	return fds[1];
}

/* The same for a view that is new. */
static int connect_guest(struct hc_link *broker, int64_t now)
{
	hc_link_send(broker,
		HC_LINK_MESSAGE(CONFIGURE, configure, .name = vp_text_from("work", VP_NAME_MAX),
			.border = 4, .ttl = TTL_SECONDS),
		-1);
	return begin_session(broker, now);
}

/* It ends that long after it was left alone, and not before. */
static void expect_end_after(int64_t left)
{
	int64_t limit = left + HC_CONTROL_LONELY_MS;

	CU_ASSERT_EQUAL(hc_control_deadline(control), limit);
	turn(limit - 1);
	CU_ASSERT_FALSE(has_ended());
	turn(limit);
	CU_ASSERT_TRUE(has_ended());
}

static void test_never_used(void)
{
	begin();
	expect_end_after(START);
	end();
}

static void test_broker_leaves(void)
{
	struct hc_link *broker;

	begin();
	broker = connect_broker(START);
	CU_ASSERT_EQUAL(hc_control_deadline(control), -1);
	turn(LATER);
	CU_ASSERT_FALSE(has_ended());
	hc_link_destroy(broker);
	turn(LATER);
	expect_end_after(LATER);
	end();
}

static void test_broker_returns(void)
{
	struct hc_link *broker;

	begin();
	hc_link_destroy(connect_broker(START));
	turn(START);
	broker = connect_broker(START + HC_CONTROL_LONELY_MS - 1);
	turn(LATER);
	CU_ASSERT_FALSE(has_ended());
	hc_link_destroy(broker);
	end();
}

static void test_guest_is_company(void)
{
	struct hc_link *broker;
	int guest;

	begin();
	broker = connect_broker(START);
	guest = connect_guest(broker, START);
	hc_link_destroy(broker);
	turn(START);
	CU_ASSERT_EQUAL(hc_control_deadline(control), -1);
	turn(LATER);
	CU_ASSERT_FALSE(has_ended());
	close(guest);
	turn(LATER);
	expect_end_after(LATER);
	end();
}

static void disconnect(struct hc_link *broker)
{
	hc_link_send(broker,
		HC_LINK_MESSAGE(DISCONNECT, disconnect, .reason = vp_text_from("gone", 4)), -1);
	turn(START);
}

/* Says what has ended the session; the view may say other things before. */
static enum vp_bye_reason await_closed(struct hc_link *broker)
{
	struct hc_link_message message;
	int fd;

	do {
		CU_ASSERT_EQUAL_FATAL(hc_link_receive(broker, &message, &fd), 1);
	} while (message.op != HC_LINK_OP_SESSION_CLOSED);
	return (enum vp_bye_reason)message.session_closed.reason;
}

static void test_disconnect(void)
{
	struct hc_link *broker;
	int guest;

	begin();
	broker = connect_broker(START);
	guest = connect_guest(broker, START);
	disconnect(broker);
	CU_ASSERT_EQUAL(await_closed(broker), VP_BYE_LOST);
	hc_link_destroy(broker);
	close(guest);
	end();
}

/* The broker counts on it. */
static void test_end_told_once(void)
{
	struct hc_link *broker;
	struct hc_link_message message;
	int fd;

	begin();
	broker = connect_broker(START);
	close(connect_guest(broker, START));
	turn(START);
	CU_ASSERT_EQUAL(await_closed(broker), VP_BYE_LOST);
	disconnect(broker);
	while (hc_link_receive(broker, &message, &fd) > 0)
		CU_ASSERT_NOT_EQUAL(message.op, HC_LINK_OP_SESSION_CLOSED);
	hc_link_destroy(broker);
	end();
}

/* The broker would take it for the end of the new session, and begin another, for ever. */
static void test_replaced_session(void)
{
	struct hc_link *broker;
	int first, second;

	begin();
	broker = connect_broker(START);
	first = connect_guest(broker, START);
	second = begin_session(broker, START);
	close(second);
	turn(START);
	CU_ASSERT_EQUAL(await_closed(broker), VP_BYE_LOST);
	hc_link_destroy(broker);
	close(first);
	end();
}

/* Nothing of Xen is where the unit tests run, or nothing serves this instance. */
static void test_no_domain(void)
{
	struct hc_link *broker;

	begin();
	broker = connect_broker(START);
	close(connect_guest(broker, START));
	turn(START);
	CU_ASSERT_EQUAL(await_closed(broker), VP_BYE_LOST);
	hc_link_send(broker,
		HC_LINK_MESSAGE(CONNECT_XEN, connect_xen, .domain = VP_XEN_DOMAIN_MAX,
			.instance = UINT32_MAX),
		-1);
	turn(START);
	CU_ASSERT_EQUAL(await_closed(broker), VP_BYE_LOST);
	hc_link_destroy(broker);
	end();
}

static void test_log(void)
{
	char line[2 * VP_REASON_MAX];
	struct hc_link_message message = { 0 };
	struct hc_link *broker;
	int fd;

	begin();
	CU_ASSERT_FALSE(hc_control_log(control, "nobody is there"));
	broker = connect_broker(START);
	memset(line, 'x', sizeof(line));
	line[0] = '\xff';
	line[sizeof(line) - 1] = '\0';
	CU_ASSERT_FALSE(hc_control_log(control, "a broker that may be older than such lines"));
	hc_link_greet(broker);
	turn(START);
	CU_ASSERT_TRUE(hc_control_log(control, line));
	turn(START);
	while (message.op != HC_LINK_OP_LOGGED)
		CU_ASSERT_EQUAL_FATAL(hc_link_receive(broker, &message, &fd), 1);
	CU_ASSERT_TRUE(message.logged.line.len > VP_REASON_MAX - 3);
	CU_ASSERT_TRUE(vp_text_valid(message.logged.line.data, message.logged.line.len));
	hc_link_destroy(broker);
	end();
}

/* The next of these messages; the view may say other things before. */
static bool is_told_silent(struct hc_link *broker, bool *silent)
{
	struct hc_link_message message;
	int fd;

	while (hc_link_receive(broker, &message, &fd) == 1) {
		if (message.op != HC_LINK_OP_GUEST_SILENT)
			continue;
		*silent = message.guest_silent.silent;
		return true;
	}
	return false;
}

static void press_key(int64_t now)
{
	turn(now);
	fake_presenter_say(
		presenter, VP_MESSAGE(INPUT_KEY, input_key, .code = 30, .action = VP_KEY_PRESS));
	turn(now);
}

static void test_silent_guest(void)
{
	struct hc_link *broker;
	struct wire_peer *guest;
	struct vp_message message;
	bool silent = false;

	begin();
	broker = connect_broker(START);
	guest = wire_peer_create(vp_transport_unix_create(connect_guest(broker, START)));
	wire_peer_send_hello(guest);
	press_key(START);
	CU_ASSERT_EQUAL(hc_control_deadline(control), START + HC_SILENCE_MS);
	CU_ASSERT_FALSE(is_told_silent(broker, &silent));
	turn(START + HC_SILENCE_MS);
	turn(START + 2 * HC_SILENCE_MS);
	CU_ASSERT_TRUE(is_told_silent(broker, &silent));
	CU_ASSERT_TRUE(silent);
	CU_ASSERT_EQUAL(hc_control_deadline(control), -1);
	CU_ASSERT_TRUE_FATAL(wire_peer_receive_op(guest, VP_OP_PING, &message));
	wire_peer_send(guest, VP_MESSAGE(PONG, pong, .serial = message.ping.serial));
	turn(LATER);
	CU_ASSERT_TRUE(is_told_silent(broker, &silent));
	CU_ASSERT_FALSE(silent);
	wire_peer_destroy(guest);
	hc_link_destroy(broker);
	end();
}

static void test_paused_guest(void)
{
	struct hc_link *broker;
	struct wire_peer *guest;
	struct vp_message message;
	bool silent = true;

	begin();
	broker = connect_broker(START);
	guest = wire_peer_create(vp_transport_unix_create(connect_guest(broker, START)));
	wire_peer_send_hello(guest);
	turn(START);
	hc_link_send(broker, HC_LINK_MESSAGE(PAUSED, paused, .paused = 1), -1);
	turn(START);
	CU_ASSERT_TRUE_FATAL(wire_peer_receive_op(guest, VP_OP_PING, &message));
	wire_peer_send(guest, VP_MESSAGE(PONG, pong, .serial = message.ping.serial));
	turn(START);
	CU_ASSERT_TRUE(is_told_silent(broker, &silent));
	CU_ASSERT_FALSE(silent);
	wire_peer_destroy(guest);
	hc_link_destroy(broker);
	end();
}

static void ask_to_open(struct wire_peer *guest, uint32_t request)
{
	wire_peer_send(guest, VP_MESSAGE(OPEN_REQUEST, open_request, .request = request,
				      .url = vp_text_from("https://example.org/", VP_URL_MAX)));
}

/* How many messages of that kind the broker has got. */
static size_t count_told(struct hc_link *broker, enum hc_link_op op)
{
	struct hc_link_message message;
	size_t count = 0;
	int fd = -1;

	while (hc_link_receive(broker, &message, &fd) > 0)
		count += message.op == op;
	return count;
}

static void test_opens(void)
{
	struct hc_link *broker;
	struct wire_peer *guest;
	struct vp_message message;

	begin();
	broker = connect_broker(START);
	guest = wire_peer_create(vp_transport_unix_create(connect_guest(broker, START)));
	wire_peer_send_hello(guest);
	ask_to_open(guest, 1);
	ask_to_open(guest, 2);
	turn(START);
	CU_ASSERT_EQUAL(count_told(broker, HC_LINK_OP_OPEN_REQUEST), 2);
	for (int i = 0; i < 2; i++)
		hc_link_send(broker,
			HC_LINK_MESSAGE(OPEN_ANSWER, open_answer, .request = 1, .opened = 1), -1);
	turn(START);
	CU_ASSERT_TRUE_FATAL(wire_peer_receive_op(guest, VP_OP_OPEN_ANSWER, &message));
	CU_ASSERT_EQUAL(message.open_answer.request, 1);
	CU_ASSERT_EQUAL(message.open_answer.opened, 1);
	hc_link_destroy(broker);
	turn(START);
	CU_ASSERT_TRUE_FATAL(wire_peer_receive_op(guest, VP_OP_OPEN_ANSWER, &message));
	CU_ASSERT_EQUAL(message.open_answer.request, 2);
	CU_ASSERT_EQUAL(message.open_answer.opened, 0);
	ask_to_open(guest, 3);
	turn(START);
	CU_ASSERT_TRUE_FATAL(wire_peer_receive_op(guest, VP_OP_OPEN_ANSWER, &message));
	CU_ASSERT_EQUAL(message.open_answer.opened, 0);
	wire_peer_destroy(guest);
	end();
}

static void test_opens_bound(void)
{
	struct hc_link *broker;
	struct wire_peer *guest;
	struct vp_message message;

	begin();
	broker = connect_broker(START);
	guest = wire_peer_create(vp_transport_unix_create(connect_guest(broker, START)));
	wire_peer_send_hello(guest);
	for (uint32_t i = 1; i <= VP_OPENS_MAX + 1; i++)
		ask_to_open(guest, i);
	turn(START);
	CU_ASSERT_EQUAL(count_told(broker, HC_LINK_OP_OPEN_REQUEST), VP_OPENS_MAX);
	CU_ASSERT_TRUE_FATAL(wire_peer_receive_op(guest, VP_OP_OPEN_ANSWER, &message));
	CU_ASSERT_EQUAL(message.open_answer.request, VP_OPENS_MAX + 1);
	CU_ASSERT_EQUAL(message.open_answer.opened, 0);
	wire_peer_destroy(guest);
	hc_link_destroy(broker);
	end();
}

static void test_notifications(void)
{
	struct hc_link *broker;
	struct wire_peer *guest;
	struct vp_message message;

	begin();
	broker = connect_broker(START);
	guest = wire_peer_create(vp_transport_unix_create(connect_guest(broker, START)));
	wire_peer_send_hello(guest);
	wire_peer_send(guest, VP_MESSAGE(NOTIFY, notify, .notification = 1, .timeout = -1,
				      .title = vp_text_from("title", VP_REASON_MAX)));
	turn(START);
	CU_ASSERT_EQUAL(count_told(broker, HC_LINK_OP_NOTIFY), 1);
	hc_link_send(broker,
		HC_LINK_MESSAGE(NOTIFY_CLOSED, notify_closed, .notification = 1, .reason = 2), -1);
	turn(START);
	CU_ASSERT_TRUE_FATAL(wire_peer_receive_op(guest, VP_OP_NOTIFY_CLOSED, &message));
	CU_ASSERT_EQUAL(message.notify_closed.notification, 1);
	CU_ASSERT_EQUAL(message.notify_closed.reason, 2);
	wire_peer_destroy(guest);
	hc_link_destroy(broker);
	end();
}

/* The guest may have no more to say, by which the view would wake up. */
static void test_stream_without_broker(void)
{
	struct hc_link *broker;
	struct wire_peer *guest;
	struct vp_message message;
	int fds[2];

	begin();
	broker = connect_broker(START);
	guest = wire_peer_create(vp_transport_unix_create(connect_guest(broker, START)));
	wire_peer_send_hello(guest);
	turn(START);
	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
	hc_link_send(broker, HC_LINK_MESSAGE(STREAM_OPEN, stream_open, .stream = 7), fds[1]);
	close(fds[1]);
	turn(START);
	hc_link_destroy(broker);
	turn(START);
	CU_ASSERT_TRUE_FATAL(wire_peer_receive_op(guest, VP_OP_STREAM_CANCEL, &message));
	CU_ASSERT_EQUAL(message.stream_cancel.stream, 7);
	close(fds[0]);
	wire_peer_destroy(guest);
	end();
}

/* A guest with a window, which then goes. */
static struct hc_link *lose_guest(void)
{
	struct hc_link *broker;
	struct wire_peer *guest;

	begin();
	broker = connect_broker(START);
	guest = wire_peer_create(vp_transport_unix_create(connect_guest(broker, START)));
	wire_peer_send_hello(guest);
	wire_peer_send(guest, VP_MESSAGE(WINDOW_CREATE, window_create, .window = 1,
				      .native = 0x1001, .width = 400, .height = 300));
	wire_peer_send(guest, VP_MESSAGE(WINDOW_MAP, window_map, .window = 1));
	turn(START);
	CU_ASSERT_FALSE(fake_presenter_find(presenter, 1)->dimmed);
	wire_peer_destroy(guest);
	turn(START);
	CU_ASSERT_TRUE(fake_presenter_find(presenter, 1)->dimmed);
	return broker;
}

static void test_time_to_live(void)
{
	struct hc_link *broker = lose_guest();

	CU_ASSERT_EQUAL(hc_control_deadline(control), START + TTL_MS);
	turn(START + TTL_MS - 1);
	CU_ASSERT_PTR_NOT_NULL(fake_presenter_find(presenter, 1));
	CU_ASSERT_EQUAL(count_told(broker, HC_LINK_OP_WINDOWS_EXPIRED), 0);
	turn(START + TTL_MS);
	CU_ASSERT_PTR_NULL(fake_presenter_find(presenter, 1));
	CU_ASSERT_EQUAL(hc_control_deadline(control), -1);
	turn(LATER);
	CU_ASSERT_EQUAL(count_told(broker, HC_LINK_OP_WINDOWS_EXPIRED), 1);
	hc_link_destroy(broker);
	end();
}

static void test_vain_return(void)
{
	struct hc_link *broker = lose_guest();
	struct wire_peer *guest = wire_peer_create(
		vp_transport_unix_create(connect_guest(broker, START + TTL_MS - 1)));

	wire_peer_send_hello(guest);
	turn(START + TTL_MS - 1);
	CU_ASSERT_PTR_NOT_NULL(fake_presenter_find(presenter, 1));
	turn(START + TTL_MS);
	CU_ASSERT_PTR_NULL(fake_presenter_find(presenter, 1));
	wire_peer_destroy(guest);
	hc_link_destroy(broker);
	end();
}

static void test_time_to_live_alone(void)
{
	hc_link_destroy(lose_guest());
	turn(START);
	turn(START + HC_CONTROL_LONELY_MS);
	CU_ASSERT_FALSE(has_ended());
	CU_ASSERT_PTR_NOT_NULL(fake_presenter_find(presenter, 1));
	turn(START + TTL_MS);
	CU_ASSERT_PTR_NULL(fake_presenter_find(presenter, 1));
	expect_end_after(START + TTL_MS);
	end();
}

static void test_quit(void)
{
	begin();
	turn(START);
	CU_ASSERT_FALSE(has_ended());
	eventfd_write(quit_fd, 1);
	turn(START);
	CU_ASSERT_TRUE(has_ended());
	end();
}

static const struct unit_test tests[] = {
	{ "a view that is told to end does so in good order", test_quit },
	{ "windows without a guest wait their time, and the broker hears of their end",
		test_time_to_live },
	{ "windows that a returned guest does not announce wait no longer for that",
		test_vain_return },
	{ "windows wait for their guest without a broker, too", test_time_to_live_alone },
	{ "a view that nobody uses ends after a minute", test_never_used },
	{ "a view without a guest ends a minute after its broker has left", test_broker_leaves },
	{ "a view goes on when a broker comes back in time", test_broker_returns },
	{ "a view without a broker goes on as long as it has its guest, and a minute more",
		test_guest_is_company },
	{ "a session ends when the broker knows that the guest is gone", test_disconnect },
	{ "the end of a session is told once, also when the broker ends it then",
		test_end_told_once },
	{ "the end of a session that the broker replaces is not told", test_replaced_session },
	{ "a domain that cannot be reached is told to the broker", test_no_domain },
	{ "a guest that does not react to the user is told, and when it is heard again",
		test_silent_guest },
	{ "a paused guest that is resumed by others is told", test_paused_guest },
	{ "what a guest wants opened is answered once, if need be because the broker has left",
		test_opens },
	{ "a guest can want only so much opened at a time", test_opens_bound },
	{ "a guest's stream ends at once when the broker has left", test_stream_without_broker },
	{ "notifications pass to the broker, and what becomes of them back", test_notifications },
	{ "what the view has to say goes into the log of a broker that knows of it", test_log },
};

UNIT_MAIN("a view under control", tests)

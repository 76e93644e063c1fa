#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib.h>

#include "link.h"

struct ends {
	struct hc_link *broker;
	struct hc_link *view;
	int raw; /* the broker's socket */
};

static struct ends ends_create(void)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
	return (struct ends){
		.broker = hc_link_create(fds[0], HC_LINK_TO_BROKER),
		.view = hc_link_create(fds[1], HC_LINK_TO_VIEW),
		.raw = fds[0],
	};
}

static void ends_destroy(struct ends *ends)
{
	hc_link_destroy(ends->broker);
	hc_link_destroy(ends->view);
}

static int open_descriptors(void)
{
	int count = 0;
	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			count++;
	return count;
}

static bool text_equals(struct vp_text text, const char *expected)
{
	return text.len == strlen(expected) && memcmp(text.data, expected, text.len) == 0;
}

static void test_message_arrives(void)
{
	struct ends ends = ends_create();
	CU_ASSERT_TRUE(hc_link_send(ends.broker,
		HC_LINK_MESSAGE(CONFIGURE, configure, .name = vp_text_from("work", VP_NAME_MAX),
			.colour = 0x3465a4, .border = 4, .popup_border = 1),
		-1));
	struct hc_link_message message;
	int fd = 0;
	CU_ASSERT_EQUAL_FATAL(hc_link_receive(ends.view, &message, &fd), 1);
	CU_ASSERT_EQUAL(message.op, HC_LINK_OP_CONFIGURE);
	CU_ASSERT_TRUE(text_equals(message.configure.name, "work"));
	CU_ASSERT_EQUAL(message.configure.colour, 0x3465a4);
	CU_ASSERT_EQUAL(message.configure.border, 4);
	CU_ASSERT_EQUAL(fd, -1);
	CU_ASSERT_EQUAL(hc_link_receive(ends.view, &message, &fd), 0);
	ends_destroy(&ends);
}

static void test_pipe_arrives_with_its_stream(void)
{
	struct ends ends = ends_create();
	int fds[2];
	if (pipe(fds) < 0)
		abort();
	const struct hc_link_message *open =
		HC_LINK_MESSAGE(STREAM_OPEN, stream_open, .stream = 7, .to_guest = 1);
	CU_ASSERT_FALSE(hc_link_send(ends.broker, open, -1));
	CU_ASSERT_TRUE(hc_link_send(ends.broker, open, fds[0]));
	struct hc_link_message message;
	int fd = -1;
	CU_ASSERT_EQUAL(hc_link_receive(ends.view, &message, &fd), 1);
	CU_ASSERT_EQUAL(message.stream_open.stream, 7);
	char byte = 'x';
	CU_ASSERT_EQUAL(write(fds[1], &byte, 1), 1);
	CU_ASSERT_EQUAL(read(fd, &byte, 1), 1);
	close(fd);
	close(fds[0]);
	close(fds[1]);
	ends_destroy(&ends);
}

static void test_desk_is_no_view(void)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
	struct hc_link *broker = hc_link_create(fds[0], HC_LINK_TO_BROKER);
	struct hc_link *desk = hc_link_create(fds[1], HC_LINK_TO_DESK);
	const struct hc_link_message *answer =
		HC_LINK_MESSAGE(QUESTION_ANSWERED, question_answered, .id = 1, .answer = 1);
	struct hc_link_message message;
	int fd = -1;
	CU_ASSERT_FALSE(hc_link_send(broker, answer, -1));
	CU_ASSERT_TRUE(hc_link_send(desk, answer, -1));
	CU_ASSERT_EQUAL(hc_link_receive(broker, &message, &fd), -1);
	CU_ASSERT_EQUAL(errno, EPROTO);
	hc_link_destroy(broker);
	hc_link_destroy(desk);
}

static void test_descriptor_arrives(void)
{
	struct ends ends = ends_create();
	int before = open_descriptors();
	int memory = memfd_create("test-link", MFD_CLOEXEC);
	CU_ASSERT_TRUE(hc_link_send(ends.broker, HC_LINK_MESSAGE(CONNECT, connect, 0), memory));
	close(memory);
	struct hc_link_message message;
	int fd = -1;
	CU_ASSERT_EQUAL(hc_link_receive(ends.view, &message, &fd), 1);
	CU_ASSERT_EQUAL(message.op, HC_LINK_OP_CONNECT);
	CU_ASSERT_TRUE((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	close(fd);
	CU_ASSERT_EQUAL(open_descriptors(), before);
	ends_destroy(&ends);
}

static void test_send_refuses(void)
{
	struct ends ends = ends_create();
	errno = 0;
	CU_ASSERT_FALSE(hc_link_send(ends.broker, HC_LINK_MESSAGE(CONNECT, connect, 0), -1));
	CU_ASSERT_EQUAL(errno, EINVAL);
	CU_ASSERT_FALSE(hc_link_send(ends.broker, HC_LINK_MESSAGE(QUIT, quit, 0), ends.raw));
	CU_ASSERT_FALSE(hc_link_send(ends.view, HC_LINK_MESSAGE(QUIT, quit, 0), -1));
	CU_ASSERT_FALSE(
		hc_link_send(ends.broker, HC_LINK_MESSAGE(CONFIGURE, configure, .border = 33), -1));
	struct hc_link_message message;
	int fd;
	CU_ASSERT_EQUAL(hc_link_receive(ends.view, &message, &fd), 0);
	ends_destroy(&ends);
}

static void expect_protocol_error(const void *packet, size_t len, const int *fds, size_t count)
{
	struct ends ends = ends_create();
	int before = open_descriptors();
	struct iovec part = { (void *)(uintptr_t)packet, len };
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(8 * sizeof(int))];
	} control = { 0 };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	if (count > 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
	}
	CU_ASSERT_EQUAL(sendmsg(ends.raw, &header, MSG_NOSIGNAL), (ssize_t)len);
	struct hc_link_message message;
	int fd = -1;
	errno = 0;
	CU_ASSERT_EQUAL(hc_link_receive(ends.view, &message, &fd), -1);
	CU_ASSERT_EQUAL(errno, EPROTO);
	CU_ASSERT_EQUAL(fd, -1);
	CU_ASSERT_EQUAL(open_descriptors(), before);
	ends_destroy(&ends);
}

static void test_bad_packets(void)
{
	static const uint8_t unknown[] = { 0x7f, 0, 0 };
	static const uint8_t short_opcode[] = { HC_LINK_OP_QUIT };
	static const uint8_t truncated[] = { HC_LINK_OP_QUIT, 0 };
	static const uint8_t overlong[] = { HC_LINK_OP_QUIT, 0, 0, 0 };
	static const uint8_t out_of_range[] = { HC_LINK_OP_QUIT, 0, 1 };
	static const uint8_t wrong_way[] = { HC_LINK_OP_SESSION_READY, 0, 0 };
	expect_protocol_error(unknown, sizeof(unknown), NULL, 0);
	expect_protocol_error(short_opcode, sizeof(short_opcode), NULL, 0);
	expect_protocol_error(truncated, sizeof(truncated), NULL, 0);
	expect_protocol_error(overlong, sizeof(overlong), NULL, 0);
	expect_protocol_error(out_of_range, sizeof(out_of_range), NULL, 0);
	expect_protocol_error(wrong_way, sizeof(wrong_way), NULL, 0);
	uint8_t *large = calloc(1, HC_LINK_PACKET_MAX + 1);
	expect_protocol_error(large, HC_LINK_PACKET_MAX + 1, NULL, 0);
	free(large);
}

static void test_bad_descriptors(void)
{
	static const uint8_t quit[] = { HC_LINK_OP_QUIT, 0, 0 };
	static const uint8_t connect[] = { HC_LINK_OP_CONNECT, 0, 0 };
	static const int fds[8] = { STDERR_FILENO, STDERR_FILENO, STDERR_FILENO, STDERR_FILENO,
		STDERR_FILENO, STDERR_FILENO, STDERR_FILENO, STDERR_FILENO };
	expect_protocol_error(quit, sizeof(quit), fds, 1);
	expect_protocol_error(connect, sizeof(connect), NULL, 0);
	expect_protocol_error(connect, sizeof(connect), fds, 2);
	expect_protocol_error(connect, sizeof(connect), fds, 8);
}

static void test_closed(void)
{
	struct ends ends = ends_create();
	hc_link_destroy(ends.broker);
	ends.broker = NULL;
	struct hc_link_message message;
	int fd;
	errno = 0;
	CU_ASSERT_EQUAL(hc_link_receive(ends.view, &message, &fd), -1);
	CU_ASSERT_EQUAL(errno, EPIPE);
	CU_ASSERT_FALSE(hc_link_send(
		ends.view, HC_LINK_MESSAGE(SESSION_READY, session_ready, .agent = 7), -1));
	CU_ASSERT_EQUAL(errno, EPIPE);
	ends_destroy(&ends);
}

static void test_queue_keeps_order(void)
{
	enum { COUNT = 5000 };
	struct ends ends = ends_create();
	for (uint32_t i = 0; i < COUNT; i++)
		CU_ASSERT_TRUE(hc_link_send(ends.broker,
			HC_LINK_MESSAGE(STATS_REQUEST, stats_request, .serial = i), -1));
	CU_ASSERT_TRUE(hc_link_wants_output(ends.broker));
	struct hc_link_message message;
	int fd;
	uint32_t next = 0;
	while (next < COUNT) {
		int got = hc_link_receive(ends.view, &message, &fd);
		if (got == 0) {
			CU_ASSERT_TRUE_FATAL(hc_link_flush(ends.broker));
		} else {
			CU_ASSERT_TRUE_FATAL(got == 1 && message.stats_request.serial == next++);
		}
	}
	CU_ASSERT_FALSE(hc_link_wants_output(ends.broker));
	ends_destroy(&ends);
}

static void test_queue_is_bounded(void)
{
	struct ends ends = ends_create();
	int before = open_descriptors();
	static uint8_t arguments[VP_ARGUMENTS_MAX];
	const struct hc_link_message *message = HC_LINK_MESSAGE(
		LAUNCH, launch, .launch = 1, .arguments = { arguments, sizeof(arguments) });
	size_t sent = 0;
	while (sent <= HC_LINK_QUEUE_MAX / sizeof(arguments) + 64 &&
		hc_link_send(ends.broker, message, -1)) {
		CU_ASSERT_TRUE(hc_link_send(ends.broker, HC_LINK_MESSAGE(CONNECT, connect, 0),
				       STDERR_FILENO) ||
			       errno == ENOBUFS);
		sent++;
	}
	CU_ASSERT_EQUAL(errno, ENOBUFS);
	CU_ASSERT_TRUE(open_descriptors() > before);
	hc_link_destroy(ends.broker);
	ends.broker = NULL;
	CU_ASSERT_EQUAL(open_descriptors(), before - 1);
	ends_destroy(&ends);
}

/* The system counts what all of the user's programs have in transit against the limit of the one
 * that sends, unless that is privileged. */

struct crowd {
	int fds[2];
	struct rlimit limit;
	struct __user_cap_data_struct privileges[_LINUX_CAPABILITY_U32S_3];
};

static struct __user_cap_header_struct own_process = { .version = _LINUX_CAPABILITY_VERSION_3 };

static void crowd_begin(struct crowd *crowd)
{
	enum { COUNT = 64, LIMIT = COUNT / 2 };
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(COUNT * sizeof(int))];
	} control = { 0 };
	char byte = 'x';
	struct iovec part = { &byte, 1 };
	struct msghdr header = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(COUNT * sizeof(int));
	for (size_t i = 0; i < COUNT; i++)
		memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &(int){ STDERR_FILENO },
			sizeof(int));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, crowd->fds) < 0 ||
		sendmsg(crowd->fds[0], &header, MSG_NOSIGNAL) < 0 ||
		getrlimit(RLIMIT_NOFILE, &crowd->limit) < 0 ||
		syscall(SYS_capget, &own_process, crowd->privileges) < 0)
		abort();
	struct rlimit less = { LIMIT, crowd->limit.rlim_max };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
	memcpy(none, crowd->privileges, sizeof(none));
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		none[i].effective = 0;
	if (setrlimit(RLIMIT_NOFILE, &less) < 0 || syscall(SYS_capset, &own_process, none) < 0)
		abort();
}

static void crowd_end(struct crowd *crowd)
{
	if (syscall(SYS_capset, &own_process, crowd->privileges) < 0 ||
		setrlimit(RLIMIT_NOFILE, &crowd->limit) < 0)
		abort();
	close(crowd->fds[0]);
	close(crowd->fds[1]);
}

static void test_too_many_in_transit(void)
{
	struct ends ends = ends_create();
	struct crowd crowd;
	struct hc_link_message message;
	int fd = -1;
	const struct hc_link_message *icon =
		HC_LINK_MESSAGE(APPLICATION_ICON, application_icon, .serial = 1, .size = 16);
	const struct hc_link_message *end =
		HC_LINK_MESSAGE(APPLICATION_ICONS_END, application_icons_end, .serial = 1);
	crowd_begin(&crowd);
	errno = 0;
	CU_ASSERT_FALSE(hc_link_send(ends.view, icon, STDERR_FILENO));
	CU_ASSERT_EQUAL(errno, ETOOMANYREFS);
	CU_ASSERT_TRUE(hc_link_send(ends.view, end, -1));
	crowd_end(&crowd);
	CU_ASSERT_TRUE(hc_link_send(ends.view, icon, STDERR_FILENO));
	CU_ASSERT_EQUAL(hc_link_receive(ends.broker, &message, &fd), 1);
	CU_ASSERT_EQUAL(message.op, HC_LINK_OP_APPLICATION_ICONS_END);
	CU_ASSERT_EQUAL(hc_link_receive(ends.broker, &message, &fd), 1);
	CU_ASSERT_EQUAL(message.op, HC_LINK_OP_APPLICATION_ICON);
	close(fd);
	ends_destroy(&ends);
}

/* How many messages there are for the broker. */
static int count_received(struct hc_link *broker)
{
	struct hc_link_message message;
	int count = 0;
	int fd;
	while (hc_link_receive(broker, &message, &fd) == 1)
		count++;
	return count;
}

static void test_older_broker(void)
{
	struct ends ends = ends_create();
	const struct hc_link_message *line =
		HC_LINK_MESSAGE(LOGGED, logged, .line = vp_text_from("news", VP_REASON_MAX));
	const struct hc_link_message *ready = HC_LINK_MESSAGE(READY, ready, .pid = 1);
	struct hc_link_message message;
	int fd;
	CU_ASSERT_FALSE(hc_link_understands(ends.view, HC_LINK_OP_LOGGED));
	CU_ASSERT_TRUE(hc_link_send(ends.view, line, -1));
	CU_ASSERT_TRUE(hc_link_send(ends.view, ready, -1));
	CU_ASSERT_EQUAL(count_received(ends.broker), 1);
	hc_link_greet(ends.broker);
	CU_ASSERT_EQUAL_FATAL(hc_link_receive(ends.view, &message, &fd), 1);
	CU_ASSERT_EQUAL(message.op, HC_LINK_OP_HELLO);
	CU_ASSERT_TRUE(hc_link_understands(ends.view, HC_LINK_OP_LOGGED));
	CU_ASSERT_TRUE(hc_link_send(ends.view, line, -1));
	CU_ASSERT_EQUAL(count_received(ends.broker), 1);
	ends_destroy(&ends);
}

static void test_greeted_desk(void)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
	struct hc_link *broker = hc_link_create(fds[0], HC_LINK_FROM_DESK);
	struct hc_link *desk = hc_link_create(fds[1], HC_LINK_TO_DESK);
	struct hc_link_message message;
	int fd;
	CU_ASSERT_FALSE(hc_link_understands(desk, HC_LINK_OP_DESK_HELLO));
	hc_link_greet(broker);
	CU_ASSERT_EQUAL_FATAL(hc_link_receive(desk, &message, &fd), 1);
	CU_ASSERT_EQUAL(message.desk_hello.version, HC_LINK_VERSION);
	CU_ASSERT_TRUE(hc_link_understands(desk, HC_LINK_OP_DESK_HELLO));
	hc_link_destroy(broker);
	hc_link_destroy(desk);
}

/* What the other side has to know of a version's messages; their words for people may change. */
static char *digest_version(int version)
{
	g_autoptr(GString) rows = g_string_new("");
#define ADD_FIELD(type, name, min, max, doc) \
	g_string_append_printf( \
		rows, " %s %s %jd %ju", #type, #name, (intmax_t)(min), (uintmax_t)(max));
#define ADD_ROW(op, UP, low, dir, since, doc) \
	if (since == version) { \
		g_string_append_printf(rows, "%#x %s", (unsigned int)op, #dir); \
		HC_LINK_##UP(ADD_FIELD) g_string_append_c(rows, '\n'); \
	}
	HC_LINK_ALL_MESSAGES(ADD_ROW)
#undef ADD_ROW
#undef ADD_FIELD
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, rows->str, -1);
}

/* A version's digest is added with it, and stays. */
static void test_versions_stay(void)
{
	static const char *const digests[] = { NULL,
		"6c00793cb988ea7787fde6368adab354db47477cfc39d8e07719af21b858ae1f",
		"b88c9dbd24be64dd21a84fa32403f9b08f2d52a978e89d27a3eb3b0a4f3ac1ca" };
	CU_ASSERT_EQUAL_FATAL(G_N_ELEMENTS(digests), HC_LINK_VERSION + 1);
	for (int version = 1; version <= HC_LINK_VERSION; version++) {
		g_autofree char *digest = digest_version(version);
		CU_ASSERT_STRING_EQUAL(digest, digests[version]);
		if (strcmp(digest, digests[version]) != 0)
			g_printerr("version %d of the link has become %s\n", version, digest);
	}
}

static const struct unit_test tests[] = {
	{ "a view cannot answer what the desk is asked", test_desk_is_no_view },
	{ "a message arrives as it was sent, and nothing after it", test_message_arrives },
	{ "a descriptor comes along and is closed on exec", test_descriptor_arrives },
	{ "a stream's pipe comes along with its opening", test_pipe_arrives_with_its_stream },
	{ "a message that the other side would refuse is not sent", test_send_refuses },
	{ "a malformed packet is a protocol error", test_bad_packets },
	{ "a missing or unexpected descriptor is a protocol error and none is leaked",
		test_bad_descriptors },
	{ "a closed link is told apart from a broken one", test_closed },
	{ "a descriptor that the system does not let pass leaves the link as it is",
		test_too_many_in_transit },
	{ "nothing that is newer than the broker is said to it", test_older_broker },
	{ "the desk is greeted as a view is", test_greeted_desk },
	{ "what a version of the link has said stays as it was", test_versions_stay },
	{ "what a full socket does not take is queued and sent in order", test_queue_keeps_order },
	{ "a side that does not read cannot make the other's queue grow without bound",
		test_queue_is_bounded },
};

UNIT_MAIN("link", tests)

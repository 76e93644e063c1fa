#include "attack.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "codec.h"
#include "x-user.h"

enum {
	PATIENCE_MS = 60000,
	MESSAGE_ROOM = 2 * VP_MESSAGE_MAX,
	HONEST_WINDOW = 1,
	HONEST_COLOUR = 0x20c040,
};

static struct view_desk desk;
static int connection = -1;
static uint32_t pings;

/* Saying */

static void push(uint8_t **at, uint64_t value, size_t bytes)
{
	vp_store_le(*at, value, bytes);
	*at += bytes;
}

static void push_bytes(uint8_t **at, const void *data, size_t len)
{
	push(at, len, 4);
	memcpy(*at, data, len);
	*at += len;
}

static void push_zeros(uint8_t **at, size_t len)
{
	memset(*at, 0, len);
	*at += len;
}

static void push_field(uint8_t **at, char type, va_list *arguments)
{
	size_t len;
	const char *text;
	switch (type) {
	case 'b':
		push(at, va_arg(*arguments, unsigned int), 1);
		break;
	case 'h':
		push(at, va_arg(*arguments, unsigned int), 2);
		break;
	case 'w':
	case 'i':
		push(at, va_arg(*arguments, unsigned int), 4);
		break;
	case 'q':
		push(at, va_arg(*arguments, uint64_t), 8);
		break;
	case 's':
		text = va_arg(*arguments, const char *);
		push_bytes(at, text, strlen(text));
		break;
	case 'p':
		len = va_arg(*arguments, size_t);
		push_bytes(at, va_arg(*arguments, const void *), len);
		break;
	case 'n':
		len = va_arg(*arguments, size_t);
		push(at, len, 4);
		push_zeros(at, len);
		break;
	case 'N':
		push_zeros(at, va_arg(*arguments, size_t));
		break;
	default:
		abort();
	}
}

static void write_with(const void *data, size_t len, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { (void *)(uintptr_t)data, len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(int));
	}
	/* The view may have hung up: that is what many attacks are about. */
	while (part.iov_len > 0) {
		ssize_t written = sendmsg(connection, &message, MSG_NOSIGNAL);
		if (written < 0)
			return;
		part.iov_base = (uint8_t *)part.iov_base + written;
		part.iov_len -= (size_t)written;
		message.msg_controllen = 0;
		message.msg_control = NULL;
	}
}

void attack_write(const void *data, size_t len)
{
	write_with(data, len, -1);
}

static void chunk_with(unsigned int channel, unsigned int flags, unsigned int said_length,
	const void *data, size_t len, int fd)
{
	uint8_t chunk[VP_CHUNK_HEADER_BYTES + 2 * VP_CHUNK_MAX] = { (uint8_t)channel,
		(uint8_t)flags };
	vp_store_le(chunk + 2, said_length, 2);
	if (len > 0)
		memcpy(chunk + VP_CHUNK_HEADER_BYTES, data, len);
	write_with(chunk, VP_CHUNK_HEADER_BYTES + len, fd);
}

void attack_chunk(unsigned int channel, unsigned int flags, unsigned int said_length,
	const void *data, size_t len)
{
	chunk_with(channel, flags, said_length, data, len, -1);
}

static void say(
	int fd, unsigned int channel, unsigned int op, const char *fields, va_list *arguments)
{
	static uint8_t message[MESSAGE_ROOM];
	uint8_t *end = message;
	push(&end, op, VP_OP_BYTES);
	for (; *fields != '\0'; fields++)
		push_field(&end, *fields, arguments);
	for (const uint8_t *at = message; at < end;) {
		size_t left = (size_t)(end - at);
		size_t len = left < VP_CHUNK_MAX ? left : VP_CHUNK_MAX;
		chunk_with(
			channel, len == left ? VP_CHUNK_LAST : 0, (unsigned int)len, at, len, fd);
		fd = -1;
		at += len;
	}
}

void attack_say(enum vp_op op, const char *fields, ...)
{
	va_list arguments;
	va_start(arguments, fields);
	say(-1, (unsigned int)vp_op_channel((uint16_t)op), op, fields, &arguments);
	va_end(arguments);
}

void attack_say_with(int fd, enum vp_op op, const char *fields, ...)
{
	va_list arguments;
	va_start(arguments, fields);
	say(fd, (unsigned int)vp_op_channel((uint16_t)op), op, fields, &arguments);
	va_end(arguments);
}

void attack_say_on(unsigned int channel, unsigned int op, const char *fields, ...)
{
	va_list arguments;
	va_start(arguments, fields);
	say(-1, channel, op, fields, &arguments);
	va_end(arguments);
}

void attack_hello(void)
{
	attack_say(VP_OP_HELLO, "whhqqs", VP_MAGIC, VP_VERSION_MAJOR, VP_VERSION_MINOR, UINT64_C(0),
		UINT64_C(1), "attack");
}

void attack_create(uint32_t window, uint32_t popup, uint32_t owner, int x, int y, uint32_t width,
	uint32_t height)
{
	attack_say(VP_OP_WINDOW_CREATE, "wqbbwiiww", window, (uint64_t)window, popup, 0, owner, x,
		y, width, height);
}

void attack_open(void)
{
	attack_create(ATTACK_WINDOW, 0, 0, 100, 100, ATTACK_SIZE, ATTACK_SIZE);
	attack_say(VP_OP_WINDOW_MAP, "w", ATTACK_WINDOW);
}

int attack_memory(size_t bytes, unsigned int seals)
{
	int fd = memfd_create("attack", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0 || fcntl(fd, F_ADD_SEALS, seals) < 0)
		abort();
	return fd;
}

void attack_share(void)
{
	int fd = attack_memory(ATTACK_BYTES, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	attack_say_with(fd, VP_OP_BUFFER_CREATE, "wbwwwbwn", ATTACK_BUFFER, VP_MEMORY_DESCRIPTOR,
		ATTACK_SIZE, ATTACK_SIZE, ATTACK_SIZE * 4, VP_FORMAT_XRGB8888, ATTACK_BYTES,
		(size_t)0);
	close(fd);
}

void attack_present(uint32_t window, uint32_t buffer, uint32_t serial)
{
	attack_say(VP_OP_FRAME_PRESENT, "wwwwwwwhhhh", window, buffer, serial, ATTACK_SIZE,
		ATTACK_SIZE, 0, 1, 0, 0, ATTACK_SIZE, ATTACK_SIZE);
}

/* What comes of it */

/* The next message's opcode; 0 if the connection has ended. */
static unsigned int receive(struct vp_receiver *receiver, struct vp_message *message)
{
	struct vp_frame frame;
	const char *error;
	enum vp_receipt receipt;
	while ((receipt = vp_receiver_next(receiver, &frame, &error)) == VP_RECEIPT_NONE) {
		struct pollfd poll_fd = { .fd = connection, .events = POLLIN };
		size_t space;
		uint8_t *data = vp_receiver_space(receiver, &space);
		ssize_t n = poll(&poll_fd, 1, PATIENCE_MS) > 0 ? read(connection, data, space) : -1;
		if (n <= 0)
			return 0;
		vp_receiver_add(receiver, (size_t)n);
	}
	if (receipt != VP_RECEIPT_FRAME ||
		!vp_message_decode(frame.op, frame.data, frame.len, message))
		return 0;
	return frame.op;
}

static bool answers(void)
{
	struct vp_receiver *receiver = malloc(sizeof(*receiver));
	struct vp_message message;
	unsigned int op = 0;
	vp_receiver_init(receiver);
	attack_say(VP_OP_PING, "w", ++pings);
	do
		op = receive(receiver, &message);
	while (op != 0 && op != VP_OP_BYE && (op != VP_OP_PONG || message.pong.serial != pings));
	if (op == VP_OP_BYE)
		fprintf(stderr, "bye: %.*s\n", (int)message.bye.message.len,
			message.bye.message.data);
	vp_receiver_finish(receiver);
	free(receiver);
	return op == VP_OP_PONG;
}

void attack_goes_on(void)
{
	CU_ASSERT_TRUE(answers());
	CU_ASSERT_FALSE(desk.closed);
}

void attack_ends(enum vp_bye_reason reason, const char *words)
{
	view_desk_await_end(&desk);
	CU_ASSERT_TRUE(desk.closed);
	CU_ASSERT_EQUAL(desk.closed_reason, reason);
	CU_ASSERT_PTR_NOT_NULL(strstr(desk.closed_text, words));
	if (!desk.closed || strstr(desk.closed_text, words) == NULL)
		fprintf(stderr, "expected: %s\n    told: %s\n", words, desk.closed_text);
}

/* What is seen */

bool attack_shows(uint32_t window)
{
	view_desk_settle(&desk);
	struct view_desk_xids xids = view_desk_xids(&desk, window);
	xcb_get_window_attributes_reply_t *reply = xcb_get_window_attributes_reply(
		desk.user, xcb_get_window_attributes(desk.user, xids.toplevel), NULL);
	bool viewable = reply != NULL && reply->map_state == XCB_MAP_STATE_VIEWABLE;
	free(reply);
	return viewable;
}

static bool window_shows(struct view_desk *at, void *data)
{
	(void)at;
	return attack_shows(*(const uint32_t *)data);
}

void attack_await_shown(uint32_t window)
{
	view_desk_wait(&desk, window_shows, &window);
}

static bool window_hides(struct view_desk *at, void *data)
{
	return !window_shows(at, data);
}

void attack_await_hidden(uint32_t window)
{
	view_desk_wait(&desk, window_hides, &window);
}

struct wanted_place {
	uint32_t window;
	xcb_rectangle_t place;
};

static bool place_is(struct view_desk *at, void *data)
{
	const struct wanted_place *wanted = data;
	view_desk_settle(at);
	xcb_get_geometry_reply_t *reply = xcb_get_geometry_reply(at->user,
		xcb_get_geometry(at->user, view_desk_xids(at, wanted->window).toplevel), NULL);
	bool is = reply != NULL && reply->x == wanted->place.x && reply->y == wanted->place.y &&
		  reply->width == wanted->place.width && reply->height == wanted->place.height;
	free(reply);
	return is;
}

void attack_await_place(uint32_t window, const xcb_rectangle_t *place)
{
	struct wanted_place wanted = { window, *place };
	view_desk_wait(&desk, place_is, &wanted);
}

static bool window_is_focused(struct view_desk *at, void *data)
{
	(void)data;
	view_desk_settle(at);
	(void)view_desk_xids(at, ATTACK_WINDOW);
	return (at->window.state & VP_STATE_FOCUSED) != 0;
}

void attack_focus(void)
{
	attack_goes_on();
	attack_await_shown(ATTACK_WINDOW);
	x_user_focus(desk.user, view_desk_xids(&desk, ATTACK_WINDOW).toplevel);
	view_desk_wait(&desk, window_is_focused, NULL);
}

/* Running */

void attack_hang_up(void)
{
	if (connection < 0)
		return;
	close(connection);
	connection = -1;
	view_desk_await_end(&desk);
}

void attack_reconnect(void)
{
	attack_hang_up();
	connection = view_desk_connect_by_hand(&desk);
}

struct view_desk *attack_desk(void)
{
	return &desk;
}

static uint32_t paint_honestly(uint32_t x, uint32_t y)
{
	(void)x;
	(void)y;
	return HONEST_COLOUR;
}

/* An honest guest's window shows its pixels. */
static void check_view(void)
{
	const struct vp_window_create create = { .window = HONEST_WINDOW,
		.native = 1,
		.x = 300,
		.y = 300,
		.width = ATTACK_SIZE,
		.height = ATTACK_SIZE };
	view_desk_connect(&desk);
	struct view_desk_xids xids = view_desk_open(&desk, &create);
	view_desk_present(
		&desk, HONEST_WINDOW, VP_FORMAT_XRGB8888, ATTACK_SIZE, ATTACK_SIZE, paint_honestly);
	xcb_get_image_reply_t *image = xcb_get_image_reply(desk.user,
		xcb_get_image(
			desk.user, XCB_IMAGE_FORMAT_Z_PIXMAP, xids.content, 0, 0, 1, 1, UINT32_MAX),
		NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(image);
	CU_ASSERT_EQUAL(vp_load_le(xcb_get_image_data(image), 4) & 0xffffff, HONEST_COLOUR);
	free(image);
	view_desk_disconnect(&desk);
	view_desk_await_end(&desk);
	hc_link_send(desk.link, HC_LINK_MESSAGE(FORGET, forget, 0), -1);
}

/* A view of its own for each attack: what one has spent of the guest's budget is not the next
 * one's. */
static void begin(void)
{
	view_desk_renew(&desk);
	attack_reconnect();
	attack_hello();
}

static void end(void)
{
	attack_hang_up();
	check_view();
}

int attack_run(
	const char *suite, const struct unit_test *tests, size_t count, int argc, char **argv)
{
	view_desk_start(&desk, "1280x800x24");
	view_desk_disconnect(&desk);
	view_desk_await_end(&desk);
	int status = unit_run_between(suite, tests, count, begin, end, argc, argv);
	view_desk_stop(&desk);
	return status;
}

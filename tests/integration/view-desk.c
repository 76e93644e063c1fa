#include "view-desk.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"
#include "unix-socket.h"

enum { PATIENCE_MS = 60000, TURN_MS = 20, PATH_BYTES = 64 };

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void fail(const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(1);
}

/* What the guest is told */

__attribute__((format(printf, 2, 3))) static void note(
	struct view_desk *desk, const char *format, ...)
{
	size_t len = strlen(desk->log);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(desk->log + len, sizeof(desk->log) - len, format, arguments);
	va_end(arguments);
}

static void note_ids(struct view_desk *desk, const char *what, struct vp_ids ids)
{
	note(desk, "%s", what);
	for (size_t i = 0; i < ids.count; i++)
		note(desk, "%s%u", i > 0 ? "," : "", vp_ids_get(ids, i));
}

static void note_input(struct view_desk *desk, const struct vp_message *message)
{
	switch ((int)message->op) {
	case VP_OP_INPUT_KEY:
		desk->key_time = message->input_key.time;
		note(desk, "%c%u ", "-+="[message->input_key.action], message -> input_key.code);
		break;
	case VP_OP_INPUT_MODIFIERS:
		note_ids(desk, "held:", message->input_modifiers.held);
		note(desk, ";locked:%u;group:%u ", message->input_modifiers.locked,
			message->input_modifiers.group);
		break;
	case VP_OP_INPUT_KEYSYMS:
		note(desk, "%u", message->input_keysyms.code);
		note_ids(desk, ":", message->input_keysyms.keysyms);
		note(desk, " ");
		break;
	case VP_OP_POINTER_MOTION:
		note(desk, "%u@%d,%d ", message->pointer_motion.window, message->pointer_motion.x,
			message->pointer_motion.y);
		break;
	case VP_OP_POINTER_BUTTON:
		note(desk, "%c%u@%d,%d ", message->pointer_button.pressed ? 'B' : 'b',
			message->pointer_button.button, message->pointer_button.x,
			message->pointer_button.y);
		break;
	case VP_OP_POINTER_CROSSING:
		note(desk, "%s%u ", message->pointer_crossing.entered ? "enter" : "leave",
			message->pointer_crossing.window);
		break;
	case VP_OP_FOCUS:
		note(desk, "focus%u ", message->focus.window);
		break;
	default:
		note(desk, "%s ", vp_op_name((uint16_t)message->op));
		break;
	}
}

static void note_monitor(struct view_desk *desk, const struct vp_monitor *monitor)
{
	note(desk, "%.*s%s:%ux%u+%d+%d%s", (int)monitor->name.len, monitor->name.data,
		monitor->primary ? "*" : "", monitor->width, monitor->height, monitor->x,
		monitor->y, monitor->index + 1 == monitor->count ? ". " : " ");
}

static bool handle_message(void *data, const struct vp_message *message)
{
	struct view_desk *desk = data;
	if (message->op == VP_OP_FRAME_DONE)
		desk->frames_done++;
	if (!desk->listened[message->op])
		return true;
	switch ((int)message->op) {
	case VP_OP_WINDOW_CLOSE:
		note(desk, "close%u ", message->window_close.window);
		break;
	case VP_OP_WINDOW_KILL:
		note(desk, "kill%u ", message->window_kill.window);
		break;
	case VP_OP_WINDOW_STACKING:
		note_ids(desk, "order:", message->window_stacking.windows);
		note(desk, " ");
		break;
	case VP_OP_MONITOR:
		note_monitor(desk, &message->monitor);
		break;
	default:
		note_input(desk, message);
		break;
	}
	return true;
}

static void handle_ready(void *data, const struct vp_hello *peer)
{
	struct view_desk *desk = data;
	(void)peer;
	desk->ready = true;
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct view_desk *desk = data;
	(void)reason;
	desk->ready = false;
	fprintf(stderr, "session closed: %s\n", text);
}

static void handle_pong(void *data, uint32_t serial)
{
	struct view_desk *desk = data;
	desk->answered = serial;
}

static const struct vp_session_listener listener = {
	.ready = handle_ready,
	.message = handle_message,
	.pong = handle_pong,
	.closed = handle_closed,
};

/* What the broker is told */

static void handle_link_message(
	struct view_desk *desk, const struct hc_link_message *message, int fd)
{
	switch ((int)message->op) {
	case HC_LINK_OP_WINDOW:
		if (message->window.window == desk->window.window)
			desk->window = message->window;
		break;
	case HC_LINK_OP_WINDOWS_END:
		desk->answered = message->windows_end.serial;
		break;
	case HC_LINK_OP_STATS:
		desk->answered = message->stats.serial;
		break;
	case HC_LINK_OP_SESSION_CLOSED:
		desk->closed = true;
		desk->closed_reason = message->session_closed.reason;
		snprintf(desk->closed_text, sizeof(desk->closed_text), "%.*s",
			(int)message->session_closed.message.len,
			message->session_closed.message.data);
		break;
	case HC_LINK_OP_SCREENSHOT:
		desk->answered = message->screenshot.serial;
		desk->screenshot = message->screenshot;
		desk->screenshot_fd = fd;
		break;
	default:
		break;
	}
}

static void turn(struct view_desk *desk)
{
	struct pollfd fds[] = {
		{ hc_link_get_fd(desk->link), POLLIN, 0 },
		{ desk->guest != NULL ? vp_session_get_fd(desk->guest) : -1, POLLIN, 0 },
	};
	struct hc_link_message message;
	int fd = -1;
	int received = 0;
	if (desk->guest != NULL)
		vp_session_flush(desk->guest);
	hc_link_flush(desk->link);
	poll(fds, 2, TURN_MS);
	if (fds[1].revents != 0)
		vp_session_dispatch(desk->guest);
	while ((received = hc_link_receive(desk->link, &message, &fd)) > 0)
		handle_link_message(desk, &message, fd);
	if (received < 0)
		fail("the view has ended");
}

static void await_answer(struct view_desk *desk)
{
	int64_t end = now() + PATIENCE_MS;
	while (desk->answered != desk->serial && now() < end)
		turn(desk);
	if (desk->answered != desk->serial)
		fail("the view does not answer");
}

static void ask(struct view_desk *desk, const struct hc_link_message *message)
{
	hc_link_send(desk->link, message, -1);
	await_answer(desk);
}

static void ping(struct view_desk *desk)
{
	if (desk->guest == NULL)
		return;
	vp_session_flush(desk->guest);
	vp_session_ping(desk->guest, ++desk->serial);
	await_answer(desk);
}

static void sync_with_server(struct view_desk *desk)
{
	free(xcb_get_input_focus_reply(desk->user, xcb_get_input_focus(desk->user), NULL));
}

/* In a turn of its loop the view looks at the link, then at the guest, then at the server. It has
 * finished the turn in which it answered the guest when it answers on the link, and in the turn
 * after that it has seen all that the server had. What it has asked of the server by then has come
 * about in most cases when the user has an answer once more, but the server, which prefers clients
 * that have asked for little, may serve the user several times before the view: who has to be sure
 * waits until it is so. */
void view_desk_settle(struct view_desk *desk)
{
	sync_with_server(desk);
	for (int i = 0; i < 2; i++) {
		ping(desk);
		ask(desk, HC_LINK_MESSAGE(STATS_REQUEST, stats_request, .serial = ++desk->serial));
	}
	sync_with_server(desk);
}

void view_desk_wait(
	struct view_desk *desk, bool (*reached)(struct view_desk *desk, void *data), void *data)
{
	int64_t end = now() + PATIENCE_MS;
	bool is = false;
	while (!(is = reached(desk, data)) && now() < end) {
		xcb_flush(desk->user);
		turn(desk);
	}
	CU_ASSERT_TRUE(is);
}

void view_desk_say(struct view_desk *desk, const struct vp_message *message)
{
	if (!vp_session_send(desk->guest, message))
		fail("the guest cannot say this");
	view_desk_settle(desk);
}

void view_desk_listen(struct view_desk *desk, int op, ...)
{
	va_list arguments;
	view_desk_settle(desk);
	memset(desk->listened, 0, sizeof(desk->listened));
	va_start(arguments, op);
	for (; op != 0; op = va_arg(arguments, int))
		desk->listened[op] = true;
	va_end(arguments);
	desk->log[0] = '\0';
}

void view_desk_check(struct view_desk *desk, const char *expected)
{
	int64_t end = now() + PATIENCE_MS;
	view_desk_settle(desk);
	while (strlen(desk->log) < strlen(expected) && now() < end)
		turn(desk);
	view_desk_settle(desk);
	if (strcmp(desk->log, expected) != 0)
		fprintf(stderr, "expected: %s\n    told: %s\n", expected, desk->log);
	CU_ASSERT_STRING_EQUAL(desk->log, expected);
	desk->log[0] = '\0';
}

/* Starting and stopping */

static void start_view(struct view_desk *desk, uint8_t quantum)
{
	char path[PATH_BYTES];
	char directory[] = "/tmp/view-desk-XXXXXX";
	if (mkdtemp(directory) == NULL)
		abort();
	snprintf(path, sizeof(path), "%s/view.sock", directory);
	int listening = vp_unix_socket_listen(path, SOCK_SEQPACKET, 1);
	desk->view = fork();
	if (desk->view == 0) {
		int high = fcntl(listening, F_DUPFD, 10);
		dup2(high, 3);
		close(high);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execl(getenv("ORIEL_VIEW"), "oriel-view", (char *)NULL);
		_exit(127);
	}
	int fd = vp_unix_socket_connect(path, SOCK_SEQPACKET);
	if (fd == -1)
		abort();
	close(listening);
	unlink(path);
	rmdir(directory);
	desk->link = hc_link_create(fd, HC_LINK_TO_BROKER);
	hc_link_greet(desk->link);
	hc_link_send(desk->link,
		HC_LINK_MESSAGE(CONFIGURE, configure, .name = vp_text_from("work", VP_NAME_MAX),
			.colour = VIEW_DESK_COLOUR, .border = VIEW_DESK_BORDER,
			.popup_border = VIEW_DESK_POPUP_BORDER, .ttl = -1, .quantum = quantum),
		-1);
}

static void end_view(struct view_desk *desk)
{
	int status = 0;
	hc_link_destroy(desk->link);
	kill(desk->view, SIGTERM);
	waitpid(desk->view, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail("the view has ended in disorder");
}

void view_desk_renew(struct view_desk *desk)
{
	end_view(desk);
	start_view(desk, 0);
}

int view_desk_connect_by_hand(struct view_desk *desk)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
	desk->closed = false;
	hc_link_send(desk->link, HC_LINK_MESSAGE(CONNECT, connect, 0), fds[0]);
	close(fds[0]);
	return fds[1];
}

void view_desk_await_end(struct view_desk *desk)
{
	int64_t end = now() + PATIENCE_MS;
	while (!desk->closed && now() < end)
		turn(desk);
}

void view_desk_connect(struct view_desk *desk)
{
	int64_t end = now() + PATIENCE_MS;
	int fd = view_desk_connect_by_hand(desk);
	desk->guest = vp_session_create(
		vp_transport_unix_create(fd), VP_ROLE_GUEST, "test", 1, &listener, desk);
	while (!desk->ready && now() < end)
		turn(desk);
	if (!desk->ready)
		fail("oriel-view does not start");
	view_desk_settle(desk);
}

void view_desk_disconnect(struct view_desk *desk)
{
	vp_session_destroy(desk->guest);
	desk->guest = NULL;
	desk->ready = false;
	view_desk_settle(desk);
}

void view_desk_start(struct view_desk *desk, const char *size)
{
	view_desk_start_with_quantum(desk, size, 0);
}

/* Else a key repeats that is let go late, because the machine is busy. */
static void stop_repeat(xcb_connection_t *user)
{
	const uint32_t mode = XCB_AUTO_REPEAT_MODE_OFF;
	xcb_change_keyboard_control(user, XCB_KB_AUTO_REPEAT_MODE, &mode);
}

void view_desk_start_with_quantum(struct view_desk *desk, const char *size, uint8_t quantum)
{
	*desk = (struct view_desk){ .screenshot_fd = -1 };
	x_server_start(&desk->server, size);
	desk->user = xcb_connect(NULL, NULL);
	desk->screen = xcb_setup_roots_iterator(xcb_get_setup(desk->user)).data;
	stop_repeat(desk->user);
	start_view(desk, quantum);
	view_desk_connect(desk);
}

void view_desk_stop(struct view_desk *desk)
{
	vp_session_destroy(desk->guest);
	end_view(desk);
	xcb_disconnect(desk->user);
	x_server_stop(&desk->server);
}

/* Windows */

struct view_desk_xids view_desk_xids(struct view_desk *desk, uint32_t window)
{
	desk->window = (struct hc_link_window){ .window = window };
	ask(desk, HC_LINK_MESSAGE(WINDOWS_REQUEST, windows_request, .serial = ++desk->serial));
	return (struct view_desk_xids){
		.toplevel = (xcb_window_t)desk->window.toplevel,
		.content = (xcb_window_t)desk->window.content,
	};
}

static bool is_viewable(struct view_desk *desk, void *data)
{
	const struct view_desk_xids *xids = data;
	xcb_get_window_attributes_reply_t *reply = xcb_get_window_attributes_reply(
		desk->user, xcb_get_window_attributes(desk->user, xids->content), NULL);
	bool is = reply != NULL && reply->map_state == XCB_MAP_STATE_VIEWABLE;
	free(reply);
	return is;
}

struct view_desk_xids view_desk_open(struct view_desk *desk, const struct vp_window_create *create)
{
	const struct vp_message message = { .op = VP_OP_WINDOW_CREATE, .window_create = *create };
	view_desk_say(desk, &message);
	view_desk_say(desk, VP_MESSAGE(WINDOW_MAP, window_map, .window = create->window));
	struct view_desk_xids xids = view_desk_xids(desk, create->window);
	view_desk_wait(desk, is_viewable, &xids);
	return xids;
}

struct view_desk_xids view_desk_open_square(
	struct view_desk *desk, uint32_t window, uint32_t owner, int32_t place, uint32_t size)
{
	const struct vp_window_create create = {
		.window = window,
		.native = 0x1000U + window,
		.popup = owner != 0,
		.owner = owner,
		.x = place,
		.y = place,
		.width = size,
		.height = size,
	};
	return view_desk_open(desk, &create);
}

static bool is_gone(struct view_desk *desk, void *data)
{
	const struct view_desk_xids *xids = data;
	xcb_get_window_attributes_reply_t *reply = xcb_get_window_attributes_reply(
		desk->user, xcb_get_window_attributes(desk->user, xids->toplevel), NULL);
	bool is = reply == NULL;
	free(reply);
	return is;
}

void view_desk_destroy(struct view_desk *desk, uint32_t window)
{
	struct view_desk_xids xids = view_desk_xids(desk, window);
	view_desk_say(desk, VP_MESSAGE(WINDOW_DESTROY, window_destroy, .window = window));
	view_desk_wait(desk, is_gone, &xids);
}

static bool frame_is_done(struct view_desk *desk, void *before)
{
	return desk->frames_done > *(const uint32_t *)before;
}

void view_desk_present(struct view_desk *desk, uint32_t window, enum vp_format format,
	uint32_t width, uint32_t height, uint32_t (*paint)(uint32_t x, uint32_t y))
{
	struct vp_buffer *buffer = NULL;
	uint8_t encoded[VP_RECT_BYTES];
	const struct vp_rect all = { 0, 0, (uint16_t)width, (uint16_t)height };
	if (!vp_session_buffer_create(desk->guest, width, height, format, &buffer))
		abort();
	for (uint32_t y = 0; y < height; y++) {
		uint8_t *row = (uint8_t *)vp_buffer_data(buffer) + y * buffer->stride;
		for (uint32_t x = 0; x < width; x++) {
			uint32_t pixel = paint(x, y);
			memcpy(row + x * VP_PIXEL_BYTES, &pixel, VP_PIXEL_BYTES);
		}
	}
	uint32_t before = desk->frames_done;
	view_desk_say(desk, VP_MESSAGE(FRAME_PRESENT, frame_present, .window = window,
				    .buffer = buffer->id, .serial = 1, .width = width,
				    .height = height, .rects = vp_rects_put(encoded, &all, 1)));
	view_desk_wait(desk, frame_is_done, &before);
	view_desk_say(desk, VP_MESSAGE(BUFFER_DESTROY, buffer_destroy, .buffer = buffer->id));
	vp_buffer_destroy(buffer);
}

const uint32_t *view_desk_screenshot(struct view_desk *desk, uint32_t window)
{
	ask(desk, HC_LINK_MESSAGE(SCREENSHOT_REQUEST, screenshot_request, .serial = ++desk->serial,
			  .window = window));
	if (desk->screenshot_fd < 0)
		return NULL;
	size_t size = (size_t)desk->screenshot.stride * desk->screenshot.height;
	void *pixels = mmap(NULL, size, PROT_READ, MAP_SHARED, desk->screenshot_fd, 0);
	close(desk->screenshot_fd);
	desk->screenshot_fd = -1;
	return pixels != MAP_FAILED ? pixels : NULL;
}

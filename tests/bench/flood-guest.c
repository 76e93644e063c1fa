/*
 * usage: flood-guest SOCKET
 *
 * A hostile guest: takes the place of a VM's agent at SOCKET, where the primary connects to it, and
 * floods the primary with what standard input asks for, a line for each flood: KIND MILLISECONDS.
 * Prints a line when the primary has come, for each flood how many messages of it the primary has
 * taken in that time, and when it has taken the rest. Between floods it is quiet.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "session.h"
#include "unix-socket.h"

enum {
	WINDOW = 1, /* that stays; each flood's own have greater ids */
	FIRST_WINDOW = 100,
	FRAME_WINDOWS = 4,
	X = 1800, /* where no other window is */
	Y = 900,
	WIDTH = 640,
	HEIGHT = 400,
	QUEUE_BYTES = 2048, /* so little that a flood ends when it is told to */
	CURSORS = 2,
	PATIENCE_MS = 1000,
	LINE_BYTES = 128,
};

struct guest {
	struct vp_session *session;
	bool ready;
	bool closed;
	bool settled; /* the primary has taken all that was said */
	uint64_t said; /* messages of the present flood */
	uint32_t next_window;
	struct vp_buffer *buffer;
	uint32_t frames_due; /* bits of windows whose last frame has been answered */
	uint32_t serial;
};

static int64_t clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void say(struct guest *guest, const struct vp_message *message)
{
	if (!guest->closed && vp_session_send(guest->session, message))
		guest->said++;
}

/* One that wants no input, so that the user's keys go on reaching the other VM's. */
static void open_window(struct guest *guest, uint32_t window)
{
	say(guest, VP_MESSAGE(WINDOW_CREATE, window_create, .window = window, .native = window,
			   .x = X, .y = Y, .width = WIDTH, .height = HEIGHT));
	say(guest, VP_MESSAGE(WINDOW_HINTS, window_hints, .window = window,
			   .flags = VP_HINT_NO_INPUT));
	say(guest, VP_MESSAGE(WINDOW_MAP, window_map, .window = window));
}

static void close_window(struct guest *guest, uint32_t window)
{
	say(guest, VP_MESSAGE(WINDOW_DESTROY, window_destroy, .window = window));
}

/* Floods: each function says the next of what there is without end. False if that has to wait. */

static bool say_windows(struct guest *guest)
{
	open_window(guest, guest->next_window);
	close_window(guest, guest->next_window++);
	return true;
}

static bool say_resizes(struct guest *guest)
{
	uint32_t size = 200 + (uint32_t)(guest->said % 400);
	say(guest,
		VP_MESSAGE(WINDOW_CONFIGURE_REQUEST, window_configure_request, .window = WINDOW,
			.fields = VP_FIELD_WIDTH | VP_FIELD_HEIGHT, .width = size, .height = size));
	return true;
}

static bool say_titles(struct guest *guest)
{
	char title[64];
	snprintf(title, sizeof(title), "title %llu", (unsigned long long)guest->said);
	say(guest, VP_MESSAGE(WINDOW_TITLE, window_title, .window = WINDOW,
			   .title = vp_text_from(title, VP_TITLE_MAX)));
	return true;
}

static bool say_cursors(struct guest *guest)
{
	static uint8_t pixels[64 * 64 * 4];
	uint32_t cursor = 1 + (uint32_t)(guest->said / 2 % CURSORS);
	say(guest, VP_MESSAGE(CURSOR_IMAGE, cursor_image, .cursor = cursor, .width = 64,
			   .height = 64, .pixels = { pixels, sizeof(pixels) }));
	say(guest, VP_MESSAGE(CURSOR_SET, cursor_set, .cursor = cursor));
	return true;
}

static bool say_bells(struct guest *guest)
{
	say(guest, VP_MESSAGE(BELL, bell, .percent = 50));
	return true;
}

static bool say_urgency(struct guest *guest)
{
	uint32_t urgent = guest->said % 2 == 0 ? VP_STATE_DEMANDS_ATTENTION : 0;
	say(guest, VP_MESSAGE(WINDOW_STATE_REQUEST, window_state_request, .window = WINDOW,
			   .mask = VP_STATE_DEMANDS_ATTENTION, .state = urgent));
	return true;
}

static bool say_offers(struct guest *guest)
{
	say(guest, VP_MESSAGE(CLIPBOARD_OFFERED, clipboard_offered, .offer = (uint32_t)guest->said,
			   .types = VP_CLIPBOARD_TEXT));
	return true;
}

/* The whole of each window, as soon as the last frame has been answered. */
static bool say_damage(struct guest *guest)
{
	const struct vp_rect all = { 0, 0, WIDTH, HEIGHT };
	uint8_t rects[VP_RECT_BYTES];
	for (uint32_t i = 0; i < FRAME_WINDOWS; i++) {
		if ((guest->frames_due & 1U << i) == 0)
			continue;
		guest->frames_due &= ~(1U << i);
		say(guest, VP_MESSAGE(FRAME_PRESENT, frame_present, .window = FIRST_WINDOW + i,
				   .buffer = guest->buffer->id, .serial = ++guest->serial,
				   .width = WIDTH, .height = HEIGHT,
				   .rects = vp_rects_put(rects, &all, 1)));
	}
	return false;
}

static void begin_damage(struct guest *guest)
{
	if (!vp_session_buffer_create(
		    guest->session, WIDTH, HEIGHT, VP_FORMAT_XRGB8888, &guest->buffer))
		abort();
	for (uint32_t i = 0; i < FRAME_WINDOWS; i++)
		open_window(guest, FIRST_WINDOW + i);
	guest->frames_due = (1U << FRAME_WINDOWS) - 1;
}

static void end_damage(struct guest *guest)
{
	for (uint32_t i = 0; i < FRAME_WINDOWS; i++)
		close_window(guest, FIRST_WINDOW + i);
	say(guest, VP_MESSAGE(BUFFER_DESTROY, buffer_destroy, .buffer = guest->buffer->id));
	vp_buffer_destroy(guest->buffer);
	guest->buffer = NULL;
}

static const struct flood {
	const char *name;
	bool (*next)(struct guest *guest);
	void (*begin)(struct guest *guest);
	void (*end)(struct guest *guest);
} floods[] = {
	{ "windows", say_windows, NULL, NULL },
	{ "resizes", say_resizes, NULL, NULL },
	{ "damage", say_damage, begin_damage, end_damage },
	{ "titles", say_titles, NULL, NULL },
	{ "cursor", say_cursors, NULL, NULL },
	{ "bell", say_bells, NULL, NULL },
	{ "urgency", say_urgency, NULL, NULL },
	{ "offers", say_offers, NULL, NULL },
};

static void handle_ready(void *data, const struct vp_hello *peer)
{
	struct guest *guest = data;
	(void)peer;
	guest->ready = true;
	say(guest, VP_MESSAGE(CLIPBOARD_OFFERED, clipboard_offered, 0));
	open_window(guest, WINDOW);
	say(guest, VP_MESSAGE(WINDOWS_ANNOUNCED, windows_announced, .count = 1));
}

static bool handle_message(void *data, const struct vp_message *message)
{
	struct guest *guest = data;
	if (message->op == VP_OP_FRAME_DONE)
		guest->frames_due |= 1U << (message->frame_done.window - FIRST_WINDOW);
	return true;
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct guest *guest = data;
	fprintf(stderr, "flood-guest: the primary has ended the session (%d): %s\n", (int)reason,
		text);
	guest->closed = true;
}

static void handle_pong(void *data, uint32_t serial)
{
	struct guest *guest = data;
	(void)serial;
	guest->settled = true;
}

static const struct vp_session_listener listener = {
	.ready = handle_ready,
	.message = handle_message,
	.pong = handle_pong,
	.closed = handle_closed,
};

static size_t queued(const struct guest *guest)
{
	return vp_session_queued(guest->session, VP_CHANNEL_WINDOWS) +
	       vp_session_queued(guest->session, VP_CHANNEL_LAUNCH);
}

static void await(struct guest *guest, int64_t end)
{
	struct pollfd fd = { .fd = vp_session_get_fd(guest->session), .events = POLLIN };
	int64_t left = end - clock_ms();
	if (poll(&fd, 1, left > 0 ? (int)left : 0) > 0)
		vp_session_dispatch(guest->session);
}

static void flood(struct guest *guest, const struct flood *flood, int64_t end)
{
	guest->said = 0;
	while (!guest->closed && clock_ms() < end) {
		bool more = true;
		while (!guest->closed && more && queued(guest) < QUEUE_BYTES)
			more = flood->next(guest);
		vp_session_flush(guest->session);
		await(guest, more && queued(guest) < QUEUE_BYTES ? 0 : end);
	}
}

/* The pong follows what was said before on the other channels only once that is written. */
static void settle(struct guest *guest)
{
	vp_session_flush(guest->session);
	while (!guest->closed && queued(guest) > 0)
		await(guest, clock_ms() + PATIENCE_MS);
	guest->settled = guest->closed || !vp_session_ping(guest->session, 0);
	vp_session_flush(guest->session);
	while (!guest->closed && !guest->settled)
		await(guest, clock_ms() + PATIENCE_MS);
	puts("settled");
	fflush(stdout);
}

static void run_flood(struct guest *guest, const struct flood *kind, int64_t milliseconds)
{
	guest->next_window = FIRST_WINDOW;
	if (kind->begin != NULL)
		kind->begin(guest);
	flood(guest, kind, clock_ms() + milliseconds);
	printf("%llu\n", (unsigned long long)guest->said);
	fflush(stdout);
	if (kind->end != NULL)
		kind->end(guest);
	settle(guest);
}

static int serve(const char *path)
{
	unlink(path);
	int listener_fd = vp_unix_socket_listen(path, SOCK_STREAM, 1);
	if (listener_fd == -1)
		return -1;
	puts("listening");
	fflush(stdout);
	int fd = accept4(listener_fd, NULL, NULL, SOCK_CLOEXEC);
	close(listener_fd);
	const int bytes = QUEUE_BYTES;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return fd;
}

static const struct flood *find_flood(const char *name)
{
	for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++)
		if (strcmp(floods[i].name, name) == 0)
			return &floods[i];
	return NULL;
}

/* False at the end of standard input. */
static bool obey(struct guest *guest)
{
	char line[LINE_BYTES];
	char name[LINE_BYTES];
	int milliseconds = 0;
	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	const struct flood *kind =
		sscanf(line, "%127s %d", name, &milliseconds) == 2 ? find_flood(name) : NULL;
	if (kind == NULL)
		return false;
	run_flood(guest, kind, milliseconds);
	return true;
}

static void live(struct guest *guest)
{
	bool ready = false;
	while (!guest->closed) {
		struct pollfd fds[] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = vp_session_get_fd(guest->session), .events = POLLIN },
		};
		vp_session_flush(guest->session);
		if (guest->ready && !ready) {
			puts("ready");
			fflush(stdout);
		}
		ready = guest->ready;
		if (poll(fds, 2, -1) < 0)
			return;
		if (fds[1].revents != 0)
			vp_session_dispatch(guest->session);
		if (fds[0].revents != 0 && !obey(guest))
			return;
	}
}

int main(int argc, char **argv)
{
	struct guest guest = { .next_window = FIRST_WINDOW };
	signal(SIGPIPE, SIG_IGN);
	int fd = argc == 2 ? serve(argv[1]) : -1;
	struct vp_transport *transport = fd >= 0 ? vp_transport_unix_create(fd) : NULL;
	if (transport == NULL) {
		perror("flood-guest");
		return EXIT_FAILURE;
	}
	guest.session = vp_session_create(
		transport, VP_ROLE_GUEST, "flood-guest", (uint64_t)clock_ms(), &listener, &guest);
	if (guest.session == NULL)
		return EXIT_FAILURE;
	live(&guest);
	vp_session_destroy(guest.session);
	return guest.closed ? EXIT_FAILURE : EXIT_SUCCESS;
}

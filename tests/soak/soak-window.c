/*
 * usage: soak-window NAME WIDTH HEIGHT
 *
 * An application with one window on $DISPLAY. SIGUSR1 makes it busy: it draws, changes its title
 * and opens and closes a popup until SIGUSR2. A key press draws, too. Ends with its X server.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <xcb/xcb.h>

enum {
	EXIT_USAGE = 2,
	FRAME_MS = 30,
	FRAMES_A_TITLE = 10,
	FRAMES_A_POPUP = 25,
	RECTANGLES_MAX = 12,
	SIDE_MAX = 60,
	POPUP_SIDE = 80,
	NUMBER_BITS = 16,
	TITLE_MAX = 80,
};

struct app {
	const char *name;
	xcb_connection_t *connection;
	xcb_screen_t *screen;
	xcb_window_t window;
	xcb_window_t popup; /* XCB_WINDOW_NONE: none */
	xcb_gcontext_t gc;
	xcb_atom_t delete_window;
	uint16_t width;
	uint16_t height;
	uint32_t random;
	uint32_t frame;
	bool busy;
	bool ended;
};

static uint32_t next_random(struct app *app)
{
	app->random ^= app->random << 13;
	app->random ^= app->random >> 17;
	app->random ^= app->random << 5;
	return app->random;
}

static uint32_t seed_of(const char *name)
{
	uint32_t seed = (uint32_t)getpid() | 1;

	while (*name)
		seed = seed * 31 + (unsigned char)*name++;
	return seed | 1;
}

static void fill(struct app *app, xcb_window_t window, uint32_t colour, xcb_rectangle_t rectangle)
{
	xcb_change_gc(app->connection, app->gc, XCB_GC_FOREGROUND, &colour);
	xcb_poly_fill_rectangle(app->connection, window, app->gc, 1, &rectangle);
}

static void draw(struct app *app)
{
	uint32_t count = 1 + next_random(app) % RECTANGLES_MAX;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t place = next_random(app);
		uint32_t size = next_random(app);

		fill(app, app->window, next_random(app) & 0xffffff,
			(xcb_rectangle_t){ .x = (int16_t)(place % app->width),
				.y = (int16_t)((place >> NUMBER_BITS) % app->height),
				.width = (uint16_t)(1 + size % SIDE_MAX),
				.height = (uint16_t)(1 + (size >> NUMBER_BITS) % SIDE_MAX) });
	}
}

/* Never of one colour, so that nobody takes an empty window for it. */
static void draw_all(struct app *app)
{
	fill(app, app->window, 0x203040, (xcb_rectangle_t){ 0, 0, app->width, app->height });
	draw(app);
}

static void set_title(struct app *app)
{
	char title[TITLE_MAX];
	int len = snprintf(title, sizeof(title), "%s %u", app->name, app->frame);

	xcb_change_property(app->connection, XCB_PROP_MODE_REPLACE, app->window, XCB_ATOM_WM_NAME,
		XCB_ATOM_STRING, 8, (uint32_t)len, title);
}

static xcb_window_t create_window(
	struct app *app, uint16_t width, uint16_t height, uint32_t override)
{
	const uint32_t values[] = { override, XCB_EVENT_MASK_EXPOSURE |
						      XCB_EVENT_MASK_STRUCTURE_NOTIFY |
						      XCB_EVENT_MASK_KEY_PRESS };
	xcb_window_t window = xcb_generate_id(app->connection);

	xcb_create_window(app->connection, XCB_COPY_FROM_PARENT, window, app->screen->root, 0, 0,
		width, height, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT,
		XCB_CW_OVERRIDE_REDIRECT | XCB_CW_EVENT_MASK, values);
	return window;
}

static void open_popup(struct app *app)
{
	app->popup = create_window(app, POPUP_SIDE, POPUP_SIDE, 1);
	xcb_change_property(app->connection, XCB_PROP_MODE_REPLACE, app->popup,
		XCB_ATOM_WM_TRANSIENT_FOR, XCB_ATOM_WINDOW, 32, 1, &app->window);
	xcb_map_window(app->connection, app->popup);
}

static void close_popup(struct app *app)
{
	if (app->popup != XCB_WINDOW_NONE)
		xcb_destroy_window(app->connection, app->popup);
	app->popup = XCB_WINDOW_NONE;
}

static void animate(struct app *app)
{
	app->frame++;
	draw(app);
	if (app->frame % FRAMES_A_TITLE == 0)
		set_title(app);
	if (app->frame % FRAMES_A_POPUP != 0)
		return;
	if (app->popup == XCB_WINDOW_NONE)
		open_popup(app);
	else
		close_popup(app);
}

static void handle_signal(struct app *app, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		app->busy = info.ssi_signo == SIGUSR1;
	if (!app->busy)
		close_popup(app);
}

static void handle_configure(struct app *app, const xcb_configure_notify_event_t *event)
{
	if (event->window != app->window ||
		(event->width == app->width && event->height == app->height))
		return;
	app->width = event->width;
	app->height = event->height;
	draw_all(app);
}

static void handle_expose(struct app *app, const xcb_expose_event_t *event)
{
	if (event->window == app->popup)
		fill(app, app->popup, next_random(app) & 0xffffff,
			(xcb_rectangle_t){ 0, 0, POPUP_SIDE, POPUP_SIDE });
	else if (event->count == 0)
		draw_all(app);
}

static void handle_event(struct app *app, const xcb_generic_event_t *event)
{
	switch (event->response_type & 0x7f) {
	case XCB_EXPOSE:
		handle_expose(app, (const xcb_expose_event_t *)event);
		break;
	case XCB_CONFIGURE_NOTIFY:
		handle_configure(app, (const xcb_configure_notify_event_t *)event);
		break;
	case XCB_KEY_PRESS:
		draw(app);
		break;
	case XCB_CLIENT_MESSAGE:
		if (((const xcb_client_message_event_t *)event)->data.data32[0] ==
			app->delete_window)
			app->ended = true;
		break;
	}
}

static xcb_atom_t intern(struct app *app, const char *name)
{
	xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(app->connection,
		xcb_intern_atom(app->connection, 0, (uint16_t)strlen(name), name), NULL);
	xcb_atom_t atom = reply ? reply->atom : XCB_ATOM_NONE;

	free(reply);
	return atom;
}

/* Instance and class are both the name. */
static void set_class(struct app *app)
{
	char wm_class[2 * TITLE_MAX];
	int len = snprintf(wm_class, sizeof(wm_class), "%s%c%s", app->name, '\0', app->name);

	xcb_change_property(app->connection, XCB_PROP_MODE_REPLACE, app->window, XCB_ATOM_WM_CLASS,
		XCB_ATOM_STRING, 8, (uint32_t)len + 1, wm_class);
}

static void open_windows(struct app *app)
{
	app->screen = xcb_setup_roots_iterator(xcb_get_setup(app->connection)).data;
	app->window = create_window(app, app->width, app->height, 0);
	app->gc = xcb_generate_id(app->connection);
	xcb_create_gc(app->connection, app->gc, app->window, 0, NULL);
	app->delete_window = intern(app, "WM_DELETE_WINDOW");
	xcb_change_property(app->connection, XCB_PROP_MODE_REPLACE, app->window,
		intern(app, "WM_PROTOCOLS"), XCB_ATOM_ATOM, 32, 1, &app->delete_window);
	set_class(app);
	set_title(app);
	xcb_map_window(app->connection, app->window);
	xcb_flush(app->connection);
}

static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGUSR2);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void run(struct app *app, int signal_fd)
{
	struct pollfd fds[] = {
		{ .fd = xcb_get_file_descriptor(app->connection), .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
	};
	xcb_generic_event_t *event;

	while (!app->ended && !xcb_connection_has_error(app->connection)) {
		if (poll(fds, 2, app->busy ? FRAME_MS : -1) == 0)
			animate(app);
		handle_signal(app, signal_fd);
		while ((event = xcb_poll_for_event(app->connection)) != NULL) {
			handle_event(app, event);
			free(event);
		}
		xcb_flush(app->connection);
	}
}

int main(int argc, char **argv)
{
	struct app app = { 0 };

	if (argc != 4 || strlen(argv[1]) >= TITLE_MAX / 2) {
		fprintf(stderr, "usage: soak-window NAME WIDTH HEIGHT\n");
		return EXIT_USAGE;
	}
	/* Before the window shows: a signal must not end the program. */
	int signal_fd = open_signals();
	app.name = argv[1];
	app.width = (uint16_t)strtoul(argv[2], NULL, 10);
	app.height = (uint16_t)strtoul(argv[3], NULL, 10);
	app.random = seed_of(app.name);
	app.connection = xcb_connect(NULL, NULL);
	if (xcb_connection_has_error(app.connection) || signal_fd < 0) {
		fprintf(stderr, "soak-window: there is no X server\n");
		return EXIT_FAILURE;
	}
	open_windows(&app);
	run(&app, signal_fd);
	xcb_disconnect(app.connection);
	return EXIT_SUCCESS;
}

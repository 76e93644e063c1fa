/*
 * usage: x-probe animate | x-probe watch WINDOW SECONDS | x-probe echo | x-probe type WINDOW COUNT
 * | x-probe dots COUNT | x-probe cursor
 *
 * What the lab asks of X servers, and no program of Debian does:
 *   animate  a window that is painted anew 25 times a second, with the frame's number in each of
 * its corners watch    reads the corners at each change that the server shows: frames come in
 * order, and are whole echo     a window that paints a dot at each key type     presses a key,
 * waits for the window to change, and so on dots     a window that paints COUNT dots, one after the
 * other cursor   prints the sum of the pointer's picture
 */
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xcb/damage.h>
#include <xcb/xcb.h>
#include <xcb/xfixes.h>
#include <xcb/xtest.h>

enum {
	WIDTH = 1920,
	HEIGHT = 1080,
	SMALL = 300,
	CORNER = 64,
	CORNERS = 4,
	DOT = 8,
	FRAME_MASK = 0xffffff,
	FRAMES_MIN = 20,
	KEY_A = 38,
	PATIENCE_MS = 30000,
};

struct probe {
	xcb_connection_t *connection;
	xcb_screen_t *screen;
	xcb_window_t window;
	xcb_gcontext_t gc;
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_until(int64_t when)
{
	struct timespec until = { .tv_sec = when / 1000, .tv_nsec = when % 1000 * 1000000 };
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* Everything before has been done by the server. */
static void synchronise(struct probe *probe)
{
	free(xcb_get_input_focus_reply(
		probe->connection, xcb_get_input_focus(probe->connection), NULL));
}

static void create_window(struct probe *probe, uint16_t width, uint16_t height, const char *title)
{
	const uint32_t events = XCB_EVENT_MASK_KEY_PRESS | XCB_EVENT_MASK_EXPOSURE;
	probe->window = xcb_generate_id(probe->connection);
	probe->gc = xcb_generate_id(probe->connection);
	xcb_create_window(probe->connection, probe->screen->root_depth, probe->window,
		probe->screen->root, 0, 0, width, height, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT,
		XCB_COPY_FROM_PARENT, XCB_CW_BACK_PIXEL | XCB_CW_EVENT_MASK,
		(const uint32_t[]){ probe->screen->white_pixel, events });
	xcb_change_property(probe->connection, XCB_PROP_MODE_REPLACE, probe->window,
		XCB_ATOM_WM_NAME, XCB_ATOM_STRING, 8, (uint32_t)strlen(title), title);
	xcb_create_gc(probe->connection, probe->gc, probe->window, XCB_GC_GRAPHICS_EXPOSURES,
		&(const uint32_t){ 0 });
	xcb_map_window(probe->connection, probe->window);
	xcb_flush(probe->connection);
}

static void await_event(struct probe *probe, uint8_t type)
{
	xcb_generic_event_t *event;
	bool found = false;
	while (!found && (event = xcb_wait_for_event(probe->connection)) != NULL) {
		found = (event->response_type & 0x7f) == type;
		free(event);
	}
}

static void fill(struct probe *probe, xcb_drawable_t target, uint32_t colour, size_t count,
	const xcb_rectangle_t *rectangles)
{
	xcb_change_gc(probe->connection, probe->gc, XCB_GC_FOREGROUND, &colour);
	xcb_poly_fill_rectangle(probe->connection, target, probe->gc, (uint32_t)count, rectangles);
}

static int animate(struct probe *probe)
{
	static const xcb_rectangle_t whole = { 0, 0, WIDTH, HEIGHT };
	static const xcb_rectangle_t corners[CORNERS] = { { 0, 0, CORNER, CORNER },
		{ WIDTH - CORNER, 0, CORNER, CORNER }, { 0, HEIGHT - CORNER, CORNER, CORNER },
		{ WIDTH - CORNER, HEIGHT - CORNER, CORNER, CORNER } };
	enum { FRAME_MS = 40 };
	create_window(probe, WIDTH, HEIGHT, "animation");
	xcb_pixmap_t picture = xcb_generate_id(probe->connection);
	xcb_create_pixmap(probe->connection, probe->screen->root_depth, picture, probe->window,
		WIDTH, HEIGHT);
	int64_t due = now_ms();
	for (uint32_t frame = 1; xcb_connection_has_error(probe->connection) == 0; frame++) {
		fill(probe, picture, frame * 0x10305, 1, &whole);
		fill(probe, picture, frame, CORNERS, corners);
		xcb_copy_area(probe->connection, picture, probe->window, probe->gc, 0, 0, 0, 0,
			WIDTH, HEIGHT);
		synchronise(probe);
		due += FRAME_MS;
		if (due < now_ms())
			due = now_ms();
		sleep_until(due);
	}
	return EXIT_SUCCESS;
}

static int echo(struct probe *probe)
{
	create_window(probe, SMALL, SMALL, "echo");
	for (uint32_t keys = 1;; keys++) {
		const xcb_rectangle_t dot = { 20, 20, DOT, DOT };
		await_event(probe, XCB_KEY_PRESS);
		if (xcb_connection_has_error(probe->connection) != 0)
			return EXIT_SUCCESS;
		fill(probe, probe->window, keys, 1, &dot);
		xcb_flush(probe->connection);
	}
}

static int draw_dots(struct probe *probe, long count)
{
	enum { DOT_MS = 40 };
	create_window(probe, SMALL, SMALL, "dots");
	await_event(probe, XCB_EXPOSE);
	for (long i = 0; i < count; i++) {
		const xcb_rectangle_t dot = { 20, 20, DOT, DOT };
		sleep_until(now_ms() + DOT_MS);
		fill(probe, probe->window, (uint32_t)i, 1, &dot);
		xcb_flush(probe->connection);
	}
	synchronise(probe);
	return EXIT_SUCCESS;
}

/* Watching a window for changes */

static xcb_damage_damage_t watch_changes(struct probe *probe)
{
	xcb_damage_damage_t damage = xcb_generate_id(probe->connection);
	free(xcb_damage_query_version_reply(probe->connection,
		xcb_damage_query_version(
			probe->connection, XCB_DAMAGE_MAJOR_VERSION, XCB_DAMAGE_MINOR_VERSION),
		NULL));
	xcb_damage_create(
		probe->connection, damage, probe->window, XCB_DAMAGE_REPORT_LEVEL_NON_EMPTY);
	synchronise(probe);
	return damage;
}

/* False if nothing has changed before the deadline. */
static bool await_change(struct probe *probe, xcb_damage_damage_t damage, int64_t deadline)
{
	struct pollfd poll_fd = { .fd = xcb_get_file_descriptor(probe->connection),
		.events = POLLIN };
	xcb_generic_event_t *event;
	while ((event = xcb_poll_for_event(probe->connection)) == NULL) {
		int64_t left = deadline - now_ms();
		if (left <= 0 || poll(&poll_fd, 1, (int)left) < 0)
			return false;
	}
	free(event);
	xcb_damage_subtract(probe->connection, damage, XCB_NONE, XCB_NONE);
	return true;
}

static bool read_corners(struct probe *probe, uint32_t corners[CORNERS])
{
	xcb_get_image_cookie_t cookies[CORNERS];
	bool read = true;
	/* No other client's request comes between them. */
	xcb_grab_server(probe->connection);
	for (int i = 0; i < CORNERS; i++)
		cookies[i] = xcb_get_image(probe->connection, XCB_IMAGE_FORMAT_Z_PIXMAP,
			probe->window, i % 2 == 0 ? 0 : WIDTH - 1, i / 2 == 0 ? 0 : HEIGHT - 1, 1,
			1, UINT32_MAX);
	xcb_ungrab_server(probe->connection);
	for (int i = 0; i < CORNERS; i++) {
		xcb_get_image_reply_t *image =
			xcb_get_image_reply(probe->connection, cookies[i], NULL);
		read = read && image != NULL && xcb_get_image_data_length(image) == 4;
		if (read)
			memcpy(&corners[i], xcb_get_image_data(image), 4);
		corners[i] &= FRAME_MASK;
		free(image);
	}
	return read;
}

static int watch(struct probe *probe, long seconds)
{
	int64_t deadline = now_ms() + seconds * 1000;
	unsigned int frames = 0;
	unsigned int torn = 0;
	unsigned int backwards = 0;
	uint32_t last = 0;
	xcb_damage_damage_t damage = watch_changes(probe);
	while (await_change(probe, damage, deadline)) {
		uint32_t corners[CORNERS] = { 0 };
		if (!read_corners(probe, corners))
			return EXIT_FAILURE;
		for (int i = 1; i < CORNERS; i++)
			torn += corners[i] != corners[0];
		frames += corners[0] > last;
		backwards += corners[0] < last;
		last = corners[0];
	}
	printf("%u frames, %u corners of another frame, %u frames after later ones\n", frames, torn,
		backwards);
	return frames >= FRAMES_MIN && torn == 0 && backwards == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int type(struct probe *probe, long count)
{
	xcb_damage_damage_t damage = watch_changes(probe);
	for (long i = 0; i < count; i++) {
		xcb_test_fake_input(probe->connection, XCB_KEY_PRESS, KEY_A, XCB_CURRENT_TIME,
			XCB_NONE, 0, 0, 0);
		xcb_test_fake_input(probe->connection, XCB_KEY_RELEASE, KEY_A, XCB_CURRENT_TIME,
			XCB_NONE, 0, 0, 0);
		xcb_flush(probe->connection);
		if (!await_change(probe, damage, now_ms() + PATIENCE_MS)) {
			fprintf(stderr, "x-probe: nothing came of key %ld\n", i + 1);
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}

static int print_cursor(struct probe *probe)
{
	uint32_t sum = 0;
	free(xcb_xfixes_query_version_reply(probe->connection,
		xcb_xfixes_query_version(
			probe->connection, XCB_XFIXES_MAJOR_VERSION, XCB_XFIXES_MINOR_VERSION),
		NULL));
	xcb_xfixes_get_cursor_image_reply_t *image = xcb_xfixes_get_cursor_image_reply(
		probe->connection, xcb_xfixes_get_cursor_image(probe->connection), NULL);
	if (image == NULL)
		return EXIT_FAILURE;
	const uint32_t *pixels = xcb_xfixes_get_cursor_image_cursor_image(image);
	for (int i = 0; i < xcb_xfixes_get_cursor_image_cursor_image_length(image); i++)
		sum = sum * 31 + pixels[i];
	printf("%ux%u %08x\n", image->width, image->height, sum);
	free(image);
	return EXIT_SUCCESS;
}

static int run(struct probe *probe, int count, char **arguments)
{
	const char *mode = count > 0 ? arguments[0] : "";
	long number = count > 1 ? strtol(arguments[count - 1], NULL, 0) : 0;
	probe->window = count > 2 ? (xcb_window_t)strtoul(arguments[1], NULL, 0) : XCB_NONE;
	if (strcmp(mode, "animate") == 0)
		return animate(probe);
	if (strcmp(mode, "echo") == 0)
		return echo(probe);
	if (strcmp(mode, "cursor") == 0)
		return print_cursor(probe);
	if (strcmp(mode, "dots") == 0 && count == 2)
		return draw_dots(probe, number);
	if (strcmp(mode, "watch") == 0 && count == 3)
		return watch(probe, number);
	if (strcmp(mode, "type") == 0 && count == 3)
		return type(probe, number);
	fprintf(stderr, "x-probe: there is no such mode: %s\n", mode);
	return 2;
}

int main(int argc, char **argv)
{
	struct probe probe = { .connection = xcb_connect(NULL, NULL) };
	if (xcb_connection_has_error(probe.connection) != 0) {
		fprintf(stderr, "x-probe: there is no X server\n");
		return EXIT_FAILURE;
	}
	probe.screen = xcb_setup_roots_iterator(xcb_get_setup(probe.connection)).data;
	int status = run(&probe, argc - 1, argv + 1);
	xcb_disconnect(probe.connection);
	return status;
}

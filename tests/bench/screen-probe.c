/*
 * usage: screen-probe FRAMEBUFFER COMMAND X Y ARGUMENT...
 *
 * Watches the primary's screen through the file that Xvfb -fbdir maps, so that watching costs the
 * server nothing, and plays the user by XTEST on $DISPLAY. X Y is where the application's content
 * begins. echo X Y SAMPLES             presses a key and waits for its square: milliseconds, one a
 * line frames X Y WIDTH HEIGHT MS   counts different frames shown completely within the time motion
 * X Y WIDTH HEIGHT N    moves the pointer N times, once a millisecond move X Y WINDOW N moves a
 * window N times, 20 times a second
 */
#include "probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xcb/xcb.h>
#include <xcb/xtest.h>

enum {
	MS = 1000000,
	WATCH_NS = 50000,
	ECHO_TIMEOUT_MS = 2000,
	ECHO_PAUSE_MS = 40,
	KEY_A = 38,
	MOVE_PAUSE_MS = 50,
};

/* Words of an XWD header. */
enum {
	XWD_HEADER_SIZE = 0,
	XWD_WIDTH = 4,
	XWD_HEIGHT = 5,
	XWD_BITS = 11,
	XWD_LINE = 12,
	XWD_COLOURS = 19
};

struct screen {
	const volatile uint32_t *pixels;
	size_t stride; /* in pixels */
	long width;
	long height;
	xcb_connection_t *connection;
	xcb_window_t root;
};

static bool map_screen(struct screen *screen, const char *path)
{
	enum { COLOUR_BYTES = 12, BITS = 32 };
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) != 0)
		return false;
	void *file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (file == MAP_FAILED)
		return false;
	const uint32_t *header = file;
	size_t offset =
		ntohl(header[XWD_HEADER_SIZE]) + (size_t)ntohl(header[XWD_COLOURS]) * COLOUR_BYTES;
	screen->pixels = header + offset / sizeof(*header);
	screen->stride = ntohl(header[XWD_LINE]) / sizeof(*header);
	screen->width = ntohl(header[XWD_WIDTH]);
	screen->height = ntohl(header[XWD_HEIGHT]);
	return ntohl(header[XWD_BITS]) == BITS;
}

/* The number of the frame whose marker is there, or -1. */
static int64_t frame_at(const struct screen *screen, long x, long y)
{
	if (x < 0 || y < 0 || x >= screen->width || y >= screen->height)
		return -1;
	uint32_t pixel = screen->pixels[(size_t)y * screen->stride + (size_t)x] & 0xffffff;
	return pixel & MARK_FLAG ? (int64_t)(pixel & MARK_MASK) : -1;
}

static void inject(const struct screen *screen, uint8_t type, uint8_t detail, long x, long y)
{
	xcb_test_fake_input(screen->connection, type, detail, XCB_CURRENT_TIME, screen->root,
		(int16_t)x, (int16_t)y, 0);
	xcb_flush(screen->connection);
}

static bool echo(const struct screen *screen, long x, long y, long samples)
{
	inject(screen, XCB_MOTION_NOTIFY, 0, x + 2 * MARK_SIZE, y + 2 * MARK_SIZE);
	for (long i = 0; i < samples; i++) {
		probe_sleep_until(probe_now() + (ECHO_PAUSE_MS + i * 7 % ECHO_PAUSE_MS) * MS);
		int64_t before = frame_at(screen, x, y);
		int64_t start = probe_now();
		inject(screen, XCB_KEY_PRESS, KEY_A, 0, 0);
		while (frame_at(screen, x, y) == before &&
			probe_now() - start < (int64_t)ECHO_TIMEOUT_MS * MS)
			probe_sleep_until(probe_now() + WATCH_NS);
		int64_t took = probe_now() - start;
		inject(screen, XCB_KEY_RELEASE, KEY_A, 0, 0);
		if (frame_at(screen, x, y) == before)
			return false;
		printf("%.3f\n", (double)took / MS);
	}
	return true;
}

static bool count_frames(
	const struct screen *screen, long x, long y, long width, long height, long ms)
{
	int64_t end = probe_now() + ms * MS;
	int64_t last = -1;
	long count = 0;
	while (probe_now() < end) {
		int64_t first = frame_at(screen, x, y);
		if (first >= 0 && first != last &&
			frame_at(screen, x + width - 1, y + height - 1) == first) {
			last = first;
			count++;
		}
		probe_sleep_until(probe_now() + 4 * WATCH_NS);
	}
	printf("%ld\n", count);
	return true;
}

static bool move_pointer(
	const struct screen *screen, long x, long y, long width, long height, long count)
{
	enum { MARGIN = 10, STEP_X = 7, STEP_Y = 3 };
	int64_t next = probe_now();
	for (long i = 0; i < count; i++) {
		inject(screen, XCB_MOTION_NOTIFY, 0, x + MARGIN + i * STEP_X % (width - 2 * MARGIN),
			y + MARGIN + i * STEP_Y % (height - 2 * MARGIN));
		next += MS;
		probe_sleep_until(next);
	}
	return true;
}

static bool move_window(
	const struct screen *screen, long x, long y, xcb_window_t window, long count)
{
	enum { STEP = 10 };
	int64_t next = probe_now();
	for (long i = 0; i < count; i++) {
		uint32_t place[] = { (uint32_t)(x + i * STEP % 500),
			(uint32_t)(y + i * STEP % 300) };
		xcb_configure_window(screen->connection, window,
			XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_Y, place);
		xcb_flush(screen->connection);
		next += (int64_t)MOVE_PAUSE_MS * MS;
		probe_sleep_until(next);
	}
	return true;
}

static bool run(const struct screen *screen, int argc, char **argv)
{
	enum { FIRST = 3, ARGUMENTS = 5 };
	long n[ARGUMENTS] = { 0 };
	for (int i = 0; i < ARGUMENTS && FIRST + i < argc; i++)
		n[i] = probe_number(argv[FIRST + i]);
	const char *command = argv[2];
	if (strcmp(command, "echo") == 0)
		return echo(screen, n[0], n[1], n[2]);
	if (strcmp(command, "frames") == 0)
		return count_frames(screen, n[0], n[1], n[2], n[3], n[4]);
	if (strcmp(command, "motion") == 0)
		return move_pointer(screen, n[0], n[1], n[2], n[3], n[4]);
	if (strcmp(command, "move") == 0)
		return move_window(screen, n[0], n[1], (xcb_window_t)n[2], n[3]);
	return false;
}

int main(int argc, char **argv)
{
	struct screen screen = { 0 };
	if (argc < 6) {
		fprintf(stderr, "usage: screen-probe FRAMEBUFFER echo|frames|motion|move X Y "
				"ARGUMENT...\n");
		return 2;
	}
	screen.connection = xcb_connect(NULL, NULL);
	if (xcb_connection_has_error(screen.connection) || !map_screen(&screen, argv[1])) {
		fprintf(stderr, "screen-probe: no display, or no screen in %s\n", argv[1]);
		return 1;
	}
	screen.root = xcb_setup_roots_iterator(xcb_get_setup(screen.connection)).data->root;
	prctl(PR_SET_TIMERSLACK, 1);
	bool done = run(&screen, argc, argv);
	xcb_generic_error_t *error = NULL;
	free(xcb_get_input_focus_reply(
		screen.connection, xcb_get_input_focus(screen.connection), &error));
	free(error);
	xcb_disconnect(screen.connection);
	return done ? 0 : 1;
}

/*
 * usage: draw-probe PAGE MODE WIDTH HEIGHT FRAMES [RECTANGLES]
 *
 * An application with one window, on $DISPLAY:
 *   echo     paints a small square at each key press
 *   fill     fills the whole window, 60 times a second
 *   rects    paints RECTANGLES squares of 8x8 at random places, 60 times a second
 *   noise    shows random pixels by MIT-SHM, 60 times a second
 *   quiet    draws once and counts the input that it gets
 * The moving modes begin when the page says go, draw FRAMES frames, and then wait for their end.
 */
#include "probe.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>
#include <xcb/shm.h>
#include <xcb/xcb.h>

enum { FRAME_NS = 1000000000 / 60, RECTANGLE_SIZE = 8, NOISE_IMAGES = 4 };

struct probe {
	struct probe_page *page;
	xcb_connection_t *connection;
	xcb_window_t window;
	xcb_gcontext_t gc;
	uint16_t width;
	uint16_t height;
	uint8_t depth;
	uint32_t frames;
	uint32_t rect_count;
	uint32_t *images; /* NOISE_IMAGES of them */
	xcb_shm_seg_t segment;
	uint32_t random;
};

struct mode {
	const char *name;
	void (*draw)(struct probe *probe, uint32_t frame); /* NULL: does not move by itself */
	void (*key)(struct probe *probe);
};

static uint32_t next_random(struct probe *probe)
{
	probe->random ^= probe->random << 13;
	probe->random ^= probe->random >> 17;
	probe->random ^= probe->random << 5;
	return probe->random;
}

static void set_colour(struct probe *probe, uint32_t colour)
{
	xcb_change_gc(probe->connection, probe->gc, XCB_GC_FOREGROUND, &colour);
}

static void draw_mark(struct probe *probe, uint32_t frame)
{
	xcb_rectangle_t mark = { 0, 0, MARK_SIZE, MARK_SIZE };
	set_colour(probe, MARK_FLAG | (frame & MARK_MASK));
	xcb_poly_fill_rectangle(probe->connection, probe->window, probe->gc, 1, &mark);
}

static void draw_fill(struct probe *probe, uint32_t frame)
{
	xcb_rectangle_t all = { 0, 0, probe->width, probe->height };
	set_colour(probe, MARK_FLAG | (frame & MARK_MASK));
	xcb_poly_fill_rectangle(probe->connection, probe->window, probe->gc, 1, &all);
}

/* Each in its own colour, so each a request of its own. */
static void draw_rects(struct probe *probe, uint32_t frame)
{
	for (uint32_t i = 0; i < probe->rect_count; i++) {
		uint32_t place = next_random(probe);
		xcb_rectangle_t rect = {
			.x = (int16_t)(place % (uint32_t)(probe->width - RECTANGLE_SIZE)),
			.y = (int16_t)((place >> 16) % (uint32_t)(probe->height - RECTANGLE_SIZE)),
			.width = RECTANGLE_SIZE,
			.height = RECTANGLE_SIZE,
		};
		set_colour(probe, (place ^ frame) & 0xffffff);
		xcb_poly_fill_rectangle(probe->connection, probe->window, probe->gc, 1, &rect);
	}
}

static void mark_image(
	struct probe *probe, uint32_t *image, uint32_t x, uint32_t y, uint32_t colour)
{
	for (uint32_t row = 0; row < MARK_SIZE; row++)
		for (uint32_t column = 0; column < MARK_SIZE; column++)
			image[(size_t)(y + row) * probe->width + x + column] = colour;
}

static void draw_noise(struct probe *probe, uint32_t frame)
{
	size_t pixels = (size_t)probe->width * probe->height;
	size_t offset = frame % NOISE_IMAGES * pixels;
	uint32_t *image = probe->images + offset;
	uint32_t colour = MARK_FLAG | (frame & MARK_MASK);
	mark_image(probe, image, 0, 0, colour);
	mark_image(probe, image, probe->width - MARK_SIZE, probe->height - MARK_SIZE, colour);
	xcb_shm_put_image(probe->connection, probe->window, probe->gc, probe->width, probe->height,
		0, 0, probe->width, probe->height, 0, 0, probe->depth, XCB_IMAGE_FORMAT_Z_PIXMAP, 0,
		probe->segment, (uint32_t)(offset * sizeof(uint32_t)));
}

static void echo_key(struct probe *probe)
{
	probe->page->frames++;
	draw_mark(probe, probe->page->frames);
	xcb_flush(probe->connection);
}

static const struct mode modes[] = {
	{ .name = "echo", .key = echo_key },
	{ .name = "fill", .draw = draw_fill },
	{ .name = "rects", .draw = draw_rects },
	{ .name = "noise", .draw = draw_noise },
	{ .name = "quiet" },
};

static const struct mode *mode_named(const char *name)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	return NULL;
}

static bool prepare_noise(struct probe *probe)
{
	size_t size = (size_t)probe->width * probe->height * NOISE_IMAGES;
	int id = shmget(IPC_PRIVATE, size * sizeof(uint32_t), IPC_CREAT | 0600);
	if (id < 0)
		return false;
	probe->images = shmat(id, NULL, 0);
	probe->segment = xcb_generate_id(probe->connection);
	xcb_generic_error_t *error = xcb_request_check(probe->connection,
		xcb_shm_attach_checked(probe->connection, probe->segment, (uint32_t)id, 0));
	shmctl(id, IPC_RMID, NULL);
	if (error != NULL || probe->images == (void *)-1) {
		free(error);
		return false;
	}
	for (size_t i = 0; i < size; i++)
		probe->images[i] = next_random(probe) & 0xffffff;
	return true;
}

static bool open_window(struct probe *probe)
{
	probe->connection = xcb_connect(NULL, NULL);
	if (xcb_connection_has_error(probe->connection))
		return false;
	const xcb_screen_t *screen =
		xcb_setup_roots_iterator(xcb_get_setup(probe->connection)).data;
	probe->depth = screen->root_depth;
	probe->window = xcb_generate_id(probe->connection);
	uint32_t values[] = { 0x204060, XCB_EVENT_MASK_KEY_PRESS | XCB_EVENT_MASK_POINTER_MOTION |
						XCB_EVENT_MASK_EXPOSURE };
	xcb_create_window(probe->connection, screen->root_depth, probe->window, screen->root, 0, 0,
		probe->width, probe->height, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, screen->root_visual,
		XCB_CW_BACK_PIXEL | XCB_CW_EVENT_MASK, values);
	static const char title[] = "draw-probe";
	static const char class_name[] = "draw-probe\0Draw-probe";
	xcb_change_property(probe->connection, XCB_PROP_MODE_REPLACE, probe->window,
		XCB_ATOM_WM_NAME, XCB_ATOM_STRING, 8, sizeof(title) - 1, title);
	xcb_change_property(probe->connection, XCB_PROP_MODE_REPLACE, probe->window,
		XCB_ATOM_WM_CLASS, XCB_ATOM_STRING, 8, sizeof(class_name), class_name);
	enum { MIN_AND_MAX_SIZE = 16 | 32, INPUT = 1 };
	uint32_t size_hints[18] = { [0] = MIN_AND_MAX_SIZE,
		[5] = probe->width,
		[6] = probe->height,
		[7] = probe->width,
		[8] = probe->height };
	xcb_change_property(probe->connection, XCB_PROP_MODE_REPLACE, probe->window,
		XCB_ATOM_WM_NORMAL_HINTS, XCB_ATOM_WM_SIZE_HINTS, 32, 18, size_hints);
	uint32_t hints[9] = { INPUT, 1 };
	xcb_change_property(probe->connection, XCB_PROP_MODE_REPLACE, probe->window,
		XCB_ATOM_WM_HINTS, XCB_ATOM_WM_HINTS, 32, 9, hints);
	probe->gc = xcb_generate_id(probe->connection);
	uint32_t no_exposures = 0;
	xcb_create_gc(probe->connection, probe->gc, probe->window, XCB_GC_GRAPHICS_EXPOSURES,
		&no_exposures);
	return true;
}

/* False when the server is gone. */
static bool read_events(struct probe *probe, const struct mode *mode)
{
	xcb_generic_event_t *event;
	while ((event = xcb_poll_for_event(probe->connection)) != NULL) {
		switch (event->response_type & 0x7f) {
		case XCB_KEY_PRESS:
			if (mode->key != NULL)
				mode->key(probe);
			probe->page->events++;
			break;
		case XCB_MOTION_NOTIFY:
			probe->page->events++;
			break;
		default:
			break;
		}
		free(event);
	}
	return !xcb_connection_has_error(probe->connection);
}

static void draw_frames(struct probe *probe, const struct mode *mode)
{
	int64_t next = probe_now();
	for (uint32_t frame = 1; frame <= probe->frames; frame++) {
		mode->draw(probe, frame);
		xcb_flush(probe->connection);
		probe->page->frames = frame;
		if (!read_events(probe, mode))
			return;
		next += FRAME_NS;
		probe_sleep_until(next);
	}
	probe->page->done = 1;
}

static void run(struct probe *probe, const struct mode *mode)
{
	enum { WAIT_MS = 10 };
	struct pollfd events = { .fd = xcb_get_file_descriptor(probe->connection),
		.events = POLLIN };
	bool moving = mode->draw != NULL;
	while (read_events(probe, mode)) {
		if (moving && probe->page->go) {
			draw_frames(probe, mode);
			moving = false;
		}
		poll(&events, 1, moving ? WAIT_MS : -1);
	}
}

static struct probe_page *map_page(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	void *page =
		mmap(NULL, sizeof(struct probe_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return page == MAP_FAILED ? NULL : page;
}

int main(int argc, char **argv)
{
	const struct mode *mode = argc >= 6 ? mode_named(argv[2]) : NULL;
	if (mode == NULL) {
		fprintf(stderr, "usage: draw-probe PAGE echo|fill|rects|noise|quiet WIDTH HEIGHT "
				"FRAMES [RECTANGLES]\n");
		return 2;
	}
	struct probe probe = {
		.page = map_page(argv[1]),
		.width = (uint16_t)probe_number(argv[3]),
		.height = (uint16_t)probe_number(argv[4]),
		.frames = (uint32_t)probe_number(argv[5]),
		.rect_count = argc > 6 ? (uint32_t)probe_number(argv[6]) : 0,
		.random = 2463534242u,
	};
	if (probe.page == NULL || !open_window(&probe) ||
		(mode->draw == draw_noise && !prepare_noise(&probe))) {
		fprintf(stderr, "draw-probe: no page, no display or no shared memory\n");
		return 1;
	}
	xcb_map_window(probe.connection, probe.window);
	xcb_flush(probe.connection);
	probe.page->window = probe.window;
	run(&probe, mode);
	xcb_disconnect(probe.connection);
	return 0;
}

/*
 * The pixels that the agent reads from real X servers of several kinds: deep and shallow ones,
 * with alpha, with and without shared memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent-bench.h"
#include "unit.h"

enum { PATIENCE_MS = 60000, SIDE = 64, HALF = SIDE / 2 };

static struct {
	struct agent_bench bench;
	struct vp_frame_present frame; /* the last; window is 0 before the first */
} guest;

static bool handle_message(void *data, const struct vp_message *message)
{
	(void)data;
	if (message->op == VP_OP_FRAME_PRESENT)
		guest.frame = message->frame_present;
	agent_bench_take_pixels(&guest.bench, message);
	return true;
}

static const struct vp_session_listener listener = {
	.ready = agent_bench_ignore_ready,
	.message = handle_message,
	.closed = agent_bench_tell_closed,
};

static void start(const char *screen, const char *without)
{
	memset(&guest, 0, sizeof(guest));
	guest.bench.server.without = without;
	agent_bench_start(&guest.bench, screen, &listener, NULL);
}

/* The window's pixel as the primary has it, 0xAARRGGBB; 0 before the first frame. */
static uint32_t pixel(uint32_t x, uint32_t y)
{
	struct vp_buffer *buffer = guest.bench.buffers[guest.frame.buffer % AGENT_BENCH_BUFFERS];
	uint32_t value = 0;
	if (guest.frame.window != 0 && buffer != NULL)
		memcpy(&value,
			vp_buffer_data(buffer) + (size_t)y * buffer->stride +
				(size_t)x * VP_PIXEL_BYTES,
			sizeof(value));
	return value;
}

static bool alike(uint32_t a, uint32_t b, uint32_t mask, uint32_t tolerance)
{
	for (uint32_t shift = 0; shift < 32; shift += 8) {
		int32_t difference = (int32_t)((a & mask) >> shift & 0xff) -
				     (int32_t)((b & mask) >> shift & 0xff);
		if (abs(difference) > (int32_t)tolerance)
			return false;
	}
	return true;
}

/* Waits until the left half of the window has one colour, and the right one another. */
static void check_halves(uint32_t left, uint32_t right, uint32_t mask, uint32_t tolerance)
{
	int64_t end = agent_bench_now() + PATIENCE_MS;
	bool are = false;
	while (!are && agent_bench_now() < end) {
		agent_bench_turn(&guest.bench, 10, agent_bench_ignore_event, NULL);
		are = alike(pixel(0, 0), left, mask, tolerance) &&
		      alike(pixel(HALF - 1, SIDE - 1), left, mask, tolerance) &&
		      alike(pixel(HALF, 0), right, mask, tolerance) &&
		      alike(pixel(SIDE - 1, SIDE - 1), right, mask, tolerance);
	}
	CU_ASSERT_TRUE(are);
	if (!are)
		fprintf(stderr, "left %#x, right %#x\n", pixel(0, 0), pixel(SIDE - 1, 0));
}

static void fill(xcb_window_t window, uint32_t pixel_value, int16_t x)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_gcontext_t gc = xcb_generate_id(c);
	const xcb_rectangle_t half = { x, 0, HALF, SIDE };
	xcb_create_gc(c, gc, window, XCB_GC_FOREGROUND, &pixel_value);
	xcb_poly_fill_rectangle(c, window, gc, 1, &half);
	xcb_free_gc(c, gc);
}

static xcb_window_t shown;

static bool is_viewable(void)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_get_window_attributes_reply_t *reply =
		xcb_get_window_attributes_reply(c, xcb_get_window_attributes(c, shown), NULL);
	bool is = reply->map_state == XCB_MAP_STATE_VIEWABLE;
	free(reply);
	return is;
}

/* Until the agent, which manages windows, has mapped it: what is drawn before is lost. */
static void show(xcb_window_t window)
{
	xcb_map_window(guest.bench.connection, window);
	shown = window;
	CU_ASSERT_TRUE(agent_bench_wait(&guest.bench, is_viewable, PATIENCE_MS));
}

static uint32_t allocate(uint16_t red, uint16_t green, uint16_t blue)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_alloc_color_reply_t *reply = xcb_alloc_color_reply(c,
		xcb_alloc_color(c, guest.bench.screen->default_colormap, red, green, blue), NULL);
	uint32_t value = reply->pixel;
	free(reply);
	return value;
}

/* A window of the screen's own depth. */
static void check_screen(uint32_t tolerance)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_window_t window = xcb_generate_id(c);
	xcb_create_window(c, XCB_COPY_FROM_PARENT, window, guest.bench.screen->root, 0, 0, SIDE,
		SIDE, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, 0, NULL);
	show(window);
	fill(window, allocate(0xffff, 0x8080, 0), 0);
	fill(window, allocate(0x2020, 0, 0xc0c0), HALF);
	check_halves(0xff8000, 0x2000c0, 0xffffff, tolerance);
	/* A change of a part. */
	fill(window, allocate(0, 0xffff, 0), HALF);
	check_halves(0xff8000, 0x00ff00, 0xffffff, tolerance);
}

static xcb_visualid_t find_argb(void)
{
	xcb_depth_iterator_t depths = xcb_screen_allowed_depths_iterator(guest.bench.screen);
	for (; depths.rem > 0; xcb_depth_next(&depths))
		if (depths.data->depth == 32)
			return xcb_depth_visuals_iterator(depths.data).data->visual_id;
	return XCB_NONE;
}

static void check_alpha(void)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_window_t window = xcb_generate_id(c);
	xcb_colormap_t colormap = xcb_generate_id(c);
	xcb_visualid_t visual = find_argb();
	CU_ASSERT_NOT_EQUAL_FATAL(visual, XCB_NONE);
	xcb_create_colormap(c, XCB_COLORMAP_ALLOC_NONE, colormap, guest.bench.screen->root, visual);
	const uint32_t values[] = { 0, colormap };
	xcb_create_window(c, 32, window, guest.bench.screen->root, 0, 0, SIDE, SIDE, 0,
		XCB_WINDOW_CLASS_INPUT_OUTPUT, visual, XCB_CW_BORDER_PIXEL | XCB_CW_COLORMAP,
		values);
	show(window);
	fill(window, 0x80402010, 0);
	fill(window, 0xffc0d0e0, HALF);
	check_halves(0x80402010, 0xffc0d0e0, UINT32_MAX, 0);
}

static void test_usual(void)
{
	start("640x480x24", NULL);
	check_screen(0);
	agent_bench_stop(&guest.bench);
}

static void test_alpha(void)
{
	start("640x480x24", NULL);
	check_alpha();
	agent_bench_stop(&guest.bench);
}

static void test_socket(void)
{
	start("640x480x24", "MIT-SHM");
	check_screen(0);
	agent_bench_stop(&guest.bench);
	start("640x480x24", "MIT-SHM");
	check_alpha();
	agent_bench_stop(&guest.bench);
}

static void test_socket_shallow(void)
{
	start("640x480x16", "MIT-SHM");
	check_screen(8);
	agent_bench_stop(&guest.bench);
}

static void test_deep(void)
{
	start("640x480x30", NULL);
	check_screen(1);
	agent_bench_stop(&guest.bench);
}

static void test_shallow(void)
{
	start("640x480x16", NULL);
	check_screen(8);
	agent_bench_stop(&guest.bench);
}

static const struct unit_test tests[] = {
	{ "a window of the usual depth has its pixels", test_usual },
	{ "a window with alpha keeps it", test_alpha },
	{ "without shared memory pixels come through the server's socket", test_socket },
	{ "pixels of another depth come through the socket converted", test_socket_shallow },
	{ "ten bits a colour become eight", test_deep },
	{ "five bits a colour become eight", test_shallow },
};

UNIT_MAIN("agent's pixels", tests)

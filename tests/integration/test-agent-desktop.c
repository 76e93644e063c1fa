/*
 * What the agent makes of the primary's desktop in the guest, on a real X server: monitors,
 * settings; and what it tells of the guest's: cursors, popups.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xcb/randr.h>
#include <xcb/render.h>
#include <xcb/sync.h>

#include "agent-bench.h"
#include "unit.h"

enum { PATIENCE_MS = 60000, SIZE = 64 };

static struct {
	struct agent_bench bench;
	uint32_t images; /* cursor images that came */
	uint32_t sets; /* cursors shown */
	uint32_t cursor; /* shown last */
	uint32_t window;
	struct vp_cursor_image image; /* the last, without its pixels */
	uint32_t first_pixel;
	struct vp_window_create popup; /* the last */
	struct vp_window_moved moved;
} guest;

static bool handle_message(void *data, const struct vp_message *message)
{
	(void)data;
	if (message->op == VP_OP_CURSOR_IMAGE) {
		guest.images++;
		guest.image = message->cursor_image;
		memcpy(&guest.first_pixel, message->cursor_image.pixels.data,
			sizeof(guest.first_pixel));
	} else if (message->op == VP_OP_CURSOR_SET) {
		guest.sets++;
		guest.cursor = message->cursor_set.cursor;
	} else if (message->op == VP_OP_WINDOW_CREATE && message->window_create.popup) {
		guest.popup = message->window_create;
	} else if (message->op == VP_OP_WINDOW_MOVED) {
		guest.moved = message->window_moved;
	} else if (message->op == VP_OP_WINDOW_MAP) {
		guest.window = message->window_map.window;
	}
	return true;
}

static const struct vp_session_listener listener = {
	.ready = agent_bench_ignore_ready,
	.message = handle_message,
	.closed = agent_bench_tell_closed,
};

/* Turns the loop until the guest is as wanted. */
static void wait_until(bool (*reached)(void))
{
	CU_ASSERT_TRUE(agent_bench_wait(&guest.bench, reached, PATIENCE_MS));
}

/* Until the server has done what the application has asked for. */
static void sync_application(void)
{
	xcb_connection_t *c = guest.bench.connection;
	free(xcb_get_input_focus_reply(c, xcb_get_input_focus(c), NULL));
}

/* "name WxH+X+Y name WxH+X+Y", the primary monitor marked by a star. */
static void describe_monitors(char *text, size_t size)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_randr_get_monitors_reply_t *reply = xcb_randr_get_monitors_reply(
		c, xcb_randr_get_monitors(c, guest.bench.screen->root, 1), NULL);
	size_t len = 0;
	text[0] = '\0';
	xcb_randr_monitor_info_iterator_t at = xcb_randr_get_monitors_monitors_iterator(reply);
	for (; at.rem > 0; xcb_randr_monitor_info_next(&at)) {
		xcb_get_atom_name_reply_t *name =
			xcb_get_atom_name_reply(c, xcb_get_atom_name(c, at.data->name), NULL);
		len += (size_t)snprintf(text + len, size - len, "%s%.*s%s %ux%u+%d+%d",
			len > 0 ? " " : "", xcb_get_atom_name_name_length(name),
			xcb_get_atom_name_name(name), at.data->primary ? "*" : "", at.data->width,
			at.data->height, at.data->x, at.data->y);
		free(name);
	}
	free(reply);
}

static const char *expected_monitors;

static bool monitors_are_as_expected(void)
{
	char text[512];
	describe_monitors(text, sizeof(text));
	return strcmp(text, expected_monitors) == 0;
}

static void check_monitors(const char *expected)
{
	char text[512];
	expected_monitors = expected;
	wait_until(monitors_are_as_expected);
	describe_monitors(text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, expected);
}

static void check_screen(uint16_t width, uint16_t height)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_get_geometry_reply_t *root =
		xcb_get_geometry_reply(c, xcb_get_geometry(c, guest.bench.screen->root), NULL);
	CU_ASSERT_EQUAL(root->width, width);
	CU_ASSERT_EQUAL(root->height, height);
	free(root);
}

static void send_monitor(uint8_t index, uint8_t count, int32_t x, uint32_t width, uint32_t height,
	uint32_t screen_width, const char *name)
{
	vp_session_send(guest.bench.session,
		VP_MESSAGE(MONITOR, monitor, .index = index, .count = count, .primary = index == 0,
			.x = x, .width = width, .height = height, .screen_width = screen_width,
			.screen_height = height, .name = vp_text_from(name, VP_NAME_MAX)));
}

static void test_one_monitor(void)
{
	send_monitor(0, 1, 0, 640, 480, 640, "DP-1");
	check_monitors("DP-1* 640x480+0+0");
	check_screen(640, 480);
}

static void test_more_monitors(void)
{
	send_monitor(0, 2, 0, 800, 600, 1400, "DP-1");
	send_monitor(1, 2, 800, 600, 600, 1400, "HDMI-2");
	check_monitors("DP-1* 800x600+0+0 HDMI-2 600x600+800+0");
	check_screen(1400, 600);
}

static void test_fewer_monitors(void)
{
	send_monitor(0, 1, 0, 1024, 768, 1024, "HDMI-2");
	check_monitors("HDMI-2* 1024x768+0+0");
	check_screen(1024, 768);
	send_monitor(0, 1, 0, 640, 480, 640, "DP-1");
	check_monitors("DP-1* 640x480+0+0");
	check_screen(640, 480);
}

static void test_too_large(void)
{
	send_monitor(0, 1, 0, 4000, 3000, 4000, "WALL");
	check_monitors("WALL* 4000x3000+0+0");
	send_monitor(0, 1, 0, 1024, 768, 1024, "DP-1");
	check_monitors("DP-1* 1024x768+0+0");
	check_screen(1024, 768);
}

static xcb_atom_t intern(const char *name)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_intern_atom_reply_t *reply =
		xcb_intern_atom_reply(c, xcb_intern_atom(c, 0, (uint16_t)strlen(name), name), NULL);
	xcb_atom_t atom = reply->atom;
	free(reply);
	return atom;
}

static xcb_get_property_reply_t *read_property(xcb_window_t window, xcb_atom_t property)
{
	xcb_connection_t *c = guest.bench.connection;
	return xcb_get_property_reply(
		c, xcb_get_property(c, 0, window, property, XCB_ATOM_ANY, 0, 4096), NULL);
}

static const char *expected_areas;

/* "x y width height" of each area. */
static void describe_areas(const char *property, char *text, size_t size)
{
	xcb_get_property_reply_t *reply = read_property(guest.bench.screen->root, intern(property));
	const uint32_t *words = xcb_get_property_value(reply);
	size_t len = 0;
	text[0] = '\0';
	for (uint32_t i = 0; i < reply->value_len; i++)
		len += (size_t)snprintf(
			text + len, size - len, "%s%u", len > 0 ? " " : "", words[i]);
	free(reply);
}

static bool areas_are_as_expected(void)
{
	char text[256];
	describe_areas("_GTK_WORKAREAS_D0", text, sizeof(text));
	return strcmp(text, expected_areas) == 0;
}

static void check_areas(const char *by_monitor, const char *all)
{
	char text[256];
	expected_areas = by_monitor;
	wait_until(areas_are_as_expected);
	describe_areas("_NET_WORKAREA", text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, all);
}

static void send_areas(const struct vp_rect *areas, size_t count)
{
	uint8_t encoded[VP_MONITORS_MAX * VP_RECT_BYTES];
	vp_session_send(guest.bench.session,
		VP_MESSAGE(WORK_AREAS, work_areas, vp_rects_put(encoded, areas, count)));
}

static void test_work_areas(void)
{
	const struct vp_rect areas[] = { { 0, 30, 800, 570 }, { 800, 0, 600, 560 } };
	const struct vp_rect outside[] = { { -50, 20, 1000, 32000 }, { 2000, 0, 600, 560 } };
	send_monitor(0, 1, 0, 640, 480, 640, "DP-1");
	check_areas("0 0 640 480", "0 0 640 480");
	send_monitor(0, 2, 0, 800, 600, 1400, "DP-1");
	send_monitor(1, 2, 800, 600, 600, 1400, "HDMI-2");
	send_areas(areas, 2);
	check_areas("0 30 800 570 800 0 600 560", "0 0 1400 600");
	send_areas(areas, 1);
	check_areas("0 30 800 570", "0 30 800 570");
	send_areas(outside, 2);
	check_areas("0 20 950 580", "0 20 950 580");
	send_areas(NULL, 0);
	check_areas("0 0 1400 600", "0 0 1400 600");
}

static bool resources_are_set(void)
{
	xcb_get_property_reply_t *reply =
		read_property(guest.bench.screen->root, XCB_ATOM_RESOURCE_MANAGER);
	size_t len = (size_t)xcb_get_property_value_length(reply);
	bool set = memmem(xcb_get_property_value(reply), len, "Xft.dpi:\t192\n", 13) != NULL &&
		   memmem(xcb_get_property_value(reply), len, "kept: 1\n", 8) != NULL &&
		   memmem(xcb_get_property_value(reply), len, "Xcursor.size:\t48\n", 17) != NULL;
	free(reply);
	return set;
}

static void test_settings(void)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, guest.bench.screen->root,
		XCB_ATOM_RESOURCE_MANAGER, XCB_ATOM_STRING, 8, 21, "Xft.dpi: 96\nkept: 1\n\n");
	sync_application();
	vp_session_send(guest.bench.session,
		VP_MESSAGE(SETTINGS, settings, .dpi = 192, .scale = 2, .cursor_size = 48,
			.theme = vp_text_from("Adwaita", VP_NAME_MAX)));
	wait_until(resources_are_set);
	xcb_get_selection_owner_reply_t *owner = xcb_get_selection_owner_reply(
		c, xcb_get_selection_owner(c, intern("_XSETTINGS_S0")), NULL);
	CU_ASSERT_NOT_EQUAL_FATAL(owner->owner, 0);
	xcb_get_property_reply_t *settings =
		read_property(owner->owner, intern("_XSETTINGS_SETTINGS"));
	size_t len = (size_t)xcb_get_property_value_length(settings);
	CU_ASSERT_PTR_NOT_NULL(
		memmem(xcb_get_property_value(settings), len, "Gdk/WindowScalingFactor", 23));
	CU_ASSERT_PTR_NOT_NULL(memmem(xcb_get_property_value(settings), len, "Adwaita", 7));
	free(settings);
	free(owner);
}

static uint32_t images_wanted;
static uint32_t sets_wanted;

static bool cursors_have_come(void)
{
	return guest.images >= images_wanted && guest.sets >= sets_wanted;
}

static xcb_cursor_t create_cursor(uint16_t size, uint16_t hot, uint16_t red)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_pixmap_t pixmap = xcb_generate_id(c);
	xcb_cursor_t cursor = xcb_generate_id(c);
	xcb_gcontext_t gc = xcb_generate_id(c);
	const uint32_t one = 1;
	const xcb_rectangle_t all = { 0, 0, size, size };
	xcb_create_pixmap(c, 1, pixmap, guest.bench.screen->root, size, size);
	xcb_create_gc(c, gc, pixmap, XCB_GC_FOREGROUND, &one);
	xcb_poly_fill_rectangle(c, pixmap, gc, 1, &all);
	xcb_create_cursor(c, cursor, pixmap, pixmap, red, 0, 0, 0, 0, 0, hot, hot);
	xcb_free_gc(c, gc);
	xcb_free_pixmap(c, pixmap);
	return cursor;
}

static void show(xcb_window_t window, xcb_cursor_t cursor)
{
	xcb_change_window_attributes(guest.bench.connection, window, XCB_CW_CURSOR, &cursor);
}

static void wait_for_cursors(uint32_t images, uint32_t sets)
{
	images_wanted = images;
	sets_wanted = sets;
	wait_until(cursors_have_come);
	CU_ASSERT_EQUAL(guest.images, images);
	CU_ASSERT_EQUAL(guest.sets, sets);
}

static bool window_is_mapped(void)
{
	return guest.window != 0;
}

static xcb_window_t open_window(int16_t x, int16_t y, uint32_t override_redirect)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_window_t window = xcb_generate_id(c);
	xcb_create_window(c, XCB_COPY_FROM_PARENT, window, guest.bench.screen->root, x, y, SIZE,
		SIZE, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT,
		XCB_CW_OVERRIDE_REDIRECT, &override_redirect);
	xcb_map_window(c, window);
	return window;
}

static void place_window(uint32_t window, int32_t x, int32_t y)
{
	vp_session_send(guest.bench.session,
		VP_MESSAGE(WINDOW_CONFIGURE, window_configure, .window = window, .serial = 1,
			.x = x, .y = y, .width = SIZE, .height = SIZE));
	vp_session_flush(guest.bench.session);
}

static xcb_window_t owner;
static int16_t owner_x;

static bool owner_is_placed(void)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_get_geometry_reply_t *reply =
		xcb_get_geometry_reply(c, xcb_get_geometry(c, owner), NULL);
	bool placed = reply->x == owner_x;
	free(reply);
	return placed;
}

static void wait_for_owner(int16_t x)
{
	owner_x = x;
	wait_until(owner_is_placed);
}

static bool popup_has_come(void)
{
	return guest.popup.window != 0;
}

static bool popup_has_moved(void)
{
	return guest.moved.window == guest.popup.window;
}

/* A primary places the window while its application opens a popup where the window was. */
static void test_popup_of_moved_owner(void)
{
	xcb_connection_t *c = guest.bench.connection;
	const uint32_t beside[] = { 400 + 50, 300 + 60 };
	guest.window = 0;
	owner = open_window(0, 0, 0);
	wait_until(window_is_mapped);
	uint32_t id = guest.window;
	place_window(id, 100, 50);
	wait_for_owner(100);
	agent_bench_pause_agent(&guest.bench);
	place_window(id, 400, 300);
	xcb_window_t popup = open_window(100 + 30, 50 + 40, 1);
	/* Before the agent does anything. */
	sync_application();
	agent_bench_continue_agent(&guest.bench);
	wait_until(popup_has_come);
	CU_ASSERT_EQUAL(guest.popup.owner, id);
	CU_ASSERT_EQUAL(guest.popup.x, 30);
	CU_ASSERT_EQUAL(guest.popup.y, 40);
	wait_for_owner(400);
	xcb_configure_window(c, popup, XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_Y, beside);
	wait_until(popup_has_moved);
	CU_ASSERT_EQUAL(guest.moved.x, 50);
	CU_ASSERT_EQUAL(guest.moved.y, 60);
	xcb_destroy_window(c, popup);
	xcb_destroy_window(c, owner);
}

/* A window that never tells that it has drawn itself. */
static xcb_window_t open_slow_window(void)
{
	xcb_connection_t *c = guest.bench.connection;
	const xcb_sync_counter_t counter = xcb_generate_id(c);
	const xcb_atom_t protocol = intern("_NET_WM_SYNC_REQUEST");
	xcb_window_t window = xcb_generate_id(c);
	xcb_sync_create_counter(c, counter, (xcb_sync_int64_t){ 0, 0 });
	xcb_create_window(c, XCB_COPY_FROM_PARENT, window, guest.bench.screen->root, 0, 0, SIZE,
		SIZE, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, 0, NULL);
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, window, intern("WM_PROTOCOLS"), XCB_ATOM_ATOM,
		32, 1, &protocol);
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, window,
		intern("_NET_WM_SYNC_REQUEST_COUNTER"), XCB_ATOM_CARDINAL, 32, 1, &counter);
	xcb_map_window(c, window);
	return window;
}

static void resize_window(uint32_t window, uint32_t width)
{
	vp_session_send(guest.bench.session,
		VP_MESSAGE(WINDOW_CONFIGURE, window_configure, .window = window, .serial = 1,
			.width = width, .height = SIZE));
}

static xcb_window_t slow;

static bool slow_has_last_size(void)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_get_geometry_reply_t *reply =
		xcb_get_geometry_reply(c, xcb_get_geometry(c, slow), NULL);
	bool has = reply->width == SIZE + 2;
	free(reply);
	return has;
}

static void test_hidden_while_drawing(void)
{
	guest.window = 0;
	slow = open_slow_window();
	wait_until(window_is_mapped);
	resize_window(guest.window, SIZE + 1);
	resize_window(guest.window, SIZE + 2);
	vp_session_send(guest.bench.session,
		VP_MESSAGE(WINDOW_STATE_SET, window_state_set, guest.window, VP_STATE_MINIMIZED));
	wait_until(slow_has_last_size);
	xcb_destroy_window(guest.bench.connection, slow);
}

static void test_cursors(void)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_window_t window = open_window(0, 0, 0);
	wait_until(window_is_mapped);
	place_window(guest.window, 0, 0);
	wait_for_cursors(1, 1);
	xcb_cursor_t red = create_cursor(16, 5, UINT16_MAX);
	xcb_cursor_t large = create_cursor(512, 100, 0);
	show(window, red);
	vp_session_send(guest.bench.session, VP_MESSAGE(POINTER_MOTION, pointer_motion,
						     .window = guest.window, .x = 10, .y = 10));
	wait_for_cursors(2, 2);
	CU_ASSERT_EQUAL(guest.image.width, 16);
	CU_ASSERT_EQUAL(guest.image.hot_x, 5);
	CU_ASSERT_EQUAL(guest.first_pixel, 0xffff0000);
	uint32_t red_id = guest.cursor;
	show(window, large);
	wait_for_cursors(3, 3);
	CU_ASSERT_EQUAL(guest.image.width, VP_CURSOR_SIZE_MAX);
	CU_ASSERT_EQUAL(guest.image.hot_x, 50);
	/* One that the primary has already. */
	show(window, red);
	wait_for_cursors(3, 4);
	CU_ASSERT_EQUAL(guest.cursor, red_id);
	xcb_destroy_window(c, window);
}

static xcb_cursor_t create_animation(void)
{
	enum { DELAY_MS = 20 };
	xcb_connection_t *c = guest.bench.connection;
	xcb_cursor_t cursor = xcb_generate_id(c);
	const xcb_render_animcursorelt_t frames[] = {
		{ create_cursor(20, 1, UINT16_MAX), DELAY_MS },
		{ create_cursor(20, 2, 0), DELAY_MS },
	};
	xcb_render_create_anim_cursor(c, cursor, 2, frames);
	return cursor;
}

enum { STILL_SIZE = 24 };

static bool still_cursor_has_come(void)
{
	return guest.image.width == STILL_SIZE;
}

static void test_animated_cursor(void)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_window_t root = guest.bench.screen->root;
	free(xcb_render_query_version_reply(c, xcb_render_query_version(c, 0, 11), NULL));
	show(root, create_cursor(STILL_SIZE, 1, 0));
	wait_until(still_cursor_has_come);
	uint32_t images = guest.images;
	show(root, create_animation());
	images_wanted = images + 2;
	sets_wanted = guest.sets + 6;
	wait_until(cursors_have_come);
	/* Each step's image is sent once, and that of the whole, which for the server is a cursor
	 * of its own, unless it has begun to move before the agent looks at it. */
	CU_ASSERT(guest.images <= images + 3);
	CU_ASSERT_EQUAL(guest.image.width, 20);
	show(root, XCB_CURSOR_NONE);
}

static const struct unit_test tests[] = {
	{ "a cursor's image is sent once, and made smaller if need be", test_cursors },
	{ "an animated cursor is animated on the primary", test_animated_cursor },
	{ "the screen takes the size of the primary's", test_one_monitor },
	{ "the screen grows with the primary's, and has its monitors", test_more_monitors },
	{ "monitors that are gone go, and the screen shrinks", test_fewer_monitors },
	{ "a screen beyond the server's limit leaves one that works", test_too_large },
	{ "what the primary's panels leave free is where windows go", test_work_areas },
	{ "a popup stays beside its owner if that moves meanwhile", test_popup_of_moved_owner },
	{ "a window that is hidden while it draws itself has the size that came last",
		test_hidden_while_drawing },
	{ "scale and appearance reach XSETTINGS and the X resources", test_settings },
};

static void start(void)
{
	memset(&guest, 0, sizeof(guest));
	agent_bench_start(&guest.bench, "1600x1200x24", &listener, NULL);
}

static void stop(void)
{
	agent_bench_stop(&guest.bench);
}

int main(int argc, char **argv)
{
	return unit_run_between("agent's desktop", tests, sizeof(tests) / sizeof(tests[0]), start,
		stop, argc, argv);
}

/*
 * What the view makes of a guest's windows on a real X server: labels, dialogs, pixels, pictures.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "unit.h"
#include "view-desk.h"
#include "x-user.h"

enum {
	WINDOW = 1,
	WINDOW_X = 300,
	WINDOW_Y = 200,
	WIDTH = 500,
	HEIGHT = 300,
	DIALOG_WIDTH = 500, /* of its content */
	DIALOG_HEIGHT = 149,
	DIALOG_MARGIN = 22,
	END_X = 440, /* its buttons */
	WAIT_X = 360,
	BUTTON_Y = 110,
	KEY_ESCAPE = 9,
	KEY_TAB = 23,
	KEY_RETURN = 36,
};

static const uint32_t label = 0xff000000U | VIEW_DESK_COLOUR;

static struct view_desk desk;

static const struct vp_window_create window_at = {
	.window = WINDOW,
	.native = 0x1000 + WINDOW,
	.x = WINDOW_X,
	.y = WINDOW_Y,
	.width = WIDTH,
	.height = HEIGHT,
};

static uint32_t opaque(uint32_t pixel)
{
	return pixel | 0xff000000U;
}

static struct view_desk_xids open_window(const char *title)
{
	struct view_desk_xids xids = view_desk_open(&desk, &window_at);
	view_desk_say(&desk, VP_MESSAGE(WINDOW_TITLE, window_title, .window = WINDOW,
				     .title = vp_text_from(title, VP_TITLE_MAX)));
	return xids;
}

static void destroy_window(uint32_t window)
{
	view_desk_destroy(&desk, window);
}

/* Waits for a pixel to get a colour. */

struct pixel {
	xcb_window_t window;
	int32_t x;
	int32_t y;
	uint32_t colour;
};

static bool pixel_is(struct view_desk *at, void *data)
{
	const struct pixel *pixel = data;
	return opaque(x_user_pixel(at->user, pixel->window, pixel->x, pixel->y)) == pixel->colour;
}

static void check_pixel(xcb_window_t window, int32_t x, int32_t y, uint32_t colour)
{
	struct pixel pixel = { window, x, y, colour };
	view_desk_wait(&desk, pixel_is, &pixel);
}

struct title {
	xcb_window_t window;
	const char *text;
};

static bool title_is(struct view_desk *at, void *data)
{
	const struct title *title = data;
	char text[VP_TITLE_MAX];
	return x_user_text(at->user, title->window, "_NET_WM_NAME", text, sizeof(text)) &&
	       strcmp(text, title->text) == 0;
}

static void check_title(xcb_window_t window, const char *text)
{
	struct title title = { window, text };
	view_desk_wait(&desk, title_is, &title);
}

/* The dialog for windows that hang */

static xcb_window_t only_child(xcb_window_t window)
{
	xcb_query_tree_reply_t *tree =
		xcb_query_tree_reply(desk.user, xcb_query_tree(desk.user, window), NULL);
	CU_ASSERT_EQUAL(xcb_query_tree_children_length(tree), 1);
	xcb_window_t child = xcb_query_tree_children(tree)[0];
	free(tree);
	return child;
}

static xcb_window_t find_dialog(void)
{
	xcb_window_t found = XCB_NONE;
	struct title title = { .text = "[work] not responding" };
	xcb_query_tree_reply_t *tree =
		xcb_query_tree_reply(desk.user, xcb_query_tree(desk.user, desk.screen->root), NULL);
	const xcb_window_t *children = xcb_query_tree_children(tree);
	for (int i = 0; i < xcb_query_tree_children_length(tree); i++) {
		title.window = children[i];
		if (title_is(&desk, &title))
			found = children[i];
	}
	free(tree);
	return found;
}

static bool dialog_is_open(struct view_desk *at, void *data)
{
	(void)at;
	return (find_dialog() != XCB_NONE) == *(const bool *)data;
}

static void check_dialog(bool open)
{
	view_desk_wait(&desk, dialog_is_open, &open);
	/* The last that is drawn. */
	if (open)
		check_pixel(only_child(find_dialog()), DIALOG_WIDTH - DIALOG_MARGIN - 8, BUTTON_Y,
			0xffffffff);
}

static void set_hung(bool hung)
{
	view_desk_say(&desk, VP_MESSAGE(WINDOW_HUNG, window_hung, .window = WINDOW, .hung = hung));
}

/* A window that hangs, which the user has asked to close. */
static void open_dialog(const char *title)
{
	struct view_desk_xids xids = open_window(title);
	set_hung(true);
	view_desk_listen(&desk, VP_OP_WINDOW_CLOSE, VP_OP_WINDOW_KILL, VP_OP_INPUT_KEY,
		VP_OP_POINTER_BUTTON, 0);
	x_user_close(desk.user, xids.toplevel);
	view_desk_check(&desk, "close1 ");
	check_dialog(true);
}

static xcb_rectangle_t geometry(xcb_window_t window)
{
	xcb_get_geometry_reply_t *reply =
		xcb_get_geometry_reply(desk.user, xcb_get_geometry(desk.user, window), NULL);
	xcb_rectangle_t rect = { 0 };
	if (reply != NULL)
		rect = (xcb_rectangle_t){ reply->x, reply->y, reply->width, reply->height };
	free(reply);
	return rect;
}

static void test_hung_title(void)
{
	struct view_desk_xids xids = open_window("An editor");
	set_hung(true);
	check_title(xids.toplevel, "[work] An editor (not responding)");
	view_desk_listen(&desk, VP_OP_WINDOW_CLOSE, 0);
	set_hung(false);
	check_title(xids.toplevel, "[work] An editor");
	x_user_close(desk.user, xids.toplevel);
	view_desk_check(&desk, "close1 ");
	check_dialog(false);
	destroy_window(WINDOW);
}

static void test_dialog_place(void)
{
	open_dialog("An editor");
	xcb_window_t dialog = find_dialog();
	xcb_rectangle_t place = geometry(dialog);
	CU_ASSERT_EQUAL(place.width, DIALOG_WIDTH + 2 * VIEW_DESK_BORDER);
	CU_ASSERT_EQUAL(place.height, DIALOG_HEIGHT + 2 * VIEW_DESK_BORDER);
	xcb_rectangle_t below = geometry(view_desk_xids(&desk, WINDOW).toplevel);
	CU_ASSERT_EQUAL(place.x + place.width / 2, below.x + below.width / 2);
	CU_ASSERT_EQUAL(place.y + place.height / 2, below.y + below.height / 2);
	check_pixel(dialog, 0, 0, label);
	check_pixel(dialog, place.width - 1, place.height - 1, label);
	check_pixel(dialog, place.width / 2, 0, label);
	check_pixel(only_child(dialog), 0, 0, 0xfff4f5f7);
	destroy_window(WINDOW);
	check_dialog(false);
}

/* The columns of the dialog's first line that have dark pixels: the first and the last of them. */
static bool measure_title(struct view_desk *at, void *data)
{
	enum { LEFT = 0, TOP = 20, LINE = 20 };
	int32_t *ends = data;
	xcb_get_image_reply_t *image = xcb_get_image_reply(at->user,
		xcb_get_image(at->user, XCB_IMAGE_FORMAT_Z_PIXMAP, only_child(find_dialog()), LEFT,
			TOP, DIALOG_WIDTH, LINE, UINT32_MAX),
		NULL);
	const uint8_t *pixels = xcb_get_image_data(image);
	ends[0] = DIALOG_WIDTH;
	ends[1] = -1;
	for (int32_t i = 0; i < DIALOG_WIDTH * LINE; i++) {
		if (pixels[4 * i] > 0x80)
			continue;
		int32_t column = i % DIALOG_WIDTH;
		ends[0] = column < ends[0] ? column : ends[0];
		ends[1] = column > ends[1] ? column : ends[1];
	}
	free(image);
	return ends[1] >= 0;
}

static void test_dialog_title(void)
{
	char title[VP_TITLE_MAX + 1];
	int32_t plain[2];
	int32_t ends[2]; /* the first and the last column */
	open_dialog("An editor");
	view_desk_wait(&desk, measure_title, plain);
	destroy_window(WINDOW);
	open_dialog("An editor of a file");
	view_desk_wait(&desk, measure_title, ends);
	CU_ASSERT_EQUAL(ends[0], plain[0]);
	CU_ASSERT_TRUE(ends[1] > plain[1]);
	destroy_window(WINDOW);
	/* One that is longer than the dialog is wide is cut, inside the margin. */
	memset(title, 'M', VP_TITLE_MAX);
	title[VP_TITLE_MAX] = '\0';
	open_dialog(title);
	view_desk_wait(&desk, measure_title, ends);
	CU_ASSERT_TRUE(ends[1] > DIALOG_WIDTH - DIALOG_MARGIN - 24 &&
		       ends[1] < DIALOG_WIDTH - DIALOG_MARGIN);
	destroy_window(WINDOW);
}

static void test_dialog_mouse(void)
{
	open_dialog("An editor");
	xcb_rectangle_t place = geometry(find_dialog());
	int32_t x = place.x + VIEW_DESK_BORDER;
	int32_t y = place.y + VIEW_DESK_BORDER;
	x_user_click(desk.user, x + DIALOG_WIDTH / 2, y + 10, 1);
	view_desk_check(&desk, "");
	check_dialog(true);
	x_user_click(desk.user, x + WAIT_X, y + BUTTON_Y, 1);
	check_dialog(false);
	view_desk_check(&desk, "");
	destroy_window(WINDOW);
	open_dialog("An editor");
	x_user_click(desk.user, x + END_X, y + BUTTON_Y, 1);
	check_dialog(false);
	view_desk_check(&desk, "kill1 ");
	destroy_window(WINDOW);
}

static void press(uint8_t key)
{
	x_user_key(desk.user, key, true);
	x_user_key(desk.user, key, false);
}

static void test_dialog_keyboard(void)
{
	const uint8_t waits[] = { KEY_ESCAPE, KEY_RETURN };
	for (size_t i = 0; i < sizeof(waits); i++) {
		open_dialog("An editor");
		x_user_focus(desk.user, find_dialog());
		press(waits[i]);
		check_dialog(false);
		view_desk_check(&desk, "");
		destroy_window(WINDOW);
	}
	open_dialog("An editor");
	x_user_focus(desk.user, find_dialog());
	press(KEY_TAB);
	press(KEY_RETURN);
	check_dialog(false);
	view_desk_check(&desk, "kill1 ");
	destroy_window(WINDOW);
}

static void test_dialog_goes(void)
{
	open_dialog("An editor");
	set_hung(false);
	check_dialog(false);
	view_desk_check(&desk, "");
	destroy_window(WINDOW);
	open_dialog("An editor");
	x_user_close(desk.user, find_dialog());
	check_dialog(false);
	view_desk_check(&desk, "");
	destroy_window(WINDOW);
	open_dialog("An editor");
	view_desk_disconnect(&desk);
	check_dialog(false);
	view_desk_connect(&desk);
	view_desk_say(&desk, VP_MESSAGE(WINDOWS_ANNOUNCED, windows_announced, 0));
}

/* The label */

static void test_label_of_the_absent(void)
{
	const uint32_t away = 0xff5d7490; /* the colour with grey over it */
	struct view_desk_xids xids = open_window("An editor");
	check_pixel(xids.toplevel, 0, 0, label);
	check_pixel(xids.toplevel, WIDTH + 2 * VIEW_DESK_BORDER - 1, VIEW_DESK_BORDER - 1, label);
	view_desk_disconnect(&desk);
	check_pixel(xids.toplevel, 0, 0, away);
	xcb_unmap_window(desk.user, xids.toplevel);
	xcb_map_window(desk.user, xids.toplevel);
	check_pixel(xids.toplevel, 0, 0, away);
	view_desk_connect(&desk);
	view_desk_open(&desk, &window_at);
	check_pixel(xids.toplevel, 0, 0, label);
	destroy_window(WINDOW);
}

/* Pictures */

enum {
	SHAPED = 2,
	POPUP = 3,
	GROUPED = 4, /* and the next */
	SHAPED_SIZE = 200,
	POPUP_SIZE = 60,
};

static uint32_t paint_pattern(uint32_t x, uint32_t y)
{
	return x << 16 | y << 8 | 0x40;
}

static uint32_t paint_red(uint32_t x, uint32_t y)
{
	(void)x;
	(void)y;
	return 0xcc0000;
}

static uint32_t paint_green(uint32_t x, uint32_t y)
{
	(void)x;
	(void)y;
	return 0x00aa00;
}

/* Two rectangles that overlap, and one that reaches beyond the window. */
static void shape_window(uint32_t window)
{
	static const struct vp_rect rects[] = { { 20, 30, 80, 60 }, { 60, 50, 80, 100 },
		{ 150, 180, 100, 100 } };
	uint8_t encoded[3 * VP_RECT_BYTES];
	view_desk_say(&desk,
		VP_MESSAGE(WINDOW_SHAPE, window_shape, .window = window, .shape = VP_SHAPE_BOUNDING,
			.shaped = 1, .rects = vp_rects_put(encoded, rects, 3)));
}

static bool in_shape(uint32_t x, uint32_t y)
{
	return (x >= 20 && x < 100 && y >= 30 && y < 90) ||
	       (x >= 60 && x < 140 && y >= 50 && y < 150) || (x >= 150 && y >= 180);
}

/* Popups show while it is so. */
static void focus(const struct view_desk_xids *xids)
{
	x_user_focus(desk.user, xids->toplevel);
}

static struct view_desk_xids open_other(uint32_t window, bool popup, int32_t place, uint32_t size)
{
	const struct vp_window_create create = {
		.window = window,
		.native = 0x1000U + window,
		.popup = popup,
		.owner = popup ? WINDOW : 0,
		.x = popup ? place : WINDOW_X + place,
		.y = popup ? place : WINDOW_Y + place,
		.width = size,
		.height = size,
	};
	return view_desk_open(&desk, &create);
}

/* Of all pixels that are in the picture, those that the screen shows otherwise. */
static unsigned int count_differences(const uint32_t *picture, xcb_rectangle_t area)
{
	unsigned int differences = 0;
	xcb_get_image_reply_t *image = xcb_get_image_reply(desk.user,
		xcb_get_image(desk.user, XCB_IMAGE_FORMAT_Z_PIXMAP, desk.screen->root, area.x,
			area.y, area.width, area.height, UINT32_MAX),
		NULL);
	const uint32_t *shown = (const void *)xcb_get_image_data(image);
	for (size_t i = 0; i < (size_t)area.width * area.height; i++)
		differences += picture[i] >> 24 != 0 && picture[i] != opaque(shown[i]);
	free(image);
	return differences;
}

static void release_picture(const uint32_t *picture)
{
	munmap((void *)(uintptr_t)picture, (size_t)desk.screenshot.stride * desk.screenshot.height);
}

static void test_picture_of_window(void)
{
	open_other(SHAPED, false, 40, SHAPED_SIZE);
	shape_window(SHAPED);
	view_desk_present(
		&desk, SHAPED, VP_FORMAT_XRGB8888, SHAPED_SIZE, SHAPED_SIZE, paint_pattern);
	const uint32_t *picture = view_desk_screenshot(&desk, SHAPED);
	CU_ASSERT_PTR_NOT_NULL_FATAL(picture);
	CU_ASSERT_EQUAL(desk.screenshot.width, SHAPED_SIZE);
	CU_ASSERT_EQUAL(desk.screenshot.height, SHAPED_SIZE);
	unsigned int wrong = 0;
	for (uint32_t y = 0; y < SHAPED_SIZE; y++)
		for (uint32_t x = 0; x < SHAPED_SIZE; x++)
			wrong += picture[y * SHAPED_SIZE + x] !=
				 (in_shape(x, y) ? opaque(paint_pattern(x, y)) : 0);
	CU_ASSERT_EQUAL(wrong, 0);
	release_picture(picture);
	destroy_window(SHAPED);
}

/* Below a pattern, above it a shaped window, and above both a popup. */
static void test_picture_of_all(void)
{
	struct view_desk_xids below = open_window("An editor");
	focus(&below);
	view_desk_present(&desk, WINDOW, VP_FORMAT_XRGB8888, WIDTH, HEIGHT, paint_pattern);
	struct view_desk_xids shaped = open_other(SHAPED, false, 40, SHAPED_SIZE);
	shape_window(SHAPED);
	view_desk_present(&desk, SHAPED, VP_FORMAT_XRGB8888, SHAPED_SIZE, SHAPED_SIZE, paint_red);
	struct view_desk_xids popup = open_other(POPUP, true, 100, POPUP_SIZE);
	view_desk_present(&desk, POPUP, VP_FORMAT_XRGB8888, POPUP_SIZE, POPUP_SIZE, paint_green);
	check_pixel(below.content, 10, 10, opaque(paint_pattern(10, 10)));
	check_pixel(shaped.content, 25, 35, 0xffcc0000);
	check_pixel(popup.content, 0, 0, 0xff00aa00);
	const uint32_t *picture = view_desk_screenshot(&desk, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(picture);
	xcb_rectangle_t area = geometry(below.toplevel);
	CU_ASSERT_EQUAL(desk.screenshot.width, area.width);
	CU_ASSERT_EQUAL(desk.screenshot.height, area.height);
	CU_ASSERT_EQUAL(count_differences(picture, area), 0);
	/* Around the shape there is its label, and inside that what lies below. */
	size_t hole = (size_t)(40 + VIEW_DESK_BORDER) * area.width + 40 + VIEW_DESK_BORDER;
	CU_ASSERT_EQUAL(picture[0], label);
	CU_ASSERT_EQUAL(picture[hole - 1], label);
	CU_ASSERT_EQUAL(picture[hole], opaque(paint_pattern(40, 40)));
	release_picture(picture);
	destroy_window(POPUP);
	destroy_window(SHAPED);
	destroy_window(WINDOW);
}

struct group {
	xcb_window_t window;
	xcb_window_t leader;
};

/* WM_HINTS names a window that stands for the group. */
static bool leader_is(struct view_desk *at, void *data)
{
	enum { HINTS_WORDS = 9, GROUP_WORD = 8 };
	const struct group *group = data;
	xcb_get_property_reply_t *hints = xcb_get_property_reply(at->user,
		xcb_get_property(at->user, 0, group->window, XCB_ATOM_WM_HINTS, XCB_ATOM_WM_HINTS,
			0, HINTS_WORDS),
		NULL);
	bool is = hints != NULL && hints->value_len == HINTS_WORDS &&
		  ((const uint32_t *)xcb_get_property_value(hints))[GROUP_WORD] == group->leader;
	free(hints);
	return is;
}

static void check_leader(xcb_window_t window, xcb_window_t leader)
{
	struct group group = { window, leader };
	view_desk_wait(&desk, leader_is, &group);
}

static void set_group(uint32_t window, uint32_t group)
{
	view_desk_say(
		&desk, VP_MESSAGE(WINDOW_OWNER, window_owner, .window = window, .group = group));
}

static void test_group_leader(void)
{
	xcb_window_t first = open_other(GROUPED, false, 0, 100).toplevel;
	xcb_window_t second = open_other(GROUPED + 1, false, 20, 100).toplevel;
	set_group(GROUPED, 77);
	set_group(GROUPED + 1, 77);
	check_leader(first, first);
	check_leader(second, first);
	/* As an application does that gives its windows another group. */
	set_group(GROUPED, 78);
	check_leader(first, first);
	check_leader(second, second);
	set_group(GROUPED, 77);
	check_leader(first, second);
	destroy_window(GROUPED + 1);
	check_leader(first, first);
	destroy_window(GROUPED);
}

/* Monitors, two of them side by side on a screen of 1600x1000 */

static void run_command(const char *command)
{
	CU_ASSERT_EQUAL(system(command), 0);
}

static void split_screen(void)
{
	run_command("xrandr --setmonitor '*left' 800/200x1000/250+0+0 screen >/dev/null");
	view_desk_check(&desk, "left*:800x1000+0+0. ");
	run_command("xrandr --setmonitor right 800/200x1000/250+800+0 none");
	view_desk_check(&desk, "left*:800x1000+0+0 right:800x1000+800+0. ");
}

static void join_screen(void)
{
	run_command("xrandr --delmonitor right");
	view_desk_check(&desk, "left*:800x1000+0+0. ");
	run_command("xrandr --delmonitor left");
	view_desk_check(&desk, "screen:1600x1000+0+0. ");
}

static void test_monitors(void)
{
	view_desk_listen(&desk, VP_OP_MONITOR, 0);
	split_screen();
	/* A new session is told the layout at once. */
	view_desk_disconnect(&desk);
	view_desk_connect(&desk);
	view_desk_check(&desk, "left*:800x1000+0+0 right:800x1000+800+0. ");
	join_screen();
	view_desk_say(&desk, VP_MESSAGE(WINDOWS_ANNOUNCED, windows_announced, 0));
}

static void check_popup(
	int32_t x, int32_t y, uint32_t width, uint32_t height, const xcb_rectangle_t *expected)
{
	struct vp_window_create create = {
		.window = POPUP,
		.native = 0x1000 + POPUP,
		.popup = 1,
		.owner = WINDOW,
		.x = x,
		.y = y,
		.width = width,
		.height = height,
	};
	struct view_desk_xids popup = view_desk_open(&desk, &create);
	xcb_rectangle_t place = geometry(popup.toplevel);
	CU_ASSERT_EQUAL(place.x, expected->x);
	CU_ASSERT_EQUAL(place.y, expected->y);
	CU_ASSERT_EQUAL(place.width, expected->width);
	CU_ASSERT_EQUAL(place.height, expected->height);
	destroy_window(POPUP);
}

static void test_popups_on_monitors(void)
{
	struct vp_window_create right = window_at;
	right.x = 900;
	view_desk_listen(&desk, VP_OP_MONITOR, 0);
	split_screen();
	struct view_desk_xids owner = view_desk_open(&desk, &right);
	focus(&owner);
	xcb_rectangle_t place = geometry(owner.toplevel);
	int16_t x = (int16_t)(place.x + VIEW_DESK_BORDER);
	int16_t y = (int16_t)(place.y + VIEW_DESK_BORDER);
	/* Around the popup there is its border. */
	check_popup(30, 40, 120, 160, &(const xcb_rectangle_t){ x + 28, y + 38, 124, 164 });
	/* One that is too large is as large as the monitor. */
	check_popup(0, 0, 3000, 2000, &(const xcb_rectangle_t){ 800, 0, 800, 1000 });
	/* One that is somewhere else comes to the owner's monitor. */
	check_popup(-5000, 0, 100, 100, &(const xcb_rectangle_t){ 800, y - 2, 104, 104 });
	check_popup(5000, 0, 100, 100, &(const xcb_rectangle_t){ 1600 - 104, y - 2, 104, 104 });
	destroy_window(WINDOW);
	join_screen();
}

/* Alpha */

static uint32_t paint_translucent(uint32_t x, uint32_t y)
{
	(void)y;
	return x < 10 ? 0x80400000U : 0xff00ff00U;
}

static uint8_t depth_of(xcb_window_t window)
{
	xcb_get_geometry_reply_t *reply =
		xcb_get_geometry_reply(desk.user, xcb_get_geometry(desk.user, window), NULL);
	uint8_t depth = reply->depth;
	free(reply);
	return depth;
}

static void set_compositor(xcb_window_t owner)
{
	xcb_set_selection_owner(
		desk.user, owner, x_user_atom(desk.user, "_NET_WM_CM_S0"), XCB_CURRENT_TIME);
	view_desk_settle(&desk);
}

/* The pixels of the window, as far as its depth goes. */
static void check_alpha(uint8_t depth, uint32_t mask)
{
	struct vp_window_create create = window_at;
	create.alpha = 1;
	struct view_desk_xids xids = view_desk_open(&desk, &create);
	view_desk_present(&desk, WINDOW, VP_FORMAT_ARGB8888, WIDTH, HEIGHT, paint_translucent);
	CU_ASSERT_EQUAL(depth_of(xids.toplevel), depth);
	CU_ASSERT_EQUAL(depth_of(xids.content), depth);
	check_pixel(xids.content, 20, 5, 0xff00ff00);
	uint32_t pixel = x_user_pixel(desk.user, xids.content, 5, 5);
	CU_ASSERT_EQUAL(pixel & mask, paint_translucent(5, 5) & mask);
	check_pixel(xids.toplevel, 1, 1, label);
	destroy_window(WINDOW);
}

static void test_alpha(void)
{
	xcb_window_t compositor = xcb_generate_id(desk.user);
	xcb_create_window(desk.user, XCB_COPY_FROM_PARENT, compositor, desk.screen->root, -1, -1, 1,
		1, 0, XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT, 0, NULL);
	check_alpha(24, 0xffffff);
	set_compositor(compositor);
	check_alpha(32, 0xffffffff);
	xcb_destroy_window(desk.user, compositor);
	view_desk_settle(&desk);
	check_alpha(24, 0xffffff);
}

/* Opacity */

struct opacity {
	xcb_window_t window;
	size_t words; /* of the property */
	uint32_t value;
};

static bool opacity_is(struct view_desk *at, void *data)
{
	const struct opacity *opacity = data;
	xcb_get_property_reply_t *reply = xcb_get_property_reply(at->user,
		xcb_get_property(at->user, 0, opacity->window,
			x_user_atom(at->user, "_NET_WM_WINDOW_OPACITY"), XCB_ATOM_CARDINAL, 0, 1),
		NULL);
	bool is = reply != NULL && reply->value_len == opacity->words &&
		  (opacity->words == 0 ||
			  *(const uint32_t *)xcb_get_property_value(reply) == opacity->value);
	free(reply);
	return is;
}

static void check_opacity(xcb_window_t window, uint32_t said, size_t words, uint32_t value)
{
	struct opacity opacity = { window, words, value };
	view_desk_say(&desk,
		VP_MESSAGE(WINDOW_OPACITY, window_opacity, .window = WINDOW, .opacity = said));
	view_desk_wait(&desk, opacity_is, &opacity);
}

static void test_opacity(void)
{
	struct view_desk_xids xids = open_window("An editor");
	check_opacity(xids.toplevel, 0x80000000, 1, 0x80000000);
	check_opacity(xids.toplevel, UINT32_MAX, 0, 0);
	check_opacity(xids.toplevel, 0, 1, 0x40000000);
	destroy_window(WINDOW);
}

/* The order of windows, as a window manager lists it */

static void list_clients(xcb_window_t lower, xcb_window_t upper)
{
	const xcb_window_t clients[] = { desk.screen->root, lower, upper };
	xcb_change_property(desk.user, XCB_PROP_MODE_REPLACE, desk.screen->root,
		x_user_atom(desk.user, "_NET_CLIENT_LIST_STACKING"), XCB_ATOM_WINDOW, 32, 3,
		clients);
	xcb_flush(desk.user);
}

static void test_stacking(void)
{
	struct view_desk_xids first = open_window("An editor");
	view_desk_listen(&desk, VP_OP_WINDOW_STACKING, 0);
	struct view_desk_xids second = open_other(SHAPED, false, 40, SHAPED_SIZE);
	view_desk_check(&desk, "order:1,2 ");
	list_clients(second.toplevel, first.toplevel);
	view_desk_check(&desk, "order:2,1 ");
	focus(&first);
	open_other(POPUP, true, 100, POPUP_SIZE);
	view_desk_check(&desk, "order:2,1,3 ");
	list_clients(first.toplevel, second.toplevel);
	view_desk_check(&desk, "order:1,2,3 ");
	/* What changes for others is nothing to the guest. */
	list_clients(first.toplevel, second.toplevel);
	view_desk_check(&desk, "");
	destroy_window(POPUP);
	view_desk_check(&desk, "order:1,2 ");
	destroy_window(SHAPED);
	view_desk_check(&desk, "order:1 ");
	destroy_window(WINDOW);
	view_desk_check(&desk, "order: ");
	xcb_delete_property(
		desk.user, desk.screen->root, x_user_atom(desk.user, "_NET_CLIENT_LIST_STACKING"));
}

static const struct unit_test tests[] = {
	{ "the title tells that an application does not respond, as long as it does not",
		test_hung_title },
	{ "a dialog with the label appears over a window that hangs and is closed",
		test_dialog_place },
	{ "the dialog names the window, whatever its length", test_dialog_title },
	{ "the mouse chooses between waiting and ending the application", test_dialog_mouse },
	{ "the keyboard chooses, and what it does at once is to wait", test_dialog_keyboard },
	{ "the dialog goes when the application responds, when it is closed, and with the session",
		test_dialog_goes },
	{ "the label is grey while the guest is away, and its colour again after",
		test_label_of_the_absent },
	{ "a window's picture has its pixels inside its shape, and nothing outside",
		test_picture_of_window },
	{ "the VM's picture is what the screen shows: order, places, shapes and labels",
		test_picture_of_all },
	{ "a group is stood for by a window that is open, and in it", test_group_leader },
	{ "monitors are told when they change, and to a new session", test_monitors },
	{ "popups keep to the monitor of their owner", test_popups_on_monitors },
	{ "windows are translucent as long as there is a compositing manager", test_alpha },
	{ "a window is as opaque as its application says, but never unseen", test_opacity },
	{ "the order of windows is told as it changes, popups above", test_stacking },
};

int main(int argc, char **argv)
{
	view_desk_start(&desk, "1600x1000x24");
	int status = unit_run("view windows", tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
	view_desk_stop(&desk);
	return status;
}

/*
 * What the view makes of a guest's windows on a real X server: labels, dialogs, pixels, pictures.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "view-desk.h"
#include "x-user.h"

enum {
	WINDOW = 1,
	WINDOW_X = 300,
	WINDOW_Y = 200,
	WIDTH = 500,
	HEIGHT = 300,
	DIALOG_WIDTH = 440, /* of its content */
	DIALOG_HEIGHT = 150,
	END_X = 380, /* its buttons */
	WAIT_X = 250,
	BUTTON_Y = 120,
	BUTTON_WIDTH = 110,
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
	view_desk_say(&desk, VP_MESSAGE(WINDOW_DESTROY, window_destroy, .window = window));
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
		check_pixel(only_child(find_dialog()), END_X - BUTTON_WIDTH / 2 + 10, BUTTON_Y,
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
	check_pixel(only_child(dialog), 0, 0, 0xffeeeeee);
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
	CU_ASSERT_TRUE(ends[1] > DIALOG_WIDTH - 40 && ends[1] < DIALOG_WIDTH - 16);
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
};

int main(int argc, char **argv)
{
	view_desk_start(&desk, "1600x1000x24");
	int status = unit_run("view windows", tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
	view_desk_stop(&desk);
	return status;
}

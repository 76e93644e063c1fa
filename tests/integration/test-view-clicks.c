/*
 * Clicks that were meant for something else: on a real X server windows of a guest come to where a
 * person is about to click.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "click-guard.h"
#include "unit.h"
#include "view-desk.h"
#include "x-user.h"

enum {
	WINDOW = 1,
	OTHER = 2,
	POPUP = 3,
	PLACE = 100,
	SIZE = 200,
	NARROW = 50,
	POPUP_PLACE = 150,
	POPUP_SIZE = 80,
	AIM = 180, /* of the pointer, both ways: all of these are there */
	BARE = 500, /* where none is */
	TRIES = 100, /* for what has to be quick, on a machine that may be slow */
};

static struct view_desk desk;

static void listen(void)
{
	view_desk_listen(&desk, VP_OP_POINTER_BUTTON, 0);
}

static void click(void)
{
	x_user_button(desk.user, 1, true);
	x_user_button(desk.user, 1, false);
}

/* The server's time is of the same clock. */
static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool click_is_told(struct view_desk *at, void *data)
{
	(void)data;
	click();
	view_desk_settle(at);
	return strstr(at->log, "B1@") != NULL;
}

/* A while later the window is one like any other. */
static void check_told_in_the_end(void)
{
	view_desk_wait(&desk, click_is_told, NULL);
	listen();
	click();
	view_desk_check(&desk, "B1@76,76 b1@76,76 ");
}

/* Lets windows come under the resting pointer, and clicks before it can have been seen. */
static void check_not_told(void (*prepare)(void), void (*come)(void))
{
	bool quick = false;

	for (int i = 0; i < TRIES && !quick; i++) {
		prepare();
		listen();
		int64_t before = now();
		come();
		click();
		quick = now() - before < HC_CLICK_GUARD_MS;
		if (quick)
			view_desk_check(&desk, "");
	}
	CU_ASSERT_TRUE(quick);
}

static void close_and_aim(void)
{
	x_user_move(desk.user, BARE, BARE);
	view_desk_destroy(&desk, WINDOW);
	x_user_move(desk.user, AIM, AIM);
}

static void open_at_aim(void)
{
	view_desk_open_square(&desk, WINDOW, 0, PLACE, SIZE);
}

static void test_opened(void)
{
	open_at_aim();
	check_not_told(close_and_aim, open_at_aim);
	check_told_in_the_end();
	view_desk_destroy(&desk, WINDOW);
}

struct width {
	xcb_window_t window;
	uint32_t width;
};

static bool width_is(struct view_desk *at, void *data)
{
	const struct width *wanted = data;
	xcb_get_geometry_reply_t *reply =
		xcb_get_geometry_reply(at->user, xcb_get_geometry(at->user, wanted->window), NULL);
	bool is = reply != NULL && reply->width == wanted->width;

	free(reply);
	return is;
}

/* The content follows its toplevel window when the view hears of that. */
static void resize(uint32_t width)
{
	struct width wanted = { view_desk_xids(&desk, WINDOW).content, width };

	view_desk_say(&desk,
		VP_MESSAGE(WINDOW_CONFIGURE_REQUEST, window_configure_request, .window = WINDOW,
			.fields = VP_FIELD_WIDTH, .width = width, .height = SIZE));
	view_desk_wait(&desk, width_is, &wanted);
}

static void shrink(void)
{
	x_user_move(desk.user, BARE, BARE);
	resize(NARROW);
	x_user_move(desk.user, AIM, AIM);
}

static void grow(void)
{
	resize(SIZE);
}

static void test_grown(void)
{
	view_desk_open_square(&desk, WINDOW, 0, PLACE, SIZE);
	check_not_told(shrink, grow);
	check_told_in_the_end();
	view_desk_destroy(&desk, WINDOW);
}

/* A window of another program, over the guest's. */
static xcb_window_t cover;

static void put_cover(void)
{
	x_user_move(desk.user, BARE, BARE);
	xcb_map_window(desk.user, cover);
	x_user_move(desk.user, AIM, AIM);
}

static void take_cover_away(void)
{
	xcb_unmap_window(desk.user, cover);
}

static void test_uncovered(void)
{
	const uint32_t override_redirect = 1;

	view_desk_open_square(&desk, WINDOW, 0, PLACE, SIZE);
	cover = xcb_generate_id(desk.user);
	xcb_create_window(desk.user, XCB_COPY_FROM_PARENT, cover, desk.screen->root, PLACE, PLACE,
		SIZE, SIZE, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT,
		XCB_CW_OVERRIDE_REDIRECT, &override_redirect);
	check_not_told(put_cover, take_cover_away);
	check_told_in_the_end();
	xcb_destroy_window(desk.user, cover);
	view_desk_destroy(&desk, WINDOW);
}

/* The pointer moves into a window that has opened just now. */
static void test_entered(void)
{
	x_user_move(desk.user, BARE, BARE);
	view_desk_open_square(&desk, WINDOW, 0, PLACE, SIZE);
	listen();
	x_user_click(desk.user, AIM, AIM, 1);
	view_desk_check(&desk, "B1@76,76 b1@76,76 ");
	view_desk_destroy(&desk, WINDOW);
}

/* As programs do that act for the person. */
static void test_warped(void)
{
	x_user_move(desk.user, BARE, BARE);
	view_desk_open_square(&desk, WINDOW, 0, PLACE, SIZE);
	listen();
	xcb_warp_pointer(desk.user, XCB_NONE, desk.screen->root, 0, 0, 0, 0, AIM, AIM);
	click();
	view_desk_check(&desk, "B1@76,76 b1@76,76 ");
	view_desk_destroy(&desk, WINDOW);
}

static void open_focused(void)
{
	struct view_desk_xids xids;

	x_user_move(desk.user, BARE, BARE);
	xids = view_desk_open_square(&desk, WINDOW, 0, PLACE, SIZE);
	view_desk_listen(&desk, VP_OP_FOCUS, 0);
	x_user_focus(desk.user, xids.toplevel);
	view_desk_check(&desk, "focus1 ");
	x_user_move(desk.user, AIM, AIM);
	listen();
}

static void test_menu(void)
{
	open_focused();
	click();
	view_desk_check(&desk, "B1@76,76 b1@76,76 ");
	view_desk_open_square(&desk, POPUP, WINDOW, POPUP_PLACE - PLACE, POPUP_SIZE);
	click();
	view_desk_check(&desk, "B1@26,26 b1@26,26 ");
	view_desk_destroy(&desk, POPUP);
	click();
	view_desk_check(&desk, "B1@76,76 b1@76,76 ");
	view_desk_destroy(&desk, WINDOW);
}

static void test_menu_of_a_press(void)
{
	open_focused();
	x_user_button(desk.user, 3, true);
	view_desk_check(&desk, "B3@76,76 ");
	view_desk_open_square(&desk, POPUP, WINDOW, POPUP_PLACE - PLACE, POPUP_SIZE);
	x_user_button(desk.user, 3, false);
	view_desk_check(&desk, "b3@76,76 ");
	click();
	view_desk_check(&desk, "B1@26,26 b1@26,26 ");
	view_desk_destroy(&desk, POPUP);
	view_desk_destroy(&desk, WINDOW);
}

static void test_dialog(void)
{
	open_focused();
	view_desk_open_square(&desk, OTHER, 0, PLACE, SIZE);
	click();
	view_desk_check(&desk, "B1@76,76 b1@76,76 ");
	view_desk_destroy(&desk, OTHER);
	click();
	view_desk_check(&desk, "B1@76,76 b1@76,76 ");
	view_desk_destroy(&desk, WINDOW);
}

/* Who clicks on a guest's picture clicks in its window, and not on what lies below. */
static void check_click_stays(uint32_t window, const char *expected)
{
	view_desk_say(&desk, VP_MESSAGE(WINDOW_SHAPE, window_shape, .window = window,
				     .shape = VP_SHAPE_INPUT, .shaped = 1));
	listen();
	click();
	view_desk_check(&desk, expected);
}

static void test_input_shape(void)
{
	open_focused();
	check_click_stays(WINDOW, "B1@76,76 b1@76,76 ");
	view_desk_open_square(&desk, POPUP, WINDOW, POPUP_PLACE - PLACE, POPUP_SIZE);
	check_click_stays(POPUP, "B1@26,26 b1@26,26 ");
	view_desk_destroy(&desk, POPUP);
	view_desk_destroy(&desk, WINDOW);
}

static const struct unit_test tests[] = {
	{ "a window that opens under the pointer does not get the click", test_opened },
	{ "a window that grows under the pointer does not get the click", test_grown },
	{ "a window that is uncovered under the pointer does not get the click", test_uncovered },
	{ "a new window that the pointer moves into gets the click at once", test_entered },
	{ "a new window that a program puts the pointer into gets the click", test_warped },
	{ "a menu under the pointer gets the click, and so does what it lay on", test_menu },
	{ "a menu that opens while a button is held gets the next click", test_menu_of_a_press },
	{ "a click on a window of which the guest says that it takes none stays there",
		test_input_shape },
	{ "a dialog over its application gets the click, and so does what it lay on", test_dialog },
};

int main(int argc, char **argv)
{
	view_desk_start(&desk, "800x600x24");
	int status = unit_run("view clicks", tests, sizeof(tests) / sizeof(tests[0]), argc, argv);

	view_desk_stop(&desk);
	return status;
}

/*
 * The view's input on a real X server: a person presses keys and buttons, and a guest of our own is
 * told.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xcb/xfixes.h>
#include <xkbcommon/xkbcommon-keysyms.h>

#include "unit.h"
#include "view-desk.h"
#include "x-user.h"

enum {
	WINDOW = 1,
	OTHER = 2,
	POPUP = 3,
	PLACE = 100,
	SIZE = 200,
	POPUP_PLACE = 150,
	POPUP_SIZE = 80,
	BARE_X = 700, /* of a place where there is no window */
	BARE_Y = 500,
	/* As X numbers keys, 8 above evdev. */
	KEY_A = 38,
	KEY_J = 44,
	KEY_SHIFT = 50,
	KEY_CAPS = 66,
	KEY_LOWEST = 8, /* is on no keyboard */
};

static struct view_desk desk;

static struct view_desk_xids open_focused(void)
{
	struct view_desk_xids xids = view_desk_open_square(&desk, WINDOW, 0, PLACE, SIZE);
	x_user_move(desk.user, BARE_X, BARE_Y);
	view_desk_listen(&desk, VP_OP_FOCUS, 0);
	x_user_focus(desk.user, xids.toplevel);
	view_desk_check(&desk, "focus1 ");
	return xids;
}

static void press(uint8_t key)
{
	x_user_key(desk.user, key, true);
	x_user_key(desk.user, key, false);
}

/* Keys */

static void test_keys(void)
{
	open_focused();
	view_desk_listen(&desk, VP_OP_INPUT_KEY, 0);
	x_user_key(desk.user, KEY_SHIFT, true);
	press(KEY_A);
	x_user_key(desk.user, KEY_SHIFT, false);
	view_desk_check(&desk, "+42 +30 -30 -42 ");
	view_desk_destroy(&desk, WINDOW);
}

static void test_keys_across_focus(void)
{
	struct view_desk_xids xids = open_focused();
	view_desk_listen(&desk, VP_OP_INPUT_KEY, VP_OP_INPUT_MODIFIERS, VP_OP_FOCUS, 0);
	x_user_key(desk.user, KEY_SHIFT, true);
	x_user_key(desk.user, KEY_J, true);
	view_desk_check(&desk, "+42 +36 ");
	x_user_focus(desk.user, desk.screen->root);
	view_desk_check(&desk, "focus0 ");
	x_user_key(desk.user, KEY_J, false);
	x_user_key(desk.user, KEY_A, true);
	view_desk_check(&desk, "");
	/* The modifier still holds; the key that was pressed elsewhere stays elsewhere. */
	x_user_focus(desk.user, xids.toplevel);
	view_desk_check(&desk, "focus1 held:42;locked:0;group:0 ");
	x_user_key(desk.user, KEY_A, false);
	x_user_key(desk.user, KEY_SHIFT, false);
	view_desk_check(&desk, "-42 ");
	view_desk_destroy(&desk, WINDOW);
}

static void test_focus_within_guest(void)
{
	open_focused();
	struct view_desk_xids other =
		view_desk_open_square(&desk, OTHER, 0, PLACE + SIZE + 50, SIZE);
	x_user_key(desk.user, KEY_SHIFT, true);
	view_desk_listen(&desk, VP_OP_INPUT_KEY, VP_OP_INPUT_MODIFIERS, VP_OP_FOCUS, 0);
	x_user_focus(desk.user, other.toplevel);
	view_desk_check(&desk, "focus2 held:42;locked:0;group:0 ");
	x_user_key(desk.user, KEY_SHIFT, false);
	view_desk_check(&desk, "-42 ");
	view_desk_destroy(&desk, OTHER);
	view_desk_destroy(&desk, WINDOW);
}

/* The guest repeats nothing by itself; so a view that stands still must not leave a key down. */
static void test_keys_of_a_stopped_view(void)
{
	open_focused();
	view_desk_listen(&desk, VP_OP_INPUT_KEY, 0);
	x_user_key(desk.user, KEY_A, true);
	view_desk_check(&desk, "+30 ");
	kill(desk.view, SIGSTOP);
	x_user_key(desk.user, KEY_A, false);
	kill(desk.view, SIGCONT);
	view_desk_check(&desk, "-30 ");
	view_desk_destroy(&desk, WINDOW);
}

static void test_locks(void)
{
	open_focused();
	view_desk_listen(&desk, VP_OP_INPUT_MODIFIERS, 0);
	press(KEY_CAPS);
	view_desk_check(&desk, "held:58;locked:2;group:0 ");
	press(KEY_CAPS);
	view_desk_check(&desk, "held:;locked:0;group:0 ");
	view_desk_destroy(&desk, WINDOW);
}

static void test_layout(void)
{
	open_focused();
	view_desk_listen(&desk, VP_OP_KEYMAP, 0);
	CU_ASSERT_EQUAL(system("setxkbmap fr"), 0);
	view_desk_check(&desk, "keymap ");
	CU_ASSERT_EQUAL(system("setxkbmap us"), 0);
	view_desk_check(&desk, "keymap ");
	view_desk_destroy(&desk, WINDOW);
}

static void put_on_key(uint8_t key, xcb_keysym_t keysym)
{
	const xcb_keysym_t keysyms[2] = { keysym, keysym };
	xcb_change_keyboard_mapping(desk.user, 1, key, 2, keysyms);
}

static void test_layout_before_its_keys(void)
{
	open_focused();
	view_desk_listen(&desk, VP_OP_INPUT_KEYMAP, VP_OP_INPUT_KEYSYMS, VP_OP_INPUT_KEY, 0);
	CU_ASSERT_EQUAL(system("setxkbmap fr"), 0);
	press(KEY_A);
	view_desk_check(&desk, "input_keymap +30 -30 ");
	CU_ASSERT_EQUAL(system("setxkbmap us"), 0);
	view_desk_check(&desk, "input_keymap ");
	view_desk_destroy(&desk, WINDOW);
}

/* As programs type what is not on the keyboard. */
static void test_keysyms_before_their_key(void)
{
	open_focused();
	/* The first key of another keyboard, such as XTEST's, has the whole keymap told. */
	press(KEY_A);
	view_desk_listen(&desk, VP_OP_INPUT_KEYMAP, VP_OP_INPUT_KEYSYMS, VP_OP_INPUT_KEY, 0);
	put_on_key(KEY_LOWEST, XKB_KEY_ssharp);
	press(KEY_LOWEST);
	view_desk_check(&desk, "0:223,223,223,223 +0 -0 ");
	put_on_key(KEY_LOWEST, XCB_NO_SYMBOL);
	view_desk_check(&desk, "0: ");
	view_desk_destroy(&desk, WINDOW);
}

/* The pointer */

static void content_place(const struct view_desk_xids *xids, int32_t *x, int32_t *y)
{
	xcb_translate_coordinates_reply_t *place = xcb_translate_coordinates_reply(desk.user,
		xcb_translate_coordinates(desk.user, xids->content, desk.screen->root, 0, 0), NULL);
	*x = place->dst_x;
	*y = place->dst_y;
	free(place);
}

static void test_buttons(void)
{
	int32_t x;
	int32_t y;
	struct view_desk_xids xids = open_focused();
	content_place(&xids, &x, &y);
	view_desk_listen(&desk, VP_OP_POINTER_CROSSING, VP_OP_POINTER_BUTTON, 0);
	for (uint8_t button = 1; button <= 9; button++)
		x_user_click(desk.user, x + 20, y + 30, button);
	view_desk_check(&desk,
		"enter1 B1@20,30 b1@20,30 B2@20,30 b2@20,30 B3@20,30 b3@20,30 "
		"B4@20,30 b4@20,30 B5@20,30 b5@20,30 B6@20,30 b6@20,30 B7@20,30 b7@20,30 "
		"B8@20,30 b8@20,30 B9@20,30 b9@20,30 ");
	x_user_move(desk.user, BARE_X, BARE_Y);
	view_desk_check(&desk, "leave1 ");
	view_desk_destroy(&desk, WINDOW);
}

static void test_drag(void)
{
	int32_t x;
	int32_t y;
	struct view_desk_xids xids = open_focused();
	content_place(&xids, &x, &y);
	x_user_move(desk.user, x + 10, y + 10);
	view_desk_listen(
		&desk, VP_OP_POINTER_CROSSING, VP_OP_POINTER_BUTTON, VP_OP_POINTER_MOTION, 0);
	x_user_button(desk.user, 1, true);
	view_desk_settle(&desk);
	x_user_move(desk.user, x - 50, y - 60);
	view_desk_settle(&desk);
	x_user_button(desk.user, 1, false);
	view_desk_check(&desk, "B1@10,10 1@-50,-60 b1@-50,-60 leave1 ");
	view_desk_destroy(&desk, WINDOW);
}

/* Until the view sees presses elsewhere. */
static bool press_is_told(struct view_desk *at, void *data)
{
	(void)data;
	x_user_click(at->user, BARE_X, BARE_Y, 1);
	view_desk_settle(at);
	return at->log[0] != '\0';
}

static struct view_desk_xids open_menu(void)
{
	struct view_desk_xids popup =
		view_desk_open_square(&desk, POPUP, WINDOW, POPUP_PLACE, POPUP_SIZE);
	view_desk_listen(&desk, VP_OP_POINTER_ELSEWHERE, VP_OP_POINTER_BUTTON, VP_OP_FOCUS, 0);
	view_desk_wait(&desk, press_is_told, NULL);
	view_desk_settle(&desk);
	desk.log[0] = '\0';
	return popup;
}

static void test_elsewhere(void)
{
	int32_t x;
	int32_t y;
	open_focused();
	view_desk_listen(&desk, VP_OP_POINTER_ELSEWHERE, VP_OP_POINTER_BUTTON, 0);
	x_user_click(desk.user, BARE_X, BARE_Y, 1);
	view_desk_check(&desk, "");
	struct view_desk_xids popup = open_menu();
	x_user_click(desk.user, BARE_X, BARE_Y, 1);
	view_desk_check(&desk, "pointer_elsewhere ");
	x_user_click(desk.user, BARE_X, BARE_Y, 3);
	view_desk_check(&desk, "pointer_elsewhere ");
	/* The wheel does not close menus, and what is the guest's own is told as such. */
	x_user_click(desk.user, BARE_X, BARE_Y, 5);
	view_desk_check(&desk, "");
	content_place(&popup, &x, &y);
	x_user_click(desk.user, x + 5, y + 6, 1);
	view_desk_check(&desk, "B1@5,6 b1@5,6 ");
	/* The label is not the guest's. */
	x_user_click(desk.user, x - 1, y - 1, 1);
	view_desk_check(&desk, "pointer_elsewhere ");
	x_user_move(desk.user, BARE_X, BARE_Y);
	view_desk_destroy(&desk, POPUP);
	x_user_click(desk.user, BARE_X, BARE_Y, 1);
	view_desk_check(&desk, "");
	view_desk_destroy(&desk, WINDOW);
}

static void test_elsewhere_without_focus(void)
{
	struct view_desk_xids xids = open_focused();
	open_menu();
	x_user_focus(desk.user, desk.screen->root);
	view_desk_check(&desk, "focus0 ");
	x_user_click(desk.user, BARE_X, BARE_Y, 1);
	view_desk_check(&desk, "");
	x_user_focus(desk.user, xids.toplevel);
	view_desk_check(&desk, "focus1 ");
	view_desk_wait(&desk, press_is_told, NULL);
	view_desk_destroy(&desk, POPUP);
	view_desk_destroy(&desk, WINDOW);
}

static bool saw_button_press(void)
{
	xcb_generic_event_t *event;
	bool saw = false;
	while ((event = xcb_poll_for_event(desk.user)) != NULL) {
		saw = saw || event->response_type == XCB_BUTTON_PRESS;
		free(event);
	}
	return saw;
}

/* Another program gets the click, and has the pointer to itself whenever it wants. */
static void test_elsewhere_takes_nothing(void)
{
	const uint32_t values[] = { 1, XCB_EVENT_MASK_BUTTON_PRESS };
	xcb_window_t native = xcb_generate_id(desk.user);
	open_focused();
	open_menu();
	xcb_create_window(desk.user, XCB_COPY_FROM_PARENT, native, desk.screen->root, BARE_X - 50,
		BARE_Y - 50, 100, 100, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT,
		XCB_CW_OVERRIDE_REDIRECT | XCB_CW_EVENT_MASK, values);
	xcb_map_window(desk.user, native);
	x_user_click(desk.user, BARE_X, BARE_Y, 1);
	view_desk_check(&desk, "pointer_elsewhere ");
	CU_ASSERT_TRUE(saw_button_press());
	xcb_grab_pointer_reply_t *grab = xcb_grab_pointer_reply(desk.user,
		xcb_grab_pointer(desk.user, 0, native, 0, XCB_GRAB_MODE_ASYNC, XCB_GRAB_MODE_ASYNC,
			XCB_NONE, XCB_NONE, XCB_CURRENT_TIME),
		NULL);
	CU_ASSERT_EQUAL(grab->status, XCB_GRAB_STATUS_SUCCESS);
	free(grab);
	xcb_ungrab_pointer(desk.user, XCB_CURRENT_TIME);
	xcb_destroy_window(desk.user, native);
	view_desk_destroy(&desk, POPUP);
	view_desk_destroy(&desk, WINDOW);
}

/* Cursors */

enum { CURSOR_SIDE = 16, CURSOR_HOT = 5 };

struct cursor {
	uint32_t (*paint)(uint32_t x, uint32_t y);
};

static uint32_t paint_translucent(uint32_t x, uint32_t y)
{
	return x < 8 ? 0x80400000U + y : 0xff00ff00U;
}

static uint32_t paint_blue(uint32_t x, uint32_t y)
{
	(void)x;
	(void)y;
	return 0xff0000ffU;
}

static uint32_t paint_nothing(uint32_t x, uint32_t y)
{
	(void)x;
	(void)y;
	return 0;
}

static void send_cursor(uint32_t cursor, uint32_t (*paint)(uint32_t x, uint32_t y))
{
	uint32_t pixels[CURSOR_SIDE * CURSOR_SIDE];
	for (uint32_t i = 0; i < CURSOR_SIDE * CURSOR_SIDE; i++)
		pixels[i] = paint(i % CURSOR_SIDE, i / CURSOR_SIDE);
	view_desk_say(&desk,
		VP_MESSAGE(CURSOR_IMAGE, cursor_image, .cursor = cursor, .width = CURSOR_SIDE,
			.height = CURSOR_SIDE, .hot_x = CURSOR_HOT, .hot_y = CURSOR_HOT,
			.pixels = { (const uint8_t *)pixels, sizeof(pixels) }));
	view_desk_say(&desk, VP_MESSAGE(CURSOR_SET, cursor_set, .cursor = cursor));
}

/* What the pointer shows where it is. */
static bool cursor_is(struct view_desk *at, void *data)
{
	const struct cursor *cursor = data;
	xcb_xfixes_get_cursor_image_reply_t *image = xcb_xfixes_get_cursor_image_reply(
		at->user, xcb_xfixes_get_cursor_image(at->user), NULL);
	const uint32_t *pixels = xcb_xfixes_get_cursor_image_cursor_image(image);
	bool is = image->width == CURSOR_SIDE && image->height == CURSOR_SIDE &&
		  image->xhot == CURSOR_HOT && image->yhot == CURSOR_HOT;
	for (uint32_t i = 0; is && i < CURSOR_SIDE * CURSOR_SIDE; i++)
		is = pixels[i] == cursor->paint(i % CURSOR_SIDE, i / CURSOR_SIDE);
	free(image);
	return is;
}

static void check_cursor(uint32_t id, uint32_t (*paint)(uint32_t x, uint32_t y))
{
	struct cursor cursor = { paint };
	send_cursor(id, paint);
	view_desk_wait(&desk, cursor_is, &cursor);
}

static void test_cursors(void)
{
	struct cursor translucent = { paint_translucent };
	int32_t x;
	int32_t y;
	struct view_desk_xids xids = open_focused();
	content_place(&xids, &x, &y);
	x_user_move(desk.user, x + 50, y + 50);
	check_cursor(1, paint_translucent);
	check_cursor(2, paint_nothing);
	/* The images of an animated cursor come one after the other. */
	for (int i = 0; i < 3; i++) {
		check_cursor(1, paint_translucent);
		check_cursor(1, paint_blue);
	}
	/* It shows over the guest's windows alone, and over those that come later, too. */
	check_cursor(1, paint_translucent);
	x_user_move(desk.user, BARE_X, BARE_Y);
	CU_ASSERT_FALSE(cursor_is(&desk, &translucent));
	xids = view_desk_open_square(&desk, OTHER, 0, PLACE + SIZE + 50, SIZE);
	content_place(&xids, &x, &y);
	x_user_move(desk.user, x + 50, y + 50);
	view_desk_wait(&desk, cursor_is, &translucent);
	view_desk_destroy(&desk, OTHER);
	view_desk_destroy(&desk, WINDOW);
}

static const struct unit_test tests[] = {
	{ "keys and modifiers go down and up in order", test_keys },
	{ "what is held when the focus goes is told anew when it comes back",
		test_keys_across_focus },
	{ "between two windows of the guest the focus goes at once", test_focus_within_guest },
	{ "a key that goes up while the view stands still is told to go up",
		test_keys_of_a_stopped_view },
	{ "locks are told as they change", test_locks },
	{ "another keyboard layout is told", test_layout },
	{ "a key comes after the layout that it was typed with", test_layout_before_its_keys },
	{ "what is put on a key comes before the key", test_keysyms_before_their_key },
	{ "nine buttons and both wheels arrive where they were pressed", test_buttons },
	{ "a drag that leaves the window is the window's until the button is up", test_drag },
	{ "a press elsewhere is told while a popup shows", test_elsewhere },
	{ "a press elsewhere is not told while another has the focus",
		test_elsewhere_without_focus },
	{ "a press elsewhere is taken from nobody", test_elsewhere_takes_nothing },
	{ "cursors show as they are: translucent, hidden, animated", test_cursors },
};

int main(int argc, char **argv)
{
	view_desk_start(&desk, "800x600x24");
	free(xcb_xfixes_query_version_reply(
		desk.user, xcb_xfixes_query_version(desk.user, 5, 0), NULL));
	int status = unit_run("view input", tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
	view_desk_stop(&desk);
	return status;
}

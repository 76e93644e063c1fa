/* Attacks on what the user believes: popups where nobody asked for them, and on what is not the
 * guest's. */
#include "attack.h"

#include <stdlib.h>

#include "x-user.h"

enum {
	POPUP = 8,
	OTHER = 9,
	PANEL = 30, /* height of a panel at the screen's upper edge */
	SCREEN_WIDTH = 1280,
	SCREEN_HEIGHT = 800,
};

static void open_popup(int x, int y, uint32_t width, uint32_t height)
{
	attack_create(POPUP, 1, ATTACK_WINDOW, x, y, width, height);
	attack_say(VP_OP_WINDOW_MAP, "w", POPUP);
	attack_goes_on();
}

static void focus_nothing(void)
{
	x_user_focus(attack_desk()->user, attack_desk()->screen->root);
}

static void test_popup_without_focus(void)
{
	focus_nothing();
	attack_open();
	open_popup(10, 10, 100, 100);
	CU_ASSERT_FALSE(attack_shows(POPUP));
	/* Nor by insisting. */
	attack_say(VP_OP_WINDOW_UNMAP, "w", POPUP);
	attack_say(VP_OP_WINDOW_MAP, "w", POPUP);
	attack_say(VP_OP_WINDOW_MOVED, "wiiww", POPUP, 0, 0, 50, 50);
	attack_goes_on();
	CU_ASSERT_FALSE(attack_shows(POPUP));
	attack_focus();
	attack_await_shown(POPUP);
}

static void test_popup_after_the_focus(void)
{
	attack_open();
	attack_focus();
	open_popup(10, 10, 100, 100);
	attack_await_shown(POPUP);
	focus_nothing();
	attack_await_hidden(POPUP);
	attack_say(VP_OP_WINDOW_UNMAP, "w", POPUP);
	attack_say(VP_OP_WINDOW_MAP, "w", POPUP);
	attack_goes_on();
	CU_ASSERT_FALSE(attack_shows(POPUP));
}

static void test_popup_of_another_window(void)
{
	attack_open();
	attack_focus();
	attack_create(OTHER, 0, 0, 500, 300, ATTACK_SIZE, ATTACK_SIZE);
	attack_say(VP_OP_WINDOW_MAP, "w", OTHER);
	attack_create(POPUP, 1, OTHER, 0, 0, 100, 100);
	attack_say(VP_OP_WINDOW_MAP, "w", POPUP);
	attack_goes_on();
	CU_ASSERT_FALSE(attack_shows(POPUP));
}

/* A panel, as window managers tell of it. */

static void set_work_area(void)
{
	const uint32_t area[] = { 0, PANEL, SCREEN_WIDTH, SCREEN_HEIGHT - PANEL };
	struct view_desk *desk = attack_desk();
	xcb_change_property(desk->user, XCB_PROP_MODE_REPLACE, desk->screen->root,
		x_user_atom(desk->user, "_NET_WORKAREA"), XCB_ATOM_CARDINAL, 32, 4, area);
	view_desk_settle(desk);
}

static void unset_work_area(void)
{
	struct view_desk *desk = attack_desk();
	xcb_delete_property(
		desk->user, desk->screen->root, x_user_atom(desk->user, "_NET_WORKAREA"));
	view_desk_settle(desk);
}

static void await_popup(int x, int y, uint32_t width, uint32_t height)
{
	attack_await_place(POPUP, &(const xcb_rectangle_t){ (int16_t)x, (int16_t)y, (uint16_t)width,
					  (uint16_t)height });
}

/* The content at 104 from the left, and a border around it. */
static const int left = 104 - VIEW_DESK_POPUP_BORDER;
static const uint32_t side = 100 + 2 * VIEW_DESK_POPUP_BORDER;

static void test_popup_over_panel(void)
{
	attack_open();
	attack_focus();
	set_work_area();
	open_popup(0, -5000, 100, 100);
	await_popup(left, PANEL, side, side);
	attack_say(VP_OP_WINDOW_MOVED, "wiiww", POPUP, -5000, -5000, VP_SIZE_MAX, VP_SIZE_MAX);
	await_popup(0, PANEL, SCREEN_WIDTH, SCREEN_HEIGHT - PANEL);
	unset_work_area();
}

static void test_panel_comes_to_popup(void)
{
	attack_open();
	attack_focus();
	open_popup(0, -5000, 100, 100);
	await_popup(left, 0, side, side);
	set_work_area();
	await_popup(left, PANEL, side, side);
	unset_work_area();
}

/* What others have on the screen */

enum {
	STRIP = 6,
	NATIVE_PLACE = 200, /* both ways */
	NATIVE_SIZE = 120,
	NATIVE_COLOUR = 0x00aa00,
	EMPTY_COLOUR = 0xe6e6e6, /* of a popup without pixels */
};

/* As another VM's view, or the desk, has it; strip says how much of it tells whose it is. */
static xcb_window_t open_native(uint32_t strip)
{
	struct view_desk *desk = attack_desk();
	const uint32_t values[] = { NATIVE_COLOUR, 1 };
	xcb_window_t native = xcb_generate_id(desk->user);
	xcb_create_window(desk->user, XCB_COPY_FROM_PARENT, native, desk->screen->root,
		NATIVE_PLACE, NATIVE_PLACE, NATIVE_SIZE, NATIVE_SIZE, 0,
		XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT,
		XCB_CW_BACK_PIXEL | XCB_CW_OVERRIDE_REDIRECT, values);
	xcb_change_property(desk->user, XCB_PROP_MODE_REPLACE, native,
		x_user_atom(desk->user, "_ORIEL_LABEL"), XCB_ATOM_CARDINAL, 32, 1, &strip);
	xcb_map_window(desk->user, native);
	return native;
}

/* As the window manager lists them, lowest first. */
static void list_clients(xcb_window_t lower, xcb_window_t upper)
{
	struct view_desk *desk = attack_desk();
	const uint32_t clients[] = { lower, upper };
	xcb_change_property(desk->user, XCB_PROP_MODE_REPLACE, desk->screen->root,
		x_user_atom(desk->user, "_NET_CLIENT_LIST_STACKING"), XCB_ATOM_WINDOW, 32, 2,
		clients);
	xcb_flush(desk->user);
}

static void close_native(xcb_window_t native)
{
	struct view_desk *desk = attack_desk();
	xcb_destroy_window(desk->user, native);
	xcb_delete_property(desk->user, desk->screen->root,
		x_user_atom(desk->user, "_NET_CLIENT_LIST_STACKING"));
	xcb_flush(desk->user);
}

struct spot {
	int32_t at; /* from the native window's left and upper edge */
	uint32_t colour;
};

static bool spot_is(struct view_desk *desk, void *data)
{
	const struct spot *spot = data;
	int32_t at = NATIVE_PLACE + spot->at;
	return (x_user_pixel(desk->user, desk->screen->root, at, at) & 0xffffff) == spot->colour;
}

static void await_spot(int32_t at, uint32_t colour)
{
	struct spot spot = { at, colour };
	view_desk_wait(attack_desk(), spot_is, &spot);
}

static void test_popup_over_label(void)
{
	xcb_window_t native = open_native(STRIP);
	attack_open();
	attack_focus();
	xcb_window_t own = view_desk_xids(attack_desk(), ATTACK_WINDOW).toplevel;
	list_clients(own, native);
	open_popup(50, 50, 400, 400);
	await_spot(NATIVE_SIZE / 2, EMPTY_COLOUR);
	await_spot(STRIP - 1, NATIVE_COLOUR);
	await_spot(STRIP, EMPTY_COLOUR);
	await_spot(NATIVE_SIZE - STRIP, NATIVE_COLOUR);
	await_spot(NATIVE_SIZE - STRIP - 1, EMPTY_COLOUR);
	/* Nor by moving, or by a shape of its own. */
	attack_say(VP_OP_WINDOW_MOVED, "wiiww", POPUP, 40, 40, 500, 500);
	attack_say(VP_OP_WINDOW_SHAPE, "wbbwhhhh", POPUP, VP_SHAPE_BOUNDING, 1, 1, 0, 0, 500, 500);
	attack_goes_on();
	await_spot(NATIVE_SIZE / 2, EMPTY_COLOUR);
	await_spot(STRIP - 1, NATIVE_COLOUR);
	await_spot(NATIVE_SIZE - 1, NATIVE_COLOUR);
	close_native(native);
}

static void test_popup_over_dialog(void)
{
	xcb_window_t native = open_native(0);
	attack_open();
	attack_focus();
	xcb_window_t own = view_desk_xids(attack_desk(), ATTACK_WINDOW).toplevel;
	open_popup(50, 50, 400, 400);
	await_spot(0, EMPTY_COLOUR);
	/* The dialog comes later. */
	list_clients(own, native);
	await_spot(0, NATIVE_COLOUR);
	await_spot(NATIVE_SIZE / 2, NATIVE_COLOUR);
	await_spot(NATIVE_SIZE - 1, NATIVE_COLOUR);
	await_spot(NATIVE_SIZE, EMPTY_COLOUR);
	close_native(native);
	await_spot(0, EMPTY_COLOUR);
}

/* The label */

enum { ICON_SIDE = 32, BADGE_INSET = 4 /* from the icon's right and lower edge */ };

static const uint32_t other_colour = 0xffcc0000; /* of another VM's label */

static bool icon_has_badge(struct view_desk *desk, void *data)
{
	xcb_get_property_reply_t *reply = xcb_get_property_reply(desk->user,
		xcb_get_property(desk->user, 0, view_desk_xids(desk, ATTACK_WINDOW).toplevel,
			x_user_atom(desk->user, "_NET_WM_ICON"), XCB_ATOM_CARDINAL, 0,
			2 + ICON_SIDE * ICON_SIDE),
		NULL);
	const uint32_t *words = reply != NULL ? xcb_get_property_value(reply) : NULL;
	(void)data;
	bool has = words != NULL && reply->value_len == 2 + ICON_SIDE * ICON_SIDE &&
		   words[0] == ICON_SIDE && words[2] == other_colour &&
		   words[2 + (ICON_SIDE - BADGE_INSET) * ICON_SIDE + ICON_SIDE - BADGE_INSET] ==
			   (0xff000000U | VIEW_DESK_COLOUR);
	free(reply);
	return has;
}

static void test_icon_of_another(void)
{
	uint32_t pixels[ICON_SIDE * ICON_SIDE];
	for (size_t i = 0; i < ICON_SIDE * ICON_SIDE; i++)
		pixels[i] = other_colour;
	attack_open();
	attack_say(VP_OP_WINDOW_ICON, "wbbhhp", ATTACK_WINDOW, 0, 1, ICON_SIDE, ICON_SIDE,
		sizeof(pixels), pixels);
	attack_goes_on();
	view_desk_wait(attack_desk(), icon_has_badge, NULL);
}

struct border_pixel {
	xcb_window_t window;
	int32_t at;
};

static bool border_is_labelled(struct view_desk *desk, void *data)
{
	const struct border_pixel *pixel = data;
	return (x_user_pixel(desk->user, pixel->window, pixel->at, pixel->at) & 0xffffff) ==
	       VIEW_DESK_COLOUR;
}

static void check_border(xcb_window_t window)
{
	struct border_pixel first = { window, 0 };
	struct border_pixel last = { window, ATTACK_SIZE + 2 * VIEW_DESK_BORDER - 1 };
	view_desk_wait(attack_desk(), border_is_labelled, &first);
	view_desk_wait(attack_desk(), border_is_labelled, &last);
}

/* Also where the guest draws nothing, or all it can. */
static void test_border_without_damage(void)
{
	attack_open();
	attack_goes_on();
	attack_await_shown(ATTACK_WINDOW);
	xcb_window_t window = view_desk_xids(attack_desk(), ATTACK_WINDOW).toplevel;
	check_border(window);
	attack_share();
	attack_say(VP_OP_FRAME_PRESENT, "wwwwwwwhhhh", ATTACK_WINDOW, ATTACK_BUFFER, 1, ATTACK_SIZE,
		ATTACK_SIZE, 0, 1, 5, 5, 1, 1);
	attack_goes_on();
	check_border(window);
	attack_say(VP_OP_WINDOW_SHAPE, "wbbwhhhh", ATTACK_WINDOW, VP_SHAPE_BOUNDING, 1, 1, 10, 10,
		5, 5);
	attack_goes_on();
	check_border(window);
}

/* A picture of a whole desktop, without a border that would be seen. */

enum { HINT_WORDS = 18, HINT_MIN_WIDTH = 5, HINT_BASE_WIDTH = 15 /* of WM_NORMAL_HINTS */ };

static bool hints_fit(struct view_desk *desk, void *data)
{
	xcb_get_property_reply_t *reply = xcb_get_property_reply(desk->user,
		xcb_get_property(desk->user, 0, view_desk_xids(desk, OTHER).toplevel,
			XCB_ATOM_WM_NORMAL_HINTS, XCB_ATOM_WM_SIZE_HINTS, 0, HINT_WORDS),
		NULL);
	const uint32_t *words = reply != NULL ? xcb_get_property_value(reply) : NULL;
	(void)data;
	bool fit = words != NULL && reply->value_len == HINT_WORDS &&
		   words[HINT_MIN_WIDTH] == SCREEN_WIDTH &&
		   words[HINT_MIN_WIDTH + 1] == SCREEN_HEIGHT &&
		   words[HINT_BASE_WIDTH] == SCREEN_WIDTH &&
		   words[HINT_BASE_WIDTH + 1] == SCREEN_HEIGHT;
	free(reply);
	return fit;
}

static void test_window_over_everything(void)
{
	const xcb_rectangle_t place = { -20, -20, SCREEN_WIDTH, SCREEN_HEIGHT };
	attack_create(OTHER, 0, 0, -20, -20, 2 * SCREEN_WIDTH, 2 * SCREEN_HEIGHT);
	attack_say(VP_OP_WINDOW_HINTS, "whwwwwwwwwwwwwb", OTHER,
		VP_HINT_MIN_SIZE | VP_HINT_BASE_SIZE, 5000, 5000, 0, 0, 5000, 5000, 0, 0, 0, 0, 0,
		0, 0);
	attack_say(VP_OP_WINDOW_MAP, "w", OTHER);
	attack_goes_on();
	attack_await_shown(OTHER);
	attack_await_place(OTHER, &place);
	view_desk_wait(attack_desk(), hints_fit, NULL);
	attack_say(
		VP_OP_WINDOW_CONFIGURE_REQUEST, "wwbiiww", OTHER, 0, VP_FIELD_WIDTH, 0, 0, 5000, 1);
	attack_say(VP_OP_WINDOW_CONFIGURE_REQUEST, "wwbiiww", OTHER, 0, VP_FIELD_HEIGHT, 0, 0, 1,
		5000);
	attack_goes_on();
	attack_await_place(OTHER, &place);
}

static const struct unit_test tests[] = {
	{ "a popup of a window without the focus does not show", test_popup_without_focus },
	{ "a popup goes when its window has lost the focus, and does not come back",
		test_popup_after_the_focus },
	{ "a popup of another window than that with the focus does not show",
		test_popup_of_another_window },
	{ "a popup covers no panel, whatever its place and size", test_popup_over_panel },
	{ "a popup leaves the labels of other VMs' windows uncovered", test_popup_over_label },
	{ "a popup leaves the desk's own dialogs uncovered", test_popup_over_dialog },
	{ "an icon of another VM's colour has the VM's own in its corner", test_icon_of_another },
	{ "the border is there whatever the guest draws, or does not", test_border_without_damage },
	{ "a window leaves a part of the screen and of its border to be seen",
		test_window_over_everything },
	{ "a panel that comes is not covered by a popup that is there", test_panel_comes_to_popup },
};

ATTACK_MAIN("attacks on what the user believes", tests)

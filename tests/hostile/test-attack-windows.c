/* Attacks by windows: ids, places, sizes, popups, states, shapes. */
#include "attack.h"

#include <stdlib.h>

enum {
	SCREEN_WIDTH = 1280,
	SCREEN_HEIGHT = 800,
	OTHER = 8,
	UNKNOWN = 4711,
	CHAIN = 200,
	ROUNDS = 60,
	MANY = 1000,
};

static void create(uint32_t window)
{
	attack_create(window, 0, 0, 100, 100, ATTACK_SIZE, ATTACK_SIZE);
}

static void popup(uint32_t window, uint32_t owner, int x, int y, uint32_t width, uint32_t height)
{
	attack_create(window, 1, owner, x, y, width, height);
	attack_say(VP_OP_WINDOW_MAP, "w", window);
}

static void test_id_0(void)
{
	create(0);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_create is malformed");
}

static void test_id_twice(void)
{
	create(ATTACK_WINDOW);
	create(ATTACK_WINDOW);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window 7 exists already");
}

static void test_unknown_id(void)
{
	attack_say(VP_OP_WINDOW_MAP, "w", UNKNOWN);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window 4711, which does not exist");
}

static void test_gone_id(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_DESTROY, "w", ATTACK_WINDOW);
	attack_say(VP_OP_WINDOW_TITLE, "ws", ATTACK_WINDOW, "ghost");
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window 7, which does not exist");
}

static void test_id_beyond_numbers(void)
{
	create(UINT32_MAX);
	attack_goes_on();
}

static void test_as_many_windows_as_allowed(void)
{
	for (uint32_t i = 1; i <= VP_WINDOWS_MAX; i++)
		create(i);
	attack_goes_on();
}

static void test_too_many_windows(void)
{
	for (uint32_t i = 1; i <= VP_WINDOWS_MAX + 1; i++)
		create(i);
	attack_ends(VP_BYE_LIMIT, "more than 1024 windows");
}

static void test_windows_that_come_and_go(void)
{
	for (uint32_t i = 1; i <= MANY; i++) {
		create(i);
		attack_say(VP_OP_WINDOW_DESTROY, "w", i);
	}
	attack_goes_on();
}

static void create_at(int x, int y, uint32_t width, uint32_t height)
{
	attack_create(ATTACK_WINDOW, 0, 0, x, y, width, height);
	attack_say(VP_OP_WINDOW_MAP, "w", ATTACK_WINDOW);
}

static void test_smallest(void)
{
	create_at(0, 0, 1, 1);
	attack_goes_on();
}

static void test_largest(void)
{
	create_at(0, 0, VP_SIZE_MAX, VP_SIZE_MAX);
	attack_goes_on();
}

static void test_no_width(void)
{
	create_at(0, 0, 0, 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_create is malformed");
}

static void test_too_wide(void)
{
	create_at(0, 0, VP_SIZE_MAX + 1, 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_create is malformed");
}

static void test_negative_height(void)
{
	create_at(0, 0, 1, (uint32_t)-1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_create is malformed");
}

static void test_farthest(void)
{
	create_at(VP_POSITION_MAX, -VP_POSITION_MAX, VP_SIZE_MAX, 1);
	attack_goes_on();
}

static void test_too_far(void)
{
	create_at(VP_POSITION_MAX + 1, 0, 1, 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_create is malformed");
}

static void test_least_integer(void)
{
	create_at(INT32_MIN, INT32_MIN, 1, 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_create is malformed");
}

static void test_popup_without_owner(void)
{
	popup(OTHER, 0, 0, 0, 1280, 800);
	attack_goes_on();
	CU_ASSERT_FALSE(attack_shows(OTHER));
}

static void test_popup_of_unknown_owner(void)
{
	popup(OTHER, UNKNOWN, 0, 0, 10, 10);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "belongs to window 4711, which does not exist");
}

static void test_popup_of_itself(void)
{
	popup(OTHER, OTHER, 0, 0, 10, 10);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_popup_of_unmapped_owner(void)
{
	create(ATTACK_WINDOW);
	popup(OTHER, ATTACK_WINDOW, 0, 0, 10, 10);
	attack_goes_on();
	CU_ASSERT_FALSE(attack_shows(OTHER));
}

static void test_huge_popup(void)
{
	attack_open();
	attack_focus();
	popup(OTHER, ATTACK_WINDOW, -5000, -5000, VP_SIZE_MAX, VP_SIZE_MAX);
	attack_goes_on();
	attack_await_place(OTHER, &(const xcb_rectangle_t){ 0, 0, SCREEN_WIDTH, SCREEN_HEIGHT });
}

static void test_popup_after_its_owner(void)
{
	attack_open();
	attack_focus();
	popup(OTHER, ATTACK_WINDOW, 0, 0, 10, 10);
	attack_goes_on();
	attack_await_shown(OTHER);
	attack_say(VP_OP_WINDOW_DESTROY, "w", ATTACK_WINDOW);
	attack_say(VP_OP_WINDOW_MAP, "w", OTHER);
	attack_goes_on();
	attack_await_hidden(OTHER);
}

static void test_chain_of_popups(void)
{
	attack_open();
	attack_focus();
	for (uint32_t i = 0; i < CHAIN; i++)
		popup(OTHER + i, OTHER + i - 1, 1, 1, 10, 10);
	attack_goes_on();
	attack_await_shown(OTHER + CHAIN - 1);
	attack_say(VP_OP_WINDOW_UNMAP, "w", ATTACK_WINDOW);
	attack_goes_on();
	attack_await_hidden(OTHER);
}

static void test_popup_becomes_owner(void)
{
	attack_open();
	popup(OTHER, ATTACK_WINDOW, 0, 0, 10, 10);
	attack_say(VP_OP_WINDOW_OWNER, "www", ATTACK_WINDOW, OTHER, 0);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window 7 belongs to itself");
}

static void test_owners_in_a_circle(void)
{
	create(ATTACK_WINDOW);
	create(OTHER);
	attack_say(VP_OP_WINDOW_OWNER, "www", ATTACK_WINDOW, OTHER, 0);
	attack_say(VP_OP_WINDOW_OWNER, "www", OTHER, ATTACK_WINDOW, 0);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window 8 belongs to itself");
}

static void test_own_owner(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_OWNER, "www", ATTACK_WINDOW, ATTACK_WINDOW, 0);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window 7 belongs to itself");
}

static void test_moved_window_that_is_no_popup(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_MOVED, "wiiww", ATTACK_WINDOW, 0, 0, 10, 10);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window 7 is not a popup");
}

static void test_unknown_states(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_STATE_REQUEST, "www", ATTACK_WINDOW, VP_STATE_ALL + 1, 0);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_state_request is malformed");
}

static void test_fullscreen_unasked(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_STATE_REQUEST, "www", ATTACK_WINDOW,
		VP_STATE_FULLSCREEN | VP_STATE_ABOVE, VP_STATE_FULLSCREEN | VP_STATE_ABOVE);
	attack_goes_on();
	struct view_desk_xids xids = view_desk_xids(attack_desk(), ATTACK_WINDOW);
	(void)xids;
	CU_ASSERT_EQUAL(attack_desk()->window.state & (VP_STATE_FULLSCREEN | VP_STATE_ABOVE), 0);
}

static void test_unknown_type(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_TYPE, "wb", ATTACK_WINDOW, VP_TYPE_DND + 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_type is malformed");
}

static void test_unknown_grip(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_GRIP, "wbb", ATTACK_WINDOW, VP_GRIP_CANCEL + 1, 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_grip is malformed");
}

static void test_contradictory_hints(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_HINTS, "whwwwwwwwwwwwwb", ATTACK_WINDOW, VP_HINT_ALL, 500, 500, 1,
		1, 0, 0, 0, 0, 0, 0, INT32_MAX, 0, 10);
	attack_goes_on();
}

static void test_extreme_hints(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_HINTS, "whwwwwwwwwwwwwb", ATTACK_WINDOW, VP_HINT_ALL, UINT32_MAX, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_hints is malformed");
}

static void test_restack_on_unknown(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_RESTACK, "wwb", ATTACK_WINDOW, UNKNOWN, 0);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "is to lie by window 4711, which does not exist");
}

static void test_raise_storm(void)
{
	attack_open();
	for (int i = 0; i < ROUNDS; i++) {
		attack_say(VP_OP_WINDOW_ACTIVATE, "w", ATTACK_WINDOW);
		attack_say(VP_OP_WINDOW_RESTACK, "wwb", ATTACK_WINDOW, 0, 0);
	}
	attack_goes_on();
}

static void test_shape_outside(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_SHAPE, "wbbwhhhh", ATTACK_WINDOW, VP_SHAPE_BOUNDING, 1, 1, 0x8000,
		0x7fff, 0xffff, 0xffff);
	attack_goes_on();
}

static void test_shape_of_nothing(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_SHAPE, "wbbw", ATTACK_WINDOW, VP_SHAPE_BOUNDING, 1, 0);
	attack_goes_on();
}

static void test_too_many_shape_rectangles(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_SHAPE, "wbbwN", ATTACK_WINDOW, VP_SHAPE_INPUT, 1, VP_RECTS_MAX + 1,
		(size_t)(VP_RECTS_MAX + 1) * VP_RECT_BYTES);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_shape is malformed");
}

static void test_overflowing_rectangle_count(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_SHAPE, "wbbw", ATTACK_WINDOW, VP_SHAPE_INPUT, 1, 0x20000001);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_shape is malformed");
}

static void test_rectangles_without_shape(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_SHAPE, "wbbwhhhh", ATTACK_WINDOW, VP_SHAPE_INPUT, 0, 1, 0, 0, 1, 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window 7 has rectangles but no shape");
}

static void test_configure_request_of_all_sizes(void)
{
	attack_open();
	for (uint32_t size = 1; size <= VP_SIZE_MAX; size *= 2)
		attack_say(VP_OP_WINDOW_CONFIGURE_REQUEST, "wwbiiww", ATTACK_WINDOW, UINT32_MAX,
			VP_FIELD_ALL, VP_POSITION_MAX, -VP_POSITION_MAX, size, size);
	attack_goes_on();
}

static void test_destroyed_during_resize(void)
{
	attack_open();
	attack_share();
	attack_present(ATTACK_WINDOW, ATTACK_BUFFER, 1);
	attack_say(VP_OP_WINDOW_CONFIGURE_REQUEST, "wwbiiww", ATTACK_WINDOW, 0, VP_FIELD_ALL, 10,
		10, 300, 300);
	attack_say(VP_OP_WINDOW_DESTROY, "w", ATTACK_WINDOW);
	attack_say(VP_OP_BUFFER_DESTROY, "w", ATTACK_BUFFER);
	attack_goes_on();
}

static void test_mapped_and_unmapped(void)
{
	attack_open();
	for (int i = 0; i < ROUNDS; i++)
		attack_say(i % 2 == 0 ? VP_OP_WINDOW_UNMAP : VP_OP_WINDOW_MAP, "w", ATTACK_WINDOW);
	attack_goes_on();
}

static void test_announced_more_than_there_are(void)
{
	attack_say(VP_OP_WINDOWS_ANNOUNCED, "w", VP_WINDOWS_MAX);
	attack_say(VP_OP_WINDOWS_ANNOUNCED, "w", 0);
	attack_goes_on();
}

static void test_hung_storm(void)
{
	attack_open();
	for (unsigned int i = 0; i < ROUNDS; i++)
		attack_say(VP_OP_WINDOW_HUNG, "wb", ATTACK_WINDOW, i % 2);
	attack_goes_on();
}

static const struct unit_test tests[] = {
	{ "window 0 ends the session", test_id_0 },
	{ "a window that exists already ends the session", test_id_twice },
	{ "a window that never existed ends the session", test_unknown_id },
	{ "a window that has gone ends the session", test_gone_id },
	{ "the highest id is an id like any other", test_id_beyond_numbers },
	{ "as many windows as are allowed are borne", test_as_many_windows_as_allowed },
	{ "one window more than is allowed ends the session", test_too_many_windows },
	{ "a thousand windows that come and go are borne", test_windows_that_come_and_go },
	{ "a window of one pixel is borne", test_smallest },
	{ "the largest window is borne", test_largest },
	{ "a window without width ends the session", test_no_width },
	{ "a window one pixel too wide ends the session", test_too_wide },
	{ "a window of negative height ends the session", test_negative_height },
	{ "a window in the farthest corner is borne", test_farthest },
	{ "a window one pixel farther ends the session", test_too_far },
	{ "a window at the least integer ends the session", test_least_integer },
	{ "a popup without owner does not show", test_popup_without_owner },
	{ "a popup of a window that never existed ends the session", test_popup_of_unknown_owner },
	{ "a popup of its own ends the session", test_popup_of_itself },
	{ "a popup of a window that does not show does not show", test_popup_of_unmapped_owner },
	{ "a popup larger than the monitor is confined to it", test_huge_popup },
	{ "a popup does not outlive its owner", test_popup_after_its_owner },
	{ "a chain of popups goes with its owner", test_chain_of_popups },
	{ "a popup that comes to own its owner ends the session", test_popup_becomes_owner },
	{ "windows that own each other end the session", test_owners_in_a_circle },
	{ "a window that owns itself ends the session", test_own_owner },
	{ "a managed window that places itself as popups do ends the session",
		test_moved_window_that_is_no_popup },
	{ "a state that is none ends the session", test_unknown_states },
	{ "a window does not cover the others unasked", test_fullscreen_unasked },
	{ "a type that is none ends the session", test_unknown_type },
	{ "a grip that is none ends the session", test_unknown_grip },
	{ "hints that contradict themselves are borne", test_contradictory_hints },
	{ "hints out of range end the session", test_extreme_hints },
	{ "a place next to a window that never existed ends the session", test_restack_on_unknown },
	{ "a storm of raises is borne", test_raise_storm },
	{ "a shape outside its window is borne", test_shape_outside },
	{ "a shape of nothing is borne", test_shape_of_nothing },
	{ "a shape of one rectangle too many ends the session", test_too_many_shape_rectangles },
	{ "a count of rectangles that overflows ends the session",
		test_overflowing_rectangle_count },
	{ "rectangles of no shape end the session", test_rectangles_without_shape },
	{ "requests for all sizes at the farthest corner are borne",
		test_configure_request_of_all_sizes },
	{ "a window that goes while it is resized is borne", test_destroyed_during_resize },
	{ "a window that flickers is borne", test_mapped_and_unmapped },
	{ "a wrong count of windows is borne", test_announced_more_than_there_are },
	{ "a storm of hung and not is borne", test_hung_storm },
};

ATTACK_MAIN("attacks by windows", tests)

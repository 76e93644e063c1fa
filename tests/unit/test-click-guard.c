/*
 * Which clicks are the guest's; the pointer's crossings and the times are the test's.
 */
#include "unit.h"

#include "click-guard.h"

enum {
	START = 5000,
	SOON = START + HC_CLICK_GUARD_MS - 1,
	LATER = START + HC_CLICK_GUARD_MS,
	WINDOW = 0x100,
	POPUP = 0x101,
	LEFT = 1,
	RIGHT = 3,
};

static struct hc_click_guard guard;

static void come(uint32_t window, uint32_t time)
{
	hc_click_guard_entered(&guard, window, HC_CLICK_GUARD_WINDOWS, time);
}

static void move_into(uint32_t window, uint32_t time)
{
	hc_click_guard_entered(&guard, window, HC_CLICK_GUARD_MOTION, time);
}

static void ungrab(uint32_t window, uint32_t time)
{
	hc_click_guard_entered(&guard, window, HC_CLICK_GUARD_UNGRAB, time);
}

static void leave(uint32_t window, uint32_t time)
{
	hc_click_guard_left(&guard, window, HC_CLICK_GUARD_WINDOWS, time);
}

/* A whole click; whether the guest is told of it. */
static bool click(uint32_t window, uint32_t time)
{
	bool told = hc_click_guard_button(&guard, window, LEFT, true, time);

	CU_ASSERT_EQUAL(hc_click_guard_holds(&guard), !told);
	CU_ASSERT_EQUAL(hc_click_guard_button(&guard, window, LEFT, false, time + 1), told);
	CU_ASSERT_FALSE(hc_click_guard_holds(&guard));
	return told;
}

static void begin(void)
{
	guard = (struct hc_click_guard){ 0 };
}

static void test_moved(void)
{
	begin();
	move_into(WINDOW, START);
	CU_ASSERT_TRUE(click(WINDOW, START));
}

static void test_came(void)
{
	begin();
	come(WINDOW, START);
	CU_ASSERT_FALSE(click(WINDOW, START));
	CU_ASSERT_FALSE(click(WINDOW, SOON));
	CU_ASSERT_TRUE(click(WINDOW, LATER));
	CU_ASSERT_TRUE(click(WINDOW, LATER + 1));
}

/* As a window manager replays it, which has looked at it first. */
static void test_older_press(void)
{
	begin();
	come(WINDOW, START);
	CU_ASSERT_FALSE(click(WINDOW, START - 10));
}

static void test_time_wraps(void)
{
	begin();
	come(WINDOW, UINT32_MAX - 10);
	CU_ASSERT_FALSE(click(WINDOW, 10));
	CU_ASSERT_TRUE(click(WINDOW, HC_CLICK_GUARD_MS));
}

static void test_menu(void)
{
	begin();
	move_into(WINDOW, START - 2000);
	CU_ASSERT_TRUE(click(WINDOW, START - 1000));
	leave(WINDOW, START);
	come(POPUP, START);
	CU_ASSERT_TRUE(click(POPUP, START));
	leave(POPUP, START + 5);
	come(WINDOW, START + 5);
	CU_ASSERT_TRUE(click(WINDOW, START + 5));
}

/* The popup opens as the button goes down, and holds the pointer as it goes up. */
static void test_menu_of_a_press(void)
{
	begin();
	move_into(WINDOW, START - 1000);
	CU_ASSERT_TRUE(hc_click_guard_button(&guard, WINDOW, RIGHT, true, START));
	leave(WINDOW, START + 5);
	CU_ASSERT_TRUE(hc_click_guard_button(&guard, WINDOW, RIGHT, false, START + 50));
	ungrab(POPUP, START + 60);
	CU_ASSERT_TRUE(click(POPUP, START + 60));
}

/* Another's grab ends, which has nothing to do with what the user has let go before. */
static void test_grab_after_a_click(void)
{
	begin();
	move_into(WINDOW, START - 1000);
	CU_ASSERT_TRUE(click(WINDOW, START - 500));
	hc_click_guard_left(&guard, WINDOW, HC_CLICK_GUARD_GRAB, START - 100);
	ungrab(POPUP, START);
	CU_ASSERT_FALSE(click(POPUP, SOON));
}

static void test_window_upon_window(void)
{
	begin();
	come(WINDOW, START);
	leave(WINDOW, START + 1);
	come(POPUP, START + 1);
	CU_ASSERT_FALSE(click(POPUP, SOON));
	CU_ASSERT_TRUE(click(POPUP, LATER));
}

static void test_away_between(void)
{
	begin();
	move_into(WINDOW, START - 2000);
	leave(WINDOW, START - 1000);
	come(WINDOW, START);
	CU_ASSERT_FALSE(click(WINDOW, SOON));
	begin();
	move_into(WINDOW, START - 2000);
	hc_click_guard_left(&guard, WINDOW, HC_CLICK_GUARD_MOTION, START);
	come(WINDOW, START);
	CU_ASSERT_FALSE(click(WINDOW, SOON));
}

/* Which sees the press first, and lets the window have it then. */
static void test_click_to_focus(void)
{
	begin();
	move_into(WINDOW, START - 100);
	hc_click_guard_left(&guard, WINDOW, HC_CLICK_GUARD_GRAB, START);
	ungrab(WINDOW, START + 20);
	CU_ASSERT_TRUE(click(WINDOW, START));
}

/* The pointer may be anywhere by the time that it can be had again. */
static void test_grab_elsewhere(void)
{
	begin();
	move_into(WINDOW, START - 100);
	hc_click_guard_left(&guard, WINDOW, HC_CLICK_GUARD_GRAB, START - 50);
	ungrab(POPUP, START);
	CU_ASSERT_FALSE(click(POPUP, SOON));
	begin();
	move_into(WINDOW, START - 100);
	hc_click_guard_left(&guard, WINDOW, HC_CLICK_GUARD_GRAB, START - 50);
	come(WINDOW, START);
	CU_ASSERT_FALSE(click(WINDOW, SOON));
}

static void test_destroyed(void)
{
	begin();
	move_into(WINDOW, START - 100);
	hc_click_guard_forget(&guard, WINDOW);
	leave(WINDOW, START);
	come(POPUP, START);
	CU_ASSERT_TRUE(click(POPUP, START));
	/* That it was left is not told if another has the pointer then. */
	begin();
	move_into(WINDOW, START - 100);
	hc_click_guard_forget(&guard, WINDOW);
	come(POPUP, START);
	CU_ASSERT_FALSE(click(POPUP, SOON));
}

static void test_destroyed_while_held(void)
{
	begin();
	come(WINDOW, START);
	CU_ASSERT_FALSE(hc_click_guard_button(&guard, WINDOW, LEFT, true, START));
	hc_click_guard_forget(&guard, POPUP);
	CU_ASSERT_TRUE(hc_click_guard_holds(&guard));
	hc_click_guard_forget(&guard, WINDOW);
	CU_ASSERT_FALSE(hc_click_guard_holds(&guard));
}

static void test_released(void)
{
	begin();
	come(WINDOW, START);
	CU_ASSERT_FALSE(hc_click_guard_button(&guard, WINDOW, LEFT, true, START));
	CU_ASSERT_FALSE(hc_click_guard_button(&guard, WINDOW, RIGHT, true, START));
	CU_ASSERT_FALSE(hc_click_guard_button(&guard, WINDOW, RIGHT, false, LATER));
	CU_ASSERT_TRUE(hc_click_guard_holds(&guard));
	hc_click_guard_release(&guard);
	CU_ASSERT_FALSE(hc_click_guard_holds(&guard));
}

static const struct unit_test tests[] = {
	{ "what the pointer was moved into gets the click at once", test_moved },
	{ "what came under the pointer gets no click until a moment later", test_came },
	{ "a press from before the window came is not the window's", test_older_press },
	{ "the server's time may begin anew meanwhile", test_time_wraps },
	{ "a menu that opens under the pointer of the guest's user gets the click", test_menu },
	{ "a menu that a press opens gets the next click", test_menu_of_a_press },
	{ "a click before another's grab does not count after it", test_grab_after_a_click },
	{ "a second window upon the first does not end the wait", test_window_upon_window },
	{ "that the pointer was in the window before does not count", test_away_between },
	{ "a window manager that looks at a click first does not hinder it", test_click_to_focus },
	{ "after another's grab what is under the pointer is new", test_grab_elsewhere },
	{ "a window that is destroyed leaves the pointer to the guest's next", test_destroyed },
	{ "a window that is destroyed under a click ends it", test_destroyed_while_held },
	{ "motion is kept back until all that was pressed is let go", test_released },
};

int main(int argc, char **argv)
{
	return unit_run("click guard", tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}

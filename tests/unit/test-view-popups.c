/* When popups show, and where, as the view's core has it. */
#include "unit.h"
#include "view-bench.h"

enum {
	WINDOW = 1,
	OTHER = 2,
	POPUP = 3,
	SUBMENU = 4,
	GRACE_MS = 2000,
	BORDER = 2, /* of the bench's label, around popups */
};

static struct view_bench bench;

static void create_popup(uint32_t id, uint32_t owner, int32_t x, int32_t y)
{
	view_bench_send(&bench,
		VP_MESSAGE(WINDOW_CREATE, window_create, .window = id, .native = 0x1000U + id,
			.popup = 1, .owner = owner, .x = x, .y = y, .width = 200, .height = 100));
	view_bench_send(&bench, VP_MESSAGE(WINDOW_MAP, window_map, .window = id));
}

static void begin(void)
{
	view_bench_init(&bench);
	hc_core_advance(bench.core, 1000);
	view_bench_window(&bench, WINDOW);
	view_bench_window(&bench, OTHER);
}

static void end(void)
{
	CU_ASSERT_PTR_NOT_NULL(bench.guest);
	view_bench_finish(&bench);
}

static void focus(uint32_t window)
{
	fake_presenter_say(bench.fake, VP_MESSAGE(FOCUS, focus, .window = window));
}

static void press_in(uint32_t window)
{
	fake_presenter_say(bench.fake, VP_MESSAGE(POINTER_BUTTON, pointer_button, .window = window,
					       .button = 1, .pressed = 1));
}

static void leave(uint32_t window)
{
	fake_presenter_say(
		bench.fake, VP_MESSAGE(POINTER_CROSSING, pointer_crossing, .window = window));
}

static bool shows(uint32_t window)
{
	return fake_presenter_find(bench.fake, window)->mapped;
}

static const struct hc_rect *place_of(uint32_t window)
{
	return &fake_presenter_find(bench.fake, window)->place;
}

static void move(uint32_t popup, int32_t x, int32_t y, uint32_t width, uint32_t height)
{
	view_bench_send(&bench, VP_MESSAGE(WINDOW_MOVED, window_moved, .window = popup, .x = x,
					.y = y, .width = width, .height = height));
}

static void test_unfocused(void)
{
	begin();
	create_popup(POPUP, WINDOW, 0, 0);
	CU_ASSERT_FALSE(shows(POPUP));
	focus(OTHER);
	CU_ASSERT_FALSE(shows(POPUP));
	/* It is refused no longer than that. */
	focus(WINDOW);
	CU_ASSERT_TRUE(shows(POPUP));
	end();
}

static void test_refused_and_gone(void)
{
	begin();
	create_popup(POPUP, WINDOW, 0, 0);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_UNMAP, window_unmap, .window = POPUP));
	focus(WINDOW);
	CU_ASSERT_FALSE(shows(POPUP));
	end();
}

static void test_grace(void)
{
	begin();
	focus(WINDOW);
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), -1);
	create_popup(POPUP, WINDOW, 0, 0);
	create_popup(SUBMENU, POPUP, 0, 0);
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), -1);
	hc_core_advance(bench.core, 5000);
	focus(0);
	CU_ASSERT_TRUE(shows(POPUP));
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), 5000 + GRACE_MS);
	hc_core_advance(bench.core, 5000 + GRACE_MS - 1);
	CU_ASSERT_TRUE(shows(POPUP) && shows(SUBMENU));
	hc_core_advance(bench.core, 5000 + GRACE_MS);
	CU_ASSERT_FALSE(shows(POPUP) || shows(SUBMENU));
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), -1);
	focus(WINDOW);
	CU_ASSERT_TRUE(shows(POPUP) && shows(SUBMENU));
	end();
}

static void test_opened_in_grace(void)
{
	begin();
	focus(WINDOW);
	focus(0);
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), -1);
	hc_core_advance(bench.core, 1000 + GRACE_MS - 1);
	create_popup(POPUP, WINDOW, 0, 0);
	CU_ASSERT_TRUE(shows(POPUP));
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), 1000 + GRACE_MS);
	hc_core_advance(bench.core, 1000 + GRACE_MS);
	CU_ASSERT_FALSE(shows(POPUP));
	view_bench_send(&bench, VP_MESSAGE(WINDOW_UNMAP, window_unmap, .window = POPUP));
	view_bench_send(&bench, VP_MESSAGE(WINDOW_MAP, window_map, .window = POPUP));
	CU_ASSERT_FALSE(shows(POPUP));
	end();
}

static void test_other_owner(void)
{
	begin();
	focus(WINDOW);
	create_popup(POPUP, OTHER, 0, 0);
	CU_ASSERT_FALSE(shows(POPUP));
	view_bench_send(
		&bench, VP_MESSAGE(WINDOW_OWNER, window_owner, .window = POPUP, .owner = WINDOW));
	CU_ASSERT_TRUE(shows(POPUP));
	view_bench_send(
		&bench, VP_MESSAGE(WINDOW_OWNER, window_owner, .window = POPUP, .owner = OTHER));
	CU_ASSERT_FALSE(shows(POPUP));
	end();
}

static void test_owner_goes(void)
{
	begin();
	focus(WINDOW);
	create_popup(POPUP, WINDOW, 0, 0);
	create_popup(SUBMENU, POPUP, 0, 0);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_DESTROY, window_destroy, .window = WINDOW));
	CU_ASSERT_FALSE(shows(POPUP) || shows(SUBMENU));
	focus(0);
	end();
}

static void set_takes_no_focus(uint32_t window, bool none)
{
	view_bench_send(&bench, VP_MESSAGE(WINDOW_HINTS, window_hints, .window = window,
					.flags = none ? VP_HINT_NO_INPUT : 0));
}

static void test_toolbar(void)
{
	begin();
	focus(OTHER);
	create_popup(POPUP, WINDOW, 0, 0);
	press_in(WINDOW);
	CU_ASSERT_FALSE(shows(POPUP));
	set_takes_no_focus(WINDOW, true);
	press_in(WINDOW);
	CU_ASSERT_TRUE(shows(POPUP));
	press_in(POPUP);
	CU_ASSERT_TRUE(shows(POPUP));
	/* No matter what it says then. */
	set_takes_no_focus(WINDOW, false);
	leave(WINDOW);
	hc_core_advance(bench.core, 1000 + GRACE_MS);
	CU_ASSERT_FALSE(shows(POPUP));
	end();
}

static void test_beside_owner(void)
{
	begin();
	focus(WINDOW);
	fake_presenter_find(bench.fake, WINDOW)->place = (struct hc_rect){ 500, 400, 400, 300 };
	create_popup(POPUP, WINDOW, 50, 20);
	CU_ASSERT(place_of(POPUP)->x == 550 && place_of(POPUP)->y == 420);
	CU_ASSERT_EQUAL(bench.managed, 2);
	end();
}

static void test_work_area(void)
{
	begin();
	focus(WINDOW);
	bench.fake->work_area = (struct hc_rect){ 60, 30, 1220, 770 };
	create_popup(POPUP, WINDOW, -5000, -5000);
	CU_ASSERT(place_of(POPUP)->x == 60 + BORDER && place_of(POPUP)->y == 30 + BORDER);
	move(POPUP, 9000, 9000, 9000, 9000);
	CU_ASSERT(place_of(POPUP)->x == 60 + BORDER && place_of(POPUP)->y == 30 + BORDER);
	CU_ASSERT_EQUAL(place_of(POPUP)->width, 1220 - 2 * BORDER);
	CU_ASSERT_EQUAL(place_of(POPUP)->height, 770 - 2 * BORDER);
	end();
}

static void test_panel_comes(void)
{
	begin();
	focus(WINDOW);
	create_popup(POPUP, WINDOW, 0, -5000);
	CU_ASSERT_EQUAL(place_of(POPUP)->y, BORDER);
	bench.fake->work_area = (struct hc_rect){ 0, 30, 1280, 770 };
	fake_presenter_say(bench.fake, VP_MESSAGE(WORK_AREAS, work_areas, .areas = { NULL, 0 }));
	CU_ASSERT_EQUAL(place_of(POPUP)->y, 30 + BORDER);
	end();
}

static void set_fullscreen(bool fullscreen)
{
	uint32_t state = fullscreen ? VP_STATE_FULLSCREEN : 0;
	fake_presenter_find(bench.fake, WINDOW)->state = state;
	fake_presenter_say(bench.fake,
		VP_MESSAGE(WINDOW_STATE_SET, window_state_set, .window = WINDOW, .state = state));
}

static void test_over_full_screen(void)
{
	begin();
	focus(WINDOW);
	bench.fake->work_area = (struct hc_rect){ 0, 30, 1280, 770 };
	create_popup(POPUP, WINDOW, 0, -5000);
	set_fullscreen(true);
	CU_ASSERT_EQUAL(place_of(POPUP)->y, BORDER);
	set_fullscreen(false);
	CU_ASSERT_EQUAL(place_of(POPUP)->y, 30 + BORDER);
	end();
}

static const struct unit_test tests[] = {
	{ "a popup shows once its owner has the focus, and not before", test_unfocused },
	{ "a popup that was refused, and has gone, does not come with the focus",
		test_refused_and_gone },
	{ "popups stay for two seconds after the focus has left, and come back with it",
		test_grace },
	{ "a popup that opens just after the focus has left stays as long as others do",
		test_opened_in_grace },
	{ "the focus of another window of the guest is not the owner's", test_other_owner },
	{ "popups of popups go with the window that they belong to in the end", test_owner_goes },
	{ "a window that takes no focus has popups while the user clicks in it", test_toolbar },
	{ "a popup stands beside its owner", test_beside_owner },
	{ "a popup is within the work area, its border included", test_work_area },
	{ "a popup makes way for a panel that comes", test_panel_comes },
	{ "a popup of a window that fills the screen has the whole monitor",
		test_over_full_screen },
};

UNIT_MAIN("view popups", tests)

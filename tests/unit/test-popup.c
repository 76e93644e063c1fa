#include "unit.h"

#include "popup.h"

enum { BORDER = 2 };

static const struct hc_rect monitor = { 0, 0, 1280, 800 };
enum { OWNER_X = 100, OWNER_Y = 100 };

static void test_beside_owner(void)
{
	const struct hc_rect popup = { 50, 20, 200, 100 };

	struct hc_rect place = hc_popup_place(&popup, 300, 50, &monitor, BORDER);
	CU_ASSERT(place.x == 350 && place.y == 70);
	CU_ASSERT(place.width == 200 && place.height == 100);
}

static void test_too_large(void)
{
	const struct hc_rect popup = { 100, 100, 5000, 4000 };

	struct hc_rect place = hc_popup_place(&popup, OWNER_X, OWNER_Y, &monitor, BORDER);
	CU_ASSERT(place.width == 1276 && place.height == 796);
}

static void test_off_monitor(void)
{
	const struct hc_rect right_below = { 9000, 9000, 200, 100 };
	const struct hc_rect left_above = { -9000, -9000, 200, 100 };

	struct hc_rect place = hc_popup_place(&right_below, OWNER_X, OWNER_Y, &monitor, BORDER);
	CU_ASSERT(place.x == 1280 - 200 - BORDER && place.y == 800 - 100 - BORDER);
	place = hc_popup_place(&left_above, OWNER_X, OWNER_Y, &monitor, BORDER);
	CU_ASSERT(place.x == BORDER && place.y == BORDER);
}

static void test_extremes(void)
{
	const struct hc_rect popup = { VP_POSITION_MAX, -VP_POSITION_MAX, VP_SIZE_MAX, 1 };
	const struct hc_rect tiny = { 5, 5, 1, 1 };

	struct hc_rect place = hc_popup_place(&popup, INT32_MAX, INT32_MIN, &tiny, BORDER);
	CU_ASSERT(place.width == 1 && place.height == 1);
	CU_ASSERT(place.x == 5 && place.y == 5);
}

static const struct unit_test tests[] = {
	{ "a popup keeps its place beside its owner, wherever that is", test_beside_owner },
	{ "a popup is not larger than its area, label included", test_too_large },
	{ "a popup is within its area, label included", test_off_monitor },
	{ "extreme places overflow nothing", test_extremes },
};

UNIT_MAIN("popup", tests)

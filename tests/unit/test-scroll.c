#include "scroll.h"

#include "unit.h"

static void test_notches(void)
{
	struct ga_scroll scroll = { 0 };
	CU_ASSERT_EQUAL(ga_scroll_add(&scroll, 120), 1);
	CU_ASSERT_EQUAL(ga_scroll_add(&scroll, -360), -3);
	CU_ASSERT_EQUAL(scroll.rest, 0);
}

static void test_fractions(void)
{
	struct ga_scroll scroll = { 0 };
	int32_t notches = 0;
	for (int i = 0; i < 30; i++)
		notches += ga_scroll_add(&scroll, 7);
	CU_ASSERT_EQUAL(notches, 1);
	CU_ASSERT_EQUAL(scroll.rest, 90);
	CU_ASSERT_EQUAL(ga_scroll_add(&scroll, 30), 1);
}

static void test_turn(void)
{
	struct ga_scroll scroll = { 0 };
	CU_ASSERT_EQUAL(ga_scroll_add(&scroll, 119), 0);
	CU_ASSERT_EQUAL(ga_scroll_add(&scroll, -119), 0);
	CU_ASSERT_EQUAL(ga_scroll_add(&scroll, -1), -1);
	CU_ASSERT_EQUAL(scroll.rest, 0);
}

static void test_extremes(void)
{
	struct ga_scroll scroll = { 0 };
	CU_ASSERT_EQUAL(ga_scroll_add(&scroll, 12000), 100);
	CU_ASSERT_EQUAL(ga_scroll_add(&scroll, -12000), -100);
	CU_ASSERT_EQUAL(ga_scroll_add(&scroll, 0), 0);
}

static const struct unit_test tests[] = {
	{ "a whole notch is due at once, either way", test_notches },
	{ "fractions add up to notches and none is lost", test_fractions },
	{ "turning round begins anew", test_turn },
	{ "the greatest distance is a hundred notches", test_extremes },
};

UNIT_MAIN("scrolling", tests)

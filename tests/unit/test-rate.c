/*
 * How often something may happen.
 */
#include "unit.h"

#include "rate.h"

static const struct hc_rate_bound bound = { .burst = 3, .interval = 10 };

static void test_burst(void)
{
	struct hc_rate rate = { 0 };

	for (int i = 0; i < 3; i++)
		CU_ASSERT_TRUE(hc_rate_take(&rate, &bound, 1000));
	CU_ASSERT_FALSE(hc_rate_take(&rate, &bound, 1000));
}

static void test_interval(void)
{
	struct hc_rate rate = { 0 };

	while (hc_rate_take(&rate, &bound, 1000))
		;
	CU_ASSERT_EQUAL(hc_rate_next(&rate, &bound), 1010);
	CU_ASSERT_FALSE(hc_rate_take(&rate, &bound, 1009));
	CU_ASSERT_TRUE(hc_rate_take(&rate, &bound, 1010));
	CU_ASSERT_FALSE(hc_rate_take(&rate, &bound, 1019));
}

static void test_rest(void)
{
	struct hc_rate rate = { 0 };
	int count = 0;

	while (hc_rate_take(&rate, &bound, 1000))
		;
	while (hc_rate_take(&rate, &bound, 1000000))
		count++;
	CU_ASSERT_EQUAL(count, 3);
}

static const struct unit_test tests[] = {
	{ "it may happen a number of times at once", test_burst },
	{ "after that it may happen once an interval", test_interval },
	{ "after a long rest it may happen as often at once as at first, and not more", test_rest },
};

UNIT_MAIN("rate", tests)

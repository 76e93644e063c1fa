/* How long windows wait for their guest; the time is the test's. */
#include "unit.h"

#include "expiry.h"

enum { START = 5000, LIMIT = 1000 };

static void test_wait(void)
{
	struct hc_expiry expiry;

	hc_expiry_init(&expiry, LIMIT);
	CU_ASSERT_FALSE(hc_expiry_observe(&expiry, false, START));
	CU_ASSERT_EQUAL(expiry.deadline, -1);
	CU_ASSERT_FALSE(hc_expiry_observe(&expiry, true, START));
	CU_ASSERT_EQUAL(expiry.deadline, START + LIMIT);
	CU_ASSERT_FALSE(hc_expiry_observe(&expiry, true, START + LIMIT - 1));
	CU_ASSERT_TRUE(hc_expiry_observe(&expiry, true, START + LIMIT));
}

static void test_return(void)
{
	struct hc_expiry expiry;

	hc_expiry_init(&expiry, LIMIT);
	hc_expiry_observe(&expiry, true, START);
	CU_ASSERT_FALSE(hc_expiry_observe(&expiry, false, START + LIMIT));
	CU_ASSERT_EQUAL(expiry.deadline, -1);
	CU_ASSERT_FALSE(hc_expiry_observe(&expiry, true, START + LIMIT));
	CU_ASSERT_EQUAL(expiry.deadline, START + 2 * LIMIT);
}

static void test_never(void)
{
	struct hc_expiry expiry;

	hc_expiry_init(&expiry, -1);
	CU_ASSERT_FALSE(hc_expiry_observe(&expiry, true, START));
	CU_ASSERT_EQUAL(expiry.deadline, -1);
	CU_ASSERT_FALSE(hc_expiry_observe(&expiry, true, INT64_MAX));
}

static void test_at_once(void)
{
	struct hc_expiry expiry;

	hc_expiry_init(&expiry, 0);
	CU_ASSERT_TRUE(hc_expiry_observe(&expiry, true, START));
}

static const struct unit_test tests[] = {
	{ "windows wait their time, from when they were left alone", test_wait },
	{ "windows whose guest has returned wait the whole time when it goes again", test_return },
	{ "windows may wait for ever", test_never },
	{ "windows may not wait at all", test_at_once },
};

UNIT_MAIN("expiry", tests)

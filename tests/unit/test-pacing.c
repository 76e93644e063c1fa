#include "unit.h"

#include "extent.h"
#include "pacing.h"
#include "wire.h"

static void test_one_in_flight(void)
{
	struct ga_pacing pacing = { 0 };
	CU_ASSERT_FALSE(ga_pacing_ready(&pacing));
	ga_pacing_damage(&pacing);
	CU_ASSERT(ga_pacing_ready(&pacing));
	ga_pacing_read(&pacing);
	ga_pacing_damage(&pacing);
	CU_ASSERT_FALSE(ga_pacing_ready(&pacing));
	uint32_t serial = ga_pacing_present(&pacing);
	CU_ASSERT_FALSE(ga_pacing_ready(&pacing));
	CU_ASSERT(ga_pacing_done(&pacing, serial));
	CU_ASSERT(ga_pacing_ready(&pacing));
}

static void test_stale_answers(void)
{
	struct ga_pacing pacing = { 0 };
	CU_ASSERT_FALSE(ga_pacing_done(&pacing, 0));
	ga_pacing_damage(&pacing);
	ga_pacing_read(&pacing);
	uint32_t serial = ga_pacing_present(&pacing);
	CU_ASSERT_FALSE(ga_pacing_done(&pacing, serial + 1));
	CU_ASSERT_FALSE(ga_pacing_done(&pacing, serial - 1));
	CU_ASSERT(ga_pacing_done(&pacing, serial));
	CU_ASSERT_FALSE(ga_pacing_done(&pacing, serial));
}

static void test_failed_read(void)
{
	struct ga_pacing pacing = { 0 };
	ga_pacing_damage(&pacing);
	ga_pacing_read(&pacing);
	ga_pacing_read_failed(&pacing);
	CU_ASSERT_FALSE(ga_pacing_ready(&pacing));
	ga_pacing_damage(&pacing);
	CU_ASSERT(ga_pacing_ready(&pacing));
}

static void test_resize_steps(void)
{
	struct ga_extent buffer = ga_extent_for((struct ga_extent){ 800, 600 }, true);
	int buffers = 1;
	for (uint32_t size = 0; size < 800; size++) {
		struct ga_extent window = { 800 + size, 600 + size };
		if (ga_extent_serves(buffer, window))
			continue;
		buffer = ga_extent_for(window, true);
		CU_ASSERT(ga_extent_serves(buffer, window));
		buffers++;
	}
	CU_ASSERT(buffers <= 6);
}

static void test_shrink(void)
{
	struct ga_extent buffer = { 2048, 2048 };
	CU_ASSERT(ga_extent_serves(buffer, (struct ga_extent){ 1100, 1100 }));
	CU_ASSERT_FALSE(ga_extent_serves(buffer, (struct ga_extent){ 1000, 1000 }));
	CU_ASSERT(ga_extent_serves((struct ga_extent){ 512, 512 }, (struct ga_extent){ 1, 1 }));
}

static void test_limits(void)
{
	struct ga_extent extent = ga_extent_for((struct ga_extent){ VP_SIZE_MAX, 4096 }, true);
	CU_ASSERT_EQUAL(extent.width, VP_SIZE_MAX);
	CU_ASSERT_EQUAL(extent.height, 4096);
}

static const struct unit_test tests[] = {
	{ "a frame is read only when the last one has been answered", test_one_in_flight },
	{ "an answer to another frame than the one in flight is ignored", test_stale_answers },
	{ "a read that came to nothing waits for new damage", test_failed_read },
	{ "a window that grows by single pixels needs few buffers", test_resize_steps },
	{ "a buffer four times too large is given up, a small one is not", test_shrink },
	{ "a buffer keeps within the protocol's limits", test_limits },
};

UNIT_MAIN("pacing", tests)

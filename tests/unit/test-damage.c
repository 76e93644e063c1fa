#include "unit.h"

#include <stdint.h>
#include <string.h>

#include "damage.h"

enum { SIDE = 64 };

static uint8_t cells[SIDE][SIDE];

static void paint(const struct vp_rect *rects, size_t count, uint8_t bit)
{
	for (size_t i = 0; i < count; i++)
		for (int y = rects[i].y; y < rects[i].y + rects[i].height; y++)
			for (int x = rects[i].x; x < rects[i].x + rects[i].width; x++)
				cells[y][x] |= bit;
}

static bool covered(uint8_t wanted, uint8_t given)
{
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++)
			if ((cells[y][x] & wanted) != 0 && (cells[y][x] & given) == 0)
				return false;
	return true;
}

static void test_slices(void)
{
	/* Two squares side by side, one of them lower by 4. */
	struct vp_rect rects[] = {
		{ 0, 0, 8, 4 },
		{ 0, 4, 8, 4 },
		{ 10, 4, 8, 4 },
		{ 10, 8, 8, 4 },
	};
	CU_ASSERT_EQUAL(ga_damage_merge(rects, 4, 100), 2);
	CU_ASSERT(
		rects[0].x == 0 && rects[0].y == 0 && rects[0].width == 8 && rects[0].height == 8);
	CU_ASSERT(
		rects[1].x == 10 && rects[1].y == 4 && rects[1].width == 8 && rects[1].height == 8);
}

static void test_gap(void)
{
	struct vp_rect rects[] = { { 0, 0, 8, 4 }, { 0, 5, 8, 4 }, { 1, 9, 8, 1 } };
	CU_ASSERT_EQUAL(ga_damage_merge(rects, 3, 100), 3);
}

static void test_limit(void)
{
	struct vp_rect rects[SIDE * SIDE / 4];
	size_t count = 0;
	for (int y = 0; y < SIDE; y += 2)
		for (int x = 0; x < SIDE; x += 2)
			rects[count++] = (struct vp_rect){ (int16_t)x, (int16_t)y, 1, 1 };
	for (size_t max = 512; max > 0; max /= 2) {
		struct vp_rect merged[SIDE * SIDE / 4];
		memcpy(merged, rects, sizeof(rects));
		memset(cells, 0, sizeof(cells));
		size_t kept = ga_damage_merge(merged, count, max);
		CU_ASSERT(kept <= max);
		paint(rects, count, 1);
		paint(merged, kept, 2);
		CU_ASSERT(covered(1, 2));
	}
}

static void test_least_waste(void)
{
	/* Two near pairs, far from each other. */
	struct vp_rect rects[] = { { 0, 0, 10, 10 }, { 12, 0, 10, 10 }, { 1000, 0, 10, 10 },
		{ 1012, 0, 10, 10 } };
	CU_ASSERT_EQUAL(ga_damage_merge(rects, 4, 2), 2);
	CU_ASSERT(rects[0].x == 0 && rects[0].width == 22);
	CU_ASSERT(rects[1].x == 1000 && rects[1].width == 22);
}

static void test_extremes(void)
{
	struct vp_rect rects[] = { { INT16_MIN, INT16_MIN, 1, 1 },
		{ INT16_MAX - 1, INT16_MAX - 1, 1, 1 } };
	CU_ASSERT_EQUAL(ga_damage_merge(rects, 2, 1), 1);
	CU_ASSERT(rects[0].x == INT16_MIN && rects[0].width == UINT16_MAX);
	CU_ASSERT_EQUAL(ga_damage_merge(rects, 0, 1), 0);
}

static void test_clip(void)
{
	struct vp_rect rects[] = { { -5, -5, 10, 10 }, { 95, 45, 10, 10 }, { 100, 0, 5, 5 },
		{ 0, 50, 5, 5 }, { -5, 0, 5, 5 } };
	CU_ASSERT_EQUAL(ga_damage_clip(rects, 5, 100, 50), 2);
	CU_ASSERT(
		rects[0].x == 0 && rects[0].y == 0 && rects[0].width == 5 && rects[0].height == 5);
	CU_ASSERT(rects[1].x == 95 && rects[1].y == 45 && rects[1].width == 5 &&
		  rects[1].height == 5);
}

static const struct unit_test tests[] = {
	{ "slices of a banded region become whole rectangles again", test_slices },
	{ "rectangles that do not meet stay apart", test_gap },
	{ "merged rectangles are within the limit and cover all damage", test_limit },
	{ "the rectangles that waste least are merged first", test_least_waste },
	{ "rectangles at the ends of the coordinates do not overflow", test_extremes },
	{ "rectangles are cut at the window's edges, and dropped outside", test_clip },
};

UNIT_MAIN("damage", tests)

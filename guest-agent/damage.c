#include "damage.h"

#include <stdint.h>

/* How many of the following rectangles a rectangle may be merged with: enough for a neighbour in
 * the next band, few enough for thousands of rectangles. */
enum { NEIGHBOURS = 16 };

/* Rectangles side by side whose slices are put together; of more, the rightmost stay cut. */
enum { BAND_MAX = 512 };

/* Pixels that merging two rectangles may waste, at first. */
enum { WASTE_MIN = 64 };

static int bottom(struct vp_rect rect)
{
	return rect.y + rect.height;
}

static int right(struct vp_rect rect)
{
	return rect.x + rect.width;
}

static int64_t area(struct vp_rect rect)
{
	return (int64_t)rect.width * rect.height;
}

static struct vp_rect cover(struct vp_rect a, struct vp_rect b)
{
	int x1 = a.x < b.x ? a.x : b.x;
	int y1 = a.y < b.y ? a.y : b.y;
	int x2 = right(a) > right(b) ? right(a) : right(b);
	int y2 = bottom(a) > bottom(b) ? bottom(a) : bottom(b);
	return (struct vp_rect){ (int16_t)x1, (int16_t)y1, (uint16_t)(x2 - x1),
		(uint16_t)(y2 - y1) };
}

static int64_t waste(struct vp_rect a, struct vp_rect b)
{
	return area(cover(a, b)) - area(a) - area(b);
}

/* Where the rectangles that end at a band's lower edge are, from left to right. */
struct band {
	size_t at[BAND_MAX];
	size_t count;
	int bottom;
};

/* The rectangle that ends where a slice begins, and is as wide; SIZE_MAX if there is none. Both
 * bands go from left to right, so that the search goes on where it ended. */
static size_t find_above(
	const struct band *above, size_t *cursor, const struct vp_rect *rects, struct vp_rect slice)
{
	if (above->bottom != slice.y)
		return SIZE_MAX;
	while (*cursor < above->count && rects[above->at[*cursor]].x < slice.x)
		(*cursor)++;
	if (*cursor == above->count)
		return SIZE_MAX;
	struct vp_rect rect = rects[above->at[*cursor]];
	return rect.x == slice.x && rect.width == slice.width ? above->at[*cursor] : SIZE_MAX;
}

/* A region's bands cut rectangles that stand side by side at different heights into slices. Puts
 * the slices together again. */
static size_t join_slices(struct vp_rect *rects, size_t count)
{
	struct band bands[2] = { { .bottom = INT32_MIN }, { .bottom = INT32_MIN } };
	struct band *above = &bands[0];
	struct band *band = &bands[1];
	size_t kept = 0;
	size_t cursor = 0;
	int top = INT32_MIN;
	for (size_t i = 0; i < count; i++) {
		struct vp_rect slice = rects[i];
		if (slice.y != top) {
			struct band *swap = above;
			above = band;
			band = swap;
			top = slice.y;
			band->count = 0;
			band->bottom = bottom(slice);
			cursor = 0;
		}
		size_t at = find_above(above, &cursor, rects, slice);
		if (at == SIZE_MAX) {
			at = kept++;
			rects[at] = slice;
		} else {
			rects[at].height = (uint16_t)(rects[at].height + slice.height);
		}
		if (band->count < BAND_MAX)
			band->at[band->count++] = at;
	}
	return kept;
}

/* The following rectangle that wastes least when merged, at most limit pixels; SIZE_MAX if there is
 * none. */
static size_t find_partner(const struct vp_rect *rects, size_t count, size_t i, int64_t limit)
{
	size_t end = count - i > NEIGHBOURS ? i + 1 + NEIGHBOURS : count;
	size_t best = SIZE_MAX;
	for (size_t j = i + 1; j < end; j++) {
		int64_t wasted = waste(rects[i], rects[j]);
		if (wasted <= limit) {
			limit = wasted;
			best = j;
		}
	}
	return best;
}

/* Merges neighbours that waste at most limit pixels, until there are max rectangles. */
static size_t merge_neighbours(struct vp_rect *rects, size_t count, size_t max, int64_t limit)
{
	size_t kept = 0;
	size_t left = count;
	for (size_t i = 0; i < count; i++) {
		size_t partner = left > max ? find_partner(rects, count, i, limit) : SIZE_MAX;
		if (partner == SIZE_MAX) {
			rects[kept++] = rects[i];
		} else {
			rects[partner] = cover(rects[i], rects[partner]);
			left--;
		}
	}
	return kept;
}

size_t ga_damage_merge(struct vp_rect *rects, size_t count, size_t max)
{
	/* Most frames have one, which is not worth clearing the bands. */
	if (count > 1)
		count = join_slices(rects, count);
	for (int64_t limit = WASTE_MIN; count > max; limit *= 2)
		count = merge_neighbours(rects, count, max, limit);
	return count;
}

size_t ga_damage_clip(struct vp_rect *rects, size_t count, uint32_t width, uint32_t height)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		int x1 = rects[i].x > 0 ? rects[i].x : 0;
		int y1 = rects[i].y > 0 ? rects[i].y : 0;
		int64_t x2 = right(rects[i]) < (int64_t)width ? right(rects[i]) : (int64_t)width;
		int64_t y2 =
			bottom(rects[i]) < (int64_t)height ? bottom(rects[i]) : (int64_t)height;
		if (x2 <= x1 || y2 <= y1)
			continue;
		rects[kept++] = (struct vp_rect){ (int16_t)x1, (int16_t)y1, (uint16_t)(x2 - x1),
			(uint16_t)(y2 - y1) };
	}
	return kept;
}

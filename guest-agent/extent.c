#include "extent.h"

#include "wire.h"

enum {
	STEP = 64, /* pixels to round up to */
	GROWTH = 4, /* room for a growing window: a quarter of its size */
	WASTE = 4, /* times that a buffer may be too large */
	WASTE_FREE = 512 * 512, /* pixels that are too few to bother about */
};

bool ga_extent_serves(struct ga_extent buffer, struct ga_extent window)
{
	if (buffer.width < window.width || buffer.height < window.height)
		return false;
	uint64_t has = (uint64_t)buffer.width * buffer.height;
	uint64_t needs = (uint64_t)window.width * window.height;
	return has <= WASTE_FREE || has / WASTE <= needs;
}

static uint32_t round_up(uint32_t size)
{
	uint32_t rounded = (size + STEP - 1) / STEP * STEP;
	return rounded < VP_SIZE_MAX ? rounded : VP_SIZE_MAX;
}

static bool fits(struct ga_extent extent)
{
	return (uint64_t)extent.width * extent.height * 4 <= VP_BUFFER_BYTES_MAX;
}

struct ga_extent ga_extent_for(struct ga_extent window, bool growing)
{
	struct ga_extent roomy = { round_up(window.width + (growing ? window.width / GROWTH : 0)),
		round_up(window.height + (growing ? window.height / GROWTH : 0)) };
	if (fits(roomy))
		return roomy;
	struct ga_extent rounded = { round_up(window.width), round_up(window.height) };
	return fits(rounded) ? rounded : window;
}

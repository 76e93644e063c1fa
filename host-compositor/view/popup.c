#include "popup.h"

static int32_t clamp(int64_t value, int64_t low, int64_t high)
{
	return (int32_t)(value < low ? low : value > high ? high : value);
}

/* The greatest content that fits into the area together with its border; an area has at least one
 * pixel. */
static uint32_t limit_size(uint32_t size, uint32_t area, uint32_t border)
{
	uint32_t room = area > 2 * border ? area - 2 * border : 1;

	return size < room ? size : room;
}

/* Where there is no room for it, the border lies outside. */
static int32_t limit_position(
	int64_t position, uint32_t size, int32_t area, uint32_t area_size, uint32_t border)
{
	uint32_t margin = area_size > 2 * border ? border : 0;
	int64_t low = (int64_t)area + margin;
	int64_t high = (int64_t)area + area_size - margin - size;

	return clamp(position, low, high);
}

struct hc_rect hc_popup_place(const struct hc_rect *popup, int32_t x, int32_t y,
	const struct hc_rect *area, uint32_t border)
{
	struct hc_rect place = {
		.width = limit_size(popup->width, area->width, border),
		.height = limit_size(popup->height, area->height, border),
	};

	place.x = limit_position((int64_t)x + popup->x, place.width, area->x, area->width, border);
	place.y =
		limit_position((int64_t)y + popup->y, place.height, area->y, area->height, border);
	return place;
}

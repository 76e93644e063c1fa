#include "popup.h"

static uint32_t min_size(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int32_t clamp(int64_t value, int64_t low, int64_t high)
{
	return (int32_t)(value < low ? low : value > high ? high : value);
}

/* The greatest content that fits on the monitor together with its border; a monitor has at least
 * one pixel. */
static uint32_t limit_size(uint32_t size, uint32_t monitor, uint32_t border)
{
	uint32_t room = monitor > 2 * border ? monitor - 2 * border : 1;

	return min_size(size, room);
}

static int32_t limit_position(
	int64_t position, uint32_t size, int32_t monitor, uint32_t monitor_size)
{
	int64_t visible = min_size(min_size(size, HC_POPUP_VISIBLE_MIN), monitor_size);
	int64_t low = (int64_t)monitor - size + visible;
	int64_t high = (int64_t)monitor + monitor_size - visible;

	return clamp(position, low, high);
}

struct hc_rect hc_popup_place(const struct hc_rect *popup, int32_t x, int32_t y,
	const struct hc_rect *monitor, uint32_t border)
{
	struct hc_rect place = {
		.width = limit_size(popup->width, monitor->width, border),
		.height = limit_size(popup->height, monitor->height, border),
	};

	place.x = limit_position((int64_t)x + popup->x, place.width, monitor->x, monitor->width);
	place.y = limit_position((int64_t)y + popup->y, place.height, monitor->y, monitor->height);
	return place;
}

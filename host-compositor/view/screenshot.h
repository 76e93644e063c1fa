/*
 * Pictures of what a VM shows: of one window just the guest's pixels, of the whole VM all its
 * windows in their order and places, with the label around each, on nothing. Outside the shape of a
 * window there is what lies below it, or nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core.h"

struct hc_screenshot {
	uint32_t width; /* pixels */
	uint32_t height; /* pixels */
	uint32_t stride; /* bytes a line */
	int fd; /* sealed memory of premultiplied ARGB; the caller's */
};

/* Of a window, or of all if window is 0. NULL, or in words why there is no picture. */
const char *hc_screenshot_take(struct hc_core *core, const struct hc_label *label, uint32_t window,
	struct hc_screenshot *screenshot);

/*
 * Smooth scrolling for a window system that knows whole notches only: what is left of a notch is
 * kept.
 */
#pragma once

#include <stdint.h>

enum { GA_SCROLL_NOTCH = 120 };

/* Of one axis; zeroed at first. */
struct ga_scroll {
	int32_t rest; /* 1/120 of a notch, less than a whole one */
};

/* Adds a distance in 1/120 of a notch, within the protocol's range. Returns the whole notches that
 * are due; their sign is the direction. A turn-round begins anew, so that the first notch back is
 * as far as any other. */
int32_t ga_scroll_add(struct ga_scroll *scroll, int32_t distance);

/*
 * How large a window's buffer is to be: rounded up, so that a window that the user resizes does not
 * need a new one at each step, and given up when it has become much too large.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ga_extent {
	uint32_t width; /* pixels */
	uint32_t height; /* pixels */
};

/* True if a buffer of that extent can serve a window of this one, and does not waste too much. */
bool ga_extent_serves(struct ga_extent buffer, struct ga_extent window);

/* The extent of a new buffer; growing if it takes the place of one that has become too small. */
struct ga_extent ga_extent_for(struct ga_extent window, bool growing);

/*
 * What oriel-icons writes to its standard output for each icon that it is asked for: a record and
 * its pixels for each size, and a record of size 0.
 */
#pragma once

#include <stdint.h>

enum { GA_ICON_PIXEL_BYTES = 4 };

struct ga_icon_record {
	uint16_t size; /* width and height; then as many non-premultiplied ARGB, little-endian */
};

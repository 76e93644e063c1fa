/*
 * Text and colour in the primary's own windows, by Cairo.
 */
#pragma once

#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

struct hc_paint_rect {
	double x, y, width, height;
};

/* colour: 0xRRGGBB. */
void hc_paint_set_colour(cairo_t *cr, uint32_t colour, double alpha);

/* Black or white, whichever is the better to read on the colour. */
uint32_t hc_paint_ink_on(uint32_t colour);

/* In the font that is set. */
double hc_paint_text_width(cairo_t *cr, const char *text);

/* In the vertical middle of the rectangle, from its left edge or in its horizontal middle, as much
 * as the width takes and then an ellipsis. text: UTF-8. */
void hc_paint_text(cairo_t *cr, const char *text, const struct hc_paint_rect *rect, bool centred);

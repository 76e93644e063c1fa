#include "paint.h"

#include <glib.h>

static const double dark_luminance = 0.55;
static const uint32_t white = 0xffffff;
static const uint32_t ink = 0x1b2026;

static double part(uint32_t colour, unsigned int shift)
{
	return ((colour >> shift) & 0xff) / 255.0;
}

void hc_paint_set_colour(cairo_t *cr, uint32_t colour, double alpha)
{
	cairo_set_source_rgba(cr, part(colour, 16), part(colour, 8), part(colour, 0), alpha);
}

uint32_t hc_paint_ink_on(uint32_t colour)
{
	double luminance =
		0.299 * part(colour, 16) + 0.587 * part(colour, 8) + 0.114 * part(colour, 0);

	return luminance < dark_luminance ? white : ink;
}

double hc_paint_text_width(cairo_t *cr, const char *text)
{
	cairo_text_extents_t extents;

	cairo_text_extents(cr, text, &extents);
	return extents.x_advance;
}

static char *cut_text(const char *text, glong characters)
{
	const char *end = g_utf8_offset_to_pointer(text, characters);

	return g_strdup_printf("%.*s\xe2\x80\xa6", (int)(end - text), text);
}

/* The text, or as much of it as the width takes and an ellipsis. The caller frees it. */
static char *fit_text(cairo_t *cr, const char *text, double width)
{
	glong fits = 0;
	glong too_many = g_utf8_strlen(text, -1);

	if (hc_paint_text_width(cr, text) <= width)
		return g_strdup(text);
	while (too_many - fits > 1) {
		glong middle = (fits + too_many) / 2;
		g_autofree char *cut = cut_text(text, middle);

		if (hc_paint_text_width(cr, cut) <= width)
			fits = middle;
		else
			too_many = middle;
	}
	return cut_text(text, fits);
}

void hc_paint_text(cairo_t *cr, const char *text, const struct hc_paint_rect *rect, bool centred)
{
	g_autofree char *fitted = fit_text(cr, text, rect->width);
	cairo_font_extents_t font;
	double x = rect->x;

	cairo_font_extents(cr, &font);
	if (centred)
		x += (rect->width - hc_paint_text_width(cr, fitted)) / 2;
	cairo_move_to(
		cr, x, rect->y + (rect->height - font.ascent - font.descent) / 2 + font.ascent);
	cairo_show_text(cr, fitted);
}

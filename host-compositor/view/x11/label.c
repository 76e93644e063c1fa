#define G_LOG_DOMAIN "hc-x11"

#include <cairo-xcb.h>

#include "x11.h"

static const double away_alpha = 0.55; /* of the grey over a border whose guest is away */
static const double dark_alpha = 0.35; /* of the black over pixels whose guest is away */

static double colour_part(uint32_t colour, unsigned int shift)
{
	return ((colour >> shift) & 0xff) / 255.0;
}

static void set_colour(cairo_t *cr, uint32_t colour)
{
	cairo_set_source_rgb(
		cr, colour_part(colour, 16), colour_part(colour, 8), colour_part(colour, 0));
}

static cairo_t *begin(struct hc_x11 *x11, const struct hc_x11_window *window,
	xcb_drawable_t drawable, uint32_t width, uint32_t height)
{
	cairo_surface_t *surface = cairo_xcb_surface_create(
		x11->connection, drawable, window->visual->type, (int)width, (int)height);
	cairo_t *cr = cairo_create(surface);

	cairo_surface_destroy(surface);
	return cr;
}

static void end(cairo_t *cr)
{
	cairo_surface_flush(cairo_get_target(cr));
	cairo_surface_finish(cairo_get_target(cr));
	cairo_destroy(cr);
}

void hc_x11_label_draw(struct hc_x11 *x11, struct hc_x11_window *window)
{
	uint32_t width = window->content_rect.width + 2 * window->border;
	uint32_t height = window->content_rect.height + 2 * window->border;

	if (window->border == 0 || !window->visible)
		return;
	cairo_t *cr = begin(x11, window, window->toplevel, width, height);
	cairo_rectangle(cr, 0, 0, width, height);
	cairo_rectangle(cr, window->border, window->border, window->content_rect.width,
		window->content_rect.height);
	cairo_set_fill_rule(cr, CAIRO_FILL_RULE_EVEN_ODD);
	cairo_clip(cr);
	set_colour(cr, x11->label.colour);
	cairo_paint(cr);
	if (window->dimmed) {
		cairo_set_source_rgba(cr, 0.5, 0.5, 0.5, away_alpha);
		cairo_paint(cr);
	}
	end(cr);
}

void hc_x11_label_darken(struct hc_x11 *x11, struct hc_x11_window *window,
	const xcb_rectangle_t *rects, size_t count)
{
	cairo_t *cr = begin(x11, window, window->content, window->content_rect.width,
		window->content_rect.height);

	for (size_t i = 0; i < count; i++)
		cairo_rectangle(cr, rects[i].x, rects[i].y, rects[i].width, rects[i].height);
	cairo_set_source_rgba(cr, 0, 0, 0, dark_alpha);
	cairo_set_operator(cr, CAIRO_OPERATOR_ATOP);
	cairo_fill(cr);
	end(cr);
}

/* Icons */

static void fill_rect(
	uint32_t *pixels, uint32_t stride, uint32_t pixel, uint32_t x, uint32_t y, uint32_t side)
{
	for (uint32_t row = y; row < y + side; row++) {
		for (uint32_t column = x; column < x + side; column++)
			pixels[row * stride + column] = pixel;
	}
}

/* A square of the colour with a dark edge. */
static void draw_square(const struct hc_label *label, uint32_t *pixels, uint32_t stride, uint32_t x,
	uint32_t y, uint32_t side)
{
	const uint32_t opaque = 0xff000000;

	fill_rect(pixels, stride, opaque, x, y, side);
	if (side > 2)
		fill_rect(pixels, stride, opaque | label->colour, x + 1, y + 1, side - 2);
}

void hc_x11_label_badge(
	const struct hc_label *label, uint32_t *pixels, uint32_t width, uint32_t height)
{
	uint32_t side = MAX(MIN(width, height) * 3 / 8, 1U);

	draw_square(label, pixels, width, width - side, height - side, side);
}

void hc_x11_label_icon(const struct hc_label *label, uint32_t *pixels, uint32_t side)
{
	const uint32_t paper = 0xfff4f4f4;
	uint32_t margin = side / 8;
	uint32_t inset = side / 4;

	fill_rect(pixels, side, 0, 0, 0, side);
	draw_square(label, pixels, side, margin, margin, side - 2 * margin);
	fill_rect(pixels, side, paper, inset, inset, side - 2 * inset);
}

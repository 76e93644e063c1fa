#include "fonts.h"

#include <glib.h>

enum { WEIGHTS = 2 };

static const double any_size = 14;
static const char some_text[] = "Oriel";

struct hc_fonts {
	cairo_scaled_font_t *kept[WEIGHTS]; /* keep their files loaded */
};

static cairo_font_weight_t weight(bool bold)
{
	return bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL;
}

static cairo_scaled_font_t *load(bool bold)
{
	cairo_font_face_t *face =
		cairo_toy_font_face_create(HC_FONT_SANS, CAIRO_FONT_SLANT_NORMAL, weight(bold));
	cairo_font_options_t *options = cairo_font_options_create();
	cairo_matrix_t identity;
	cairo_matrix_t size;
	cairo_text_extents_t extents;
	cairo_scaled_font_t *font;

	cairo_matrix_init_identity(&identity);
	cairo_matrix_init_scale(&size, any_size, any_size);
	font = cairo_scaled_font_create(face, &size, &identity, options);
	cairo_scaled_font_text_extents(font, some_text, &extents);
	cairo_font_options_destroy(options);
	cairo_font_face_destroy(face);
	return font;
}

struct hc_fonts *hc_fonts_load(void)
{
	struct hc_fonts *fonts = g_new(struct hc_fonts, 1);

	for (int i = 0; i < WEIGHTS; i++)
		fonts->kept[i] = load(i > 0);
	return fonts;
}

void hc_fonts_destroy(struct hc_fonts *fonts)
{
	if (!fonts)
		return;
	for (int i = 0; i < WEIGHTS; i++)
		cairo_scaled_font_destroy(fonts->kept[i]);
	g_free(fonts);
}

void hc_fonts_set(cairo_t *cr, const char *family, bool bold, double size)
{
	cairo_select_font_face(cr, family, CAIRO_FONT_SLANT_NORMAL, weight(bold));
	cairo_set_font_size(cr, size);
}

/*
 * The fonts of the primary's own windows, of Cairo's names. A process that gives its files up loads
 * them before that.
 */
#pragma once

#include <cairo.h>
#include <stdbool.h>

#define HC_FONT_SANS "sans-serif"
#define HC_FONT_MONOSPACE "monospace"

struct hc_fonts;

/* As long as the result lives, text can be drawn in the sans-serif font without files. */
struct hc_fonts *hc_fonts_load(void);

/* NULL is legal. */
void hc_fonts_destroy(struct hc_fonts *fonts);

/* For the text that follows; size in units of the context. */
void hc_fonts_set(cairo_t *cr, const char *family, bool bold, double size);

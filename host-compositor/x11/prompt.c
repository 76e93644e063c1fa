#include "prompt.h"

#include <glib.h>
#include <math.h>

#include "fonts.h"
#include "paint.h"

/* Sizes are those at 96 dpi. */
enum {
	DPI = 96,
	WIDTH = 500,
	MARGIN = 22,
	BAR_HEIGHT = 36,
	NOTE_WIDTH = 100,
	FRAME = 2, /* in the bar's colour around the whole */
	GAP = 14, /* between the parts */
	HEADING_LINE = 22,
	TEXT_LINE = 18,
	PARTY_HEIGHT = 34,
	ARROW_WIDTH = 40,
	QUOTE_PADDING = 10,
	QUOTE_EDGE = 4, /* warns of the quote */
	BUTTON_HEIGHT = 34,
	BUTTON_PADDING = 16,
	BUTTON_GAP = 10,
	/* X key codes */
	KEY_ESCAPE = 9,
	KEY_TAB = 23,
	KEY_RETURN = 36,
	KEY_SPACE = 65,
	KEY_KP_ENTER = 104,
	KEY_LEFT = 113,
	KEY_RIGHT = 114,
};

static const uint32_t bar_colour = 0x1f2a36;
static const uint32_t bar_text = 0xf2f5f8;
static const uint32_t paper = 0xf4f5f7;
static const uint32_t ink = 0x1b2026;
static const uint32_t faint_ink = 0x5b6570;
static const uint32_t line = 0xc4cad1;
static const uint32_t white = 0xffffff;
static const uint32_t warning = 0xe0a21b;
static const uint32_t accent = 0x2a6fb0;

static const double heading_size = 17;
static const double text_size = 13.5;
static const double small_size = 12;
static const double radius = 6;

struct hc_prompt {
	struct hc_prompt_content content; /* with texts of its own */
	char *note;
	double scale;
	double height;
	double quote_top;
	double text_top;
	double parties_top;
	double heading_top;
	struct hc_paint_rect buttons[HC_PROMPT_BUTTONS_MAX];
	int count;
	int chosen; /* what Return presses */
	int held; /* what the mouse is held on, HC_PROMPT_NONE */
	int64_t armed_at;
};

static void round_rect(cairo_t *cr, const struct hc_paint_rect *rect, double inset)
{
	double left = rect->x + inset;
	double top = rect->y + inset;
	double right = rect->x + rect->width - inset;
	double bottom = rect->y + rect->height - inset;

	cairo_new_sub_path(cr);
	cairo_arc(cr, right - radius, top + radius, radius, -G_PI_2, 0);
	cairo_arc(cr, right - radius, bottom - radius, radius, 0, G_PI_2);
	cairo_arc(cr, left + radius, bottom - radius, radius, G_PI_2, G_PI);
	cairo_arc(cr, left + radius, top + radius, radius, G_PI, G_PI + G_PI_2);
	cairo_close_path(cr);
}

/* Layout */

/* From the right, in their order. */
static void lay_out_buttons(struct hc_prompt *prompt, double top)
{
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
	cairo_t *cr = cairo_create(surface);
	double right = WIDTH - MARGIN;

	hc_fonts_set(cr, HC_FONT_SANS, true, text_size);
	for (int i = prompt->count - 1; i >= 0; i--) {
		double width = ceil(hc_paint_text_width(cr, prompt->content.buttons[i])) +
			       2 * BUTTON_PADDING;

		prompt->buttons[i] =
			(struct hc_paint_rect){ right - width, top, width, BUTTON_HEIGHT };
		right -= width + BUTTON_GAP;
	}
	cairo_destroy(cr);
	cairo_surface_destroy(surface);
}

static void lay_out(struct hc_prompt *prompt)
{
	const struct hc_prompt_content *content = &prompt->content;
	double y = (content->bar ? BAR_HEIGHT : 0) + MARGIN - 4;

	prompt->heading_top = y;
	y += HEADING_LINE + GAP;
	prompt->parties_top = y;
	if (content->from.name)
		y += PARTY_HEIGHT + GAP;
	prompt->text_top = y;
	if (content->text)
		y += TEXT_LINE + GAP;
	prompt->quote_top = y;
	if (content->quote)
		y += 2 * TEXT_LINE + 2 * QUOTE_PADDING + GAP;
	y += GAP / 2.0;
	lay_out_buttons(prompt, y);
	prompt->height = y + BUTTON_HEIGHT + MARGIN;
}

struct hc_prompt *hc_prompt_create(const struct hc_prompt_content *content, uint32_t dpi)
{
	struct hc_prompt *prompt = g_new0(struct hc_prompt, 1);
	struct hc_prompt_content *own = &prompt->content;

	*own = *content;
	own->bar = g_strdup(content->bar);
	own->heading = g_strdup(content->heading);
	own->from.name = g_strdup(content->from.name);
	own->to.name = g_strdup(content->to.name);
	own->text = g_strdup(content->text);
	own->quote = g_strdup(content->quote);
	own->quote_source = g_strdup(content->quote_source);
	while (prompt->count < HC_PROMPT_BUTTONS_MAX && content->buttons[prompt->count]) {
		own->buttons[prompt->count] = g_strdup(content->buttons[prompt->count]);
		prompt->count++;
	}
	prompt->scale = (double)dpi / DPI;
	prompt->chosen = content->cancel;
	prompt->held = HC_PROMPT_NONE;
	lay_out(prompt);
	return prompt;
}

static void free_text(const char *text)
{
	g_free((char *)(uintptr_t)text);
}

void hc_prompt_destroy(struct hc_prompt *prompt)
{
	if (!prompt)
		return;
	free_text(prompt->content.bar);
	free_text(prompt->content.heading);
	free_text(prompt->content.from.name);
	free_text(prompt->content.to.name);
	free_text(prompt->content.text);
	free_text(prompt->content.quote);
	free_text(prompt->content.quote_source);
	for (int i = 0; i < prompt->count; i++)
		free_text(prompt->content.buttons[i]);
	g_free(prompt->note);
	g_free(prompt);
}

void hc_prompt_size(const struct hc_prompt *prompt, uint32_t *width, uint32_t *height)
{
	*width = (uint32_t)ceil(WIDTH * prompt->scale);
	*height = (uint32_t)ceil(prompt->height * prompt->scale);
}

void hc_prompt_disarm(struct hc_prompt *prompt, int64_t until)
{
	prompt->armed_at = MAX(prompt->armed_at, until);
	prompt->held = HC_PROMPT_NONE;
}

int64_t hc_prompt_armed_at(const struct hc_prompt *prompt)
{
	return prompt->armed_at;
}

void hc_prompt_set_note(struct hc_prompt *prompt, const char *note)
{
	g_free(prompt->note);
	prompt->note = g_strdup(note);
}

/* Drawing */

static void draw_side(cairo_t *cr, double near, double far, double y)
{
	cairo_move_to(cr, near, y);
	cairo_line_to(cr, far, y + 2.5);
	cairo_line_to(cr, far, y + 13.5);
	cairo_line_to(cr, near, y + 16);
	cairo_close_path(cr);
}

/* A bay window, 18 wide and 16 high: a front, and a side to each hand. */
static void draw_oriel(cairo_t *cr, double x, double y)
{
	cairo_rectangle(cr, x + 6, y, 6, 16);
	draw_side(cr, x + 4.5, x, y);
	draw_side(cr, x + 13.5, x + 18, y);
	hc_paint_set_colour(cr, bar_text, 0.9);
	cairo_fill(cr);
}

void hc_prompt_draw_icon(cairo_t *cr, uint32_t size)
{
	const struct hc_paint_rect square = { 0, 0, 28, 28 };

	cairo_save(cr);
	cairo_scale(cr, size / square.width, size / square.height);
	round_rect(cr, &square, 0);
	hc_paint_set_colour(cr, bar_colour, 1);
	cairo_fill(cr);
	draw_oriel(cr, (square.width - 18) / 2, (square.height - 16) / 2);
	cairo_restore(cr);
}

static void draw_bar(const struct hc_prompt *prompt, cairo_t *cr)
{
	const struct hc_paint_rect text = { MARGIN + 28, 0, WIDTH - 2 * MARGIN - 28 - NOTE_WIDTH,
		BAR_HEIGHT };

	if (!prompt->content.bar)
		return;
	hc_paint_set_colour(cr, bar_colour, 1);
	cairo_rectangle(cr, 0, 0, WIDTH, BAR_HEIGHT);
	cairo_fill(cr);
	cairo_set_line_width(cr, 2 * FRAME);
	cairo_rectangle(cr, 0, 0, WIDTH, prompt->height);
	cairo_stroke(cr);
	draw_oriel(cr, MARGIN, (BAR_HEIGHT - 16) / 2.0);
	hc_paint_set_colour(cr, bar_text, 1);
	hc_fonts_set(cr, HC_FONT_SANS, true, text_size);
	hc_paint_text(cr, prompt->content.bar, &text, false);
}

static void draw_party(
	cairo_t *cr, const struct hc_prompt_party *party, const struct hc_paint_rect *rect)
{
	struct hc_paint_rect text = *rect;

	round_rect(cr, rect, 0);
	hc_paint_set_colour(cr, party->colour, 1);
	cairo_fill_preserve(cr);
	hc_paint_set_colour(cr, 0, 0.25);
	cairo_set_line_width(cr, 1);
	cairo_stroke(cr);
	text.x += BUTTON_PADDING / 2.0;
	text.width -= BUTTON_PADDING;
	hc_paint_set_colour(cr, hc_paint_ink_on(party->colour), 1);
	hc_fonts_set(cr, HC_FONT_SANS, true, text_size);
	/* Whole: names may differ at their ends. */
	hc_fonts_set(cr, HC_FONT_SANS, true,
		text_size * MIN(text.width / hc_paint_text_width(cr, party->name), 1));
	hc_paint_text(cr, party->name, &text, true);
}

static void draw_arrow(cairo_t *cr, double x, double y)
{
	cairo_move_to(cr, x + 10, y);
	cairo_line_to(cr, x + ARROW_WIDTH - 10, y);
	cairo_rel_move_to(cr, -6, -5);
	cairo_rel_line_to(cr, 6, 5);
	cairo_rel_line_to(cr, -6, 5);
	hc_paint_set_colour(cr, faint_ink, 1);
	cairo_set_line_width(cr, 2);
	cairo_stroke(cr);
}

static void draw_parties(const struct hc_prompt *prompt, cairo_t *cr)
{
	const double width = (WIDTH - 2 * MARGIN - ARROW_WIDTH) / 2.0;
	const struct hc_paint_rect from = { MARGIN, prompt->parties_top, width, PARTY_HEIGHT };
	const struct hc_paint_rect to = { WIDTH - MARGIN - width, prompt->parties_top, width,
		PARTY_HEIGHT };

	if (!prompt->content.from.name)
		return;
	draw_party(cr, &prompt->content.from, &from);
	draw_arrow(cr, MARGIN + width, prompt->parties_top + PARTY_HEIGHT / 2.0);
	draw_party(cr, &prompt->content.to, &to);
}

static void draw_texts(const struct hc_prompt *prompt, cairo_t *cr)
{
	const struct hc_paint_rect heading = { MARGIN, prompt->heading_top, WIDTH - 2 * MARGIN,
		HEADING_LINE };
	const struct hc_paint_rect text = { MARGIN, prompt->text_top, WIDTH - 2 * MARGIN,
		TEXT_LINE };

	hc_paint_set_colour(cr, ink, 1);
	hc_fonts_set(cr, HC_FONT_SANS, true, heading_size);
	hc_paint_text(cr, prompt->content.heading, &heading, false);
	hc_fonts_set(cr, HC_FONT_SANS, false, text_size);
	if (prompt->content.text)
		hc_paint_text(cr, prompt->content.text, &text, false);
}

static void draw_quote(const struct hc_prompt *prompt, cairo_t *cr)
{
	const struct hc_paint_rect source = { MARGIN, prompt->quote_top, WIDTH - 2 * MARGIN,
		TEXT_LINE };
	const struct hc_paint_rect box = { MARGIN, prompt->quote_top + TEXT_LINE + 4,
		WIDTH - 2 * MARGIN, TEXT_LINE + 2 * QUOTE_PADDING - 4 };
	const struct hc_paint_rect text = { box.x + QUOTE_EDGE + QUOTE_PADDING, box.y,
		box.width - QUOTE_EDGE - 2 * QUOTE_PADDING, box.height };

	if (!prompt->content.quote)
		return;
	hc_paint_set_colour(cr, faint_ink, 1);
	hc_fonts_set(cr, HC_FONT_SANS, false, small_size);
	hc_paint_text(cr, prompt->content.quote_source, &source, false);
	hc_paint_set_colour(cr, white, 1);
	cairo_rectangle(cr, box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
	cairo_fill_preserve(cr);
	hc_paint_set_colour(cr, line, 1);
	cairo_set_line_width(cr, 1);
	cairo_stroke(cr);
	hc_paint_set_colour(cr, warning, 1);
	cairo_rectangle(cr, box.x, box.y, QUOTE_EDGE, box.height);
	cairo_fill(cr);
	hc_paint_set_colour(cr, ink, 1);
	hc_fonts_set(cr, HC_FONT_MONOSPACE, false, small_size);
	/* Marks piled upon a letter stay inside, too. */
	cairo_rectangle(cr, box.x, box.y, box.width, box.height);
	cairo_clip(cr);
	hc_paint_text(cr, prompt->content.quote, &text, false);
	cairo_reset_clip(cr);
}

static void draw_button(const struct hc_prompt *prompt, cairo_t *cr, int button, bool armed)
{
	const struct hc_paint_rect *rect = &prompt->buttons[button];
	bool chosen = button == prompt->chosen;
	bool held = button == prompt->held;

	round_rect(cr, rect, 0.5);
	hc_paint_set_colour(cr, held ? line : white, 1);
	cairo_fill_preserve(cr);
	hc_paint_set_colour(cr, chosen ? accent : line, armed ? 1 : 0.5);
	cairo_set_line_width(cr, chosen ? 2 : 1);
	cairo_stroke(cr);
	hc_paint_set_colour(cr, ink, armed ? 1 : 0.35);
	hc_fonts_set(cr, HC_FONT_SANS, chosen, text_size);
	hc_paint_text(cr, prompt->content.buttons[button], rect, true);
}

/* At the right end of the bar. */
static void draw_note(const struct hc_prompt *prompt, cairo_t *cr)
{
	struct hc_paint_rect rect = { 0, 0, WIDTH - MARGIN, BAR_HEIGHT };

	if (!prompt->note || !prompt->content.bar)
		return;
	hc_paint_set_colour(cr, bar_text, 0.75);
	hc_fonts_set(cr, HC_FONT_SANS, false, small_size);
	rect.x = WIDTH - MARGIN - hc_paint_text_width(cr, prompt->note);
	rect.width = WIDTH;
	hc_paint_text(cr, prompt->note, &rect, false);
}

void hc_prompt_draw(const struct hc_prompt *prompt, cairo_t *cr, int64_t now)
{
	cairo_save(cr);
	cairo_scale(cr, prompt->scale, prompt->scale);
	hc_paint_set_colour(cr, paper, 1);
	cairo_paint(cr);
	draw_bar(prompt, cr);
	draw_texts(prompt, cr);
	draw_parties(prompt, cr);
	draw_quote(prompt, cr);
	draw_note(prompt, cr);
	for (int i = 0; i < prompt->count; i++)
		draw_button(prompt, cr, i, now >= prompt->armed_at);
	cairo_restore(cr);
}

/* Mouse and keyboard */

int hc_prompt_handle_key(struct hc_prompt *prompt, uint8_t code, bool shifted, int64_t now)
{
	bool back = code == KEY_LEFT || (code == KEY_TAB && shifted);

	if (now < prompt->armed_at)
		return HC_PROMPT_NONE;
	switch (code) {
	case KEY_ESCAPE:
		return prompt->content.cancel;
	case KEY_RETURN:
	case KEY_KP_ENTER:
	case KEY_SPACE:
		return prompt->chosen;
	case KEY_TAB:
	case KEY_LEFT:
	case KEY_RIGHT:
		prompt->chosen = (prompt->chosen + (back ? prompt->count - 1 : 1)) % prompt->count;
		break;
	default:
		break;
	}
	return HC_PROMPT_NONE;
}

static int button_at(const struct hc_prompt *prompt, double x, double y)
{
	for (int i = 0; i < prompt->count; i++) {
		const struct hc_paint_rect *rect = &prompt->buttons[i];

		if (x >= rect->x && x < rect->x + rect->width && y >= rect->y &&
			y < rect->y + rect->height)
			return i;
	}
	return HC_PROMPT_NONE;
}

int hc_prompt_handle_button(
	struct hc_prompt *prompt, bool pressed, int32_t x, int32_t y, int64_t now)
{
	int at = button_at(prompt, x / prompt->scale, y / prompt->scale);
	int held = prompt->held;

	prompt->held = HC_PROMPT_NONE;
	if (now < prompt->armed_at)
		return HC_PROMPT_NONE;
	if (pressed) {
		prompt->held = at;
		return HC_PROMPT_NONE;
	}
	return at == held ? at : HC_PROMPT_NONE;
}

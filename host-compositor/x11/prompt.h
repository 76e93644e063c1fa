/*
 * A question to the user, drawn with Cairo: texts, who is concerned, and buttons that mouse and
 * keyboard press. It knows no window: whoever shows it passes on what happens.
 *
 * Places are pixels of the window, keys are X key codes that are the same in every layout, time is
 * CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

enum { HC_PROMPT_BUTTONS_MAX = 4, HC_PROMPT_NONE = -1 };

/* Who is concerned, as a field of its colour. */
struct hc_prompt_party {
	const char *name; /* NULL: there is none */
	uint32_t colour; /* 0xRRGGBB */
};

/* Texts are UTF-8 for people, NULL where there is none; they are cut to the room that there is. */
struct hc_prompt_content {
	const char *bar; /* over the top, in the primary's own colour; and a border in it */
	const char *heading;
	struct hc_prompt_party from;
	struct hc_prompt_party to;
	const char *text;
	const char *quote; /* untrusted */
	const char *quote_source; /* says so, and whose it is */
	const char *buttons[HC_PROMPT_BUTTONS_MAX]; /* up to the first NULL */
	int cancel; /* the button that Escape presses, and Return unless another is chosen */
};

struct hc_prompt;

/* Copies the content. dpi: 96 is the normal size. */
struct hc_prompt *hc_prompt_create(const struct hc_prompt_content *content, uint32_t dpi);

/* NULL is legal. */
void hc_prompt_destroy(struct hc_prompt *prompt);

void hc_prompt_size(const struct hc_prompt *prompt, uint32_t *width, uint32_t *height);

/* Until then buttons cannot be pressed, and look so. */
void hc_prompt_disarm(struct hc_prompt *prompt, int64_t until);
int64_t hc_prompt_armed_at(const struct hc_prompt *prompt);

/* A short text in the bar, NULL for none. */
void hc_prompt_set_note(struct hc_prompt *prompt, const char *note);

void hc_prompt_draw(const struct hc_prompt *prompt, cairo_t *cr, int64_t now);

/* The icon of windows that have a bar. */
void hc_prompt_draw_icon(cairo_t *cr, uint32_t size);

/* The button that this presses, or HC_PROMPT_NONE; then the prompt may look different. A press
 * counts once the mouse is let go over the same button. */
int hc_prompt_handle_key(struct hc_prompt *prompt, uint8_t code, bool shifted, int64_t now);
int hc_prompt_handle_button(
	struct hc_prompt *prompt, bool pressed, int32_t x, int32_t y, int64_t now);

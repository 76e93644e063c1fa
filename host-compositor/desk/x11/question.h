/*
 * The window of a question to the user. It takes no focus; and what is pressed in the first half
 * second that it shows, or has the focus, or is uncovered, was meant for something else.
 *
 * Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdint.h>

#include "desk-display.h"
#include "link.h"

enum hc_question_answer {
	HC_QUESTION_DENY, /* these three as in the link's question_answered */
	HC_QUESTION_ALLOW_ONCE,
	HC_QUESTION_ALLOW_A_WHILE,
	HC_QUESTION_OPEN, /* there is no answer yet */
};

struct hc_question_window;

/* Shows it in the middle of the monitor where the pointer is. The display must outlive it. */
struct hc_question_window *hc_question_window_create(
	struct hc_desk_display *display, const struct hc_link_question *question, int64_t now);

/* NULL is legal. */
void hc_question_window_destroy(struct hc_question_window *window);

/* Of the question. */
uint32_t hc_question_window_id(const struct hc_question_window *window);

enum hc_question_answer hc_question_window_handle_event(
	struct hc_question_window *window, const xcb_generic_event_t *event, int64_t now);

/* When it looks different by itself; then draw it. */
int64_t hc_question_window_deadline(const struct hc_question_window *window);
void hc_question_window_draw(struct hc_question_window *window, int64_t now);

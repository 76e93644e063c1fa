/*
 * The primary's display, asked without waiting for it: whoever connects to an X server that hangs
 * hangs, too, so that a process of its own does it and can be killed.
 *
 * Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdint.h>

#include <glib.h>

#include "driver.h"

struct hc_display;

/* How long the X server has. */
enum { HC_DISPLAY_ANSWER_MS = 5000 };

/* program: run with --print-screen, it prints what hc_screen_parse() reads, or fails with its
 * reason. NULL with errno. */
struct hc_display *hc_display_create(const char *program);

/* Whoever still waits is not told. NULL is legal. */
void hc_display_destroy(struct hc_display *display);

/* Asks for the screen of $DISPLAY. done is called once, by dispatch or before this returns: with
 * the screen, or with an error that says what to do. All that ask while a question is open get its
 * answer. */
void hc_display_ask(struct hc_display *display, int64_t now,
	void (*done)(void *data, int64_t now, const struct hv_screen *screen, const GError *error),
	void *data);

/* done is no longer called with that data. */
void hc_display_forget(struct hc_display *display, const void *data);

/* Poll for input, or until the deadline (-1 none), then dispatch. */
int hc_display_get_fd(const struct hc_display *display);
int64_t hc_display_deadline(const struct hc_display *display);
void hc_display_dispatch(struct hc_display *display, int64_t now);

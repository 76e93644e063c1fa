/*
 * Whether a click is meant for the guest. A window that a guest opens, raises or moves to where the
 * pointer rests gets the click that the user was about to make on what lay there before. So a
 * button that is pressed soon after the guest's windows have come under the pointer, other than by
 * the pointer's own motion, is not the guest's, nor is anything until it is released.
 *
 * From one of the guest's windows to another there is nothing to guard: menus and dialogs that open
 * where the user has clicked have the next click at once. Time is the X server's, of its events:
 * how late they are seen does not matter. What comes of one thing has one time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* As long as it takes to see what has come, and to hold back a click that was under way. */
enum { HC_CLICK_GUARD_MS = 400 };

/* Why the pointer is in another window than before. */
enum hc_click_guard_cause {
	HC_CLICK_GUARD_MOTION, /* it has moved */
	HC_CLICK_GUARD_WINDOWS, /* windows have come, gone or moved */
	HC_CLICK_GUARD_GRAB, /* another client has it to itself, wherever it is */
	HC_CLICK_GUARD_UNGRAB, /* which has ended */
};

struct hc_click_guard {
	uint32_t window; /* of the guest's, where the pointer is; 0 none */
	uint32_t gone; /* the same, which is no more; 0 none */
	uint32_t grabbed; /* the same, when another client took the pointer; 0 none */
	bool came; /* the windows came under the pointer, at came_at */
	uint32_t came_at;
	bool vacated; /* they went from under it, at vacated_at */
	uint32_t vacated_at;
	bool released; /* a button was let go that the guest knew of, and nothing else was since */
	uint32_t held; /* bits of the buttons that are kept from the guest, and are down */
	uint32_t held_in; /* where they were pressed */
};

void hc_click_guard_entered(struct hc_click_guard *guard, uint32_t window,
	enum hc_click_guard_cause cause, uint32_t time);
void hc_click_guard_left(struct hc_click_guard *guard, uint32_t window,
	enum hc_click_guard_cause cause, uint32_t time);
/* The window is no more; that the pointer has left it may still be told. */
void hc_click_guard_forget(struct hc_click_guard *guard, uint32_t window);

/* A button, 1 the first, goes down or up in a window of the guest's; true if that is to be told to
 * the guest. */
bool hc_click_guard_button(struct hc_click_guard *guard, uint32_t window, uint32_t button,
	bool pressed, uint32_t time);

/* All buttons are up. */
void hc_click_guard_release(struct hc_click_guard *guard);

/* A button is down that the guest has not been told of: nor is it told of motion. */
bool hc_click_guard_holds(const struct hc_click_guard *guard);

/*
 * Private to the input of the X11 capture: keys.c and pointer.c, which input.c calls, in the order
 * of the primary's messages.
 */
#pragma once

#include "x11.h"

enum { GA_X11_EVDEV_OFFSET = 8 }; /* X keycode of evdev code 0 */

/* keys.c: which keys are down */

struct ga_x11_keys {
	uint8_t held[32]; /* a bit for each keycode, by us */
	uint8_t locked; /* modifiers, by the primary */
	uint8_t group; /* layout, by the primary */
	bool repeating; /* the server is set to repeat the next key pressed, once */
};

/* Releases what an agent before this one has left down; waits for the server. */
void ga_x11_keys_start(struct ga_x11 *x11, struct ga_x11_keys *keys);

/* The server makes no repeats of its own from now on. */
void ga_x11_keys_stop_repeat(struct ga_x11 *x11, struct ga_x11_keys *keys);
void ga_x11_keys_handle_key(
	struct ga_x11 *x11, struct ga_x11_keys *keys, const struct vp_input_key *key);
void ga_x11_keys_handle_modifiers(
	struct ga_x11 *x11, struct ga_x11_keys *keys, const struct vp_input_modifiers *modifiers);
/* Sets the locked modifiers and the layout's group anew: the server has a new layout. */
void ga_x11_keys_restore_locks(struct ga_x11 *x11, const struct ga_x11_keys *keys);
void ga_x11_keys_release(struct ga_x11 *x11, struct ga_x11_keys *keys);

/* pointer.c */

struct ga_x11_pointer;

struct ga_x11_pointer *ga_x11_pointer_create(struct ga_x11 *x11);
void ga_x11_pointer_destroy(struct ga_x11_pointer *pointer);

/* pointer_motion, pointer_button, pointer_scroll, pointer_crossing */
void ga_x11_pointer_handle_message(
	struct ga_x11 *x11, struct ga_x11_pointer *pointer, const struct vp_message *message);
void ga_x11_pointer_release(struct ga_x11 *x11, struct ga_x11_pointer *pointer);

/* A person at an X server: keys, buttons, and what is seen. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xcb/xcb.h>

/* As on the keyboard and mouse. Each function is done when the server has seen it. */
void x_user_key(xcb_connection_t *user, uint8_t code, bool pressed);
void x_user_button(xcb_connection_t *user, uint8_t button, bool pressed);
void x_user_move(xcb_connection_t *user, int32_t x, int32_t y);
void x_user_click(xcb_connection_t *user, int32_t x, int32_t y, uint8_t button);

/* As a window manager does for the person. */
void x_user_focus(xcb_connection_t *user, xcb_window_t window);
void x_user_close(xcb_connection_t *user, xcb_window_t window);

/* A pixel as 0xAARRGGBB; 0 where there is none. */
uint32_t x_user_pixel(xcb_connection_t *user, xcb_window_t window, int32_t x, int32_t y);

xcb_atom_t x_user_atom(xcb_connection_t *user, const char *name);
/* Copies a property's value to text, NUL-terminated; false if there is none. */
bool x_user_text(
	xcb_connection_t *user, xcb_window_t window, const char *name, char *text, size_t size);

/*
 * Which process's window has the focus, by the word of the window manager and of the X server, and
 * never by that of whoever draws the window.
 */
#pragma once

#include <sys/types.h>

#include <xcb/xcb.h>

struct hc_focus;

/* The connection must outlive it. */
struct hc_focus *hc_focus_create(xcb_connection_t *connection, xcb_window_t root);

/* NULL is legal. */
void hc_focus_destroy(struct hc_focus *focus);

/* 0 if no window is active, or nobody knows whose it is. */
pid_t hc_focus_pid(const struct hc_focus *focus);

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

/* XCB_NONE if no window is active. */
xcb_window_t hc_focus_window(const struct hc_focus *focus);

/* The process that has made a window, or whose window had this id before; 0 if it has left the
 * server, or nobody knows. */
pid_t hc_focus_pid_of(const struct hc_focus *focus, xcb_window_t window);

/* 0 if no window is active, or nobody knows whose it is. */
pid_t hc_focus_pid(const struct hc_focus *focus);

/*
 * The primary's own shortcuts: keys that no window of the desktop gets, whatever has the focus, and
 * the process whose window has the focus when one is pressed.
 *
 * It has an X connection of its own, on which it waits for the server.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <glib.h>

#include "settings.h"

struct hc_shortcuts;

struct hc_shortcuts_listener {
	/* window_pid: the process of the window that is active, 0 if there is none or nobody knows.
	 */
	void (*pressed)(void *data, enum hv_shortcut_action action, pid_t window_pid);
	/* Another program has taken these keys, or there are none of that name; told once for each
	 * shortcut that is set. */
	void (*failed)(void *data, enum hv_shortcut_action action);
};

/* Connects to the X server. NULL with an error. */
struct hc_shortcuts *hc_shortcuts_create(
	const struct hc_shortcuts_listener *listener, void *data, GError **error);

/* NULL is legal. */
void hc_shortcuts_destroy(struct hc_shortcuts *shortcuts);

/* May tell the listener. */
void hc_shortcuts_set(struct hc_shortcuts *shortcuts, enum hv_shortcut_action action,
	const struct hv_shortcut *shortcut);

/* Poll for input, then dispatch. False once the X server is gone. */
int hc_shortcuts_get_fd(const struct hc_shortcuts *shortcuts);
bool hc_shortcuts_dispatch(struct hc_shortcuts *shortcuts);

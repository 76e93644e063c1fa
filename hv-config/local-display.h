/*
 * Display numbers of the primary, and how programs of the primary reach a guest's X server: lock
 * file, socket in /tmp/.X11-unix, cookie file.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <glib.h>

enum { HV_DISPLAY_MIN = 100, HV_DISPLAY_MAX = 999 };

/* True if no X server has the number, or a dead one; what that left behind is removed. */
bool hv_display_is_free(uint32_t display);

/* Takes the next free number from first on (around the end, if need be) by its lock file, whose
 * owner is at first the calling process. */
bool hv_display_reserve(uint32_t first, uint32_t *display, GError **error);

/* Hands the lock over to a process. False with errno. */
bool hv_display_set_owner(uint32_t display, pid_t owner);

/* Makes the socket in directory known as that of the display. */
bool hv_display_publish(uint32_t display, const char *directory, GError **error);

/* Removes the lock file and the socket, or its link, where they belong to owner or to a dead
 * process. False if they belong to a process that lives; it may be about to end. */
bool hv_display_release(uint32_t display, pid_t owner);

/* Writes a new cookie for the display, under which every host name finds it. */
bool hv_display_write_cookie(const char *path, uint32_t display, GError **error);

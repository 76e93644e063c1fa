/*
 * Follows the places that a guest's menu is made of: its desktop files, and the directories of
 * their icons. Several changes that come together are told as one.
 *
 * Events come by GLib's default main context. Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct ga_menu_watch;

struct ga_menu_watch *ga_menu_watch_create(void);

/* NULL is legal. */
void ga_menu_watch_destroy(struct ga_menu_watch *watch);

/* Looks anew which places there are. To be called before they are read, so that nothing is missed.
 */
void ga_menu_watch_start(struct ga_menu_watch *watch);

/* When what has changed is to be read; -1 as long as nothing has. */
int64_t ga_menu_watch_deadline(const struct ga_menu_watch *watch);

/* True if it is time to read; what changes from now on counts anew. */
bool ga_menu_watch_take(struct ga_menu_watch *watch);

/* A number that is another one once icons have been installed or removed. */
uint64_t ga_menu_watch_icon_stamp(void);

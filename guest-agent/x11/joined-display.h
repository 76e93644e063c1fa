/*
 * Which of a guest's X displays may have their selections joined: one is the agent's, the other is
 * not, and is joined once. So no copy can go in a circle.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct ga_joined_display;

/* Whether oriel-agent serves the display; waits for its X server. False, and a sentence for people
 * in error, of size bytes, if that cannot be told. */
bool ga_joined_display_examine(const char *display, bool *served, char *error, size_t size);

/* Marks the display as joined, until that is destroyed. NULL, and a sentence in error, if it is
 * already, or cannot be reached. */
struct ga_joined_display *ga_joined_display_create(const char *display, char *error, size_t size);

/* NULL is legal. */
void ga_joined_display_destroy(struct ga_joined_display *joined);

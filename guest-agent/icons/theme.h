/*
 * Finds the files of an icon (Icon Theme Specification 0.13): its own in hicolor first, as
 * applications bring them, then those of the other themes, of which the guest has none set.
 */
#pragma once

#include <glib.h>

struct ga_icon_theme;

struct ga_icon_file {
	char *path;
	unsigned int size; /* of the picture, 0: any, as it is drawn from lines */
};

/* Reads which directories there are. */
struct ga_icon_theme *ga_icon_theme_create(void);

/* NULL is legal. */
void ga_icon_theme_destroy(struct ga_icon_theme *theme);

/* The files of an icon, of struct ga_icon_file, maybe none; the caller's. icon: a name, or a path.
 */
GPtrArray *ga_icon_theme_find(const struct ga_icon_theme *theme, const char *icon);

/*
 * An application as its desktop file tells of it to a menu (Desktop Entry Specification 1.5).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct ga_application_action {
	char *id;
	char *name; /* localised */
	char *icon; /* name or path, may be empty */
};

struct ga_application {
	char *id; /* desktop file id, with .desktop */
	char *name; /* localised, as the next ones, which may be empty */
	char *generic_name;
	char *comment;
	char *keywords; /* separated by semicolons */
	char *categories;
	char *mime_types;
	char *wm_class;
	char *icon; /* name or path */
	bool opens; /* files or URLs */
	GPtrArray *actions; /* of struct ga_application_action */
};

/* languages: best first, as g_get_language_names() has them. NULL for a file that no menu would
 * show. */
struct ga_application *ga_application_read(
	const char *path, const char *id, const char *const *languages);

void ga_application_free(void *application);

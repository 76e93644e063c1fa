/*
 * The guest's applications: the desktop files of $XDG_DATA_HOME and $XDG_DATA_DIRS that a menu
 * would show (Desktop Entry Specification 1.5).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Strings live during the call. */
struct ga_application {
	const char *id; /* desktop file id, with .desktop */
	const char *name; /* localised */
	const char *comment; /* localised, may be empty */
	const char *icon; /* name or path, may be empty */
	const char *categories; /* separated by semicolons, may be empty */
};

/* Calls each() for every application that a menu would show, until it returns false. */
void ga_applications_each(
	bool (*each)(void *data, const struct ga_application *application), void *data);

/* An application with an Exec line is started by it, even if it has DBusActivatable: what was
 * started can then be waited for, and the specification asks for such a line. One without is
 * started over the session bus, by a command that ends when the application has answered.
 *
 * The command that opens files (NULL-terminated, may be NULL) with an application, shown in menus
 * or not, and the directory that it wants to run in (NULL: none), for g_strfreev() and g_free(). id
 * is with or without .desktop. False with an error for people. */
bool ga_applications_command(const char *id, const char *const *files, char ***command,
	char **directory, GError **error);

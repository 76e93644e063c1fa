/*
 * The guest's applications: the desktop files of $XDG_DATA_HOME and $XDG_DATA_DIRS that a menu
 * would show (Desktop Entry Specification 1.5).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What a menu would show, of struct ga_application (application-entry.h), in no order; the
 * caller's. languages: best first. */
GPtrArray *ga_applications_list(const char *const *languages);

/* The icon of an application, or of one of its actions unless that is empty: a name or a path for
 * g_free(), empty if there is none. id is with .desktop. */
char *ga_applications_icon(const char *id, const char *action);

/* An application with an Exec line is started by it, even if it has DBusActivatable: what was
 * started can then be waited for, and the specification asks for such a line. One without is
 * started over the session bus, by a command that ends when the application has answered.
 *
 * The command that opens files (NULL-terminated, may be NULL) with an application, shown in menus
 * or not, or begins with one of its actions, and the directory that it wants to run in (NULL:
 * none), for g_strfreev() and g_free(). id is with or without .desktop, or with it and ":ACTION".
 * False with an error for people. */
bool ga_applications_command(const char *id, const char *const *files, char ***command,
	char **directory, GError **error);

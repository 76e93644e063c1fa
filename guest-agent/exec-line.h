/*
 * The Exec line of a desktop file as the words of a command (Desktop Entry Specification 1.5, "The
 * Exec key").
 */
#pragma once

#include <glib.h>

/* What the field codes of an Exec line stand for. */
struct ga_exec_values {
	const char *const *files; /* files and URLs to open, NULL-terminated; NULL none */
	const char *name; /* localised name of the application */
	const char *icon; /* NULL none */
	const char *desktop_file; /* path */
};

/* The words, for g_strfreev(); NULL with an error if the line is no command. Files are those of the
 * field code; what the line has no code for is left out, a code for one file takes the first. */
char **ga_exec_line_expand(const char *line, const struct ga_exec_values *values, GError **error);

/*
 * How results and errors are printed: JSON for programs, tables and sentences for people.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include <glib.h>

enum hc_align { HC_ALIGN_LEFT, HC_ALIGN_RIGHT };

/* A column of a table whose rows are a{sv}, as the broker lists them. */
struct hc_column {
	const char *title;
	enum hc_align align;
	char *(*format)(GVariant *row, const char *key); /* hc_cell_text() and the like */
	const char *key;
};

/* A line of titles and one for each of the rows (aa{sv}), aligned, each ended by a newline; what is
 * not printable is replaced. The caller frees it. */
char *hc_table_format(GVariant *rows, const struct hc_column *columns, guint count);

/* The same to standard output. */
void hc_table_print(GVariant *rows, const struct hc_column *columns, guint count);

/* The text with a ? for each character that is not printable: guests choose some texts, and none
 * may move the terminal's cursor or change its colours. The caller frees it. */
char *hc_format_printable(const char *text);

/* An amount of bytes as people read it: "0 B", "1.5 MiB". The caller frees it. */
char *hc_format_bytes(double bytes);

/* Prints a GVariant as JSON. */
void hc_print_json(GVariant *value);

/* Prints "oriel: " and the error to stderr; returns HC_EXIT_FAILED. */
int hc_fail(const GError *error);

/* The program's exit code: result, unless what was printed has not all been written, which is said.
 */
int hc_finish_output(int result);

/* Tells on stderr that the user is being asked on the desktop. */
void hc_tell_asked(void);

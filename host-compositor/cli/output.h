/*
 * How results and errors are printed: JSON for programs, tables and sentences for people.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include <glib.h>

enum hc_align { HC_ALIGN_LEFT, HC_ALIGN_RIGHT };

struct hc_column {
	const char *title;
	enum hc_align align;
};

/* Cells in rows of as many as there are columns. */
struct hc_table {
	const struct hc_column *columns;
	guint count;
	GPtrArray *cells; /* of char * */
};

void hc_table_init(struct hc_table *table, const struct hc_column *columns, guint count);
void hc_table_finish(struct hc_table *table);

/* Takes the text over; what is not printable in it is replaced. */
void hc_table_add(struct hc_table *table, char *text);

/* The lines, aligned, each ended by a newline; the caller frees them. */
char *hc_table_format(const struct hc_table *table);

/* An amount of bytes as people read it: "0 B", "1.5 MiB". The caller frees it. */
char *hc_format_bytes(double bytes);

/* Prints a GVariant as JSON. */
void hc_print_json(GVariant *value);

/* Prints "oriel: " and the error to stderr; returns HC_EXIT_FAILED. */
int hc_fail(const GError *error);

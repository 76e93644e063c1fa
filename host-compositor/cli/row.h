/*
 * One a{sv} of the broker's lists.
 */
#pragma once

#include <stdint.h>

#include <glib.h>

/* Empty if there is no such key; lives as long as the row. */
const char *hc_row_text(GVariant *row, const char *key);

/* Any integer type; 0 if there is no such key. */
int64_t hc_row_number(GVariant *row, const char *key);

/* The value as a cell of a table, which the caller frees. */
char *hc_cell_text(GVariant *row, const char *key);
char *hc_cell_number(GVariant *row, const char *key);
char *hc_cell_bytes(GVariant *row, const char *key);

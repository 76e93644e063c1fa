#include "output.h"

#include <errno.h>

#include <json-glib/json-glib.h>

#include "commands.h"

#define COLUMN_GAP "  "

/* Cells in rows of as many as there are columns. */
struct table {
	const struct hc_column *columns;
	guint count;
	GPtrArray *cells; /* of char * */
};

char *hc_format_printable(const char *text)
{
	GString *result = g_string_new(NULL);
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	for (const char *p = valid; *p; p = g_utf8_find_next_char(p, NULL)) {
		gunichar c = g_utf8_get_char(p);

		g_string_append_unichar(result, g_unichar_isprint(c) ? c : '?');
	}
	return g_string_free(result, FALSE);
}

static void add_row(struct table *table, GVariant *row)
{
	for (guint i = 0; i < table->count; i++) {
		const struct hc_column *column = &table->columns[i];
		g_autofree char *text = column->format(row, column->key);

		g_ptr_array_add(table->cells, hc_format_printable(text));
	}
}

/* Terminal columns that the text takes. */
static int text_width(const char *text)
{
	int width = 0;

	for (const char *p = text; *p; p = g_utf8_find_next_char(p, NULL)) {
		gunichar c = g_utf8_get_char(p);

		if (!g_unichar_iszerowidth(c))
			width += g_unichar_iswide(c) ? 2 : 1;
	}
	return width;
}

static int column_width(const struct table *table, guint column)
{
	int width = 0;

	for (guint i = column; i < table->cells->len; i += table->count)
		width = MAX(width, text_width(g_ptr_array_index(table->cells, i)));
	return width;
}

static void append_cell(GString *lines, const char *text, int width, enum hc_align align, bool last)
{
	int padding = width - text_width(text);

	if (align == HC_ALIGN_RIGHT)
		g_string_append_printf(lines, "%*s%s", padding, "", text);
	else if (last)
		g_string_append(lines, text);
	else
		g_string_append_printf(lines, "%s%*s", text, padding, "");
	g_string_append(lines, last ? "\n" : COLUMN_GAP);
}

static char *format_lines(const struct table *table)
{
	int *widths = g_new(int, table->count);
	GString *lines = g_string_new(NULL);

	for (guint i = 0; i < table->count; i++)
		widths[i] = column_width(table, i);
	for (guint i = 0; i < table->cells->len; i++) {
		guint column = i % table->count;

		append_cell(lines, g_ptr_array_index(table->cells, i), widths[column],
			table->columns[column].align, column == table->count - 1);
	}
	g_free(widths);
	return g_string_free(lines, FALSE);
}

char *hc_table_format(GVariant *rows, const struct hc_column *columns, guint count)
{
	g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
	struct table table = { .columns = columns, .count = count, .cells = cells };

	g_assert(count > 0);
	for (guint i = 0; i < count; i++)
		g_ptr_array_add(cells, g_strdup(columns[i].title));
	for (gsize i = 0; i < g_variant_n_children(rows); i++) {
		g_autoptr(GVariant) row = g_variant_get_child_value(rows, i);

		add_row(&table, row);
	}
	return format_lines(&table);
}

void hc_table_print(GVariant *rows, const struct hc_column *columns, guint count)
{
	g_autofree char *lines = hc_table_format(rows, columns, count);

	fputs(lines, stdout);
}

char *hc_format_bytes(double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;

	while (bytes >= 1024 && unit < G_N_ELEMENTS(units) - 1) {
		bytes /= 1024;
		unit++;
	}
	return g_strdup_printf("%.*f %s", unit == 0 ? 0 : 1, bytes, units[unit]);
}

void hc_print_json(GVariant *value)
{
	g_autoptr(JsonGenerator) generator = json_generator_new();
	JsonNode *root = json_gvariant_serialize(value);
	g_autofree char *text = NULL;

	json_generator_set_pretty(generator, TRUE);
	json_generator_set_root(generator, root);
	text = json_generator_to_data(generator, NULL);
	puts(text);
	json_node_unref(root);
}

int hc_fail(const GError *error)
{
	fprintf(stderr, "oriel: %s\n", error->message);
	return HC_EXIT_FAILED;
}

int hc_finish_output(int result)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return result;
	/* A reader that has had enough needs to be told nothing. */
	if (errno != EPIPE)
		fprintf(stderr, "oriel: cannot write its output: %s\n", g_strerror(errno));
	return result == HC_EXIT_DONE ? HC_EXIT_FAILED : result;
}

void hc_tell_asked(void)
{
	fputs("oriel: waits for your answer to the question on the desktop\n", stderr);
}

/*
 * oriel crashes: reports of what has crashed.
 */
#include <stdio.h>
#include <string.h>

#include <gio/gio.h>

#include "arguments.h"
#include "commands.h"
#include "crash-reports.h"
#include "output.h"
#include "row.h"

static void add_row(GVariantBuilder *rows, const struct hc_crash_summary *crash)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(crash->time);
	g_autofree char *text = g_date_time_format_iso8601(time);

	g_variant_builder_open(rows, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(rows, "{sv}", "id", g_variant_new_string(crash->id));
	g_variant_builder_add(rows, "{sv}", "time", g_variant_new_string(text));
	g_variant_builder_add(rows, "{sv}", "program", g_variant_new_string(crash->program));
	g_variant_builder_add(rows, "{sv}", "vm", g_variant_new_string(crash->vm));
	g_variant_builder_add(rows, "{sv}", "signal", g_variant_new_int32(crash->signal));
	g_variant_builder_add(rows, "{sv}", "file", g_variant_new_string(crash->path));
	g_variant_builder_close(rows);
}

static char *format_signal(GVariant *row, const char *key)
{
	int number = (int)hc_row_number(row, key);

	return g_strdup_printf("%d (%s)", number, g_strsignal(number));
}

int hc_command_crashes(const struct hc_arguments *arguments)
{
	static const struct hc_column columns[] = {
		{ "TIME", HC_ALIGN_LEFT, hc_cell_text, "time" },
		{ "PROGRAM", HC_ALIGN_LEFT, hc_cell_text, "program" },
		{ "VM", HC_ALIGN_LEFT, hc_cell_text, "vm" },
		{ "SIGNAL", HC_ALIGN_LEFT, format_signal, "signal" },
		{ "ID", HC_ALIGN_LEFT, hc_cell_text, "id" },
	};
	g_autoptr(GPtrArray) crashes = hc_crash_reports_list();
	g_autoptr(GVariant) table = NULL;
	GVariantBuilder rows;

	g_variant_builder_init(&rows, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < crashes->len; i++)
		add_row(&rows, g_ptr_array_index(crashes, i));
	table = g_variant_ref_sink(g_variant_builder_end(&rows));
	if (arguments->options & HC_OPTION_JSON)
		hc_print_json(table);
	else if (crashes->len == 0)
		printf("Nothing has crashed.\n");
	else
		hc_table_print(table, columns, G_N_ELEMENTS(columns));
	return HC_EXIT_DONE;
}

static int print_report(const struct hc_crash_summary *crash)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(crash->path, &text, NULL, &error))
		return hc_fail(error);
	g_strchomp(text);
	lines = g_strsplit(text, "\n", -1);
	for (size_t i = 0; lines[i]; i++) {
		g_autofree char *line = hc_format_printable(lines[i]);

		printf("%s\n", line);
	}
	return HC_EXIT_DONE;
}

int hc_command_crashes_show(const struct hc_arguments *arguments)
{
	g_autoptr(GPtrArray) crashes = hc_crash_reports_list();
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < crashes->len; i++) {
		const struct hc_crash_summary *crash = g_ptr_array_index(crashes, i);

		if (strcmp(crash->id, arguments->words[0]) == 0)
			return print_report(crash);
	}
	g_set_error(&error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
		"there is no crash report '%s': 'oriel crashes' lists them", arguments->words[0]);
	return hc_fail(error);
}

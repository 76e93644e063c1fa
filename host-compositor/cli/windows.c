/*
 * oriel windows: what guests show.
 */
#include <string.h>

#include "arguments.h"
#include "client.h"
#include "commands.h"
#include "output.h"
#include "row.h"

/* The windows without the session's own id, which means nothing to people and programs. */
static GVariant *published_rows(GVariant *windows)
{
	GVariantBuilder rows;

	g_variant_builder_init(&rows, G_VARIANT_TYPE("aa{sv}"));
	for (gsize i = 0; i < g_variant_n_children(windows); i++) {
		g_autoptr(GVariant) row = g_variant_get_child_value(windows, i);
		GVariantIter iter;
		const char *key;
		GVariant *value;

		g_variant_builder_open(&rows, G_VARIANT_TYPE_VARDICT);
		g_variant_iter_init(&iter, row);
		while (g_variant_iter_loop(&iter, "{&sv}", &key, &value)) {
			if (strcmp(key, "window") != 0)
				g_variant_builder_add(&rows, "{sv}", key, value);
		}
		g_variant_builder_close(&rows);
	}
	return g_variant_ref_sink(g_variant_builder_end(&rows));
}

static char *format_xid(GVariant *row, const char *key)
{
	return g_strdup_printf("0x%" G_GINT64_MODIFIER "x", hc_row_number(row, key));
}

static char *format_geometry(GVariant *row, const char *key)
{
	g_autoptr(GVariant) geometry = g_variant_lookup_value(row, key, G_VARIANT_TYPE_VARDICT);

	if (!geometry)
		return g_strdup("");
	return g_strdup_printf("%" G_GINT64_FORMAT "×%" G_GINT64_FORMAT " at %" G_GINT64_FORMAT
			       ",%" G_GINT64_FORMAT,
		hc_row_number(geometry, "width"), hc_row_number(geometry, "height"),
		hc_row_number(geometry, "x"), hc_row_number(geometry, "y"));
}

static char *format_state(GVariant *row, const char *key)
{
	g_auto(GStrv) names = NULL;
	gboolean popup = FALSE;

	g_variant_lookup(row, "popup", "b", &popup);
	if (popup)
		return g_strdup("popup");
	if (!g_variant_lookup(row, key, "^as", &names))
		return g_strdup("");
	return g_strjoinv(" ", names);
}

static void print_windows(GVariant *windows)
{
	static const struct hc_column columns[] = {
		{ "VM", HC_ALIGN_LEFT, hc_cell_text, "vm" },
		{ "CONTENT", HC_ALIGN_RIGHT, format_xid, "content_xid" },
		{ "WINDOW", HC_ALIGN_RIGHT, format_xid, "toplevel_xid" },
		{ "GEOMETRY", HC_ALIGN_LEFT, format_geometry, "geometry" },
		{ "FRAMES", HC_ALIGN_RIGHT, hc_cell_number, "frames" },
		{ "APPLICATION", HC_ALIGN_LEFT, hc_cell_text, "app_id" },
		{ "STATE", HC_ALIGN_LEFT, format_state, "state" },
		{ "TITLE", HC_ALIGN_LEFT, hc_cell_text, "title" },
	};

	hc_table_print(windows, columns, G_N_ELEMENTS(columns));
}

int hc_command_windows(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) windows = hc_client_list("ListWindows", NULL, &error);

	if (!windows)
		return hc_fail(error);
	if (arguments->options & HC_OPTION_JSON) {
		g_autoptr(GVariant) rows = published_rows(windows);

		hc_print_json(rows);
	} else {
		print_windows(windows);
	}
	return HC_EXIT_DONE;
}

/*
 * oriel top: what each VM costs, sampled once a second.
 */
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "client.h"
#include "commands.h"
#include "output.h"
#include "row.h"

#define CLEAR_BELOW "\033[J"
#define CURSOR_UP_FORMAT "\033[%uA"

/* What is no VM, and what tells of it; no VM can have such a name. */
static const struct {
	const char *name;
	const char *method;
} others[] = {
	{ "(primary)", "ShowPrimary" }, /* where a hypervisor knows what it costs */
	{ "(desk)", "ShowDesk" },
};

/* Adds a row like a VM's to the rows, unless nothing is known. */
static bool add_other(GVariantBuilder *rows, struct hc_client *client, size_t other, GError **error)
{
	g_autoptr(GVariant) reply =
		hc_client_call(client, others[other].method, NULL, "(a{sv})", -1, error);
	g_autoptr(GVariant) properties = reply ? g_variant_get_child_value(reply, 0) : NULL;
	GVariantDict row;

	if (!properties || g_variant_n_children(properties) == 0)
		return properties;
	g_variant_dict_init(&row, properties);
	g_variant_dict_insert(&row, "name", "s", others[other].name);
	g_variant_dict_insert(&row, "state", "s", "running");
	g_variant_builder_add_value(rows, g_variant_dict_end(&row));
	return true;
}

static GVariant *sample(struct hc_client *client, GError **error)
{
	g_autoptr(GVariant) vms = NULL;
	g_autoptr(GVariant) reply =
		hc_client_call(client, "ListVMs", NULL, "(aa{sv}as)", -1, error);
	g_auto(GVariantBuilder) rows = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));

	for (size_t i = 0; reply && i < G_N_ELEMENTS(others); i++)
		if (!add_other(&rows, client, i, error))
			return NULL;
	if (!reply)
		return NULL;
	vms = g_variant_get_child_value(reply, 0);
	for (gsize i = 0; i < g_variant_n_children(vms); i++) {
		g_autoptr(GVariant) row = g_variant_get_child_value(vms, i);

		g_variant_builder_add_value(&rows, row);
	}
	return g_variant_ref_sink(g_variant_builder_end(&rows));
}

/* The row of the VM of that name; NULL if there is none. */
static GVariant *find_row(GVariant *vms, const char *name)
{
	for (gsize i = 0; i < g_variant_n_children(vms); i++) {
		GVariant *row = g_variant_get_child_value(vms, i);

		if (strcmp(hc_row_text(row, "name"), name) == 0)
			return row;
		g_variant_unref(row);
	}
	return NULL;
}

/* How much a counter grew in a second; 0 for one that began anew. */
static double rate(GVariant *before, GVariant *after, const char *key, double seconds)
{
	int64_t growth = hc_row_number(after, key) - hc_row_number(before, key);

	return growth > 0 && seconds > 0 ? (double)growth / seconds : 0;
}

static void add(GVariantBuilder *row, const char *key, GVariant *value)
{
	g_variant_builder_add(row, "{sv}", key, value);
}

/* What top shows of one VM, as an a{sv}. */
static GVariant *make_row(GVariant *before, GVariant *after, double seconds)
{
	GVariantBuilder row;

	g_variant_builder_init(&row, G_VARIANT_TYPE_VARDICT);
	add(&row, "name", g_variant_new_string(hc_row_text(after, "name")));
	add(&row, "state", g_variant_new_string(hc_row_text(after, "state")));
	add(&row, "cpu_percent",
		g_variant_new_double(
			rate(before, after, "cpu_time", seconds) / G_USEC_PER_SEC * 100));
	add(&row, "memory", g_variant_new_int64(hc_row_number(after, "memory")));
	add(&row, "windows", g_variant_new_int64(hc_row_number(after, "windows")));
	add(&row, "frames_per_second",
		g_variant_new_double(rate(before, after, "frames", seconds)));
	add(&row, "bytes_per_second",
		g_variant_new_double(rate(before, after, "bytes_copied", seconds)));
	return g_variant_builder_end(&row);
}

/* The rows of two samples; a VM that is new in the second one has no rates yet. */
static GVariant *compare(GVariant *before, GVariant *after, double seconds)
{
	GVariantBuilder rows;

	g_variant_builder_init(&rows, G_VARIANT_TYPE("aa{sv}"));
	for (gsize i = 0; i < g_variant_n_children(after); i++) {
		g_autoptr(GVariant) row = g_variant_get_child_value(after, i);
		g_autoptr(GVariant) old = find_row(before, hc_row_text(row, "name"));

		g_variant_builder_add_value(&rows, make_row(old ? old : row, row, seconds));
	}
	return g_variant_ref_sink(g_variant_builder_end(&rows));
}

static double row_double(GVariant *row, const char *key)
{
	double value = 0;

	g_variant_lookup(row, key, "d", &value);
	return value;
}

static char *format_percent(GVariant *row, const char *key)
{
	return g_strdup_printf("%.1f %%", row_double(row, key));
}

static char *format_rate(GVariant *row, const char *key)
{
	return g_strdup_printf("%.1f/s", row_double(row, key));
}

static char *format_byte_rate(GVariant *row, const char *key)
{
	g_autofree char *bytes = hc_format_bytes(row_double(row, key));

	return g_strdup_printf("%s/s", bytes);
}

static char *format_rows(GVariant *rows)
{
	static const struct hc_column columns[] = {
		{ "NAME", HC_ALIGN_LEFT, hc_cell_text, "name" },
		{ "STATE", HC_ALIGN_LEFT, hc_cell_text, "state" },
		{ "CPU", HC_ALIGN_RIGHT, format_percent, "cpu_percent" },
		{ "MEMORY", HC_ALIGN_RIGHT, hc_cell_bytes, "memory" },
		{ "WINDOWS", HC_ALIGN_RIGHT, hc_cell_number, "windows" },
		{ "FRAMES", HC_ALIGN_RIGHT, format_rate, "frames_per_second" },
		{ "COPIED", HC_ALIGN_RIGHT, format_byte_rate, "bytes_per_second" },
	};

	return hc_table_format(rows, columns, G_N_ELEMENTS(columns));
}

static guint count_lines(const char *text)
{
	guint count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* Prints over the last sample on a terminal, below it elsewhere. Returns the number of lines. */
static guint print_rows(GVariant *rows, guint lines_before)
{
	g_autofree char *lines = format_rows(rows);

	if (lines_before > 0 && isatty(STDOUT_FILENO))
		printf(CURSOR_UP_FORMAT CLEAR_BELOW, lines_before);
	fputs(lines, stdout);
	return count_lines(lines);
}

static bool follow(struct hc_client *client, unsigned int options, GError **error)
{
	g_autoptr(GVariant) before = sample(client, error);
	gint64 time_before = g_get_monotonic_time();
	guint lines = 0;

	while (before) {
		g_autoptr(GVariant) after = NULL;
		g_autoptr(GVariant) rows = NULL;
		gint64 time_after;

		g_usleep(G_USEC_PER_SEC);
		after = sample(client, error);
		if (!after)
			return false;
		time_after = g_get_monotonic_time();
		rows = compare(before, after, (double)(time_after - time_before) / G_USEC_PER_SEC);
		if (options & HC_OPTION_JSON)
			hc_print_json(rows);
		else
			lines = print_rows(rows, lines);
		if (fflush(stdout) != 0 || options & (HC_OPTION_JSON | HC_OPTION_ONCE))
			return true;
		g_variant_unref(before);
		before = g_steal_pointer(&after);
		time_before = time_after;
	}
	return false;
}

int hc_command_top(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	struct hc_client *client = hc_client_open(&error);
	bool done = client && follow(client, arguments->options, &error);

	hc_client_close(client);
	return done ? HC_EXIT_DONE : hc_fail(error);
}

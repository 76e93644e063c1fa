/*
 * oriel policy check, explain, reload: the policy's files, and what the policy in force says.
 */
#include <string.h>

#include <gio/gio.h>

#include "arguments.h"
#include "client.h"
#include "commands.h"
#include "output.h"
#include "policy-files.h"
#include "policy-review.h"
#include "row.h"
#include "values.h"

/* The words of explain before its options. */
enum { EXPLAIN_WORDS = 3 };

static GVariant *problem_rows(const GPtrArray *problems)
{
	GVariantBuilder rows;

	g_variant_builder_init(&rows, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < problems->len; i++) {
		const struct hv_policy_problem *problem = g_ptr_array_index(problems, i);

		g_variant_builder_open(&rows, G_VARIANT_TYPE_VARDICT);
		g_variant_builder_add(&rows, "{sv}", "file", g_variant_new_string(problem->file));
		g_variant_builder_add(&rows, "{sv}", "line", g_variant_new_uint32(problem->line));
		g_variant_builder_add(
			&rows, "{sv}", "column", g_variant_new_uint32(problem->column));
		g_variant_builder_add(
			&rows, "{sv}", "warning", g_variant_new_boolean(problem->warning));
		g_variant_builder_add(&rows, "{sv}", "text", g_variant_new_string(problem->text));
		g_variant_builder_close(&rows);
	}
	return g_variant_ref_sink(g_variant_builder_end(&rows));
}

static void print_problems(const GPtrArray *problems)
{
	for (guint i = 0; i < problems->len; i++) {
		g_autofree char *line = hv_policy_problem_print(g_ptr_array_index(problems, i));

		printf("%s\n", line);
	}
}

/* Appends what can never decide anything. */
static void review(const struct hv_policy_files *files)
{
	g_auto(GStrv) directories = hv_inventory_directories();
	struct hv_inventory *inventory = hv_inventory_load((const char *const *)directories);

	hv_policy_review(files->policy, inventory, files->problems);
	hv_inventory_free(inventory);
}

int hc_command_policy_check(const struct hc_arguments *arguments)
{
	g_auto(GStrv) owned = hv_policy_directories();
	const char *const *directories = (const char *const *)owned;
	struct hv_policy_files files;
	bool right;

	if (arguments->count > 0)
		hv_policy_files_load_paths(directories, arguments->words, &files);
	else
		hv_policy_files_load(directories, &files);
	right = files.policy != NULL;
	if (right)
		review(&files);
	if (arguments->options & HC_OPTION_JSON) {
		g_autoptr(GVariant) rows = problem_rows(files.problems);

		hc_print_json(rows);
	} else {
		print_problems(files.problems);
	}
	hv_policy_files_clear(&files);
	return right ? HC_EXIT_DONE : HC_EXIT_FAILED;
}

/* type=TYPE and size=SIZE, after the other words. */
static bool parse_options(
	const struct hc_arguments *arguments, const char **type, guint64 *size, GError **error)
{
	for (guint i = EXPLAIN_WORDS; i < arguments->count; i++) {
		const char *word = arguments->words[i];

		if (g_str_has_prefix(word, "type=")) {
			*type = strchr(word, '=') + 1;
		} else if (!g_str_has_prefix(word, "size=") ||
			   !hv_value_parse_size(strchr(word, '=') + 1, 0, UINT64_MAX, size)) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
				"'%s' is neither type=TYPE, like type=text/plain, nor size=SIZE, "
				"like size=64K",
				word);
			return false;
		}
	}
	return true;
}

static GVariant *call_explain(const struct hc_arguments *arguments, GError **error)
{
	const char *const *words = arguments->words;
	const char *type = "";
	guint64 size = 0;
	g_autoptr(GVariant) reply = NULL;
	struct hc_client *client;

	if (!parse_options(arguments, &type, &size, error))
		return NULL;
	client = hc_client_open(error);
	if (client)
		reply = hc_client_call(client, "ExplainPolicy",
			g_variant_new("(sssst)", words[0], words[1], words[2], type, size),
			"(a{sv})", -1, error);
	hc_client_close(client);
	return reply ? g_variant_get_child_value(reply, 0) : NULL;
}

/* That an ordinary paste alone gives nothing. */
static const char *describe_mode(GVariant *explanation)
{
	bool pasted = strcmp(hc_row_text(explanation, "service"), "clipboard") == 0;
	bool denied = strcmp(hc_row_text(explanation, "outcome"), "deny") == 0;
	bool explicit = strcmp(hc_row_text(explanation, "mode"), "explicit") == 0;

	return pasted && explicit && !denied ? "; the user hands it over: mode=explicit" : "";
}

int hc_command_policy_explain(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) explanation = call_explain(arguments, &error);

	if (!explanation)
		return hc_fail(error);
	if (arguments->options & HC_OPTION_JSON) {
		g_autoptr(GVariant) array = g_variant_ref_sink(
			g_variant_new_array(G_VARIANT_TYPE_VARDICT, &explanation, 1));

		hc_print_json(array);
	} else {
		printf("%s: %s%s\n", hc_row_text(explanation, "outcome"),
			hc_row_text(explanation, "why"), describe_mode(explanation));
	}
	return HC_EXIT_DONE;
}

int hc_command_policy_reload(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = NULL;
	g_autofree const char **lines = NULL;
	struct hc_client *client = hc_client_open(&error);

	(void)arguments;
	if (client)
		reply = hc_client_call(client, "ReloadPolicy", NULL, "(as)", -1, &error);
	hc_client_close(client);
	if (!reply)
		return hc_fail(error);
	g_variant_get(reply, "(^a&s)", &lines);
	for (size_t i = 0; lines[i]; i++)
		fprintf(stderr, "oriel: %s\n", lines[i]);
	if (lines[0])
		fprintf(stderr, "oriel: the last good policy stays in force; if there was none, "
				"all is denied\n");
	return lines[0] ? HC_EXIT_FAILED : HC_EXIT_DONE;
}

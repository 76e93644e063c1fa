/*
 * oriel policy check: what is wrong with the policy's files.
 */
#include "arguments.h"
#include "commands.h"
#include "output.h"
#include "policy-files.h"
#include "policy-review.h"

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

#include "policy-parse.h"

static void problem_free(gpointer data)
{
	struct hv_policy_problem *problem = data;
	g_free(problem->text);
	g_free(problem);
}

GPtrArray *hv_policy_problems_new(void)
{
	return g_ptr_array_new_with_free_func(problem_free);
}

static void add(GPtrArray *problems, const struct hv_policy_problem *problem)
{
	struct hv_policy_problem *copy = g_new(struct hv_policy_problem, 1);
	*copy = *problem;
	g_autofree char *file = g_utf8_make_valid(problem->file, -1);
	copy->file = g_intern_string(file);
	g_ptr_array_add(problems, copy);
}

void hv_policy_problems_add(GPtrArray *problems, const char *file, unsigned int line,
	unsigned int column, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	add(problems, &(struct hv_policy_problem){ file, line, column, false, text });
}

void hv_policy_problems_warn(
	GPtrArray *problems, const char *file, unsigned int line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	add(problems, &(struct hv_policy_problem){ file, line, 0, true, text });
}

bool hv_policy_problems_fatal(const GPtrArray *problems)
{
	for (guint i = 0; i < problems->len; i++) {
		const struct hv_policy_problem *problem = g_ptr_array_index(problems, i);
		if (!problem->warning)
			return true;
	}
	return false;
}

char *hv_policy_problem_print(const struct hv_policy_problem *problem)
{
	GString *text = g_string_new(problem->file);
	if (problem->line > 0)
		g_string_append_printf(text, ":%u", problem->line);
	if (problem->column > 0)
		g_string_append_printf(text, ":%u", problem->column);
	g_string_append_printf(text, ": %s%s", problem->warning ? "warning: " : "", problem->text);
	return g_string_free(text, FALSE);
}

#include "exec-line.h"

#include <stdbool.h>
#include <string.h>

#define FILE_SCHEME "file://"

/* Field codes for files want paths, those for URLs take both. */
static char *as_path(const char *file)
{
	char *path =
		g_str_has_prefix(file, FILE_SCHEME) ? g_filename_from_uri(file, NULL, NULL) : NULL;
	return path != NULL ? path : g_strdup(file);
}

static void add_files(GPtrArray *words, const struct ga_exec_values *values, bool all, bool paths)
{
	for (size_t i = 0; values->files != NULL && values->files[i] != NULL; i++) {
		const char *file = values->files[i];
		g_ptr_array_add(words, paths ? as_path(file) : g_strdup(file));
		if (!all)
			return;
	}
}

/* A word that is one field code can become no word, or several. True if it was one such. */
static bool expand_whole(GPtrArray *words, const char *word, const struct ga_exec_values *values)
{
	if (word[0] != '%' || word[1] == '\0' || word[2] != '\0')
		return false;
	switch (word[1]) {
	case 'f':
	case 'F':
		add_files(words, values, word[1] == 'F', true);
		return true;
	case 'u':
	case 'U':
		add_files(words, values, word[1] == 'U', false);
		return true;
	case 'i':
		if (values->icon != NULL && values->icon[0] != '\0') {
			g_ptr_array_add(words, g_strdup("--icon"));
			g_ptr_array_add(words, g_strdup(values->icon));
		}
		return true;
	default:
		return false;
	}
}

static const char *first_file(const struct ga_exec_values *values)
{
	return values->files != NULL && values->files[0] != NULL ? values->files[0] : "";
}

/* Codes within a word; those that the specification has dropped (%d %n %v ...) stand for nothing.
 */
static char *expand_within(const char *word, const struct ga_exec_values *values)
{
	GString *text = g_string_new(NULL);
	for (const char *at = word; *at != '\0'; at++) {
		if (*at != '%' || at[1] == '\0') {
			g_string_append_c(text, *at);
			continue;
		}
		at++;
		if (*at == '%')
			g_string_append_c(text, '%');
		else if (*at == 'c')
			g_string_append(text, values->name);
		else if (*at == 'k')
			g_string_append(text, values->desktop_file);
		else if (*at == 'u')
			g_string_append(text, first_file(values));
		else if (*at == 'f') {
			g_autofree char *path = as_path(first_file(values));
			g_string_append(text, path);
		}
	}
	return g_string_free(text, FALSE);
}

char **ga_exec_line_expand(const char *line, const struct ga_exec_values *values, GError **error)
{
	g_auto(GStrv) parsed = NULL;
	if (!g_shell_parse_argv(line, NULL, &parsed, error))
		return NULL;
	GPtrArray *words = g_ptr_array_new();
	for (size_t i = 0; parsed[i] != NULL; i++)
		if (!expand_whole(words, parsed[i], values))
			g_ptr_array_add(words, expand_within(parsed[i], values));
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

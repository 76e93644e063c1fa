#include "arguments.h"

#include <string.h>

#include <gio/gio.h>

enum { SUGGEST_DISTANCE_MAX = 3 };

static const struct {
	const char *name;
	enum hc_option option;
} option_names[] = {
	{ "--json", HC_OPTION_JSON },
	{ "--wait", HC_OPTION_WAIT },
	{ "--once", HC_OPTION_ONCE },
};

static bool parse_option(
	const struct hc_grammar *grammar, const char *word, unsigned int *options, GError **error)
{
	const char *allowed[G_N_ELEMENTS(option_names) + 1] = { NULL };
	const char *nearest;
	size_t count = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(option_names); i++) {
		if (!(grammar->options & option_names[i].option))
			continue;
		if (strcmp(word, option_names[i].name) == 0) {
			*options |= option_names[i].option;
			return true;
		}
		allowed[count++] = option_names[i].name;
	}
	nearest = hc_arguments_suggest(word, allowed);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		"there is no option '%s' here%s%s%s", word, nearest ? "; did you mean '" : "",
		nearest ? nearest : "", nearest ? "'?" : "");
	return false;
}

bool hc_arguments_parse(const struct hc_grammar *grammar, const char *const *argv,
	struct hc_arguments *arguments, GError **error)
{
	g_autofree const char **words = NULL;
	struct hc_arguments result = { 0 };
	bool verbatim = false;
	size_t argc = 0;

	while (argv[argc])
		argc++;
	words = g_new0(const char *, argc + 1);
	for (size_t i = 0; i < argc; i++) {
		if (!verbatim && strcmp(argv[i], "--") == 0) {
			verbatim = true;
			result.separated = true;
		} else if (!verbatim && argv[i][0] == '-' && argv[i][1]) {
			if (!parse_option(grammar, argv[i], &result.options, error))
				return false;
		} else {
			words[result.count++] = argv[i];
			verbatim = verbatim ||
				   (grammar->leading > 0 && result.count > grammar->leading);
		}
	}
	if (result.count < grammar->min ||
		(result.count > grammar->max && grammar->max >= grammar->min)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s",
			result.count < grammar->min ? "something is missing" : "that is too much");
		return false;
	}
	result.words = g_steal_pointer(&words);
	*arguments = result;
	return true;
}

void hc_arguments_clear(struct hc_arguments *arguments)
{
	g_free(arguments->words);
	*arguments = (struct hc_arguments){ 0 };
}

/* Levenshtein's distance, row by row. */
static size_t distance(const char *a, const char *b)
{
	size_t width = strlen(b) + 1;
	g_autofree size_t *row = g_new(size_t, width);

	for (size_t j = 0; j < width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j < width; j++) {
			size_t above = row[j];
			size_t changed = diagonal + (a[i - 1] != b[j - 1]);

			row[j] = MIN(changed, MIN(above, row[j - 1]) + 1);
			diagonal = above;
		}
	}
	return row[width - 1];
}

const char *hc_arguments_suggest(const char *word, const char *const *names)
{
	const char *nearest = NULL;
	size_t least = SUGGEST_DISTANCE_MAX + 1;

	for (size_t i = 0; names[i]; i++) {
		size_t d = g_str_has_prefix(names[i], word) ? 1 : distance(word, names[i]);

		if (d < least && d < strlen(names[i])) {
			least = d;
			nearest = names[i];
		}
	}
	return nearest;
}

#include "arguments.h"

#include <stddef.h>
#include <string.h>

#include <gio/gio.h>

enum { SUGGEST_DISTANCE_MAX = 3 };

static const struct {
	const char *name;
	enum hc_option option;
	size_t value; /* offset in struct hc_arguments; 0: it has none */
} option_names[] = {
	{ "--json", HC_OPTION_JSON, 0 },
	{ "--wait", HC_OPTION_WAIT, 0 },
	{ "--once", HC_OPTION_ONCE, 0 },
	{ "--xl", HC_OPTION_XL, 0 },
	{ "-f", HC_OPTION_FOLLOW, 0 },
	{ "--login", HC_OPTION_LOGIN, 0 },
	{ "--verbose", HC_OPTION_VERBOSE, 0 },
	{ "--vm", HC_OPTION_VM, offsetof(struct hc_arguments, vm) },
	{ "--service", HC_OPTION_SERVICE, offsetof(struct hc_arguments, service) },
};

bool hc_arguments_ask_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* The option at argv[*at], and its value behind it, on which *at then stands. */
static bool take_option(const char *const *argv, size_t *at, size_t option,
	struct hc_arguments *arguments, GError **error)
{
	arguments->options |= option_names[option].option;
	if (option_names[option].value == 0)
		return true;
	if (!argv[*at + 1]) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
			"something is missing after '%s'", argv[*at]);
		return false;
	}
	*(const char **)((char *)arguments + option_names[option].value) = argv[++*at];
	return true;
}

static bool parse_option(const struct hc_grammar *grammar, const char *const *argv, size_t *at,
	struct hc_arguments *arguments, GError **error)
{
	const char *word = argv[*at];
	const char *allowed[G_N_ELEMENTS(option_names) + 1] = { NULL };
	const char *nearest;
	size_t count = 0;

	if (hc_arguments_ask_help(word)) {
		arguments->options |= HC_OPTION_HELP;
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(option_names); i++) {
		if (!(grammar->options & option_names[i].option))
			continue;
		if (strcmp(word, option_names[i].name) == 0)
			return take_option(argv, at, i, arguments, error);
		allowed[count++] = option_names[i].name;
	}
	nearest = hc_arguments_suggest(word, allowed);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		"there is no option '%s' here%s%s%s", word, nearest ? "; did you mean '" : "",
		nearest ? nearest : "", nearest ? "'?" : "");
	return false;
}

static bool check_count(const struct hc_grammar *grammar, guint count, GError **error)
{
	bool few = count < grammar->min;

	if (!few && (count <= grammar->max || grammar->max < grammar->min))
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s",
		few ? "something is missing" : "that is too much");
	return false;
}

/* What is sent to the broker as text has to be some. */
static bool check_text(
	const struct hc_grammar *grammar, const struct hc_arguments *arguments, GError **error)
{
	guint count = grammar->text == 0 ? arguments->count : grammar->text;

	for (guint i = 0; grammar->text != HC_TEXT_NONE && i < MIN(count, arguments->count); i++) {
		g_autofree char *shown = NULL;

		if (g_utf8_validate(arguments->words[i], -1, NULL))
			continue;
		shown = g_utf8_make_valid(arguments->words[i], -1);
		g_set_error(
			error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%s' is no UTF-8", shown);
		return false;
	}
	return true;
}

/* Sorts argv into options and words; arguments->words has room for all. */
static bool read_words(const struct hc_grammar *grammar, const char *const *argv,
	struct hc_arguments *arguments, GError **error)
{
	bool verbatim = false;

	for (size_t i = 0; argv[i]; i++) {
		if (!verbatim && strcmp(argv[i], "--") == 0) {
			verbatim = true;
			arguments->separated = true;
		} else if (!verbatim && argv[i][0] == '-' && argv[i][1]) {
			if (!parse_option(grammar, argv, &i, arguments, error))
				return false;
		} else {
			arguments->words[arguments->count++] = argv[i];
			verbatim = verbatim ||
				   (grammar->leading > 0 && arguments->count > grammar->leading);
		}
	}
	return (arguments->options & HC_OPTION_HELP) ||
	       (check_count(grammar, arguments->count, error) &&
		       check_text(grammar, arguments, error));
}

bool hc_arguments_parse(const struct hc_grammar *grammar, const char *const *argv,
	struct hc_arguments *arguments, GError **error)
{
	struct hc_arguments result = { 0 };
	size_t argc = 0;

	while (argv[argc])
		argc++;
	result.words = g_new0(const char *, argc + 1);
	if (!read_words(grammar, argv, &result, error)) {
		hc_arguments_clear(&result);
		return false;
	}
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
	size_t *row = g_new(size_t, width);
	size_t result;

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
	result = row[width - 1];
	g_free(row);
	return result;
}

const char *hc_arguments_suggest(const char *word, const char *const *names)
{
	const char *nearest = NULL;
	size_t least = SUGGEST_DISTANCE_MAX + 1;

	for (size_t i = 0; names[i]; i++) {
		size_t d = g_str_has_prefix(names[i], word) ? 1 : distance(word, names[i]);

		if (d < least && 3 * d <= 2 * MIN(strlen(word), strlen(names[i]))) {
			least = d;
			nearest = names[i];
		}
	}
	return nearest;
}

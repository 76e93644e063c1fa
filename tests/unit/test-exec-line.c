#include <glib.h>

#include "exec-line.h"
#include "unit.h"

static const char *const two_files[] = { "file:///tmp/a%20b.txt", "https://example.org/", NULL };

static const struct ga_exec_values values = {
	.files = two_files,
	.name = "Editor",
	.icon = "edit",
	.desktop_file = "/usr/share/applications/editor.desktop",
};

static const struct ga_exec_values no_files = { .name = "Editor", .desktop_file = "e.desktop" };

/* The words of a line, joined by a bar; the caller frees them. */
static char *expand(const char *line, const struct ga_exec_values *with)
{
	g_auto(GStrv) words = ga_exec_line_expand(line, with, NULL);
	return words != NULL ? g_strjoinv("|", words) : g_strdup("error");
}

static void check(const char *line, const struct ga_exec_values *with, const char *expected)
{
	g_autofree char *words = expand(line, with);
	CU_ASSERT_STRING_EQUAL(words, expected);
}

static void test_plain_words(void)
{
	check("editor --new 'two words' \"a\\\"b\"", &values, "editor|--new|two words|a\"b");
}

static void test_files(void)
{
	check("editor %F", &values, "editor|/tmp/a b.txt|https://example.org/");
	check("editor %f", &values, "editor|/tmp/a b.txt");
	check("editor %U", &values, "editor|file:///tmp/a%20b.txt|https://example.org/");
	check("editor %u", &values, "editor|file:///tmp/a%20b.txt");
}

static void test_no_files(void)
{
	check("editor %F --end", &no_files, "editor|--end");
	check("editor --open=%u", &no_files, "editor|--open=");
}

static void test_names(void)
{
	check("editor %i -n %c -k %k", &values,
		"editor|--icon|edit|-n|Editor|-k|/usr/share/applications/editor.desktop");
	check("editor %i", &no_files, "editor");
}

static void test_percent(void)
{
	check("date +%%Y", &values, "date|+%Y");
	check("odd %", &values, "odd|%");
}

static void test_dropped_codes(void)
{
	check("editor -%d- x%m", &values, "editor|--|x");
}

static void test_open_quote(void)
{
	check("editor 'open", &values, "error");
}

static const struct unit_test tests[] = {
	{ "words are split as a shell would split them", test_plain_words },
	{ "files take the place of their codes, as paths or URLs", test_files },
	{ "codes for files stand for nothing without files", test_no_files },
	{ "codes for the application's own name, icon and file are filled in", test_names },
	{ "two percent signs are one", test_percent },
	{ "codes that the specification has dropped stand for nothing", test_dropped_codes },
	{ "a line with an open quote is an error", test_open_quote },
};
UNIT_MAIN("exec line", tests)

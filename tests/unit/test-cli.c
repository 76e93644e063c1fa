/*
 * The pure parts of the command line: words and options, suggestions, tables, amounts, pictures.
 */
#include "unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <png.h>

#include "arguments.h"
#include "copy-place.h"
#include "log-line.h"
#include "output.h"
#include "picture.h"
#include "progress.h"
#include "row.h"

static const struct hc_grammar run_grammar = {
	.options = HC_OPTION_WAIT,
	.min = 2,
	.max = 0,
	.leading = 1,
	.text = 1,
};

static const struct hc_grammar plain_grammar = { .options = HC_OPTION_JSON, .min = 0, .max = 1 };

static bool parse(const struct hc_grammar *grammar, const char *line,
	struct hc_arguments *arguments, GError **error)
{
	static char **words;

	g_strfreev(words);
	words = g_strsplit(line, " ", -1);
	return hc_arguments_parse(grammar, (const char *const *)words, arguments, error);
}

static void test_options_of_run(void)
{
	struct hc_arguments arguments;

	CU_ASSERT_TRUE_FATAL(parse(&run_grammar, "work --wait ls -l --json", &arguments, NULL));
	CU_ASSERT_EQUAL(arguments.options, HC_OPTION_WAIT);
	CU_ASSERT_EQUAL(arguments.count, 4);
	CU_ASSERT_STRING_EQUAL(arguments.words[2], "-l");
	CU_ASSERT_STRING_EQUAL(arguments.words[3], "--json");
	CU_ASSERT_FALSE(arguments.separated);
	hc_arguments_clear(&arguments);
}

static void test_dashes(void)
{
	struct hc_arguments arguments;

	CU_ASSERT_TRUE_FATAL(parse(&run_grammar, "--wait work -- --wait -- x", &arguments, NULL));
	CU_ASSERT_EQUAL(arguments.options, HC_OPTION_WAIT);
	CU_ASSERT_TRUE(arguments.separated);
	CU_ASSERT_EQUAL(arguments.count, 4);
	CU_ASSERT_STRING_EQUAL(arguments.words[1], "--wait");
	CU_ASSERT_STRING_EQUAL(arguments.words[2], "--");
	hc_arguments_clear(&arguments);
}

static void test_wrong_lines(void)
{
	struct hc_arguments arguments;
	g_autoptr(GError) error = NULL;

	CU_ASSERT_FALSE(parse(&plain_grammar, "a b", &arguments, NULL));
	CU_ASSERT_FALSE(parse(&run_grammar, "work", &arguments, NULL));
	CU_ASSERT_FALSE(parse(&plain_grammar, "--jsno", &arguments, &error));
	CU_ASSERT_STRING_EQUAL(
		error->message, "there is no option '--jsno' here; did you mean '--json'?");
}

static void test_help(void)
{
	static const char *const lines[] = { "--help", "-h", "work --help", "--wait -h work" };
	struct hc_arguments arguments;

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		CU_ASSERT_TRUE_FATAL(parse(&run_grammar, lines[i], &arguments, NULL));
		CU_ASSERT_TRUE(arguments.options & HC_OPTION_HELP);
		hc_arguments_clear(&arguments);
	}
	CU_ASSERT_TRUE_FATAL(parse(&run_grammar, "work xterm --help", &arguments, NULL));
	CU_ASSERT_FALSE(arguments.options & HC_OPTION_HELP);
	hc_arguments_clear(&arguments);
	CU_ASSERT_TRUE_FATAL(parse(&run_grammar, "work -- -h", &arguments, NULL));
	CU_ASSERT_FALSE(arguments.options & HC_OPTION_HELP);
	hc_arguments_clear(&arguments);
}

static void test_words_that_are_no_text(void)
{
	static const struct hc_grammar files = { .min = 1, .max = 0, .text = HC_TEXT_NONE };
	struct hc_arguments arguments;
	g_autoptr(GError) error = NULL;

	CU_ASSERT_FALSE(parse(&plain_grammar, "w\xffrk", &arguments, &error));
	CU_ASSERT_STRING_EQUAL(error->message, "'w\xef\xbf\xbdrk' is no UTF-8");
	CU_ASSERT_FALSE(parse(&run_grammar, "\xff ls", &arguments, NULL));
	CU_ASSERT_TRUE_FATAL(parse(&run_grammar, "work ls \xff", &arguments, NULL));
	CU_ASSERT_STRING_EQUAL(arguments.words[2], "\xff");
	hc_arguments_clear(&arguments);
	CU_ASSERT_TRUE_FATAL(parse(&files, "\xff", &arguments, NULL));
	hc_arguments_clear(&arguments);
}

static void test_options_with_values(void)
{
	static const struct hc_grammar grammar = { HC_OPTION_VM | HC_OPTION_FOLLOW, 0, 1, 0, 0 };
	struct hc_arguments arguments;
	g_autoptr(GError) error = NULL;

	CU_ASSERT_TRUE_FATAL(parse(&grammar, "-f --vm work word", &arguments, NULL));
	CU_ASSERT_EQUAL(arguments.options, HC_OPTION_VM | HC_OPTION_FOLLOW);
	CU_ASSERT_STRING_EQUAL(arguments.vm, "work");
	CU_ASSERT_EQUAL(arguments.count, 1);
	hc_arguments_clear(&arguments);
	CU_ASSERT_FALSE(parse(&grammar, "-f --vm", &arguments, &error));
	CU_ASSERT_STRING_EQUAL(error->message, "something is missing after '--vm'");
}

static void test_log_lines(void)
{
	static const char line[] =
		"{\"time\":\"2026-01-02T03:04:05.678901Z\",\"service\":\"clipboard\","
		"\"from\":\"work\",\"to\":\"personal\",\"type\":\"a\\u001b\",\"size\":2048,"
		"\"rule\":null,\"reason\":\"no-rule\",\"outcome\":\"deny\"}";
	static const struct {
		struct hc_log_filter filter;
		bool wanted;
	} filters[] = {
		{ { NULL, NULL }, true },
		{ { "work", NULL }, true },
		{ { "personal", "clipboard" }, true },
		{ { "other", NULL }, false },
		{ { "work", "launch" }, false },
	};
	const struct hc_log_filter all = { NULL, NULL };

	for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
		g_autofree char *json = hc_log_line_format(line, &filters[i].filter, true);

		CU_ASSERT_EQUAL(json != NULL, filters[i].wanted);
		CU_ASSERT_TRUE(!json || strcmp(json, line) == 0);
	}
	g_autofree char *text = hc_log_line_format(line, &all, false);
	CU_ASSERT_PTR_NOT_NULL(strstr(
		text, "  deny  clipboard, work to personal, a?, 2.0 KiB: no rule (no-rule)"));
	g_autofree char *failed = hc_log_line_format(
		"{\"service\":\"launch\",\"outcome\":\"fail\",\"rule\":\"r\",\"reason\":\"rule\","
		"\"failure\":\"work: no such program\"}",
		&all, false);
	CU_ASSERT_PTR_NOT_NULL(strstr(failed, ": r (rule): work: no such program"));
	CU_ASSERT_PTR_NULL(hc_log_line_format("{\"time\":", &all, false));
	CU_ASSERT_PTR_NULL(hc_log_line_format("[1]", &all, true));
}

static void test_suggestions(void)
{
	static const char *const names[] = { "vm list", "windows", "top", "quit", NULL };

	CU_ASSERT_STRING_EQUAL(hc_arguments_suggest("windws", names), "windows");
	CU_ASSERT_STRING_EQUAL(hc_arguments_suggest("win", names), "windows");
	CU_ASSERT_STRING_EQUAL(hc_arguments_suggest("qiut", names), "quit");
	CU_ASSERT_PTR_NULL(hc_arguments_suggest("frobnicate", names));
	CU_ASSERT_STRING_EQUAL(hc_arguments_suggest("tpo", names), "top");
	CU_ASSERT_PTR_NULL(hc_arguments_suggest("nix", names));
	CU_ASSERT_PTR_NULL(hc_arguments_suggest("x", names));
}

static void test_table(void)
{
	static const struct hc_column columns[] = {
		{ "NAME", HC_ALIGN_LEFT, hc_cell_text, "name" },
		{ "N", HC_ALIGN_RIGHT, hc_cell_number, "n" },
		{ "TITLE", HC_ALIGN_LEFT, hc_cell_text, "title" },
	};
	g_autoptr(GVariant) rows = g_variant_ref_sink(
		g_variant_new_parsed("[{'name': <'é漢'>, 'n': <7>, 'title': <%s>},"
				     " {'name': <'work'>, 'n': <123>, 'title': <'b'>}]",
			"a\033[31m\n"));
	g_autofree char *lines = hc_table_format(rows, columns, G_N_ELEMENTS(columns));

	CU_ASSERT_STRING_EQUAL(lines, "NAME    N  TITLE\né漢     7  a?[31m?\nwork  123  b\n");
}

static void test_amounts(void)
{
	static const struct {
		double bytes;
		const char *text;
	} amounts[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1536, "1.5 KiB" },
		{ 1048576, "1.0 MiB" },
		{ 5e15, "4547.5 TiB" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(amounts); i++) {
		g_autofree char *text = hc_format_bytes(amounts[i].bytes);

		CU_ASSERT_STRING_EQUAL(text, amounts[i].text);
	}
}

/* Two pixels: opaque red, and white of half opacity. */
static int make_pixels(void)
{
	static const uint8_t pixels[] = { 0, 0, 255, 255, 128, 128, 128, 128 };
	int fd = memfd_create("pixels", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, pixels, sizeof(pixels)) != (ssize_t)sizeof(pixels)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void test_picture(void)
{
	g_autofree char *directory = g_dir_make_tmp("oriel-picture-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(directory, "a.png", NULL);
	png_image image = { .version = PNG_IMAGE_VERSION };
	uint8_t pixels[8] = { 0 };
	int fd = make_pixels();

	CU_ASSERT_TRUE_FATAL(hc_picture_write(path, fd, 2, 1, 8, NULL));
	CU_ASSERT_TRUE_FATAL(png_image_begin_read_from_file(&image, path));
	CU_ASSERT_EQUAL(image.width, 2);
	image.format = PNG_FORMAT_RGBA;
	CU_ASSERT_TRUE(png_image_finish_read(&image, NULL, pixels, 0, NULL));
	CU_ASSERT_EQUAL(
		memcmp(pixels, (const uint8_t[]){ 255, 0, 0, 255, 255, 255, 255, 128 }, 8), 0);
	close(fd);
	g_unlink(path);
	CU_ASSERT_EQUAL(g_rmdir(directory), 0);
}

static void test_picture_fails(void)
{
	g_autofree char *directory = g_dir_make_tmp("oriel-picture-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(directory, "a.png", NULL);
	g_autoptr(GError) error = NULL;
	int fd = make_pixels();

	CU_ASSERT_FALSE(hc_picture_write(path, fd, 2, 100, 8, &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, path));
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "shorter"));
	CU_ASSERT_FALSE(hc_picture_write(path, fd, 3, 1, 8, NULL));
	CU_ASSERT_FALSE(hc_picture_write("/no/such/a.png", fd, 2, 1, 8, NULL));
	close(fd);
	CU_ASSERT_EQUAL(g_rmdir(directory), 0);
}

static void test_progress(void)
{
	static const struct {
		uint64_t bytes;
		uint64_t total;
		int64_t elapsed_ms;
		const char *text;
	} cases[] = {
		{ 0, 1 << 30, 0, "0 B of 1.0 GiB" },
		{ 0, 1 << 30, 500, "0 B of 1.0 GiB" },
		{ 512 << 20, 1 << 30, 2000, "512.0 MiB of 1.0 GiB, 256.0 MiB/s, 2 s left" },
		{ 1 << 20, 100 << 20, 1000, "1.0 MiB of 100.0 MiB, 1.0 MiB/s, 1 min 39 s left" },
		{ 1 << 10, 10 << 20, 1000, "1.0 KiB of 10.0 MiB, 1.0 KiB/s, 2 h 50 min left" },
		{ 10, 5, 1000, "10 B of 5 B" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text =
			hc_progress_format(cases[i].bytes, cases[i].total, cases[i].elapsed_ms);

		CU_ASSERT_STRING_EQUAL(text, cases[i].text);
	}
}

static bool parse_places(const char *line, struct hc_places *places, GError **error)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);

	return hc_places_parse((const char *const *)words, g_strv_length(words), places, error);
}

static void test_places(void)
{
	struct hc_places places = { 0 };

	CU_ASSERT_TRUE_FATAL(parse_places("work:a work:~/b:c personal:", &places, NULL));
	CU_ASSERT_STRING_EQUAL(places.from, "work");
	CU_ASSERT_STRING_EQUAL(places.paths[1], "~/b:c");
	CU_ASSERT_STRING_EQUAL(places.to, "personal");
	CU_ASSERT_STRING_EQUAL(places.directory, "");
	hc_places_clear(&places);
	CU_ASSERT_TRUE_FATAL(parse_places("./a:b /c/../d work:", &places, NULL));
	CU_ASSERT_STRING_EQUAL(places.from, "@primary");
	CU_ASSERT_TRUE(g_path_is_absolute(places.paths[0]));
	CU_ASSERT_TRUE(g_str_has_suffix(places.paths[0], "/a:b"));
	CU_ASSERT_STRING_EQUAL(places.paths[1], "/d");
	hc_places_clear(&places);
	CU_ASSERT_TRUE_FATAL(parse_places("work:/a /tmp/", &places, NULL));
	CU_ASSERT_STRING_EQUAL(places.to, "@primary");
	CU_ASSERT_STRING_EQUAL(places.directory, "/tmp");
	hc_places_clear(&places);
}

static void test_wrong_places(void)
{
	static const struct {
		const char *line;
		const char *reason;
	} cases[] = {
		{ "a b", "one side has to be a VM" },
		{ "work:a b personal:", "from one place" },
		{ "work:a personal:b .", "from one place" },
		{ "work: .", "name what is to be copied" },
		{ "work:a personal:b", "receives into ~/Incoming" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct hc_places places = { 0 };
		g_autoptr(GError) error = NULL;

		CU_ASSERT_FALSE_FATAL(parse_places(cases[i].line, &places, &error));
		CU_ASSERT_PTR_NOT_NULL(strstr(error->message, cases[i].reason));
	}
}

static const struct unit_test tests[] = {
	{ "progress is told with its rate and the time that is left", test_progress },
	{ "places of a copy are VM:PATH, or paths of the primary", test_places },
	{ "places that make no copy are refused", test_wrong_places },
	{ "an option takes the word behind it as its value", test_options_with_values },
	{ "lines of the audit log are chosen by VM and service", test_log_lines },
	{ "after the command of run, options are the command's", test_options_of_run },
	{ "after two dashes all words are the command's", test_dashes },
	{ "wrong lines are refused, with the nearest option", test_wrong_lines },
	{ "help can be asked for among a command's own words", test_help },
	{ "names have to be text, and files' names do not", test_words_that_are_no_text },
	{ "the nearest name is suggested, if it is near", test_suggestions },
	{ "tables are aligned by what terminals show, and guests' texts are harmless", test_table },
	{ "amounts have units", test_amounts },
	{ "a picture is written with its alpha unmultiplied", test_picture },
	{ "a picture that cannot be written leaves nothing", test_picture_fails },
};

UNIT_MAIN("command line", tests)

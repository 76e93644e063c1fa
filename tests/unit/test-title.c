#include "unit.h"

#include <glib.h>

#include <string.h>

#include "safe-text.h"
#include "title.h"

static void check_clean(const char *given, const char *wanted)
{
	char *clean = hc_safe_text(vp_text_from(given, VP_TITLE_MAX));

	CU_ASSERT_STRING_EQUAL(clean, wanted);
	g_free(clean);
}

static void test_ordinary(void)
{
	check_clean("", "");
	check_clean("Grüße – 日本語 ✓", "Grüße – 日本語 ✓");
}

static void test_controls(void)
{
	check_clean("a\nb\tc\x1b[31md\x7f", "a b c [31md ");
	check_clean("a\xe2\x80\xa8"
		    "b\xc2\xa0"
		    "c",
		"a b c");
}

static void test_bidi(void)
{
	check_clean("\xe2\x80\xae[personal] \xe2\x81\xa6x\xe2\x81\xa9", "[personal] x");
	check_clean("\xe2\x80\x8f\xef\xbb\xbf\xe2\x80\x8bx", "x");
}

static void test_joiners(void)
{
	check_clean("\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d", "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d");
}

static void test_label(void)
{
	char *title = hc_title_label("work", "[personal] mail");

	CU_ASSERT_STRING_EQUAL(title, "[work] [personal] mail");
	g_free(title);
	title = hc_title_class("work", "XTerm");
	CU_ASSERT_STRING_EQUAL(title, "work:XTerm");
	g_free(title);
}

static void test_cut(void)
{
	GString *long_text = g_string_new(NULL);

	while (long_text->len < VP_TITLE_MAX)
		g_string_append(long_text, "é");
	char *title = hc_title_label("w", long_text->str);
	CU_ASSERT_EQUAL(strlen(title), VP_TITLE_MAX);
	CU_ASSERT(g_utf8_validate(title, -1, NULL));
	g_free(title);
	title = hc_title_label("wo", long_text->str);
	CU_ASSERT_EQUAL(strlen(title), VP_TITLE_MAX - 1);
	CU_ASSERT(g_utf8_validate(title, -1, NULL));
	g_free(title);
	g_string_free(long_text, TRUE);
}

static const struct unit_test tests[] = {
	{ "an ordinary title stays as it is", test_ordinary },
	{ "control characters and line ends become spaces", test_controls },
	{ "characters that reorder or hide text are dropped", test_bidi },
	{ "joiners that scripts need stay", test_joiners },
	{ "the label stands before the title and the class", test_label },
	{ "a long title is cut at a character", test_cut },
};

UNIT_MAIN("title", tests)

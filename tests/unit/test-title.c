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

static void test_joiners_alone(void)
{
	check_clean("per\xe2\x80\x8dson\xe2\x80\x8c", "person");
	check_clean("\xe2\x80\x8d\xe2\x80\x8dx", "x");
	check_clean("\xe0\xa4\x95\xe2\x80\x8d\xe2\x80\x8d\xe2\x80\x8d", "\xe0\xa4\x95\xe2\x80\x8d");
}

static void test_marks(void)
{
	const char mark[] = "\xcc\x81";
	GString *pile = g_string_new("e");

	check_clean("Vie\xcc\x82\xcc\xa3t", "Vie\xcc\x82\xcc\xa3t");
	for (int i = 0; i < 100; i++)
		g_string_append(pile, mark);
	check_clean(pile->str, "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81");
	g_string_free(pile, TRUE);
	/* Those that would stand on what is not the guest's. */
	check_clean("\xe2\x83\x9dx", "x");
	check_clean("a \xcc\xb6\xcc\xb6", "a ");
}

static void test_invisible(void)
{
	check_clean("a\xe3\x85\xa4\xe1\x85\xa0\xe2\xa0\x80"
		    "b",
		"a   b");
	check_clean("a\xcd\x8f\xe1\x9e\xb4\xef\xbf\xb9\xf3\xa0\x81\xb0\xef\xa0\x80"
		    "b",
		"ab");
}

static void check_labelled(const char *clean, const char *wanted)
{
	char *labelled = hc_safe_labelled("work", clean);

	CU_ASSERT_STRING_EQUAL(labelled, wanted);
	g_free(labelled);
}

static void test_brackets(void)
{
	check_labelled("", "[work]");
	check_labelled("notes [changed] (2)", "[work] notes (changed) (2)");
	check_labelled("［personal］ 【personal】", "[work] (personal) (personal)");
	check_labelled(
		"⟦personal⟧ 〔personal〕 「quote」", "[work] (personal) (personal) 「quote」");
}

static void test_label(void)
{
	char *title = hc_title_label("work", "[personal] mail");

	CU_ASSERT_STRING_EQUAL(title, "[work] (personal) mail");
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
	{ "joiners that join nothing are dropped", test_joiners_alone },
	{ "few marks pile up on a letter, and none on what is no letter", test_marks },
	{ "what looks like nothing is a space, or nothing", test_invisible },
	{ "square brackets, and what looks like them, are the label's alone", test_brackets },
	{ "the label stands before the title and the class", test_label },
	{ "a long title is cut at a character", test_cut },
};

UNIT_MAIN("title", tests)

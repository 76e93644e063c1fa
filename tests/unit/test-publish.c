/*
 * Patterns that say what of a VM the start menu offers.
 */
#include "unit.h"

#include <glib.h>

#include "publish.h"

static bool published(const char *patterns, const char *id)
{
	g_auto(GStrv) parsed = NULL;
	CU_ASSERT_TRUE_FATAL(hv_publish_parse(patterns, &parsed));
	return hv_publish_matches((const char *const *)parsed, id);
}

static void test_patterns(void)
{
	CU_ASSERT_TRUE(published("*", "a.desktop"));
	CU_ASSERT_FALSE(published("", "a.desktop"));
	CU_ASSERT_TRUE(published("a", "a.desktop"));
	CU_ASSERT_TRUE(published("b  a.desktop\t", "a.desktop"));
	CU_ASSERT_FALSE(published("a", "aa.desktop"));
	CU_ASSERT_TRUE(published("org.gnome.*", "org.gnome.Maps.desktop"));
	CU_ASSERT_TRUE(published("org.gnome.????", "org.gnome.Maps.desktop"));
	CU_ASSERT_FALSE(published("org.gnome.???", "org.gnome.Maps.desktop"));
}

static void test_exceptions(void)
{
	CU_ASSERT_FALSE(published("* !xterm", "xterm.desktop"));
	CU_ASSERT_FALSE(published("!xterm *", "xterm.desktop"));
	CU_ASSERT_TRUE(published("!xterm *", "uxterm.desktop"));
	CU_ASSERT_FALSE(published("!xterm", "uxterm.desktop"));
}

static void test_letters(void)
{
	static const char *const wrong[] = { "a/b", "a;b", "!", "a!", "[a]", "\xc3\xa4", "a\nb" };
	char **parsed = NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		CU_ASSERT_FALSE(hv_publish_parse(wrong[i], &parsed));
	CU_ASSERT_PTR_NULL(parsed);
}

static const struct unit_test tests[] = {
	{ "a pattern stands for ids, with .desktop or without", test_patterns },
	{ "an exception counts wherever it stands", test_exceptions },
	{ "other letters than those of ids are not allowed", test_letters },
};

UNIT_MAIN("publish", tests)

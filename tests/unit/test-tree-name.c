#include "tree-name.h"

#include <glib.h>
#include <string.h>

#include "unit.h"

static void test_valid(void)
{
	static const char *const names[] = { "a", ".bashrc", "...", "a b", "Übergröße.txt",
		"\xf0\x9f\x93\x84", "-rf", "a:b", "\\", "%2F", "con" };
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		CU_ASSERT_TRUE(vp_tree_name_valid(names[i], strlen(names[i])));
}

static void test_invalid(void)
{
	static const char *const names[] = { "", ".", "..", "/", "a/b", "../a", "a\nb", "\x1b[2J",
		"a\x7f", "\xff", "\xc0\xaf", "a\xc2\x85", "gpj.\xe2\x80\xaetxt", "\xe2\x81\xa6",
		"\xe2\x80\xa8", "\xed\xa0\x80" };
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		CU_ASSERT_FALSE(vp_tree_name_valid(names[i], strlen(names[i])));
	CU_ASSERT_FALSE(vp_tree_name_valid("a\0b", 3));
}

static void test_length(void)
{
	g_autofree char *longest = g_strnfill(VP_TREE_NAME_MAX, 'n');
	g_autofree char *longer = g_strnfill(VP_TREE_NAME_MAX + 1, 'n');
	char out[VP_TREE_NAME_MAX + 1];
	CU_ASSERT_TRUE(vp_tree_name_valid(longest, VP_TREE_NAME_MAX));
	CU_ASSERT_FALSE(vp_tree_name_valid(longer, VP_TREE_NAME_MAX + 1));
	CU_ASSERT_TRUE(vp_tree_name_escape(longest, out));
	CU_ASSERT_STRING_EQUAL(out, longest);
	CU_ASSERT_FALSE(vp_tree_name_escape(longer, out));
	longest[0] = '\n';
	CU_ASSERT_FALSE(vp_tree_name_escape(longest, out));
}

static void test_escape(void)
{
	static const struct {
		const char *name;
		const char *escaped;
	} cases[] = {
		{ "plain", "plain" },
		{ "a\nb", "a%0Ab" },
		{ "\xff\xfe", "%FF%FE" },
		{ "gpj.\xe2\x80\xaetxt", "gpj.%E2%80%AEtxt" },
		{ "Gr\xc3\xb6\xc3", "Gr\xc3\xb6%C3" },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char out[VP_TREE_NAME_MAX + 1];
		CU_ASSERT_TRUE(vp_tree_name_escape(cases[i].name, out));
		CU_ASSERT_STRING_EQUAL(out, cases[i].escaped);
	}
}

static void test_number(void)
{
	static const struct {
		const char *name;
		bool directory;
		const char *numbered;
	} cases[] = {
		{ "name.txt", false, "name (2).txt" },
		{ "name", false, "name (2)" },
		{ ".bashrc", false, ".bashrc (2)" },
		{ "backup.tar.gz", false, "backup (2).tar.gz" },
		{ ".tar.gz", false, ".tar (2).gz" },
		{ "release-1.2", true, "release-1.2 (2)" },
		{ "a. a long sentence", false, "a. a long sentence (2)" },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char out[VP_TREE_NAME_MAX + 1];
		vp_tree_name_number(cases[i].name, 2, cases[i].directory, out);
		CU_ASSERT_STRING_EQUAL(out, cases[i].numbered);
	}
}

static void test_stems(void)
{
	CU_ASSERT_TRUE(vp_tree_name_stems("note.txt", "note.txt"));
	CU_ASSERT_TRUE(vp_tree_name_stems("note (2).txt", "note.txt"));
	CU_ASSERT_TRUE(vp_tree_name_stems("note (1000).txt", "note.txt"));
	CU_ASSERT_TRUE(vp_tree_name_stems("v1.2 (3)", "v1.2"));
	CU_ASSERT_FALSE(vp_tree_name_stems("note (1).txt", "note.txt"));
	CU_ASSERT_FALSE(vp_tree_name_stems("note (1001).txt", "note.txt"));
	CU_ASSERT_FALSE(vp_tree_name_stems("note (2).html", "note.txt"));
	CU_ASSERT_FALSE(vp_tree_name_stems("another (2).txt", "note.txt"));
}

static void test_number_cuts(void)
{
	GString *name = g_string_new(NULL);
	char out[VP_TREE_NAME_MAX + 1];
	while (name->len < VP_TREE_NAME_MAX - 5)
		g_string_append(name, "ö");
	g_string_append(name, ".txt");
	vp_tree_name_number(name->str, 999, false, out);
	CU_ASSERT_TRUE(vp_tree_name_valid(out, strlen(out)));
	CU_ASSERT_TRUE(g_str_has_suffix(out, "ö (999).txt"));
	g_string_free(name, TRUE);
}

static const struct unit_test tests[] = {
	{ "ordinary names are taken as they are", test_valid },
	{ "what leaves a directory, or misleads who reads it, is no name", test_invalid },
	{ "a name has at most 255 bytes", test_length },
	{ "what is not valid in a name is escaped", test_escape },
	{ "a number goes before the extension", test_number },
	{ "a name is known by what its number has made of it", test_stems },
	{ "a name that is too long for its number is cut at a character", test_number_cuts },
};

UNIT_MAIN("tree names", tests)

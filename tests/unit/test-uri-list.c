#include "uri-list.h"

#include <string.h>

#include <glib.h>

#include "unit.h"

static char **parse(const char *list)
{
	return hc_uri_list_paths(list, strlen(list));
}

static void test_paths(void)
{
	g_auto(GStrv) paths = parse("# copied\r\nfile:///home/me/a%20b\r\nfile://localhost/x\n\n"
				    "file:///caf%C3%A9");

	CU_ASSERT_PTR_NOT_NULL_FATAL(paths);
	CU_ASSERT_EQUAL_FATAL(g_strv_length(paths), 3);
	CU_ASSERT_STRING_EQUAL(paths[0], "/home/me/a b");
	CU_ASSERT_STRING_EQUAL(paths[1], "/x");
	CU_ASSERT_STRING_EQUAL(paths[2], "/café");
}

static void test_refused(void)
{
	static const char *const lists[] = { "", "# nothing\r\n", "https://example.org/",
		"file:///a\nhttps://example.org/", "file://elsewhere/a", "file:a", "/a",
		"file:///a/../../etc/passwd", "file:///a%2fb", "file:///a%00b", "copy\nfile:///a" };

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_auto(GStrv) paths = parse(lists[i]);

		CU_ASSERT_PTR_NULL(paths);
	}
	CU_ASSERT_PTR_NULL(hc_uri_list_paths("file:///a\0b", 11));
}

static void test_bounds(void)
{
	g_autofree char *list = g_strnfill(HC_URI_LIST_MAX + 1, 'a');

	memcpy(list, "file:///", 8);
	CU_ASSERT_PTR_NULL(hc_uri_list_paths(list, HC_URI_LIST_MAX + 1));
	CU_ASSERT_PTR_NULL(hc_uri_list_paths(NULL, 0));
}

static void test_print(void)
{
	static const char *const given[] = { "/home/me/a b", "/x\ny", "/caf\xe9", NULL };
	size_t len;
	g_autofree char *list = hc_uri_list_print(given, &len);
	g_auto(GStrv) paths = hc_uri_list_paths(list, len);

	CU_ASSERT_STRING_EQUAL(
		list, "file:///home/me/a%20b\r\nfile:///x%0Ay\r\nfile:///caf%E9\r\n");
	CU_ASSERT_EQUAL(len, strlen(list));
	CU_ASSERT_PTR_NOT_NULL_FATAL(paths);
	for (size_t i = 0; given[i]; i++)
		CU_ASSERT_STRING_EQUAL(paths[i], given[i]);
}

static const struct unit_test tests[] = {
	{ "a list names paths of this host", test_paths },
	{ "a list with anything else in it is none", test_refused },
	{ "a list is bounded", test_bounds },
	{ "what is printed is read as the same paths", test_print },
};

UNIT_MAIN("lists of URIs", tests)

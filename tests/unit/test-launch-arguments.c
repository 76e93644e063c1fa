#include "launch-arguments.h"

#include <stdint.h>
#include <string.h>

#include <gio/gio.h>

#include "unit.h"

static const char *const words[] = { "--compare", "/home/me/a b", "/tmp/c", NULL };

static void expect_refused(guint32 place)
{
	g_autoptr(GError) error = NULL;
	const guint32 places[] = { 1, place };

	CU_ASSERT_PTR_NULL(hc_launch_arguments_create(words, places, G_N_ELEMENTS(places), &error));
	CU_ASSERT(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT));
}

static void test_places(void)
{
	expect_refused(0); /* no absolute path */
	expect_refused(3);
	expect_refused(UINT32_MAX);
}

static void test_without_files(void)
{
	static const char joined[] = "--compare\0/home/me/a b\0/tmp/c";
	struct hc_launch_arguments *arguments = hc_launch_arguments_create(words, NULL, 0, NULL);
	g_autoptr(GByteArray) bytes = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(arguments);
	CU_ASSERT_PTR_NULL(hc_launch_arguments_files(arguments));
	bytes = hc_launch_arguments_join(arguments);
	CU_ASSERT_EQUAL_FATAL(bytes->len, sizeof(joined));
	CU_ASSERT_EQUAL(memcmp(bytes->data, joined, sizeof(joined)), 0);
	hc_launch_arguments_destroy(arguments);
}

static void test_none(void)
{
	const char *const none[] = { NULL };
	struct hc_launch_arguments *arguments = hc_launch_arguments_create(none, NULL, 0, NULL);
	g_autoptr(GByteArray) bytes = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(arguments);
	bytes = hc_launch_arguments_join(arguments);
	CU_ASSERT_EQUAL(bytes->len, 0);
	hc_launch_arguments_destroy(arguments);
	hc_launch_arguments_destroy(NULL);
}

static void test_copies(void)
{
	static const guint32 places[] = { 2, 1 };
	static const char *const copies[] = { "/vm/c", "/vm/a b", NULL };
	static const char *const expected[] = { "--compare", "/vm/a b", "/vm/c", NULL };
	struct hc_launch_arguments *arguments = hc_launch_arguments_create(words, places, 2, NULL);
	g_autofree const char **files = NULL;
	g_autoptr(GError) error = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(arguments);
	files = hc_launch_arguments_files(arguments);
	CU_ASSERT_PTR_NOT_NULL_FATAL(files);
	CU_ASSERT_STRING_EQUAL(files[0], "/tmp/c");
	CU_ASSERT_STRING_EQUAL(files[1], "/home/me/a b");
	CU_ASSERT_PTR_NULL(files[2]);
	CU_ASSERT(hc_launch_arguments_replace_files(arguments, copies, &error));
	CU_ASSERT_PTR_NULL(error);
	CU_ASSERT(g_strv_equal(hc_launch_arguments_words(arguments), expected));
	hc_launch_arguments_destroy(arguments);
}

static void test_incomplete(void)
{
	static const guint32 places[] = { 1, 2 };
	static const char *const copies[] = { "/vm/a b", NULL };
	struct hc_launch_arguments *arguments = hc_launch_arguments_create(words, places, 2, NULL);
	g_autoptr(GError) error = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(arguments);
	CU_ASSERT_FALSE(hc_launch_arguments_replace_files(arguments, copies, &error));
	CU_ASSERT(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_FAILED));
	CU_ASSERT(g_strv_equal(hc_launch_arguments_words(arguments), words));
	hc_launch_arguments_destroy(arguments);
}

static const struct unit_test tests[] = {
	{ "a file among the arguments has a place there and an absolute path", test_places },
	{ "arguments are joined, each ended by NUL", test_without_files },
	{ "a launch may have no arguments", test_none },
	{ "the copies of files take their places in their order", test_copies },
	{ "files of which not all were copied are not launched with", test_incomplete },
};

UNIT_MAIN("arguments of a launch", tests)

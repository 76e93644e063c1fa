/*
 * The policy's files: which are read, in which order, and what becomes of wrong ones.
 */
#include "unit.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "policy-files.h"
#include "unit-files.h"

static char *top;
static char *directories[HV_POLICY_LAYER_COUNT + 1];

static void set_up(void)
{
	top = g_dir_make_tmp("oriel-policy-XXXXXX", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(top);
	directories[HV_POLICY_SYSTEM] = g_build_filename(top, "system", NULL);
	directories[HV_POLICY_USER] = g_build_filename(top, "user", NULL);
}

static void tear_down(void)
{
	unit_remove_tree(top);
	g_free(directories[HV_POLICY_SYSTEM]);
	g_free(directories[HV_POLICY_USER]);
	g_free(top);
}

/* path is relative to top. */
static void write_file(const char *path, const char *text)
{
	g_autofree char *full = g_build_filename(top, path, NULL);
	unit_write_file(full, text);
}

static struct hv_policy_files load(void)
{
	struct hv_policy_files files;
	hv_policy_files_load((const char *const *)directories, &files);
	return files;
}

static struct hv_policy_decision launch(const struct hv_policy_files *files, const char *vm)
{
	struct hv_policy_request request = { .service = HV_POLICY_LAUNCH, .to = { vm, 0 } };
	struct hv_policy_decision decision;
	CU_ASSERT_PTR_NOT_NULL_FATAL(files->policy);
	hv_policy_decide(files->policy, &request, &decision);
	return decision;
}

static void expect_problem(const struct hv_policy_files *files, const char *file, const char *rest)
{
	g_autofree char *expected = g_strconcat(top, "/", file, rest, NULL);
	CU_ASSERT_PTR_NULL(files->policy);
	CU_ASSERT_FATAL(files->problems->len > 0);
	g_autofree char *got = hv_policy_problem_print(g_ptr_array_index(files->problems, 0));
	if (!g_str_has_prefix(got, expected))
		printf("\n  got      %s\n  expected %s\n", got, expected);
	CU_ASSERT_TRUE(g_str_has_prefix(got, expected));
}

static void test_no_files(void)
{
	set_up();
	struct hv_policy_files files = load();
	CU_ASSERT_EQUAL(files.problems->len, 0);
	CU_ASSERT_EQUAL(launch(&files, "work").action, HV_POLICY_ALLOW);
	hv_policy_files_clear(&files);
	tear_down();
}

static void test_system_file_replaces_built_in(void)
{
	set_up();
	write_file("system/10-none.policy", "# nothing\n");
	struct hv_policy_files files = load();
	CU_ASSERT_EQUAL(launch(&files, "work").action, HV_POLICY_DENY);
	hv_policy_files_clear(&files);
	tear_down();
}

static void test_user_file_tightens_built_in(void)
{
	set_up();
	write_file("user/mine.policy", "launch @primary work deny\n");
	struct hv_policy_files files = load();
	CU_ASSERT_EQUAL(launch(&files, "work").action, HV_POLICY_DENY);
	CU_ASSERT_EQUAL(launch(&files, "other").action, HV_POLICY_ALLOW);
	hv_policy_files_clear(&files);
	tear_down();
}

static void test_order(void)
{
	set_up();
	write_file("system/20-b.policy", "launch @primary work allow\n");
	write_file("system/10-a.policy", "launch @primary work deny\n");
	write_file("system/.hidden.policy", "wrong\n");
	write_file("system/10-a.policy~", "wrong\n");
	struct hv_policy_files files = load();
	struct hv_policy_decision decision = launch(&files, "work");
	CU_ASSERT_EQUAL(decision.action, HV_POLICY_DENY);
	CU_ASSERT_TRUE(g_str_has_suffix(decision.rule->file, "/system/10-a.policy"));
	hv_policy_files_clear(&files);
	tear_down();
}

static void test_names_of_any_bytes(void)
{
	set_up();
	write_file("user/m\xffne.policy", "launch @primary work deny\n");
	struct hv_policy_files files = load();
	CU_ASSERT_PTR_NULL(files.policy);
	CU_ASSERT_EQUAL_FATAL(files.problems->len, 1);
	g_autofree char *line = hv_policy_problem_print(g_ptr_array_index(files.problems, 0));
	CU_ASSERT_TRUE(g_utf8_validate(line, -1, NULL));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "is no UTF-8; rename it"));
	hv_policy_files_clear(&files);
	tear_down();
}

static void test_include(void)
{
	set_up();
	write_file("system/a.policy", "include ../shared/common\nlaunch @primary @any allow\n");
	write_file("shared/common", "launch @primary work deny\n");
	struct hv_policy_files files = load();
	CU_ASSERT_EQUAL(launch(&files, "work").action, HV_POLICY_DENY);
	CU_ASSERT_EQUAL(launch(&files, "other").action, HV_POLICY_ALLOW);
	CU_ASSERT_EQUAL(files.included->len, 1);
	g_autofree char *common = g_build_filename(top, "shared", "common", NULL);
	CU_ASSERT_STRING_EQUAL(g_ptr_array_index(files.included, 0), common);
	hv_policy_files_clear(&files);
	tear_down();
}

static void test_included_user_file_is_the_users(void)
{
	set_up();
	write_file("user/a.policy", "include more\n");
	write_file("user/more", "launch @primary @any deny user=allow\n");
	struct hv_policy_files files = load();
	expect_problem(&files, "user/more", ":1:32: user= is for the administrator's files");
	hv_policy_files_clear(&files);
	tear_down();
}

static void test_wrong_files(void)
{
	set_up();
	write_file("system/good.policy", "launch @primary @any allow\n");
	write_file("user/wrong.policy", "launch @primary @any\n");
	struct hv_policy_files files = load();
	expect_problem(&files, "user/wrong.policy", ":1:1: a rule is SERVICE FROM TO ACTION");
	hv_policy_files_clear(&files);
	tear_down();
}

static void test_missing_include(void)
{
	set_up();
	write_file("system/a.policy", "include gone\n");
	struct hv_policy_files files = load();
	expect_problem(&files, "system/a.policy",
		":1:9: \"gone\" cannot be included: No such file or directory");
	hv_policy_files_clear(&files);
	tear_down();
}

static void test_circle_and_bomb(void)
{
	set_up();
	write_file("system/a.policy", "include a.policy\n");
	struct hv_policy_files files = load();
	expect_problem(&files, "system/a.policy", ":1:9: \"a.policy\" is not included: files may");
	hv_policy_files_clear(&files);
	GString *bomb = g_string_new(NULL);
	for (int i = 0; i < HV_POLICY_FILES_MAX; i++)
		g_string_append(bomb, "include a.policy\n");
	write_file("system/a.policy", bomb->str);
	g_string_free(bomb, TRUE);
	files = load();
	CU_ASSERT_PTR_NULL(files.policy);
	hv_policy_files_clear(&files);
	tear_down();
}

static void test_unreadable(void)
{
	set_up();
	write_file("system/a.policy", "launch @primary @any allow\n");
	g_autofree char *directory = g_build_filename(top, "user", "b.policy", NULL);
	g_autofree char *pipe = g_build_filename(top, "user", "c.policy", NULL);
	g_mkdir_with_parents(directory, 0700);
	CU_ASSERT_EQUAL(mkfifo(pipe, 0600), 0);
	struct hv_policy_files files = load();
	expect_problem(&files, "user/b.policy", ": cannot be read: it is not a regular file");
	CU_ASSERT_EQUAL(files.problems->len, 2);
	hv_policy_files_clear(&files);
	tear_down();
}

static void test_long_file(void)
{
	set_up();
	char *text = g_strnfill(HV_POLICY_FILE_SIZE_MAX + 1, '#');
	write_file("system/a.policy", text);
	g_free(text);
	struct hv_policy_files files = load();
	expect_problem(
		&files, "system/a.policy", ": cannot be read: it has more than 1048576 bytes");
	hv_policy_files_clear(&files);
	tear_down();
}

static void test_paths(void)
{
	set_up();
	write_file("new.policy", "launch @primary @any deny user=allow\n");
	write_file("user/a.policy", "launch @primary @any allow\n");
	g_autofree char *first = g_build_filename(top, "new.policy", NULL);
	g_autofree char *second = g_build_filename(top, "user", "a.policy", NULL);
	const char *const paths[] = { first, second, NULL };
	struct hv_policy_files files;
	hv_policy_files_load_paths((const char *const *)directories, paths, &files);
	CU_ASSERT_EQUAL(launch(&files, "work").action, HV_POLICY_ALLOW);
	CU_ASSERT_EQUAL(hv_policy_rules(files.policy, HV_POLICY_USER)->len, 1);
	hv_policy_files_clear(&files);
	tear_down();
}

static const struct unit_test tests[] = {
	{ "without files the built-in policy lets users launch", test_no_files },
	{ "a file of the administrator replaces the built-in policy",
		test_system_file_replaces_built_in },
	{ "a file of the user makes the built-in policy stricter",
		test_user_file_tightens_built_in },
	{ "files are read in the order of their names, and others are not", test_order },
	{ "a file whose name is no text is wrong", test_names_of_any_bytes },
	{ "an included file is found beside the file that includes it", test_include },
	{ "what a user's file includes is bound as that file is",
		test_included_user_file_is_the_users },
	{ "a wrong file leaves no policy", test_wrong_files },
	{ "a missing included file is an error of its line", test_missing_include },
	{ "circles and floods of includes come to an end", test_circle_and_bomb },
	{ "directories and pipes are not read", test_unreadable },
	{ "a file that is too long is not read", test_long_file },
	{ "given files are read alone, and the user's as the user's", test_paths },
};

UNIT_MAIN("policy files", tests)

/*
 * The guard: the policy in force as its files come, change and go, and the audit log.
 */
#include "unit.h"

#include <string.h>
#include <sys/stat.h>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "audit.h"
#include "guard.h"

static char *top;
static char *directories[HV_POLICY_LAYER_COUNT + 1];
static char *log_path;
static struct hc_guard *guard;
static char *denial; /* of the last request, NULL if it was allowed */

static void set_up(void)
{
	top = g_dir_make_tmp("oriel-guard-XXXXXX", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(top);
	directories[HV_POLICY_SYSTEM] = g_build_filename(top, "etc", "policy.d", NULL);
	directories[HV_POLICY_USER] = g_build_filename(top, "config", "oriel", "policy.d", NULL);
	log_path = g_build_filename(top, "state", "audit.jsonl", NULL);
}

static void create_guard(void)
{
	guard = hc_guard_create((const char *const *)directories, log_path);
}

static void tear_down(void)
{
	char *arguments[] = { "rm", "-rf", top, NULL };
	hc_guard_destroy(guard);
	guard = NULL;
	g_clear_pointer(&denial, g_free);
	g_spawn_sync(
		NULL, arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
	g_free(directories[HV_POLICY_SYSTEM]);
	g_free(directories[HV_POLICY_USER]);
	g_free(log_path);
	g_free(top);
}

static void write_file(enum hv_policy_layer layer, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(directories[layer], name, NULL);
	g_mkdir_with_parents(directories[layer], 0700);
	CU_ASSERT_TRUE(g_file_set_contents(path, text, -1, NULL));
}

static const struct hv_policy_request launch = {
	.service = HV_POLICY_LAUNCH,
	.to = { "work", 0x3465a4 },
};

static bool allowed(void)
{
	struct hv_policy_decision decision;
	hc_guard_decide(guard, &launch, &decision);
	return decision.action == HV_POLICY_ALLOW;
}

static gboolean give_up(gpointer data)
{
	bool *late = data;
	*late = true;
	return G_SOURCE_REMOVE;
}

/* Lets events come until the policy says so. */
static void wait_for(bool wanted)
{
	enum { PATIENCE_SECONDS = 20 };
	bool late = false;
	guint timer = g_timeout_add_seconds(PATIENCE_SECONDS, give_up, &late);
	while (allowed() != wanted && !late)
		g_main_context_iteration(NULL, TRUE);
	CU_ASSERT_FALSE(late);
	if (!late)
		g_source_remove(timer);
}

static void test_files_that_come(void)
{
	set_up();
	create_guard();
	CU_ASSERT_TRUE(allowed());
	write_file(HV_POLICY_USER, "a.policy", "launch @primary work deny\n");
	wait_for(false);
	write_file(HV_POLICY_USER, "a.policy", "launch @primary other deny\n");
	wait_for(true);
	write_file(HV_POLICY_SYSTEM, "a.policy", "# nothing\n");
	wait_for(false);
	tear_down();
}

static void test_files_that_go(void)
{
	set_up();
	write_file(HV_POLICY_USER, "a.policy", "launch @primary work deny\n");
	create_guard();
	CU_ASSERT_FALSE(allowed());
	g_autofree char *path = g_build_filename(directories[HV_POLICY_USER], "a.policy", NULL);
	g_unlink(path);
	wait_for(true);
	write_file(HV_POLICY_USER, "a.policy", "launch @primary work deny\n");
	wait_for(false);
	g_autofree char *moved = g_build_filename(top, "moved", NULL);
	g_rename(directories[HV_POLICY_USER], moved);
	wait_for(true);
	g_rename(moved, directories[HV_POLICY_USER]);
	wait_for(false);
	tear_down();
}

static void test_included_files(void)
{
	set_up();
	g_autofree char *path = g_build_filename(top, "common", NULL);
	g_file_set_contents(path, "launch @primary work deny\n", -1, NULL);
	write_file(HV_POLICY_USER, "a.policy", "include ../../../common\n");
	create_guard();
	CU_ASSERT_FALSE(allowed());
	g_file_set_contents(path, "# nothing\n", -1, NULL);
	wait_for(true);
	tear_down();
}

static void test_broken_file(void)
{
	set_up();
	write_file(HV_POLICY_USER, "a.policy", "launch @primary work deny\n");
	create_guard();
	write_file(HV_POLICY_USER, "a.policy", "launch @primary\n");
	const GPtrArray *errors = hc_guard_reload(guard);
	CU_ASSERT_EQUAL_FATAL(errors->len, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(g_ptr_array_index(errors, 0), "a.policy:1:1: a rule is"));
	CU_ASSERT_FALSE(allowed());
	write_file(HV_POLICY_USER, "a.policy", "");
	CU_ASSERT_EQUAL(hc_guard_reload(guard)->len, 0);
	CU_ASSERT_TRUE(allowed());
	tear_down();
}

static void handle_decided(
	void *data, uint32_t id, const struct hv_policy_decision *decision, const GError *error)
{
	(void)data;
	CU_ASSERT_EQUAL(!decision, error != NULL);
	g_free(denial);
	denial = g_strdup(error ? error->message : NULL);
	if (decision)
		hc_guard_finish(guard, id, &(struct hc_guard_outcome){ 0 });
}

/* It is decided at once. */
static bool pass(const struct hv_policy_request *request)
{
	CU_ASSERT_EQUAL(hc_guard_request(guard, 0, request, NULL, handle_decided, NULL), 0);
	return !denial;
}

static void test_broken_from_the_start(void)
{
	set_up();
	write_file(HV_POLICY_USER, "a.policy", "launch @primary\n");
	create_guard();
	CU_ASSERT_FALSE_FATAL(pass(&launch));
	CU_ASSERT_PTR_NOT_NULL(strstr(denial, "the policy's files are wrong"));
	tear_down();
}

/* The log's lines; freed with g_strfreev(). The last one is empty. */
static char **read_log(const char *suffix)
{
	g_autofree char *path = g_strconcat(log_path, suffix, NULL);
	g_autofree char *text = NULL;
	CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &text, NULL, NULL));
	return g_strsplit(text, "\n", -1);
}

static void expect_member(JsonObject *object, const char *name, const char *value)
{
	CU_ASSERT_STRING_EQUAL(json_object_get_string_member(object, name), value);
}

static void test_audit(void)
{
	set_up();
	write_file(HV_POLICY_USER, "a.policy", "launch @primary work deny\n");
	create_guard();
	struct hv_policy_request other = { .service = HV_POLICY_LAUNCH, .to = { "other", 0 } };
	CU_ASSERT_FALSE_FATAL(pass(&launch));
	CU_ASSERT_PTR_NOT_NULL(strstr(denial, "a.policy:1: launch @primary work deny"));
	CU_ASSERT_TRUE(pass(&other));
	g_auto(GStrv) lines = read_log("");
	CU_ASSERT_EQUAL_FATAL(g_strv_length(lines), 3);
	CU_ASSERT_STRING_EQUAL(lines[2], "");
	g_autoptr(JsonNode) node = json_from_string(lines[0], NULL);
	JsonObject *object = json_node_get_object(node);
	expect_member(object, "service", "launch");
	expect_member(object, "from", "@primary");
	expect_member(object, "to", "work");
	expect_member(object, "outcome", "deny");
	expect_member(object, "reason", "rule");
	CU_ASSERT_TRUE(json_object_get_null_member(object, "type"));
	CU_ASSERT_TRUE(json_object_get_null_member(object, "size"));
	CU_ASSERT_TRUE(json_object_get_null_member(object, "answer"));
	CU_ASSERT_TRUE(json_object_get_null_member(object, "sha256"));
	CU_ASSERT_TRUE(g_str_has_suffix(json_object_get_string_member(object, "rule"),
		"a.policy:1: launch @primary work deny"));
	struct stat file;
	CU_ASSERT_EQUAL(stat(log_path, &file), 0);
	CU_ASSERT_EQUAL(file.st_mode & 0777, 0600);
	tear_down();
}

static void test_time_and_rotation(void)
{
	enum { LINE_BYTES_MIN = 100 };
	set_up();
	struct hc_audit *audit = hc_audit_create(log_path);
	struct hv_policy_request request = { HV_POLICY_CLIPBOARD, { "work", 0 }, { "b", 0 },
		"text/\"plain\n", 0 };
	struct hc_audit_entry entry = {
		.request = &request, .bytes = 12345, .reason = HV_POLICY_REASON_NO_RULE
	};
	int count = HC_AUDIT_SIZE_MAX / LINE_BYTES_MIN * (HC_AUDIT_FILES_MAX + 1);
	for (int i = 0; i < count; i++)
		hc_audit_write(audit, INT64_C(1700000000123456), &entry);
	hc_audit_destroy(audit);
	g_auto(GStrv) lines = read_log(".4");
	CU_ASSERT_PTR_NOT_NULL(strstr(lines[0], "\"time\":\"2023-11-14T22:13:20.123456Z\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(lines[0], "\"type\":\"text/\\\"plain\\n\",\"size\":12345"));
	g_autofree char *fifth = g_strconcat(log_path, ".5", NULL);
	g_autofree char *first = g_strconcat(log_path, ".1", NULL);
	struct stat file;
	CU_ASSERT_EQUAL(stat(first, &file), 0);
	CU_ASSERT_TRUE(file.st_size <= HC_AUDIT_SIZE_MAX);
	CU_ASSERT_FALSE(g_file_test(fifth, G_FILE_TEST_EXISTS));
	tear_down();
}

static const struct unit_test tests[] = {
	{ "files count as soon as they come, in directories that are yet to be made, too",
		test_files_that_come },
	{ "files and directories that go count no longer", test_files_that_go },
	{ "an included file is followed", test_included_files },
	{ "a broken file leaves the last good policy in force", test_broken_file },
	{ "a file that is broken from the start denies all", test_broken_from_the_start },
	{ "each decision is a line of the audit log", test_audit },
	{ "a full audit log is put aside, and the oldest goes", test_time_and_rotation },
};

UNIT_MAIN("guard", tests)

/*
 * The guard asks the user: a fake desk shows the questions and answers them.
 */
#include "unit.h"

#include <string.h>

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "guard.h"

enum { START = 1000000, REQUESTS = 32 };

/* What it has been asked. */
struct fake_desk {
	struct hc_asker base;
	bool absent;
	guint shown; /* questions so far */
	guint withdrawn;
	uint32_t id; /* of the one that is shown, 0 none */
	enum hv_policy_service service;
	char preview[64];
};

/* What has been told about a request. */
struct told {
	guint times;
	bool allowed;
	uint64_t max;
	char *denial;
};

static struct fake_desk desk;
static struct told told[REQUESTS];
static char *top;
static char *policy_path;
static char *log_path;
static struct hc_guard *guard;
static int64_t now;

static bool fake_ask(
	struct hc_asker *asker, int64_t at, const struct hc_question *question, int64_t left_ms)
{
	struct fake_desk *self = (struct fake_desk *)asker;
	CU_ASSERT_TRUE(at >= START);
	CU_ASSERT_EQUAL(left_ms, HC_QUESTION_SHOWN_MS);
	CU_ASSERT_EQUAL(self->id, 0);
	if (self->absent)
		return false;
	self->shown++;
	self->id = question->id;
	self->service = question->request.service;
	g_strlcpy(self->preview, question->preview ? question->preview : "", sizeof(self->preview));
	return true;
}

static void fake_withdraw(struct hc_asker *asker, uint32_t id)
{
	struct fake_desk *self = (struct fake_desk *)asker;
	CU_ASSERT_EQUAL(self->id, id);
	self->id = 0;
	self->withdrawn++;
}

static void set_policy(const char *text)
{
	CU_ASSERT_TRUE(g_file_set_contents(policy_path, text, -1, NULL));
	CU_ASSERT_EQUAL(hc_guard_reload(guard)->len, 0);
}

static void set_up(const char *policy)
{
	static const struct hc_asker_impl impl = { .ask = fake_ask, .withdraw = fake_withdraw };
	top = g_dir_make_tmp("oriel-guard-XXXXXX", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(top);
	policy_path = g_build_filename(top, "a.policy", NULL);
	log_path = g_build_filename(top, "audit.jsonl", NULL);
	const char *directories[HV_POLICY_LAYER_COUNT + 1] = { top, "/nonexistent", NULL };
	guard = hc_guard_create(directories, log_path);
	desk = (struct fake_desk){ .base.impl = &impl };
	memset(told, 0, sizeof(told));
	now = START;
	hc_guard_set_asker(guard, &desk.base);
	set_policy(policy);
}

static void tear_down(void)
{
	char *arguments[] = { "rm", "-rf", top, NULL };
	hc_guard_destroy(guard);
	g_spawn_sync(
		NULL, arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(told); i++)
		g_free(told[i].denial);
	g_free(policy_path);
	g_free(log_path);
	g_free(top);
}

static void handle_decided(
	void *data, uint32_t id, const struct hv_policy_decision *decision, const GError *error)
{
	struct told *one = data;
	static const struct hc_guard_outcome outcome = { .bytes = 5, .sha256 = "abcdef" };
	one->times++;
	one->allowed = decision != NULL;
	one->max = decision ? decision->max : 0;
	g_free(one->denial);
	one->denial = g_strdup(error ? error->message : NULL);
	if (decision) {
		uint32_t second = hc_guard_second(guard, id);
		hc_guard_finish(guard, id, &outcome);
		hc_guard_finish(guard, second, &outcome);
	}
}

static struct hv_policy_request clipboard(const char *from, const char *to)
{
	return (struct hv_policy_request){ HV_POLICY_CLIPBOARD, { from, 0 }, { to, 0 },
		"text/plain", 0 };
}

static uint32_t request_as(guint index, const struct hv_policy_request *request)
{
	return hc_guard_request(guard, now, request, "secret", handle_decided, &told[index]);
}

static uint32_t request(guint index, const char *from, const char *to)
{
	struct hv_policy_request wanted = clipboard(from, to);
	return request_as(index, &wanted);
}

static void answer(enum hc_reply reply)
{
	uint32_t id = desk.id;
	desk.id = 0;
	hc_guard_answer(guard, now, id, reply);
}

/* A member of the last line of the audit log, "" for null; valid until the next call. */
static const char *noted(const char *name)
{
	static char value[256];
	g_autofree char *text = NULL;
	CU_ASSERT_TRUE_FATAL(g_file_get_contents(log_path, &text, NULL, NULL));
	char *start = strrchr(g_strchomp(text), '\n');
	g_autoptr(JsonNode) node = json_from_string(start ? start + 1 : text, NULL);
	g_strlcpy(value,
		json_object_get_string_member_with_default(json_node_get_object(node), name, ""),
		sizeof(value));
	return value;
}

static guint noted_lines(void)
{
	g_autofree char *text = NULL;
	guint lines = 0;
	if (g_file_get_contents(log_path, &text, NULL, NULL))
		for (const char *p = text; (p = strchr(p, '\n')); p++)
			lines++;
	return lines;
}

static void test_allow_once(void)
{
	set_up("clipboard work personal ask max=1K\n");
	CU_ASSERT_NOT_EQUAL(request(0, "work", "personal"), 0);
	CU_ASSERT_EQUAL(desk.shown, 1);
	CU_ASSERT_EQUAL(desk.service, HV_POLICY_CLIPBOARD);
	CU_ASSERT_STRING_EQUAL(desk.preview, "secret");
	CU_ASSERT_EQUAL(told[0].times, 0);
	CU_ASSERT_EQUAL(noted_lines(), 0);
	answer(HC_REPLY_ALLOW_ONCE);
	CU_ASSERT_TRUE(told[0].allowed);
	CU_ASSERT_EQUAL(told[0].max, 1024);
	CU_ASSERT_STRING_EQUAL(noted("answer"), "allow-once");
	CU_ASSERT_STRING_EQUAL(noted("outcome"), "allow");
	CU_ASSERT_STRING_EQUAL(noted("sha256"), "abcdef");
	CU_ASSERT_EQUAL(noted_lines(), 1);
	CU_ASSERT_NOT_EQUAL(request(1, "work", "personal"), 0);
	CU_ASSERT_EQUAL(desk.shown, 2);
	tear_down();
}

static void test_deny(void)
{
	set_up("clipboard work personal ask\n");
	request(0, "work", "personal");
	answer(HC_REPLY_DENY);
	CU_ASSERT_EQUAL(told[0].times, 1);
	CU_ASSERT_FALSE(told[0].allowed);
	CU_ASSERT_PTR_NOT_NULL(strstr(told[0].denial,
		"clipboard from work to personal: you have denied it; the rule is "));
	CU_ASSERT_STRING_EQUAL(noted("answer"), "deny");
	CU_ASSERT_STRING_EQUAL(noted("outcome"), "deny");
	CU_ASSERT_STRING_EQUAL(noted("sha256"), "");
	tear_down();
}

static void test_denied_just_now(void)
{
	set_up("clipboard work personal ask\n");
	request(0, "work", "personal");
	answer(HC_REPLY_DENY);
	struct hv_policy_request html = clipboard("work", "personal");
	html.type = "text/html";
	CU_ASSERT_EQUAL(request_as(1, &html), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(told[1].denial, "it has been denied just now"));
	now += HC_QUESTION_DENIED_MS;
	CU_ASSERT_NOT_EQUAL(request_as(2, &html), 0);
	tear_down();
}

static void test_allow_for_ten_minutes(void)
{
	set_up("clipboard work personal ask\nclipboard personal work ask\n");
	request(0, "work", "personal");
	answer(HC_REPLY_ALLOW_A_WHILE);
	now += HC_QUESTION_ALLOWED_MS - 1;
	CU_ASSERT_EQUAL(request(1, "work", "personal"), 0);
	CU_ASSERT_TRUE(told[1].allowed);
	CU_ASSERT_STRING_EQUAL(noted("answer"), "allowed-before");
	struct hv_policy_request other = clipboard("work", "personal");
	other.type = "image/png";
	CU_ASSERT_NOT_EQUAL(request_as(2, &other), 0);
	answer(HC_REPLY_ALLOW_ONCE);
	CU_ASSERT_NOT_EQUAL(request(3, "personal", "work"), 0);
	answer(HC_REPLY_ALLOW_ONCE);
	now++;
	CU_ASSERT_NOT_EQUAL(request(4, "work", "personal"), 0);
	tear_down();
}

static void test_reload_revokes(void)
{
	set_up("clipboard work personal ask\n");
	request(0, "work", "personal");
	answer(HC_REPLY_ALLOW_A_WHILE);
	set_policy("clipboard work personal ask\n");
	CU_ASSERT_NOT_EQUAL(request(1, "work", "personal"), 0);
	tear_down();
}

static void test_policy_changes_meanwhile(void)
{
	set_up("clipboard work personal ask\n");
	request(0, "work", "personal");
	set_policy("clipboard work personal deny\n");
	answer(HC_REPLY_ALLOW_ONCE);
	CU_ASSERT_FALSE(told[0].allowed);
	CU_ASSERT_PTR_NOT_NULL(strstr(told[0].denial, "clipboard work personal deny"));
	tear_down();
}

static void test_time_out(void)
{
	set_up("clipboard work personal ask\n");
	CU_ASSERT_EQUAL(hc_guard_deadline(guard), -1);
	request(0, "work", "personal");
	CU_ASSERT_EQUAL(hc_guard_deadline(guard), START + HC_QUESTION_SHOWN_MS);
	hc_guard_expire(guard, hc_guard_deadline(guard) - 1);
	CU_ASSERT_EQUAL(told[0].times, 0);
	uint32_t id = desk.id;
	hc_guard_expire(guard, hc_guard_deadline(guard));
	CU_ASSERT_EQUAL(told[0].times, 1);
	CU_ASSERT_FALSE(told[0].allowed);
	CU_ASSERT_EQUAL(desk.withdrawn, 1);
	CU_ASSERT_STRING_EQUAL(noted("answer"), "time-out");
	hc_guard_answer(guard, now, id, HC_REPLY_ALLOW_ONCE);
	CU_ASSERT_EQUAL(told[0].times, 1);
	CU_ASSERT_EQUAL(hc_guard_deadline(guard), -1);
	tear_down();
}

static void test_one_at_a_time(void)
{
	set_up("clipboard @any @any ask\n");
	request(0, "work", "personal");
	uint32_t second = request(1, "personal", "work");
	CU_ASSERT_EQUAL(desk.shown, 1);
	hc_guard_answer(guard, now, second, HC_REPLY_ALLOW_ONCE);
	CU_ASSERT_EQUAL(told[1].times, 0);
	answer(HC_REPLY_ALLOW_ONCE);
	CU_ASSERT_EQUAL(desk.shown, 2);
	CU_ASSERT_EQUAL(desk.id, second);
	answer(HC_REPLY_DENY);
	CU_ASSERT_TRUE(told[0].allowed);
	CU_ASSERT_EQUAL(told[1].times, 1);
	CU_ASSERT_FALSE(told[1].allowed);
	tear_down();
}

static void test_flood(void)
{
	set_up("clipboard @any @any ask\n");
	request(0, "work", "personal");
	for (guint i = 1; i < REQUESTS; i++) {
		struct hv_policy_request one = clipboard("work", "personal");
		g_autofree char *type = g_strdup_printf("text/x-%u", i);
		one.type = type;
		CU_ASSERT_EQUAL(request_as(i, &one), 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(told[i].denial, "other questions wait"));
	}
	CU_ASSERT_EQUAL(desk.shown, 1);
	CU_ASSERT_STRING_EQUAL(noted("answer"), "busy");
	tear_down();
}

static void test_bound(void)
{
	set_up("clipboard @any @any ask\n");
	for (guint i = 0; i <= HC_QUESTIONS_MAX; i++) {
		g_autofree char *name = g_strdup_printf("vm%u", i);
		CU_ASSERT_EQUAL(request(i, name, "personal") == 0, i == HC_QUESTIONS_MAX);
	}
	CU_ASSERT_EQUAL(told[HC_QUESTIONS_MAX].times, 1);
	tear_down();
}

/* Whom it asks to give something to is its choice. */
static void test_bound_of_one(void)
{
	set_up("clipboard @any @any ask\n");
	for (guint i = 0; i <= HC_QUESTIONS_OF_VM_MAX; i++) {
		g_autofree char *name = g_strdup_printf("vm%u", i);
		CU_ASSERT_EQUAL(request(i, "work", name) == 0, i == HC_QUESTIONS_OF_VM_MAX);
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(told[HC_QUESTIONS_OF_VM_MAX].denial);
	CU_ASSERT_PTR_NOT_NULL(strstr(told[HC_QUESTIONS_OF_VM_MAX].denial, "other questions wait"));
	CU_ASSERT_NOT_EQUAL(request(REQUESTS - 1, "personal", "work"), 0);
	tear_down();
}

static void test_withdraw(void)
{
	set_up("clipboard @any @any ask\n");
	uint32_t first = request(0, "work", "personal");
	uint32_t second = request(1, "personal", "work");
	request(2, "vault", "work");
	hc_guard_withdraw(guard, now, second);
	CU_ASSERT_EQUAL(desk.withdrawn, 0);
	hc_guard_withdraw(guard, now, first);
	CU_ASSERT_EQUAL(desk.withdrawn, 1);
	CU_ASSERT_STRING_EQUAL(noted("answer"), "withdrawn");
	CU_ASSERT_EQUAL(desk.shown, 2);
	answer(HC_REPLY_ALLOW_ONCE);
	CU_ASSERT_TRUE(told[2].allowed);
	CU_ASSERT_EQUAL(told[0].times + told[1].times, 0);
	hc_guard_withdraw(guard, now, first);
	hc_guard_finish(guard, first, &(struct hc_guard_outcome){ 0 });
	CU_ASSERT_EQUAL(noted_lines(), 3);
	tear_down();
}

static void test_nobody(void)
{
	set_up("clipboard @any @any ask\n");
	desk.absent = true;
	CU_ASSERT_EQUAL(request(0, "work", "personal"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(told[0].denial, "there is no desktop to ask on"));
	hc_guard_set_asker(guard, NULL);
	CU_ASSERT_EQUAL(request(1, "work", "personal"), 0);
	CU_ASSERT_EQUAL(told[1].times, 1);
	CU_ASSERT_EQUAL(hc_guard_deadline(guard), -1);
	tear_down();
}

static void test_lost_desk(void)
{
	set_up("clipboard @any @any ask\n");
	request(0, "work", "personal");
	request(1, "personal", "work");
	desk.absent = true;
	desk.id = 0;
	hc_guard_lose_asker(guard);
	for (guint i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(told[i].times, 1);
		CU_ASSERT_FALSE(told[i].allowed);
	}
	CU_ASSERT_STRING_EQUAL(noted("answer"), "nobody");
	desk.absent = false;
	CU_ASSERT_NOT_EQUAL(request(2, "work", "personal"), 0);
	tear_down();
}

static void test_launches(void)
{
	set_up("launch @primary work ask\n");
	struct hv_policy_request launch = { .service = HV_POLICY_LAUNCH, .to = { "work", 0 } };
	CU_ASSERT_NOT_EQUAL(request_as(0, &launch), 0);
	CU_ASSERT_NOT_EQUAL(request_as(1, &launch), 0);
	answer(HC_REPLY_DENY);
	CU_ASSERT_NOT_EQUAL(request_as(2, &launch), 0);
	answer(HC_REPLY_ALLOW_ONCE);
	CU_ASSERT_FALSE(told[0].allowed);
	CU_ASSERT_TRUE(told[1].allowed);
	tear_down();
}

/* A copy of the primary's to work, and a launch there. */
static uint32_t request_both(guint index)
{
	const struct hv_policy_request copy = { .service = HV_POLICY_COPY, .to = { "work", 0 } };
	const struct hv_policy_request launch = { .service = HV_POLICY_LAUNCH,
		.to = { "work", 0 } };
	return hc_guard_request_both(
		guard, now, &copy, &launch, "note.desktop file", handle_decided, &told[index]);
}

static void test_both(void)
{
	set_up("copy @primary work ask\nlaunch @primary work ask\n");
	CU_ASSERT_NOT_EQUAL(request_both(0), 0);
	CU_ASSERT_EQUAL(desk.service, HV_POLICY_OPEN_FILE);
	CU_ASSERT_STRING_EQUAL(desk.preview, "note.desktop file");
	answer(HC_REPLY_ALLOW_ONCE);
	CU_ASSERT_EQUAL(told[0].times, 1);
	CU_ASSERT_TRUE(told[0].allowed);
	CU_ASSERT_EQUAL(desk.shown, 1);
	CU_ASSERT_EQUAL(noted_lines(), 2);
	CU_ASSERT_STRING_EQUAL(noted("service"), "launch");
	CU_ASSERT_STRING_EQUAL(noted("answer"), "allow-once");
	CU_ASSERT_STRING_EQUAL(noted("outcome"), "allow");
	CU_ASSERT_NOT_EQUAL(request_both(1), 0);
	answer(HC_REPLY_DENY);
	CU_ASSERT_EQUAL(told[1].times, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(told[1].denial, "you have denied it"));
	CU_ASSERT_EQUAL(noted_lines(), 4);
	CU_ASSERT_STRING_EQUAL(noted("outcome"), "deny");
	hc_guard_withdraw(guard, now, request_both(2));
	CU_ASSERT_EQUAL(told[2].times, 0);
	CU_ASSERT_EQUAL(desk.withdrawn, 1);
	CU_ASSERT_EQUAL(noted_lines(), 6);
	tear_down();
}

static void test_one_of_both(void)
{
	static const char *const rules[] = {
		"copy @primary work allow\nlaunch @primary work ask\n",
		"copy @primary work ask\nlaunch @primary work allow\n",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		set_up(rules[i]);
		CU_ASSERT_NOT_EQUAL(request_both(0), 0);
		answer(HC_REPLY_ALLOW_ONCE);
		CU_ASSERT_TRUE(told[0].allowed);
		CU_ASSERT_EQUAL(desk.shown, 1);
		tear_down();
	}
	set_up("copy @primary work allow\nlaunch @primary work allow\n");
	CU_ASSERT_EQUAL(request_both(0), 0);
	CU_ASSERT_TRUE(told[0].allowed);
	CU_ASSERT_EQUAL(noted_lines(), 2);
	CU_ASSERT_STRING_EQUAL(noted("answer"), "");
	tear_down();
}

static void test_one_of_both_denied(void)
{
	static const char *const rules[] = {
		"copy @primary work deny\nlaunch @primary work ask\n",
		"copy @primary work ask\nlaunch @primary work deny\n",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		set_up(rules[i]);
		CU_ASSERT_EQUAL(request_both(0), 0);
		CU_ASSERT_EQUAL(told[0].times, 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(told[0].denial, "work deny"));
		CU_ASSERT_EQUAL(desk.shown, 0);
		CU_ASSERT_EQUAL(noted_lines(), 1);
		CU_ASSERT_STRING_EQUAL(noted("service"), i == 0 ? "copy" : "launch");
		tear_down();
	}
}

static void test_second_denied_meanwhile(void)
{
	set_up("copy @primary work ask\nlaunch @primary work ask\n");
	request_both(0);
	set_policy("copy @primary work ask\nlaunch @primary work deny\n");
	answer(HC_REPLY_ALLOW_ONCE);
	CU_ASSERT_EQUAL(told[0].times, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(told[0].denial, "launch @primary work deny"));
	CU_ASSERT_EQUAL(noted_lines(), 1);
	tear_down();
}

static void test_both_for_ten_minutes(void)
{
	const struct hv_policy_request copy = { .service = HV_POLICY_COPY, .to = { "work", 0 } };
	set_up("copy @primary work ask\nlaunch @primary work ask\n");
	request_both(0);
	answer(HC_REPLY_ALLOW_A_WHILE);
	CU_ASSERT_EQUAL(request_both(1), 0);
	CU_ASSERT_TRUE(told[1].allowed);
	CU_ASSERT_STRING_EQUAL(noted("answer"), "allowed-before");
	CU_ASSERT_NOT_EQUAL(request_as(2, &copy), 0);
	tear_down();
}

static void test_end(void)
{
	set_up("clipboard @any @any ask\n");
	request(0, "work", "personal");
	hc_guard_destroy(guard);
	guard = NULL;
	CU_ASSERT_EQUAL(told[0].times, 0);
	CU_ASSERT_STRING_EQUAL(noted("answer"), "withdrawn");
	tear_down();
}

static const struct unit_test tests[] = {
	{ "what the user allows passes once, within the rule's bounds", test_allow_once },
	{ "what the user denies does not pass, and says which rule asked", test_deny },
	{ "what has just been denied is not asked again, in no type", test_denied_just_now },
	{ "what is allowed for ten minutes is not asked about again in them, in that type alone",
		test_allow_for_ten_minutes },
	{ "a reading of the policy's files revokes what was allowed for ten minutes",
		test_reload_revokes },
	{ "a policy that has changed while the user was asked counts",
		test_policy_changes_meanwhile },
	{ "no answer in time is a denial, and a late answer changes nothing", test_time_out },
	{ "one question is shown at a time, and only that one can be answered",
		test_one_at_a_time },
	{ "a VM that asks on and on gets one question shown", test_flood },
	{ "questions beyond the bound are denied", test_bound },
	{ "one VM has no more than four questions wait", test_bound_of_one },
	{ "a question that is withdrawn goes, and the next is shown", test_withdraw },
	{ "without a desk what would be asked is denied", test_nobody },
	{ "questions that a lost desk has shown are denied", test_lost_desk },
	{ "launches of the user wait one after the other", test_launches },
	{ "two requests of one action are one question, and a line each", test_both },
	{ "of two requests the one that the rules ask about makes the question", test_one_of_both },
	{ "of two requests the one that the rules deny denies both, unasked",
		test_one_of_both_denied },
	{ "a policy that denies the second one while the user is asked denies both",
		test_second_denied_meanwhile },
	{ "what is allowed together for ten minutes is not allowed by itself",
		test_both_for_ten_minutes },
	{ "a question that is open when the broker ends is noted", test_end },
};

UNIT_MAIN("the guard's questions", tests)

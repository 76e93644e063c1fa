/*
 * The policy's decisions: by tables, and by properties that hold for any rules.
 */
#include "unit.h"

#include <stdarg.h>
#include <string.h>

#include "policy-parse.h"
#include "policy-review.h"
#include "policy.h"

#define SYSTEM_FILE "/etc/p"
#define USER_FILE "/home/p"

enum { BLUE = 0x3465a4, GREEN = 0x4e9a06, RED = 0xcc0000 };

static const struct hv_policy_peer work = { "work", BLUE };
static const struct hv_policy_peer office = { "office", BLUE };
static const struct hv_policy_peer personal = { "personal", GREEN };
static const struct hv_policy_peer primary = { NULL, 0 };

static GPtrArray *parse(enum hv_policy_layer layer, const char *file, const char *bytes)
{
	struct hv_policy_text text;
	hv_policy_text_init(&text, layer);
	hv_policy_parse(&text, file, bytes, strlen(bytes));
	for (guint i = 0; i < text.problems->len; i++)
		printf("\n  %s", hv_policy_problem_print(g_ptr_array_index(text.problems, i)));
	CU_ASSERT_EQUAL_FATAL(text.problems->len, 0);
	GPtrArray *rules = g_ptr_array_ref(text.rules);
	hv_policy_text_finish(&text);
	return rules;
}

static struct hv_policy *make(const char *system, const char *user)
{
	return hv_policy_create(parse(HV_POLICY_SYSTEM, SYSTEM_FILE, system),
		parse(HV_POLICY_USER, USER_FILE, user));
}

static struct hv_policy_decision ask(const struct hv_policy *policy, enum hv_policy_service service,
	const struct hv_policy_peer *from, const struct hv_policy_peer *to, const char *type,
	uint64_t size)
{
	struct hv_policy_request request = { service, *from, *to, type, size };
	struct hv_policy_decision decision;
	hv_policy_decide(policy, &request, &decision);
	return decision;
}

/* Rules, a request for the clipboard, and what becomes of it: by which line, 0 none. */
static const struct {
	const char *rules;
	const struct hv_policy_peer *from;
	const struct hv_policy_peer *to;
	const char *type;
	uint64_t size;
	enum hv_policy_action action;
	enum hv_policy_reason reason;
	unsigned int line;
} decisions[] = {
	{ "", &work, &personal, "text/plain", 1, HV_POLICY_DENY, HV_POLICY_REASON_NO_RULE, 0 },
	{ "clipboard work personal ask", &work, &personal, "text/plain", 1, HV_POLICY_ASK,
		HV_POLICY_REASON_RULE, 1 },
	{ "clipboard work personal ask", &personal, &work, "text/plain", 1, HV_POLICY_DENY,
		HV_POLICY_REASON_NO_RULE, 0 },
	{ "copy work personal allow", &work, &personal, NULL, 1, HV_POLICY_DENY,
		HV_POLICY_REASON_NO_RULE, 0 },
	{ "clipboard work personal deny\nclipboard work @any allow", &work, &personal, NULL, 1,
		HV_POLICY_DENY, HV_POLICY_REASON_RULE, 1 },
	{ "clipboard work @any allow\nclipboard work personal deny", &work, &personal, NULL, 1,
		HV_POLICY_ALLOW, HV_POLICY_REASON_RULE, 1 },
	{ "clipboard @label:blue @any allow", &office, &personal, NULL, 1, HV_POLICY_ALLOW,
		HV_POLICY_REASON_RULE, 1 },
	{ "clipboard @label:blue @any allow", &personal, &office, NULL, 1, HV_POLICY_DENY,
		HV_POLICY_REASON_NO_RULE, 0 },
	{ "clipboard @any @any allow", &work, &primary, NULL, 1, HV_POLICY_DENY,
		HV_POLICY_REASON_NO_RULE, 0 },
	{ "clipboard @any @primary allow", &work, &primary, NULL, 1, HV_POLICY_ALLOW,
		HV_POLICY_REASON_RULE, 1 },
	{ "clipboard @primary @any allow", &primary, &work, NULL, 1, HV_POLICY_ALLOW,
		HV_POLICY_REASON_RULE, 1 },
	{ "clipboard @any @any ask types=text/plain\nclipboard @any @any deny", &work, &personal,
		"text/plain", 1, HV_POLICY_ASK, HV_POLICY_REASON_RULE, 1 },
	{ "clipboard @any @any ask types=text/plain\nclipboard @any @any deny", &work, &personal,
		"image/png", 1, HV_POLICY_DENY, HV_POLICY_REASON_RULE, 2 },
	{ "clipboard @any @any ask types=text/plain", &work, &personal, NULL, 1, HV_POLICY_DENY,
		HV_POLICY_REASON_NO_RULE, 0 },
	{ "clipboard @any @any ask types=text/*", &work, &personal, "TEXT/Html;charset=utf-8", 1,
		HV_POLICY_ASK, HV_POLICY_REASON_RULE, 1 },
	{ "clipboard @any @any ask types=text/*", &work, &personal, "textual", 1, HV_POLICY_DENY,
		HV_POLICY_REASON_NO_RULE, 0 },
	{ "clipboard @any @any ask max=1K\nclipboard @any @any allow", &work, &personal, NULL, 1024,
		HV_POLICY_ASK, HV_POLICY_REASON_RULE, 1 },
	{ "clipboard @any @any ask max=1K\nclipboard @any @any allow", &work, &personal, NULL, 1025,
		HV_POLICY_DENY, HV_POLICY_REASON_SIZE, 1 },
};

static void test_decisions(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(decisions); i++) {
		struct hv_policy *policy = make(decisions[i].rules, "");
		struct hv_policy_decision decision = ask(policy, HV_POLICY_CLIPBOARD,
			decisions[i].from, decisions[i].to, decisions[i].type, decisions[i].size);
		if (decision.action != decisions[i].action)
			printf("\n  rules: %s\n", decisions[i].rules);
		CU_ASSERT_EQUAL(decision.action, decisions[i].action);
		CU_ASSERT_EQUAL(decision.reason, decisions[i].reason);
		CU_ASSERT_EQUAL(decision.rule != NULL ? decision.rule->line : 0, decisions[i].line);
		hv_policy_destroy(policy);
	}
}

/* The administrator's rules, the user's, and what becomes of work → personal. */
static const struct {
	const char *system;
	const char *user;
	uint64_t size;
	enum hv_policy_action action;
	enum hv_policy_reason reason;
	const char *file; /* whose rule decides; NULL: none */
} layered[] = {
	{ "", "clipboard @any @any allow", 1, HV_POLICY_DENY, HV_POLICY_REASON_NO_RULE, NULL },
	{ "clipboard @any @any allow", "clipboard work @any ask", 1, HV_POLICY_ASK,
		HV_POLICY_REASON_RULE, USER_FILE },
	{ "clipboard @any @any allow", "clipboard personal @any deny", 1, HV_POLICY_ALLOW,
		HV_POLICY_REASON_RULE, SYSTEM_FILE },
	{ "clipboard @any @any ask", "clipboard @any @any allow", 1, HV_POLICY_ASK,
		HV_POLICY_REASON_BOUND, SYSTEM_FILE },
	{ "clipboard @any @any deny user=allow", "clipboard @any @any allow", 1, HV_POLICY_ALLOW,
		HV_POLICY_REASON_RULE, USER_FILE },
	{ "clipboard @any @any allow user=allow", "clipboard @any @any allow mode=seamless", 1,
		HV_POLICY_ALLOW, HV_POLICY_REASON_RULE, USER_FILE },
	{ "clipboard @any @any allow", "clipboard @any @any allow", 1, HV_POLICY_ALLOW,
		HV_POLICY_REASON_RULE, SYSTEM_FILE },
	{ "clipboard @any @any deny user=ask", "clipboard @any @any allow", 1, HV_POLICY_ASK,
		HV_POLICY_REASON_BOUND, SYSTEM_FILE },
	{ "clipboard @any @any deny user=allow", "", 1, HV_POLICY_DENY, HV_POLICY_REASON_RULE,
		SYSTEM_FILE },
	{ "clipboard @any @any ask max=1K user=allow", "clipboard @any @any allow max=2K", 1025,
		HV_POLICY_DENY, HV_POLICY_REASON_SIZE, SYSTEM_FILE },
	{ "clipboard @any @any ask max=1K user=allow", "clipboard @any @any allow", 1025,
		HV_POLICY_DENY, HV_POLICY_REASON_SIZE, SYSTEM_FILE },
	{ "clipboard @any @any allow max=2K", "clipboard @any @any allow max=1K", 1025,
		HV_POLICY_DENY, HV_POLICY_REASON_SIZE, USER_FILE },
};

static void test_layers(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(layered); i++) {
		struct hv_policy *policy = make(layered[i].system, layered[i].user);
		struct hv_policy_decision decision = ask(policy, HV_POLICY_CLIPBOARD, &work,
			&personal, "text/plain", layered[i].size);
		CU_ASSERT_EQUAL(decision.action, layered[i].action);
		CU_ASSERT_EQUAL(decision.reason, layered[i].reason);
		CU_ASSERT_PTR_EQUAL(decision.rule != NULL ? decision.rule->file : NULL,
			g_intern_string(layered[i].file));
		hv_policy_destroy(policy);
	}
}

static void test_options_of_layers(void)
{
	struct hv_policy *policy = make("clipboard work @any allow max=1M mode=seamless notify=no\n"
					"clipboard personal @any ask max=1M user=allow\n",
		"clipboard @any @any allow max=64K mode=seamless\n");
	struct hv_policy_decision decision =
		ask(policy, HV_POLICY_CLIPBOARD, &work, &personal, NULL, 1);
	CU_ASSERT_EQUAL(decision.max, 65536);
	CU_ASSERT_EQUAL(decision.mode, HV_POLICY_SEAMLESS);
	CU_ASSERT_TRUE(decision.notify);
	decision = ask(policy, HV_POLICY_CLIPBOARD, &personal, &work, NULL, 1);
	CU_ASSERT_EQUAL(decision.action, HV_POLICY_ALLOW);
	CU_ASSERT_EQUAL(decision.mode, HV_POLICY_SEAMLESS);
	hv_policy_destroy(policy);
	policy = make(
		"clipboard @any @any allow mode=explicit", "clipboard @any @any ask mode=seamless");
	decision = ask(policy, HV_POLICY_CLIPBOARD, &work, &personal, NULL, 1);
	CU_ASSERT_EQUAL(decision.mode, HV_POLICY_EXPLICIT);
	hv_policy_destroy(policy);
}

/* Properties: random rules over few VMs, labels and types, and every request that there is. */

static const char *const parties[] = { "work", "office", "personal", "@any", "@primary",
	"@label:blue", "@label:green", "@label:red" };
static const char *const type_options[] = { "", "", " types=text/plain", " types=text/*",
	" types=image/png,text/html" };
static const char *const actions[] = { "deny", "ask", "allow" };
static const char *const user_options[] = { "", "", "", " user=allow" };
static const char *const types[] = { NULL, "text/plain", "text/html", "image/png", "video/mp4" };
static const uint64_t sizes[] = { 0, 1024, 65536 };
static const struct hv_policy_peer *const peers[] = { &work, &office, &personal, &primary };

enum { ROUNDS = 300, RULES_MAX = 12 };

#define PICK(random, table) (table)[g_rand_int_range((random), 0, (gint32)G_N_ELEMENTS(table))]

static char *random_rule(GRand *random, bool may_widen)
{
	const char *action = PICK(random, actions);
	const char *max = !g_str_equal(action, "deny") && g_rand_boolean(random) ? " max=2K" : "";
	return g_strdup_printf("clipboard %s %s %s%s%s%s\n", PICK(random, parties),
		PICK(random, parties), action, max, PICK(random, type_options),
		may_widen ? PICK(random, user_options) : "");
}

static char *random_deny(GRand *random)
{
	return g_strdup_printf("clipboard %s %s deny%s\n", PICK(random, parties),
		PICK(random, parties), PICK(random, type_options));
}

/* Lines, with room for one more. */
static GPtrArray *random_rules(GRand *random, bool may_widen)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	gint32 count = g_rand_int_range(random, 0, RULES_MAX + 1);
	for (gint32 i = 0; i < count; i++)
		g_ptr_array_add(lines, random_rule(random, may_widen));
	return lines;
}

static struct hv_policy *make_from_lines(const GPtrArray *system, const GPtrArray *user)
{
	GString *first = g_string_new(NULL);
	GString *second = g_string_new(NULL);
	for (guint i = 0; i < system->len; i++)
		g_string_append(first, g_ptr_array_index(system, i));
	for (guint i = 0; i < user->len; i++)
		g_string_append(second, g_ptr_array_index(user, i));
	struct hv_policy *policy = make(first->str, second->str);
	g_string_free(first, TRUE);
	g_string_free(second, TRUE);
	return policy;
}

static void each_request(void (*check)(const struct hv_policy *a, const struct hv_policy *b,
				 const struct hv_policy_request *request),
	const struct hv_policy *a, const struct hv_policy *b)
{
	for (size_t f = 0; f < G_N_ELEMENTS(peers); f++)
		for (size_t t = 0; t < G_N_ELEMENTS(peers); t++)
			for (size_t k = 0; k < G_N_ELEMENTS(types); k++)
				for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
					struct hv_policy_request request = { HV_POLICY_CLIPBOARD,
						*peers[f], *peers[t], types[k], sizes[s] };
					check(a, b, &request);
				}
}

static void check_stricter(const struct hv_policy *before, const struct hv_policy *after,
	const struct hv_policy_request *request)
{
	struct hv_policy_decision first, second;
	hv_policy_decide(before, request, &first);
	hv_policy_decide(after, request, &second);
	if (second.action > first.action)
		CU_FAIL("what was added allows more");
}

static void test_added_deny(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	for (int i = 0; i < ROUNDS; i++) {
		g_autoptr(GPtrArray) system = random_rules(random, true);
		g_autoptr(GPtrArray) user = random_rules(random, false);
		struct hv_policy *before = make_from_lines(system, user);
		GPtrArray *lines = g_rand_boolean(random) ? system : user;
		g_ptr_array_insert(lines, g_rand_int_range(random, 0, (gint32)lines->len + 1),
			random_deny(random));
		struct hv_policy *after = make_from_lines(system, user);
		each_request(check_stricter, before, after);
		hv_policy_destroy(before);
		hv_policy_destroy(after);
	}
}

static void test_users_rules(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(2);
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	for (int i = 0; i < ROUNDS; i++) {
		g_autoptr(GPtrArray) system = random_rules(random, false);
		g_autoptr(GPtrArray) user = random_rules(random, false);
		struct hv_policy *without = make_from_lines(system, none);
		struct hv_policy *with = make_from_lines(system, user);
		each_request(check_stricter, without, with);
		hv_policy_destroy(without);
		hv_policy_destroy(with);
	}
}

/* The engine again, without its index */

static bool party_matches(const struct hv_policy_party *party, const struct hv_policy_peer *peer)
{
	switch (party->kind) {
	case HV_POLICY_PARTY_NAME:
		return g_strcmp0(party->name, peer->name) == 0;
	case HV_POLICY_PARTY_LABEL:
		return peer->name != NULL && peer->colour == party->colour;
	case HV_POLICY_PARTY_ANY:
		return peer->name != NULL;
	case HV_POLICY_PARTY_PRIMARY:
		return peer->name == NULL;
	}
	return false;
}

static bool type_matches(const struct hv_policy_rule *rule, const char *type)
{
	if (rule->types == NULL)
		return true;
	for (size_t i = 0; type != NULL && rule->types[i] != NULL; i++) {
		size_t len = strlen(rule->types[i]);
		if (g_str_equal(rule->types[i], type))
			return true;
		if (rule->types[i][len - 1] == '*' && strncmp(rule->types[i], type, len - 1) == 0)
			return true;
	}
	return false;
}

static const struct hv_policy_rule *find_plainly(
	const GPtrArray *rules, const struct hv_policy_request *request)
{
	for (guint i = 0; i < rules->len; i++) {
		const struct hv_policy_rule *rule = g_ptr_array_index(rules, i);
		if (rule->service == request->service &&
			party_matches(&rule->from, &request->from) &&
			party_matches(&rule->to, &request->to) && type_matches(rule, request->type))
			return rule;
	}
	return NULL;
}

static void check_first_match(const struct hv_policy *policy, const struct hv_policy *unused,
	const struct hv_policy_request *request)
{
	(void)unused;
	struct hv_policy_decision decision;
	hv_policy_decide(policy, request, &decision);
	if (decision.rule != find_plainly(hv_policy_rules(policy, HV_POLICY_SYSTEM), request))
		CU_FAIL("another rule is the first that matches");
}

static void test_first_match(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(3);
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	for (int i = 0; i < ROUNDS; i++) {
		g_autoptr(GPtrArray) system = random_rules(random, true);
		struct hv_policy *policy = make_from_lines(system, none);
		each_request(check_first_match, policy, NULL);
		hv_policy_destroy(policy);
	}
}

static void test_random_print(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(4);
	for (int i = 0; i < ROUNDS; i++) {
		g_autofree char *line = random_rule(random, true);
		g_autoptr(GPtrArray) rules = parse(HV_POLICY_SYSTEM, SYSTEM_FILE, line);
		g_autofree char *once = hv_policy_rule_print(g_ptr_array_index(rules, 0));
		CU_ASSERT_NSTRING_EQUAL(once, line, strlen(once));
		CU_ASSERT_EQUAL(strlen(once) + 1, strlen(line));
	}
}

/* A rule that a shadow has been found for never decides, whatever is asked. */
static const struct hv_policy_rule *shadowed;

static void check_never_decides(const struct hv_policy *policy, const struct hv_policy *unused,
	const struct hv_policy_request *request)
{
	(void)unused;
	struct hv_policy_decision decision;
	hv_policy_decide(policy, request, &decision);
	if (decision.rule == shadowed)
		CU_FAIL("a shadowed rule decides");
}

static void test_shadows(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(5);
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	guint found = 0;
	for (int i = 0; i < ROUNDS; i++) {
		g_autoptr(GPtrArray) system = random_rules(random, true);
		struct hv_policy *policy = make_from_lines(system, none);
		for (guint k = 0; k < system->len; k++) {
			if (hv_policy_find_shadow(policy, HV_POLICY_SYSTEM, k, NULL, NULL) == NULL)
				continue;
			found++;
			shadowed = g_ptr_array_index(hv_policy_rules(policy, HV_POLICY_SYSTEM), k);
			each_request(check_never_decides, policy, NULL);
		}
		hv_policy_destroy(policy);
	}
	CU_ASSERT_TRUE(found > 0);
}

/* Reviews */

static const struct {
	const char *rules;
	const char *warning; /* the first, after the file; NULL: none */
} reviews[] = {
	{ "clipboard work personal ask\nclipboard work @any deny", NULL },
	{ "clipboard work @any ask\nclipboard work personal deny",
		":2: warning: is shadowed: /etc/p:1 comes first and matches all that it does" },
	{ "clipboard @label:blue @any ask\nclipboard work personal deny", ":2: warning: is shad" },
	{ "clipboard @label:green @any ask\nclipboard work personal deny", NULL },
	{ "clipboard @any @any ask types=text/*\nclipboard work personal deny types=text/plain",
		":2: warning: is shadowed" },
	{ "clipboard @any @any ask types=text/*\nclipboard work personal deny types=text/a,image/a",
		NULL },
	{ "clipboard @any @any ask types=text/*\nclipboard @any @any ask types=image/*\n"
	  "clipboard work personal deny types=text/a,image/a",
		":3: warning: is shadowed: /etc/p:2" },
	{ "clipboard @any @any ask types=text/*\nclipboard @any @any deny", NULL },
	{ "clipboard wrok personal ask", ":1: warning: never matches: there is no VM \"wrok\"" },
	{ "clipboard @any @label:red ask", ":1: warning: never matches: no VM has the label @lab" },
	{ "clipboard work work ask", ":1: warning: never matches: nobody asks for what stays in" },
	{ "fullscreen work personal deny",
		":1: warning: never matches: it is always asked of the" },
	{ "fullscreen @primary @primary deny", ":1: warning: never matches: only VMs ask for it" },
	{ "launch work @primary deny", ":1: warning: never matches: it is always asked of a VM" },
};

static struct hv_inventory *make_inventory(void)
{
	static const char *const files[][2] = { { "/work.vm", "[vm]\nlabel=blue\n" },
		{ "/personal.vm", "[vm]\nlabel=green\n" } };
	static const char *const nowhere[] = { NULL };
	struct hv_inventory *inventory = hv_inventory_load(nowhere);
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
		g_ptr_array_add(inventory->vms,
			hv_vm_config_parse(files[i][0], files[i][1], strlen(files[i][1]), NULL));
	return inventory;
}

static void test_reviews(void)
{
	struct hv_inventory *inventory = make_inventory();
	for (size_t i = 0; i < G_N_ELEMENTS(reviews); i++) {
		struct hv_policy *policy = make(reviews[i].rules, "");
		g_autoptr(GPtrArray) problems = hv_policy_problems_new();
		hv_policy_review(policy, inventory, problems);
		g_autofree char *expected = g_strconcat(SYSTEM_FILE, reviews[i].warning, NULL);
		g_autofree char *got =
			problems->len > 0 ? hv_policy_problem_print(g_ptr_array_index(problems, 0))
					  : g_strdup(SYSTEM_FILE);
		if (!g_str_has_prefix(got, expected))
			printf("\n  got      %s\n  expected %s\n", got, expected);
		CU_ASSERT_TRUE(g_str_has_prefix(got, expected));
		CU_ASSERT_EQUAL(problems->len > 0, reviews[i].warning != NULL);
		CU_ASSERT_FALSE(hv_policy_problems_fatal(problems));
		hv_policy_destroy(policy);
	}
	hv_inventory_free(inventory);
}

static const struct unit_test tests[] = {
	{ "the first rule that matches decides", test_decisions },
	{ "a user's rule makes the decision stricter, and laxer within user=", test_layers },
	{ "bounds, modes and notices of both layers add up", test_options_of_layers },
	{ "adding a deny never allows more", test_added_deny },
	{ "a user's rules never allow more", test_users_rules },
	{ "the index finds the rule that reading them one by one finds", test_first_match },
	{ "a printed rule is read as the same rule", test_random_print },
	{ "a shadowed rule never decides", test_shadows },
	{ "rules that can never decide are warned of", test_reviews },
};

UNIT_MAIN("policy", tests)

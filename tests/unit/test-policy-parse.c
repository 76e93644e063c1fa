/*
 * The policy's text: rules as they are read and printed, and where what is wrong with them stands.
 */
#include "unit.h"

#include <string.h>

#include "policy-parse.h"

#define FILE_NAME "/etc/oriel/policy.d/50-site.policy"

static void parse(struct hv_policy_text *text, enum hv_policy_layer layer, const char *bytes)
{
	hv_policy_text_init(text, layer);
	hv_policy_parse(text, FILE_NAME, bytes, strlen(bytes));
}

static const struct hv_policy_rule *rule_at(const struct hv_policy_text *text, guint index)
{
	CU_ASSERT_FATAL(index < text->rules->len);
	return g_ptr_array_index(text->rules, index);
}

static void test_full_rule(void)
{
	struct hv_policy_text text;
	parse(&text, HV_POLICY_SYSTEM,
		"# the office\n\n\tclipboard  work  @label:#3465A4 ask max=64KiB "
		"types=Text/Plain,image/* mode=seamless notify=no user=allow # yes\r\n");
	CU_ASSERT_EQUAL(text.problems->len, 0);
	const struct hv_policy_rule *rule = rule_at(&text, 0);
	CU_ASSERT_EQUAL(rule->service, HV_POLICY_CLIPBOARD);
	CU_ASSERT_STRING_EQUAL(rule->from.name, "work");
	CU_ASSERT_EQUAL(rule->to.kind, HV_POLICY_PARTY_LABEL);
	CU_ASSERT_EQUAL(rule->to.colour, 0x3465a4);
	CU_ASSERT_EQUAL(rule->action, HV_POLICY_ASK);
	CU_ASSERT_EQUAL(rule->max, 65536);
	CU_ASSERT_STRING_EQUAL(rule->types[0], "text/plain");
	CU_ASSERT_STRING_EQUAL(rule->types[1], "image/*");
	CU_ASSERT_PTR_NULL(rule->types[2]);
	CU_ASSERT_EQUAL(rule->mode, HV_POLICY_SEAMLESS);
	CU_ASSERT_FALSE(rule->notify);
	CU_ASSERT_EQUAL(rule->user, HV_POLICY_ALLOW);
	CU_ASSERT_STRING_EQUAL(rule->file, FILE_NAME);
	CU_ASSERT_EQUAL(rule->line, 3);
	hv_policy_text_finish(&text);
}

static void test_defaults(void)
{
	struct hv_policy_text text;
	parse(&text, HV_POLICY_USER, "launch @primary @any allow");
	const struct hv_policy_rule *rule = rule_at(&text, 0);
	CU_ASSERT_EQUAL(rule->options, 0);
	CU_ASSERT_EQUAL(rule->max, UINT64_MAX);
	CU_ASSERT_PTR_NULL(rule->types);
	CU_ASSERT_EQUAL(rule->mode, HV_POLICY_EXPLICIT);
	CU_ASSERT_TRUE(rule->notify);
	CU_ASSERT_EQUAL(rule->user, HV_POLICY_ALLOW);
	CU_ASSERT_EQUAL(rule->line, 1);
	hv_policy_text_finish(&text);
}

/* A text, and how its last problem begins after the file. */
static const struct {
	const char *text;
	const char *problem;
} wrong[] = {
	{ "clipboard", ":1:1: a rule is SERVICE FROM TO ACTION" },
	{ "\n  clipboard work personal", ":2:3: a rule is SERVICE FROM TO ACTION" },
	{ "clipbord work personal ask",
		":1:1: \"clipbord\" is no service; \"clipboard\" may be meant" },
	{ "telepathic work personal ask",
		":1:1: \"telepathic\" is no service; the services are clipboard, primary-" },
	{ "clipboard Work personal ask", ":1:11: \"Work\" is neither a VM's name, nor @any" },
	{ "clipboard work @all ask", ":1:16: \"@all\" is neither a VM's name, nor @any" },
	{ "clipboard work @label:pink ask", ":1:16: \"@label:pink\" is neither a VM's name" },
	{ "clipboard work personal maybe", ":1:25: \"maybe\" is no action; the actions are allow" },
	{ "notify work @primary ask", ":1:22: notify cannot be asked about; allow or deny it" },
	{ "clipboard work personal ask max=64X", ":1:33: \"64X\" is no size; one is like 64K" },
	{ "clipboard work personal ask max=", ":1:33: \"\" is no size" },
	{ "clipboard work personal deny max=64K", ":1:34: max= bounds what a rule lets through" },
	{ "clipboard work personal ask types=text/plain,html",
		":1:46: \"html\" is no type; one is like text/plain or image/*" },
	{ "clipboard work personal ask types=", ":1:35: types= lacks its types" },
	{ "clipboard work personal ask types=*/*", ":1:35: \"*/*\" is no type" },
	{ "clipboard work personal ask types=text/pl*", ":1:35: \"text/pl*\" is no type" },
	{ "clipboard work personal ask mode=magic", ":1:34: \"magic\" is no mode; the modes are" },
	{ "clipboard work personal ask notify=often", ":1:36: \"often\" is neither yes nor no" },
	{ "clipboard work personal ask user=deny",
		":1:34: user= says how far users may go beyond the rule's own action, which is "
		"ask" },
	{ "clipboard work personal ask user=all", ":1:34: \"all\" is no action" },
	{ "audio work @primary deny user=ask", ":1:31: audio cannot be asked about" },
	{ "clipboard work personal ask maxi=64K", ":1:29: \"maxi\" is no option; \"max\" may" },
	{ "clipboard work personal ask size=64K", ":1:29: \"size\" is no option" },
	{ "clipboard work personal ask please", ":1:29: \"please\" is too much" },
	{ "clipboard work personal ask max=1K max=2K", ":1:36: max= is given twice; keep one" },
	{ "copy @any @any ask mode=explicit", ":1:20: mode= means nothing for copy" },
	{ "# ä\nclipboard ä personal ask", ":2:11: \"\\303\\244\" is neither a VM's name" },
	{ "clipboard wörk personal müll", ":1:25: \"m\\303\\274ll\" is no action" },
	{ "launch\xff", ":1:7: is not text in UTF-8" },
	{ "a b c d e f g h i j k l m", ":1:25: no line has so many words" },
	{ "include", ":1:1: an include line is include PATH" },
	{ "include a b", ":1:1: an include line is include PATH" },
	{ "include other.policy", ":1:9: \"other.policy\" is not included" },
};

static void test_wrong_lines(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		struct hv_policy_text text;
		parse(&text, HV_POLICY_SYSTEM, wrong[i].text);
		CU_ASSERT_FATAL(text.problems->len > 0);
		CU_ASSERT_EQUAL(text.rules->len, 0);
		CU_ASSERT_TRUE(hv_policy_problems_fatal(text.problems));
		g_autofree char *start = g_strconcat(FILE_NAME, wrong[i].problem, NULL);
		g_autofree char *shown = hv_policy_problem_print(
			g_ptr_array_index(text.problems, text.problems->len - 1));
		if (!g_str_has_prefix(shown, start))
			printf("\n  got      %s\n  expected %s\n", shown, start);
		CU_ASSERT_TRUE(g_str_has_prefix(shown, start));
		hv_policy_text_finish(&text);
	}
}

static void test_all_problems(void)
{
	struct hv_policy_text text;
	parse(&text, HV_POLICY_SYSTEM,
		"clipboard A B ask\nlaunch @primary work allow\nnothing x y deny max=1\n");
	CU_ASSERT_EQUAL(text.problems->len, 3);
	CU_ASSERT_EQUAL(text.rules->len, 1);
	hv_policy_text_finish(&text);
}

static void test_zero_byte(void)
{
	struct hv_policy_text text;
	hv_policy_text_init(&text, HV_POLICY_SYSTEM);
	hv_policy_parse(&text, FILE_NAME, "launch @primary work allow\0 deny", 32);
	CU_ASSERT_EQUAL(text.rules->len, 0);
	CU_ASSERT_EQUAL(text.problems->len, 1);
	hv_policy_text_finish(&text);
}

static void test_user_option_of_users(void)
{
	struct hv_policy_text text;
	parse(&text, HV_POLICY_USER, "clipboard work personal ask user=allow");
	CU_ASSERT_EQUAL(text.rules->len, 0);
	CU_ASSERT_EQUAL(text.problems->len, 1);
	hv_policy_text_finish(&text);
}

static bool include_fixed(
	void *data, struct hv_policy_text *text, const char *file, const char *path, char **reason)
{
	CU_ASSERT_STRING_EQUAL(file, FILE_NAME);
	if (!g_str_equal(path, "good")) {
		*reason = g_strdup("it is not there");
		return false;
	}
	const char *bytes = data;
	hv_policy_parse(text, "/good", bytes, strlen(bytes));
	return true;
}

static void test_include(void)
{
	static char included[] = "launch @primary b allow\nwrong\n";
	static const char bytes[] =
		"launch @primary a allow\ninclude good\ninclude bad\nlaunch @primary c allow\n";
	struct hv_policy_text text;
	hv_policy_text_init(&text, HV_POLICY_SYSTEM);
	text.include = include_fixed;
	text.data = included;
	hv_policy_parse(&text, FILE_NAME, bytes, strlen(bytes));
	CU_ASSERT_EQUAL_FATAL(text.rules->len, 3);
	CU_ASSERT_STRING_EQUAL(rule_at(&text, 0)->to.name, "a");
	CU_ASSERT_STRING_EQUAL(rule_at(&text, 1)->to.name, "b");
	CU_ASSERT_STRING_EQUAL(rule_at(&text, 1)->file, "/good");
	CU_ASSERT_STRING_EQUAL(rule_at(&text, 2)->to.name, "c");
	CU_ASSERT_EQUAL_FATAL(text.problems->len, 2);
	g_autofree char *first = hv_policy_problem_print(g_ptr_array_index(text.problems, 0));
	g_autofree char *second = hv_policy_problem_print(g_ptr_array_index(text.problems, 1));
	CU_ASSERT_TRUE(g_str_has_prefix(first, "/good:2:1: a rule is"));
	CU_ASSERT_STRING_EQUAL(
		second, FILE_NAME ":3:9: \"bad\" cannot be included: it is not there");
	hv_policy_text_finish(&text);
}

static bool include_again(
	void *data, struct hv_policy_text *text, const char *file, const char *path, char **reason)
{
	static const char bytes[] = "include again\n";
	(void)data;
	(void)file;
	(void)path;
	(void)reason;
	hv_policy_parse(text, "/again", bytes, strlen(bytes));
	return true;
}

static void test_circle(void)
{
	struct hv_policy_text text;
	hv_policy_text_init(&text, HV_POLICY_SYSTEM);
	text.include = include_again;
	hv_policy_parse(&text, FILE_NAME, "include again\n", 14);
	CU_ASSERT_EQUAL(text.problems->len, 1);
	CU_ASSERT_EQUAL(text.depth, 0);
	hv_policy_text_finish(&text);
}

static const char *const canonical[] = {
	"clipboard work personal ask max=64K types=text/plain,image/png mode=explicit notify=yes",
	"primary-selection @any @any deny",
	"copy @label:blue @label:#123456 allow max=1000 notify=no",
	"open-url work personal ask user=ask",
	"open-file @any @primary allow types=image/* user=allow",
	"launch @primary @any ask",
	"fullscreen work @primary deny user=ask",
	"notify @any @primary allow",
	"audio @label:black @primary allow",
	"microphone work @primary ask notify=yes",
	"camera work @primary deny",
	"drag work personal ask max=3T types=text/uri-list",
};

static void test_print(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(canonical); i++) {
		struct hv_policy_text text;
		parse(&text, HV_POLICY_SYSTEM, canonical[i]);
		g_autofree char *printed = hv_policy_rule_print(rule_at(&text, 0));
		CU_ASSERT_STRING_EQUAL(printed, canonical[i]);
		hv_policy_text_finish(&text);
	}
}

static const struct unit_test tests[] = {
	{ "every word and option of a rule is taken", test_full_rule },
	{ "what a rule does not say has its default", test_defaults },
	{ "a wrong line is reported with file, line and column", test_wrong_lines },
	{ "all wrong lines are reported, and good ones are kept", test_all_problems },
	{ "a zero byte is refused", test_zero_byte },
	{ "a user's rule cannot say how far users may go", test_user_option_of_users },
	{ "an included file's rules stand where the line stands", test_include },
	{ "files that include one another in a circle come to an end", test_circle },
	{ "a rule is printed as it is read", test_print },
};

UNIT_MAIN("policy parse", tests)

/*
 * The bytes of a policy file: what is read as a rule must be printed as the same rule, and any
 * rules must make a policy that can be asked and reviewed.
 */
#include <string.h>

#include "fuzz.h"
#include "policy-parse.h"
#include "policy-review.h"
#include "policy.h"

static void check_print(const struct hv_policy_rule *rule)
{
	g_autofree char *printed = hv_policy_rule_print(rule);
	struct hv_policy_text text;
	hv_policy_text_init(&text, HV_POLICY_SYSTEM);
	hv_policy_parse(&text, "printed", printed, strlen(printed));
	if (text.problems->len != 0 || text.rules->len != 1)
		abort();
	g_autofree char *again = hv_policy_rule_print(g_ptr_array_index(text.rules, 0));
	if (!g_str_equal(again, printed))
		abort();
	hv_policy_text_finish(&text);
}

/* It is told on terminals. */
static void check_problem(const struct hv_policy_problem *problem)
{
	g_autofree char *printed = hv_policy_problem_print(problem);

	fuzz_require(g_utf8_validate(printed, -1, NULL));
	for (const char *at = printed; *at != '\0'; at++)
		fuzz_require(!g_ascii_iscntrl(*at));
}

static void check_decisions(const struct hv_policy *policy)
{
	static const struct hv_policy_peer peers[] = { { "work", 0x3465a4 }, { "b", 0xcc0000 },
		{ NULL, 0 } };
	for (size_t i = 0; i < HV_POLICY_SERVICE_COUNT * G_N_ELEMENTS(peers); i++) {
		struct hv_policy_request request = {
			.service = (enum hv_policy_service)(i / G_N_ELEMENTS(peers)),
			.from = peers[i % G_N_ELEMENTS(peers)],
			.to = peers[(i + 1) % G_N_ELEMENTS(peers)],
			.type = "Text/Plain; charset=utf-8",
			.size = 1000,
		};
		struct hv_policy_decision decision;
		hv_policy_decide(policy, &request, &decision);
		if (decision.rule == NULL && decision.action != HV_POLICY_DENY)
			abort();
	}
}

static struct hv_policy *make_policy(const uint8_t *data, size_t size)
{
	GPtrArray *rules[HV_POLICY_LAYER_COUNT];
	for (size_t i = 0; i < HV_POLICY_LAYER_COUNT; i++) {
		struct hv_policy_text text;
		hv_policy_text_init(&text, (enum hv_policy_layer)i);
		hv_policy_parse(&text, "fuzz", (const char *)data, size);
		for (guint k = 0; k < text.problems->len; k++)
			check_problem(g_ptr_array_index(text.problems, k));
		for (guint k = 0; k < text.rules->len; k++)
			check_print(g_ptr_array_index(text.rules, k));
		rules[i] = g_ptr_array_ref(text.rules);
		hv_policy_text_finish(&text);
	}
	return hv_policy_create(rules[HV_POLICY_SYSTEM], rules[HV_POLICY_USER]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const nowhere[] = { NULL };
	struct hv_policy *policy = make_policy(data, size);
	struct hv_inventory *inventory = hv_inventory_load(nowhere);
	g_autoptr(GPtrArray) problems = hv_policy_problems_new();
	check_decisions(policy);
	hv_policy_review(policy, inventory, problems);
	hv_inventory_free(inventory);
	hv_policy_destroy(policy);
	return 0;
}

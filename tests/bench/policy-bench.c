/*
 * usage: policy-bench  - what the policy's decisions cost: 10,000 rules, 100,000 requests.
 */
#include <stdio.h>
#include <string.h>

#include "policy-parse.h"
#include "policy.h"

enum { RULES = 10000, REQUESTS = 100000, VMS = 500, ROUNDS = 5 };

static char names[VMS][16];

/* Pairs of VMs, labels among them, some rules with types, and a last one for all. */
static GPtrArray *make_rules(void)
{
	GString *lines = g_string_new(NULL);
	for (unsigned int i = 0; i < RULES - 1; i++) {
		const char *types = i % 3 == 0 ? " types=text/plain,image/*" : "";
		if (i % 10 == 0)
			g_string_append_printf(lines, "clipboard @label:#%06x %s ask%s\n", i % VMS,
				names[i * 7 % VMS], types);
		else
			g_string_append_printf(lines, "clipboard %s %s ask max=1M%s\n",
				names[i % VMS], names[i * 13 / VMS % VMS], types);
	}
	g_string_append(lines, "clipboard @any @any deny\n");
	struct hv_policy_text text;
	hv_policy_text_init(&text, HV_POLICY_SYSTEM);
	hv_policy_parse(&text, "bench", lines->str, lines->len);
	GPtrArray *rules = g_ptr_array_ref(text.rules);
	hv_policy_text_finish(&text);
	g_string_free(lines, TRUE);
	return rules;
}

static void fill_requests(struct hv_policy_request *requests)
{
	static const char *const types[] = { "text/plain;charset=utf-8", "image/png", "text/html" };
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	for (size_t i = 0; i < REQUESTS; i++) {
		guint32 from = (guint32)g_rand_int_range(random, 0, VMS);
		guint32 to = (guint32)g_rand_int_range(random, 0, VMS);
		requests[i] = (struct hv_policy_request){
			.service = HV_POLICY_CLIPBOARD,
			.from = { names[from], from },
			.to = { names[to], to },
			.type = types[i % G_N_ELEMENTS(types)],
			.size = 1000,
		};
	}
}

int main(void)
{
	for (unsigned int i = 0; i < VMS; i++)
		g_snprintf(names[i], sizeof(names[i]), "vm-%u", i);
	GPtrArray *none = hv_policy_rules_new();
	struct hv_policy *policy = hv_policy_create(make_rules(), none);
	struct hv_policy_request *requests = g_new0(struct hv_policy_request, REQUESTS);
	fill_requests(requests);
	double best = 0;
	size_t allowed = 0;
	for (int round = 0; round < ROUNDS; round++) {
		gint64 start = g_get_monotonic_time();
		for (size_t i = 0; i < REQUESTS; i++) {
			struct hv_policy_decision decision;
			hv_policy_decide(policy, &requests[i], &decision);
			allowed += decision.action != HV_POLICY_DENY;
		}
		gint64 spent = MAX(g_get_monotonic_time() - start, 1);
		best = MAX(best, (double)REQUESTS * G_USEC_PER_SEC / (double)spent);
	}
	printf("policy: %d rules, %d requests (%.0f %% not denied): %.2f million decisions a "
	       "second\n",
		RULES, REQUESTS, 100.0 * (double)allowed / REQUESTS / ROUNDS, best / 1e6);
	g_free(requests);
	hv_policy_destroy(policy);
	return 0;
}

#include "policy-explain.h"

#include "values.h"

char *hv_policy_rule_cite(const struct hv_policy_rule *rule)
{
	g_autofree char *text = hv_policy_rule_print(rule);
	return g_strdup_printf("%s:%u: %s", rule->file, rule->line, text);
}

const char *hv_policy_reason_name(enum hv_policy_reason reason)
{
	switch (reason) {
	case HV_POLICY_REASON_RULE:
		return "rule";
	case HV_POLICY_REASON_BOUND:
		return "bound";
	case HV_POLICY_REASON_SIZE:
		return "size";
	case HV_POLICY_REASON_NO_RULE:
		return "no-rule";
	case HV_POLICY_REASON_NO_POLICY:
		return "no-policy";
	}
	return "unknown";
}

char *hv_policy_explain(const struct hv_policy_decision *decision)
{
	g_autofree char *rule = decision->rule != NULL ? hv_policy_rule_cite(decision->rule) : NULL;
	switch (decision->reason) {
	case HV_POLICY_REASON_RULE:
		return g_strdup_printf("the rule is %s", rule);
	case HV_POLICY_REASON_BOUND:
		return g_strdup_printf("the user's rule would have it, but the administrator's "
				       "does not let users go so far: %s",
			rule);
	case HV_POLICY_REASON_SIZE: {
		g_autofree char *max = hv_value_print_size(decision->max);
		return g_strdup_printf("no more than %s may pass; the rule is %s", max, rule);
	}
	case HV_POLICY_REASON_NO_RULE:
		return g_strdup("no rule of the administrator's is about it, and what no rule "
				"allows is denied");
	case HV_POLICY_REASON_NO_POLICY:
		return g_strdup("the policy's files are wrong, and all is denied until they are "
				"mended; 'oriel policy check' tells what is wrong");
	}
	return NULL;
}

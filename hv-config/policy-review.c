#include "policy-review.h"

static const uint32_t *find_colour(
	const struct hv_inventory *inventory, const struct hv_policy_party *party)
{
	if (party->kind != HV_POLICY_PARTY_NAME)
		return NULL;
	const struct hv_vm_config *config = hv_inventory_find(inventory, party->name);
	return config != NULL ? &config->colour : NULL;
}

static bool label_used(const struct hv_inventory *inventory, uint32_t colour)
{
	for (guint i = 0; i < inventory->vms->len; i++) {
		const struct hv_vm_config *config = g_ptr_array_index(inventory->vms, i);
		if (config->colour == colour)
			return true;
	}
	return false;
}

static bool party_exists(const struct hv_inventory *inventory, const struct hv_policy_party *party)
{
	switch (party->kind) {
	case HV_POLICY_PARTY_NAME:
		return hv_inventory_find(inventory, party->name) != NULL;
	case HV_POLICY_PARTY_LABEL:
		return label_used(inventory, party->colour);
	case HV_POLICY_PARTY_ANY:
	case HV_POLICY_PARTY_PRIMARY:
		return true;
	}
	return false;
}

/* Why no request can be between the parties, NULL if one can. */
static const char *find_nonsense(const struct hv_policy_rule *rule)
{
	const struct hv_policy_service_info *info = hv_policy_service_info(rule->service);
	bool from_primary = rule->from.kind == HV_POLICY_PARTY_PRIMARY;
	bool to_primary = rule->to.kind == HV_POLICY_PARTY_PRIMARY;
	if (info->from_vm && from_primary)
		return "only VMs ask for it, so FROM cannot be @primary";
	if (info->to_primary && !to_primary)
		return "it is always asked of the primary, so TO has to be @primary";
	if (info->to_vm && to_primary)
		return "it is always asked of a VM, so TO cannot be @primary";
	if (from_primary && to_primary)
		return "nobody asks for what stays in the primary";
	if (rule->from.name != NULL && g_strcmp0(rule->from.name, rule->to.name) == 0)
		return "nobody asks for what stays in one VM";
	return NULL;
}

static void warn_of_absent(const struct hv_inventory *inventory, const struct hv_policy_rule *rule,
	const struct hv_policy_party *party, GPtrArray *problems)
{
	if (party_exists(inventory, party))
		return;
	g_autofree char *shown = hv_policy_party_print(party);
	hv_policy_problems_warn(problems, rule->file, rule->line,
		party->kind == HV_POLICY_PARTY_NAME ? "never matches: there is no VM \"%s\""
						    : "never matches: no VM has the label %s",
		shown);
}

static void review_rule(const struct hv_policy *policy, const struct hv_inventory *inventory,
	enum hv_policy_layer layer, guint index, GPtrArray *problems)
{
	const struct hv_policy_rule *rule =
		g_ptr_array_index(hv_policy_rules(policy, layer), index);
	const char *nonsense = find_nonsense(rule);
	if (nonsense != NULL)
		hv_policy_problems_warn(
			problems, rule->file, rule->line, "never matches: %s", nonsense);
	warn_of_absent(inventory, rule, &rule->from, problems);
	warn_of_absent(inventory, rule, &rule->to, problems);
	const struct hv_policy_rule *shadow = hv_policy_find_shadow(policy, layer, index,
		find_colour(inventory, &rule->from), find_colour(inventory, &rule->to));
	if (shadow != NULL)
		hv_policy_problems_warn(problems, rule->file, rule->line,
			"is shadowed: %s:%u comes first and matches all that it does", shadow->file,
			shadow->line);
}

void hv_policy_review(
	const struct hv_policy *policy, const struct hv_inventory *inventory, GPtrArray *problems)
{
	static const enum hv_policy_layer layers[] = { HV_POLICY_SYSTEM, HV_POLICY_USER };
	for (size_t i = 0; i < G_N_ELEMENTS(layers); i++)
		for (guint k = 0; k < hv_policy_rules(policy, layers[i])->len; k++)
			review_rule(policy, inventory, layers[i], k, problems);
}

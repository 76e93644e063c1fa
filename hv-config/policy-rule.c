#include "policy-rule.h"

#include <string.h>

#include "values.h"
#include "vm-config.h"

#define PARTY_ANY "@any"
#define PARTY_LABEL "@label:"

enum {
	CONTENT = HV_POLICY_OPTION_MAX | HV_POLICY_OPTION_TYPES | HV_POLICY_OPTION_NOTIFY,
	SELECTION = CONTENT | HV_POLICY_OPTION_MODE,
	FILES = HV_POLICY_OPTION_MAX | HV_POLICY_OPTION_NOTIFY,
};

static const struct hv_policy_service_info services[HV_POLICY_SERVICE_COUNT] = {
	[HV_POLICY_CLIPBOARD] = { "clipboard", SELECTION, .asks = true },
	[HV_POLICY_PRIMARY_SELECTION] = { "primary-selection", SELECTION, .asks = true },
	[HV_POLICY_COPY] = { "copy", FILES, .asks = true },
	[HV_POLICY_OPEN_URL] = { "open-url", HV_POLICY_OPTION_NOTIFY, .asks = true },
	[HV_POLICY_OPEN_FILE] = { "open-file", CONTENT, .asks = true },
	[HV_POLICY_LAUNCH] = { "launch", 0, .asks = true, .to_vm = true },
	[HV_POLICY_FULLSCREEN] = { "fullscreen", 0, .asks = true, .from_vm = true,
		.to_primary = true },
	[HV_POLICY_NOTIFY] = { "notify", HV_POLICY_OPTION_MODE, .from_vm = true,
		.to_primary = true },
	[HV_POLICY_AUDIO] = { "audio", 0, .from_vm = true, .to_primary = true },
	[HV_POLICY_MICROPHONE] = { "microphone", HV_POLICY_OPTION_NOTIFY, .asks = true,
		.from_vm = true, .to_primary = true },
	[HV_POLICY_CAMERA] = { "camera", HV_POLICY_OPTION_NOTIFY, .asks = true, .from_vm = true,
		.to_primary = true },
	[HV_POLICY_DRAG] = { "drag", CONTENT, .asks = true },
};

static const char *const actions[] = {
	[HV_POLICY_DENY] = "deny",
	[HV_POLICY_ASK] = "ask",
	[HV_POLICY_ALLOW] = "allow",
};

static const char *const modes[] = {
	[HV_POLICY_EXPLICIT] = "explicit",
	[HV_POLICY_SEAMLESS] = "seamless",
};

const struct hv_policy_service_info *hv_policy_service_info(enum hv_policy_service service)
{
	return &services[service];
}

const char *hv_policy_action_name(enum hv_policy_action action)
{
	return actions[action];
}

const char *hv_policy_mode_name(enum hv_policy_mode mode)
{
	return modes[mode];
}

bool hv_policy_service_parse(const char *text, enum hv_policy_service *service)
{
	for (size_t i = 0; i < G_N_ELEMENTS(services); i++)
		if (g_str_equal(text, services[i].name)) {
			*service = (enum hv_policy_service)i;
			return true;
		}
	return false;
}

bool hv_policy_action_parse(const char *text, enum hv_policy_action *action)
{
	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
		if (g_str_equal(text, actions[i])) {
			*action = (enum hv_policy_action)i;
			return true;
		}
	return false;
}

bool hv_policy_mode_parse(const char *text, enum hv_policy_mode *mode)
{
	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++)
		if (g_str_equal(text, modes[i])) {
			*mode = (enum hv_policy_mode)i;
			return true;
		}
	return false;
}

bool hv_policy_party_parse(const char *text, struct hv_policy_party *party)
{
	struct hv_policy_party result = { HV_POLICY_PARTY_NAME, NULL, 0 };
	if (g_str_equal(text, PARTY_ANY)) {
		result.kind = HV_POLICY_PARTY_ANY;
	} else if (g_str_equal(text, HV_POLICY_PRIMARY_NAME)) {
		result.kind = HV_POLICY_PARTY_PRIMARY;
	} else if (g_str_has_prefix(text, PARTY_LABEL)) {
		result.kind = HV_POLICY_PARTY_LABEL;
		if (!hv_value_parse_colour(text + strlen(PARTY_LABEL), &result.colour))
			return false;
	} else if (hv_vm_name_valid(text)) {
		result.name = g_strdup(text);
	} else {
		return false;
	}
	*party = result;
	return true;
}

void hv_policy_party_clear(struct hv_policy_party *party)
{
	g_clear_pointer(&party->name, g_free);
}

char *hv_policy_party_print(const struct hv_policy_party *party)
{
	switch (party->kind) {
	case HV_POLICY_PARTY_NAME:
		return g_strdup(party->name);
	case HV_POLICY_PARTY_LABEL: {
		const char *name = hv_value_colour_name(party->colour);
		return name != NULL ? g_strconcat(PARTY_LABEL, name, NULL)
				    : g_strdup_printf(PARTY_LABEL "#%06x", party->colour);
	}
	case HV_POLICY_PARTY_ANY:
		return g_strdup(PARTY_ANY);
	case HV_POLICY_PARTY_PRIMARY:
		return g_strdup(HV_POLICY_PRIMARY_NAME);
	}
	return NULL;
}

char *hv_policy_rule_print(const struct hv_policy_rule *rule)
{
	g_autofree char *from = hv_policy_party_print(&rule->from);
	g_autofree char *to = hv_policy_party_print(&rule->to);
	GString *text = g_string_new(NULL);
	g_string_printf(
		text, "%s %s %s %s", services[rule->service].name, from, to, actions[rule->action]);
	if ((rule->options & HV_POLICY_OPTION_MAX) != 0) {
		g_autofree char *max = hv_value_print_size(rule->max);
		g_string_append_printf(text, " max=%s", max);
	}
	if ((rule->options & HV_POLICY_OPTION_TYPES) != 0) {
		g_autofree char *types = g_strjoinv(",", rule->types);
		g_string_append_printf(text, " types=%s", types);
	}
	if ((rule->options & HV_POLICY_OPTION_MODE) != 0)
		g_string_append_printf(text, " mode=%s", modes[rule->mode]);
	if ((rule->options & HV_POLICY_OPTION_NOTIFY) != 0)
		g_string_append_printf(text, " notify=%s", rule->notify ? "yes" : "no");
	if ((rule->options & HV_POLICY_OPTION_USER) != 0)
		g_string_append_printf(text, " user=%s", actions[rule->user]);
	return g_string_free(text, FALSE);
}

void hv_policy_rule_free(struct hv_policy_rule *rule)
{
	if (rule == NULL)
		return;
	hv_policy_party_clear(&rule->from);
	hv_policy_party_clear(&rule->to);
	g_strfreev(rule->types);
	g_free(rule);
}

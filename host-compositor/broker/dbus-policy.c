#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-policy.h"

#include "dbus-call.h"
#include "policy-explain.h"

static gboolean handle_reload_policy(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, void *data)
{
	struct hc_broker **broker = data;
	const GPtrArray *errors = hc_guard_reload(hc_broker_guard(*broker));
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) lines = NULL;

	for (guint i = 0; i < errors->len; i++)
		g_strv_builder_add(builder, g_ptr_array_index(errors, i));
	lines = g_strv_builder_end(builder);
	hc_dbus_broker1_complete_reload_policy(skeleton, invocation, (const char *const *)lines);
	return TRUE;
}

static bool find_peer(
	struct hc_broker *broker, const char *name, struct hv_policy_peer *peer, GError **error)
{
	const struct hc_vm *vm = NULL;

	if (!g_str_equal(name, HV_POLICY_PRIMARY_NAME) &&
		!(vm = hc_broker_find(broker, name, error)))
		return false;
	*peer = hc_guard_peer(vm ? hc_vm_config(vm) : NULL);
	return true;
}

static bool find_service(const char *name, enum hv_policy_service *service, GError **error)
{
	if (hv_policy_service_parse(name, service))
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
		"there is no service '%s': oriel-policy(5) lists them", name);
	return false;
}

static void add_rule(GVariantDict *row, const struct hv_policy_rule *rule)
{
	g_autofree char *text = rule ? hv_policy_rule_print(rule) : g_strdup("");

	g_variant_dict_insert(row, "rule", "s", text);
	g_variant_dict_insert(row, "file", "s", rule ? rule->file : "");
	g_variant_dict_insert(row, "line", "u", rule ? rule->line : 0);
}

/* Floating. */
static GVariant *make_explanation(const struct hv_policy_request *request, const char *from,
	const char *to, const struct hv_policy_decision *decision)
{
	const struct hv_policy_service_info *info = hv_policy_service_info(request->service);
	g_autofree char *why = hv_policy_explain(decision);
	GVariantDict row;

	g_variant_dict_init(&row, NULL);
	g_variant_dict_insert(&row, "service", "s", info->name);
	g_variant_dict_insert(&row, "from", "s", from);
	g_variant_dict_insert(&row, "to", "s", to);
	g_variant_dict_insert(&row, "outcome", "s", hv_policy_action_name(decision->action));
	g_variant_dict_insert(&row, "reason", "s", hv_policy_reason_name(decision->reason));
	g_variant_dict_insert(&row, "why", "s", why);
	add_rule(&row, decision->rule);
	if (decision->action != HV_POLICY_DENY && decision->max != UINT64_MAX)
		g_variant_dict_insert(&row, "max", "t", decision->max);
	if (decision->action != HV_POLICY_DENY && (info->options & HV_POLICY_OPTION_MODE))
		g_variant_dict_insert(&row, "mode", "s", hv_policy_mode_name(decision->mode));
	if (info->options & HV_POLICY_OPTION_NOTIFY)
		g_variant_dict_insert(&row, "notify", "b", decision->notify);
	return g_variant_dict_end(&row);
}

static gboolean handle_explain_policy(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation,
	const char *service, const char *from, const char *to, const char *type, guint64 size,
	void *data)
{
	struct hc_broker *broker = *(struct hc_broker **)data;
	g_autoptr(GError) error = NULL;
	struct hv_policy_request request = { .type = *type ? type : NULL, .size = size };
	struct hv_policy_decision decision;

	hc_broker_reload(broker);
	if (!find_service(service, &request.service, &error) ||
		!find_peer(broker, from, &request.from, &error) ||
		!find_peer(broker, to, &request.to, &error)) {
		hc_dbus_call_fail(invocation, error);
		return TRUE;
	}
	hc_guard_decide(hc_broker_guard(broker), &request, &decision);
	hc_dbus_broker1_complete_explain_policy(
		skeleton, invocation, make_explanation(&request, from, to, &decision));
	return TRUE;
}

void hc_dbus_policy_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker)
{
	g_signal_connect(
		skeleton, "handle-reload-policy", G_CALLBACK(handle_reload_policy), broker);
	g_signal_connect(
		skeleton, "handle-explain-policy", G_CALLBACK(handle_explain_policy), broker);
}

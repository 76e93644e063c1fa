#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-clip.h"

#include "clipboard-types.h"
#include "dbus-call.h"
#include "hand-over.h"

/* *vm is NULL for the primary. */
static bool find_vm(
	struct hc_broker *broker, const char *name, const struct hc_vm **vm, GError **error)
{
	*vm = NULL;
	if (g_str_equal(name, HV_POLICY_PRIMARY_NAME))
		return true;
	hc_broker_reload(broker);
	*vm = hc_broker_find(broker, name, error);
	return *vm != NULL;
}

/* Floating. */
static GVariant *describe(const struct hc_clipboard *clipboard)
{
	uint32_t types = 0;
	const struct hc_clip_peer *peer = hc_clipboard_taken(clipboard, &types);
	const char *from = "";
	GVariantBuilder names;
	GVariantDict row;

	if (peer)
		from = peer->config ? peer->config->name : HV_POLICY_PRIMARY_NAME;
	g_variant_builder_init(&names, G_VARIANT_TYPE_STRING_ARRAY);
	for (uint32_t type = 1; type <= VP_CLIPBOARD_ALL; type <<= 1) {
		if (types & type)
			g_variant_builder_add(&names, "s", vp_clipboard_type_mime(type));
	}
	g_variant_dict_init(&row, NULL);
	g_variant_dict_insert(&row, "from", "s", from);
	g_variant_dict_insert_value(&row, "types", g_variant_builder_end(&names));
	return g_variant_dict_end(&row);
}

static gboolean handle_show(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, void *data)
{
	const struct hc_hand_over *hand_over = hc_broker_hand_over(*(struct hc_broker **)data);

	hc_dbus_broker1_complete_show_clip(
		skeleton, invocation, describe(hc_hand_over_clipboard(hand_over)));
	return TRUE;
}

/* Gives what was taken to the VM or the primary of that name, or takes what was copied there. */
static gboolean pass_clip(
	struct hc_broker *broker, GDBusMethodInvocation *invocation, const char *name, bool gives)
{
	struct hc_hand_over *hand_over = hc_broker_hand_over(broker);
	g_autoptr(GError) error = NULL;
	const struct hc_vm *vm;
	bool found = find_vm(broker, name, &vm, &error);

	if (found && gives)
		hc_hand_over_give(hand_over, hc_broker_now(), vm, &error);
	else if (found)
		hc_hand_over_take(hand_over, vm, &error);
	if (error)
		hc_dbus_call_refuse(invocation, error);
	else
		g_dbus_method_invocation_return_value(invocation, NULL);
	return TRUE;
}

static gboolean handle_copy(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	(void)skeleton;
	return pass_clip(*(struct hc_broker **)data, invocation, name, false);
}

static gboolean handle_paste(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	(void)skeleton;
	return pass_clip(*(struct hc_broker **)data, invocation, name, true);
}

static gboolean handle_clear(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, void *data)
{
	const struct hc_hand_over *hand_over = hc_broker_hand_over(*(struct hc_broker **)data);

	hc_clipboard_clear(hc_hand_over_clipboard(hand_over));
	hc_dbus_broker1_complete_clear_clip(skeleton, invocation);
	return TRUE;
}

void hc_dbus_clip_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker)
{
	g_signal_connect(skeleton, "handle-show-clip", G_CALLBACK(handle_show), broker);
	g_signal_connect(skeleton, "handle-copy-clip", G_CALLBACK(handle_copy), broker);
	g_signal_connect(skeleton, "handle-paste-clip", G_CALLBACK(handle_paste), broker);
	g_signal_connect(skeleton, "handle-clear-clip", G_CALLBACK(handle_clear), broker);
}

#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-login.h"

/* A call, until all that it starts runs or has failed. */
struct login {
	HcDbusBroker1 *skeleton;
	GDBusMethodInvocation *invocation;
	guint left; /* VMs, and the one that starts them */
	GStrvBuilder *errors;
};

static void handle_started(void *data, const GError *error)
{
	struct login *login = data;
	g_auto(GStrv) errors = NULL;

	if (error)
		g_strv_builder_add(login->errors, error->message);
	if (--login->left > 0)
		return;
	errors = g_strv_builder_end(login->errors);
	hc_dbus_broker1_complete_start_login_vms(
		login->skeleton, login->invocation, (const char *const *)errors);
	g_strv_builder_unref(login->errors);
	g_free(login);
}

static gboolean handle_start_login_vms(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, void *data)
{
	struct hc_broker *broker = *(struct hc_broker **)data;
	struct login *login = g_new0(struct login, 1);
	const GPtrArray *vms;

	login->skeleton = skeleton;
	login->invocation = invocation;
	login->left = 1;
	login->errors = g_strv_builder_new();
	hc_broker_reload(broker);
	vms = hc_broker_vms(broker);
	for (guint i = 0; i < vms->len; i++) {
		struct hc_vm *vm = g_ptr_array_index(vms, i);

		if (!hc_vm_config(vm)->starts_at_login)
			continue;
		login->left++;
		hc_vm_start(vm, hc_broker_now(), handle_started, login);
	}
	handle_started(login, NULL);
	return TRUE;
}

void hc_dbus_login_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker)
{
	g_signal_connect(
		skeleton, "handle-start-login-vms", G_CALLBACK(handle_start_login_vms), broker);
}

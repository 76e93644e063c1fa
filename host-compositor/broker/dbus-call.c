#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-call.h"

void hc_dbus_call_fail(GDBusMethodInvocation *call, const GError *error)
{
	g_dbus_method_invocation_return_dbus_error(call, HC_DBUS_ERROR_FAILED, error->message);
}

void hc_dbus_call_refuse(GDBusMethodInvocation *call, const GError *error)
{
	bool denied = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);

	g_dbus_method_invocation_return_dbus_error(
		call, denied ? HC_DBUS_ERROR_DENIED : HC_DBUS_ERROR_FAILED, error->message);
}

void hc_dbus_call_abandon(GDBusMethodInvocation *call)
{
	g_dbus_method_invocation_return_dbus_error(
		call, HC_DBUS_ERROR_FAILED, "its caller is gone");
}

void hc_dbus_call_finish(GDBusMethodInvocation *call, const GError *error)
{
	if (error)
		hc_dbus_call_fail(call, error);
	else
		g_dbus_method_invocation_return_value(call, NULL);
}

struct hc_vm *hc_dbus_call_find_vm(
	GDBusMethodInvocation *call, struct hc_broker *broker, const char *name)
{
	g_autoptr(GError) error = NULL;
	struct hc_vm *vm;

	hc_broker_reload(broker);
	vm = hc_broker_find(broker, name, &error);
	if (!vm)
		hc_dbus_call_fail(call, error);
	return vm;
}

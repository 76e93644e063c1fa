#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-wait.h"

#include "dbus-call.h"

/* A call of Wait, until it is answered. */
struct waiting {
	struct hc_vm *vm; /* which outlives it: a VM's end ends the wait for its launches */
	GDBusMethodInvocation *invocation;
	gulong closed_handler;
};

/* Before the answer, which may free the connection. */
static void end_wait(struct waiting *waiting)
{
	g_signal_handler_disconnect(g_dbus_method_invocation_get_connection(waiting->invocation),
		waiting->closed_handler);
	g_free(waiting);
}

static void handle_ended(void *data, int32_t status, const GError *error)
{
	struct waiting *waiting = data;
	GDBusMethodInvocation *invocation = waiting->invocation;

	end_wait(waiting);
	if (error)
		hc_dbus_call_fail(invocation, error);
	else
		g_dbus_method_invocation_return_value(invocation, g_variant_new("(i)", status));
}

/* The call would keep its connection's descriptor for as long as the application runs. */
static void handle_waiter_gone(
	GDBusConnection *connection, gboolean vanished, GError *reason, void *data)
{
	struct waiting *waiting = data;
	GDBusMethodInvocation *invocation = waiting->invocation;

	(void)connection;
	(void)vanished;
	(void)reason;
	hc_vm_forget_waiter(waiting->vm, waiting);
	end_wait(waiting);
	hc_dbus_call_abandon(invocation);
}

static void wait_for_end(struct hc_vm *vm, guint launch, GDBusMethodInvocation *invocation)
{
	GDBusConnection *connection = g_dbus_method_invocation_get_connection(invocation);
	struct waiting *waiting;

	if (g_dbus_connection_is_closed(connection)) {
		hc_dbus_call_abandon(invocation);
		return;
	}
	waiting = g_new0(struct waiting, 1);
	waiting->vm = vm;
	waiting->invocation = invocation;
	waiting->closed_handler =
		g_signal_connect(connection, "closed", G_CALLBACK(handle_waiter_gone), waiting);
	hc_vm_wait(vm, launch, handle_ended, waiting);
}

static gboolean handle_wait(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation,
	const char *name, guint launch, void *data)
{
	struct hc_vm *vm = hc_dbus_call_find_vm(invocation, *(struct hc_broker **)data, name);

	(void)skeleton;
	if (vm)
		wait_for_end(vm, launch, invocation);
	return TRUE;
}

void hc_dbus_wait_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker)
{
	g_signal_connect(skeleton, "handle-wait", G_CALLBACK(handle_wait), broker);
}

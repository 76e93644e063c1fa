#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-windows.h"

#include <gio/gunixfdlist.h>

#include "dbus-call.h"
#include "gathering.h"

/* A VM that does not answer is left out: it must not hide the others. */
static void handle_rows(void *data, const struct hc_answer *answer, const GError *error)
{
	struct hc_gathering *gathering = data;

	if (error)
		g_message("%s", error->message);
	for (guint i = 0; answer && i < answer->rows->len; i++)
		g_ptr_array_add(gathering->rows, g_variant_ref(g_ptr_array_index(answer->rows, i)));
	hc_gathering_release(gathering);
}

/* Of all VMs. */
static void gather_windows(struct hc_broker *broker, GDBusMethodInvocation *invocation,
	void (*finish)(struct hc_gathering *gathering))
{
	struct hc_gathering *gathering = hc_gathering_create(broker, invocation, finish);
	const GPtrArray *vms = hc_broker_vms(broker);

	for (guint i = 0; i < vms->len; i++) {
		hc_gathering_hold(gathering);
		hc_vm_ask(g_ptr_array_index(vms, i), hc_broker_now(), HC_REQUEST_WINDOWS, 0,
			handle_rows, gathering);
	}
	hc_gathering_release(gathering);
}

static void finish_windows(struct hc_gathering *gathering)
{
	g_dbus_method_invocation_return_value(
		gathering->invocation, g_variant_new("(@aa{sv})", hc_gathering_rows(gathering)));
}

static gboolean handle_list_windows(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, void *data)
{
	(void)skeleton;
	gather_windows(*(struct hc_broker **)data, invocation, finish_windows);
	return TRUE;
}

/* Pictures */

static void handle_screenshot_taken(void *data, const struct hc_answer *answer, const GError *error)
{
	GDBusMethodInvocation *invocation = data;
	g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
	g_autoptr(GError) append_error = NULL;

	if (error) {
		hc_dbus_call_fail(invocation, error);
		return;
	}
	if (g_unix_fd_list_append(fds, answer->fd, &append_error) < 0) {
		hc_dbus_call_fail(invocation, append_error);
		return;
	}
	g_dbus_method_invocation_return_value_with_unix_fd_list(invocation,
		g_variant_new("(huuu)", 0, answer->screenshot.width, answer->screenshot.height,
			answer->screenshot.stride),
		fds);
}

static bool row_has(GVariant *row, const char *key, guint64 xid)
{
	guint64 value;

	return g_variant_lookup(row, key, "t", &value) && value == xid;
}

/* The row of the window that has this id on the primary's X server. NULL: none. */
static GVariant *find_row(const GPtrArray *rows, guint64 xid)
{
	for (guint i = 0; i < rows->len; i++) {
		GVariant *row = g_ptr_array_index(rows, i);

		if (row_has(row, "content_xid", xid) || row_has(row, "toplevel_xid", xid))
			return row;
	}
	return NULL;
}

static void ask_screenshot(struct hc_vm *vm, guint32 window, GDBusMethodInvocation *invocation)
{
	hc_vm_ask(vm, hc_broker_now(), HC_REQUEST_SCREENSHOT, window, handle_screenshot_taken,
		invocation);
}

static void finish_screenshot(struct hc_gathering *gathering)
{
	GVariant *parameters = g_dbus_method_invocation_get_parameters(gathering->invocation);
	g_autoptr(GError) error = NULL;
	const char *target = "";
	const char *name = "";
	guint32 window = 0;
	GVariant *row;
	struct hc_vm *vm;

	g_variant_get(parameters, "(&s)", &target);
	row = find_row(gathering->rows, g_ascii_strtoull(target, NULL, 0));
	if (!row) {
		g_set_error(&error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"no VM has a window %s: 'oriel windows' lists them", target);
		hc_dbus_call_fail(gathering->invocation, error);
		return;
	}
	g_variant_lookup(row, "vm", "&s", &name);
	g_variant_lookup(row, "window", "u", &window);
	vm = hc_broker_find(gathering->broker, name, &error);
	if (vm)
		ask_screenshot(vm, window, gathering->invocation);
	else
		hc_dbus_call_fail(gathering->invocation, error);
}

/* target: a VM's name, or the id of a window on the primary's X server. */
static gboolean handle_screenshot(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation,
	GUnixFDList *fds, const char *target, void *data)
{
	struct hc_broker *broker = *(struct hc_broker **)data;
	char *end = NULL;
	struct hc_vm *vm;

	(void)skeleton;
	(void)fds;
	g_ascii_strtoull(target, &end, 0);
	if (g_ascii_isdigit(*target) && !*end && !hc_broker_find(broker, target, NULL)) {
		gather_windows(broker, invocation, finish_screenshot);
		return TRUE;
	}
	vm = hc_dbus_call_find_vm(invocation, broker, target);
	if (vm)
		ask_screenshot(vm, 0, invocation);
	return TRUE;
}

void hc_dbus_windows_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker)
{
	g_signal_connect(skeleton, "handle-list-windows", G_CALLBACK(handle_list_windows), broker);
	g_signal_connect(skeleton, "handle-screenshot", G_CALLBACK(handle_screenshot), broker);
}

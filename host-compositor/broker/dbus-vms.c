#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-vms.h"

#include "dbus-call.h"
#include "gathering.h"
#include "rows.h"

/* Lists */

/* A VM's row of a list, until its view has told the figures. */
struct part {
	struct hc_gathering *gathering;
	struct hc_vm *vm;
	guint index; /* of its row */
};

static GVariant *make_vm_row(
	struct hc_broker *broker, const struct hc_vm *vm, const struct hc_answer *answer)
{
	struct hc_row_vm row = {
		.config = hc_vm_config(vm),
		.state = hv_state_name(hc_vm_state(vm)),
		.reason = hc_vm_reason(vm),
		.connected = hc_vm_connected(vm),
		.view_pid = hc_vm_view_pid(vm),
	};
	GVariant *variant;

	if (answer)
		row.stats = answer->stats;
	hc_broker_status(broker, vm, &row.status);
	variant = g_variant_ref_sink(hc_row_vm(&row));
	hv_vm_status_clear(&row.status);
	return variant;
}

static void handle_stats(void *data, const struct hc_answer *answer, const GError *error)
{
	g_autofree struct part *part = data;
	GPtrArray *rows = part->gathering->rows;

	if (error)
		g_message("%s", error->message);
	rows->pdata[part->index] = make_vm_row(part->gathering->broker, part->vm, answer);
	hc_gathering_release(part->gathering);
}

static void gather_vm(struct hc_gathering *gathering, struct hc_vm *vm)
{
	struct part *part = g_new0(struct part, 1);

	part->gathering = gathering;
	part->vm = vm;
	part->index = gathering->rows->len;
	g_ptr_array_add(gathering->rows, NULL);
	hc_gathering_hold(gathering);
	hc_vm_ask(vm, hc_broker_now(), HC_REQUEST_STATS, 0, handle_stats, part);
}

static void finish_vms(struct hc_gathering *gathering)
{
	const GPtrArray *errors = hc_broker_errors(gathering->broker);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) lines = NULL;

	for (guint i = 0; i < errors->len; i++)
		g_strv_builder_add(builder, g_ptr_array_index(errors, i));
	lines = g_strv_builder_end(builder);
	g_dbus_method_invocation_return_value(gathering->invocation,
		g_variant_new("(@aa{sv}^as)", hc_gathering_rows(gathering), lines));
}

static gboolean handle_list_vms(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, void *data)
{
	struct hc_broker *broker = *(struct hc_broker **)data;
	struct hc_gathering *gathering = hc_gathering_create(broker, invocation, finish_vms);
	const GPtrArray *vms;

	(void)skeleton;
	hc_broker_reload(broker);
	vms = hc_broker_vms(broker);
	for (guint i = 0; i < vms->len; i++)
		gather_vm(gathering, g_ptr_array_index(vms, i));
	hc_gathering_release(gathering);
	return TRUE;
}

static void finish_vm(struct hc_gathering *gathering)
{
	g_dbus_method_invocation_return_value(gathering->invocation,
		g_variant_new("(@a{sv})", g_ptr_array_index(gathering->rows, 0)));
}

static gboolean handle_show_vm(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	struct hc_broker *broker = *(struct hc_broker **)data;
	struct hc_vm *vm = hc_dbus_call_find_vm(invocation, broker, name);
	struct hc_gathering *gathering;

	(void)skeleton;
	if (!vm)
		return TRUE;
	gathering = hc_gathering_create(broker, invocation, finish_vm);
	gather_vm(gathering, vm);
	hc_gathering_release(gathering);
	return TRUE;
}

/* What is done to a VM */

static void handle_done(void *data, const GError *error)
{
	hc_dbus_call_finish(data, error);
}

static gboolean handle_start_vm(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	struct hc_vm *vm = hc_dbus_call_find_vm(invocation, *(struct hc_broker **)data, name);

	(void)skeleton;
	if (vm)
		hc_vm_start(vm, hc_broker_now(), handle_done, invocation);
	return TRUE;
}

static gboolean handle_stop_vm(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	struct hc_vm *vm = hc_dbus_call_find_vm(invocation, *(struct hc_broker **)data, name);

	(void)skeleton;
	if (vm)
		hc_vm_stop(vm, hc_broker_now(), handle_done, invocation);
	return TRUE;
}

static gboolean handle_create_vm(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	struct hc_vm *vm = hc_dbus_call_find_vm(invocation, *(struct hc_broker **)data, name);

	(void)skeleton;
	if (vm)
		hc_vm_boot(vm, hc_broker_now(), handle_done, invocation);
	return TRUE;
}

static gboolean act(struct hc_broker **broker, GDBusMethodInvocation *invocation, const char *name,
	enum hv_action action, const char *file)
{
	struct hc_vm *vm = hc_dbus_call_find_vm(invocation, *broker, name);

	if (vm)
		hc_broker_act(*broker, vm, action, file, handle_done, invocation);
	return TRUE;
}

static gboolean handle_destroy_vm(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	(void)skeleton;
	return act(data, invocation, name, HV_ACTION_DESTROY, NULL);
}

static gboolean handle_pause_vm(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	(void)skeleton;
	return act(data, invocation, name, HV_ACTION_PAUSE, NULL);
}

static gboolean handle_resume_vm(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	(void)skeleton;
	return act(data, invocation, name, HV_ACTION_RESUME, NULL);
}

/* A relative path would be one of this program's directory. */
static bool check_file(GDBusMethodInvocation *invocation, const char *file)
{
	g_autoptr(GError) error = NULL;

	if (g_path_is_absolute(file))
		return true;
	g_set_error(&error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME,
		"the file '%s' is no absolute path", file);
	hc_dbus_call_fail(invocation, error);
	return false;
}

static gboolean handle_save_vm(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation,
	const char *name, const char *file, void *data)
{
	(void)skeleton;
	if (check_file(invocation, file))
		act(data, invocation, name, HV_ACTION_SAVE, file);
	return TRUE;
}

static gboolean handle_restore_vm(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation,
	const char *name, const char *file, void *data)
{
	struct hc_vm *vm = NULL;

	(void)skeleton;
	if (check_file(invocation, file))
		vm = hc_dbus_call_find_vm(invocation, *(struct hc_broker **)data, name);
	if (vm)
		hc_vm_restore(vm, hc_broker_now(), file, handle_done, invocation);
	return TRUE;
}

void hc_dbus_vms_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker)
{
	static const struct {
		const char *signal;
		GCallback handler;
	} handlers[] = {
		{ "handle-list-vms", G_CALLBACK(handle_list_vms) },
		{ "handle-show-vm", G_CALLBACK(handle_show_vm) },
		{ "handle-start-vm", G_CALLBACK(handle_start_vm) },
		{ "handle-stop-vm", G_CALLBACK(handle_stop_vm) },
		{ "handle-create-vm", G_CALLBACK(handle_create_vm) },
		{ "handle-destroy-vm", G_CALLBACK(handle_destroy_vm) },
		{ "handle-pause-vm", G_CALLBACK(handle_pause_vm) },
		{ "handle-resume-vm", G_CALLBACK(handle_resume_vm) },
		{ "handle-save-vm", G_CALLBACK(handle_save_vm) },
		{ "handle-restore-vm", G_CALLBACK(handle_restore_vm) },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(handlers); i++)
		g_signal_connect(skeleton, handlers[i].signal, handlers[i].handler, broker);
}

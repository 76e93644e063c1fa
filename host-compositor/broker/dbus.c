#define G_LOG_DOMAIN "hc-dbus"

#include "dbus.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#include "broker-interface.h"
#include "dbus-clip.h"
#include "dbus-copies.h"
#include "dbus-launch.h"
#include "dbus-login.h"
#include "dbus-menu.h"
#include "dbus-policy.h"
#include "dbus-session.h"
#include "dbus-socket.h"
#include "rows.h"

#define OBJECT_PATH "/io/oriel/Broker1"

/* Programs that are connected at one time; each takes descriptors. */
enum { CONNECTIONS_MAX = 256 };

struct hc_dbus {
	const struct hc_dbus_listener *listener;
	void *data;
	struct hc_broker *broker;
	struct hc_dbus_socket *socket;
	HcDbusBroker1 *skeleton;
	GPtrArray *connections;
	struct hc_dbus_session *session; /* bus */
};

static void fail_call(GDBusMethodInvocation *invocation, const GError *error)
{
	g_dbus_method_invocation_return_dbus_error(
		invocation, HC_DBUS_ERROR_FAILED, error->message);
}

/* The VM of that name, or NULL once the call has been answered with an error. */
static struct hc_vm *find_vm(
	struct hc_dbus *dbus, GDBusMethodInvocation *invocation, const char *name)
{
	g_autoptr(GError) error = NULL;
	struct hc_vm *vm;

	hc_broker_reload(dbus->broker);
	vm = hc_broker_find(dbus->broker, name, &error);
	if (!vm)
		fail_call(invocation, error);
	return vm;
}

/* A call that is answered when several VMs have answered. */
struct gathering {
	struct hc_dbus *dbus;
	GDBusMethodInvocation *invocation;
	guint left;
	guint parts; /* asked for so far */
	GPtrArray *rows; /* of GVariant a{sv} */
	uint64_t xid; /* of the window to be found, for screenshots */
	void (*finish)(struct gathering *gathering);
};

/* One VM's part of it. */
struct part {
	struct gathering *gathering;
	struct hc_vm *vm;
	guint index; /* of its row, for lists of VMs */
};

static struct gathering *gathering_create(struct hc_dbus *dbus, GDBusMethodInvocation *invocation,
	void (*finish)(struct gathering *gathering))
{
	struct gathering *gathering = g_new0(struct gathering, 1);

	gathering->dbus = dbus;
	gathering->invocation = invocation;
	gathering->left = 1;
	gathering->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
	gathering->finish = finish;
	return gathering;
}

/* One part less to wait for; the one that asks for the parts counts as a part. */
static void gathering_release(struct gathering *gathering)
{
	if (--gathering->left > 0)
		return;
	gathering->finish(gathering);
	g_ptr_array_unref(gathering->rows);
	g_free(gathering);
}

static GVariant *gathered_rows(const struct gathering *gathering)
{
	return g_variant_new_array(G_VARIANT_TYPE_VARDICT,
		(GVariant *const *)gathering->rows->pdata, gathering->rows->len);
}

static void gather(struct gathering *gathering, struct hc_vm *vm, enum hc_request_kind kind,
	void (*done)(void *data, const struct hc_answer *answer, const GError *error))
{
	struct part *part = g_new0(struct part, 1);

	part->gathering = gathering;
	part->vm = vm;
	part->index = gathering->parts++;
	gathering->left++;
	hc_vm_ask(vm, hc_broker_now(), kind, 0, done, part);
}

/* A VM that does not answer is left out: it must not hide the others. */
static void handle_rows(void *data, const struct hc_answer *answer, const GError *error)
{
	g_autofree struct part *part = data;

	if (error)
		g_message("%s", error->message);
	for (guint i = 0; answer && i < answer->rows->len; i++)
		g_ptr_array_add(
			part->gathering->rows, g_variant_ref(g_ptr_array_index(answer->rows, i)));
	gathering_release(part->gathering);
}

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

static void handle_vm_stats(void *data, const struct hc_answer *answer, const GError *error)
{
	g_autofree struct part *part = data;
	GVariant *row = make_vm_row(part->gathering->dbus->broker, part->vm, answer);
	GVariant **place = (GVariant **)&g_ptr_array_index(part->gathering->rows, part->index);

	if (error)
		g_message("%s", error->message);
	g_clear_pointer(place, g_variant_unref);
	*place = row;
	gathering_release(part->gathering);
}

static void finish_vms(struct gathering *gathering)
{
	const GPtrArray *errors = hc_broker_errors(gathering->dbus->broker);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) lines = NULL;

	for (guint i = 0; i < errors->len; i++)
		g_strv_builder_add(builder, g_ptr_array_index(errors, i));
	lines = g_strv_builder_end(builder);
	hc_dbus_broker1_complete_list_vms(gathering->dbus->skeleton, gathering->invocation,
		gathered_rows(gathering), (const char *const *)lines);
}

static gboolean handle_list_vms(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, void *data)
{
	struct hc_dbus *dbus = data;
	struct gathering *gathering = gathering_create(dbus, invocation, finish_vms);
	const GPtrArray *vms;

	(void)skeleton;
	hc_broker_reload(dbus->broker);
	vms = hc_broker_vms(dbus->broker);
	g_ptr_array_set_size(gathering->rows, (gint)vms->len);
	for (guint i = 0; i < vms->len; i++)
		gather(gathering, g_ptr_array_index(vms, i), HC_REQUEST_STATS, handle_vm_stats);
	gathering_release(gathering);
	return TRUE;
}

static void finish_vm(struct gathering *gathering)
{
	hc_dbus_broker1_complete_show_vm(gathering->dbus->skeleton, gathering->invocation,
		g_ptr_array_index(gathering->rows, 0));
}

static gboolean handle_show_vm(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	struct hc_dbus *dbus = data;
	struct hc_vm *vm = find_vm(dbus, invocation, name);
	struct gathering *gathering;

	(void)skeleton;
	if (!vm)
		return TRUE;
	gathering = gathering_create(dbus, invocation, finish_vm);
	g_ptr_array_set_size(gathering->rows, 1);
	gather(gathering, vm, HC_REQUEST_STATS, handle_vm_stats);
	gathering_release(gathering);
	return TRUE;
}

static gboolean handle_show_primary(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, void *data)
{
	struct hc_dbus *dbus = data;
	struct hv_primary_usage usage;
	GVariant *row = hc_broker_primary_usage(dbus->broker, &usage)
				? hc_row_primary(&usage)
				: g_variant_new("a{sv}", NULL);

	hc_dbus_broker1_complete_show_primary(skeleton, invocation, row);
	return TRUE;
}

static gboolean handle_show_desk(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, void *data)
{
	struct hc_dbus *dbus = data;
	struct hv_process_usage usage;
	int32_t pid = hc_broker_desk_usage(dbus->broker, &usage);

	hc_dbus_broker1_complete_show_desk(skeleton, invocation,
		pid > 0 ? hc_row_desk(pid, &usage) : g_variant_new("a{sv}", NULL));
	return TRUE;
}

static gboolean handle_offer_display(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation,
	const char *display, const char *xauthority, void *data)
{
	struct hc_dbus *dbus = data;

	hc_broker_offer_display(dbus->broker, display, xauthority);
	/* A desktop may have come. */
	hc_session_bus_connect(hc_broker_session_bus(dbus->broker));
	hc_dbus_broker1_complete_offer_display(skeleton, invocation);
	return TRUE;
}

/* Answers a call that returns nothing. */
static void handle_done(void *data, const GError *error)
{
	GDBusMethodInvocation *invocation = data;

	if (error)
		fail_call(invocation, error);
	else
		g_dbus_method_invocation_return_value(invocation, NULL);
}

static gboolean handle_start_vm(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	struct hc_vm *vm = find_vm(data, invocation, name);

	(void)skeleton;
	if (vm)
		hc_vm_start(vm, hc_broker_now(), handle_done, invocation);
	return TRUE;
}

static gboolean handle_stop_vm(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	struct hc_vm *vm = find_vm(data, invocation, name);

	(void)skeleton;
	if (vm)
		hc_vm_stop(vm, hc_broker_now(), handle_done, invocation);
	return TRUE;
}

static gboolean handle_create_vm(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	struct hc_vm *vm = find_vm(data, invocation, name);

	(void)skeleton;
	if (vm)
		hc_vm_boot(vm, hc_broker_now(), handle_done, invocation);
	return TRUE;
}

static gboolean act(struct hc_dbus *dbus, GDBusMethodInvocation *invocation, const char *name,
	enum hv_action action, const char *file)
{
	struct hc_vm *vm = find_vm(dbus, invocation, name);

	if (vm)
		hc_broker_act(dbus->broker, vm, action, file, handle_done, invocation);
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
	fail_call(invocation, error);
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
		vm = find_vm(data, invocation, name);
	if (vm)
		hc_vm_restore(vm, hc_broker_now(), file, handle_done, invocation);
	return TRUE;
}

static void gather_all(struct gathering *gathering, enum hc_request_kind kind)
{
	const GPtrArray *vms = hc_broker_vms(gathering->dbus->broker);

	for (guint i = 0; i < vms->len; i++)
		gather(gathering, g_ptr_array_index(vms, i), kind, handle_rows);
}

static void finish_windows(struct gathering *gathering)
{
	hc_dbus_broker1_complete_list_windows(
		gathering->dbus->skeleton, gathering->invocation, gathered_rows(gathering));
}

static gboolean handle_list_windows(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, void *data)
{
	struct gathering *gathering = gathering_create(data, invocation, finish_windows);

	(void)skeleton;
	gather_all(gathering, HC_REQUEST_WINDOWS);
	gathering_release(gathering);
	return TRUE;
}

static void handle_screenshot_taken(void *data, const struct hc_answer *answer, const GError *error)
{
	GDBusMethodInvocation *invocation = data;
	g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
	g_autoptr(GError) append_error = NULL;

	if (error) {
		fail_call(invocation, error);
		return;
	}
	if (g_unix_fd_list_append(fds, answer->fd, &append_error) < 0) {
		fail_call(invocation, append_error);
		return;
	}
	g_dbus_method_invocation_return_value_with_unix_fd_list(invocation,
		g_variant_new("(huuu)", 0, answer->screenshot.width, answer->screenshot.height,
			answer->screenshot.stride),
		fds);
}

static uint64_t row_number(GVariant *row, const char *key)
{
	guint64 number = 0;

	g_variant_lookup(row, key, "t", &number);
	return number;
}

static void finish_screenshot(struct gathering *gathering)
{
	g_autoptr(GError) error = NULL;
	const char *target = "";

	for (guint i = 0; i < gathering->rows->len; i++) {
		GVariant *row = g_ptr_array_index(gathering->rows, i);
		const char *name = "";
		guint32 window = 0;
		struct hc_vm *vm;

		if (row_number(row, "content_xid") != gathering->xid &&
			row_number(row, "toplevel_xid") != gathering->xid)
			continue;
		g_variant_lookup(row, "vm", "&s", &name);
		g_variant_lookup(row, "window", "u", &window);
		vm = hc_broker_find(gathering->dbus->broker, name, &error);
		if (vm)
			hc_vm_ask(vm, hc_broker_now(), HC_REQUEST_SCREENSHOT, window,
				handle_screenshot_taken, gathering->invocation);
		else
			fail_call(gathering->invocation, error);
		return;
	}
	g_variant_get(
		g_dbus_method_invocation_get_parameters(gathering->invocation), "(&s)", &target);
	g_set_error(&error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
		"no VM has a window %s: 'oriel windows' lists them", target);
	fail_call(gathering->invocation, error);
}

static gboolean handle_screenshot(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation,
	GUnixFDList *fds, const char *target, void *data)
{
	struct hc_dbus *dbus = data;
	char *end = NULL;
	guint64 xid = g_ascii_strtoull(target, &end, 0);
	struct gathering *gathering;
	struct hc_vm *vm;

	(void)skeleton;
	(void)fds;
	if (!g_ascii_isdigit(*target) || *end || hc_broker_find(dbus->broker, target, NULL)) {
		vm = find_vm(dbus, invocation, target);
		if (vm)
			hc_vm_ask(vm, hc_broker_now(), HC_REQUEST_SCREENSHOT, 0,
				handle_screenshot_taken, invocation);
		return TRUE;
	}
	gathering = gathering_create(dbus, invocation, finish_screenshot);
	gathering->xid = xid;
	gather_all(gathering, HC_REQUEST_WINDOWS);
	gathering_release(gathering);
	return TRUE;
}

struct quitting {
	struct hc_dbus *dbus;
	GDBusMethodInvocation *invocation;
};

static void handle_all_stopped(void *data)
{
	g_autofree struct quitting *quitting = data;

	g_dbus_method_invocation_return_value(quitting->invocation, NULL);
	quitting->dbus->listener->quit(quitting->dbus->data);
}

static gboolean handle_quit(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, void *data)
{
	struct quitting *quitting = g_new0(struct quitting, 1);

	(void)skeleton;
	quitting->dbus = data;
	quitting->invocation = invocation;
	hc_broker_stop_all(quitting->dbus->broker, handle_all_stopped, quitting);
	return TRUE;
}

static void handle_connection_closed(
	GDBusConnection *connection, gboolean vanished, GError *error, void *data)
{
	struct hc_dbus *dbus = data;

	(void)vanished;
	(void)error;
	g_dbus_interface_skeleton_unexport_from_connection(
		G_DBUS_INTERFACE_SKELETON(dbus->skeleton), connection);
	g_ptr_array_remove_fast(dbus->connections, connection);
}

static gboolean handle_connected(void *data, GDBusConnection *connection)
{
	struct hc_dbus *dbus = data;
	g_autoptr(GError) error = NULL;

	if (dbus->connections->len >= CONNECTIONS_MAX) {
		g_warning("a connection is refused: there are %d already", CONNECTIONS_MAX);
		return FALSE;
	}
	if (!g_dbus_interface_skeleton_export(
		    G_DBUS_INTERFACE_SKELETON(dbus->skeleton), connection, OBJECT_PATH, &error)) {
		g_warning("a connection is refused: %s", error->message);
		return FALSE;
	}
	g_ptr_array_add(dbus->connections, g_object_ref(connection));
	g_signal_connect(connection, "closed", G_CALLBACK(handle_connection_closed), dbus);
	return TRUE;
}

static void connect_handlers(struct hc_dbus *dbus)
{
	static const struct {
		const char *signal;
		GCallback handler;
	} handlers[] = {
		{ "handle-list-vms", G_CALLBACK(handle_list_vms) },
		{ "handle-show-vm", G_CALLBACK(handle_show_vm) },
		{ "handle-show-primary", G_CALLBACK(handle_show_primary) },
		{ "handle-show-desk", G_CALLBACK(handle_show_desk) },
		{ "handle-offer-display", G_CALLBACK(handle_offer_display) },
		{ "handle-start-vm", G_CALLBACK(handle_start_vm) },
		{ "handle-stop-vm", G_CALLBACK(handle_stop_vm) },
		{ "handle-create-vm", G_CALLBACK(handle_create_vm) },
		{ "handle-destroy-vm", G_CALLBACK(handle_destroy_vm) },
		{ "handle-pause-vm", G_CALLBACK(handle_pause_vm) },
		{ "handle-resume-vm", G_CALLBACK(handle_resume_vm) },
		{ "handle-save-vm", G_CALLBACK(handle_save_vm) },
		{ "handle-restore-vm", G_CALLBACK(handle_restore_vm) },
		{ "handle-list-windows", G_CALLBACK(handle_list_windows) },
		{ "handle-screenshot", G_CALLBACK(handle_screenshot) },
		{ "handle-quit", G_CALLBACK(handle_quit) },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(handlers); i++)
		g_signal_connect(dbus->skeleton, handlers[i].signal, handlers[i].handler, dbus);
	hc_dbus_clip_connect(dbus->skeleton, &dbus->broker);
	hc_dbus_copies_connect(dbus->skeleton, &dbus->broker);
	hc_dbus_launch_connect(dbus->skeleton, &dbus->broker);
	hc_dbus_login_connect(dbus->skeleton, &dbus->broker);
	hc_dbus_menu_connect(dbus->skeleton, &dbus->broker);
	hc_dbus_policy_connect(dbus->skeleton, &dbus->broker);
}

static const struct hc_dbus_socket_listener socket_listener = { .connected = handle_connected };

struct hc_dbus *hc_dbus_create(int socket_fd, const char *socket_path,
	const struct hc_dbus_listener *listener, void *data, GError **error)
{
	struct hc_dbus *dbus = g_new0(struct hc_dbus, 1);

	dbus->listener = listener;
	dbus->data = data;
	dbus->connections = g_ptr_array_new_with_free_func(g_object_unref);
	dbus->skeleton = hc_dbus_broker1_skeleton_new();
	hc_dbus_broker1_set_version(dbus->skeleton, ORIEL_VERSION);
	connect_handlers(dbus);
	dbus->socket = hc_dbus_socket_create(socket_fd, socket_path, &socket_listener, dbus, error);
	if (dbus->socket)
		return dbus;
	hc_dbus_destroy(dbus);
	return NULL;
}

void hc_dbus_serve(struct hc_dbus *dbus, struct hc_broker *broker)
{
	dbus->broker = broker;
	dbus->session = hc_dbus_session_create(hc_broker_session_bus(broker),
		G_DBUS_INTERFACE_SKELETON(dbus->skeleton), OBJECT_PATH);
	hc_dbus_socket_serve(dbus->socket);
}

void hc_dbus_destroy(struct hc_dbus *dbus)
{
	if (!dbus)
		return;
	hc_dbus_socket_destroy(dbus->socket);
	for (guint i = 0; i < dbus->connections->len; i++) {
		GDBusConnection *connection = g_ptr_array_index(dbus->connections, i);

		g_signal_handlers_disconnect_by_data(connection, dbus);
		g_dbus_interface_skeleton_unexport_from_connection(
			G_DBUS_INTERFACE_SKELETON(dbus->skeleton), connection);
		g_dbus_connection_flush_sync(connection, NULL, NULL);
	}
	hc_dbus_session_destroy(dbus->session);
	g_ptr_array_unref(dbus->connections);
	g_object_unref(dbus->skeleton);
	g_free(dbus);
}

void hc_dbus_emit_vm_changed(struct hc_dbus *dbus, const struct hc_vm *vm)
{
	hc_dbus_broker1_emit_vmchanged(dbus->skeleton, hc_vm_config(vm)->name,
		hv_state_name(hc_vm_state(vm)), hc_vm_reason(vm));
}

void hc_dbus_emit_applications_changed(struct hc_dbus *dbus, const struct hc_vm *vm)
{
	hc_dbus_broker1_emit_applications_changed(dbus->skeleton, hc_vm_config(vm)->name);
}

void hc_dbus_emit_windows_changed(struct hc_dbus *dbus, const struct hc_vm *vm)
{
	hc_dbus_broker1_emit_windows_changed(dbus->skeleton, hc_vm_config(vm)->name);
}

#define G_LOG_DOMAIN "hc-dbus"

#include "dbus.h"

#include <gio/gio.h>

#include "broker-interface.h"
#include "dbus-clip.h"
#include "dbus-copies.h"
#include "dbus-launch.h"
#include "dbus-login.h"
#include "dbus-menu.h"
#include "dbus-policy.h"
#include "dbus-session.h"
#include "dbus-socket.h"
#include "dbus-vms.h"
#include "dbus-wait.h"
#include "dbus-windows.h"
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
		{ "handle-show-primary", G_CALLBACK(handle_show_primary) },
		{ "handle-show-desk", G_CALLBACK(handle_show_desk) },
		{ "handle-offer-display", G_CALLBACK(handle_offer_display) },
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
	hc_dbus_vms_connect(dbus->skeleton, &dbus->broker);
	hc_dbus_wait_connect(dbus->skeleton, &dbus->broker);
	hc_dbus_windows_connect(dbus->skeleton, &dbus->broker);
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

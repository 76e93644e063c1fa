#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-copies.h"

#include <string.h>

#include <gio/gio.h>

#include "copies.h"
#include "dbus-call.h"

#define INTERFACE "io.oriel.Broker1"
#define COPIES_KEY "oriel-copies" /* of a connection: its copies by their id */

/* A copy that a connection has asked for, until that has been told its end. */
struct copying {
	struct hc_broker *broker;
	GDBusConnection *connection; /* which holds this */
	char *sender; /* on a bus, which many share; NULL peer to peer */
	guint watch; /* of the sender's name; 0 none */
	char *path;
	uint32_t id;
	GDBusMethodInvocation *waiting; /* a call of WaitCopy, or NULL */
	bool asked; /* the user, and no call of WaitCopy has been told yet */
	bool ended;
	GVariant *result; /* once it has ended well */
	GError *error;
};

/* The caller has left, or been told: a copy that goes on is given up. */
static void copying_free(void *data)
{
	struct copying *copying = data;

	if (!copying->ended) {
		copying->connection = NULL;
		hc_copies_cancel(hc_broker_copies(copying->broker), copying->id);
	}
	if (copying->waiting)
		hc_dbus_call_abandon(copying->waiting);
	g_clear_pointer(&copying->result, g_variant_unref);
	g_clear_error(&copying->error);
	if (copying->watch != 0)
		g_bus_unwatch_name(copying->watch);
	g_free(copying->sender);
	g_free(copying->path);
	g_free(copying);
}

static void handle_closed(GDBusConnection *connection, gboolean vanished, GError *error, void *data)
{
	(void)vanished;
	(void)error;
	(void)data;
	g_object_set_data(G_OBJECT(connection), COPIES_KEY, NULL);
}

/* Of the connection; made if need be. */
static GHashTable *copies_of(GDBusConnection *connection)
{
	GHashTable *copies = g_object_get_data(G_OBJECT(connection), COPIES_KEY);

	if (copies)
		return copies;
	copies = g_hash_table_new_full(NULL, NULL, NULL, copying_free);
	g_object_set_data_full(
		G_OBJECT(connection), COPIES_KEY, copies, (GDestroyNotify)g_hash_table_unref);
	g_signal_connect(connection, "closed", G_CALLBACK(handle_closed), NULL);
	return copies;
}

static struct copying *find_copying(GDBusMethodInvocation *invocation, guint id)
{
	GDBusConnection *connection = g_dbus_method_invocation_get_connection(invocation);
	struct copying *copying = g_hash_table_lookup(copies_of(connection), GUINT_TO_POINTER(id));
	g_autoptr(GError) error = NULL;

	if (copying &&
		g_strcmp0(copying->sender, g_dbus_method_invocation_get_sender(invocation)) == 0)
		return copying;
	g_set_error(&error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
		"this connection has begun no copy %u that has not been waited for", id);
	hc_dbus_call_refuse(invocation, error);
	return NULL;
}

/* Tells the caller that waits, if it does. */
static void answer(struct copying *copying)
{
	GDBusMethodInvocation *waiting = g_steal_pointer(&copying->waiting);

	if (!waiting)
		return;
	if (copying->error)
		hc_dbus_call_refuse(waiting, copying->error);
	else
		g_dbus_method_invocation_return_value(waiting, copying->result);
	g_hash_table_remove(copies_of(copying->connection), GUINT_TO_POINTER(copying->id));
}

static void emit(const struct copying *copying, const char *signal, GVariant *parameters)
{
	g_dbus_connection_emit_signal(copying->connection, copying->sender, copying->path,
		INTERFACE, signal, parameters, NULL);
}

static void handle_progress(void *data, uint32_t copy, uint64_t bytes, uint64_t total)
{
	const struct copying *copying = data;

	emit(copying, "CopyProgressed", g_variant_new("(utt)", copy, bytes, total));
}

/* A caller that does not wait yet may not listen yet. */
static void tell_asked(struct copying *copying)
{
	if (!copying->asked || !copying->waiting)
		return;
	copying->asked = false;
	emit(copying, "Asked", NULL);
}

static void handle_asked(void *data)
{
	struct copying *copying = data;

	copying->asked = true;
	tell_asked(copying);
}

static GVariant *make_result(const struct hc_copy_result *result)
{
	GVariantBuilder paths;

	g_variant_builder_init(&paths, G_VARIANT_TYPE_BYTESTRING_ARRAY);
	for (size_t i = 0; result->paths[i]; i++)
		g_variant_builder_add(&paths, "^ay", result->paths[i]);
	return g_variant_ref_sink(g_variant_new("(aaytt)", &paths, result->bytes, result->skipped));
}

static void handle_ended(
	void *data, uint32_t copy, const struct hc_copy_result *result, const GError *error)
{
	struct copying *copying = data;

	(void)copy;
	copying->ended = true;
	copying->asked = false;
	if (!copying->connection)
		return;
	if (error)
		copying->error = g_error_copy(error);
	else
		copying->result = make_result(result);
	answer(copying);
}

static void handle_vanished(GDBusConnection *connection, const char *name, gpointer data)
{
	const struct copying *copying = data;

	(void)name;
	g_hash_table_remove(copies_of(connection), GUINT_TO_POINTER(copying->id));
}

/* On a bus a caller leaves by its name, not by the connection. */
static void watch_sender(struct copying *copying, const char *sender)
{
	copying->sender = g_strdup(sender);
	if (sender)
		copying->watch = g_bus_watch_name_on_connection(copying->connection, sender,
			G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, handle_vanished, copying, NULL);
}

static const struct hc_copy_listener copy_listener = {
	.progress = handle_progress,
	.asked = handle_asked,
	.ended = handle_ended,
};

static const char *vm_or_primary(const char *name)
{
	return strcmp(name, HV_POLICY_PRIMARY_NAME) == 0 ? NULL : name;
}

/* What a relative path means is the caller's to know. */
static bool check_paths(
	const char *from, const char *const *paths, const char *directory, GError **error)
{
	const char *relative = *directory && !g_path_is_absolute(directory) ? directory : NULL;

	for (size_t i = 0; paths[i] && !relative && !from; i++)
		if (!g_path_is_absolute(paths[i]))
			relative = paths[i];
	if (!relative)
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME, "'%s' is no absolute path",
		relative);
	return false;
}

static gboolean handle_copy_files(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation,
	const char *from, const char *const *paths, const char *to, const char *directory,
	void *data)
{
	struct hc_broker *broker = *(struct hc_broker **)data;
	GDBusConnection *connection = g_dbus_method_invocation_get_connection(invocation);
	struct copying *copying = g_new0(struct copying, 1);
	const struct hc_copy_request request = {
		.service = HV_POLICY_COPY,
		.from = vm_or_primary(from),
		.paths = paths,
		.to = vm_or_primary(to),
		.directory = *directory ? directory : NULL,
	};
	g_autoptr(GError) error = NULL;

	hc_broker_reload(broker);
	if (check_paths(request.from, paths, directory, &error))
		copying->id = hc_copies_start(
			hc_broker_copies(broker), &request, &copy_listener, copying, &error);
	if (error) {
		g_free(copying);
		hc_dbus_call_refuse(invocation, error);
		return TRUE;
	}
	copying->broker = broker;
	copying->connection = connection;
	copying->path = g_strdup(g_dbus_method_invocation_get_object_path(invocation));
	watch_sender(copying, g_dbus_method_invocation_get_sender(invocation));
	g_hash_table_insert(copies_of(connection), GUINT_TO_POINTER(copying->id), copying);
	hc_dbus_broker1_complete_copy_files(skeleton, invocation, copying->id);
	return TRUE;
}

static gboolean handle_wait_copy(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, guint id, void *data)
{
	struct copying *copying = find_copying(invocation, id);

	(void)skeleton;
	(void)data;
	if (!copying)
		return TRUE;
	if (copying->waiting) {
		g_dbus_method_invocation_return_dbus_error(
			invocation, HC_DBUS_ERROR_FAILED, "this copy is being waited for already");
		return TRUE;
	}
	copying->waiting = invocation;
	tell_asked(copying);
	if (copying->ended)
		answer(copying);
	return TRUE;
}

static gboolean handle_cancel_copy(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, guint id, void *data)
{
	struct hc_broker *broker = *(struct hc_broker **)data;

	if (!find_copying(invocation, id))
		return TRUE;
	hc_copies_cancel(hc_broker_copies(broker), id);
	hc_dbus_broker1_complete_cancel_copy(skeleton, invocation);
	return TRUE;
}

void hc_dbus_copies_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker)
{
	g_signal_connect(skeleton, "handle-copy-files", G_CALLBACK(handle_copy_files), broker);
	g_signal_connect(skeleton, "handle-wait-copy", G_CALLBACK(handle_wait_copy), broker);
	g_signal_connect(skeleton, "handle-cancel-copy", G_CALLBACK(handle_cancel_copy), broker);
}

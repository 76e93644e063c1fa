#include "offers.h"

#include <string.h>

#define INTERFACE "io.oriel.Agent1"
#define ERROR_FAILED INTERFACE ".Error.Failed"

struct ga_offers {
	GaDbusAgent1 *object;
	struct ga_files *files;
	GHashTable *calls; /* request → struct call */
};

/* A program that waits for its files to be taken. */
struct call {
	struct ga_offers *offers;
	uint32_t request;
	GDBusMethodInvocation *invocation; /* NULL once it has been answered */
	guint watch; /* of the program's name on the bus */
};

static void call_free(void *data)
{
	struct call *call = data;
	if (call->invocation != NULL)
		g_dbus_method_invocation_return_dbus_error(
			call->invocation, ERROR_FAILED, "the agent ends");
	if (call->watch != 0)
		g_bus_unwatch_name(call->watch);
	g_free(call);
}

/* Whoever asked for it has gone. */
static void handle_caller_gone(GDBusConnection *connection, const char *name, gpointer data)
{
	struct call *call = data;
	(void)connection;
	(void)name;
	ga_files_withdraw(call->offers->files, call->request);
}

/* NULL if they can be offered, else why not. */
static const char *check(const char *to, const char *const *paths)
{
	size_t bytes = 0;
	if (to[0] == '\0' || strlen(to) > VP_NAME_MAX)
		return "name the VM that the files are for, or @primary";
	if (paths[0] == NULL)
		return "there is nothing to copy: name files or directories";
	for (size_t i = 0; paths[i] != NULL; i++) {
		if (!g_path_is_absolute(paths[i]))
			return "the paths have to be absolute";
		bytes += strlen(paths[i]) + 1;
	}
	return bytes > VP_FILES_PATHS_MAX
		       ? "these are too many paths at once: copy their directory instead"
		       : NULL;
}

static gboolean handle_copy_to(GaDbusAgent1 *object, GDBusMethodInvocation *invocation,
	const char *to, const char *const *paths, gpointer data)
{
	struct ga_offers *offers = data;
	g_autofree char *error = g_strdup(check(to, paths));
	uint32_t request = 0;
	(void)object;
	if (error == NULL)
		request = ga_files_offer(offers->files, to, paths, &error);
	if (request == 0) {
		g_dbus_method_invocation_return_dbus_error(invocation, ERROR_FAILED, error);
		return TRUE;
	}
	struct call *call = g_new0(struct call, 1);
	call->offers = offers;
	call->request = request;
	call->invocation = invocation;
	g_hash_table_insert(offers->calls, GUINT_TO_POINTER(request), call);
	call->watch =
		g_bus_watch_name_on_connection(g_dbus_method_invocation_get_connection(invocation),
			g_dbus_method_invocation_get_sender(invocation),
			G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, handle_caller_gone, call, NULL);
	return TRUE;
}

struct ga_offers *ga_offers_create(GaDbusAgent1 *object)
{
	struct ga_offers *offers = g_new0(struct ga_offers, 1);
	offers->object = g_object_ref(object);
	offers->calls = g_hash_table_new_full(NULL, NULL, NULL, call_free);
	return offers;
}

void ga_offers_begin(struct ga_offers *offers, struct ga_files *files)
{
	offers->files = files;
	g_signal_connect(offers->object, "handle-copy-to", G_CALLBACK(handle_copy_to), offers);
}

void ga_offers_destroy(struct ga_offers *offers)
{
	if (offers == NULL)
		return;
	g_signal_handlers_disconnect_by_data(offers->object, offers);
	g_object_unref(offers->object);
	g_hash_table_destroy(offers->calls);
	g_free(offers);
}

/* To the program that has asked, alone. */
static void emit(
	struct ga_offers *offers, uint32_t request, const char *signal, GVariant *parameters)
{
	const struct call *call = g_hash_table_lookup(offers->calls, GUINT_TO_POINTER(request));
	g_autoptr(GVariant) sunk = g_variant_ref_sink(parameters);
	if (call == NULL)
		return;
	g_dbus_connection_emit_signal(g_dbus_method_invocation_get_connection(call->invocation),
		g_dbus_method_invocation_get_sender(call->invocation),
		g_dbus_method_invocation_get_object_path(call->invocation), INTERFACE, signal, sunk,
		NULL);
}

void ga_offers_handle_progress(
	struct ga_offers *offers, uint32_t request, uint64_t bytes, uint64_t total)
{
	emit(offers, request, "CopyProgressed", g_variant_new("(tt)", bytes, total));
}

void ga_offers_handle_skipped(
	struct ga_offers *offers, uint32_t request, const char *name, const char *reason)
{
	g_autofree char *valid = g_utf8_make_valid(name, -1);
	emit(offers, request, "CopySkipped", g_variant_new("(ss)", valid, reason));
}

void ga_offers_handle_ended(struct ga_offers *offers, uint32_t request, const char *error)
{
	struct call *call = g_hash_table_lookup(offers->calls, GUINT_TO_POINTER(request));
	if (call == NULL)
		return;
	GDBusMethodInvocation *invocation = g_steal_pointer(&call->invocation);
	g_hash_table_remove(offers->calls, GUINT_TO_POINTER(request));
	if (error == NULL)
		ga_dbus_agent1_complete_copy_to(offers->object, invocation);
	else
		g_dbus_method_invocation_return_dbus_error(invocation, ERROR_FAILED, error);
}

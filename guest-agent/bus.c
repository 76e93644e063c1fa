#define G_LOG_DOMAIN "ga-bus"

#include "bus.h"

#include <stdbool.h>

enum {
	RETRY_MS = 100, /* doubled with each attempt that fails */
	RETRIES_MAX = 8,
};

struct offer {
	char *name;
	char *path;
	GDBusInterfaceSkeleton *object;
	guint owner; /* id, 0: the name is not asked for */
};

struct ga_bus {
	GPtrArray *offers; /* of struct offer */
	GDBusConnection *connection; /* NULL without one */
	GCancellable *attempt; /* to connect; NULL: none is under way */
	int64_t retry_at; /* -1: not */
	int retries;
};

static void free_offer(gpointer data)
{
	struct offer *offer = data;
	g_object_unref(offer->object);
	g_free(offer->path);
	g_free(offer->name);
	g_free(offer);
}

struct ga_bus *ga_bus_create(void)
{
	struct ga_bus *bus = g_new0(struct ga_bus, 1);
	bus->retry_at = -1;
	bus->offers = g_ptr_array_new_with_free_func(free_offer);
	return bus;
}

void ga_bus_offer(
	struct ga_bus *bus, const char *name, const char *path, GDBusInterfaceSkeleton *object)
{
	struct offer *offer = g_new0(struct offer, 1);
	offer->name = g_strdup(name);
	offer->path = g_strdup(path);
	offer->object = g_object_ref(object);
	g_ptr_array_add(bus->offers, offer);
}

static void handle_name_lost(GDBusConnection *connection, const char *name, gpointer data)
{
	(void)data;
	if (connection != NULL && !g_dbus_connection_is_closed(connection))
		g_message("another program has the name %s on the session bus", name);
}

static void make_offers(struct ga_bus *bus)
{
	for (guint i = 0; i < bus->offers->len; i++) {
		struct offer *offer = g_ptr_array_index(bus->offers, i);
		g_autoptr(GError) error = NULL;
		if (!g_dbus_interface_skeleton_export(
			    offer->object, bus->connection, offer->path, &error)) {
			g_warning("cannot offer %s: %s", offer->name, error->message);
			continue;
		}
		offer->owner = g_bus_own_name_on_connection(bus->connection, offer->name,
			G_BUS_NAME_OWNER_FLAGS_NONE, NULL, handle_name_lost, NULL, NULL);
	}
}

static void withdraw_offers(struct ga_bus *bus)
{
	for (guint i = 0; i < bus->offers->len; i++) {
		struct offer *offer = g_ptr_array_index(bus->offers, i);
		if (offer->owner == 0)
			continue;
		g_bus_unown_name(offer->owner);
		g_dbus_interface_skeleton_unexport(offer->object);
		offer->owner = 0;
	}
}

static void drop_connection(struct ga_bus *bus)
{
	if (bus->connection == NULL)
		return;
	g_signal_handlers_disconnect_by_data(bus->connection, bus);
	withdraw_offers(bus);
	g_clear_object(&bus->connection);
}

static void retry_later(struct ga_bus *bus)
{
	if (bus->retries >= RETRIES_MAX)
		return;
	bus->retry_at = g_get_monotonic_time() / G_TIME_SPAN_MILLISECOND +
			((int64_t)RETRY_MS << bus->retries);
	bus->retries++;
}

static void handle_closed(
	GDBusConnection *connection, gboolean vanished, GError *error, gpointer data)
{
	struct ga_bus *bus = data;
	(void)connection;
	(void)vanished;
	g_message("the session bus has gone: %s", error != NULL ? error->message : "it closed");
	drop_connection(bus);
	retry_later(bus);
}

static void handle_connected(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;
	GDBusConnection *connection = g_dbus_connection_new_for_address_finish(result, &error);
	(void)source;
	if (connection == NULL && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	struct ga_bus *bus = data;
	g_clear_object(&bus->attempt);
	if (connection == NULL) {
		g_debug("the session bus cannot be used: %s", error->message);
		retry_later(bus);
		return;
	}
	bus->retries = 0;
	bus->connection = connection;
	g_signal_connect(connection, "closed", G_CALLBACK(handle_closed), bus);
	make_offers(bus);
}

/* NULL where none is configured: GDBus would start one. */
static char *find_address(void)
{
	const char *address = g_getenv("DBUS_SESSION_BUS_ADDRESS");
	if (address != NULL && address[0] != '\0')
		return g_strdup(address);
	g_autofree char *path = g_build_filename(g_get_user_runtime_dir(), "bus", NULL);
	g_autofree char *escaped = g_dbus_address_escape_value(path);
	return g_file_test(path, G_FILE_TEST_EXISTS) ? g_strconcat("unix:path=", escaped, NULL)
						     : NULL;
}

void ga_bus_connect(struct ga_bus *bus)
{
	g_autofree char *address = find_address();
	if (bus->connection != NULL || bus->attempt != NULL || address == NULL)
		return;
	bus->retry_at = -1;
	bus->attempt = g_cancellable_new();
	g_dbus_connection_new_for_address(address,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, bus->attempt, handle_connected, bus);
}

int64_t ga_bus_deadline(const struct ga_bus *bus)
{
	return bus->retry_at;
}

void ga_bus_dispatch(struct ga_bus *bus, int64_t now)
{
	if (bus->retry_at < 0 || now < bus->retry_at)
		return;
	bus->retry_at = -1;
	ga_bus_connect(bus);
}

void ga_bus_destroy(struct ga_bus *bus)
{
	if (bus == NULL)
		return;
	if (bus->attempt != NULL)
		g_cancellable_cancel(bus->attempt);
	g_clear_object(&bus->attempt);
	drop_connection(bus);
	g_ptr_array_unref(bus->offers);
	g_free(bus);
}

#define G_LOG_DOMAIN "hc-session-bus"

#include "session-bus.h"

#include "paths.h"

struct follower {
	hc_session_bus_changed *changed;
	void *data;
};

struct hc_session_bus {
	GArray *followers; /* of struct follower */
	GDBusConnection *connection; /* NULL without one */
	GCancellable *attempt; /* to connect; NULL: none is under way */
};

struct hc_session_bus *hc_session_bus_create(void)
{
	struct hc_session_bus *bus = g_new0(struct hc_session_bus, 1);

	bus->followers = g_array_new(FALSE, FALSE, sizeof(struct follower));
	return bus;
}

static void drop_connection(struct hc_session_bus *bus)
{
	if (bus->connection)
		g_signal_handlers_disconnect_by_data(bus->connection, bus);
	g_clear_object(&bus->connection);
}

void hc_session_bus_destroy(struct hc_session_bus *bus)
{
	if (!bus)
		return;
	if (bus->attempt)
		g_cancellable_cancel(bus->attempt);
	g_clear_object(&bus->attempt);
	drop_connection(bus);
	g_array_unref(bus->followers);
	g_free(bus);
}

void hc_session_bus_follow(struct hc_session_bus *bus, hc_session_bus_changed *changed, void *data)
{
	struct follower follower = { changed, data };

	g_array_append_val(bus->followers, follower);
}

static void tell(struct hc_session_bus *bus)
{
	for (guint i = 0; i < bus->followers->len; i++) {
		const struct follower *follower =
			&g_array_index(bus->followers, struct follower, i);

		follower->changed(follower->data, bus->connection);
	}
}

static void handle_closed(GDBusConnection *connection, gboolean vanished, GError *error, void *data)
{
	struct hc_session_bus *bus = data;

	(void)connection;
	(void)vanished;
	g_message("the session bus has gone: %s", error ? error->message : "it closed");
	drop_connection(bus);
	tell(bus);
}

static void handle_connected(GObject *source, GAsyncResult *result, void *data)
{
	g_autoptr(GError) error = NULL;
	GDBusConnection *connection = g_dbus_connection_new_for_address_finish(result, &error);
	struct hc_session_bus *bus = data;

	(void)source;
	if (!connection && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	g_clear_object(&bus->attempt);
	bus->connection = connection;
	if (connection)
		g_signal_connect(connection, "closed", G_CALLBACK(handle_closed), bus);
	else
		g_message("the session bus cannot be used: %s", error->message);
	tell(bus);
}

void hc_session_bus_connect(struct hc_session_bus *bus)
{
	g_autofree char *address = NULL;

	if (bus->attempt)
		return;
	if (!bus->connection)
		address = hc_path_session_bus();
	if (!address) {
		tell(bus);
		return;
	}
	bus->attempt = g_cancellable_new();
	g_dbus_connection_new_for_address(address,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, bus->attempt, handle_connected, bus);
}

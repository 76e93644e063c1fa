#define G_LOG_DOMAIN "hc-session-bus"

#include "session-bus.h"

#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "paths.h"

/* More than a connection takes for itself, and GLib to wait in a thread until the bus has said
 * hello. Where it does not get those, it ends the program. */
enum { DESCRIPTORS_NEEDED = 8 };

struct follower {
	hc_session_bus_changed *changed;
	void *data;
};

struct hc_session_bus {
	GArray *followers; /* of struct follower */
	GDBusConnection *connection; /* NULL without one */
	struct attempt *attempt; /* to connect; NULL: none is under way */
};

/* It lasts as long as the bus likes, also without us: to be given up it would need a GCancellable,
 * which takes descriptors as well. */
struct attempt {
	struct hc_session_bus *bus; /* NULL: destroyed */
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
		bus->attempt->bus = NULL;
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
	g_autoptr(GDBusConnection) connection =
		g_dbus_connection_new_for_address_finish(result, &error);
	g_autofree struct attempt *attempt = data;
	struct hc_session_bus *bus = attempt->bus;

	(void)source;
	if (!bus)
		return;
	bus->attempt = NULL;
	bus->connection = g_steal_pointer(&connection);
	if (bus->connection)
		g_signal_connect(bus->connection, "closed", G_CALLBACK(handle_closed), bus);
	else
		g_message("the session bus cannot be used: %s", error->message);
	tell(bus);
}

/* Others take some now and then, but an attempt is mostly over within milliseconds. */
static bool has_descriptors(void)
{
	int fds[DESCRIPTORS_NEEDED];
	int count = 0;

	while (count < DESCRIPTORS_NEEDED && (fds[count] = eventfd(0, EFD_CLOEXEC)) >= 0)
		count++;
	for (int i = 0; i < count; i++)
		close(fds[i]);
	return count == DESCRIPTORS_NEEDED;
}

static void begin_attempt(struct hc_session_bus *bus, const char *address)
{
	bus->attempt = g_new0(struct attempt, 1);
	bus->attempt->bus = bus;
	g_dbus_connection_new_for_address(address,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, NULL, handle_connected, bus->attempt);
}

void hc_session_bus_connect(struct hc_session_bus *bus)
{
	g_autofree char *address = NULL;

	if (bus->attempt)
		return;
	if (!bus->connection)
		address = hc_path_session_bus();
	if (address && has_descriptors()) {
		begin_attempt(bus, address);
		return;
	}
	if (address)
		g_message("the session bus cannot be used: too many files are open");
	tell(bus);
}

#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-socket.h"

#include <string.h>
#include <sys/socket.h>

#include <gio/gunixsocketaddress.h>

/* Each has a thread and descriptors; the eldest is given up for one more. */
enum { HANDSHAKES_MAX = 64 };

struct hc_dbus_socket {
	const struct hc_dbus_socket_listener *listener;
	void *data;
	GSocketService *service; /* NULL: destroyed, and kept by handshakes that are under way */
	GDBusAuthObserver *observer;
	char *guid;
	GMutex mutex; /* of what threads share */
	GPtrArray *handshakes; /* of GSocket, the eldest first */
};

/* One that has said who it is. */
struct arrival {
	struct hc_dbus_socket *socket;
	GDBusConnection *connection;
};

static void finish_socket(gpointer data)
{
	struct hc_dbus_socket *self = data;

	g_object_unref(self->observer);
	g_ptr_array_unref(self->handshakes);
	g_mutex_clear(&self->mutex);
	g_free(self->guid);
}

static void release_socket(struct hc_dbus_socket *self)
{
	g_atomic_rc_box_release_full(self, finish_socket);
}

static void release_closure(gpointer data, GClosure *closure)
{
	(void)closure;
	release_socket(data);
}

static void arrival_free(gpointer data)
{
	struct arrival *arrival = data;

	release_socket(arrival->socket);
	g_object_unref(arrival->connection);
	g_free(arrival);
}

static gboolean handle_arrival(gpointer data)
{
	const struct arrival *arrival = data;
	const struct hc_dbus_socket *self = arrival->socket;

	if (self->service && self->listener->connected(self->data, arrival->connection))
		g_dbus_connection_start_message_processing(arrival->connection);
	else
		g_dbus_connection_close(arrival->connection, NULL, NULL, NULL);
	return G_SOURCE_REMOVE;
}

/* Not by a GCancellable: that ends the program when there is no descriptor for it. */
static void give_up(GSocket *handshake)
{
	shutdown(g_socket_get_fd(handshake), SHUT_RDWR);
}

static void begin_handshake(struct hc_dbus_socket *self, GSocket *handshake)
{
	g_mutex_lock(&self->mutex);
	if (self->handshakes->len >= HANDSHAKES_MAX) {
		give_up(g_ptr_array_index(self->handshakes, 0));
		g_ptr_array_remove_index(self->handshakes, 0);
	}
	g_ptr_array_add(self->handshakes, g_object_ref(handshake));
	g_mutex_unlock(&self->mutex);
}

static void end_handshake(struct hc_dbus_socket *self, GSocket *handshake)
{
	g_mutex_lock(&self->mutex);
	g_ptr_array_remove(self->handshakes, handshake);
	g_mutex_unlock(&self->mutex);
}

/* In a thread, as GDBusServer has it: one that does not say who it is holds up nobody. */
static gboolean handle_run(
	GThreadedSocketService *service, GSocketConnection *stream, GObject *source, gpointer data)
{
	const GDBusConnectionFlags flags =
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER |
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_REQUIRE_SAME_USER |
		G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING;
	struct hc_dbus_socket *self = data;
	GSocket *handshake = g_socket_connection_get_socket(stream);
	g_autoptr(GError) error = NULL;
	GDBusConnection *connection;
	struct arrival *arrival;

	(void)service;
	(void)source;
	begin_handshake(self, handshake);
	connection = g_dbus_connection_new_sync(
		G_IO_STREAM(stream), self->guid, flags, self->observer, NULL, &error);
	end_handshake(self, handshake);
	if (!connection) {
		g_debug("a connection is refused: %s", error->message);
		return TRUE;
	}
	arrival = g_new(struct arrival, 1);
	*arrival = (struct arrival){ g_atomic_rc_box_acquire(self), connection };
	g_main_context_invoke_full(NULL, G_PRIORITY_DEFAULT, handle_arrival, arrival, arrival_free);
	return TRUE;
}

static gboolean allow_mechanism(GDBusAuthObserver *observer, const char *mechanism, void *data)
{
	(void)observer;
	(void)data;
	return strcmp(mechanism, "EXTERNAL") == 0;
}

static gboolean add_inherited(GSocketListener *listener, int fd, GError **error)
{
	g_autoptr(GSocket) socket = g_socket_new_from_fd(fd, error);

	return socket && g_socket_listener_add_socket(listener, socket, NULL, error);
}

static gboolean add_path(GSocketListener *listener, const char *path, GError **error)
{
	g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);

	return g_socket_listener_add_address(listener, address, G_SOCKET_TYPE_STREAM,
		G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, error);
}

struct hc_dbus_socket *hc_dbus_socket_create(int inherited_fd, const char *path,
	const struct hc_dbus_socket_listener *listener, void *data, GError **error)
{
	struct hc_dbus_socket *self = g_atomic_rc_box_new0(struct hc_dbus_socket);
	gboolean listens;

	self->listener = listener;
	self->data = data;
	self->guid = g_dbus_generate_guid();
	g_mutex_init(&self->mutex);
	self->handshakes = g_ptr_array_new_with_free_func(g_object_unref);
	self->observer = g_dbus_auth_observer_new();
	g_signal_connect(self->observer, "allow-mechanism", G_CALLBACK(allow_mechanism), NULL);
	self->service = g_threaded_socket_service_new(-1);
	g_socket_service_stop(self->service);
	/* Many commands at one time are to wait, and not to be refused. */
	g_socket_listener_set_backlog(G_SOCKET_LISTENER(self->service), SOMAXCONN);
	g_signal_connect_data(self->service, "run", G_CALLBACK(handle_run),
		g_atomic_rc_box_acquire(self), release_closure, 0);
	listens = inherited_fd >= 0
			  ? add_inherited(G_SOCKET_LISTENER(self->service), inherited_fd, error)
			  : add_path(G_SOCKET_LISTENER(self->service), path, error);
	if (listens)
		return self;
	hc_dbus_socket_destroy(self);
	return NULL;
}

void hc_dbus_socket_serve(struct hc_dbus_socket *self)
{
	g_socket_service_start(self->service);
}

void hc_dbus_socket_destroy(struct hc_dbus_socket *self)
{
	if (!self)
		return;
	g_socket_service_stop(self->service);
	g_mutex_lock(&self->mutex);
	for (guint i = 0; i < self->handshakes->len; i++)
		give_up(g_ptr_array_index(self->handshakes, i));
	g_mutex_unlock(&self->mutex);
	g_socket_listener_close(G_SOCKET_LISTENER(self->service));
	g_signal_handlers_disconnect_by_data(self->service, self);
	g_clear_object(&self->service);
	release_socket(self);
}

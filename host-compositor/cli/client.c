#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/file.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "paths.h"
#include "start.h"

#define OBJECT_PATH "/io/oriel/Broker1"
#define INTERFACE "io.oriel.Broker1"
#define ERROR_DENIED "io.oriel.Broker1.Error.Denied"

/* How long a broker has to say who it is. */
enum { GREETING_SECONDS = 5, MS_PER_SECOND = 1000 };

struct hc_client {
	GDBusConnection *connection;
};

/* An answer shows that the broker lives; and it ends the connection's first read, the only one that
 * has the socket's limit of time. */
static bool ping(GDBusConnection *connection, GError **error)
{
	g_autoptr(GVariant) answer = g_dbus_connection_call_sync(connection, NULL, OBJECT_PATH,
		"org.freedesktop.DBus.Peer", "Ping", NULL, NULL, G_DBUS_CALL_FLAGS_NONE,
		GREETING_SECONDS * MS_PER_SECOND, NULL, error);

	return answer;
}

/* Connects as GDBus does by an address, but does not wait for ever for one that does not answer. */
static GDBusConnection *connect_to(const char *path, GError **error)
{
	g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
	g_autoptr(GSocketClient) dialler = g_socket_client_new();
	g_autoptr(GSocketConnection) stream = NULL;
	g_autoptr(GDBusConnection) connection = NULL;

	g_socket_client_set_timeout(dialler, GREETING_SECONDS);
	stream = g_socket_client_connect(dialler, G_SOCKET_CONNECTABLE(address), NULL, error);
	if (!stream)
		return NULL;
	connection = g_dbus_connection_new_sync(G_IO_STREAM(stream), NULL,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL, error);
	if (!connection)
		return NULL;
	/* What a call asks for may take any time. */
	g_socket_set_timeout(g_socket_connection_get_socket(stream), 0);
	return ping(connection, error) ? g_steal_pointer(&connection) : NULL;
}

static struct hc_client *connect_client(GError **error)
{
	g_autofree char *path = hc_path_broker_socket();
	GDBusConnection *connection = connect_to(path, error);
	struct hc_client *client;

	if (!connection)
		return NULL;
	g_dbus_connection_set_exit_on_close(connection, FALSE);
	client = g_new0(struct hc_client, 1);
	client->connection = connection;
	return client;
}

/* The broker writes its process id into its lock. */
static void set_silent_error(GError **error, const char *path, const GError *reason)
{
	g_autofree char *lock_path = hc_path_broker_lock();
	g_autofree char *pid = NULL;

	if (g_file_get_contents(lock_path, &pid, NULL, NULL) && *g_strchomp(pid))
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			"the broker at %s does not answer: %s: end it by its process id, %s; VMs "
			"go on",
			path, reason->message, pid);
	else
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			"what listens at %s does not answer as a broker does: %s: end that "
			"program, or set XDG_RUNTIME_DIR to another directory",
			path, reason->message);
}

/* Where a service manager listens, this has it start a broker. */
static struct hc_client *open_listening(GError **error)
{
	g_autofree char *path = hc_path_broker_socket();
	g_autoptr(GError) reason = NULL;
	struct hc_client *client = connect_client(&reason);

	/* One that refuses, or hangs up, is ending or gone; if not, its lock keeps the next from
	 * starting. */
	if (!client && g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
		set_silent_error(error, path, reason);
	return client;
}

struct hc_client *hc_client_open_running(GError **error)
{
	g_autofree char *lock_path = hc_path_broker_lock();

	return g_file_test(lock_path, G_FILE_TEST_EXISTS) ? open_listening(error) : NULL;
}

/* Holds the lock on the runtime directory, so that of several commands only one starts a broker. */
static int lock_directory(GError **error)
{
	g_autofree char *path = hc_path_runtime();
	int fd = -1;

	if (g_mkdir_with_parents(path, 0700) == 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) < 0) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
			"cannot use the runtime directory %s: %s: set XDG_RUNTIME_DIR to one that "
			"is yours",
			path, g_strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* What a broker that could not start has left, unless there is something in it. */
static void remove_directory(void)
{
	g_autofree char *path = hc_path_runtime();

	rmdir(path);
}

struct hc_client *hc_client_open(GError **error)
{
	g_autoptr(GError) reason = NULL;
	struct hc_client *client = open_listening(&reason);
	int lock;

	if (client)
		return client;
	if (reason) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return NULL;
	}
	lock = lock_directory(error);
	if (lock < 0)
		return NULL;
	client = open_listening(NULL);
	if (!client && hc_start_broker(error))
		client = connect_client(error);
	if (!client)
		remove_directory();
	close(lock);
	return client;
}

static const char *environment(const char *name)
{
	const char *value = g_getenv(name);

	return value ? value : "";
}

struct hc_client *hc_client_open_to_start(GError **error)
{
	struct hc_client *client = hc_client_open(error);
	g_autoptr(GVariant) reply = NULL;

	if (!client)
		return NULL;
	reply = hc_client_call(client, "OfferDisplay",
		g_variant_new("(ss)", environment("DISPLAY"), environment("XAUTHORITY")), NULL, -1,
		error);
	if (reply)
		return client;
	hc_client_close(client);
	return NULL;
}

void hc_client_close(struct hc_client *client)
{
	if (!client)
		return;
	g_object_unref(client->connection);
	g_free(client);
}

/* The broker's own sentence, without what D-Bus puts before it. */
static void clean_error(GError **error)
{
	g_autofree char *name = NULL;

	if (!error || !*error)
		return;
	if (g_error_matches(*error, G_IO_ERROR, G_IO_ERROR_CLOSED)) {
		g_clear_error(error);
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_CLOSED,
			"the broker has ended before it answered: the next command starts a new "
			"one, and VMs go on");
		return;
	}
	name = g_dbus_error_get_remote_error(*error);
	g_dbus_error_strip_remote_error(*error);
	if (g_strcmp0(name, ERROR_DENIED) == 0) {
		g_autoptr(GError) denial = g_steal_pointer(error);

		g_set_error_literal(
			error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, denial->message);
	}
}

GVariant *hc_client_call(struct hc_client *client, const char *method, GVariant *parameters,
	const char *reply_type, int timeout_ms, GError **error)
{
	GVariant *reply = g_dbus_connection_call_sync(client->connection, NULL, OBJECT_PATH,
		INTERFACE, method, parameters, reply_type ? G_VARIANT_TYPE(reply_type) : NULL,
		G_DBUS_CALL_FLAGS_NONE, timeout_ms < 0 ? G_MAXINT : timeout_ms, NULL, error);

	if (!reply)
		clean_error(error);
	return reply;
}

char *hc_client_get_version(struct hc_client *client, GError **error)
{
	g_autoptr(GVariant) reply = g_dbus_connection_call_sync(client->connection, NULL,
		OBJECT_PATH, "org.freedesktop.DBus.Properties", "Get",
		g_variant_new("(ss)", INTERFACE, "Version"), G_VARIANT_TYPE("(v)"),
		G_DBUS_CALL_FLAGS_NONE, GREETING_SECONDS * MS_PER_SECOND, NULL, error);
	g_autoptr(GVariant) value = NULL;

	if (!reply)
		return NULL;
	g_variant_get(reply, "(v)", &value);
	return g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)
		       ? g_variant_dup_string(value, NULL)
		       : g_strdup("");
}

GVariant *hc_client_call_fd(struct hc_client *client, const char *method, GVariant *parameters,
	const char *reply_type, int *fd, GError **error)
{
	g_autoptr(GUnixFDList) fds = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_with_unix_fd_list_sync(client->connection, NULL, OBJECT_PATH,
			INTERFACE, method, parameters, G_VARIANT_TYPE(reply_type),
			G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, &fds, NULL, error);
	int result;

	if (!reply) {
		clean_error(error);
		return NULL;
	}
	if (!fds) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			"the broker's answer lacks a descriptor");
		return NULL;
	}
	result = g_unix_fd_list_get(fds, 0, error);
	if (result < 0)
		return NULL;
	*fd = result;
	return g_steal_pointer(&reply);
}

void hc_client_send(struct hc_client *client, const char *method, GVariant *parameters)
{
	g_dbus_connection_call(client->connection, NULL, OBJECT_PATH, INTERFACE, method, parameters,
		NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
}

/* An answer that is waited for in the main context. */
struct pending {
	bool over;
	GVariant *reply;
	GError *error;
};

static void handle_reply(GObject *source, GAsyncResult *result, gpointer data)
{
	struct pending *pending = data;

	pending->reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &pending->error);
	pending->over = true;
}

static void handle_signal(GDBusConnection *connection, const char *sender, const char *path,
	const char *interface, const char *signal, GVariant *parameters, gpointer data)
{
	const struct hc_follower *follower = data;

	(void)connection;
	(void)sender;
	(void)path;
	(void)interface;
	(void)signal;
	follower->handle(follower->data, parameters);
}

enum { FOLLOWERS_MAX = 4 };

static guint subscribe(struct hc_client *client, const struct hc_follower *follower)
{
	return g_dbus_connection_signal_subscribe(client->connection, NULL, INTERFACE,
		follower->signal, OBJECT_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, handle_signal,
		(gpointer)(uintptr_t)follower, NULL);
}

GVariant *hc_client_call_following(struct hc_client *client, const char *method,
	GVariant *parameters, const char *reply_type, const struct hc_follower *followers,
	GError **error)
{
	struct pending pending = { 0 };
	guint signals[FOLLOWERS_MAX];
	size_t count = 0;

	for (; count < FOLLOWERS_MAX && followers[count].signal; count++)
		signals[count] = subscribe(client, &followers[count]);
	g_dbus_connection_call(client->connection, NULL, OBJECT_PATH, INTERFACE, method, parameters,
		G_VARIANT_TYPE(reply_type), G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, handle_reply,
		&pending);
	while (!pending.over)
		g_main_context_iteration(NULL, TRUE);
	while (count > 0)
		g_dbus_connection_signal_unsubscribe(client->connection, signals[--count]);
	if (pending.error) {
		g_propagate_error(error, pending.error);
		clean_error(error);
	}
	return pending.reply;
}

static void handle_asked(void *data, GVariant *parameters)
{
	void (*const *asked)(void) = data;

	(void)parameters;
	(*asked)();
}

GVariant *hc_client_call_asking(struct hc_client *client, const char *method, GVariant *parameters,
	const char *reply_type, void (*asked)(void), GError **error)
{
	const struct hc_follower followers[] = { { "Asked", handle_asked, &asked }, { 0 } };

	return hc_client_call_following(client, method, parameters, reply_type, followers, error);
}

GVariant *hc_client_list(const char *method, GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) owned = parameters ? g_variant_ref_sink(parameters) : NULL;
	g_autoptr(GVariant) reply = NULL;
	struct hc_client *client = hc_client_open_to_start(error);

	if (client)
		reply = hc_client_call(client, method, owned, "(aa{sv})", -1, error);
	hc_client_close(client);
	return reply ? g_variant_get_child_value(reply, 0) : NULL;
}

#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-session.h"

struct hc_dbus_session {
	GDBusInterfaceSkeleton *object;
	char *path;
	GDBusConnection *connection; /* NULL without one */
	guint owner; /* id of the name, 0: not asked for */
};

static void handle_name_lost(GDBusConnection *connection, const char *name, void *data)
{
	(void)data;
	if (connection && !g_dbus_connection_is_closed(connection))
		g_message("another program has the name %s on the session bus", name);
}

static void leave(struct hc_dbus_session *session)
{
	if (session->owner != 0) {
		g_bus_unown_name(session->owner);
		g_dbus_interface_skeleton_unexport_from_connection(
			session->object, session->connection);
	}
	session->owner = 0;
	g_clear_object(&session->connection);
}

static void handle_bus_changed(void *data, GDBusConnection *connection)
{
	struct hc_dbus_session *session = data;
	g_autoptr(GError) error = NULL;

	if (connection == session->connection)
		return;
	leave(session);
	if (!connection)
		return;
	session->connection = g_object_ref(connection);
	if (!g_dbus_interface_skeleton_export(session->object, connection, session->path, &error)) {
		g_warning("cannot offer %s on the session bus: %s", HC_DBUS_SESSION_NAME,
			error->message);
		return;
	}
	session->owner = g_bus_own_name_on_connection(connection, HC_DBUS_SESSION_NAME,
		G_BUS_NAME_OWNER_FLAGS_NONE, NULL, handle_name_lost, NULL, NULL);
}

struct hc_dbus_session *hc_dbus_session_create(
	struct hc_session_bus *bus, GDBusInterfaceSkeleton *object, const char *path)
{
	struct hc_dbus_session *session = g_new0(struct hc_dbus_session, 1);

	session->object = g_object_ref(object);
	session->path = g_strdup(path);
	hc_session_bus_follow(bus, handle_bus_changed, session);
	hc_session_bus_connect(bus);
	return session;
}

void hc_dbus_session_destroy(struct hc_dbus_session *session)
{
	if (!session)
		return;
	leave(session);
	g_object_unref(session->object);
	g_free(session->path);
	g_free(session);
}

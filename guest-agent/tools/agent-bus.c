#include "agent-bus.h"

/* GDBus would start a bus of its own where there is none. */
GDBusConnection *ga_agent_bus_connect(GError **error)
{
	g_autofree char *path = g_build_filename(g_get_user_runtime_dir(), "bus", NULL);
	if (g_getenv("DBUS_SESSION_BUS_ADDRESS") != NULL || g_file_test(path, G_FILE_TEST_EXISTS))
		return g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, error);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
		"there is no session bus: run it in the session that oriel-agent serves");
	return NULL;
}

void ga_agent_bus_explain(GError **error)
{
	if (g_error_matches(*error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
		g_error_matches(*error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)) {
		g_clear_error(error);
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"oriel-agent is not on the session bus: run it in the session that "
			"oriel-agent serves");
	}
	g_dbus_error_strip_remote_error(*error);
}

#include "paths.h"

#include <gio/gio.h>

/* Where the build directory has the view, seen from the other programs. */
#define BUILT_VIEW_DIRECTORY "view"

void hc_path_ignore_relative(void)
{
	static const char *const names[] = { "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
		"XDG_STATE_HOME", "XDG_CACHE_HOME" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *value = g_getenv(names[i]);

		if (value && !g_path_is_absolute(value))
			g_unsetenv(names[i]);
	}
}

char *hc_path_runtime(void)
{
	return g_build_filename(g_get_user_runtime_dir(), "oriel", NULL);
}

char *hc_path_vm(const char *vm)
{
	return g_build_filename(g_get_user_runtime_dir(), "oriel", vm, NULL);
}

char *hc_path_broker_socket(void)
{
	return g_build_filename(g_get_user_runtime_dir(), "oriel", "broker.sock", NULL);
}

char *hc_path_broker_lock(void)
{
	return g_build_filename(g_get_user_runtime_dir(), "oriel", "broker.lock", NULL);
}

char *hc_path_broker_log(void)
{
	return g_build_filename(g_get_user_state_dir(), "oriel", "orield.log", NULL);
}

char *hc_path_audit_log(void)
{
	return g_build_filename(g_get_user_state_dir(), "oriel", "audit.jsonl", NULL);
}

char *hc_path_crashes(void)
{
	return g_build_filename(g_get_user_state_dir(), "oriel", "crashes", NULL);
}

char *hc_path_applications(void)
{
	return g_build_filename(g_get_user_state_dir(), "oriel", "applications", NULL);
}

char *hc_path_session_bus(void)
{
	const char *address = g_getenv("DBUS_SESSION_BUS_ADDRESS");
	g_autofree char *path = g_build_filename(g_get_user_runtime_dir(), "bus", NULL);
	g_autofree char *escaped = g_dbus_address_escape_value(path);

	if (address && *address)
		return g_strdup(address);
	return g_file_test(path, G_FILE_TEST_EXISTS) ? g_strconcat("unix:path=", escaped, NULL)
						     : NULL;
}

char *hc_path_published(void)
{
	return g_build_filename(g_get_user_config_dir(), "oriel", "published", NULL);
}

char *hc_path_program(const char *name)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);

	if (self) {
		g_autofree char *directory = g_path_get_dirname(self);
		g_autofree char *beside = g_build_filename(directory, name, NULL);
		g_autofree char *built =
			g_build_filename(directory, BUILT_VIEW_DIRECTORY, name, NULL);

		if (g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE))
			return g_steal_pointer(&beside);
		if (g_file_test(built, G_FILE_TEST_IS_EXECUTABLE))
			return g_steal_pointer(&built);
	}
	return g_find_program_in_path(name);
}

#include "activation.h"

#include <gio/gio.h>

#define INTERFACE "org.freedesktop.Application"

/* A slow machine may start a large application. */
enum { ANSWER_MS = 120000 };

char *ga_activation_path(const char *id)
{
	if (!g_application_id_is_valid(id))
		return NULL;
	g_autofree char *path = g_strconcat("/", id, NULL);
	g_strdelimit(path, ".", '/');
	g_strdelimit(path, "-", '_');
	return g_steal_pointer(&path);
}

static GVariant *make_uris(const char *const *files)
{
	GVariantBuilder uris;
	g_variant_builder_init(&uris, G_VARIANT_TYPE_STRING_ARRAY);
	for (size_t i = 0; files[i] != NULL; i++) {
		g_autoptr(GFile) file = g_file_new_for_commandline_arg(files[i]);
		g_variant_builder_add_value(&uris, g_variant_new_take_string(g_file_get_uri(file)));
	}
	return g_variant_builder_end(&uris);
}

/* The call of org.freedesktop.Application that is meant; *parameters is floating. */
static const char *choose_method(
	const char *action, const char *const *files, GVariant **parameters)
{
	GVariant *platform = g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0);
	if (action != NULL) {
		GVariant *none = g_variant_new_array(G_VARIANT_TYPE_VARIANT, NULL, 0);
		*parameters = g_variant_new("(s@av@a{sv})", action, none, platform);
		return "ActivateAction";
	}
	if (files[0] != NULL) {
		*parameters = g_variant_new("(@as@a{sv})", make_uris(files), platform);
		return "Open";
	}
	*parameters = g_variant_new("(@a{sv})", platform);
	return "Activate";
}

bool ga_activation_call(const char *target, const char *const *files, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(target, GA_ACTION_SEPARATOR, 2);
	const char *id = parts[0] != NULL ? parts[0] : target;
	g_autofree char *path = ga_activation_path(id);
	if (path == NULL) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
			"'%s' is no application's name on the session bus", id);
		return false;
	}
	g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, error);
	if (bus == NULL)
		return false;
	GVariant *parameters;
	const char *method = choose_method(parts[0] != NULL ? parts[1] : NULL, files, &parameters);
	g_autoptr(GVariant) answer = g_dbus_connection_call_sync(bus, id, path, INTERFACE, method,
		parameters, NULL, G_DBUS_CALL_FLAGS_NONE, ANSWER_MS, NULL, error);
	if (answer != NULL)
		return true;
	if (error != NULL)
		g_dbus_error_strip_remote_error(*error);
	return false;
}

/*
 * A notification server for tests: prints a line of JSON for each notification and for each that is
 * taken away, and does what lines of its standard input say: "closed ID REASON", "action ID KEY".
 *
 *	fake-notification-server [CAPABILITY...]
 */
#include <stdio.h>
#include <string.h>

#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <json-glib/json-glib.h>

#include "notifications-interface.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

static GaDbusNotifications *server;
static const char *const *capabilities;
static guint last_id;
static GMainLoop *loop;

static void print_line(GVariant *line)
{
	g_autoptr(GVariant) owned = g_variant_ref_sink(line);
	g_autofree char *text = json_gvariant_serialize_data(owned, NULL);
	puts(text);
	fflush(stdout);
}

static gboolean handle_capabilities(
	GaDbusNotifications *object, GDBusMethodInvocation *call, gpointer data)
{
	(void)data;
	ga_dbus_notifications_complete_get_capabilities(object, call, capabilities);
	return TRUE;
}

/* Of the pixel in the middle. */
static char *describe_colour(GVariant *image)
{
	enum { PIXELS = 6 };
	g_autoptr(GVariant) pixels = g_variant_get_child_value(image, PIXELS);
	gint width;
	gint height;
	gint stride;
	gsize size;
	const guint8 *bytes = g_variant_get_fixed_array(pixels, &size, 1);
	g_variant_get(image, "(iiibii@ay)", &width, &height, &stride, NULL, NULL, NULL, NULL);
	const guint8 *middle = bytes + height / 2 * stride + width / 2 * 4;
	return g_strdup_printf("#%02x%02x%02x", middle[0], middle[1], middle[2]);
}

static gboolean handle_notify(GaDbusNotifications *object, GDBusMethodInvocation *call,
	const char *application, guint replaces, const char *icon, const char *summary,
	const char *body, const char *const *actions, GVariant *hints, gint timeout, gpointer data)
{
	guint id = replaces != 0 ? replaces : ++last_id;
	guint8 urgency = 0;
	g_autoptr(GVariant) image = g_variant_lookup_value(hints, "image-data", NULL);
	g_autofree char *colour = NULL;
	(void)icon;
	(void)data;
	g_variant_lookup(hints, "urgency", "y", &urgency);
	if (image != NULL)
		colour = describe_colour(image);
	print_line(g_variant_new_parsed("{'id': <%u>, 'replaces': <%u>, 'application': <%s>, "
					"'title': <%s>, 'body': <%s>, 'actions': <%^as>, "
					"'urgency': <%u>, 'timeout': <%i>, 'colour': <%s>}",
		id, replaces, application, summary, body, actions, (guint)urgency, timeout,
		colour != NULL ? colour : ""));
	ga_dbus_notifications_complete_notify(object, call, id);
	return TRUE;
}

static gboolean handle_close(
	GaDbusNotifications *object, GDBusMethodInvocation *call, guint id, gpointer data)
{
	(void)data;
	print_line(g_variant_new_parsed("{'closed': <%u>}", id));
	ga_dbus_notifications_complete_close_notification(object, call);
	ga_dbus_notifications_emit_notification_closed(object, id, 3);
	return TRUE;
}

static void obey(const char *line)
{
	guint id;
	guint reason;
	char key[64];
	if (sscanf(line, "closed %u %u", &id, &reason) == 2)
		ga_dbus_notifications_emit_notification_closed(server, id, reason);
	else if (sscanf(line, "action %u %63s", &id, key) == 2)
		ga_dbus_notifications_emit_action_invoked(server, id, key);
}

static void handle_line(GObject *source, GAsyncResult *result, gpointer data)
{
	GDataInputStream *input = G_DATA_INPUT_STREAM(source);
	g_autofree char *line = g_data_input_stream_read_line_finish(input, result, NULL, NULL);
	(void)data;
	if (line == NULL) {
		g_main_loop_quit(loop);
		return;
	}
	obey(line);
	g_data_input_stream_read_line_async(input, 0, NULL, handle_line, NULL);
}

static void handle_owned(GDBusConnection *connection, const char *name, gpointer data)
{
	(void)connection;
	(void)data;
	print_line(g_variant_new_parsed("{'name': <%s>}", name));
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &error);
	g_autoptr(GInputStream) standard_input = g_unix_input_stream_new(0, FALSE);
	g_autoptr(GDataInputStream) input = g_data_input_stream_new(standard_input);
	(void)argc;
	if (bus == NULL) {
		fprintf(stderr, "%s\n", error->message);
		return 1;
	}
	capabilities = (const char *const *)argv + 1;
	loop = g_main_loop_new(NULL, FALSE);
	server = ga_dbus_notifications_skeleton_new();
	g_signal_connect(server, "handle-get-capabilities", G_CALLBACK(handle_capabilities), NULL);
	g_signal_connect(server, "handle-notify", G_CALLBACK(handle_notify), NULL);
	g_signal_connect(server, "handle-close-notification", G_CALLBACK(handle_close), NULL);
	if (!g_dbus_interface_skeleton_export(
		    G_DBUS_INTERFACE_SKELETON(server), bus, PATH, &error)) {
		fprintf(stderr, "%s\n", error->message);
		return 1;
	}
	g_bus_own_name_on_connection(
		bus, NAME, G_BUS_NAME_OWNER_FLAGS_NONE, handle_owned, NULL, NULL, NULL);
	g_data_input_stream_read_line_async(input, 0, NULL, handle_line, NULL);
	g_main_loop_run(loop);
	g_object_unref(server);
	g_main_loop_unref(loop);
	return 0;
}

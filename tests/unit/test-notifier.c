/*
 * Notifications on a session bus of the test's own, whose notification server is the test.
 */
#include "unit.h"

#include <string.h>

#include "notifications-interface.h"
#include "notifier.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

enum { START = 1000000, BURST = 5, INTERVAL = 2000 };

static struct {
	GTestDBus *daemon;
	GDBusConnection *connection; /* of the server; NULL: there is none */
	GaDbusNotifications *server;
	guint name;
	bool markup;
	struct hc_session_bus *bus;
	struct hc_notifier *notifier;
	guint last_id;
	guint shown; /* Notify's calls */
	guint closed; /* CloseNotification's */
	guint replaces;
	char *title; /* of the last */
	char *body;
	guint actions; /* words of them */
	bool badge;
	char *told; /* what the listener has been told last */
	guint tellings;
	int64_t now; /* after the start */
} bench;

static gboolean handle_capabilities(
	GaDbusNotifications *object, GDBusMethodInvocation *call, gpointer data)
{
	const char *const capabilities[] = { "body", "actions", bench.markup ? "body-markup" : NULL,
		NULL };
	(void)data;
	ga_dbus_notifications_complete_get_capabilities(object, call, capabilities);
	return TRUE;
}

static gboolean handle_notify(GaDbusNotifications *object, GDBusMethodInvocation *call,
	const char *application, guint replaces, const char *icon, const char *summary,
	const char *body, const char *const *actions, GVariant *hints, gint timeout, gpointer data)
{
	(void)application;
	(void)icon;
	(void)timeout;
	(void)data;
	g_free(bench.title);
	g_free(bench.body);
	bench.title = g_strdup(summary);
	bench.body = g_strdup(body);
	bench.replaces = replaces;
	bench.actions = g_strv_length((char **)(uintptr_t)actions);
	bench.badge = g_variant_lookup(
		hints, "image-data", "(iiibiiay)", NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	bench.shown++;
	ga_dbus_notifications_complete_notify(
		object, call, replaces != 0 ? replaces : ++bench.last_id);
	return TRUE;
}

static gboolean handle_close(
	GaDbusNotifications *object, GDBusMethodInvocation *call, guint id, gpointer data)
{
	(void)data;
	bench.closed++;
	ga_dbus_notifications_complete_close_notification(object, call);
	ga_dbus_notifications_emit_notification_closed(object, id, HC_CLOSED_WITHDRAWN);
	return TRUE;
}

static void remember(char *text)
{
	g_free(bench.told);
	bench.told = text;
	bench.tellings++;
}

static void handle_closed(void *data, const char *vm, const char *subject, enum hc_closed reason)
{
	(void)data;
	remember(g_strdup_printf("%s %s closed %d", vm, subject, reason));
}

static void handle_action(void *data, const char *vm, const char *subject, const char *action)
{
	(void)data;
	remember(g_strdup_printf("%s %s action %s", vm, subject, action));
}

static void turn(void)
{
	g_main_context_iteration(NULL, TRUE);
}

static void wait_for(const guint *counter, guint count)
{
	while (*counter < count)
		turn();
}

static GDBusConnection *connect_bus(void)
{
	return g_dbus_connection_new_for_address_sync(g_test_dbus_get_bus_address(bench.daemon),
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, NULL, NULL);
}

static void handle_owned(GDBusConnection *connection, const char *name, gpointer data)
{
	(void)connection;
	(void)name;
	++*(guint *)data;
}

static void start_server(void)
{
	guint owned = 0;
	bench.connection = connect_bus();
	bench.server = ga_dbus_notifications_skeleton_new();
	g_signal_connect(
		bench.server, "handle-get-capabilities", G_CALLBACK(handle_capabilities), NULL);
	g_signal_connect(bench.server, "handle-notify", G_CALLBACK(handle_notify), NULL);
	g_signal_connect(bench.server, "handle-close-notification", G_CALLBACK(handle_close), NULL);
	g_dbus_interface_skeleton_export(
		G_DBUS_INTERFACE_SKELETON(bench.server), bench.connection, PATH, NULL);
	bench.name = g_bus_own_name_on_connection(bench.connection, NAME,
		G_BUS_NAME_OWNER_FLAGS_NONE, handle_owned, NULL, &owned, NULL);
	wait_for(&owned, 1);
}

static void stop_server(void)
{
	if (bench.connection == NULL)
		return;
	g_bus_unown_name(bench.name);
	g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(bench.server));
	g_clear_object(&bench.server);
	g_dbus_connection_flush_sync(bench.connection, NULL, NULL);
	g_clear_object(&bench.connection);
}

static void begin(bool with_server)
{
	static const struct hc_notifier_listener listener = { handle_closed, handle_action };
	memset(&bench, 0, sizeof(bench));
	bench.daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(bench.daemon);
	if (with_server)
		start_server();
	bench.bus = hc_session_bus_create();
	bench.notifier = hc_notifier_create(bench.bus, &listener, NULL);
}

static void end(void)
{
	hc_notifier_destroy(bench.notifier);
	hc_session_bus_destroy(bench.bus);
	stop_server();
	g_test_dbus_stop(bench.daemon);
	g_clear_object(&bench.daemon);
	g_clear_pointer(&bench.title, g_free);
	g_clear_pointer(&bench.body, g_free);
	g_clear_pointer(&bench.told, g_free);
}

static void show(const char *vm, bool from_guest, const char *subject, const char *body)
{
	static const char *const actions[] = { "default", "Open", "odd", NULL };
	hc_notifier_show(bench.notifier, START + bench.now,
		&(struct hc_notification){
			.vm = vm,
			.colour = 0x3465a4,
			.from_guest = from_guest,
			.subject = subject,
			.title = "Ti\x1btle",
			.body = body,
			.urgency = HC_URGENCY_NORMAL,
			.timeout = -1,
			.actions = actions,
		});
}

static void test_shows(void)
{
	begin(true);
	show("work", true, "1", "one & <b>two</b>\nthree\xe2\x80\xae");
	wait_for(&bench.shown, 1);
	CU_ASSERT_STRING_EQUAL(bench.title, "[work] Ti tle");
	CU_ASSERT_STRING_EQUAL(bench.body, "one & <b>two</b>\nthree");
	CU_ASSERT_EQUAL(bench.actions, 2);
	CU_ASSERT_TRUE(bench.badge);
	show(NULL, false, NULL, NULL);
	wait_for(&bench.shown, 2);
	CU_ASSERT_STRING_EQUAL(bench.title, "Ti tle");
	CU_ASSERT_FALSE(bench.badge);
	end();
}

static void test_markup(void)
{
	begin(true);
	bench.markup = true;
	show("work", true, "1", "one & <b>two</b>");
	wait_for(&bench.shown, 1);
	CU_ASSERT_STRING_EQUAL(bench.body, "one &amp; &lt;b&gt;two&lt;/b&gt;");
	end();
}

static void test_bounds(void)
{
	g_autofree char *long_text = g_strnfill(100000, 'a');
	g_autofree char *lines = g_strnfill(1000, '\n');
	begin(true);
	show("work", true, "1", long_text);
	wait_for(&bench.shown, 1);
	CU_ASSERT_TRUE(strlen(bench.body) < 5000);
	show("work", true, "2", lines);
	wait_for(&bench.shown, 2);
	CU_ASSERT_TRUE(strlen(bench.body) < 2000);
	CU_ASSERT_PTR_NULL(strstr(bench.body, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"));
	end();
}

static void test_replaces(void)
{
	begin(true);
	show("work", true, "1", "a");
	wait_for(&bench.shown, 1);
	show("work", false, "1", "the broker's own");
	wait_for(&bench.shown, 2);
	CU_ASSERT_EQUAL(bench.replaces, 0);
	/* Of what comes while one is on its way, the last counts. */
	show("work", true, "1", "b");
	show("work", true, "1", "c");
	while (strcmp(bench.body, "c") != 0)
		turn();
	CU_ASSERT_EQUAL(bench.replaces, 1);
	CU_ASSERT_TRUE(bench.shown <= 4);
	end();
}

static void test_tells(void)
{
	begin(true);
	show("work", true, "7", "a");
	wait_for(&bench.shown, 1);
	ga_dbus_notifications_emit_action_invoked(bench.server, 1, "default");
	wait_for(&bench.tellings, 1);
	CU_ASSERT_STRING_EQUAL(bench.told, "work 7 action default");
	ga_dbus_notifications_emit_notification_closed(bench.server, 99, HC_CLOSED_DISMISSED);
	ga_dbus_notifications_emit_notification_closed(bench.server, 1, HC_CLOSED_DISMISSED);
	wait_for(&bench.tellings, 2);
	CU_ASSERT_STRING_EQUAL(bench.told, "work 7 closed 2");
	show("work", true, "7", "b");
	wait_for(&bench.shown, 2);
	CU_ASSERT_EQUAL(bench.replaces, 0);
	end();
}

static void test_withdraws(void)
{
	begin(true);
	show("work", true, "1", "on its way");
	hc_notifier_withdraw(bench.notifier, "work", true, "1");
	show("work", true, "2", "a");
	show("vault", true, "2", "b");
	wait_for(&bench.shown, 2);
	hc_notifier_withdraw(bench.notifier, "work", true, "2");
	wait_for(&bench.closed, 1);
	hc_notifier_withdraw(bench.notifier, "vault", true, NULL);
	wait_for(&bench.closed, 2);
	CU_ASSERT_EQUAL(bench.tellings, 0);
	end();
}

static void test_flood(void)
{
	begin(true);
	for (int i = 0; i < 20; i++) {
		g_autofree char *subject = g_strdup_printf("%d", i);
		show("work", true, subject, "flood");
	}
	show("work", false, NULL, "the broker's own");
	wait_for(&bench.shown, BURST + 1);
	CU_ASSERT_STRING_EQUAL(bench.body, "the broker's own");
	CU_ASSERT_EQUAL(hc_notifier_deadline(bench.notifier), START + INTERVAL);
	hc_notifier_dispatch(bench.notifier, START + INTERVAL - 1);
	hc_notifier_dispatch(bench.notifier, START + INTERVAL);
	wait_for(&bench.shown, BURST + 2);
	for (int64_t now = START + INTERVAL; hc_notifier_deadline(bench.notifier) >= 0;
		now += INTERVAL)
		hc_notifier_dispatch(bench.notifier, now);
	wait_for(&bench.shown, BURST + 1 + 4 + 1);
	CU_ASSERT_STRING_EQUAL(bench.title, "[work] 11 more notifications");
	CU_ASSERT_EQUAL(bench.tellings, 11);
	end();
}

/* The server shows them all for as long as it likes. */
static void test_many_of_one(void)
{
	enum { MANY = 300 };
	begin(true);
	show("vault", true, "7", "a");
	wait_for(&bench.shown, 1);
	for (guint i = 1; i <= MANY; i++) {
		g_autofree char *subject = g_strdup_printf("%u", i);
		bench.now += INTERVAL;
		show("work", true, subject, "b");
		wait_for(&bench.shown, i + 1);
	}
	ga_dbus_notifications_emit_action_invoked(bench.server, 2, "default");
	ga_dbus_notifications_emit_action_invoked(bench.server, 1, "default");
	wait_for(&bench.tellings, 1);
	CU_ASSERT_STRING_EQUAL(bench.told, "vault 7 action default");
	end();
}

static void test_no_server(void)
{
	begin(false);
	show("work", true, "1", "a");
	wait_for(&bench.tellings, 1);
	CU_ASSERT_STRING_EQUAL(bench.told, "work 1 closed 4");
	start_server();
	show("work", true, "2", "b");
	wait_for(&bench.shown, 1);
	end();
}

static void test_server_restarts(void)
{
	begin(true);
	show("work", true, "1", "a");
	wait_for(&bench.shown, 1);
	ga_dbus_notifications_emit_action_invoked(bench.server, 1, "default");
	wait_for(&bench.tellings, 1);
	stop_server();
	wait_for(&bench.tellings, 2);
	CU_ASSERT_STRING_EQUAL(bench.told, "work 1 closed 4");
	start_server();
	show("work", true, "1", "b");
	wait_for(&bench.shown, 2);
	CU_ASSERT_EQUAL(bench.replaces, 0);
	end();
}

static void test_no_bus(void)
{
	begin(false);
	g_test_dbus_stop(bench.daemon);
	show("work", true, "1", "a");
	wait_for(&bench.tellings, 1);
	CU_ASSERT_STRING_EQUAL(bench.told, "work 1 closed 4");
	end();
}

static const struct unit_test tests[] = {
	{ "a notification carries its VM's label, and nothing that garbles it", test_shows },
	{ "what is no markup is escaped where the server has markup", test_markup },
	{ "texts are cut", test_bounds },
	{ "one takes the place of the last with its subject", test_replaces },
	{ "what the user does with a guest's is told", test_tells },
	{ "a guest's are taken away, also on their way", test_withdraws },
	{ "of a flood a few are shown, and the broker's own as ever", test_flood },
	{ "one that shows too many is not heard of its oldest, and others are", test_many_of_one },
	{ "without a server a guest's count as closed, until there is one", test_no_server },
	{ "a server that is restarted knows nothing of the last one's", test_server_restarts },
	{ "without a bus nothing is waited for", test_no_bus },
};

UNIT_MAIN("notifications", tests)

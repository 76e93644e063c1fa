/*
 * The guest's notification server on a session bus of the test's own; the test is an application,
 * and the primary.
 */
#include "unit.h"

#include <string.h>

#include "bus.h"
#include "notifications.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

static struct {
	GTestDBus *daemon;
	struct ga_bus *bus;
	struct ga_notifications *notifications;
	GaDbusNotifications *client;
	bool primary; /* is there */
	guint told; /* messages that it has received */
	enum vp_op op; /* of the last */
	uint32_t id;
	size_t body_len;
	char *actions;
	guint answers;
	guint answer; /* the last id */
	guint closed; /* signals */
	guint closed_id;
	guint closed_reason;
	char *chosen;
} bench;

static bool tell(void *data, const struct vp_message *message)
{
	(void)data;
	if (!bench.primary)
		return false;
	bench.told++;
	bench.op = message->op;
	if (message->op == VP_OP_NOTIFY_CLOSE) {
		bench.id = message->notify_close.notification;
		return true;
	}
	bench.id = message->notify.notification;
	bench.body_len = message->notify.body.len;
	g_free(bench.actions);
	bench.actions =
		g_strndup((const char *)message->notify.actions.data, message->notify.actions.len);
	return true;
}

static void handle_closed(GaDbusNotifications *client, guint id, guint reason, gpointer data)
{
	(void)client;
	(void)data;
	bench.closed++;
	bench.closed_id = id;
	bench.closed_reason = reason;
}

static void handle_action(GaDbusNotifications *client, guint id, const char *action, gpointer data)
{
	(void)client;
	(void)id;
	(void)data;
	g_free(bench.chosen);
	bench.chosen = g_strdup(action);
}

static void wait_for(const guint *counter, guint count)
{
	while (*counter < count)
		g_main_context_iteration(NULL, TRUE);
}

static void begin(void)
{
	g_autoptr(GaDbusNotifications) object = ga_dbus_notifications_skeleton_new();
	memset(&bench, 0, sizeof(bench));
	bench.primary = true;
	bench.daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(bench.daemon);
	bench.notifications = ga_notifications_create(object, tell, NULL);
	bench.bus = ga_bus_create();
	ga_bus_offer(bench.bus, NAME, PATH, G_DBUS_INTERFACE_SKELETON(object));
	ga_bus_connect(bench.bus);
	g_autoptr(GDBusConnection) connection =
		g_dbus_connection_new_for_address_sync(g_test_dbus_get_bus_address(bench.daemon),
			G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
				G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
			NULL, NULL, NULL);
	bench.client = ga_dbus_notifications_proxy_new_sync(
		connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, NAME, PATH, NULL, NULL);
	g_signal_connect(bench.client, "notification-closed", G_CALLBACK(handle_closed), NULL);
	g_signal_connect(bench.client, "action-invoked", G_CALLBACK(handle_action), NULL);
	g_autofree char *owner = NULL;
	while ((owner = g_dbus_proxy_get_name_owner(G_DBUS_PROXY(bench.client))) == NULL)
		g_main_context_iteration(NULL, TRUE);
}

static void end(void)
{
	ga_notifications_destroy(bench.notifications);
	ga_bus_destroy(bench.bus);
	g_clear_object(&bench.client);
	g_test_dbus_stop(bench.daemon);
	g_clear_object(&bench.daemon);
	g_clear_pointer(&bench.actions, g_free);
	g_clear_pointer(&bench.chosen, g_free);
}

static void handle_notified(GObject *source, GAsyncResult *result, gpointer data)
{
	(void)data;
	ga_dbus_notifications_call_notify_finish(
		GA_DBUS_NOTIFICATIONS(source), &bench.answer, result, NULL);
	bench.answers++;
}

/* Its id. */
static guint notify(guint replaces, const char *body)
{
	static const char *const actions[] = { "default", "Open", "odd", NULL };
	guint before = bench.answers;
	ga_dbus_notifications_call_notify(bench.client, "Test", replaces, "", "Title", body,
		actions, g_variant_new("a{sv}", NULL), -1, NULL, handle_notified, NULL);
	wait_for(&bench.answers, before + 1);
	return bench.answer;
}

static void test_tells(void)
{
	g_autofree char *long_body = g_strnfill(100000, 'a');
	begin();
	guint first = notify(0, "body");
	CU_ASSERT_EQUAL(bench.op, VP_OP_NOTIFY);
	CU_ASSERT_EQUAL(bench.id, first);
	CU_ASSERT_STRING_EQUAL(bench.actions, "default");
	CU_ASSERT_NOT_EQUAL(notify(0, long_body), first);
	CU_ASSERT_EQUAL(bench.body_len, VP_NOTIFY_BODY_MAX);
	CU_ASSERT_EQUAL(notify(first, "again"), first);
	CU_ASSERT_NOT_EQUAL(notify(12345, "of an id that was never given"), 12345);
	end();
}

static void test_hears(void)
{
	begin();
	guint id = notify(0, "");
	ga_notifications_handle_message(bench.notifications,
		VP_MESSAGE(NOTIFY_ACTION, notify_action, .notification = id + 1,
			.action = vp_text_from("wrong", VP_NAME_MAX)));
	ga_notifications_handle_message(
		bench.notifications, VP_MESSAGE(NOTIFY_ACTION, notify_action, .notification = id,
					     .action = vp_text_from("default", VP_NAME_MAX)));
	for (int i = 0; i < 2; i++)
		ga_notifications_handle_message(bench.notifications,
			VP_MESSAGE(NOTIFY_CLOSED, notify_closed, .notification = id, .reason = 2));
	wait_for(&bench.closed, 1);
	CU_ASSERT_STRING_EQUAL(bench.chosen, "default");
	CU_ASSERT_EQUAL(bench.closed_reason, 2);
	notify(0, "");
	CU_ASSERT_EQUAL(bench.closed, 1);
	end();
}

static void test_no_primary(void)
{
	begin();
	guint id = notify(0, "");
	ga_notifications_primary_left(bench.notifications);
	wait_for(&bench.closed, 1);
	CU_ASSERT_EQUAL(bench.closed_id, id);
	bench.primary = false;
	notify(0, "");
	wait_for(&bench.closed, 2);
	end();
}

static void test_bound(void)
{
	begin();
	guint first = notify(0, "");
	for (int i = 0; i < VP_NOTIFICATIONS_MAX; i++)
		notify(0, "");
	wait_for(&bench.closed, 1);
	CU_ASSERT_EQUAL(bench.closed_id, first);
	end();
}

static const struct unit_test tests[] = {
	{ "the primary is told of each, and which it replaces", test_tells },
	{ "an application hears what the user does with it, once", test_hears },
	{ "without a primary each is closed", test_no_primary },
	{ "beyond a number of them the oldest is closed", test_bound },
};

UNIT_MAIN("the guest's notification server", tests)

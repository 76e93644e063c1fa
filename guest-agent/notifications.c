#include "notifications.h"

#include <string.h>

/* NotificationClosed's reasons. */
enum { CLOSED_BY_CALL = 3, CLOSED_OTHERWISE = 4 };

struct ga_notifications {
	GaDbusNotifications *object;
	bool (*tell)(void *data, const struct vp_message *message);
	void *data;
	GQueue shown; /* ids, the oldest first */
	uint32_t last_id;
	bool actions; /* the primary has buttons */
};

static void close_shown(struct ga_notifications *notifications, uint32_t id, uint32_t reason)
{
	if (g_queue_remove(&notifications->shown, GUINT_TO_POINTER(id)))
		ga_dbus_notifications_emit_notification_closed(notifications->object, id, reason);
}

static gboolean handle_get_capabilities(
	GaDbusNotifications *object, GDBusMethodInvocation *call, gpointer data)
{
	struct ga_notifications *notifications = data;
	const char *const capabilities[] = {
		"body",
		notifications->actions ? "actions" : NULL,
		NULL,
	};
	ga_dbus_notifications_complete_get_capabilities(object, call, capabilities);
	return TRUE;
}

static gboolean handle_get_server_information(
	GaDbusNotifications *object, GDBusMethodInvocation *call, gpointer data)
{
	(void)data;
	ga_dbus_notifications_complete_get_server_information(
		object, call, "oriel-agent", "Oriel", ORIEL_VERSION, "1.2");
	return TRUE;
}

static uint8_t find_urgency(GVariant *hints)
{
	enum { NORMAL = 1, HIGHEST = 2 };
	guint8 urgency = NORMAL;
	g_variant_lookup(hints, "urgency", "y", &urgency);
	return MIN(urgency, HIGHEST);
}

/* Pairs of key and label, as many as fit; each word is ended by NUL. */
static GByteArray *pack_actions(const char *const *actions)
{
	GByteArray *packed = g_byte_array_new();
	for (size_t i = 0; actions[i] != NULL && actions[i + 1] != NULL; i += 2) {
		size_t key = strlen(actions[i]) + 1;
		size_t label = strlen(actions[i + 1]) + 1;
		if (packed->len + key + label > VP_NOTIFY_ACTIONS_MAX)
			break;
		g_byte_array_append(packed, (const guint8 *)actions[i], (guint)key);
		g_byte_array_append(packed, (const guint8 *)actions[i + 1], (guint)label);
	}
	return packed;
}

/* The one that is replaced keeps its id. */
static uint32_t choose_id(struct ga_notifications *notifications, uint32_t replaced)
{
	if (g_queue_find(&notifications->shown, GUINT_TO_POINTER(replaced)) != NULL)
		return replaced;
	do
		notifications->last_id++;
	while (notifications->last_id == 0 ||
		g_queue_find(&notifications->shown, GUINT_TO_POINTER(notifications->last_id)) !=
			NULL);
	return notifications->last_id;
}

static void remember(struct ga_notifications *notifications, uint32_t id)
{
	g_queue_remove(&notifications->shown, GUINT_TO_POINTER(id));
	if (g_queue_get_length(&notifications->shown) >= VP_NOTIFICATIONS_MAX)
		close_shown(notifications,
			GPOINTER_TO_UINT(g_queue_peek_head(&notifications->shown)),
			CLOSED_OTHERWISE);
	g_queue_push_tail(&notifications->shown, GUINT_TO_POINTER(id));
}

static gboolean handle_notify(GaDbusNotifications *object, GDBusMethodInvocation *call,
	const char *application, guint replaces, const char *icon, const char *summary,
	const char *body, const char *const *actions, GVariant *hints, gint timeout, gpointer data)
{
	struct ga_notifications *notifications = data;
	uint32_t id = choose_id(notifications, replaces);
	g_autoptr(GByteArray) packed = pack_actions(actions);
	(void)icon;
	remember(notifications, id);
	ga_dbus_notifications_complete_notify(object, call, id);
	if (!notifications->tell(notifications->data,
		    VP_MESSAGE(NOTIFY, notify, .notification = id,
			    .application = vp_text_from(application, VP_NAME_MAX),
			    .title = vp_text_from(summary, VP_REASON_MAX),
			    .body = vp_text_from(body, VP_NOTIFY_BODY_MAX),
			    .urgency = find_urgency(hints), .timeout = MAX(timeout, -1),
			    .actions = { .data = packed->data, .len = packed->len })))
		close_shown(notifications, id, CLOSED_OTHERWISE);
	return TRUE;
}

static gboolean handle_close_notification(
	GaDbusNotifications *object, GDBusMethodInvocation *call, guint id, gpointer data)
{
	struct ga_notifications *notifications = data;
	ga_dbus_notifications_complete_close_notification(object, call);
	if (g_queue_find(&notifications->shown, GUINT_TO_POINTER(id)) == NULL)
		return TRUE;
	notifications->tell(
		notifications->data, VP_MESSAGE(NOTIFY_CLOSE, notify_close, .notification = id));
	close_shown(notifications, id, CLOSED_BY_CALL);
	return TRUE;
}

struct ga_notifications *ga_notifications_create(GaDbusNotifications *object,
	bool (*tell)(void *data, const struct vp_message *message), void *data)
{
	struct ga_notifications *notifications = g_new0(struct ga_notifications, 1);
	notifications->object = g_object_ref(object);
	notifications->tell = tell;
	notifications->data = data;
	g_queue_init(&notifications->shown);
	g_signal_connect(object, "handle-get-capabilities", G_CALLBACK(handle_get_capabilities),
		notifications);
	g_signal_connect(object, "handle-get-server-information",
		G_CALLBACK(handle_get_server_information), notifications);
	g_signal_connect(object, "handle-notify", G_CALLBACK(handle_notify), notifications);
	g_signal_connect(object, "handle-close-notification", G_CALLBACK(handle_close_notification),
		notifications);
	return notifications;
}

void ga_notifications_destroy(struct ga_notifications *notifications)
{
	if (notifications == NULL)
		return;
	g_signal_handlers_disconnect_by_data(notifications->object, notifications);
	g_object_unref(notifications->object);
	g_queue_clear(&notifications->shown);
	g_free(notifications);
}

static void handle_action(
	struct ga_notifications *notifications, const struct vp_notify_action *message)
{
	g_autofree char *action = g_strndup(message->action.data, message->action.len);
	if (g_queue_find(&notifications->shown, GUINT_TO_POINTER(message->notification)) != NULL)
		ga_dbus_notifications_emit_action_invoked(
			notifications->object, message->notification, action);
}

void ga_notifications_handle_message(
	struct ga_notifications *notifications, const struct vp_message *message)
{
	if (message->op == VP_OP_NOTIFY_SERVER)
		notifications->actions = message->notify_server.actions != 0;
	else if (message->op == VP_OP_NOTIFY_CLOSED)
		close_shown(notifications, message->notify_closed.notification,
			message->notify_closed.reason);
	else if (message->op == VP_OP_NOTIFY_ACTION)
		handle_action(notifications, &message->notify_action);
}

void ga_notifications_primary_left(struct ga_notifications *notifications)
{
	gpointer id;
	while ((id = g_queue_peek_head(&notifications->shown)) != NULL)
		close_shown(notifications, GPOINTER_TO_UINT(id), CLOSED_OTHERWISE);
}

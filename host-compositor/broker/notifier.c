#define G_LOG_DOMAIN "hc-notifier"

#include "notifier.h"

#include "rate.h"

#define SERVER "org.freedesktop.Notifications"
#define SERVER_PATH "/org/freedesktop/Notifications"

enum {
	HELD_MAX = 4, /* of one source, to be shown later */
	WAITING_MAX = 16, /* for the server */
	SHOWN_MAX = 64, /* of one source, on the desktop, and known here */
	CALL_MS = 5000,
};

/* Of one source, in milliseconds. */
static const struct hc_rate_bound bound = { .burst = 5, .interval = 2000 };

/* A VM's own notifications, or the broker's about it. */
struct source {
	char *vm; /* NULL: the broker's about none */
	bool from_guest;
	uint32_t colour;
	struct hc_rate rate;
	GQueue held; /* of struct hc_notice */
	guint dropped; /* since the last was shown */
};

enum server_state { SERVER_UNKNOWN, SERVER_ASKED, SERVER_KNOWN };

/* One on the desktop, or on its way there. */
struct shown {
	struct hc_notifier *notifier;
	struct hc_notice *notice; /* the last */
	uint32_t id; /* the server's, 0 while it is not known */
	bool calling; /* Notify has not answered */
	struct hc_notice *next; /* to be sent then; NULL none */
	bool withdrawn; /* to be taken away then */
};

struct hc_notifier {
	struct hc_session_bus *bus;
	const struct hc_notifier_listener *listener;
	void *data;
	GDBusConnection *connection; /* NULL without one */
	guint subscription; /* to the server's signals */
	guint owner_subscription; /* to who the server is */
	enum server_state state;
	struct hc_notice_server server;
	GCancellable *calls; /* all that are under way */
	GPtrArray *sources; /* of struct source */
	GQueue waiting; /* of struct hc_notice, for the server */
	GPtrArray *shown; /* of struct shown, oldest first */
};

static void free_notice(void *notice)
{
	hc_notice_free(notice);
}

static void free_source(void *data)
{
	struct source *source = data;

	g_queue_clear_full(&source->held, free_notice);
	g_free(source->vm);
	g_free(source);
}

static void free_shown(void *data)
{
	struct shown *shown = data;

	hc_notice_free(shown->notice);
	hc_notice_free(shown->next);
	g_free(shown);
}

static void tell_closed(
	struct hc_notifier *notifier, const struct hc_notice *notice, enum hc_closed reason)
{
	if (notice->from_guest && notice->subject)
		notifier->listener->closed(notifier->data, notice->vm, notice->subject, reason);
}

/* Where nobody shows it. */
static void log_notice(struct hc_notifier *notifier, struct hc_notice *notice)
{
	if (!notice->from_guest)
		g_message("%s%s%s", notice->title, *notice->body ? ": " : "", notice->body);
	tell_closed(notifier, notice, HC_CLOSED_OTHER);
	hc_notice_free(notice);
}

static void log_waiting(struct hc_notifier *notifier)
{
	struct hc_notice *notice;

	while ((notice = g_queue_pop_head(&notifier->waiting)))
		log_notice(notifier, notice);
}

/* What is on the desktop */

/* subject: NULL for any. */
static bool matches(
	const struct hc_notice *notice, const char *vm, bool from_guest, const char *subject)
{
	return notice->from_guest == from_guest && g_strcmp0(notice->vm, vm) == 0 &&
	       (!subject || g_strcmp0(notice->subject, subject) == 0);
}

static struct shown *find_shown(struct hc_notifier *notifier, const struct hc_notice *notice)
{
	for (guint i = 0; i < notifier->shown->len; i++) {
		struct shown *shown = g_ptr_array_index(notifier->shown, i);

		if (hc_notice_replaces(notice, shown->notice))
			return shown;
	}
	return NULL;
}

static struct shown *find_id(struct hc_notifier *notifier, uint32_t id)
{
	for (guint i = 0; i < notifier->shown->len; i++) {
		struct shown *shown = g_ptr_array_index(notifier->shown, i);

		if (shown->id == id && id != 0)
			return shown;
	}
	return NULL;
}

static void call(struct hc_notifier *notifier, const char *method, GVariant *parameters,
	const char *answer, GAsyncReadyCallback done, void *data)
{
	g_dbus_connection_call(notifier->connection, SERVER, SERVER_PATH, SERVER, method,
		parameters, answer ? G_VARIANT_TYPE(answer) : NULL, G_DBUS_CALL_FLAGS_NONE, CALL_MS,
		notifier->calls, done, data);
}

static void close_shown(struct shown *shown)
{
	struct hc_notifier *notifier = shown->notifier;

	if (shown->id != 0 && notifier->connection)
		call(notifier, "CloseNotification", g_variant_new("(u)", shown->id), NULL, NULL,
			NULL);
	g_ptr_array_remove(notifier->shown, shown);
}

static void send_shown(struct shown *shown);

static void handle_notified(GObject *source, GAsyncResult *result, void *data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	struct shown *shown = data;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	shown->calling = false;
	if (!answer) {
		g_message("a notification cannot be shown: %s", error->message);
		tell_closed(shown->notifier, shown->notice, HC_CLOSED_OTHER);
		g_ptr_array_remove(shown->notifier->shown, shown);
		return;
	}
	g_variant_get(answer, "(u)", &shown->id);
	if (shown->withdrawn)
		close_shown(shown);
	else if (shown->next)
		send_shown(shown);
	else if (!shown->notice->subject)
		g_ptr_array_remove(shown->notifier->shown, shown);
}

static void send_shown(struct shown *shown)
{
	struct hc_notifier *notifier = shown->notifier;

	if (shown->next) {
		hc_notice_free(shown->notice);
		shown->notice = g_steal_pointer(&shown->next);
	}
	shown->calling = true;
	call(notifier, "Notify", hc_notice_parameters(shown->notice, shown->id, &notifier->server),
		"(u)", handle_notified, shown);
}

/* Those that are forgotten stay on the desktop, but nobody hears of them any more: so they are of
 * whoever has shown too many. */
static void make_room(struct hc_notifier *notifier, const struct hc_notice *notice)
{
	struct shown *oldest = NULL;
	guint count = 0;

	for (guint i = 0; i < notifier->shown->len; i++) {
		struct shown *shown = g_ptr_array_index(notifier->shown, i);

		if (!matches(shown->notice, notice->vm, notice->from_guest, NULL))
			continue;
		count++;
		if (!oldest && !shown->calling)
			oldest = shown;
	}
	if (count >= SHOWN_MAX && oldest)
		g_ptr_array_remove(notifier->shown, oldest);
}

static void send(struct hc_notifier *notifier, struct hc_notice *notice)
{
	struct shown *shown = find_shown(notifier, notice);

	if (shown) {
		hc_notice_free(shown->next);
		shown->next = notice;
		shown->withdrawn = false;
		if (!shown->calling)
			send_shown(shown);
		return;
	}
	make_room(notifier, notice);
	shown = g_new0(struct shown, 1);
	shown->notifier = notifier;
	shown->notice = notice;
	g_ptr_array_add(notifier->shown, shown);
	send_shown(shown);
}

/* The server */

static bool has(const char *const *capabilities, const char *name)
{
	return capabilities && g_strv_contains(capabilities, name);
}

static void handle_capabilities(GObject *source, GAsyncResult *result, void *data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	g_autofree const char **capabilities = NULL;
	struct hc_notifier *notifier = data;
	struct hc_notice *notice;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	if (!answer) {
		notifier->state = SERVER_UNKNOWN;
		log_waiting(notifier);
		return;
	}
	g_variant_get(answer, "(^a&s)", &capabilities);
	notifier->server.markup = has(capabilities, "body-markup");
	notifier->server.actions = has(capabilities, "actions");
	notifier->state = SERVER_KNOWN;
	while ((notice = g_queue_pop_head(&notifier->waiting)))
		send(notifier, notice);
}

static void handle_signal(GDBusConnection *connection, const char *sender, const char *path,
	const char *interface, const char *signal, GVariant *parameters, void *data)
{
	struct hc_notifier *notifier = data;
	struct shown *shown;
	const char *action = NULL;
	uint32_t id = 0;
	uint32_t reason = 0;

	(void)connection;
	(void)sender;
	(void)path;
	(void)interface;
	if (g_variant_is_of_type(parameters, G_VARIANT_TYPE("(us)")))
		g_variant_get(parameters, "(u&s)", &id, &action);
	else if (g_variant_is_of_type(parameters, G_VARIANT_TYPE("(uu)")))
		g_variant_get(parameters, "(uu)", &id, &reason);
	shown = find_id(notifier, id);
	if (!shown)
		return;
	if (g_str_equal(signal, "ActionInvoked") && action && shown->notice->from_guest) {
		notifier->listener->action(
			notifier->data, shown->notice->vm, shown->notice->subject, action);
	} else if (g_str_equal(signal, "NotificationClosed") && !shown->calling) {
		tell_closed(notifier, shown->notice,
			reason == HC_CLOSED_EXPIRED || reason == HC_CLOSED_DISMISSED
				? (enum hc_closed)reason
				: HC_CLOSED_OTHER);
		g_ptr_array_remove(notifier->shown, shown);
	}
}

/* Ids of a server that is gone mean nothing to the next. */
static void lose_server(struct hc_notifier *notifier)
{
	g_cancellable_cancel(notifier->calls);
	g_object_unref(notifier->calls);
	notifier->calls = g_cancellable_new();
	notifier->state = SERVER_UNKNOWN;
	while (notifier->shown->len > 0) {
		struct shown *shown = g_ptr_array_steal_index(notifier->shown, 0);

		tell_closed(notifier, shown->notice, HC_CLOSED_OTHER);
		free_shown(shown);
	}
}

static void handle_owner_changed(GDBusConnection *connection, const char *sender, const char *path,
	const char *interface, const char *signal, GVariant *parameters, void *data)
{
	const char *old = "";

	(void)connection;
	(void)sender;
	(void)path;
	(void)interface;
	(void)signal;
	g_variant_get(parameters, "(&s&s&s)", NULL, &old, NULL);
	if (*old)
		lose_server(data);
}

static void subscribe(struct hc_notifier *notifier)
{
	notifier->subscription =
		g_dbus_connection_signal_subscribe(notifier->connection, SERVER, SERVER, NULL,
			SERVER_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, handle_signal, notifier, NULL);
	notifier->owner_subscription =
		g_dbus_connection_signal_subscribe(notifier->connection, "org.freedesktop.DBus",
			"org.freedesktop.DBus", "NameOwnerChanged", "/org/freedesktop/DBus", SERVER,
			G_DBUS_SIGNAL_FLAGS_NONE, handle_owner_changed, notifier, NULL);
}

static void drop_connection(struct hc_notifier *notifier)
{
	if (!notifier->connection)
		return;
	g_dbus_connection_signal_unsubscribe(notifier->connection, notifier->subscription);
	g_dbus_connection_signal_unsubscribe(notifier->connection, notifier->owner_subscription);
	g_clear_object(&notifier->connection);
	lose_server(notifier);
}

static void ask_server(struct hc_notifier *notifier)
{
	notifier->state = SERVER_ASKED;
	call(notifier, "GetCapabilities", NULL, "(as)", handle_capabilities, notifier);
}

static void handle_bus_changed(void *data, GDBusConnection *connection)
{
	struct hc_notifier *notifier = data;

	if (connection != notifier->connection) {
		drop_connection(notifier);
		if (connection) {
			notifier->connection = g_object_ref(connection);
			subscribe(notifier);
		}
	}
	if (!connection)
		log_waiting(notifier);
	else if (notifier->state == SERVER_UNKNOWN && !g_queue_is_empty(&notifier->waiting))
		ask_server(notifier);
}

static void deliver(struct hc_notifier *notifier, struct hc_notice *notice)
{
	if (notifier->state == SERVER_KNOWN) {
		send(notifier, notice);
		return;
	}
	g_queue_push_tail(&notifier->waiting, notice);
	if (g_queue_get_length(&notifier->waiting) > WAITING_MAX)
		log_notice(notifier, g_queue_pop_head(&notifier->waiting));
	if (notifier->state == SERVER_UNKNOWN && notifier->connection)
		ask_server(notifier);
	else if (!notifier->connection)
		hc_session_bus_connect(notifier->bus);
}

/* How many at once */

static struct source *find_source(struct hc_notifier *notifier, const struct hc_notice *notice)
{
	struct source *source;

	for (guint i = 0; i < notifier->sources->len; i++) {
		source = g_ptr_array_index(notifier->sources, i);
		if (g_strcmp0(source->vm, notice->vm) == 0 &&
			source->from_guest == notice->from_guest)
			return source;
	}
	source = g_new0(struct source, 1);
	source->vm = g_strdup(notice->vm);
	source->from_guest = notice->from_guest;
	source->colour = notice->colour;
	g_queue_init(&source->held);
	g_ptr_array_add(notifier->sources, source);
	return source;
}

static void hold(struct hc_notifier *notifier, struct source *source, struct hc_notice *notice)
{
	for (GList *at = source->held.head; at; at = at->next) {
		if (!hc_notice_replaces(notice, at->data))
			continue;
		hc_notice_free(at->data);
		at->data = notice;
		return;
	}
	g_queue_push_tail(&source->held, notice);
	if (g_queue_get_length(&source->held) > HELD_MAX) {
		struct hc_notice *oldest = g_queue_pop_head(&source->held);

		source->dropped++;
		tell_closed(notifier, oldest, HC_CLOSED_OTHER);
		hc_notice_free(oldest);
	}
}

static struct hc_notice *make_summary(struct source *source)
{
	g_autofree char *title = g_strdup_printf("%u more notifications", source->dropped);
	const struct hc_notification notification = {
		.vm = source->vm,
		.colour = source->colour,
		.from_guest = source->from_guest,
		.title = title,
		.body = "They came too fast to be shown.",
		.urgency = HC_URGENCY_LOW,
		.timeout = -1,
	};

	source->dropped = 0;
	return hc_notice_create(&notification);
}

static bool has_more(const struct source *source)
{
	return source->held.length > 0 || source->dropped > 0;
}

static void show_more(struct hc_notifier *notifier, struct source *source, int64_t now)
{
	while (has_more(source) && hc_rate_take(&source->rate, &bound, now)) {
		struct hc_notice *notice = g_queue_pop_head(&source->held);

		deliver(notifier, notice ? notice : make_summary(source));
	}
}

void hc_notifier_show(
	struct hc_notifier *notifier, int64_t now, const struct hc_notification *notification)
{
	struct hc_notice *notice = hc_notice_create(notification);
	struct source *source = find_source(notifier, notice);

	/* The broker's own progress takes no more of the user's attention than it has. */
	if (!notice->from_guest && find_shown(notifier, notice))
		deliver(notifier, notice);
	else if (!has_more(source) && hc_rate_take(&source->rate, &bound, now))
		deliver(notifier, notice);
	else
		hold(notifier, source, notice);
}

static void withdraw_queued(GQueue *queue, const char *vm, bool from_guest, const char *subject)
{
	GList *next;

	for (GList *at = queue->head; at; at = next) {
		next = at->next;
		if (!matches(at->data, vm, from_guest, subject))
			continue;
		hc_notice_free(at->data);
		g_queue_delete_link(queue, at);
	}
}

void hc_notifier_withdraw(
	struct hc_notifier *notifier, const char *vm, bool from_guest, const char *subject)
{
	withdraw_queued(&notifier->waiting, vm, from_guest, subject);
	for (guint i = 0; i < notifier->sources->len; i++) {
		struct source *source = g_ptr_array_index(notifier->sources, i);

		withdraw_queued(&source->held, vm, from_guest, subject);
	}
	for (guint i = notifier->shown->len; i-- > 0;) {
		struct shown *shown = g_ptr_array_index(notifier->shown, i);

		if (!matches(shown->notice, vm, from_guest, subject))
			continue;
		if (shown->calling)
			shown->withdrawn = true;
		else
			close_shown(shown);
	}
}

int64_t hc_notifier_deadline(const struct hc_notifier *notifier)
{
	int64_t earliest = -1;

	for (guint i = 0; i < notifier->sources->len; i++) {
		const struct source *source = g_ptr_array_index(notifier->sources, i);
		int64_t next = hc_rate_next(&source->rate, &bound);

		if (has_more(source) && (earliest < 0 || next < earliest))
			earliest = next;
	}
	return earliest;
}

void hc_notifier_dispatch(struct hc_notifier *notifier, int64_t now)
{
	for (guint i = 0; i < notifier->sources->len; i++)
		show_more(notifier, g_ptr_array_index(notifier->sources, i), now);
}

struct hc_notifier *hc_notifier_create(
	struct hc_session_bus *bus, const struct hc_notifier_listener *listener, void *data)
{
	struct hc_notifier *notifier = g_new0(struct hc_notifier, 1);

	notifier->bus = bus;
	notifier->listener = listener;
	notifier->data = data;
	notifier->calls = g_cancellable_new();
	notifier->sources = g_ptr_array_new_with_free_func(free_source);
	notifier->shown = g_ptr_array_new_with_free_func(free_shown);
	g_queue_init(&notifier->waiting);
	hc_session_bus_follow(bus, handle_bus_changed, notifier);
	return notifier;
}

void hc_notifier_destroy(struct hc_notifier *notifier)
{
	if (!notifier)
		return;
	g_cancellable_cancel(notifier->calls);
	if (notifier->connection) {
		g_dbus_connection_signal_unsubscribe(notifier->connection, notifier->subscription);
		g_dbus_connection_signal_unsubscribe(
			notifier->connection, notifier->owner_subscription);
	}
	g_clear_object(&notifier->connection);
	g_object_unref(notifier->calls);
	g_ptr_array_unref(notifier->shown);
	g_ptr_array_unref(notifier->sources);
	g_queue_clear_full(&notifier->waiting, free_notice);
	g_free(notifier);
}

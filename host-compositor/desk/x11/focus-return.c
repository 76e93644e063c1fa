#define G_LOG_DOMAIN "hc-focus-return"

#include "focus-return.h"

#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <xcb/sync.h>

#include "focus.h"

enum {
	CLIENTS_MAX = 8192, /* of all applications that are looked at */
	KEY_WORDS_MAX = 32, /* of four bytes */
	VALID_MS = 30000,
	SOURCE_PAGER = 2, /* EWMH: it is the user's will */
};

/* When the focus was lost, a window was there already, or has been looked at since. */
enum seen { SEEN_BEFORE = 1, SEEN_SINCE };

/* What had the focus when its view died. */
struct loss {
	char *key; /* of the window, which that of the next view has, too; NULL: there is none */
	xcb_window_t window; /* that is no more */
	GHashTable *seen; /* windows → enum seen */
	xcb_window_t heir; /* has the focus now, by no doing of the user; XCB_NONE: no window has */
	bool passed; /* the window manager has given the focus away: */
	xcb_timestamp_t first; /* when it did so first */
	xcb_timestamp_t last;
};

struct hc_focus_return {
	const struct hc_desk_display *display;
	struct hc_focus *focus;
	xcb_sync_counter_t idle_time; /* since the user's last use of any device */
	xcb_sync_counter_t server_time;

	xcb_window_t active; /* has the focus; XCB_NONE none */
	char *key; /* of it; NULL: it is no view's */
	struct loss loss;
};

/* What the server says */

/* xcb's own function takes the padding of its struct for that of the protocol. */
static bool has_name(const xcb_sync_systemcounter_t *counter, const char *name)
{
	const char *own = (const char *)&counter->name_len + sizeof(counter->name_len);

	return counter->name_len == strlen(name) && memcmp(own, name, counter->name_len) == 0;
}

static xcb_sync_counter_t find_counter(
	const xcb_sync_list_system_counters_reply_t *reply, const char *name)
{
	xcb_sync_systemcounter_iterator_t at =
		xcb_sync_list_system_counters_counters_iterator(reply);

	while (at.rem > 0 && !has_name(at.data, name))
		xcb_sync_systemcounter_next(&at);
	return at.rem > 0 ? at.data->counter : XCB_NONE;
}

static bool find_counters(struct hc_focus_return *returning)
{
	xcb_connection_t *connection = returning->display->connection;
	const xcb_query_extension_reply_t *extension =
		xcb_get_extension_data(connection, &xcb_sync_id);
	xcb_sync_list_system_counters_reply_t *reply;

	if (!extension || !extension->present)
		return false;
	xcb_discard_reply(connection,
		xcb_sync_initialize(connection, XCB_SYNC_MAJOR_VERSION, XCB_SYNC_MINOR_VERSION)
			.sequence);
	reply = xcb_sync_list_system_counters_reply(
		connection, xcb_sync_list_system_counters(connection), NULL);
	if (reply) {
		returning->idle_time = find_counter(reply, "IDLETIME");
		returning->server_time = find_counter(reply, "SERVERTIME");
	}
	free(reply);
	return returning->idle_time != XCB_NONE && returning->server_time != XCB_NONE;
}

static bool receive_counter(
	xcb_connection_t *connection, xcb_sync_query_counter_cookie_t cookie, uint64_t *value)
{
	xcb_sync_query_counter_reply_t *reply =
		xcb_sync_query_counter_reply(connection, cookie, NULL);

	if (!reply)
		return false;
	*value = (uint64_t)(uint32_t)reply->counter_value.hi << 32 | reply->counter_value.lo;
	free(reply);
	return true;
}

/* True while the focus may return: that it was given away is not long ago, and the user has done
 * nothing since, moving the pointer included, which chooses a window where the focus follows it. */
static bool is_valid(const struct hc_focus_return *returning)
{
	xcb_connection_t *connection = returning->display->connection;
	/* In this order, and by more than the same millisecond: what is doubtful is the user's. */
	xcb_sync_query_counter_cookie_t idle_time =
		xcb_sync_query_counter(connection, returning->idle_time);
	xcb_sync_query_counter_cookie_t server_time =
		xcb_sync_query_counter(connection, returning->server_time);
	uint64_t idle = 0;
	uint64_t now = 0;
	bool told = receive_counter(connection, idle_time, &idle);

	told = receive_counter(connection, server_time, &now) && told;
	uint32_t elapsed = (uint32_t)now - returning->loss.first;
	return told && returning->loss.passed && elapsed < VALID_MS && idle > elapsed;
}

/* NULL if it is no view's. */
static char *read_key(const struct hc_focus_return *returning, xcb_window_t window)
{
	xcb_connection_t *connection = returning->display->connection;
	xcb_get_property_reply_t *reply = xcb_get_property_reply(connection,
		xcb_get_property(connection, 0, window, returning->display->atoms._ORIEL_WINDOW,
			XCB_ATOM_STRING, 0, KEY_WORDS_MAX),
		NULL);
	char *key = NULL;

	if (reply && reply->format == 8 && reply->value_len > 0)
		key = g_strndup(xcb_get_property_value(reply), reply->value_len);
	free(reply);
	return key;
}

/* NULL if there is none. */
static xcb_get_property_reply_t *read_clients(const struct hc_focus_return *returning)
{
	const struct hc_desk_display *display = returning->display;
	xcb_get_property_reply_t *reply = xcb_get_property_reply(display->connection,
		xcb_get_property(display->connection, 0, display->screen->root,
			display->atoms._NET_CLIENT_LIST, XCB_ATOM_WINDOW, 0, CLIENTS_MAX),
		NULL);

	if (reply && reply->format == 32)
		return reply;
	free(reply);
	return NULL;
}

static bool same_client(const struct hc_focus_return *returning, xcb_window_t a, xcb_window_t b)
{
	uint32_t own = xcb_get_setup(returning->display->connection)->resource_id_mask;

	return (a & ~own) == (b & ~own);
}

/* The loss */

static void forget_loss(struct hc_focus_return *returning)
{
	g_free(returning->loss.key);
	g_clear_pointer(&returning->loss.seen, g_hash_table_unref);
	returning->loss = (struct loss){ 0 };
}

/* The windows of the next view may have the same ids. */
static void note_clients(struct hc_focus_return *returning)
{
	struct loss *loss = &returning->loss;
	xcb_get_property_reply_t *reply = read_clients(returning);
	const xcb_window_t *clients = reply ? xcb_get_property_value(reply) : NULL;

	for (uint32_t i = 0; reply && i < reply->value_len; i++) {
		if (!same_client(returning, clients[i], loss->window))
			g_hash_table_insert(loss->seen, GUINT_TO_POINTER(clients[i]),
				GINT_TO_POINTER(SEEN_BEFORE));
	}
	free(reply);
}

/* Takes the key over. */
static void begin_loss(struct hc_focus_return *returning, char *key, xcb_window_t window)
{
	forget_loss(returning);
	returning->loss.key = key;
	returning->loss.window = window;
	returning->loss.seen = g_hash_table_new(NULL, NULL);
	note_clients(returning);
}

/* A key is a VM's name, a space, and a number. */
static bool same_vm(const char *key, const char *other)
{
	const char *space = strrchr(key, ' ');

	return space && strncmp(key, other, (size_t)(space + 1 - key)) == 0;
}

/* A new window, or another than the one that the window manager has chosen first, has been chosen
 * by somebody. */
static bool is_chosen(const struct hc_focus_return *returning)
{
	const struct loss *loss = &returning->loss;
	const void *seen = g_hash_table_lookup(loss->seen, GUINT_TO_POINTER(returning->active));

	if (returning->active == XCB_NONE || returning->active == loss->heir)
		return false;
	return loss->heir != XCB_NONE || seen != GINT_TO_POINTER(SEEN_BEFORE);
}

static void follow_loss(struct hc_focus_return *returning, xcb_timestamp_t time)
{
	struct loss *loss = &returning->loss;
	xcb_window_t active = returning->active;

	if (returning->key && same_vm(returning->key, loss->key))
		return;
	if (is_chosen(returning)) {
		forget_loss(returning);
		return;
	}
	if (!loss->passed)
		loss->first = time;
	loss->passed = true;
	loss->last = time;
	if (active != XCB_NONE)
		loss->heir = active;
}

/* With the time at which the window manager gave it away, so that it can refuse what the user has
 * forestalled. */
static void give_back(struct hc_focus_return *returning, xcb_window_t window)
{
	const struct hc_desk_display *display = returning->display;
	const xcb_client_message_event_t message = {
		.response_type = XCB_CLIENT_MESSAGE,
		.format = 32,
		.window = window,
		.type = display->atoms._NET_ACTIVE_WINDOW,
		.data.data32 = { SOURCE_PAGER, returning->loss.last },
	};

	if (is_valid(returning))
		xcb_send_event(display->connection, 0, display->screen->root,
			XCB_EVENT_MASK_SUBSTRUCTURE_REDIRECT | XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY,
			(const char *)&message);
	forget_loss(returning);
}

/* True for the window that had the focus. */
static bool is_lost_one(struct hc_focus_return *returning, xcb_window_t window)
{
	GHashTable *seen = returning->loss.seen;
	g_autofree char *key = NULL;

	if (g_hash_table_contains(seen, GUINT_TO_POINTER(window)))
		return false;
	g_hash_table_insert(seen, GUINT_TO_POINTER(window), GINT_TO_POINTER(SEEN_SINCE));
	key = read_key(returning, window);
	return g_strcmp0(key, returning->loss.key) == 0;
}

static void look_for_lost(struct hc_focus_return *returning)
{
	xcb_get_property_reply_t *reply = read_clients(returning);
	const xcb_window_t *clients = reply ? xcb_get_property_value(reply) : NULL;

	for (uint32_t i = 0; reply && i < reply->value_len; i++) {
		if (is_lost_one(returning, clients[i])) {
			give_back(returning, clients[i]);
			break;
		}
	}
	free(reply);
}

/* The window that has the focus */

static void select_events(
	const struct hc_focus_return *returning, xcb_window_t window, uint32_t events)
{
	xcb_change_window_attributes(
		returning->display->connection, window, XCB_CW_EVENT_MASK, &events);
}

/* Of these the desk has selected events that it needs. */
static bool is_own(const struct hc_focus_return *returning, xcb_window_t window)
{
	const struct hc_desk_display *display = returning->display;

	return window == display->screen->root ||
	       same_client(returning, window, xcb_get_setup(display->connection)->resource_id_base);
}

static bool exists(const struct hc_focus_return *returning, xcb_window_t window)
{
	xcb_connection_t *connection = returning->display->connection;
	xcb_get_window_attributes_reply_t *reply = xcb_get_window_attributes_reply(
		connection, xcb_get_window_attributes(connection, window), NULL);
	bool there = reply != NULL;

	free(reply);
	return there;
}

/* False for a window that is gone, of which the window manager has not heard yet. */
static bool watch_active(struct hc_focus_return *returning)
{
	xcb_window_t window = hc_focus_window(returning->focus);

	if (returning->active != XCB_NONE && !is_own(returning, returning->active))
		select_events(returning, returning->active, XCB_EVENT_MASK_NO_EVENT);
	if (window != XCB_NONE && !is_own(returning, window))
		select_events(returning, window, XCB_EVENT_MASK_STRUCTURE_NOTIFY);
	returning->active = window;
	g_clear_pointer(&returning->key, g_free);
	/* Without the process, nobody could tell later that the view has died. */
	if (hc_focus_pid_of(returning->focus, window) != 0)
		returning->key = read_key(returning, window);
	return window == XCB_NONE || exists(returning, window);
}

/* A view that goes on has just closed the window. */
static void handle_destroyed(struct hc_focus_return *returning, xcb_window_t window)
{
	g_autofree char *key = NULL;

	if (window != returning->active)
		return;
	returning->active = XCB_NONE;
	key = g_steal_pointer(&returning->key);
	if (returning->loss.key && is_valid(returning))
		returning->loss.heir = XCB_NONE;
	else if (key && hc_focus_pid_of(returning->focus, window) == 0)
		begin_loss(returning, g_steal_pointer(&key), window);
	else
		forget_loss(returning);
}

static void handle_property(
	struct hc_focus_return *returning, const xcb_property_notify_event_t *event)
{
	const struct hc_desk_display *display = returning->display;

	if (event->window != display->screen->root)
		return;
	if (event->atom == display->atoms._NET_ACTIVE_WINDOW) {
		if (watch_active(returning) && returning->loss.key)
			follow_loss(returning, event->time);
	} else if (event->atom == display->atoms._NET_CLIENT_LIST && returning->loss.key) {
		look_for_lost(returning);
	}
}

void hc_focus_return_handle_event(
	struct hc_focus_return *returning, const xcb_generic_event_t *event)
{
	if (!returning)
		return;
	if (event->response_type == XCB_DESTROY_NOTIFY)
		handle_destroyed(returning, ((const xcb_destroy_notify_event_t *)event)->window);
	else if (event->response_type == XCB_PROPERTY_NOTIFY)
		handle_property(returning, (const void *)event);
}

struct hc_focus_return *hc_focus_return_create(const struct hc_desk_display *display)
{
	struct hc_focus_return *returning = g_new0(struct hc_focus_return, 1);

	returning->display = display;
	if (!find_counters(returning)) {
		g_free(returning);
		return NULL;
	}
	returning->focus = hc_focus_create(display->connection, display->screen->root);
	select_events(returning, display->screen->root, XCB_EVENT_MASK_PROPERTY_CHANGE);
	watch_active(returning);
	return returning;
}

void hc_focus_return_destroy(struct hc_focus_return *returning)
{
	if (!returning)
		return;
	forget_loss(returning);
	hc_focus_destroy(returning->focus);
	g_free(returning->key);
	g_free(returning);
}

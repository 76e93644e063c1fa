/*
 * What an earlier view of the same VM shows while this one starts, to take its place: where its
 * windows lie among all windows, on which desktop, and which of them has the focus. Each of them is
 * handed on to the window that shows the same window of the guest.
 *
 * Only for a moment: what the guest shows later has no claim to the focus, nor does it undo what
 * the user has made of the order since.
 */
#define G_LOG_DOMAIN "hc-x11"

#include <stdlib.h>
#include <string.h>

#include "x11.h"

enum {
	CLIENTS_MAX = 8192,
	KEY_WORDS_MAX = 32, /* of four bytes */
	VALID_MS = 10000,
	SOURCE_PAGER = 2, /* EWMH: it is the user's will */
};

struct place {
	xcb_window_t xid; /* of the window that has it now */
	char *key; /* NULL: another program's */
	bool handed_on; /* to a window of this view */
	bool managed; /* which the window manager has */
	bool has_desktop;
	uint32_t desktop;
};

struct hc_x11_heritage {
	GArray *places; /* of struct place, lowest first */
	xcb_window_t active;
	int64_t until; /* CLOCK_MONOTONIC in milliseconds */
};

static char *make_key(const struct hc_x11 *x11, uint64_t native)
{
	return g_strdup_printf("%s %" G_GINT64_MODIFIER "x", x11->label.name, native);
}

void hc_x11_heritage_leave(struct hc_x11 *x11, const struct hc_x11_window *window, uint64_t native)
{
	g_autofree char *key = make_key(x11, native);

	xcb_change_property(x11->connection, XCB_PROP_MODE_REPLACE, window->toplevel,
		x11->atoms._ORIEL_WINDOW, XCB_ATOM_STRING, 8, (uint32_t)strlen(key), key);
}

/* Finding it */

static xcb_get_property_cookie_t ask(
	struct hc_x11 *x11, xcb_window_t window, xcb_atom_t name, xcb_atom_t type, uint32_t words)
{
	return xcb_get_property(x11->connection, 0, window, name, type, 0, words);
}

static xcb_get_property_reply_t *receive(
	struct hc_x11 *x11, xcb_get_property_cookie_t cookie, uint8_t format)
{
	xcb_get_property_reply_t *reply = xcb_get_property_reply(x11->connection, cookie, NULL);

	if (reply != NULL && reply->format == format && reply->value_len > 0)
		return reply;
	free(reply);
	return NULL;
}

static bool receive_word(struct hc_x11 *x11, xcb_get_property_cookie_t cookie, uint32_t *word)
{
	xcb_get_property_reply_t *reply = receive(x11, cookie, 32);

	if (reply == NULL)
		return false;
	memcpy(word, xcb_get_property_value(reply), sizeof(*word));
	free(reply);
	return true;
}

/* NULL for a window that is not of this VM. */
static char *receive_key(struct hc_x11 *x11, xcb_get_property_cookie_t cookie)
{
	g_autofree char *begin = g_strconcat(x11->label.name, " ", NULL);
	xcb_get_property_reply_t *reply = receive(x11, cookie, 8);
	char *key = NULL;

	if (reply != NULL)
		key = g_strndup(xcb_get_property_value(reply), reply->value_len);
	free(reply);
	if (key != NULL && !g_str_has_prefix(key, begin))
		g_clear_pointer(&key, g_free);
	return key;
}

static void find_place(struct hc_x11 *x11, xcb_window_t xid)
{
	struct place place = { .xid = xid };
	xcb_get_property_cookie_t key =
		ask(x11, xid, x11->atoms._ORIEL_WINDOW, XCB_ATOM_STRING, KEY_WORDS_MAX);
	xcb_get_property_cookie_t desktop =
		ask(x11, xid, x11->atoms._NET_WM_DESKTOP, XCB_ATOM_CARDINAL, 1);

	place.key = receive_key(x11, key);
	place.has_desktop = receive_word(x11, desktop, &place.desktop);
	g_array_append_val(x11->heritage->places, place);
}

static void clear_place(void *data)
{
	struct place *place = data;

	g_free(place->key);
}

void hc_x11_heritage_init(struct hc_x11 *x11)
{
	xcb_get_property_cookie_t active =
		ask(x11, x11->root, x11->atoms._NET_ACTIVE_WINDOW, XCB_ATOM_WINDOW, 1);
	xcb_get_property_reply_t *clients = receive(x11,
		ask(x11, x11->root, x11->atoms._NET_CLIENT_LIST_STACKING, XCB_ATOM_WINDOW,
			CLIENTS_MAX),
		32);
	struct hc_x11_heritage *heritage = g_new0(struct hc_x11_heritage, 1);

	x11->heritage = heritage;
	heritage->places = g_array_new(FALSE, FALSE, sizeof(struct place));
	g_array_set_clear_func(heritage->places, clear_place);
	heritage->until = g_get_monotonic_time() / 1000 + VALID_MS;
	receive_word(x11, active, &heritage->active);
	if (clients == NULL)
		return;
	const xcb_window_t *xids = xcb_get_property_value(clients);
	for (uint32_t i = 0; i < clients->value_len; i++)
		find_place(x11, xids[i]);
	free(clients);
}

void hc_x11_heritage_finish(struct hc_x11 *x11)
{
	if (x11->heritage == NULL)
		return;
	g_array_unref(x11->heritage->places);
	g_free(x11->heritage);
	x11->heritage = NULL;
}

/* Handing it on */

static struct place *place_at(const struct hc_x11_heritage *heritage, guint i)
{
	return &g_array_index(heritage->places, struct place, i);
}

static void set_word(
	struct hc_x11 *x11, const struct hc_x11_window *window, xcb_atom_t property, uint32_t word)
{
	xcb_change_property(x11->connection, XCB_PROP_MODE_REPLACE, window->toplevel, property,
		XCB_ATOM_CARDINAL, 32, 1, &word);
}

/* Without the user's doing, window managers give no focus to a window whose time is 0. */
static void hand_on(struct hc_x11 *x11, const struct hc_x11_window *window, struct place *place)
{
	if (x11->heritage->active == place->xid)
		x11->heritage->active = window->toplevel;
	else
		set_word(x11, window, x11->atoms._NET_WM_USER_TIME, 0);
	if (place->has_desktop)
		set_word(x11, window, x11->atoms._NET_WM_DESKTOP, place->desktop);
	place->xid = window->toplevel;
	place->handed_on = true;
}

static bool is_over(const struct hc_x11_heritage *heritage)
{
	return g_get_monotonic_time() / 1000 >= heritage->until;
}

void hc_x11_heritage_claim(struct hc_x11 *x11, const struct hc_x11_window *window, uint64_t native)
{
	struct hc_x11_heritage *heritage = x11->heritage;
	g_autofree char *key = make_key(x11, native);

	if (is_over(heritage))
		return;
	for (guint i = 0; i < heritage->places->len; i++) {
		struct place *place = place_at(heritage, i);
		if (!place->handed_on && g_strcmp0(place->key, key) == 0) {
			hand_on(x11, window, place);
			return;
		}
	}
}

static bool is_there(const struct place *place)
{
	return place->key == NULL || place->managed;
}

/* The nearest window above, or below, that is there; NULL none. */
static const struct place *find_beside(const struct hc_x11_heritage *heritage, guint at, bool above)
{
	guint left = above ? heritage->places->len - 1 - at : at;

	for (guint i = 1; i <= left; i++) {
		const struct place *place = place_at(heritage, above ? at + i : at - i);
		if (is_there(place))
			return place;
	}
	return NULL;
}

static void put(struct hc_x11 *x11, guint at, bool above)
{
	const struct place *place = place_at(x11->heritage, at);
	const struct place *beside = find_beside(x11->heritage, at, !above);
	const struct hc_x11_window *window = hc_x11_find_xid(x11, place->xid);

	if (place->managed && beside != NULL && window != NULL)
		hc_x11_stacking_put(x11, window, beside->xid,
			above ? XCB_STACK_MODE_ABOVE : XCB_STACK_MODE_BELOW);
}

/* In an order that is right, too, where the window manager puts windows above or below all others,
 * whichever it is asked for: those that lie below another program's window downwards, the rest
 * upwards. */
static void arrange(struct hc_x11 *x11)
{
	const struct hc_x11_heritage *heritage = x11->heritage;
	guint free = heritage->places->len;

	while (free > 0 && place_at(heritage, free - 1)->key != NULL)
		free--;
	for (guint i = free; i > 0; i--)
		put(x11, i - 1, false);
	for (guint i = free; i < heritage->places->len; i++)
		put(x11, i, true);
}

void hc_x11_heritage_managed(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	const struct hc_x11_heritage *heritage = x11->heritage;
	const uint32_t activate[5] = { SOURCE_PAGER };

	if (is_over(heritage))
		return;
	for (guint i = 0; i < heritage->places->len; i++) {
		struct place *place = place_at(heritage, i);
		if (place->xid != window->toplevel || !place->handed_on || place->managed)
			continue;
		place->managed = true;
		if (heritage->active == window->toplevel)
			hc_x11_root_message(
				x11, window->toplevel, x11->atoms._NET_ACTIVE_WINDOW, activate);
		arrange(x11);
		return;
	}
}

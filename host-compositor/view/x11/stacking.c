#define G_LOG_DOMAIN "hc-x11-stacking"

#include <string.h>

#include "x11.h"

enum { CLIENTS_MAX = 8192 /* of all applications that are looked at */ };

struct hc_x11_stacking {
	GArray *clients; /* of uint32_t: our toplevels as the window manager last listed them,
			    lowest first */
	GArray *order; /* of uint32_t: ids as the guest was last told, lowest first */
	GArray *shown; /* of uint32_t: ids of windows that show since then, in that order */
	GArray *scratch; /* of uint32_t: the order being made */
	bool changed; /* something that the order depends on */
};

static bool contains(const GArray *ids, uint32_t id)
{
	for (guint i = 0; i < ids->len; i++)
		if (g_array_index(ids, uint32_t, i) == id)
			return true;
	return false;
}

static void append(struct hc_x11_stacking *stacking, const struct hc_x11_window *window, bool popup)
{
	if (window != NULL && window->visible && window->popup == popup &&
		!contains(stacking->scratch, window->id))
		g_array_append_val(stacking->scratch, window->id);
}

static void append_listed(struct hc_x11 *x11, const GArray *ids, bool popup)
{
	for (guint i = 0; i < ids->len; i++)
		append(x11->stacking, hc_x11_find(x11, g_array_index(ids, uint32_t, i)), popup);
}

/* Those of a kind in the order that they had, new ones above: each, when it shows, lies above those
 * that show already. */
static void append_all(struct hc_x11 *x11, bool popup)
{
	append_listed(x11, x11->stacking->order, popup);
	append_listed(x11, x11->stacking->shown, popup);
}

/* As the window manager has them; what it does not list stays as it was. Popups are above all. */
static void make_order(struct hc_x11 *x11)
{
	struct hc_x11_stacking *stacking = x11->stacking;
	g_array_set_size(stacking->scratch, 0);
	for (guint i = 0; i < stacking->clients->len; i++)
		append(stacking,
			hc_x11_find_xid(x11, g_array_index(stacking->clients, uint32_t, i)), false);
	append_all(x11, false);
	append_all(x11, true);
	g_array_set_size(stacking->shown, 0);
}

static void send_order(struct hc_x11 *x11)
{
	const GArray *order = x11->stacking->order;
	uint8_t encoded[VP_WINDOWS_MAX * VP_ID_BYTES];
	size_t count = MIN(order->len, VP_WINDOWS_MAX);
	hc_x11_message(x11, VP_MESSAGE(WINDOW_STACKING, window_stacking,
				    .windows = vp_ids_put(encoded,
					    (const uint32_t *)(const void *)order->data, count)));
}

void hc_x11_stacking_end_batch(struct hc_x11 *x11)
{
	struct hc_x11_stacking *stacking = x11->stacking;
	if (!stacking->changed)
		return;
	stacking->changed = false;
	make_order(x11);
	if (stacking->scratch->len == stacking->order->len &&
		(stacking->order->len == 0 ||
			memcmp(stacking->scratch->data, stacking->order->data,
				stacking->order->len * sizeof(uint32_t)) == 0))
		return;
	GArray *old = stacking->order;
	stacking->order = stacking->scratch;
	stacking->scratch = old;
	send_order(x11);
}

static void handle_clients_reply(struct hc_x11 *x11, uint32_t unused, const void *data)
{
	struct hc_x11_stacking *stacking = x11->stacking;
	const xcb_get_property_reply_t *reply = data;
	(void)unused;
	if (reply == NULL || reply->format != 32)
		return;
	const uint32_t *clients = xcb_get_property_value(reply);
	g_array_set_size(stacking->clients, 0);
	for (uint32_t i = 0; i < reply->value_len; i++)
		if (hc_x11_find_xid(x11, clients[i]) != NULL)
			g_array_append_val(stacking->clients, clients[i]);
	stacking->changed = true;
}

static void ask_clients(struct hc_x11 *x11)
{
	hc_x11_expect(x11,
		xcb_get_property(x11->connection, 0, x11->root,
			x11->atoms._NET_CLIENT_LIST_STACKING, XCB_ATOM_WINDOW, 0, CLIENTS_MAX)
			.sequence,
		0, handle_clients_reply);
}

/* The guest's highest or lowest managed window but this one, NULL none. */
static const struct hc_x11_window *find_end(
	struct hc_x11 *x11, const struct hc_x11_window *window, bool lowest)
{
	const GArray *order = x11->stacking->order;
	for (guint i = 0; i < order->len; i++) {
		guint at = lowest ? i : order->len - 1 - i;
		const struct hc_x11_window *other =
			hc_x11_find(x11, g_array_index(order, uint32_t, at));
		if (other != NULL && other != window && !other->popup && other->visible)
			return other;
	}
	return NULL;
}

/* ICCCM 4.1.5: windows inside different frames are no siblings for the server, which would refuse
 * the request; the window manager is asked by its event. */
void hc_x11_stacking_put(struct hc_x11 *x11, const struct hc_x11_window *window,
	xcb_window_t sibling, xcb_stack_mode_t mode)
{
	const xcb_configure_request_event_t request = {
		.response_type = XCB_CONFIGURE_REQUEST,
		.stack_mode = (uint8_t)mode,
		.parent = x11->root,
		.window = window->toplevel,
		.sibling = sibling,
		.value_mask = XCB_CONFIG_WINDOW_SIBLING | XCB_CONFIG_WINDOW_STACK_MODE,
	};
	const uint32_t values[] = { sibling, mode };
	if (window->reparented)
		xcb_send_event(x11->connection, 0, x11->root,
			XCB_EVENT_MASK_SUBSTRUCTURE_REDIRECT | XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY,
			(const char *)&request);
	else
		xcb_configure_window(x11->connection, window->toplevel, request.value_mask, values);
}

void hc_x11_stacking_restack(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct vp_window_restack *restack)
{
	const struct hc_x11_window *sibling = restack->sibling != 0
						      ? hc_x11_find(x11, restack->sibling)
						      : find_end(x11, window, restack->below != 0);
	if (window->popup || !window->visible)
		return;
	if (hc_x11_input_focused(x11) == 0) {
		if (!restack->below)
			hc_x11_attention_ask(x11, window);
	} else if (sibling != NULL && sibling != window && sibling->visible && !sibling->popup) {
		hc_x11_stacking_put(x11, window, sibling->toplevel,
			restack->below ? XCB_STACK_MODE_BELOW : XCB_STACK_MODE_ABOVE);
	}
}

void hc_x11_stacking_window_shown(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	g_array_append_val(x11->stacking->shown, window->id);
	x11->stacking->changed = true;
}

void hc_x11_stacking_window_hidden(struct hc_x11 *x11)
{
	x11->stacking->changed = true;
}

void hc_x11_stacking_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	const xcb_property_notify_event_t *notify = (const void *)event;
	if (hc_x11_event_type(event) == XCB_PROPERTY_NOTIFY && notify->window == x11->root &&
		notify->atom == x11->atoms._NET_CLIENT_LIST_STACKING &&
		g_hash_table_size(x11->windows) > 0)
		ask_clients(x11);
}

void hc_x11_stacking_announce(struct hc_x11 *x11)
{
	send_order(x11);
}

static void rename_in(GArray *ids, uint32_t id, uint32_t new_id)
{
	for (guint i = 0; i < ids->len; i++)
		if (g_array_index(ids, uint32_t, i) == id)
			g_array_index(ids, uint32_t, i) = new_id;
}

void hc_x11_stacking_window_renamed(struct hc_x11 *x11, uint32_t id, uint32_t new_id)
{
	rename_in(x11->stacking->order, id, new_id);
	rename_in(x11->stacking->shown, id, new_id);
}

uint32_t hc_x11_stacking_of(const struct hc_x11 *x11, const struct hc_x11_window *window)
{
	const GArray *order = x11->stacking->order;
	guint at = 0;
	while (at < order->len && g_array_index(order, uint32_t, at) != window->id)
		at++;
	return at;
}

static GArray *new_list(void)
{
	return g_array_new(FALSE, FALSE, sizeof(uint32_t));
}

bool hc_x11_stacking_init(struct hc_x11 *x11)
{
	x11->stacking = g_new0(struct hc_x11_stacking, 1);
	x11->stacking->clients = new_list();
	x11->stacking->order = new_list();
	x11->stacking->shown = new_list();
	x11->stacking->scratch = new_list();
	hc_x11_root_select(x11, XCB_EVENT_MASK_PROPERTY_CHANGE);
	return true;
}

void hc_x11_stacking_finish(struct hc_x11 *x11)
{
	if (x11->stacking == NULL)
		return;
	g_array_free(x11->stacking->clients, TRUE);
	g_array_free(x11->stacking->order, TRUE);
	g_array_free(x11->stacking->shown, TRUE);
	g_array_free(x11->stacking->scratch, TRUE);
	g_free(x11->stacking);
	x11->stacking = NULL;
}

/*
 * What popups leave uncovered. They stand above all windows, so what tells whose those are is cut
 * out of them: label strips of other VMs' windows as far as those are to be seen, and the whole of
 * the desk's own dialogs. Each such window says by a property how broad its strip is.
 *
 * The window manager's list is looked through when a popup shows, and when the order of windows
 * changes while one does.
 */
#define G_LOG_DOMAIN "hc-x11"

#include <xcb/shape.h>

#include "x11.h"

enum {
	CLIENTS_MAX = 1024, /* of all applications that are looked at */
	EXTENTS_WORDS = 4,
};

struct client {
	xcb_window_t xid;
	bool labelled; /* and not ours */
	bool viewable;
	uint32_t strip; /* pixels, 0 the whole window */
	cairo_rectangle_int_t rect; /* on the root, without frame */
	cairo_rectangle_int_t frame;
};

struct hc_x11_popup_clip {
	GArray *clients; /* of struct client, lowest first */
	bool gathering; /* replies about them are under way */
	bool again; /* something has changed since they were asked for */
	cairo_region_t *kept; /* is left uncovered, on the root */
};

/* Clipping */

static cairo_rectangle_int_t place_of(const struct hc_x11_window *window)
{
	const struct hc_rect *content = &window->content_rect;
	int border = (int)window->border;

	return (cairo_rectangle_int_t){ content->x - border, content->y - border,
		(int)content->width + 2 * border, (int)content->height + 2 * border };
}

static void change_shape(struct hc_x11 *x11, const struct hc_x11_window *window,
	xcb_shape_op_t operation, const cairo_region_t *region)
{
	uint32_t count = (uint32_t)cairo_region_num_rectangles(region);
	xcb_rectangle_t *rects = g_new(xcb_rectangle_t, count);

	for (uint32_t i = 0; i < count; i++) {
		cairo_rectangle_int_t rect;
		cairo_region_get_rectangle(region, (int)i, &rect);
		rects[i] = (xcb_rectangle_t){ (int16_t)rect.x, (int16_t)rect.y,
			(uint16_t)rect.width, (uint16_t)rect.height };
	}
	xcb_shape_rectangles(x11->connection, operation, XCB_SHAPE_SK_BOUNDING,
		XCB_CLIP_ORDERING_UNSORTED, window->toplevel, 0, 0, count, rects);
	g_free(rects);
}

/* What is cut out of the popup where it is, in its own coordinates. */
static cairo_region_t *find_cut(struct hc_x11 *x11, const cairo_rectangle_int_t *place)
{
	cairo_region_t *cut = cairo_region_copy(x11->popup_clip->kept);

	cairo_region_intersect_rectangle(cut, place);
	cairo_region_translate(cut, -place->x, -place->y);
	return cut;
}

/* At once: what is uncovered must not be covered for a moment. */
static void cut_out(struct hc_x11 *x11, const struct hc_x11_window *window,
	const cairo_region_t *cut, const cairo_region_t *left, bool shape_changed)
{
	bool clipped = !cairo_region_is_empty(cut);

	if (clipped && !window->shaped) {
		change_shape(x11, window, XCB_SHAPE_SO_SET, left);
		return;
	}
	if (!shape_changed)
		hc_x11_shapes_restore(x11, window);
	if (clipped)
		change_shape(x11, window, XCB_SHAPE_SO_SUBTRACT, cut);
}

void hc_x11_popup_clip_apply(struct hc_x11 *x11, struct hc_x11_window *window, bool shape_changed)
{
	cairo_rectangle_int_t place = place_of(window);
	const cairo_rectangle_int_t all = { 0, 0, place.width, place.height };

	if (!window->popup || !x11->shape.present)
		return;
	cairo_region_t *cut = find_cut(x11, &place);
	cairo_region_t *left = cairo_region_create_rectangle(&all);
	cairo_region_subtract(left, cut);
	bool was_clipped = window->clipped_to != NULL;
	bool clipped = !cairo_region_is_empty(cut);
	if ((clipped || was_clipped) &&
		(shape_changed || !clipped || !cairo_region_equal(left, window->clipped_to)))
		cut_out(x11, window, cut, left, shape_changed);
	g_clear_pointer(&window->clipped_to, cairo_region_destroy);
	window->clipped_to = clipped ? cairo_region_reference(left) : NULL;
	cairo_region_destroy(left);
	cairo_region_destroy(cut);
}

static void apply_to_all(struct hc_x11 *x11)
{
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, x11->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_x11_window *window = value;
		if (window->popup && window->mapped)
			hc_x11_popup_clip_apply(x11, window, false);
	}
}

static cairo_region_t *strip_of(const struct client *client)
{
	cairo_region_t *strip = cairo_region_create_rectangle(&client->rect);
	int width = (int)client->strip;
	const cairo_rectangle_int_t inside = {
		.x = client->rect.x + width,
		.y = client->rect.y + width,
		.width = MAX(client->rect.width - 2 * width, 0),
		.height = MAX(client->rect.height - 2 * width, 0),
	};

	if (width > 0)
		cairo_region_subtract_rectangle(strip, &inside);
	return strip;
}

/* From the highest down: what others cover is not to be seen anyhow. */
static void find_kept(struct hc_x11_popup_clip *clip)
{
	cairo_region_t *covered = cairo_region_create();

	cairo_region_destroy(clip->kept);
	clip->kept = cairo_region_create();
	for (guint i = clip->clients->len; i-- > 0;) {
		const struct client *client = &g_array_index(clip->clients, struct client, i);
		if (!client->viewable)
			continue;
		if (client->labelled) {
			cairo_region_t *strip = strip_of(client);
			cairo_region_subtract(strip, covered);
			cairo_region_union(clip->kept, strip);
			cairo_region_destroy(strip);
		}
		cairo_region_union_rectangle(covered, &client->frame);
	}
	cairo_region_destroy(covered);
}

/* Gathering */

static struct client *find(struct hc_x11 *x11, uint32_t index)
{
	return &g_array_index(x11->popup_clip->clients, struct client, index);
}

static void finish(struct hc_x11 *x11)
{
	struct hc_x11_popup_clip *clip = x11->popup_clip;

	clip->gathering = false;
	find_kept(clip);
	apply_to_all(x11);
	if (clip->again)
		hc_x11_popup_clip_update(x11);
}

static void handle_label_reply(struct hc_x11 *x11, uint32_t index, const void *data)
{
	const xcb_get_property_reply_t *reply = data;
	struct client *client = find(x11, index);

	if (reply == NULL || reply->format != 32 || reply->value_len != 1)
		return;
	client->labelled = hc_x11_find_xid(x11, client->xid) == NULL;
	client->strip = MIN(*(const uint32_t *)xcb_get_property_value(reply), VP_SIZE_MAX);
}

static void handle_attributes_reply(struct hc_x11 *x11, uint32_t index, const void *data)
{
	const xcb_get_window_attributes_reply_t *reply = data;

	find(x11, index)->viewable = reply != NULL && reply->map_state == XCB_MAP_STATE_VIEWABLE;
}

static void handle_geometry_reply(struct hc_x11 *x11, uint32_t index, const void *data)
{
	const xcb_get_geometry_reply_t *reply = data;

	if (reply == NULL)
		return;
	find(x11, index)->rect.width = reply->width;
	find(x11, index)->rect.height = reply->height;
}

static void handle_place_reply(struct hc_x11 *x11, uint32_t index, const void *data)
{
	const xcb_translate_coordinates_reply_t *reply = data;

	if (reply == NULL)
		return;
	find(x11, index)->rect.x = reply->dst_x;
	find(x11, index)->rect.y = reply->dst_y;
}

/* The last that is asked of a client. */
static void handle_extents_reply(struct hc_x11 *x11, uint32_t index, const void *data)
{
	const xcb_get_property_reply_t *reply = data;
	struct client *client = find(x11, index);

	client->frame = client->rect;
	if (reply != NULL && reply->format == 32 && reply->value_len == EXTENTS_WORDS) {
		const uint32_t *words = xcb_get_property_value(reply);
		int left = (int)MIN(words[0], VP_FRAME_MAX);
		int top = (int)MIN(words[2], VP_FRAME_MAX);
		client->frame.x -= left;
		client->frame.y -= top;
		client->frame.width += left + (int)MIN(words[1], VP_FRAME_MAX);
		client->frame.height += top + (int)MIN(words[3], VP_FRAME_MAX);
	}
	if (index + 1 == x11->popup_clip->clients->len)
		finish(x11);
}

static void ask_about(struct hc_x11 *x11, uint32_t index)
{
	xcb_connection_t *c = x11->connection;
	xcb_window_t xid = find(x11, index)->xid;

	hc_x11_expect(x11,
		xcb_get_property(c, 0, xid, x11->atoms._ORIEL_LABEL, XCB_ATOM_CARDINAL, 0, 1)
			.sequence,
		index, handle_label_reply);
	hc_x11_expect(
		x11, xcb_get_window_attributes(c, xid).sequence, index, handle_attributes_reply);
	hc_x11_expect(x11, xcb_get_geometry(c, xid).sequence, index, handle_geometry_reply);
	hc_x11_expect(x11, xcb_translate_coordinates(c, xid, x11->root, 0, 0).sequence, index,
		handle_place_reply);
	hc_x11_expect(x11,
		xcb_get_property(c, 0, xid, x11->atoms._NET_FRAME_EXTENTS, XCB_ATOM_CARDINAL, 0,
			EXTENTS_WORDS)
			.sequence,
		index, handle_extents_reply);
}

static void handle_list_reply(struct hc_x11 *x11, uint32_t unused, const void *data)
{
	GArray *clients = x11->popup_clip->clients;
	const xcb_get_property_reply_t *reply = data;
	uint32_t count = reply != NULL && reply->format == 32 ? reply->value_len : 0;
	const xcb_window_t *xids = count > 0 ? xcb_get_property_value(reply) : NULL;

	(void)unused;
	g_array_set_size(clients, 0);
	for (uint32_t i = 0; i < count; i++) {
		const struct client client = { .xid = xids[i] };
		g_array_append_val(clients, client);
	}
	for (uint32_t i = 0; i < count; i++)
		ask_about(x11, i);
	if (count == 0)
		finish(x11);
}

void hc_x11_popup_clip_update(struct hc_x11 *x11)
{
	struct hc_x11_popup_clip *clip = x11->popup_clip;

	clip->again = clip->gathering;
	if (clip->gathering || !x11->shape.present)
		return;
	clip->gathering = true;
	hc_x11_expect(x11,
		xcb_get_property(x11->connection, 0, x11->root,
			x11->atoms._NET_CLIENT_LIST_STACKING, XCB_ATOM_WINDOW, 0, CLIENTS_MAX)
			.sequence,
		0, handle_list_reply);
}

void hc_x11_popup_clip_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	const xcb_property_notify_event_t *notify = (const void *)event;

	if (hc_x11_event_type(event) == XCB_PROPERTY_NOTIFY && notify->window == x11->root &&
		notify->atom == x11->atoms._NET_CLIENT_LIST_STACKING && x11->popups_shown > 0)
		hc_x11_popup_clip_update(x11);
}

bool hc_x11_popup_clip_init(struct hc_x11 *x11)
{
	x11->popup_clip = g_new0(struct hc_x11_popup_clip, 1);
	x11->popup_clip->clients = g_array_new(FALSE, FALSE, sizeof(struct client));
	x11->popup_clip->kept = cairo_region_create();
	hc_x11_root_select(x11, XCB_EVENT_MASK_PROPERTY_CHANGE);
	return true;
}

void hc_x11_popup_clip_finish(struct hc_x11 *x11)
{
	if (x11->popup_clip == NULL)
		return;
	cairo_region_destroy(x11->popup_clip->kept);
	g_array_unref(x11->popup_clip->clients);
	g_free(x11->popup_clip);
	x11->popup_clip = NULL;
}

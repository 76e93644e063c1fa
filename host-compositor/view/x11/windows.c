#define G_LOG_DOMAIN "hc-x11"

#include <string.h>
#include <xcb/sync.h>

#include "x11.h"

enum {
	ANSWER_TIMEOUT = 100, /* milliseconds for a window manager to act on a configure request */
	MOVERESIZE_FIELDS_SHIFT = 8, /* EWMH _NET_MOVERESIZE_WINDOW: which fields count */
	MOVERESIZE_FROM_APPLICATION = 0x1000,
	EXTENTS_WORDS = 4, /* of _NET_FRAME_EXTENTS: left, right, top, bottom */
};

static const uint32_t empty_colour = 0xffe6e6e6; /* of a content without pixels */

/* XCB_CONFIG_WINDOW_X and so on take 32 bits, of which the server uses 16, signed. */
static int32_t clamp_position(int32_t position)
{
	return CLAMP(position, INT16_MIN + 1, INT16_MAX);
}

static const struct hc_rect *outer_rect(
	const struct hc_x11_window *window, const struct hc_rect *content, struct hc_rect *outer)
{
	*outer = (struct hc_rect){
		.x = clamp_position(content->x - (int32_t)window->border),
		.y = clamp_position(content->y - (int32_t)window->border),
		.width = content->width + 2 * window->border,
		.height = content->height + 2 * window->border,
	};
	return outer;
}

static bool rects_equal(const struct hc_rect *a, const struct hc_rect *b)
{
	return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

/* base, but for the fields, which are those of values. */
static struct hc_rect with_fields(
	const struct hc_rect *base, uint8_t fields, const struct hc_rect *values)
{
	return (struct hc_rect){
		.x = fields & VP_FIELD_X ? values->x : base->x,
		.y = fields & VP_FIELD_Y ? values->y : base->y,
		.width = fields & VP_FIELD_WIDTH ? values->width : base->width,
		.height = fields & VP_FIELD_HEIGHT ? values->height : base->height,
	};
}

/* Making and unmaking */

static void create_toplevel(struct hc_x11 *x11, struct hc_x11_window *window)
{
	struct hc_rect outer;
	const xcb_create_window_value_list_t values = {
		.background_pixel = 0xff000000U | x11->label.colour,
		.border_pixel = 0,
		.bit_gravity = XCB_GRAVITY_BIT_FORGET,
		.override_redirect = window->popup,
		.event_mask = HC_X11_TOPLEVEL_EVENTS,
		.colormap = window->visual->colormap,
	};

	outer_rect(window, &window->content_rect, &outer);
	window->toplevel = xcb_generate_id(x11->connection);
	xcb_create_window_aux(x11->connection, window->visual->depth, window->toplevel, x11->root,
		(int16_t)outer.x, (int16_t)outer.y, (uint16_t)outer.width, (uint16_t)outer.height,
		0, XCB_WINDOW_CLASS_INPUT_OUTPUT, window->visual->type->visual_id,
		XCB_CW_BACK_PIXEL | XCB_CW_BORDER_PIXEL | XCB_CW_BIT_GRAVITY |
			XCB_CW_OVERRIDE_REDIRECT | XCB_CW_EVENT_MASK | XCB_CW_COLORMAP,
		&values);
}

/* Until it has pixels of the guest's, it shows a colour, and not what lies below. */
static void create_content(struct hc_x11 *x11, struct hc_x11_window *window)
{
	const xcb_create_window_value_list_t values = {
		.background_pixel = empty_colour,
		.border_pixel = 0,
		.bit_gravity = XCB_GRAVITY_NORTH_WEST,
		.win_gravity = XCB_GRAVITY_NORTH_WEST,
		.event_mask = HC_X11_CONTENT_EVENTS,
		.colormap = window->visual->colormap,
	};

	window->content = xcb_generate_id(x11->connection);
	xcb_create_window_aux(x11->connection, window->visual->depth, window->content,
		window->toplevel, (int16_t)window->border, (int16_t)window->border,
		(uint16_t)window->content_rect.width, (uint16_t)window->content_rect.height, 0,
		XCB_WINDOW_CLASS_INPUT_OUTPUT, window->visual->type->visual_id,
		XCB_CW_BACK_PIXEL | XCB_CW_BORDER_PIXEL | XCB_CW_BIT_GRAVITY | XCB_CW_WIN_GRAVITY |
			XCB_CW_EVENT_MASK | XCB_CW_COLORMAP,
		&values);
	xcb_map_window(x11->connection, window->content);
}

static void create_sync_counter(struct hc_x11 *x11, struct hc_x11_window *window)
{
	if (!x11->sync.present || window->popup)
		return;
	window->sync_counter = xcb_generate_id(x11->connection);
	xcb_sync_create_counter(x11->connection, window->sync_counter, (xcb_sync_int64_t){ 0, 0 });
}

struct hc_x11_window *hc_x11_window_make(struct hc_x11 *x11, const struct vp_window_create *create)
{
	struct hc_x11_window *window = g_new0(struct hc_x11_window, 1);
	bool alpha = create->alpha && x11->composited && x11->argb.type != NULL;

	*window = (struct hc_x11_window){
		.id = create->window,
		.visual = alpha ? &x11->argb : &x11->opaque,
		.popup = create->popup != 0,
		.border = create->popup ? x11->label.popup_border : x11->label.border,
		.content_rect = { create->x, create->y, create->width, create->height },
		.owner = create->owner,
	};
	window->told_rect = window->content_rect;
	window->asked_rect = window->content_rect;
	create_toplevel(x11, window);
	create_content(x11, window);
	if (window->border > 0)
		xcb_change_property(x11->connection, XCB_PROP_MODE_REPLACE, window->toplevel,
			x11->atoms._ORIEL_LABEL, XCB_ATOM_CARDINAL, 32, 1, &window->border);
	return window;
}

void hc_x11_window_unmake(struct hc_x11 *x11, struct hc_x11_window *window)
{
	xcb_destroy_window(x11->connection, window->toplevel);
	if (window->sync_counter != XCB_NONE)
		xcb_sync_destroy_counter(x11->connection, window->sync_counter);
	if (window->icon != NULL)
		g_array_free(window->icon, TRUE);
	g_clear_pointer(&window->clipped_to, cairo_region_destroy);
	g_free(window->title);
	g_free(window);
}

bool hc_x11_window_create(struct hc_x11 *x11, const struct vp_window_create *create)
{
	struct hc_x11_window *window = hc_x11_window_make(x11, create);

	create_sync_counter(x11, window);
	g_hash_table_insert(x11->windows, GUINT_TO_POINTER(window->id), window);
	g_hash_table_insert(x11->windows_by_xid, GUINT_TO_POINTER(window->toplevel), window);
	g_hash_table_insert(x11->windows_by_xid, GUINT_TO_POINTER(window->content), window);
	hc_x11_properties_init_window(x11, window);
	hc_x11_input_window_added(x11, window);
	hc_x11_cursor_window_added(x11, window);
	if (!window->popup) {
		hc_x11_heritage_leave(x11, window, create->native);
		hc_x11_heritage_claim(x11, window, create->native);
	}
	return true;
}

void hc_x11_window_free(struct hc_x11 *x11, struct hc_x11_window *window)
{
	hc_x11_attention_window_closed(x11, window);
	hc_x11_dialog_window_removed(x11, window);
	hc_x11_fullscreen_window_removed(x11, window);
	hc_x11_input_window_removed(x11, window);
	x11->popups_shown -= window->popup && window->visible;
	hc_x11_properties_leave_group(x11, window);
	g_hash_table_remove(x11->windows, GUINT_TO_POINTER(window->id));
	g_hash_table_remove(x11->windows_by_xid, GUINT_TO_POINTER(window->toplevel));
	g_hash_table_remove(x11->windows_by_xid, GUINT_TO_POINTER(window->content));
	hc_x11_stacking_window_hidden(x11);
	hc_x11_window_unmake(x11, window);
}

/* Mapping */

static void raise_window(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	const xcb_configure_window_value_list_t values = { .stack_mode = XCB_STACK_MODE_ABOVE };

	xcb_configure_window_aux(
		x11->connection, window->toplevel, XCB_CONFIG_WINDOW_STACK_MODE, &values);
	hc_x11_fullscreen_popup_raised(x11);
}

/* ICCCM 4.1.4: this is how a window manager is told that an iconic window is withdrawn, too. */
static void withdraw_window(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	const xcb_unmap_notify_event_t notify = {
		.response_type = XCB_UNMAP_NOTIFY,
		.event = x11->root,
		.window = window->toplevel,
	};

	xcb_unmap_window(x11->connection, window->toplevel);
	xcb_send_event(x11->connection, 0, x11->root,
		XCB_EVENT_MASK_SUBSTRUCTURE_REDIRECT | XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY,
		(const char *)&notify);
}

/* Before a window shows first, its gravity says whether the place is its content's, or its frame's,
 * label included. */
static void place_frame(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	bool of_content = (window->hints.flags & VP_HINT_GRAVITY) != 0 &&
			  window->hints.gravity == XCB_GRAVITY_STATIC;
	int32_t border = of_content ? (int32_t)window->border : 0;
	const xcb_configure_window_value_list_t values = {
		.x = clamp_position(window->content_rect.x - border),
		.y = clamp_position(window->content_rect.y - border),
	};

	xcb_configure_window_aux(x11->connection, window->toplevel,
		XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_Y, &values);
}

void hc_x11_window_map(struct hc_x11 *x11, struct hc_x11_window *window, bool mapped)
{
	if (mapped && !window->placed && !window->popup)
		place_frame(x11, window);
	window->mapped = mapped;
	window->managed = false;
	window->deferred_state = 0;
	if (mapped && window->popup) {
		raise_window(x11, window);
		hc_x11_popup_clip_apply(x11, window, false);
		hc_x11_popup_clip_update(x11);
	}
	if (mapped && !window->popup)
		hc_x11_states_before_map(x11, window);
	if (mapped)
		hc_x11_startup_claim(x11, window);
	if (mapped)
		xcb_map_window(x11->connection, window->toplevel);
	else if (window->popup)
		xcb_unmap_window(x11->connection, window->toplevel);
	else
		withdraw_window(x11, window);
	if (!mapped)
		hc_x11_attention_window_closed(x11, window);
	hc_x11_startup_complete(x11);
}

static void note_moved(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	if (!window->popup)
		g_array_append_val(x11->moved, window->id);
}

static void set_visible(struct hc_x11 *x11, struct hc_x11_window *window, bool visible)
{
	if (window->visible == visible)
		return;
	window->visible = visible;
	window->placed = window->placed || visible;
	if (window->popup && visible)
		x11->popups_shown++;
	else if (window->popup)
		x11->popups_shown--;
	if (visible)
		hc_x11_states_managed(x11, window);
	note_moved(x11, window);
	hc_x11_pixels_visibility(x11, window);
	hc_x11_fullscreen_changed(x11, window, visible ? 0 : window->state);
	if (visible)
		hc_x11_stacking_window_shown(x11, window);
	else
		hc_x11_stacking_window_hidden(x11);
}

/* Places and sizes */

static void tell_guest(struct hc_x11 *x11, struct hc_x11_window *window)
{
	const struct hc_rect *rect = &window->content_rect;
	uint16_t border = (uint16_t)window->border;

	window->told_rect = *rect;
	window->configure_owed = false;
	window->configure_serial++;
	hc_x11_message(x11, VP_MESSAGE(WINDOW_CONFIGURE, window_configure, .window = window->id,
				    .serial = window->configure_serial,
				    .x = CLAMP(rect->x, -VP_POSITION_MAX, VP_POSITION_MAX),
				    .y = CLAMP(rect->y, -VP_POSITION_MAX, VP_POSITION_MAX),
				    .width = rect->width, .height = rect->height,
				    .frame_left = window->extents.left + border,
				    .frame_right = window->extents.right + border,
				    .frame_top = window->extents.top + border,
				    .frame_bottom = window->extents.bottom + border));
}

void hc_x11_window_announce(struct hc_x11 *x11, struct hc_x11_window *window)
{
	if (!window->popup)
		tell_guest(x11, window);
}

void hc_x11_windows_end_batch(struct hc_x11 *x11)
{
	for (guint i = 0; i < x11->moved->len; i++) {
		struct hc_x11_window *window =
			hc_x11_find(x11, g_array_index(x11->moved, uint32_t, i));
		if (window == NULL || window->asking_place)
			continue;
		/* The window manager is about to place it, or it is minimised. */
		if (window->mapped && !window->visible && !window->configure_owed)
			continue;
		if (window->configure_owed ||
			!rects_equal(&window->content_rect, &window->told_rect))
			tell_guest(x11, window);
	}
	g_array_set_size(x11->moved, 0);
}

int64_t hc_x11_windows_deadline(struct hc_x11 *x11)
{
	return x11->answer_deadline;
}

void hc_x11_windows_handle_deadline(struct hc_x11 *x11, int64_t now)
{
	GHashTableIter iter;
	void *value = NULL;

	if (x11->answer_deadline < 0 || now < x11->answer_deadline)
		return;
	x11->answer_deadline = -1;
	g_hash_table_iter_init(&iter, x11->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_x11_window *window = value;
		if (window->configure_owed)
			note_moved(x11, window);
	}
}

/* The bits of fields are those of X, too. */
static void configure_toplevel(struct hc_x11 *x11, const struct hc_x11_window *window,
	uint8_t fields, const struct hc_rect *content)
{
	struct hc_rect outer;

	outer_rect(window, content, &outer);
	const xcb_configure_window_value_list_t values = {
		.x = outer.x,
		.y = outer.y,
		.width = outer.width,
		.height = outer.height,
	};
	xcb_configure_window_aux(x11->connection, window->toplevel, fields, &values);
}

/* The guest speaks of where its content is, whatever frame there is around it. */
static void request_place(struct hc_x11 *x11, const struct hc_x11_window *window, uint8_t fields,
	const struct hc_rect *content)
{
	struct hc_rect outer;

	if (!x11->moveresize_supported || !window->managed) {
		configure_toplevel(x11, window, fields, content);
		return;
	}
	outer_rect(window, content, &outer);
	const uint32_t data[5] = {
		XCB_GRAVITY_STATIC | (uint32_t)fields << MOVERESIZE_FIELDS_SHIFT |
			MOVERESIZE_FROM_APPLICATION,
		(uint32_t)outer.x,
		(uint32_t)outer.y,
		outer.width,
		outer.height,
	};
	hc_x11_root_message(x11, window->toplevel, x11->atoms._NET_MOVERESIZE_WINDOW, data);
}

static void resize_content(
	struct hc_x11 *x11, struct hc_x11_window *window, uint32_t width, uint32_t height)
{
	const xcb_configure_window_value_list_t values = { .width = width, .height = height };

	if (window->content_rect.width == width && window->content_rect.height == height)
		return;
	window->content_rect.width = width;
	window->content_rect.height = height;
	xcb_configure_window_aux(x11->connection, window->content,
		XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, &values);
	hc_x11_shapes_resized(x11, window);
}

/* No window manager has a say. */
static void order_place(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct hc_rect *content)
{
	configure_toplevel(x11, window, VP_FIELD_ALL, content);
	resize_content(x11, window, content->width, content->height);
	window->content_rect = *content;
	window->asked_rect = *content;
	hc_x11_popup_clip_apply(x11, window, false);
}

/* No window manager knows of it yet. */
static void place_unseen(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct hc_rect *content)
{
	order_place(x11, window, content);
	tell_guest(x11, window);
}

/* Nothing is to change, and no change of these fields is under way. */
static bool has_place(
	const struct hc_x11_window *window, uint8_t fields, const struct hc_rect *content)
{
	const struct hc_rect *now = &window->content_rect;
	struct hc_rect wanted = with_fields(now, fields, content);
	struct hc_rect asked = with_fields(now, fields, &window->asked_rect);

	return !window->asking_place && rects_equal(&wanted, now) && rects_equal(&asked, now);
}

void hc_x11_window_place(struct hc_x11 *x11, struct hc_x11_window *window, uint8_t fields,
	const struct hc_rect *content)
{
	if (window->popup) {
		order_place(x11, window, content);
		return;
	}
	if (!window->placed && !window->mapped) {
		struct hc_rect place = with_fields(&window->content_rect, fields, content);
		place_unseen(x11, window, &place);
		return;
	}
	if (has_place(window, fields, content)) {
		tell_guest(x11, window);
		return;
	}
	window->asked_rect = with_fields(&window->asked_rect, fields, content);
	window->configure_owed = true;
	request_place(x11, window, fields, content);
	if (x11->answer_deadline < 0)
		x11->answer_deadline = g_get_monotonic_time() / 1000 + ANSWER_TIMEOUT;
}

static void ask_place(struct hc_x11 *x11, struct hc_x11_window *window);

static void handle_place_reply(struct hc_x11 *x11, uint32_t xid, const void *data)
{
	const xcb_translate_coordinates_reply_t *reply = data;
	struct hc_x11_window *window = hc_x11_find_xid(x11, xid);

	if (window == NULL)
		return;
	window->asking_place = false;
	if (reply != NULL) {
		window->content_rect.x = reply->dst_x;
		window->content_rect.y = reply->dst_y;
	}
	if (window->ask_place_again)
		ask_place(x11, window);
	else
		note_moved(x11, window);
}

/* A window manager's frame hides from a real event where on the root the window is. */
static void ask_place(struct hc_x11 *x11, struct hc_x11_window *window)
{
	window->ask_place_again = window->asking_place;
	if (window->asking_place)
		return;
	window->asking_place = true;
	hc_x11_expect(x11,
		xcb_translate_coordinates(x11->connection, window->content, x11->root, 0, 0)
			.sequence,
		window->content, handle_place_reply);
}

static void complete_sync(struct hc_x11 *x11, struct hc_x11_window *window)
{
	const xcb_sync_int64_t value = {
		.hi = (int32_t)(window->sync_value >> 32),
		.lo = (uint32_t)window->sync_value,
	};

	window->sync_value = 0;
	xcb_sync_set_counter(x11->connection, window->sync_counter, value);
}

static void handle_configure(struct hc_x11 *x11, const xcb_configure_notify_event_t *event)
{
	struct hc_x11_window *window = hc_x11_find_xid(x11, event->window);
	bool synthetic = event->response_type != XCB_CONFIGURE_NOTIFY;

	if (window == NULL || event->window != window->toplevel || window->popup)
		return;
	uint32_t borders = 2 * window->border;
	uint32_t width = event->width > borders ? event->width - borders : 1;
	uint32_t height = event->height > borders ? event->height - borders : 1;
	bool resized = width != window->content_rect.width || height != window->content_rect.height;

	resize_content(x11, window, MIN(width, VP_SIZE_MAX), MIN(height, VP_SIZE_MAX));
	if (window->sync_value != 0 && !resized)
		complete_sync(x11, window);
	/* Replies are handled after events: one under way may be older than this event. */
	if (window->asking_place || (window->reparented && !synthetic)) {
		ask_place(x11, window);
		return;
	}
	window->content_rect.x = event->x + (int32_t)window->border;
	window->content_rect.y = event->y + (int32_t)window->border;
	note_moved(x11, window);
}

void hc_x11_window_frame_shown(struct hc_x11 *x11, struct hc_x11_window *window)
{
	if (window->sync_value != 0 && window->buffer_width == window->content_rect.width &&
		window->buffer_height == window->content_rect.height)
		complete_sync(x11, window);
}

static void handle_reparent(struct hc_x11 *x11, const xcb_reparent_notify_event_t *event)
{
	struct hc_x11_window *window = hc_x11_find_xid(x11, event->window);

	if (window == NULL || event->window != window->toplevel)
		return;
	window->reparented = event->parent != x11->root;
	ask_place(x11, window);
}

/* Frames */

static void handle_extents_reply(struct hc_x11 *x11, uint32_t xid, const void *data)
{
	const xcb_get_property_reply_t *reply = data;
	struct hc_x11_window *window = hc_x11_find_xid(x11, xid);
	struct hc_x11_frame_extents extents = { 0 };

	if (window == NULL)
		return;
	if (reply != NULL && reply->format == 32 && reply->value_len == EXTENTS_WORDS) {
		const uint32_t *words = xcb_get_property_value(reply);
		uint32_t limit = VP_FRAME_MAX - window->border;
		extents.left = (uint16_t)MIN(words[0], limit);
		extents.right = (uint16_t)MIN(words[1], limit);
		extents.top = (uint16_t)MIN(words[2], limit);
		extents.bottom = (uint16_t)MIN(words[3], limit);
	}
	if (memcmp(&extents, &window->extents, sizeof(extents)) == 0)
		return;
	window->extents = extents;
	/* Before it is visible, the window manager has yet to place it. */
	window->configure_owed = window->configure_owed || window->visible;
	note_moved(x11, window);
}

static void handle_property(struct hc_x11 *x11, const xcb_property_notify_event_t *event)
{
	if (event->atom != x11->atoms._NET_FRAME_EXTENTS ||
		hc_x11_find_xid(x11, event->window) == NULL)
		return;
	hc_x11_expect(x11,
		xcb_get_property(x11->connection, 0, event->window, event->atom, XCB_ATOM_CARDINAL,
			0, EXTENTS_WORDS)
			.sequence,
		event->window, handle_extents_reply);
}

/* Protocols of the window manager */

static void answer_ping(struct hc_x11 *x11, const xcb_client_message_event_t *event)
{
	hc_x11_root_message(x11, x11->root, x11->atoms.WM_PROTOCOLS, event->data.data32);
}

static void note_sync_request(struct hc_x11_window *window, const xcb_client_message_event_t *event)
{
	uint64_t value = (uint64_t)event->data.data32[3] << 32 | event->data.data32[2];

	window->sync_value = (int64_t)value;
}

static void handle_protocol(struct hc_x11 *x11, const xcb_client_message_event_t *event)
{
	struct hc_x11_window *window = hc_x11_find_xid(x11, event->window);
	xcb_atom_t protocol = event->data.data32[0];

	if (event->type != x11->atoms.WM_PROTOCOLS || event->format != 32)
		return;
	/* The view's own windows are asked, too. */
	if (protocol == x11->atoms._NET_WM_PING && event->window != x11->root)
		answer_ping(x11, event);
	if (window == NULL)
		return;
	if (protocol == x11->atoms._NET_WM_SYNC_REQUEST) {
		note_sync_request(window, event);
	} else if (protocol == x11->atoms.WM_DELETE_WINDOW) {
		hc_x11_dialog_window_closed_by_user(x11, window);
		hc_x11_message(x11, VP_MESSAGE(WINDOW_CLOSE, window_close, .window = window->id));
	}
}

static void handle_visibility(struct hc_x11 *x11, xcb_window_t xid, bool visible)
{
	struct hc_x11_window *window = hc_x11_find_xid(x11, xid);

	if (window != NULL && xid == window->toplevel)
		set_visible(x11, window, visible);
}

static void handle_expose(struct hc_x11 *x11, const xcb_expose_event_t *event)
{
	struct hc_x11_window *window = hc_x11_find_xid(x11, event->window);

	if (window != NULL && event->window == window->toplevel && event->count == 0)
		hc_x11_label_draw(x11, window);
}

void hc_x11_windows_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	switch (hc_x11_event_type(event)) {
	case XCB_CONFIGURE_NOTIFY:
		handle_configure(x11, (const void *)event);
		break;
	case XCB_REPARENT_NOTIFY:
		handle_reparent(x11, (const void *)event);
		break;
	case XCB_MAP_NOTIFY:
		handle_visibility(x11, ((const xcb_map_notify_event_t *)event)->window, true);
		break;
	case XCB_UNMAP_NOTIFY:
		handle_visibility(x11, ((const xcb_unmap_notify_event_t *)event)->window, false);
		break;
	case XCB_PROPERTY_NOTIFY:
		handle_property(x11, (const void *)event);
		break;
	case XCB_EXPOSE:
		handle_expose(x11, (const void *)event);
		break;
	case XCB_CLIENT_MESSAGE:
		handle_protocol(x11, (const void *)event);
		break;
	default:
		break;
	}
}

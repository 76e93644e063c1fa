/*
 * The window manager's part: which windows are there, mapped, and where. The primary's window
 * manager decides, for windows that it knows; without a primary applications have their way.
 *
 * A window is announced when it is mapped for the first time, and its properties are known.
 */
#define G_LOG_DOMAIN "ga-wm"

#include <stdlib.h>
#include <xcb/composite.h>

#include "x11.h"

static const uint32_t root_events = XCB_EVENT_MASK_SUBSTRUCTURE_REDIRECT |
				    XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY |
				    XCB_EVENT_MASK_STRUCTURE_NOTIFY;

static bool own_window(const struct ga_x11 *x11, xcb_window_t xid)
{
	return (xid & ~x11->setup->resource_id_mask) == x11->setup->resource_id_base;
}

static struct ga_x11_window *add_window(
	struct ga_x11 *x11, xcb_window_t xid, bool popup, struct ga_x11_geometry geometry)
{
	if (own_window(x11, xid) || ga_x11_window_by_xid(x11, xid) != NULL)
		return NULL;
	struct ga_x11_window *window = ga_x11_window_add(x11, xid);
	window->popup = popup;
	window->geometry = geometry;
	window->wanted = geometry;
	window->moves = x11->moves;
	return window;
}

/* The server may not have told of the last change yet, which nobody else tells the primary. */
static struct vp_rect place_managed(const struct ga_x11_window *window)
{
	struct ga_x11_geometry place = ga_x11_window_place(window);
	return (struct vp_rect){
		.x = (int16_t)place.x,
		.y = (int16_t)place.y,
		.width = (uint16_t)MIN(place.width, VP_SIZE_MAX),
		.height = (uint16_t)MIN(place.height, VP_SIZE_MAX),
	};
}

/* The window's whole state, except for what comes by properties_announce(). */
static void announce_window(struct ga_x11 *x11, struct ga_x11_window *window)
{
	window->announced = x11->primary;
	window->shown = x11->primary;
	if (!x11->primary)
		return;
	window->owner = ga_x11_popups_owner(x11, window);
	struct vp_rect place =
		window->popup ? ga_x11_popups_place(x11, window) : place_managed(window);
	ga_x11_tell(x11, VP_MESSAGE(WINDOW_CREATE, window_create, .window = window->id,
				 .native = window->xid, .popup = window->popup,
				 .alpha = window->depth == 32, .owner = window->owner, .x = place.x,
				 .y = place.y, .width = place.width, .height = place.height));
	ga_x11_properties_announce(x11, window);
	if (window->wanted_state != 0)
		ga_x11_tell(x11,
			VP_MESSAGE(WINDOW_STATE_REQUEST, window_state_request, .window = window->id,
				.mask = window->wanted_state, .state = window->wanted_state));
	ga_x11_tell(x11, VP_MESSAGE(WINDOW_MAP, window_map, window->id));
}

static void show_window(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (window->announced && !window->shown) {
		if (window->popup)
			ga_x11_popups_tell_place(x11, window);
		ga_x11_tell(x11, VP_MESSAGE(WINDOW_MAP, window_map, window->id));
	}
	window->shown = window->announced;
	if (!window->announced)
		announce_window(x11, window);
	if (window->mapped)
		ga_x11_pixels_show(x11, window);
}

/* A managed window that is to be seen, or to be an icon. */
static void manage_window(struct ga_x11 *x11, struct ga_x11_window *window)
{
	const uint32_t no_border = 0;
	xcb_configure_window(
		x11->connection, window->xid, XCB_CONFIG_WINDOW_BORDER_WIDTH, &no_border);
	window->border_width = 0;
	window->state = window->wanted_state;
	if (!window->placed)
		ga_x11_frame_guess(x11, window);
	if (!g_ptr_array_find(x11->clients, window, NULL))
		g_ptr_array_add(x11->clients, window);
	x11->client_list_changed = true;
	ga_x11_state_write(x11, window);
	ga_x11_wm_minimize(x11, window, (window->state & VP_STATE_MINIMIZED) != 0);
	show_window(x11, window);
}

void ga_x11_wm_minimize(struct ga_x11 *x11, struct ga_x11_window *window, bool minimized)
{
	if (!window->map_wanted)
		return;
	if (!minimized) {
		xcb_map_window(x11->connection, window->xid);
	} else if (window->mapped) {
		window->unmaps_expected++;
		xcb_unmap_window(x11->connection, window->xid);
	}
}

void ga_x11_wm_handle_known(struct ga_x11 *x11, struct ga_x11_window *window)
{
	window->stage = GA_X11_STAGE_KNOWN;
	if (!window->map_wanted)
		return;
	if (window->popup)
		show_window(x11, window);
	else
		manage_window(x11, window);
}

/* Shows a window that is mapped or about to be, at once or when its properties have come. */
static void want_window(struct ga_x11 *x11, struct ga_x11_window *window)
{
	window->map_wanted = true;
	if (window->stage == GA_X11_STAGE_KNOWN)
		ga_x11_wm_handle_known(x11, window);
	else if (window->stage == GA_X11_STAGE_CREATED)
		ga_x11_properties_ask(x11, window);
}

static void hide_window(struct ga_x11 *x11, struct ga_x11_window *window)
{
	window->map_wanted = false;
	window->placed = false;
	window->configure_serial = 0;
	if (window->shown)
		ga_x11_tell(x11, VP_MESSAGE(WINDOW_UNMAP, window_unmap, window->id));
	window->shown = false;
	ga_x11_focus_handle_gone(x11, window);
	if (window->popup)
		return;
	if (g_ptr_array_remove(x11->clients, window))
		x11->client_list_changed = true;
	window->wanted_state = 0;
	ga_x11_state_remove(x11, window);
}

static void forget_window(struct ga_x11 *x11, struct ga_x11_window *window, bool destroyed)
{
	ga_x11_pixels_hide(x11, window, destroyed);
	ga_x11_sync_forget(x11, window, destroyed);
	ga_x11_focus_handle_gone(x11, window);
	if (window->announced)
		ga_x11_tell(x11, VP_MESSAGE(WINDOW_DESTROY, window_destroy, window->id));
	ga_x11_window_remove(x11, window);
}

static void handle_create_event(struct ga_x11 *x11, const xcb_create_notify_event_t *event)
{
	struct ga_x11_geometry geometry = { event->x, event->y, event->width, event->height };
	if (event->parent != x11->root)
		return;
	struct ga_x11_window *window =
		add_window(x11, event->window, event->override_redirect, geometry);
	if (window != NULL)
		window->border_width = event->border_width;
}

static void handle_map_request_event(struct ga_x11 *x11, const xcb_map_request_event_t *event)
{
	struct ga_x11_window *window = ga_x11_window_by_xid(x11, event->window);
	if (window == NULL || window->stage == GA_X11_STAGE_IGNORED) {
		xcb_map_window(x11->connection, event->window);
		return;
	}
	if (window->map_wanted && window->stage == GA_X11_STAGE_KNOWN) {
		/* ICCCM 4.1.4: a client maps its icon to be normal again. */
		ga_x11_state_request(x11, window, VP_STATE_MINIMIZED, 0);
		return;
	}
	want_window(x11, window);
}

static void handle_map_event(struct ga_x11 *x11, const xcb_map_notify_event_t *event)
{
	struct ga_x11_window *window = ga_x11_window_by_xid(x11, event->window);
	if (window == NULL || event->event != x11->root)
		return;
	window->mapped = true;
	if (window->popup != event->override_redirect) {
		/* For the primary it has become another window. */
		if (window->announced)
			ga_x11_tell(x11, VP_MESSAGE(WINDOW_DESTROY, window_destroy, window->id));
		window->announced = false;
		window->popup = event->override_redirect;
		ga_x11_window_renumber(x11, window);
	}
	if (window->popup) {
		window->moves = x11->moves;
		want_window(x11, window);
	} else if (window->stage == GA_X11_STAGE_KNOWN) {
		ga_x11_pixels_show(x11, window);
	}
}

static void handle_unmap_event(struct ga_x11 *x11, const xcb_unmap_notify_event_t *event)
{
	struct ga_x11_window *window = ga_x11_window_by_xid(x11, event->window);
	bool synthetic = (event->response_type & GA_X11_SENT_EVENT) != 0;
	if (window == NULL || event->event != x11->root)
		return;
	if (synthetic) {
		/* ICCCM 4.1.4: a client withdraws its window, which may be an icon. */
		if (window->map_wanted && !window->mapped)
			hide_window(x11, window);
		return;
	}
	window->mapped = false;
	ga_x11_pixels_hide(x11, window, false);
	ga_x11_sync_end(x11, window);
	if (window->unmaps_expected > 0)
		window->unmaps_expected--;
	else
		hide_window(x11, window);
}

static void handle_destroy_event(struct ga_x11 *x11, const xcb_destroy_notify_event_t *event)
{
	struct ga_x11_window *window = ga_x11_window_by_xid(x11, event->window);
	if (window != NULL)
		forget_window(x11, window, true);
}

static void handle_reparent_event(struct ga_x11 *x11, const xcb_reparent_notify_event_t *event)
{
	struct ga_x11_window *window = ga_x11_window_by_xid(x11, event->window);
	if (event->parent != x11->root) {
		if (window != NULL)
			forget_window(x11, window, false);
		return;
	}
	xcb_get_geometry_reply_t *geometry = xcb_get_geometry_reply(
		x11->connection, xcb_get_geometry(x11->connection, event->window), NULL);
	if (window == NULL && geometry != NULL)
		add_window(x11, event->window, event->override_redirect,
			(struct ga_x11_geometry){
				event->x, event->y, geometry->width, geometry->height });
	free(geometry);
}

/* So that it can be told whether a popup's owner has moved since the popup was placed. */
static void note_move(
	struct ga_x11 *x11, struct ga_x11_window *window, const struct vp_rect *before, bool moved)
{
	if (moved) {
		window->former_x = before->x;
		window->former_y = before->y;
		x11->moves++;
	}
	if (moved || window->popup)
		window->moves = x11->moves;
}

static void handle_configure_event(struct ga_x11 *x11, const xcb_configure_notify_event_t *event)
{
	if (event->window == x11->root) {
		ga_x11_root_handle_resize(x11, event->width, event->height);
		return;
	}
	struct ga_x11_window *window = ga_x11_window_by_xid(x11, event->window);
	if (window == NULL || event->event != x11->root)
		return;
	struct vp_rect before = ga_x11_window_outer(window);
	window->geometry =
		(struct ga_x11_geometry){ event->x, event->y, event->width, event->height };
	window->border_width = event->border_width;
	struct vp_rect now = ga_x11_window_outer(window);
	bool resized = now.width != before.width || now.height != before.height;
	bool moved = now.x != before.x || now.y != before.y;
	note_move(x11, window, &before, moved);
	ga_x11_window_restacked(x11, window, event->above_sibling);
	if (window->popup)
		window->wanted = window->geometry;
	if (window->popup && window->announced && (resized || moved))
		ga_x11_popups_tell_place(x11, window);
	if (resized)
		ga_x11_pixels_handle_resize(x11, window);
}

/* ICCCM 4.1.5: a client that asked is told, even if nothing came of it. */
static void send_configure_notify(struct ga_x11 *x11, const struct ga_x11_window *window)
{
	const xcb_configure_notify_event_t event = {
		.response_type = XCB_CONFIGURE_NOTIFY,
		.event = window->xid,
		.window = window->xid,
		.x = (int16_t)window->wanted.x,
		.y = (int16_t)window->wanted.y,
		.width = (uint16_t)window->wanted.width,
		.height = (uint16_t)window->wanted.height,
	};
	xcb_send_event(x11->connection, 0, window->xid, XCB_EVENT_MASK_STRUCTURE_NOTIFY,
		(const char *)&event);
}

static void apply_wanted(struct ga_x11 *x11, struct ga_x11_window *window, bool resized)
{
	const struct ga_x11_geometry *wanted = &window->wanted;
	const uint32_t values[] = { (uint32_t)wanted->x, (uint32_t)wanted->y, wanted->width,
		wanted->height };
	if (resized)
		ga_x11_sync_begin(x11, window);
	else
		ga_x11_pixels_begin_move(x11, window);
	xcb_void_cookie_t cookie = xcb_configure_window(x11->connection, window->xid,
		XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_Y | XCB_CONFIG_WINDOW_WIDTH |
			XCB_CONFIG_WINDOW_HEIGHT,
		values);
	if (!resized)
		ga_x11_pixels_end_move(x11, window, cookie.sequence);
}

void ga_x11_wm_place_delayed(struct ga_x11 *x11, struct ga_x11_window *window)
{
	bool resized = window->wanted.width != window->geometry.width ||
		       window->wanted.height != window->geometry.height;
	apply_wanted(x11, window, resized);
}

void ga_x11_wm_place(
	struct ga_x11 *x11, struct ga_x11_window *window, const struct ga_x11_geometry *wanted)
{
	bool resized =
		window->wanted.width != wanted->width || window->wanted.height != wanted->height;
	bool moved = window->wanted.x != wanted->x || window->wanted.y != wanted->y;
	window->wanted = *wanted;
	if (ga_x11_sync_waiting(window)) {
		window->sync_delayed = true;
		return;
	}
	if (resized || moved)
		apply_wanted(x11, window, resized);
	else
		send_configure_notify(x11, window);
}

void ga_x11_wm_handle_configure(struct ga_x11 *x11, const struct vp_window_configure *configure)
{
	struct ga_x11_window *window = ga_x11_window_by_id(x11, configure->window);
	if (window == NULL || window->popup)
		return;
	window->configure_serial = configure->serial;
	ga_x11_frame_set(x11, window,
		&(const struct ga_x11_frame){ configure->frame_left, configure->frame_right,
			configure->frame_top, configure->frame_bottom });
	ga_x11_wm_place(x11, window,
		&(const struct ga_x11_geometry){
			configure->x, configure->y, configure->width, configure->height });
}

/* Popups, and windows that are not shown yet, are where their applications want them. */
static void grant_request(struct ga_x11 *x11, const xcb_configure_request_event_t *event)
{
	uint32_t values[7];
	size_t count = 0;
	uint16_t mask = event->value_mask;
	if (mask & XCB_CONFIG_WINDOW_X)
		values[count++] = (uint32_t)event->x;
	if (mask & XCB_CONFIG_WINDOW_Y)
		values[count++] = (uint32_t)event->y;
	if (mask & XCB_CONFIG_WINDOW_WIDTH)
		values[count++] = event->width;
	if (mask & XCB_CONFIG_WINDOW_HEIGHT)
		values[count++] = event->height;
	if (mask & XCB_CONFIG_WINDOW_BORDER_WIDTH)
		values[count++] = event->border_width;
	if (mask & XCB_CONFIG_WINDOW_SIBLING)
		values[count++] = event->sibling;
	if (mask & XCB_CONFIG_WINDOW_STACK_MODE)
		values[count++] = event->stack_mode;
	xcb_configure_window(x11->connection, event->window, mask, values);
}

static int32_t clamp_position(int32_t position)
{
	return CLAMP(position, -VP_POSITION_MAX, VP_POSITION_MAX);
}

static void ask_primary(struct ga_x11 *x11, const struct ga_x11_window *window, uint8_t fields,
	const struct ga_x11_geometry *asked)
{
	ga_x11_tell(x11,
		VP_MESSAGE(WINDOW_CONFIGURE_REQUEST, window_configure_request, .window = window->id,
			.serial = window->configure_serial, .fields = fields,
			.x = clamp_position(asked->x), .y = clamp_position(asked->y),
			.width = CLAMP(asked->width, 1, VP_SIZE_MAX),
			.height = CLAMP(asked->height, 1, VP_SIZE_MAX)));
}

static void set_fields(
	struct ga_x11_geometry *geometry, uint8_t fields, const struct ga_x11_geometry *values)
{
	if (fields & VP_FIELD_X)
		geometry->x = values->x;
	if (fields & VP_FIELD_Y)
		geometry->y = values->y;
	if (fields & VP_FIELD_WIDTH)
		geometry->width = values->width;
	if (fields & VP_FIELD_HEIGHT)
		geometry->height = values->height;
}

void ga_x11_wm_request(struct ga_x11 *x11, struct ga_x11_window *window, uint8_t fields,
	uint8_t gravity, const struct ga_x11_geometry *asked)
{
	struct ga_x11_geometry content = *asked;
	struct ga_x11_geometry wanted = window->wanted;
	ga_x11_frame_place_content(window, gravity, &content.x, &content.y);
	set_fields(&wanted, fields, &content);
	if (x11->primary && window->announced && fields != 0)
		ask_primary(x11, window, fields, &wanted);
	else
		ga_x11_wm_place(x11, window, &wanted);
}

/* Whether a window is covered is for the primary to know: what depends on it is not told from what
 * does not. */
static void request_stacking(struct ga_x11 *x11, struct ga_x11_window *window,
	const xcb_configure_request_event_t *event)
{
	const struct ga_x11_window *sibling = NULL;
	bool below = event->stack_mode == XCB_STACK_MODE_BELOW ||
		     event->stack_mode == XCB_STACK_MODE_BOTTOM_IF;
	if (event->stack_mode == XCB_STACK_MODE_OPPOSITE)
		return;
	if (event->value_mask & XCB_CONFIG_WINDOW_SIBLING) {
		sibling = ga_x11_window_by_xid(x11, event->sibling);
		if (sibling == NULL || sibling->popup || !sibling->announced)
			return;
	}
	if (x11->primary && window->announced) {
		ga_x11_tell(
			x11, VP_MESSAGE(WINDOW_RESTACK, window_restack, .window = window->id,
				     .sibling = sibling != NULL ? sibling->id : 0, .below = below));
		return;
	}
	const uint32_t mode = below ? XCB_STACK_MODE_BELOW : XCB_STACK_MODE_ABOVE;
	xcb_configure_window(x11->connection, window->xid, XCB_CONFIG_WINDOW_STACK_MODE, &mode);
}

static void handle_configure_request_event(
	struct ga_x11 *x11, const xcb_configure_request_event_t *event)
{
	struct ga_x11_window *window = ga_x11_window_by_xid(x11, event->window);
	/* The first four bits of X's mask are those of enum vp_field, in the same order. */
	uint8_t fields = (uint8_t)(event->value_mask & VP_FIELD_ALL);
	const struct ga_x11_geometry asked = { event->x, event->y, event->width, event->height };
	if (window != NULL && !window->popup && window->stage != GA_X11_STAGE_IGNORED &&
		window->stage != GA_X11_STAGE_CREATED) {
		ga_x11_wm_request(x11, window, fields, 0, &asked);
		if (event->value_mask & XCB_CONFIG_WINDOW_STACK_MODE)
			request_stacking(x11, window, event);
		return;
	}
	grant_request(x11, event);
	if (window != NULL)
		set_fields(&window->wanted, fields, &asked);
}

static void put_above(
	struct ga_x11 *x11, const struct ga_x11_window *window, const struct ga_x11_window *below)
{
	const uint32_t values[] = { below->xid, XCB_STACK_MODE_ABOVE };
	xcb_configure_window(x11->connection, window->xid,
		XCB_CONFIG_WINDOW_SIBLING | XCB_CONFIG_WINDOW_STACK_MODE, values);
}

/* Each is put where it is to be, as the order that is known may be older than the one that was
 * asked for last; the server does nothing about those that are there. */
void ga_x11_wm_handle_stacking(struct ga_x11 *x11, struct vp_ids windows)
{
	struct ga_x11_window *below = NULL;
	guint reached = 0; /* where the last one is in the order that is known */
	bool moved = false;
	for (size_t i = 0; i < windows.count; i++) {
		struct ga_x11_window *window = ga_x11_window_by_id(x11, vp_ids_get(windows, i));
		guint at;
		if (window == NULL || window->popup ||
			!g_ptr_array_find(x11->stacking, window, &at))
			continue;
		if (below != NULL)
			put_above(x11, window, below);
		moved = moved || at < reached;
		below = window;
		reached = at;
	}
	if (moved)
		ga_x11_popups_raise(x11);
}

static void announce_again(struct ga_x11 *x11, struct ga_x11_window *window, uint32_t *count)
{
	if (!window->map_wanted || window->stage != GA_X11_STAGE_KNOWN || *count == VP_WINDOWS_MAX)
		return;
	window->wanted_state = window->state & ~(uint32_t)VP_STATE_FOCUSED;
	if (window->popup)
		window->moves = UINT64_MAX;
	announce_window(x11, window);
	ga_x11_pixels_announce(x11, window);
	(*count)++;
}

/* From the lowest to the highest: so a view that shows them anew stacks them. */
static void announce_all(struct ga_x11 *x11, bool popups, uint32_t *count)
{
	for (guint i = 0; i < x11->stacking->len; i++) {
		struct ga_x11_window *window = g_ptr_array_index(x11->stacking, i);
		if (window->popup == popups)
			announce_again(x11, window, count);
	}
}

/* Those of windows that lie above what they own, and were not known yet. */
static void tell_late_owners(struct ga_x11 *x11)
{
	for (guint i = 0; i < x11->stacking->len; i++) {
		struct ga_x11_window *window = g_ptr_array_index(x11->stacking, i);
		if (window->announced && window->owner != ga_x11_popups_owner(x11, window))
			ga_x11_owner_tell(x11, window);
	}
}

void ga_x11_wm_announce(struct ga_x11 *x11)
{
	uint32_t count = 0;
	for (guint i = 0; i < x11->stacking->len; i++) {
		struct ga_x11_window *window = g_ptr_array_index(x11->stacking, i);
		window->announced = false;
		window->shown = false;
		window->placed = window->placed || window->configure_serial > 0;
		window->configure_serial = 0;
	}
	announce_all(x11, false, &count);
	tell_late_owners(x11);
	announce_all(x11, true, &count);
	ga_x11_tell(x11, VP_MESSAGE(WINDOWS_ANNOUNCED, windows_announced, count));
}

/* What is asked of each window that is there at the start. */
struct adoption {
	xcb_window_t xid;
	xcb_get_window_attributes_cookie_t attributes;
	xcb_get_geometry_cookie_t geometry;
	xcb_get_property_cookie_t wm_state;
};

static bool iconic(const xcb_get_property_reply_t *wm_state)
{
	if (wm_state == NULL || wm_state->format != 32 ||
		xcb_get_property_value_length(wm_state) < 4)
		return false;
	return *(const uint32_t *)xcb_get_property_value(wm_state) == GA_X11_ICONIC_STATE;
}

static void finish_adoption(struct ga_x11 *x11, const struct adoption *adoption)
{
	xcb_connection_t *c = x11->connection;
	xcb_get_window_attributes_reply_t *attributes =
		xcb_get_window_attributes_reply(c, adoption->attributes, NULL);
	xcb_get_geometry_reply_t *geometry = xcb_get_geometry_reply(c, adoption->geometry, NULL);
	xcb_get_property_reply_t *wm_state = xcb_get_property_reply(c, adoption->wm_state, NULL);
	struct ga_x11_window *window = NULL;
	if (attributes != NULL && geometry != NULL)
		window = add_window(x11, adoption->xid, attributes->override_redirect,
			(struct ga_x11_geometry){
				geometry->x, geometry->y, geometry->width, geometry->height });
	if (window != NULL) {
		window->border_width = geometry->border_width;
		window->mapped = attributes->map_state != XCB_MAP_STATE_UNMAPPED;
		window->placed = wm_state != NULL && wm_state->format == 32;
		if (window->mapped || (!window->popup && iconic(wm_state)))
			want_window(x11, window);
	}
	free(attributes);
	free(geometry);
	free(wm_state);
}

static void adopt_windows(struct ga_x11 *x11)
{
	xcb_connection_t *c = x11->connection;
	xcb_query_tree_reply_t *tree = xcb_query_tree_reply(c, xcb_query_tree(c, x11->root), NULL);
	if (tree == NULL)
		return;
	const xcb_window_t *children = xcb_query_tree_children(tree);
	size_t count = (size_t)xcb_query_tree_children_length(tree);
	struct adoption *adoptions = g_new(struct adoption, count);
	for (size_t i = 0; i < count; i++) {
		adoptions[i].xid = children[i];
		adoptions[i].attributes = xcb_get_window_attributes(c, children[i]);
		adoptions[i].geometry = xcb_get_geometry(c, children[i]);
		adoptions[i].wm_state = xcb_get_property(
			c, 0, children[i], x11->atoms.WM_STATE, x11->atoms.WM_STATE, 0, 1);
	}
	for (size_t i = 0; i < count; i++)
		finish_adoption(x11, &adoptions[i]);
	g_free(adoptions);
	free(tree);
	ga_x11_replies_wait(x11);
}

bool ga_x11_wm_start(struct ga_x11 *x11)
{
	xcb_connection_t *c = x11->connection;
	xcb_generic_error_t *error =
		xcb_request_check(c, xcb_change_window_attributes_checked(
					     c, x11->root, XCB_CW_EVENT_MASK, &root_events));
	if (error == NULL)
		error = xcb_request_check(c, xcb_composite_redirect_subwindows_checked(
						     c, x11->root, XCB_COMPOSITE_REDIRECT_MANUAL));
	if (error != NULL || xcb_connection_has_error(c) != 0) {
		g_critical("another window or compositing manager runs on the guest's X server; "
			   "end it first");
		free(error);
		return false;
	}
	if (!ga_x11_root_start(x11))
		return false;
	/* Nothing comes or goes between the list of windows and the first event about them. */
	xcb_grab_server(c);
	adopt_windows(x11);
	xcb_ungrab_server(c);
	return true;
}

static void handle_queued_map_requests(struct ga_x11 *x11)
{
	xcb_generic_event_t *event;
	while ((event = xcb_poll_for_queued_event(x11->connection)) != NULL) {
		if ((event->response_type & ~GA_X11_SENT_EVENT) == XCB_MAP_REQUEST)
			handle_map_request_event(x11, (const void *)event);
		free(event);
	}
}

/* An application asks once for its window to be mapped, and nobody can see later that it did: what
 * it was promised is done, as if there were no window manager. */
static void map_waiting_windows(struct ga_x11 *x11)
{
	const uint32_t no_events = 0;
	xcb_connection_t *c = x11->connection;
	xcb_change_window_attributes(c, x11->root, XCB_CW_EVENT_MASK, &no_events);
	/* The last request for a window comes before this reply. */
	free(xcb_get_input_focus_reply(c, xcb_get_input_focus(c), NULL));
	handle_queued_map_requests(x11);
	for (guint i = 0; i < x11->stacking->len; i++) {
		struct ga_x11_window *window = g_ptr_array_index(x11->stacking, i);
		if (window->map_wanted && window->stage == GA_X11_STAGE_ASKED)
			xcb_map_window(c, window->xid);
	}
}

void ga_x11_wm_stop(struct ga_x11 *x11)
{
	map_waiting_windows(x11);
	for (guint i = 0; i < x11->stacking->len; i++)
		ga_x11_pixels_hide(x11, g_ptr_array_index(x11->stacking, i), false);
	ga_x11_root_stop(x11);
}

bool ga_x11_wm_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	switch (event->response_type & ~GA_X11_SENT_EVENT) {
	case XCB_CREATE_NOTIFY:
		handle_create_event(x11, (const void *)event);
		return true;
	case XCB_MAP_REQUEST:
		handle_map_request_event(x11, (const void *)event);
		return true;
	case XCB_MAP_NOTIFY:
		handle_map_event(x11, (const void *)event);
		return true;
	case XCB_UNMAP_NOTIFY:
		handle_unmap_event(x11, (const void *)event);
		return true;
	case XCB_DESTROY_NOTIFY:
		handle_destroy_event(x11, (const void *)event);
		return true;
	case XCB_REPARENT_NOTIFY:
		handle_reparent_event(x11, (const void *)event);
		return true;
	case XCB_CONFIGURE_NOTIFY:
		handle_configure_event(x11, (const void *)event);
		return true;
	case XCB_CONFIGURE_REQUEST:
		handle_configure_request_event(x11, (const void *)event);
		return true;
	case XCB_CLIENT_MESSAGE:
		ga_x11_requests_handle_message(x11, (const void *)event);
		return true;
	default:
		return false;
	}
}

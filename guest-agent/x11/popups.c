/*
 * Popups: override-redirect windows, which applications place themselves. They belong to a managed
 * window, above which they are shown.
 */
#define G_LOG_DOMAIN "ga-wm"

#include <xcb/xtest.h>

#include "x11.h"

static bool same_application(
	const struct ga_x11 *x11, const struct ga_x11_window *a, const struct ga_x11_window *b)
{
	uint32_t client = ~x11->setup->resource_id_mask;
	return (a->leader != XCB_NONE && a->leader == b->leader) ||
	       (a->group != XCB_NONE && a->group == b->group) ||
	       (a->xid & client) == (b->xid & client);
}

static bool belongs_to(
	struct ga_x11 *x11, const struct ga_x11_window *window, const struct ga_x11_window *owner)
{
	while (window != NULL && window != owner)
		window = ga_x11_window_by_id(x11, window->owner);
	return window != NULL;
}

/* What would own itself, in however wide a circle, is not owned. */
static bool can_own(
	struct ga_x11 *x11, const struct ga_x11_window *owner, const struct ga_x11_window *window)
{
	return owner != NULL && owner->announced && owner->map_wanted &&
	       !belongs_to(x11, owner, window);
}

/* The window of the same application that was shown last. */
static struct ga_x11_window *latest_of_application(
	struct ga_x11 *x11, const struct ga_x11_window *window)
{
	for (guint i = x11->clients->len; i-- > 0;) {
		struct ga_x11_window *client = g_ptr_array_index(x11->clients, i);
		if (can_own(x11, client, window) && same_application(x11, client, window))
			return client;
	}
	return NULL;
}

/* Applications that do not say what a popup belongs to show it where the user is. */
static struct ga_x11_window *guess_owner(struct ga_x11 *x11, const struct ga_x11_window *window)
{
	struct ga_x11_window *focused = ga_x11_window_by_id(x11, x11->focused);
	struct ga_x11_window *pointed = ga_x11_window_by_id(x11, x11->pointer_window);
	if (can_own(x11, focused, window) && same_application(x11, focused, window))
		return focused;
	if (can_own(x11, pointed, window) && same_application(x11, pointed, window))
		return pointed;
	struct ga_x11_window *latest = latest_of_application(x11, window);
	if (latest != NULL)
		return latest;
	if (can_own(x11, focused, window))
		return focused;
	return can_own(x11, pointed, window) ? pointed : NULL;
}

/* A popup of a popup is owned by it. */
uint32_t ga_x11_popups_owner(struct ga_x11 *x11, const struct ga_x11_window *window)
{
	struct ga_x11_window *owner = ga_x11_window_by_xid(x11, window->transient_for);
	if (!can_own(x11, owner, window) || (owner->popup && !window->popup))
		owner = window->popup ? guess_owner(x11, window) : NULL;
	return owner != NULL ? owner->id : 0;
}

struct vp_rect ga_x11_popups_place(struct ga_x11 *x11, struct ga_x11_window *window)
{
	struct vp_rect place = ga_x11_window_outer(window);
	const struct ga_x11_window *owner = ga_x11_window_by_id(x11, window->owner);
	if (owner == NULL)
		return place;
	/* The application did not know of a move that came later. */
	bool moved_since = !owner->popup && owner->moves > window->moves;
	window->moves = UINT64_MAX;
	int32_t x = place.x - (moved_since ? owner->former_x : owner->geometry.x);
	int32_t y = place.y - (moved_since ? owner->former_y : owner->geometry.y);
	place.x = (int16_t)CLAMP(x, -VP_POSITION_MAX, VP_POSITION_MAX);
	place.y = (int16_t)CLAMP(y, -VP_POSITION_MAX, VP_POSITION_MAX);
	return place;
}

void ga_x11_popups_tell_place(struct ga_x11 *x11, struct ga_x11_window *window)
{
	struct vp_rect place = ga_x11_popups_place(x11, window);
	ga_x11_tell(x11, VP_MESSAGE(WINDOW_MOVED, window_moved, window->id, place.x, place.y,
				 place.width, place.height));
}

/* A popup of no particular kind may be a menu, too, of a toolkit that does not tell. */
static bool looks_like_menu(const struct ga_x11_window *window)
{
	if (!window->popup || !window->mapped || window->stage != GA_X11_STAGE_KNOWN)
		return false;
	switch (window->type) {
	case VP_TYPE_NORMAL:
	case VP_TYPE_MENU:
	case VP_TYPE_POPUP_MENU:
	case VP_TYPE_DROPDOWN_MENU:
	case VP_TYPE_COMBO:
		return true;
	default:
		return false;
	}
}

static bool menus_open(struct ga_x11 *x11)
{
	for (guint i = 0; i < x11->stacking->len; i++)
		if (looks_like_menu(g_ptr_array_index(x11->stacking, i)))
			return true;
	return false;
}

static void click(struct ga_x11 *x11, int16_t x, int16_t y)
{
	xcb_connection_t *c = x11->connection;
	xcb_test_fake_input(c, XCB_MOTION_NOTIFY, 0, XCB_CURRENT_TIME, x11->root, x, y, 0);
	xcb_test_fake_input(
		c, XCB_BUTTON_PRESS, XCB_BUTTON_INDEX_1, XCB_CURRENT_TIME, x11->root, 0, 0, 0);
	xcb_test_fake_input(
		c, XCB_BUTTON_RELEASE, XCB_BUTTON_INDEX_1, XCB_CURRENT_TIME, x11->root, 0, 0, 0);
	xcb_test_fake_input(c, XCB_MOTION_NOTIFY, 0, XCB_CURRENT_TIME, x11->root,
		(int16_t)x11->pointer_x, (int16_t)x11->pointer_y, 0);
}

/* A menu closes when its application, which grabs the pointer, sees a click elsewhere. Without a
 * grab the click ends in a window of our own. */
void ga_x11_popups_dismiss(struct ga_x11 *x11)
{
	if (!menus_open(x11) || x11->root_width == 0 || x11->root_height == 0)
		return;
	xcb_connection_t *c = x11->connection;
	const uint32_t override_redirect = 1;
	int16_t x = (int16_t)(x11->root_width - 1);
	int16_t y = (int16_t)(x11->root_height - 1);
	xcb_window_t catcher = xcb_generate_id(c);
	xcb_create_window(c, XCB_COPY_FROM_PARENT, catcher, x11->root, x, y, 1, 1, 0,
		XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT, XCB_CW_OVERRIDE_REDIRECT,
		&override_redirect);
	xcb_map_window(c, catcher);
	click(x11, x, y);
	xcb_destroy_window(c, catcher);
}

void ga_x11_popups_raise(struct ga_x11 *x11)
{
	const uint32_t highest = XCB_STACK_MODE_ABOVE;
	for (guint i = 0; i < x11->stacking->len; i++) {
		const struct ga_x11_window *window = g_ptr_array_index(x11->stacking, i);
		if (window->popup && window->mapped && window->stage == GA_X11_STAGE_KNOWN)
			xcb_configure_window(x11->connection, window->xid,
				XCB_CONFIG_WINDOW_STACK_MODE, &highest);
	}
}

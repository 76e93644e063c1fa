#define G_LOG_DOMAIN "ga-x11"

#include "x11.h"

struct ga_x11_window *ga_x11_window_by_xid(struct ga_x11 *x11, xcb_window_t xid)
{
	return g_hash_table_lookup(x11->windows_by_xid, GUINT_TO_POINTER(xid));
}

struct ga_x11_window *ga_x11_window_by_id(struct ga_x11 *x11, uint32_t id)
{
	return g_hash_table_lookup(x11->windows_by_id, GUINT_TO_POINTER(id));
}

static void destroy_window(void *data)
{
	struct ga_x11_window *window = data;
	g_free(window->net_name);
	g_free(window->name);
	g_free(window->instance);
	g_free(window->class_name);
	g_free(window->icon);
	g_free(window);
}

void ga_x11_windows_create(struct ga_x11 *x11)
{
	x11->windows_by_xid = g_hash_table_new_full(NULL, NULL, NULL, destroy_window);
	x11->windows_by_id = g_hash_table_new(NULL, NULL);
	x11->stacking = g_ptr_array_new();
	x11->clients = g_ptr_array_new();
}

void ga_x11_windows_destroy(struct ga_x11 *x11)
{
	g_ptr_array_unref(x11->clients);
	g_ptr_array_unref(x11->stacking);
	g_hash_table_destroy(x11->windows_by_id);
	g_hash_table_destroy(x11->windows_by_xid);
}

struct ga_x11_window *ga_x11_window_add(struct ga_x11 *x11, xcb_window_t xid)
{
	struct ga_x11_window *window = g_new0(struct ga_x11_window, 1);
	window->xid = xid;
	window->id = ++x11->last_id;
	window->takes_input = true;
	window->opacity = UINT32_MAX;
	g_hash_table_insert(x11->windows_by_xid, GUINT_TO_POINTER(xid), window);
	g_hash_table_insert(x11->windows_by_id, GUINT_TO_POINTER(window->id), window);
	g_ptr_array_add(x11->stacking, window);
	return window;
}

void ga_x11_window_remove(struct ga_x11 *x11, struct ga_x11_window *window)
{
	g_ptr_array_remove(x11->stacking, window);
	if (g_ptr_array_remove(x11->clients, window))
		x11->client_list_changed = true;
	g_hash_table_remove(x11->windows_by_id, GUINT_TO_POINTER(window->id));
	g_hash_table_remove(x11->windows_by_xid, GUINT_TO_POINTER(window->xid));
}

void ga_x11_window_renumber(struct ga_x11 *x11, struct ga_x11_window *window)
{
	g_hash_table_remove(x11->windows_by_id, GUINT_TO_POINTER(window->id));
	window->id = ++x11->last_id;
	g_hash_table_insert(x11->windows_by_id, GUINT_TO_POINTER(window->id), window);
	/* Replies that are on their way are those of the id that it had. */
	window->pixels.reading = false;
	window->pixels.given_up = 0;
	window->pixels.buffer = NULL;
}

/* above is the window right below it then: X calls it above-sibling, as the sibling that it is
 * above. */
void ga_x11_window_restacked(struct ga_x11 *x11, struct ga_x11_window *window, xcb_window_t below)
{
	guint from;
	if (!g_ptr_array_find(x11->stacking, window, &from))
		return;
	struct ga_x11_window *sibling = ga_x11_window_by_xid(x11, below);
	guint at = 0;
	if (sibling != NULL &&
		(sibling == window || !g_ptr_array_find(x11->stacking, sibling, &at)))
		return;
	guint to = sibling == NULL ? 0 : at < from ? at + 1 : at;
	if (to == from)
		return;
	g_ptr_array_remove_index(x11->stacking, from);
	g_ptr_array_insert(x11->stacking, (gint)to, window);
	x11->client_list_changed = true;
}

struct ga_x11_geometry ga_x11_window_place(const struct ga_x11_window *window)
{
	return window->popup || window->sync_delayed ? window->geometry : window->wanted;
}

struct vp_rect ga_x11_window_outer(const struct ga_x11_window *window)
{
	uint32_t border = 2U * window->border_width;
	return (struct vp_rect){
		.x = (int16_t)window->geometry.x,
		.y = (int16_t)window->geometry.y,
		.width = (uint16_t)MIN(window->geometry.width + border, VP_SIZE_MAX),
		.height = (uint16_t)MIN(window->geometry.height + border, VP_SIZE_MAX),
	};
}

#define G_LOG_DOMAIN "ga-wm"

#include <string.h>

#include "x11.h"

static const char wm_name[] = "Oriel";

static void set_root(struct ga_x11 *x11, xcb_atom_t property, xcb_atom_t type, uint32_t count,
	const uint32_t *values)
{
	xcb_change_property(x11->connection, XCB_PROP_MODE_REPLACE, x11->root, property, type, 32,
		count, values);
}

/* A window that takes the focus must be mapped; it lies outside the screen, under all others. */
static void create_wm_window(struct ga_x11 *x11)
{
	const uint32_t values[] = { 1, XCB_EVENT_MASK_PROPERTY_CHANGE };
	const uint32_t lowest = XCB_STACK_MODE_BELOW;
	xcb_connection_t *c = x11->connection;
	x11->wm_window = xcb_generate_id(c);
	xcb_create_window(c, XCB_COPY_FROM_PARENT, x11->wm_window, x11->root, -1, -1, 1, 1, 0,
		XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT,
		XCB_CW_OVERRIDE_REDIRECT | XCB_CW_EVENT_MASK, values);
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, x11->wm_window, x11->atoms._NET_WM_NAME,
		x11->atoms.UTF8_STRING, 8, (uint32_t)strlen(wm_name), wm_name);
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, x11->wm_window,
		x11->atoms._NET_SUPPORTING_WM_CHECK, XCB_ATOM_WINDOW, 32, 1, &x11->wm_window);
	xcb_configure_window(c, x11->wm_window, XCB_CONFIG_WINDOW_STACK_MODE, &lowest);
	xcb_map_window(c, x11->wm_window);
}

/* Every atom of the table whose name begins with _NET is one that is understood. */
static bool is_hint(const char *name)
{
	return g_str_has_prefix(name, "_NET") || g_str_equal(name, "_GTK_WORKAREAS");
}

static void set_supported(struct ga_x11 *x11)
{
#define ATOM_NAME(name) #name,
	static const char *const names[] = { GA_X11_ATOMS(ATOM_NAME) };
#undef ATOM_NAME
	xcb_atom_t all[G_N_ELEMENTS(names)];
	xcb_atom_t supported[G_N_ELEMENTS(names)];
	uint32_t count = 0;
	memcpy(all, &x11->atoms, sizeof(all));
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (is_hint(names[i]))
			supported[count++] = all[i];
	set_root(x11, x11->atoms._NET_SUPPORTED, XCB_ATOM_ATOM, count, supported);
}

struct edges {
	int32_t left;
	int32_t top;
	int32_t right;
	int32_t bottom;
};

/* What is on the screen, which may have shrunk before the areas did. */
static struct edges edges_on_screen(const struct ga_x11 *x11, const struct vp_rect *rect)
{
	int32_t width = (int32_t)x11->root_width;
	int32_t height = (int32_t)x11->root_height;
	return (struct edges){
		.left = CLAMP(rect->x, 0, width),
		.top = CLAMP(rect->y, 0, height),
		.right = CLAMP(rect->x + rect->width, 0, width),
		.bottom = CLAMP(rect->y + rect->height, 0, height),
	};
}

static void set_areas(
	struct ga_x11 *x11, xcb_atom_t property, const struct edges *areas, size_t count)
{
	uint32_t words[4 * VP_MONITORS_MAX];
	uint32_t at = 0;
	for (size_t i = 0; i < count; i++) {
		words[at++] = (uint32_t)areas[i].left;
		words[at++] = (uint32_t)areas[i].top;
		words[at++] = (uint32_t)(areas[i].right - areas[i].left);
		words[at++] = (uint32_t)(areas[i].bottom - areas[i].top);
	}
	set_root(x11, property, XCB_ATOM_CARDINAL, at, words);
}

/* EWMH has one area for all monitors: the smallest that holds those of each. */
static void set_work_areas(struct ga_x11 *x11)
{
	struct edges areas[VP_MONITORS_MAX];
	struct edges all = { (int32_t)x11->root_width, (int32_t)x11->root_height, 0, 0 };
	size_t count = 0;
	for (size_t i = 0; i < x11->work_area_count; i++) {
		struct edges area = edges_on_screen(x11, &x11->work_areas[i]);
		if (area.left >= area.right || area.top >= area.bottom)
			continue;
		areas[count++] = area;
		all.left = MIN(all.left, area.left);
		all.top = MIN(all.top, area.top);
		all.right = MAX(all.right, area.right);
		all.bottom = MAX(all.bottom, area.bottom);
	}
	if (count == 0) {
		all = (struct edges){ 0, 0, (int32_t)x11->root_width, (int32_t)x11->root_height };
		areas[count++] = all;
	}
	set_areas(x11, x11->atoms._NET_WORKAREA, &all, 1);
	set_areas(x11, x11->atoms._GTK_WORKAREAS_D0, areas, count);
}

static void set_geometry(struct ga_x11 *x11)
{
	const uint32_t size[] = { x11->root_width, x11->root_height };
	set_root(
		x11, x11->atoms._NET_DESKTOP_GEOMETRY, XCB_ATOM_CARDINAL, G_N_ELEMENTS(size), size);
	set_work_areas(x11);
}

void ga_x11_root_handle_work_areas(struct ga_x11 *x11, struct vp_rects areas)
{
	x11->work_area_count = areas.count;
	for (size_t i = 0; i < areas.count; i++)
		x11->work_areas[i] = vp_rects_get(areas, i);
	set_work_areas(x11);
}

bool ga_x11_root_start(struct ga_x11 *x11)
{
	const uint32_t one = 1;
	const uint32_t zeros[] = { 0, 0 };
	create_wm_window(x11);
	ga_x11_manager_become(x11, "WM", x11->wm_window);
	set_supported(x11);
	set_root(x11, x11->atoms._NET_SUPPORTING_WM_CHECK, XCB_ATOM_WINDOW, 1, &x11->wm_window);
	set_root(x11, x11->atoms._NET_NUMBER_OF_DESKTOPS, XCB_ATOM_CARDINAL, 1, &one);
	set_root(x11, x11->atoms._NET_CURRENT_DESKTOP, XCB_ATOM_CARDINAL, 1, zeros);
	set_root(x11, x11->atoms._NET_DESKTOP_VIEWPORT, XCB_ATOM_CARDINAL, G_N_ELEMENTS(zeros),
		zeros);
	set_geometry(x11);
	ga_x11_root_set_active(x11, XCB_WINDOW_NONE);
	x11->client_list_changed = true;
	return true;
}

void ga_x11_root_stop(struct ga_x11 *x11)
{
	xcb_delete_property(x11->connection, x11->root, x11->atoms._NET_SUPPORTING_WM_CHECK);
	xcb_delete_property(x11->connection, x11->root, x11->atoms._NET_SUPPORTED);
	xcb_destroy_window(x11->connection, x11->wm_window);
}

void ga_x11_root_handle_resize(struct ga_x11 *x11, uint32_t width, uint32_t height)
{
	if (width == x11->root_width && height == x11->root_height)
		return;
	x11->root_width = width;
	x11->root_height = height;
	set_geometry(x11);
}

void ga_x11_root_set_active(struct ga_x11 *x11, xcb_window_t window)
{
	set_root(x11, x11->atoms._NET_ACTIVE_WINDOW, XCB_ATOM_WINDOW, 1, &window);
}

void ga_x11_root_flush(struct ga_x11 *x11)
{
	if (!x11->client_list_changed || x11->lost)
		return;
	x11->client_list_changed = false;
	uint32_t count = 0;
	xcb_window_t *list = g_new(xcb_window_t, x11->stacking->len + 1);
	for (guint i = 0; i < x11->clients->len; i++)
		list[count++] = ((struct ga_x11_window *)g_ptr_array_index(x11->clients, i))->xid;
	set_root(x11, x11->atoms._NET_CLIENT_LIST, XCB_ATOM_WINDOW, count, list);
	count = 0;
	for (guint i = 0; i < x11->stacking->len; i++) {
		const struct ga_x11_window *window = g_ptr_array_index(x11->stacking, i);
		if (!window->popup && window->map_wanted)
			list[count++] = window->xid;
	}
	set_root(x11, x11->atoms._NET_CLIENT_LIST_STACKING, XCB_ATOM_WINDOW, count, list);
	g_free(list);
}

#define G_LOG_DOMAIN "hc-x11"

#include <string.h>
#include <unistd.h>

#include "x11.h"

enum {
	HINT_US_POSITION = 1U << 0, /* ICCCM 4.1.2.3 */
	HINT_US_SIZE = 1U << 1,
	HINT_P_POSITION = 1U << 2,
	HINT_P_MIN_SIZE = 1U << 4,
	HINT_P_MAX_SIZE = 1U << 5,
	HINT_P_RESIZE_INC = 1U << 6,
	HINT_P_ASPECT = 1U << 7,
	HINT_P_BASE_SIZE = 1U << 8,
	HINT_P_WIN_GRAVITY = 1U << 9,
	WM_INPUT_HINT = 1U << 0, /* ICCCM 4.1.2.4 */
	WM_STATE_HINT = 1U << 1,
	WM_WINDOW_GROUP_HINT = 1U << 6,
	WM_URGENCY_HINT = 1U << 8,
	WM_NORMAL_STATE = 1,
	WM_ICONIC_STATE = 3,
	ICON_HEADER = 2, /* words before an icon's pixels: width, height */
	HOST_NAME_SIZE = 256,
	DEFAULT_ICON_SIDE = 48,
	USER_TIME_STEP = 2000, /* milliseconds; finer news would only wake the window manager */
};

/* A window that nobody sees would take clicks that are meant for what lies below. */
static const uint32_t least_opacity = 0x40000000;

/* WM_SIZE_HINTS as on the wire. */
struct size_hints {
	uint32_t flags;
	uint32_t obsolete[4];
	uint32_t min_width;
	uint32_t min_height;
	uint32_t max_width;
	uint32_t max_height;
	uint32_t width_increment;
	uint32_t height_increment;
	uint32_t min_aspect_num;
	uint32_t min_aspect_den;
	uint32_t max_aspect_num;
	uint32_t max_aspect_den;
	uint32_t base_width;
	uint32_t base_height;
	uint32_t gravity;
};

/* WM_HINTS as on the wire. */
struct wm_hints {
	uint32_t flags;
	uint32_t input;
	uint32_t initial_state;
	uint32_t icon_pixmap;
	uint32_t icon_window;
	uint32_t icon_x;
	uint32_t icon_y;
	uint32_t icon_mask;
	uint32_t window_group;
};

static void set_words(struct hc_x11 *x11, const struct hc_x11_window *window, xcb_atom_t property,
	xcb_atom_t type, const void *words, size_t count)
{
	xcb_change_property(x11->connection, XCB_PROP_MODE_REPLACE, window->toplevel, property,
		type, 32, (uint32_t)count, words);
}

static void set_string(struct hc_x11 *x11, const struct hc_x11_window *window, xcb_atom_t property,
	xcb_atom_t type, const char *string, size_t len)
{
	xcb_change_property(x11->connection, XCB_PROP_MODE_REPLACE, window->toplevel, property,
		type, 8, (uint32_t)len, string);
}

static void set_protocols(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	const xcb_atom_t protocols[] = {
		x11->atoms.WM_DELETE_WINDOW,
		x11->atoms._NET_WM_PING,
		x11->atoms._NET_WM_SYNC_REQUEST,
	};
	size_t count = G_N_ELEMENTS(protocols) - (window->sync_counter == XCB_NONE);

	set_words(x11, window, x11->atoms.WM_PROTOCOLS, XCB_ATOM_ATOM, protocols, count);
	if (window->sync_counter != XCB_NONE)
		set_words(x11, window, x11->atoms._NET_WM_SYNC_REQUEST_COUNTER, XCB_ATOM_CARDINAL,
			&window->sync_counter, 1);
}

void hc_x11_properties_title(struct hc_x11 *x11, struct hc_x11_window *window, const char *title)
{
	if (title != window->title) {
		g_free(window->title);
		window->title = g_strdup(title);
	}
	char *shown = g_strconcat(title, window->hung ? " (not responding)" : "", NULL);
	size_t len = strlen(shown);

	set_string(x11, window, x11->atoms._NET_WM_NAME, x11->atoms.UTF8_STRING, shown, len);
	set_string(x11, window, x11->atoms._NET_WM_ICON_NAME, x11->atoms.UTF8_STRING, shown, len);
	set_string(x11, window, XCB_ATOM_WM_NAME, x11->atoms.UTF8_STRING, shown, len);
	g_free(shown);
}

void hc_x11_properties_class(struct hc_x11 *x11, struct hc_x11_window *window, const char *instance,
	const char *class_name)
{
	char *joined = g_strdup_printf("%s%c%s", instance, '\0', class_name);
	size_t len = strlen(instance) + 1 + strlen(class_name) + 1;

	set_string(x11, window, XCB_ATOM_WM_CLASS, XCB_ATOM_STRING, joined, len);
	g_free(joined);
}

/* Icons */

static void set_default_icon(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	uint32_t words[ICON_HEADER + DEFAULT_ICON_SIDE * DEFAULT_ICON_SIDE] = {
		DEFAULT_ICON_SIDE,
		DEFAULT_ICON_SIDE,
	};

	hc_x11_label_icon(&x11->label, words + ICON_HEADER, DEFAULT_ICON_SIDE);
	set_words(x11, window, x11->atoms._NET_WM_ICON, XCB_ATOM_CARDINAL, words,
		G_N_ELEMENTS(words));
}

static void append_icon(struct hc_x11 *x11, GArray *words, const struct vp_window_icon *icon)
{
	const uint32_t header[ICON_HEADER] = { icon->width, icon->height };
	guint start = words->len + ICON_HEADER;

	g_array_append_vals(words, header, ICON_HEADER);
	for (size_t i = 0; i + 3 < icon->pixels.len; i += 4) {
		const uint8_t *at = icon->pixels.data + i;
		uint32_t pixel = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
				 (uint32_t)at[3] << 24;
		g_array_append_val(words, pixel);
	}
	hc_x11_label_badge(
		&x11->label, &g_array_index(words, uint32_t, start), icon->width, icon->height);
}

void hc_x11_properties_icon(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct vp_window_icon *icon)
{
	if (icon->count == 0) {
		set_default_icon(x11, window);
		return;
	}
	if (icon->index == 0) {
		g_clear_pointer(&window->icon, g_array_unref);
		window->icon = g_array_new(FALSE, FALSE, sizeof(uint32_t));
		window->icon_count = 0;
	}
	if (window->icon == NULL || icon->index != window->icon_count)
		return;
	append_icon(x11, window->icon, icon);
	window->icon_count++;
	if (window->icon_count < icon->count)
		return;
	set_words(x11, window, x11->atoms._NET_WM_ICON, XCB_ATOM_CARDINAL, window->icon->data,
		window->icon->len);
	g_clear_pointer(&window->icon, g_array_unref);
}

/* Window managers keep these above others, or without a frame. */
static bool is_placed_apart(enum vp_type type)
{
	switch (type) {
	case VP_TYPE_DESKTOP:
	case VP_TYPE_DOCK:
	case VP_TYPE_POPUP_MENU:
	case VP_TYPE_DROPDOWN_MENU:
	case VP_TYPE_TOOLTIP:
	case VP_TYPE_COMBO:
	case VP_TYPE_NOTIFICATION:
	case VP_TYPE_DND:
		return true;
	case VP_TYPE_NORMAL:
	case VP_TYPE_DIALOG:
	case VP_TYPE_UTILITY:
	case VP_TYPE_SPLASH:
	case VP_TYPE_TOOLBAR:
	case VP_TYPE_MENU:
		return false;
	}
	return false;
}

static xcb_atom_t type_atom(const struct hc_x11_atoms *atoms, enum vp_type type)
{
	switch (type) {
	case VP_TYPE_NORMAL:
		return atoms->_NET_WM_WINDOW_TYPE_NORMAL;
	case VP_TYPE_DESKTOP:
		return atoms->_NET_WM_WINDOW_TYPE_DESKTOP;
	case VP_TYPE_DIALOG:
		return atoms->_NET_WM_WINDOW_TYPE_DIALOG;
	case VP_TYPE_UTILITY:
		return atoms->_NET_WM_WINDOW_TYPE_UTILITY;
	case VP_TYPE_SPLASH:
		return atoms->_NET_WM_WINDOW_TYPE_SPLASH;
	case VP_TYPE_TOOLBAR:
		return atoms->_NET_WM_WINDOW_TYPE_TOOLBAR;
	case VP_TYPE_DOCK:
		return atoms->_NET_WM_WINDOW_TYPE_DOCK;
	case VP_TYPE_MENU:
		return atoms->_NET_WM_WINDOW_TYPE_MENU;
	case VP_TYPE_POPUP_MENU:
		return atoms->_NET_WM_WINDOW_TYPE_POPUP_MENU;
	case VP_TYPE_DROPDOWN_MENU:
		return atoms->_NET_WM_WINDOW_TYPE_DROPDOWN_MENU;
	case VP_TYPE_TOOLTIP:
		return atoms->_NET_WM_WINDOW_TYPE_TOOLTIP;
	case VP_TYPE_COMBO:
		return atoms->_NET_WM_WINDOW_TYPE_COMBO;
	case VP_TYPE_NOTIFICATION:
		return atoms->_NET_WM_WINDOW_TYPE_NOTIFICATION;
	case VP_TYPE_DND:
		return atoms->_NET_WM_WINDOW_TYPE_DND;
	}
	return atoms->_NET_WM_WINDOW_TYPE_NORMAL;
}

void hc_x11_properties_type(struct hc_x11 *x11, struct hc_x11_window *window, enum vp_type type)
{
	bool ordinary = !window->popup && is_placed_apart(type);
	xcb_atom_t atom = type_atom(&x11->atoms, ordinary ? VP_TYPE_NORMAL : type);

	set_words(x11, window, x11->atoms._NET_WM_WINDOW_TYPE, XCB_ATOM_ATOM, &atom, 1);
}

/* The window that stands for a group: that of its other members, or this one. */
static xcb_window_t find_group_leader(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	GHashTableIter iter;
	void *value = NULL;

	if (window->group == 0)
		return XCB_NONE;
	g_hash_table_iter_init(&iter, x11->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct hc_x11_window *other = value;
		if (other != window && other->group == window->group)
			return other->group_leader;
	}
	return window->toplevel;
}

void hc_x11_properties_leave_group(struct hc_x11 *x11, struct hc_x11_window *window)
{
	GHashTableIter iter;
	void *value = NULL;
	xcb_window_t heir = XCB_NONE;

	g_hash_table_iter_init(&iter, x11->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_x11_window *other = value;
		if (other == window || other->group_leader != window->toplevel)
			continue;
		if (heir == XCB_NONE)
			heir = other->toplevel;
		other->group_leader = heir;
		hc_x11_properties_wm_hints(x11, other);
	}
}

void hc_x11_properties_owner(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct vp_window_owner *message)
{
	const struct hc_x11_window *owner = hc_x11_find(x11, message->owner);

	window->owner = message->owner;
	if (window->group != message->group) {
		hc_x11_properties_leave_group(x11, window);
		window->group = message->group;
		window->group_leader = find_group_leader(x11, window);
		hc_x11_properties_wm_hints(x11, window);
	}
	if (owner != NULL)
		set_words(x11, window, XCB_ATOM_WM_TRANSIENT_FOR, XCB_ATOM_WINDOW, &owner->toplevel,
			1);
	else
		xcb_delete_property(x11->connection, window->toplevel, XCB_ATOM_WM_TRANSIENT_FOR);
}

void hc_x11_properties_wm_hints(struct hc_x11 *x11, struct hc_x11_window *window)
{
	const struct wm_hints hints = {
		.flags = WM_INPUT_HINT | WM_STATE_HINT | WM_WINDOW_GROUP_HINT |
			 (window->urgent ? (uint32_t)WM_URGENCY_HINT : 0U),
		.input = (window->hints.flags & VP_HINT_NO_INPUT) == 0,
		.initial_state = (window->wanted_state & VP_STATE_MINIMIZED) != 0 ? WM_ICONIC_STATE
										  : WM_NORMAL_STATE,
		.window_group =
			window->group_leader != XCB_NONE ? window->group_leader : x11->leader,
	};

	set_words(x11, window, XCB_ATOM_WM_HINTS, XCB_ATOM_WM_HINTS, &hints,
		sizeof(hints) / sizeof(uint32_t));
}

/* Size hints: those of the guest's content, with the label's border around it. */

static void set_base_size(
	struct size_hints *out, const struct vp_window_hints *hints, uint32_t borders)
{
	/* ICCCM: without a base size, increments count from the least size. */
	bool from_min =
		(hints->flags & VP_HINT_INCREMENT) != 0 && (hints->flags & VP_HINT_MIN_SIZE) != 0;

	out->flags |= HINT_P_BASE_SIZE;
	out->base_width = borders;
	out->base_height = borders;
	if ((hints->flags & VP_HINT_BASE_SIZE) != 0) {
		out->base_width += hints->base_width;
		out->base_height += hints->base_height;
	} else if (from_min) {
		out->base_width += hints->min_width;
		out->base_height += hints->min_height;
	}
}

static void set_limits(
	struct size_hints *out, const struct vp_window_hints *hints, uint32_t borders)
{
	bool has_min = (hints->flags & VP_HINT_MIN_SIZE) != 0;

	out->flags |= HINT_P_MIN_SIZE;
	out->min_width = MAX(has_min ? hints->min_width : hints->base_width, 1U) + borders;
	out->min_height = MAX(has_min ? hints->min_height : hints->base_height, 1U) + borders;
	if ((hints->flags & VP_HINT_MAX_SIZE) != 0) {
		out->flags |= HINT_P_MAX_SIZE;
		out->max_width = MAX(hints->max_width + borders, out->min_width);
		out->max_height = MAX(hints->max_height + borders, out->min_height);
	}
}

static void set_steps(struct size_hints *out, const struct vp_window_hints *hints)
{
	if ((hints->flags & VP_HINT_INCREMENT) != 0) {
		out->flags |= HINT_P_RESIZE_INC;
		out->width_increment = MAX(hints->width_increment, 1U);
		out->height_increment = MAX(hints->height_increment, 1U);
	}
	if ((hints->flags & VP_HINT_ASPECT) != 0 && hints->min_aspect_den > 0 &&
		hints->max_aspect_den > 0) {
		out->flags |= HINT_P_ASPECT;
		out->min_aspect_num = hints->min_aspect_num;
		out->min_aspect_den = hints->min_aspect_den;
		out->max_aspect_num = hints->max_aspect_num;
		out->max_aspect_den = hints->max_aspect_den;
	}
}

static uint32_t gravity_of(const struct vp_window_hints *hints)
{
	bool given = (hints->flags & VP_HINT_GRAVITY) != 0 && hints->gravity != 0;

	return given ? hints->gravity : XCB_GRAVITY_NORTH_WEST;
}

void hc_x11_properties_hints(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct vp_window_hints *hints)
{
	bool input_changed = ((hints->flags ^ window->hints.flags) & VP_HINT_NO_INPUT) != 0;
	uint32_t borders = 2 * window->border;
	struct size_hints out = { .flags = HINT_P_WIN_GRAVITY };

	window->hints = *hints;
	out.gravity = gravity_of(hints);
	if ((hints->flags & VP_HINT_USER_POSITION) != 0)
		out.flags |= HINT_US_POSITION;
	if ((hints->flags & VP_HINT_PROGRAM_POSITION) != 0)
		out.flags |= HINT_P_POSITION;
	if ((hints->flags & VP_HINT_USER_SIZE) != 0)
		out.flags |= HINT_US_SIZE;
	set_base_size(&out, hints, borders);
	set_limits(&out, hints, borders);
	set_steps(&out, hints);
	set_words(x11, window, XCB_ATOM_WM_NORMAL_HINTS, XCB_ATOM_WM_SIZE_HINTS, &out,
		sizeof(out) / sizeof(uint32_t));
	if (input_changed)
		hc_x11_properties_wm_hints(x11, window);
}

void hc_x11_properties_opacity(struct hc_x11 *x11, struct hc_x11_window *window, uint32_t opacity)
{
	uint32_t limited = MAX(opacity, least_opacity);

	if (opacity == UINT32_MAX)
		xcb_delete_property(
			x11->connection, window->toplevel, x11->atoms._NET_WM_WINDOW_OPACITY);
	else
		set_words(x11, window, x11->atoms._NET_WM_WINDOW_OPACITY, XCB_ATOM_CARDINAL,
			&limited, 1);
}

void hc_x11_properties_user_time(struct hc_x11 *x11, struct hc_x11_window *window)
{
	if (x11->time == XCB_CURRENT_TIME ||
		(window->user_time != 0 && x11->time - window->user_time < USER_TIME_STEP))
		return;
	window->user_time = x11->time;
	set_words(x11, window, x11->atoms._NET_WM_USER_TIME, XCB_ATOM_CARDINAL, &x11->time, 1);
}

/* EWMH: what a time of 0 is for. */
void hc_x11_properties_no_focus(struct hc_x11 *x11, struct hc_x11_window *window)
{
	window->user_time = 0;
	set_words(x11, window, x11->atoms._NET_WM_USER_TIME, XCB_ATOM_CARDINAL, &window->user_time,
		1);
}

/* No _NET_WM_PID: who would kill it would end all windows of this guest, not just the one that
 * hangs. */
void hc_x11_properties_init_window(struct hc_x11 *x11, struct hc_x11_window *window)
{
	char host[HOST_NAME_SIZE] = "";

	if (gethostname(host, sizeof(host) - 1) == 0)
		set_string(x11, window, XCB_ATOM_WM_CLIENT_MACHINE, XCB_ATOM_STRING, host,
			strlen(host));
	if (window->popup)
		return;
	set_protocols(x11, window);
	hc_x11_properties_wm_hints(x11, window);
	hc_x11_properties_hints(x11, window, &window->hints);
	set_default_icon(x11, window);
}

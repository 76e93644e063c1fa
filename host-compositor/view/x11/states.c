#define G_LOG_DOMAIN "hc-x11"

#include <stddef.h>

#include "x11.h"

enum {
	STATE_REMOVE = 0, /* EWMH _NET_WM_STATE */
	STATE_ADD = 1,
	SOURCE_APPLICATION = 1,
	WM_WITHDRAWN_STATE = 0, /* ICCCM WM_STATE */
	WM_ICONIC_STATE = 3,
	ATOMS_READ_MAX = 1024, /* words of a list of atoms that is looked at */
};

static const struct {
	enum vp_state bit;
	size_t atom; /* offset in struct hc_x11_atoms */
} states[] = {
#define STATE(name) \
	{ \
		VP_STATE_##name, offsetof(struct hc_x11_atoms, _NET_WM_STATE_##name) \
	}
	STATE(MAXIMIZED_HORZ),
	STATE(MAXIMIZED_VERT),
	STATE(FULLSCREEN),
	STATE(ABOVE),
	STATE(BELOW),
	STATE(SHADED),
	STATE(SKIP_TASKBAR),
	STATE(SKIP_PAGER),
	STATE(MODAL),
	STATE(DEMANDS_ATTENTION),
	STATE(STICKY),
#undef STATE
	{ VP_STATE_MINIMIZED, offsetof(struct hc_x11_atoms, _NET_WM_STATE_HIDDEN) },
};

static xcb_atom_t atom_of(const struct hc_x11 *x11, size_t index)
{
	return *(const xcb_atom_t *)((const char *)&x11->atoms + states[index].atom);
}

static unsigned int get_property(
	struct hc_x11 *x11, xcb_window_t window, xcb_atom_t property, xcb_atom_t type)
{
	return xcb_get_property(x11->connection, 0, window, property, type, 0, ATOMS_READ_MAX)
		.sequence;
}

static const uint32_t *property_words(const void *reply, size_t *count)
{
	const xcb_get_property_reply_t *property = reply;

	*count = 0;
	if (property == NULL || property->format != 32)
		return NULL;
	*count = property->value_len;
	return xcb_get_property_value(property);
}

/* From the window manager */

static void tell_guest(struct hc_x11 *x11, struct hc_x11_window *window)
{
	window->told_state = window->state | (window->focused ? VP_STATE_FOCUSED : 0U);
	hc_x11_message(x11, VP_MESSAGE(WINDOW_STATE_SET, window_state_set, .window = window->id,
				    .state = window->told_state));
}

static void set_state(struct hc_x11 *x11, struct hc_x11_window *window, uint32_t state)
{
	uint32_t before = window->state;

	if (before == state)
		return;
	window->state = state;
	hc_x11_pixels_visibility(x11, window);
	hc_x11_fullscreen_changed(x11, window, before);
	tell_guest(x11, window);
}

static void handle_state_reply(struct hc_x11 *x11, uint32_t xid, const void *reply)
{
	struct hc_x11_window *window = hc_x11_find_xid(x11, xid);
	size_t count = 0;
	const uint32_t *atoms = property_words(reply, &count);
	uint32_t state = 0;

	if (window == NULL || !window->mapped)
		return;
	if (!x11->hidden_supported)
		state = window->state & VP_STATE_MINIMIZED;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(states); j++) {
			if (atoms[i] == atom_of(x11, j))
				state |= states[j].bit;
		}
	}
	set_state(x11, window, state);
}

static void handle_iconic_reply(struct hc_x11 *x11, uint32_t xid, const void *reply)
{
	struct hc_x11_window *window = hc_x11_find_xid(x11, xid);
	size_t count = 0;
	const uint32_t *words = property_words(reply, &count);

	if (window == NULL || count == 0 || words[0] == WM_WITHDRAWN_STATE)
		return;
	hc_x11_states_managed(x11, window);
	if (x11->hidden_supported)
		return;
	set_state(x11, window,
		(window->state & ~(uint32_t)VP_STATE_MINIMIZED) |
			(words[0] == WM_ICONIC_STATE ? VP_STATE_MINIMIZED : 0U));
}

static void handle_supported_reply(struct hc_x11 *x11, uint32_t unused, const void *reply)
{
	size_t count = 0;
	const uint32_t *atoms = property_words(reply, &count);

	(void)unused;
	x11->hidden_supported = false;
	x11->moveresize_supported = false;
	for (size_t i = 0; i < count; i++) {
		x11->hidden_supported |= atoms[i] == x11->atoms._NET_WM_STATE_HIDDEN;
		x11->moveresize_supported |= atoms[i] == x11->atoms._NET_MOVERESIZE_WINDOW;
	}
}

static void ask_supported(struct hc_x11 *x11)
{
	hc_x11_expect(x11, get_property(x11, x11->root, x11->atoms._NET_SUPPORTED, XCB_ATOM_ATOM),
		0, handle_supported_reply);
}

void hc_x11_states_init(struct hc_x11 *x11)
{
	hc_x11_root_select(x11, XCB_EVENT_MASK_PROPERTY_CHANGE);
	ask_supported(x11);
}

void hc_x11_states_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	const xcb_property_notify_event_t *notify = (const void *)event;

	if (hc_x11_event_type(event) != XCB_PROPERTY_NOTIFY)
		return;
	if (notify->window == x11->root && notify->atom == x11->atoms._NET_SUPPORTED)
		ask_supported(x11);
	if (hc_x11_find_xid(x11, notify->window) == NULL)
		return;
	if (notify->atom == x11->atoms._NET_WM_STATE)
		hc_x11_expect(x11,
			get_property(x11, notify->window, x11->atoms._NET_WM_STATE, XCB_ATOM_ATOM),
			notify->window, handle_state_reply);
	else if (notify->atom == x11->atoms.WM_STATE)
		hc_x11_expect(x11,
			get_property(x11, notify->window, x11->atoms.WM_STATE, x11->atoms.WM_STATE),
			notify->window, handle_iconic_reply);
}

void hc_x11_states_set_focused(struct hc_x11 *x11, struct hc_x11_window *window, bool focused)
{
	if (window->focused == focused)
		return;
	window->focused = focused;
	hc_x11_fullscreen_focused(x11, window, focused);
	tell_guest(x11, window);
}

void hc_x11_states_announce(struct hc_x11 *x11, struct hc_x11_window *window)
{
	if (!window->popup)
		tell_guest(x11, window);
}

/* To the window manager */

void hc_x11_states_before_map(struct hc_x11 *x11, struct hc_x11_window *window)
{
	xcb_atom_t atoms[G_N_ELEMENTS(states)];
	uint32_t count = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
		if ((window->wanted_state & states[i].bit) != 0 &&
			states[i].bit != VP_STATE_MINIMIZED)
			atoms[count++] = atom_of(x11, i);
	}
	xcb_change_property(x11->connection, XCB_PROP_MODE_REPLACE, window->toplevel,
		x11->atoms._NET_WM_STATE, XCB_ATOM_ATOM, 32, count, atoms);
	window->urgent = (window->wanted_state & VP_STATE_DEMANDS_ATTENTION) != 0;
	hc_x11_properties_wm_hints(x11, window);
	if (hc_x11_attention_take(x11))
		hc_x11_properties_user_time(x11, window);
	else
		hc_x11_properties_no_focus(x11, window);
}

static void request_state(
	struct hc_x11 *x11, const struct hc_x11_window *window, uint32_t bits, bool set)
{
	uint32_t data[5] = { set ? STATE_ADD : STATE_REMOVE, 0, 0, SOURCE_APPLICATION, 0 };
	size_t filled = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
		if ((bits & states[i].bit) == 0 || states[i].bit == VP_STATE_MINIMIZED)
			continue;
		data[1 + filled++] = atom_of(x11, i);
		if (filled == 2) {
			hc_x11_root_message(x11, window->toplevel, x11->atoms._NET_WM_STATE, data);
			data[2] = XCB_ATOM_NONE;
			filled = 0;
		}
	}
	if (filled == 1)
		hc_x11_root_message(x11, window->toplevel, x11->atoms._NET_WM_STATE, data);
}

/* A window manager gives the focus to one that comes back. */
static void request_minimized(struct hc_x11 *x11, struct hc_x11_window *window, bool minimized)
{
	const uint32_t data[5] = { WM_ICONIC_STATE };

	if (minimized)
		hc_x11_root_message(x11, window->toplevel, x11->atoms.WM_CHANGE_STATE, data);
	else if (hc_x11_attention_take(x11))
		xcb_map_window(x11->connection, window->toplevel);
	else
		hc_x11_attention_ask(x11, window);
}

/* Also what the window manager seems to have so already: what was asked before may be under way. */
static void request_wanted(struct hc_x11 *x11, struct hc_x11_window *window, uint32_t mask)
{
	uint32_t set = mask & window->wanted_state;

	request_state(x11, window, mask & ~set, false);
	request_state(x11, window, set, true);
	if ((mask & (window->state ^ set) & VP_STATE_MINIMIZED) != 0)
		request_minimized(x11, window, (set & VP_STATE_MINIMIZED) != 0);
	if ((mask & VP_STATE_DEMANDS_ATTENTION) != 0) {
		window->urgent = (set & VP_STATE_DEMANDS_ATTENTION) != 0;
		hc_x11_properties_wm_hints(x11, window);
	}
}

void hc_x11_states_request(struct hc_x11 *x11, struct hc_x11_window *window,
	const struct vp_window_state_request *request)
{
	uint32_t mask = request->mask;

	if ((mask & request->state & VP_STATE_FULLSCREEN) != 0 && hc_x11_fullscreen_refused(x11))
		mask &= ~(uint32_t)VP_STATE_FULLSCREEN;
	window->wanted_state = (window->wanted_state & ~mask) | (mask & request->state);
	if (window->popup || !window->mapped)
		return;
	if (window->managed)
		request_wanted(x11, window, mask);
	else
		window->deferred_state |= mask;
}

void hc_x11_states_managed(struct hc_x11 *x11, struct hc_x11_window *window)
{
	if (window->managed || !window->mapped)
		return;
	window->managed = true;
	hc_x11_heritage_managed(x11, window);
	if (window->deferred_state != 0)
		request_wanted(x11, window, window->deferred_state);
	window->deferred_state = 0;
}

void hc_x11_states_activate(struct hc_x11 *x11, struct hc_x11_window *window)
{
	const uint32_t data[5] = { SOURCE_APPLICATION, x11->time };

	if (!window->mapped || window->popup)
		return;
	hc_x11_startup_claim(x11, window);
	/* Without a time, window managers take a demand for the user's. */
	if (!hc_x11_attention_take(x11) || x11->time == XCB_CURRENT_TIME)
		hc_x11_attention_ask(x11, window);
	else
		hc_x11_root_message(x11, window->toplevel, x11->atoms._NET_ACTIVE_WINDOW, data);
	hc_x11_startup_complete(x11);
}

static void handle_pointer_reply(struct hc_x11 *x11, uint32_t xid, const void *data)
{
	const xcb_query_pointer_reply_t *reply = data;
	const struct hc_x11_window *window = hc_x11_find_xid(x11, xid);

	if (window == NULL || reply == NULL)
		return;
	const uint32_t words[5] = {
		(uint32_t)reply->root_x,
		(uint32_t)reply->root_y,
		window->grip.grip,
		window->grip.button,
		SOURCE_APPLICATION,
	};
	/* The window manager grabs the pointer, which is ours as long as the button is down. */
	xcb_ungrab_pointer(x11->connection, XCB_CURRENT_TIME);
	hc_x11_root_message(x11, window->toplevel, x11->atoms._NET_WM_MOVERESIZE, words);
}

/* The window manager takes the pointer or the keyboard for it: only where the user is at it. */
static bool may_grip(struct hc_x11 *x11, const struct hc_x11_window *window, uint8_t grip)
{
	switch ((int)grip) {
	case VP_GRIP_CANCEL:
		return true;
	case VP_GRIP_KEYBOARD_RESIZE:
	case VP_GRIP_KEYBOARD_MOVE:
		return window->focused;
	default:
		return hc_x11_input_pressed(x11);
	}
}

void hc_x11_states_grip(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct vp_window_grip *grip)
{
	if (window->popup || !window->visible || !may_grip(x11, window, grip->grip))
		return;
	window->grip = *grip;
	hc_x11_expect(x11, xcb_query_pointer(x11->connection, x11->root).sequence, window->toplevel,
		handle_pointer_reply);
}

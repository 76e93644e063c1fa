#define G_LOG_DOMAIN "ga-wm"

#include <stddef.h>

#include "x11.h"

struct state_atom {
	uint32_t state;
	size_t atom; /* its place in struct ga_x11_atoms */
};

#define STATE_ATOM(state, atom) \
	{ \
		VP_STATE_##state, offsetof(struct ga_x11_atoms, _NET_WM_STATE_##atom) \
	}
static const struct state_atom state_atoms[] = {
	STATE_ATOM(MINIMIZED, HIDDEN),
	STATE_ATOM(MAXIMIZED_HORZ, MAXIMIZED_HORZ),
	STATE_ATOM(MAXIMIZED_VERT, MAXIMIZED_VERT),
	STATE_ATOM(FULLSCREEN, FULLSCREEN),
	STATE_ATOM(ABOVE, ABOVE),
	STATE_ATOM(BELOW, BELOW),
	STATE_ATOM(SHADED, SHADED),
	STATE_ATOM(SKIP_TASKBAR, SKIP_TASKBAR),
	STATE_ATOM(SKIP_PAGER, SKIP_PAGER),
	STATE_ATOM(MODAL, MODAL),
	STATE_ATOM(DEMANDS_ATTENTION, DEMANDS_ATTENTION),
	STATE_ATOM(FOCUSED, FOCUSED),
	STATE_ATOM(STICKY, STICKY),
};
#undef STATE_ATOM

/* What a window keeps even if the primary's window manager does not know of it. */
static const uint32_t applications_own = VP_STATE_MODAL;

static xcb_atom_t atom_at(const struct ga_x11 *x11, size_t offset)
{
	return *(const xcb_atom_t *)((const char *)&x11->atoms + offset);
}

uint32_t ga_x11_state_of_atom(struct ga_x11 *x11, xcb_atom_t atom)
{
	for (size_t i = 0; i < G_N_ELEMENTS(state_atoms); i++)
		if (atom != XCB_ATOM_NONE && atom_at(x11, state_atoms[i].atom) == atom)
			return state_atoms[i].state;
	return 0;
}

void ga_x11_state_write(struct ga_x11 *x11, struct ga_x11_window *window)
{
	xcb_atom_t atoms[G_N_ELEMENTS(state_atoms)];
	uint32_t count = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(state_atoms); i++)
		if (window->state & state_atoms[i].state)
			atoms[count++] = atom_at(x11, state_atoms[i].atom);
	const uint32_t wm_state[] = { window->state & VP_STATE_MINIMIZED ? GA_X11_ICONIC_STATE
									 : GA_X11_NORMAL_STATE,
		XCB_WINDOW_NONE };
	const uint32_t desktop = 0;
	xcb_connection_t *c = x11->connection;
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, window->xid, x11->atoms._NET_WM_STATE,
		XCB_ATOM_ATOM, 32, count, atoms);
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, window->xid, x11->atoms.WM_STATE,
		x11->atoms.WM_STATE, 32, G_N_ELEMENTS(wm_state), wm_state);
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, window->xid, x11->atoms._NET_WM_DESKTOP,
		XCB_ATOM_CARDINAL, 32, 1, &desktop);
}

void ga_x11_state_remove(struct ga_x11 *x11, struct ga_x11_window *window)
{
	const uint32_t wm_state[] = { GA_X11_WITHDRAWN_STATE, XCB_WINDOW_NONE };
	xcb_connection_t *c = x11->connection;
	window->state = 0;
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, window->xid, x11->atoms.WM_STATE,
		x11->atoms.WM_STATE, 32, G_N_ELEMENTS(wm_state), wm_state);
	xcb_delete_property(c, window->xid, x11->atoms._NET_WM_STATE);
	xcb_delete_property(c, window->xid, x11->atoms._NET_WM_DESKTOP);
}

void ga_x11_state_set(struct ga_x11 *x11, struct ga_x11_window *window, uint32_t state)
{
	if (window->popup || !window->map_wanted)
		return;
	uint32_t before = window->state;
	window->state = state | (before & applications_own);
	uint32_t changed = before ^ window->state;
	if (changed == 0)
		return;
	ga_x11_state_write(x11, window);
	if (changed & VP_STATE_MINIMIZED)
		ga_x11_wm_minimize(x11, window, (window->state & VP_STATE_MINIMIZED) != 0);
}

void ga_x11_state_request(
	struct ga_x11 *x11, struct ga_x11_window *window, uint32_t mask, uint32_t state)
{
	mask &= VP_STATE_ALL & ~(uint32_t)VP_STATE_FOCUSED;
	if (window->popup || mask == 0)
		return;
	uint32_t own = mask & applications_own;
	if (own != 0) {
		window->state = (window->state & ~own) | (state & own);
		ga_x11_state_write(x11, window);
	}
	if (x11->primary && window->announced)
		ga_x11_tell(
			x11, VP_MESSAGE(WINDOW_STATE_REQUEST, window_state_request,
				     .window = window->id, .mask = mask, .state = state & mask));
	else
		ga_x11_state_set(x11, window, (window->state & ~mask) | (state & mask));
}

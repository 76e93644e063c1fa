/*
 * The keyboard focus, as ICCCM 4.1.7 wants it given: to the window, to its application, or to both.
 */
#define G_LOG_DOMAIN "ga-wm"

#include "x11.h"

/* When no window of the guest has the keyboard, our own has it: keys go nowhere. */
static void set_input_focus(struct ga_x11 *x11, xcb_window_t window)
{
	xcb_set_input_focus(
		x11->connection, XCB_INPUT_FOCUS_POINTER_ROOT, window, XCB_CURRENT_TIME);
}

/* The server's time, which WM_TAKE_FOCUS must carry, comes with the event of a change of a
 * property. */
static void ask_time(struct ga_x11 *x11)
{
	xcb_change_property(x11->connection, XCB_PROP_MODE_APPEND, x11->wm_window,
		x11->atoms._NET_WM_USER_TIME, XCB_ATOM_CARDINAL, 32, 0, NULL);
}

bool ga_x11_focus_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	if ((event->response_type & ~GA_X11_SENT_EVENT) != XCB_PROPERTY_NOTIFY)
		return false;
	const xcb_property_notify_event_t *notify = (const void *)event;
	if (notify->window != x11->wm_window)
		return false;
	struct ga_x11_window *window = ga_x11_window_by_id(x11, x11->focused);
	if (notify->atom == x11->atoms._NET_WM_USER_TIME && window != NULL && window->takes_focus)
		ga_x11_protocol_send(x11, window, x11->atoms.WM_TAKE_FOCUS, notify->time, 0);
	return true;
}

static void remove_focus(struct ga_x11 *x11)
{
	x11->focused = 0;
	ga_x11_input_release(x11);
	ga_x11_popups_dismiss(x11);
	set_input_focus(x11, x11->wm_window);
	ga_x11_root_set_active(x11, XCB_WINDOW_NONE);
}

void ga_x11_focus_handle_focus(struct ga_x11 *x11, const struct vp_focus *focus)
{
	struct ga_x11_window *window = ga_x11_window_by_id(x11, focus->window);
	if (window == NULL) {
		remove_focus(x11);
		return;
	}
	x11->focused = window->id;
	set_input_focus(x11, window->takes_input ? window->xid : x11->wm_window);
	if (window->takes_focus)
		ask_time(x11);
	if (!window->popup)
		ga_x11_root_set_active(x11, window->xid);
	ga_x11_ping(x11, window);
}

void ga_x11_focus_handle_gone(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (x11->focused != window->id)
		return;
	x11->focused = 0;
	set_input_focus(x11, x11->wm_window);
	ga_x11_root_set_active(x11, XCB_WINDOW_NONE);
}

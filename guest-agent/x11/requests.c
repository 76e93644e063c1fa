/*
 * What applications and pagers ask by client messages (ICCCM 4.1.4, EWMH).
 */
#define G_LOG_DOMAIN "ga-wm"

#include "x11.h"

enum {
	/* _NET_WM_STATE */
	STATE_REMOVE = 0,
	STATE_ADD = 1,
	STATE_TOGGLE = 2,
	/* _NET_MOVERESIZE_WINDOW: which fields are there */
	MOVERESIZE_FIELDS_SHIFT = 8,
};

void ga_x11_requests_close(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (!window->deletes) {
		xcb_kill_client(x11->connection, window->xid);
		return;
	}
	ga_x11_protocol_send(x11, window, x11->atoms.WM_DELETE_WINDOW, XCB_CURRENT_TIME, 0);
	ga_x11_ping(x11, window);
}

static void handle_state_message(
	struct ga_x11 *x11, struct ga_x11_window *window, const uint32_t data[5])
{
	uint32_t mask = ga_x11_state_of_atom(x11, data[1]) | ga_x11_state_of_atom(x11, data[2]);
	if (data[0] == STATE_REMOVE)
		ga_x11_state_request(x11, window, mask, 0);
	else if (data[0] == STATE_ADD)
		ga_x11_state_request(x11, window, mask, mask);
	else if (data[0] == STATE_TOGGLE)
		ga_x11_state_request(x11, window, mask, ~window->state);
}

static void handle_moveresize_message(
	struct ga_x11 *x11, struct ga_x11_window *window, const uint32_t data[5])
{
	if (window->announced && data[2] <= VP_GRIP_CANCEL)
		ga_x11_tell(x11, VP_MESSAGE(WINDOW_GRIP, window_grip, .window = window->id,
					 .grip = (uint8_t)data[2],
					 .button = (uint8_t)MIN(data[3], VP_BUTTON_MAX)));
}

static void handle_place_message(
	struct ga_x11 *x11, struct ga_x11_window *window, const uint32_t data[5])
{
	ga_x11_wm_request(x11, window, (data[0] >> MOVERESIZE_FIELDS_SHIFT) & VP_FIELD_ALL,
		(uint8_t)data[0],
		&(const struct ga_x11_geometry){
			(int32_t)data[1], (int32_t)data[2], data[3], data[4] });
}

static void handle_active_message(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (x11->primary && window->announced)
		ga_x11_tell(x11, VP_MESSAGE(WINDOW_ACTIVATE, window_activate, window->id));
	else
		ga_x11_focus_handle_focus(x11, &(const struct vp_focus){ window->id });
}

void ga_x11_requests_handle_message(struct ga_x11 *x11, const xcb_client_message_event_t *event)
{
	const struct ga_x11_atoms *atoms = &x11->atoms;
	const uint32_t *data = event->data.data32;
	if (event->format != 32)
		return;
	if (event->type == atoms->WM_PROTOCOLS && data[0] == atoms->_NET_WM_PING) {
		ga_x11_ping_handle_pong(x11, event);
		return;
	}
	if (event->type == atoms->_NET_REQUEST_FRAME_EXTENTS) {
		ga_x11_frame_estimate(x11, event->window);
		return;
	}
	struct ga_x11_window *window = ga_x11_window_by_xid(x11, event->window);
	if (window == NULL || window->popup)
		return;
	if (event->type == atoms->_NET_WM_STATE)
		handle_state_message(x11, window, data);
	else if (event->type == atoms->WM_CHANGE_STATE && data[0] == GA_X11_ICONIC_STATE)
		ga_x11_state_request(x11, window, VP_STATE_MINIMIZED, VP_STATE_MINIMIZED);
	else if (event->type == atoms->_NET_ACTIVE_WINDOW)
		handle_active_message(x11, window);
	else if (event->type == atoms->_NET_CLOSE_WINDOW)
		ga_x11_requests_close(x11, window);
	else if (event->type == atoms->_NET_WM_MOVERESIZE)
		handle_moveresize_message(x11, window, data);
	else if (event->type == atoms->_NET_MOVERESIZE_WINDOW)
		handle_place_message(x11, window, data);
}

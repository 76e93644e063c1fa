/*
 * Whether applications answer (_NET_WM_PING). One is asked when the user turns to it or closes it;
 * while all is well, nothing is sent.
 */
#define G_LOG_DOMAIN "ga-wm"

#include "x11.h"

enum { PATIENCE_MS = 5000 };

static void tell_hung(struct ga_x11 *x11, struct ga_x11_window *window, bool hung)
{
	if (window->hung == hung)
		return;
	window->hung = hung;
	if (window->announced)
		ga_x11_tell(x11, VP_MESSAGE(WINDOW_HUNG, window_hung, window->id, hung));
}

void ga_x11_ping(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (!window->pings)
		return;
	if (window->ping_deadline == 0)
		window->ping_deadline = ga_x11_now() + PATIENCE_MS;
	/* In place of a time, which comes back: any number serves to know the answer by. */
	ga_x11_protocol_send(
		x11, window, x11->atoms._NET_WM_PING, ++window->ping_serial, window->xid);
}

void ga_x11_ping_handle_pong(struct ga_x11 *x11, const xcb_client_message_event_t *event)
{
	struct ga_x11_window *window = ga_x11_window_by_xid(x11, event->data.data32[2]);
	if (window == NULL || event->data.data32[1] != window->ping_serial)
		return;
	window->ping_deadline = 0;
	tell_hung(x11, window, false);
}

int64_t ga_x11_ping_deadline(struct ga_x11 *x11)
{
	int64_t first = -1;
	for (guint i = 0; i < x11->clients->len; i++) {
		const struct ga_x11_window *window = g_ptr_array_index(x11->clients, i);
		if (window->ping_deadline != 0 && !window->hung &&
			(first == -1 || window->ping_deadline < first))
			first = window->ping_deadline;
	}
	return first;
}

void ga_x11_ping_dispatch(struct ga_x11 *x11)
{
	if (ga_x11_ping_deadline(x11) == -1)
		return;
	int64_t now = ga_x11_now();
	for (guint i = 0; i < x11->clients->len; i++) {
		struct ga_x11_window *window = g_ptr_array_index(x11->clients, i);
		if (window->ping_deadline != 0 && window->ping_deadline <= now)
			tell_hung(x11, window, true);
	}
}

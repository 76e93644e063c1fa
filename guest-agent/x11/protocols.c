#define G_LOG_DOMAIN "ga-wm"

#include "x11.h"

void ga_x11_protocol_send(struct ga_x11 *x11, const struct ga_x11_window *window,
	xcb_atom_t protocol, uint32_t time, uint64_t value)
{
	const xcb_client_message_event_t event = {
		.response_type = XCB_CLIENT_MESSAGE,
		.format = 32,
		.window = window->xid,
		.type = x11->atoms.WM_PROTOCOLS,
		.data.data32 = { protocol, time, (uint32_t)value, (uint32_t)(value >> 32) },
	};
	xcb_send_event(
		x11->connection, 0, window->xid, XCB_EVENT_MASK_NO_EVENT, (const char *)&event);
}

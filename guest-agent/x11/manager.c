#define G_LOG_DOMAIN "ga-x11"

#include <stdlib.h>
#include <string.h>

#include "x11.h"

static xcb_atom_t intern_selection(struct ga_x11 *x11, const char *kind)
{
	g_autofree char *name = g_strdup_printf("%s_S%d", kind, x11->screen_number);
	xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(x11->connection,
		xcb_intern_atom(x11->connection, 0, (uint16_t)strlen(name), name), NULL);
	xcb_atom_t atom = reply != NULL ? reply->atom : (xcb_atom_t)XCB_ATOM_NONE;
	free(reply);
	return atom;
}

bool ga_x11_manager_become(struct ga_x11 *x11, const char *kind, xcb_window_t window)
{
	xcb_atom_t selection = intern_selection(x11, kind);
	if (selection == XCB_ATOM_NONE)
		return false;
	const xcb_client_message_event_t manager = {
		.response_type = XCB_CLIENT_MESSAGE,
		.format = 32,
		.window = x11->root,
		.type = x11->atoms.MANAGER,
		.data.data32 = { XCB_CURRENT_TIME, selection, window },
	};
	xcb_set_selection_owner(x11->connection, window, selection, XCB_CURRENT_TIME);
	xcb_send_event(x11->connection, 0, x11->root, XCB_EVENT_MASK_STRUCTURE_NOTIFY,
		(const char *)&manager);
	return true;
}

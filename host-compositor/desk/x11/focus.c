#include "focus.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <xcb/res.h>

#define ACTIVE_WINDOW "_NET_ACTIVE_WINDOW"

struct hc_focus {
	xcb_connection_t *connection;
	xcb_window_t root;
	xcb_atom_t active_window;
	bool knows_clients; /* the server can say whose a window is */
};

struct hc_focus *hc_focus_create(xcb_connection_t *connection, xcb_window_t root)
{
	struct hc_focus *focus = g_new0(struct hc_focus, 1);
	xcb_intern_atom_cookie_t atom =
		xcb_intern_atom(connection, 0, strlen(ACTIVE_WINDOW), ACTIVE_WINDOW);
	xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(connection, atom, NULL);
	const xcb_query_extension_reply_t *extension =
		xcb_get_extension_data(connection, &xcb_res_id);

	focus->connection = connection;
	focus->root = root;
	focus->active_window = reply ? reply->atom : XCB_NONE;
	focus->knows_clients = extension && extension->present;
	free(reply);
	return focus;
}

void hc_focus_destroy(struct hc_focus *focus)
{
	g_free(focus);
}

xcb_window_t hc_focus_window(const struct hc_focus *focus)
{
	xcb_get_property_reply_t *reply;
	xcb_window_t window = XCB_NONE;

	if (focus->active_window == XCB_NONE)
		return XCB_NONE;
	reply = xcb_get_property_reply(focus->connection,
		xcb_get_property(focus->connection, 0, focus->root, focus->active_window,
			XCB_ATOM_WINDOW, 0, 1),
		NULL);
	if (reply && reply->format == 32 && xcb_get_property_value_length(reply) >= 4)
		memcpy(&window, xcb_get_property_value(reply), sizeof(window));
	free(reply);
	return window;
}

pid_t hc_focus_pid_of(const struct hc_focus *focus, xcb_window_t window)
{
	xcb_res_client_id_spec_t whose = { window, XCB_RES_CLIENT_ID_MASK_LOCAL_CLIENT_PID };
	xcb_res_query_client_ids_reply_t *reply;
	xcb_res_client_id_value_iterator_t ids;
	uint32_t pid = 0;

	if (window == XCB_NONE || !focus->knows_clients)
		return 0;
	reply = xcb_res_query_client_ids_reply(
		focus->connection, xcb_res_query_client_ids(focus->connection, 1, &whose), NULL);
	if (!reply)
		return 0;
	ids = xcb_res_query_client_ids_ids_iterator(reply);
	if (ids.rem > 0 && xcb_res_client_id_value_value_length(ids.data) > 0)
		pid = *xcb_res_client_id_value_value(ids.data);
	free(reply);
	return pid <= INT32_MAX ? (pid_t)pid : 0;
}

pid_t hc_focus_pid(const struct hc_focus *focus)
{
	return hc_focus_pid_of(focus, hc_focus_window(focus));
}

#include "intern.h"

#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool hc_intern_atoms(
	xcb_connection_t *connection, const char *const *names, xcb_atom_t *atoms, size_t count)
{
	xcb_intern_atom_cookie_t *cookies = g_new(xcb_intern_atom_cookie_t, count);
	bool complete = true;

	for (size_t i = 0; i < count; i++)
		cookies[i] = xcb_intern_atom(connection, 0, (uint16_t)strlen(names[i]), names[i]);
	for (size_t i = 0; i < count; i++) {
		xcb_intern_atom_reply_t *reply =
			xcb_intern_atom_reply(connection, cookies[i], NULL);

		atoms[i] = reply ? reply->atom : XCB_ATOM_NONE;
		complete = complete && atoms[i] != XCB_ATOM_NONE;
		free(reply);
	}
	g_free(cookies);
	return complete;
}

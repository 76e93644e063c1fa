#include <stdlib.h>
#include <string.h>

#include "atoms.h"

static const char *const atom_names[] = {
#define ATOM_NAME(name) #name,
	HC_X11_ATOMS(ATOM_NAME)
#undef ATOM_NAME
};

enum { ATOM_COUNT = sizeof(atom_names) / sizeof(atom_names[0]) };

static xcb_intern_atom_cookie_t request_atom(xcb_connection_t *connection, const char *name)
{
	return xcb_intern_atom(connection, 0, (uint16_t)strlen(name), name);
}

static xcb_atom_t receive_atom(xcb_connection_t *connection, xcb_intern_atom_cookie_t cookie)
{
	xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(connection, cookie, NULL);
	xcb_atom_t atom = reply != NULL ? reply->atom : XCB_ATOM_NONE;

	free(reply);
	return atom;
}

bool hc_x11_atoms_intern(xcb_connection_t *connection, struct hc_x11_atoms *atoms)
{
	xcb_intern_atom_cookie_t cookies[ATOM_COUNT];
	bool complete = true;

	for (size_t i = 0; i < ATOM_COUNT; i++)
		cookies[i] = request_atom(connection, atom_names[i]);

	size_t at = 0;
#define ATOM_RECEIVE(name) \
	atoms->name = receive_atom(connection, cookies[at++]); \
	complete = complete && atoms->name != XCB_ATOM_NONE;
	HC_X11_ATOMS(ATOM_RECEIVE)
#undef ATOM_RECEIVE
	return complete;
}

xcb_atom_t hc_x11_atom_intern(xcb_connection_t *connection, const char *name)
{
	return receive_atom(connection, request_atom(connection, name));
}

#include "atoms.h"

#include <stdlib.h>
#include <string.h>

#define ATOM_NAME(name) #name,
static const char *const atom_names[] = { GA_X11_ATOMS(ATOM_NAME) };
#undef ATOM_NAME

#define ATOM_COUNT (sizeof(atom_names) / sizeof(atom_names[0]))

bool ga_x11_atoms_intern(xcb_connection_t *connection, struct ga_x11_atoms *atoms)
{
	xcb_intern_atom_cookie_t cookies[ATOM_COUNT];
	xcb_atom_t values[ATOM_COUNT];
	_Static_assert(sizeof(values) == sizeof(*atoms), "one atom a name");
	for (size_t i = 0; i < ATOM_COUNT; i++)
		cookies[i] = xcb_intern_atom(
			connection, 0, (uint16_t)strlen(atom_names[i]), atom_names[i]);
	bool ok = true;
	for (size_t i = 0; i < ATOM_COUNT; i++) {
		xcb_intern_atom_reply_t *reply =
			xcb_intern_atom_reply(connection, cookies[i], NULL);
		values[i] = reply != NULL ? reply->atom : (xcb_atom_t)XCB_ATOM_NONE;
		ok = ok && reply != NULL;
		free(reply);
	}
	if (ok)
		memcpy(atoms, values, sizeof(values));
	return ok;
}

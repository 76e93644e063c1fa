#include "atoms.h"

#include <assert.h>

#include "intern.h"

static const char *const atom_names[] = {
#define ATOM_NAME(name) #name,
	HC_X11_ATOMS(ATOM_NAME)
#undef ATOM_NAME
};

enum { ATOM_COUNT = sizeof(atom_names) / sizeof(atom_names[0]) };

static_assert(sizeof(struct hc_x11_atoms) == ATOM_COUNT * sizeof(xcb_atom_t),
	"the struct can be filled like an array");

bool hc_x11_atoms_intern(xcb_connection_t *connection, struct hc_x11_atoms *atoms)
{
	return hc_intern_atoms(connection, atom_names, (xcb_atom_t *)atoms, ATOM_COUNT);
}

xcb_atom_t hc_x11_atom_intern(xcb_connection_t *connection, const char *name)
{
	xcb_atom_t atom = XCB_ATOM_NONE;

	hc_intern_atoms(connection, &name, &atom, 1);
	return atom;
}

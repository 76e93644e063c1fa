/*
 * X atoms by their names, many in one round trip.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <xcb/xcb.h>

/* False if the connection is broken. */
bool hc_intern_atoms(
	xcb_connection_t *connection, const char *const *names, xcb_atom_t *atoms, size_t count);

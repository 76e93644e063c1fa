/*
 * An application that copies and pastes by hand, over its own connection, as well or as badly as a
 * test wants.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xcb/xcb.h>

enum { CLIPBOARD_APP_PAIRS = 3 };

struct clipboard_app {
	xcb_connection_t *connection; /* NULL once it has died */
	xcb_window_t window;
	xcb_atom_t selection;
	/* as owner */
	bool owns;
	bool silent; /* answers no request for content */
	bool dies; /* instead of handing over the second part */
	const char *text; /* what it has, as UTF8_STRING */
	size_t part; /* hands over in parts of so many bytes, endless ones; 0: at once */
	unsigned int parts;
	xcb_window_t requestor; /* that takes parts */
	xcb_atom_t property;
	/* as requestor */
	bool notified;
	xcb_atom_t answered; /* property of the last SelectionNotify */
	bool incr;
	bool complete;
	bool stops; /* takes no second part */
	xcb_atom_t type; /* of what it has got */
	size_t got;
	char start[256]; /* its first bytes, and a NUL */
};

/* Connects to $DISPLAY, or ends the program. */
void clipboard_app_start(struct clipboard_app *app, const char *selection);
void clipboard_app_die(struct clipboard_app *app);

/* Atoms by name, of the connection. */
xcb_atom_t clipboard_app_atom(struct clipboard_app *app, const char *name);

void clipboard_app_copy(struct clipboard_app *app, const char *text);
void clipboard_app_paste(struct clipboard_app *app, const char *target);

/* Asks for pairs of targets by MULTIPLE; property i is "_PAIR_i". */
void clipboard_app_paste_pairs(
	struct clipboard_app *app, const char *const targets[CLIPBOARD_APP_PAIRS]);

/* The bytes of a property of its window, with a NUL; the type, XCB_NONE if there is none. */
xcb_atom_t clipboard_app_read(
	struct clipboard_app *app, const char *property, void *data, size_t size, size_t *len);

/* Handles the events that have come. */
void clipboard_app_turn(struct clipboard_app *app);

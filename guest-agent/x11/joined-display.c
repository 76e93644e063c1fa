#include "joined-display.h"

#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <xcb/xcb_ewmh.h>

static const char agent_name[] = "Oriel"; /* of the window manager that the agent is */
static const char mark_name[] = "_ORIEL_CLIPBOARD_JOINED";

struct ga_joined_display {
	xcb_connection_t *connection;
};

/* NULL, and a sentence for people. */
static xcb_connection_t *connect_to(const char *display, char *error, size_t size)
{
	xcb_connection_t *connection = xcb_connect(display, NULL);
	if (xcb_connection_has_error(connection) == 0)
		return connection;
	g_snprintf(error, size, "%s: the X server cannot be reached", display);
	xcb_disconnect(connection);
	return NULL;
}

static bool is_agents(xcb_ewmh_connection_t *ewmh, xcb_window_t manager)
{
	xcb_ewmh_get_utf8_strings_reply_t name;
	if (!xcb_ewmh_get_wm_name_reply(ewmh, xcb_ewmh_get_wm_name(ewmh, manager), &name, NULL))
		return false;
	bool same = name.strings_len == strlen(agent_name) &&
		    memcmp(name.strings, agent_name, name.strings_len) == 0;
	xcb_ewmh_get_utf8_strings_reply_wipe(&name);
	return same;
}

bool ga_joined_display_examine(const char *display, bool *served, char *error, size_t size)
{
	xcb_ewmh_connection_t ewmh = { 0 };
	xcb_connection_t *connection = connect_to(display, error, size);
	if (connection == NULL)
		return false;
	bool known = xcb_ewmh_init_atoms_replies(
			     &ewmh, xcb_ewmh_init_atoms(connection, &ewmh), NULL) != 0;
	if (known) {
		xcb_window_t manager;
		*served = xcb_ewmh_get_supporting_wm_check_reply(&ewmh,
				  xcb_ewmh_get_supporting_wm_check(&ewmh, ewmh.screens[0]->root),
				  &manager, NULL) != 0 &&
			  is_agents(&ewmh, manager);
		xcb_ewmh_connection_wipe(&ewmh);
	} else {
		g_snprintf(error, size, "%s: the X server has gone", display);
	}
	xcb_disconnect(connection);
	return known;
}

static xcb_atom_t intern_mark(xcb_connection_t *connection)
{
	xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(
		connection, xcb_intern_atom(connection, 0, sizeof(mark_name) - 1, mark_name), NULL);
	xcb_atom_t atom = reply != NULL ? reply->atom : (xcb_atom_t)XCB_ATOM_NONE;
	free(reply);
	return atom;
}

static xcb_window_t get_owner(xcb_connection_t *connection, xcb_atom_t mark)
{
	xcb_get_selection_owner_reply_t *reply = xcb_get_selection_owner_reply(
		connection, xcb_get_selection_owner(connection, mark), NULL);
	xcb_window_t owner = reply != NULL ? reply->owner : (xcb_window_t)XCB_NONE;
	free(reply);
	return owner;
}

/* Nobody else can look, or take it, while the server is held. */
static bool take_mark(xcb_connection_t *connection)
{
	const xcb_screen_t *screen = xcb_setup_roots_iterator(xcb_get_setup(connection)).data;
	xcb_atom_t mark = intern_mark(connection);
	xcb_window_t window = xcb_generate_id(connection);
	xcb_create_window(connection, 0, window, screen->root, -1, -1, 1, 1, 0,
		XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT, 0, NULL);
	xcb_grab_server(connection);
	bool is_free = get_owner(connection, mark) == XCB_NONE;
	if (is_free)
		xcb_set_selection_owner(connection, window, mark, XCB_CURRENT_TIME);
	xcb_ungrab_server(connection);
	return is_free && get_owner(connection, mark) == window;
}

struct ga_joined_display *ga_joined_display_create(const char *display, char *error, size_t size)
{
	xcb_connection_t *connection = connect_to(display, error, size);
	if (connection == NULL)
		return NULL;
	if (!take_mark(connection)) {
		g_snprintf(error, size, "%s: its clipboard is joined already", display);
		xcb_disconnect(connection);
		return NULL;
	}
	struct ga_joined_display *joined = g_new0(struct ga_joined_display, 1);
	joined->connection = connection;
	return joined;
}

void ga_joined_display_destroy(struct ga_joined_display *joined)
{
	if (joined == NULL)
		return;
	xcb_disconnect(joined->connection);
	g_free(joined);
}

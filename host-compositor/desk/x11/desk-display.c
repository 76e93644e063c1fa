#include "desk-display.h"

#include <assert.h>
#include <glib.h>
#include <stdlib.h>
#include <xcb/randr.h>

#include "appearance.h"
#include "intern.h"

enum {
	PROPERTY_WORDS_MAX = 65536, /* of resources that are looked at */
	STATES_MAX = 64,
};

static const char *const atom_names[] = {
#define ATOM_NAME(name) #name,
	HC_DESK_DISPLAY_ATOMS(ATOM_NAME)
#undef ATOM_NAME
};

enum { ATOM_COUNT = sizeof(atom_names) / sizeof(atom_names[0]) };

static_assert(sizeof(struct hc_desk_display_atoms) == ATOM_COUNT * sizeof(xcb_atom_t),
	"the struct can be filled like an array");

static xcb_screen_t *find_screen(xcb_connection_t *connection, int number)
{
	xcb_screen_iterator_t screens = xcb_setup_roots_iterator(xcb_get_setup(connection));

	for (; screens.rem > 0 && number > 0; number--)
		xcb_screen_next(&screens);
	return screens.rem > 0 ? screens.data : NULL;
}

static xcb_visualtype_t *find_visual(const xcb_screen_t *screen)
{
	xcb_depth_iterator_t depths = xcb_screen_allowed_depths_iterator(screen);

	for (; depths.rem > 0; xcb_depth_next(&depths)) {
		xcb_visualtype_iterator_t visuals = xcb_depth_visuals_iterator(depths.data);

		for (; visuals.rem > 0; xcb_visualtype_next(&visuals))
			if (visuals.data->visual_id == screen->root_visual)
				return visuals.data;
	}
	return NULL;
}

bool hc_desk_display_init(struct hc_desk_display *display)
{
	int number = 0;
	const xcb_query_extension_reply_t *randr;

	*display = (struct hc_desk_display){ .connection = xcb_connect(NULL, &number) };
	if (xcb_connection_has_error(display->connection) != 0)
		return false;
	display->screen = find_screen(display->connection, number);
	if (!display->screen)
		return false;
	display->visual = find_visual(display->screen);
	randr = xcb_get_extension_data(display->connection, &xcb_randr_id);
	display->randr = randr && randr->present;
	return display->visual && hc_intern_atoms(display->connection, atom_names,
					  (xcb_atom_t *)&display->atoms, ATOM_COUNT);
}

void hc_desk_display_finish(struct hc_desk_display *display)
{
	xcb_disconnect(display->connection);
}

static xcb_get_property_reply_t *get_property(const struct hc_desk_display *display,
	xcb_window_t window, xcb_atom_t property, xcb_atom_t type, uint32_t words)
{
	return xcb_get_property_reply(display->connection,
		xcb_get_property(display->connection, 0, window, property, type, 0, words), NULL);
}

uint32_t hc_desk_display_dpi(const struct hc_desk_display *display)
{
	xcb_get_property_reply_t *reply = get_property(display, display->screen->root,
		XCB_ATOM_RESOURCE_MANAGER, XCB_ATOM_STRING, PROPERTY_WORDS_MAX);
	struct hc_appearance appearance;

	hc_appearance_init(&appearance);
	if (reply && reply->format == 8)
		hc_appearance_read_resources(
			&appearance, xcb_get_property_value(reply), reply->value_len);
	free(reply);
	return appearance.dpi;
}

static bool holds(const xcb_randr_monitor_info_t *monitor, const xcb_query_pointer_reply_t *pointer)
{
	return pointer->root_x >= monitor->x && pointer->root_x < monitor->x + monitor->width &&
	       pointer->root_y >= monitor->y && pointer->root_y < monitor->y + monitor->height;
}

static void find_monitor(const xcb_randr_get_monitors_reply_t *monitors,
	const xcb_query_pointer_reply_t *pointer, xcb_rectangle_t *found)
{
	xcb_randr_monitor_info_iterator_t at = xcb_randr_get_monitors_monitors_iterator(monitors);

	for (; at.rem > 0; xcb_randr_monitor_info_next(&at))
		if (holds(at.data, pointer))
			*found = (xcb_rectangle_t){ at.data->x, at.data->y, at.data->width,
				at.data->height };
}

xcb_rectangle_t hc_desk_display_monitor(const struct hc_desk_display *display)
{
	const xcb_screen_t *screen = display->screen;
	xcb_rectangle_t found = { 0, 0, screen->width_in_pixels, screen->height_in_pixels };
	xcb_randr_get_monitors_reply_t *monitors = NULL;
	xcb_query_pointer_reply_t *pointer = NULL;

	if (display->randr)
		monitors = xcb_randr_get_monitors_reply(display->connection,
			xcb_randr_get_monitors(display->connection, screen->root, 1), NULL);
	if (monitors)
		pointer = xcb_query_pointer_reply(display->connection,
			xcb_query_pointer(display->connection, screen->root), NULL);
	if (pointer)
		find_monitor(monitors, pointer, &found);
	free(pointer);
	free(monitors);
	return found;
}

xcb_window_t hc_desk_display_fullscreen_window(const struct hc_desk_display *display)
{
	xcb_window_t active = XCB_NONE;
	bool fullscreen = false;
	xcb_get_property_reply_t *reply = get_property(display, display->screen->root,
		display->atoms._NET_ACTIVE_WINDOW, XCB_ATOM_WINDOW, 1);

	if (reply && reply->format == 32 && reply->value_len == 1)
		active = *(const xcb_window_t *)xcb_get_property_value(reply);
	free(reply);
	if (active == XCB_NONE)
		return XCB_NONE;
	reply = get_property(
		display, active, display->atoms._NET_WM_STATE, XCB_ATOM_ATOM, STATES_MAX);
	if (reply && reply->format == 32) {
		const xcb_atom_t *states = xcb_get_property_value(reply);

		for (uint32_t i = 0; i < reply->value_len; i++)
			fullscreen =
				fullscreen || states[i] == display->atoms._NET_WM_STATE_FULLSCREEN;
	}
	free(reply);
	return fullscreen ? active : XCB_NONE;
}

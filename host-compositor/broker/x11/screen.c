#include "screen.h"

#include <stdlib.h>

#include <gio/gio.h>
#include <xcb/xcb.h>

enum {
	DPI_DEFAULT = 96,
	DPI_MIN = 48,
	DPI_MAX = 960,
	TENTHS_OF_MM_PER_INCH = 254,
};

static uint32_t compute_dpi(uint32_t pixels, uint32_t millimetres)
{
	if (millimetres == 0)
		return DPI_DEFAULT;
	return CLAMP(pixels * TENTHS_OF_MM_PER_INCH / (millimetres * 10), DPI_MIN, DPI_MAX);
}

static const xcb_screen_t *find_screen(xcb_connection_t *connection, int number)
{
	xcb_screen_iterator_t screens = xcb_setup_roots_iterator(xcb_get_setup(connection));

	while (number-- > 0 && screens.rem > 1)
		xcb_screen_next(&screens);
	return screens.data;
}

bool hc_screen_read(struct hv_screen *screen, GError **error)
{
	const char *name = g_getenv("DISPLAY");
	const xcb_screen_t *root;
	xcb_connection_t *connection;
	int number = 0;

	if (!name || !*name) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"there is no screen to show windows on, as $DISPLAY is not set: "
			"run this in a graphical session, or set DISPLAY");
		return false;
	}
	connection = xcb_connect(NULL, &number);
	if (xcb_connection_has_error(connection)) {
		xcb_disconnect(connection);
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"the display %s cannot be opened: check that its X server runs and "
			"that XAUTHORITY is right",
			name);
		return false;
	}
	root = find_screen(connection, number);
	*screen = (struct hv_screen){
		.width = root->width_in_pixels,
		.height = root->height_in_pixels,
		.dpi = compute_dpi(root->width_in_pixels, root->width_in_millimeters),
	};
	xcb_disconnect(connection);
	return true;
}

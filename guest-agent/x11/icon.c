#define G_LOG_DOMAIN "ga-properties"

#include <stdlib.h>

#include "x11.h"

enum {
	VALUE_MAX = 512 * 1024, /* units of 4 bytes that are asked of _NET_WM_ICON */
	HEADER = 2, /* width, height before each icon's pixels */
};

struct icon {
	uint32_t width;
	uint32_t height;
	const uint32_t *pixels;
};

/* The icons that keep within the protocol's limits; the value is the application's and may be
 * anything. */
static size_t find_icons(const uint32_t *value, size_t len, struct icon icons[VP_ICONS_MAX])
{
	size_t count = 0;
	size_t at = 0;
	while (count < VP_ICONS_MAX && len - at > HEADER) {
		uint32_t width = value[at];
		uint32_t height = value[at + 1];
		size_t left = len - at - HEADER;
		if (width == 0 || height == 0 || width > left || height > left / width)
			break;
		if (width <= VP_ICON_SIZE_MAX && height <= VP_ICON_SIZE_MAX)
			icons[count++] = (struct icon){ width, height, value + at + HEADER };
		at += HEADER + (size_t)width * height;
	}
	return count;
}

void ga_x11_icon_tell(struct ga_x11 *x11, const struct ga_x11_window *window, const uint32_t *argb,
	uint32_t width, uint32_t height, size_t index, size_t count)
{
	size_t len = (size_t)width * height;
	uint8_t *bytes = g_malloc(len * VP_PIXEL_BYTES);
	for (size_t i = 0; i < len; i++)
		for (size_t byte = 0; byte < VP_PIXEL_BYTES; byte++)
			bytes[i * VP_PIXEL_BYTES + byte] = (uint8_t)(argb[i] >> (8 * byte));
	ga_x11_tell(x11,
		VP_MESSAGE(WINDOW_ICON, window_icon, .window = window->id, .index = (uint8_t)index,
			.count = (uint8_t)count, .width = (uint16_t)width,
			.height = (uint16_t)height, .pixels = { bytes, len * VP_PIXEL_BYTES }));
	g_free(bytes);
}

static void handle_icon(struct ga_x11 *x11, void *data, uint32_t id)
{
	struct ga_x11_window *window = ga_x11_window_by_id(x11, id);
	const xcb_get_property_reply_t *reply = data;
	if (window == NULL || reply == NULL || !window->announced)
		return;
	struct icon icons[VP_ICONS_MAX];
	size_t count = 0;
	if (reply->type == XCB_ATOM_CARDINAL && reply->format == 32)
		count = find_icons(xcb_get_property_value(reply),
			(size_t)xcb_get_property_value_length(reply) / sizeof(uint32_t), icons);
	for (size_t i = 0; i < count; i++)
		ga_x11_icon_tell(
			x11, window, icons[i].pixels, icons[i].width, icons[i].height, i, count);
	if (count == 0)
		ga_x11_icon_pixmap_ask(x11, window);
}

void ga_x11_icon_ask(struct ga_x11 *x11, struct ga_x11_window *window)
{
	xcb_get_property_cookie_t cookie = xcb_get_property(x11->connection, 0, window->xid,
		x11->atoms._NET_WM_ICON, XCB_ATOM_CARDINAL, 0, VALUE_MAX);
	ga_x11_reply_expect(x11, cookie.sequence, handle_icon, window->id);
}

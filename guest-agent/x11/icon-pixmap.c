/*
 * The icon of a window that has pixmaps instead of _NET_WM_ICON (WM_HINTS, ICCCM 4.1.2.4): three
 * replies, one after the other, make it.
 */
#define G_LOG_DOMAIN "ga-properties"

#include <stdlib.h>

#include "x11.h"

struct ga_x11_icon {
	uint32_t width;
	uint32_t height;
	uint32_t argb[];
};

enum { BITMAP_PAD = 4 }; /* bytes that a line of a bitmap is a multiple of */

static const uint32_t opaque = 0xff000000;
static const uint32_t white = 0x00ffffff;

static void finish_icon(struct ga_x11 *x11, struct ga_x11_window *window)
{
	const struct ga_x11_icon *icon = window->icon;
	ga_x11_icon_tell(x11, window, icon->argb, icon->width, icon->height, 0, 1);
	g_free(window->icon);
	window->icon = NULL;
}

/* A bit of an image of depth 1, whose lines are padded as the server says. */
static bool bit_at(
	const struct ga_x11 *x11, const uint8_t *bits, size_t stride, uint32_t x, uint32_t y)
{
	uint8_t byte = bits[y * stride + x / 8];
	uint32_t shift = x11->setup->bitmap_format_bit_order == XCB_IMAGE_ORDER_LSB_FIRST
				 ? x % 8
				 : 7 - x % 8;
	return (byte >> shift & 1) != 0;
}

static size_t bitmap_stride(uint32_t width)
{
	return (width + BITMAP_PAD * 8 - 1) / (BITMAP_PAD * 8) * BITMAP_PAD;
}

static bool take_bitmap(const struct ga_x11 *x11, struct ga_x11_icon *icon,
	const xcb_get_image_reply_t *image, uint32_t set, uint32_t unset)
{
	size_t stride = bitmap_stride(icon->width);
	if (image->depth != 1 || (size_t)xcb_get_image_data_length(image) < stride * icon->height)
		return false;
	const uint8_t *bits = xcb_get_image_data(image);
	for (uint32_t y = 0; y < icon->height; y++)
		for (uint32_t x = 0; x < icon->width; x++)
			icon->argb[y * icon->width + x] &=
				bit_at(x11, bits, stride, x, y) ? set : unset;
	return true;
}

static bool take_pixels(struct ga_x11_icon *icon, const xcb_get_image_reply_t *image)
{
	size_t len = (size_t)icon->width * icon->height;
	if ((size_t)xcb_get_image_data_length(image) < len * sizeof(uint32_t))
		return false;
	const uint8_t *data = xcb_get_image_data(image);
	for (size_t i = 0; i < len; i++, data += VP_PIXEL_BYTES)
		icon->argb[i] = opaque | (uint32_t)data[0] | (uint32_t)data[1] << 8 |
				(uint32_t)data[2] << 16;
	return true;
}

static struct ga_x11_window *window_with_icon(struct ga_x11 *x11, uint32_t id)
{
	struct ga_x11_window *window = ga_x11_window_by_id(x11, id);
	return window != NULL && window->icon != NULL ? window : NULL;
}

static void handle_mask(struct ga_x11 *x11, void *reply, uint32_t id)
{
	struct ga_x11_window *window = window_with_icon(x11, id);
	if (window == NULL)
		return;
	if (reply != NULL)
		take_bitmap(x11, window->icon, reply, UINT32_MAX, 0);
	finish_icon(x11, window);
}

static void ask_image(struct ga_x11 *x11, const struct ga_x11_window *window, xcb_pixmap_t pixmap,
	ga_x11_reply_handler *handler)
{
	xcb_get_image_cookie_t cookie =
		xcb_get_image(x11->connection, XCB_IMAGE_FORMAT_Z_PIXMAP, pixmap, 0, 0,
			(uint16_t)window->icon->width, (uint16_t)window->icon->height, UINT32_MAX);
	ga_x11_reply_expect(x11, cookie.sequence, handler, window->id);
}

static void handle_pixels(struct ga_x11 *x11, void *data, uint32_t id)
{
	struct ga_x11_window *window = window_with_icon(x11, id);
	const xcb_get_image_reply_t *image = data;
	if (window == NULL)
		return;
	struct ga_x11_icon *icon = window->icon;
	bool taken = false;
	if (image != NULL && image->depth == 1)
		taken = take_bitmap(x11, icon, image, opaque, opaque | white);
	else if (image != NULL && (image->depth == 24 || image->depth == 32))
		taken = take_pixels(icon, image);
	if (!taken) {
		g_free(window->icon);
		window->icon = NULL;
	} else if (window->icon_mask != XCB_NONE) {
		ask_image(x11, window, window->icon_mask, handle_mask);
	} else {
		finish_icon(x11, window);
	}
}

static void handle_size(struct ga_x11 *x11, void *data, uint32_t id)
{
	struct ga_x11_window *window = ga_x11_window_by_id(x11, id);
	const xcb_get_geometry_reply_t *size = data;
	if (window == NULL || window->icon != NULL || size == NULL ||
		size->width > VP_ICON_SIZE_MAX || size->height > VP_ICON_SIZE_MAX)
		return;
	size_t len = (size_t)size->width * size->height;
	window->icon = g_malloc(sizeof(*window->icon) + len * sizeof(uint32_t));
	window->icon->width = size->width;
	window->icon->height = size->height;
	for (size_t i = 0; i < len; i++)
		window->icon->argb[i] = UINT32_MAX;
	ask_image(x11, window, window->icon_pixmap, handle_pixels);
}

void ga_x11_icon_pixmap_ask(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (window->icon_pixmap != XCB_NONE)
		ga_x11_reply_expect(x11,
			xcb_get_geometry(x11->connection, window->icon_pixmap).sequence,
			handle_size, window->id);
}

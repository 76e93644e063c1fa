#define G_LOG_DOMAIN "ga-pixels"

#include <stdlib.h>
#include <string.h>
#include <xcb/render.h>

#include "pixels.h"

/* Render's format of a visual, 0 if it has none. */
static xcb_render_pictformat_t find_visual_format(
	const xcb_render_query_pict_formats_reply_t *formats, xcb_visualid_t visual)
{
	for (xcb_render_pictscreen_iterator_t screens =
			xcb_render_query_pict_formats_screens_iterator(formats);
		screens.rem > 0; xcb_render_pictscreen_next(&screens))
		for (xcb_render_pictdepth_iterator_t depths =
				xcb_render_pictscreen_depths_iterator(screens.data);
			depths.rem > 0; xcb_render_pictdepth_next(&depths))
			for (xcb_render_pictvisual_iterator_t visuals =
					xcb_render_pictdepth_visuals_iterator(depths.data);
				visuals.rem > 0; xcb_render_pictvisual_next(&visuals))
				if (visuals.data->visual == visual)
					return visuals.data->format;
	return XCB_NONE;
}

/* Render's format of 8 bits a colour, as buffers have it, 0 if there is none. */
static xcb_render_pictformat_t find_buffer_format(
	const xcb_render_query_pict_formats_reply_t *formats, uint8_t depth)
{
	for (xcb_render_pictforminfo_iterator_t infos =
			xcb_render_query_pict_formats_formats_iterator(formats);
		infos.rem > 0; xcb_render_pictforminfo_next(&infos)) {
		const xcb_render_directformat_t *direct = &infos.data->direct;
		if (infos.data->type == XCB_RENDER_PICT_TYPE_DIRECT && infos.data->depth == depth &&
			direct->red_shift == 16 && direct->green_shift == 8 &&
			direct->blue_shift == 0 && direct->red_mask == 0xff &&
			(depth == 32) == (direct->alpha_mask != 0))
			return infos.data->id;
	}
	return XCB_NONE;
}

/* A window of such a depth is rare: the server is asked, and waited for, at the first one only. */
static bool know_formats(struct ga_x11 *x11)
{
	struct ga_x11_pixels *pixels = x11->pixels;
	if (pixels->formats == NULL && x11->render.present)
		pixels->formats = xcb_render_query_pict_formats_reply(
			x11->connection, xcb_render_query_pict_formats(x11->connection), NULL);
	return pixels->formats != NULL;
}

void ga_x11_convert_copy(
	struct ga_x11 *x11, struct ga_x11_window *window, struct attached *attached)
{
	struct ga_x11_pixels *pixels = x11->pixels;
	struct ga_x11_window_pixels *read = &window->pixels;
	xcb_connection_t *c = x11->connection;
	if (!know_formats(x11))
		return;
	xcb_render_pictformat_t from = find_visual_format(pixels->formats, window->visual);
	xcb_render_pictformat_t to = find_buffer_format(pixels->formats, attached->depth);
	if (from == XCB_NONE || to == XCB_NONE)
		return;
	if (attached->picture == XCB_NONE) {
		attached->picture = xcb_generate_id(c);
		xcb_render_create_picture(c, attached->picture, attached->pixmap, to, 0, NULL);
	}
	xcb_render_picture_t source = xcb_generate_id(c);
	xcb_render_create_picture(c, source, read->pixmap, from, 0, NULL);
	xcb_render_composite(c, XCB_RENDER_PICT_OP_SRC, source, XCB_NONE, attached->picture, 0, 0,
		0, 0, 0, 0, (uint16_t)read->read_width, (uint16_t)read->read_height);
	xcb_render_free_picture(c, source);
}

void ga_x11_convert_detach(struct ga_x11 *x11, struct attached *attached)
{
	if (attached->picture != XCB_NONE)
		xcb_render_free_picture(x11->connection, attached->picture);
}

bool ga_x11_convert_image(
	struct ga_x11 *x11, struct ga_x11_window *window, const xcb_get_image_reply_t *image)
{
	const struct ga_x11_window_pixels *read = &window->pixels;
	uint8_t *data = vp_buffer_data(read->buffer);
	size_t line = (size_t)read->read_width * VP_PIXEL_BYTES;
	size_t len = (size_t)xcb_get_image_data_length(image);
	(void)x11;
	if (data == NULL || (image->depth != 24 && image->depth != 32) ||
		len < line * read->read_height)
		return false;
	for (uint32_t y = 0; y < read->read_height; y++)
		memcpy(data + (size_t)y * read->buffer->stride,
			xcb_get_image_data(image) + y * line, line);
	return true;
}

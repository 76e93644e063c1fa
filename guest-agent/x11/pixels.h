/*
 * What pixels.c and convert.c share: how pixels get into buffers.
 */
#pragma once

#include <xcb/render.h>

#include "x11.h"

/* A buffer as the server knows it. */
struct attached {
	xcb_pixmap_t pixmap;
	uint8_t depth;
	xcb_render_picture_t picture; /* to convert into, 0: not made yet */
};

struct ga_x11_pixels {
	GHashTable *attached; /* struct vp_buffer: struct attached, owned */
	bool shm_fd; /* the server takes memory by descriptor */
	xcb_xfixes_region_t region; /* of the frame that is being read */
	xcb_xfixes_region_t kept; /* damage from before a move */
	xcb_gcontext_t gc_24;
	xcb_gcontext_t gc_32;
	struct vp_rect *rects; /* scratch */
	size_t rects_capacity;
	xcb_render_query_pict_formats_reply_t *formats; /* NULL until they are needed */
};

/* convert.c: windows whose depth is not that of the buffer */

/* Copies the read's pixels by Render, which converts them; the damage is in pixels->region. */
void ga_x11_convert_copy(
	struct ga_x11 *x11, struct ga_x11_window *window, struct attached *attached);
void ga_x11_convert_detach(struct ga_x11 *x11, struct attached *attached);

/* Writes an image of the whole window to window->pixels.buffer. False if its format is not
 * supported. */
bool ga_x11_convert_image(
	struct ga_x11 *x11, struct ga_x11_window *window, const xcb_get_image_reply_t *image);

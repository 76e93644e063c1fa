#define G_LOG_DOMAIN "hc-x11-cursor"

#include <stdlib.h>
#include <xcb/render.h>

#include "x11.h"

enum { RENDER_MAJOR = 0, RENDER_MINOR = 5, ARGB_DEPTH = 32 };

struct hc_x11_cursor {
	xcb_render_pictformat_t format; /* of ARGB32; 0: the server makes no such cursors */
	GHashTable *cursors; /* guest's id → XID; the core bounds their number */
	xcb_cursor_t shown; /* XCB_NONE: the parent's */
};

static bool is_argb32(const xcb_render_pictforminfo_t *info)
{
	const xcb_render_directformat_t *direct = &info->direct;
	return info->type == XCB_RENDER_PICT_TYPE_DIRECT && info->depth == ARGB_DEPTH &&
	       direct->alpha_shift == 24 && direct->alpha_mask == 0xff && direct->red_shift == 16 &&
	       direct->red_mask == 0xff && direct->green_shift == 8 && direct->green_mask == 0xff &&
	       direct->blue_shift == 0 && direct->blue_mask == 0xff;
}

static xcb_render_pictformat_t find_format(xcb_connection_t *connection)
{
	xcb_discard_reply(connection,
		xcb_render_query_version(connection, RENDER_MAJOR, RENDER_MINOR).sequence);
	xcb_render_query_pict_formats_reply_t *reply = xcb_render_query_pict_formats_reply(
		connection, xcb_render_query_pict_formats(connection), NULL);
	if (reply == NULL)
		return 0;
	xcb_render_pictformat_t format = 0;
	xcb_render_pictforminfo_iterator_t at =
		xcb_render_query_pict_formats_formats_iterator(reply);
	for (; at.rem > 0 && format == 0; xcb_render_pictforminfo_next(&at))
		if (is_argb32(at.data))
			format = at.data->id;
	free(reply);
	return format;
}

static xcb_cursor_t create_cursor(struct hc_x11 *x11, const struct vp_cursor_image *image)
{
	xcb_connection_t *connection = x11->connection;
	xcb_pixmap_t pixmap = xcb_generate_id(connection);
	xcb_gcontext_t gc = xcb_generate_id(connection);
	xcb_render_picture_t picture = xcb_generate_id(connection);
	xcb_cursor_t cursor = xcb_generate_id(connection);
	xcb_create_pixmap(connection, ARGB_DEPTH, pixmap, x11->root, image->width, image->height);
	xcb_create_gc(connection, gc, pixmap, 0, NULL);
	xcb_put_image(connection, XCB_IMAGE_FORMAT_Z_PIXMAP, pixmap, gc, image->width,
		image->height, 0, 0, 0, ARGB_DEPTH, (uint32_t)image->pixels.len,
		image->pixels.data);
	xcb_render_create_picture(connection, picture, pixmap, x11->cursor->format, 0, NULL);
	xcb_render_create_cursor(connection, cursor, picture, image->hot_x, image->hot_y);
	xcb_render_free_picture(connection, picture);
	xcb_free_gc(connection, gc);
	xcb_free_pixmap(connection, pixmap);
	return cursor;
}

static void show(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	xcb_change_window_attributes(
		x11->connection, window->content, XCB_CW_CURSOR, &x11->cursor->shown);
}

static void show_everywhere(struct hc_x11 *x11, xcb_cursor_t cursor)
{
	GHashTableIter iter;
	void *window;
	if (x11->cursor->shown == cursor)
		return;
	x11->cursor->shown = cursor;
	g_hash_table_iter_init(&iter, x11->windows);
	while (g_hash_table_iter_next(&iter, NULL, &window))
		show(x11, window);
}

void hc_x11_cursor_image(struct hc_x11 *x11, const struct vp_cursor_image *image)
{
	if (x11->cursor->format == 0)
		return;
	hc_x11_cursor_forget(x11, image->cursor);
	g_hash_table_insert(x11->cursor->cursors, GUINT_TO_POINTER(image->cursor),
		GUINT_TO_POINTER(create_cursor(x11, image)));
}

/* Where it shows the default takes its place. */
void hc_x11_cursor_forget(struct hc_x11 *x11, uint32_t cursor)
{
	void *key = GUINT_TO_POINTER(cursor);
	xcb_cursor_t xid = GPOINTER_TO_UINT(g_hash_table_lookup(x11->cursor->cursors, key));
	if (xid == XCB_NONE)
		return;
	g_hash_table_remove(x11->cursor->cursors, key);
	if (x11->cursor->shown == xid)
		show_everywhere(x11, XCB_NONE);
	xcb_free_cursor(x11->connection, xid);
}

void hc_x11_cursor_set(struct hc_x11 *x11, uint32_t cursor)
{
	void *xid = g_hash_table_lookup(x11->cursor->cursors, GUINT_TO_POINTER(cursor));
	show_everywhere(x11, GPOINTER_TO_UINT(xid));
}

void hc_x11_cursor_window_added(struct hc_x11 *x11, struct hc_x11_window *window)
{
	if (x11->cursor->shown != XCB_NONE)
		show(x11, window);
}

bool hc_x11_cursor_init(struct hc_x11 *x11)
{
	x11->cursor = g_new0(struct hc_x11_cursor, 1);
	x11->cursor->cursors = g_hash_table_new(NULL, NULL);
	if (x11->render.present)
		x11->cursor->format = find_format(x11->connection);
	if (x11->cursor->format == 0)
		g_message("the X server has no colour cursors; guests' cursors do not show");
	return true;
}

void hc_x11_cursor_finish(struct hc_x11 *x11)
{
	if (x11->cursor == NULL)
		return;
	g_hash_table_destroy(x11->cursor->cursors);
	g_free(x11->cursor);
	x11->cursor = NULL;
}

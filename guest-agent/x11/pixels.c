/*
 * Pixels: what a window shows goes from its pixmap to a buffer that the primary's server reads,
 * copied by the guest's server, clipped by the damage. For a frame one batch of requests is sent,
 * and one reply is awaited, which also says what has been copied.
 *
 * Subwindows of the root are redirected by hand: the server itself draws none of them on its
 * screen.
 */
#define G_LOG_DOMAIN "ga-pixels"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <xcb/composite.h>
#include <xcb/shm.h>

#include "../damage.h"
#include "pixels.h"

enum { SHM_FD_MINOR = 2 }; /* of MIT-SHM 1.2, the first that attaches descriptors */

/* Gives the read up: a reply that is still to come belongs to no one, nor to the next read. */
static void forget_read(struct ga_x11_window *window)
{
	window->pixels.given_up += window->pixels.reading;
	window->pixels.reading = false;
	window->pixels.buffer = NULL;
}

static xcb_gcontext_t create_gc(struct ga_x11 *x11, uint8_t depth)
{
	xcb_connection_t *c = x11->connection;
	xcb_pixmap_t model = xcb_generate_id(c);
	xcb_gcontext_t gc = xcb_generate_id(c);
	const uint32_t no_exposures = 0;
	xcb_create_pixmap(c, depth, model, x11->root, 1, 1);
	xcb_create_gc(c, gc, model, XCB_GC_GRAPHICS_EXPOSURES, &no_exposures);
	xcb_free_pixmap(c, model);
	return gc;
}

bool ga_x11_pixels_create(struct ga_x11 *x11)
{
	struct ga_x11_pixels *pixels = g_new0(struct ga_x11_pixels, 1);
	x11->pixels = pixels;
	pixels->attached = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	pixels->region = xcb_generate_id(x11->connection);
	xcb_xfixes_create_region(x11->connection, pixels->region, 0, NULL);
	pixels->kept = xcb_generate_id(x11->connection);
	xcb_xfixes_create_region(x11->connection, pixels->kept, 0, NULL);
	pixels->gc_24 = create_gc(x11, 24);
	pixels->gc_32 = create_gc(x11, 32);
	if (!x11->shm.present)
		return true;
	xcb_shm_query_version_reply_t *version = xcb_shm_query_version_reply(
		x11->connection, xcb_shm_query_version(x11->connection), NULL);
	pixels->shm_fd = version != NULL && version->shared_pixmaps &&
			 (version->major_version > 1 || version->minor_version >= SHM_FD_MINOR);
	free(version);
	return true;
}

void ga_x11_pixels_destroy(struct ga_x11 *x11)
{
	if (x11->pixels == NULL)
		return;
	g_hash_table_destroy(x11->pixels->attached);
	g_free(x11->pixels->rects);
	free(x11->pixels->formats);
	g_free(x11->pixels);
	x11->pixels = NULL;
}

static void tell_damaged(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (window->pixels.damaged || !x11->primary || !window->announced ||
		ga_x11_sync_waiting(window))
		return;
	window->pixels.damaged = true;
	x11->listener->damaged(x11->listener_data, window->id);
}

void ga_x11_pixels_show(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (window->pixels.damage != XCB_NONE)
		return;
	/* A read of before it was hidden may still be under way: its reply is yet to be answered.
	 */
	window->pixels.all = true;
	window->pixels.damage = xcb_generate_id(x11->connection);
	xcb_damage_create(x11->connection, window->pixels.damage, window->xid,
		XCB_DAMAGE_REPORT_LEVEL_NON_EMPTY);
	tell_damaged(x11, window);
}

static void free_pixmap(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (window->pixels.pixmap != XCB_NONE)
		xcb_free_pixmap(x11->connection, window->pixels.pixmap);
	window->pixels.pixmap = XCB_NONE;
}

void ga_x11_pixels_hide(struct ga_x11 *x11, struct ga_x11_window *window, bool destroyed)
{
	if (window->pixels.damage == XCB_NONE)
		return;
	free_pixmap(x11, window);
	if (!destroyed)
		xcb_damage_destroy(x11->connection, window->pixels.damage);
	window->pixels.damage = XCB_NONE;
	/* A read that is under way is answered, with nothing. */
	window->pixels.failed = true;
	window->pixels.damaged = false;
}

void ga_x11_pixels_handle_resize(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (window->pixels.damage == XCB_NONE)
		return;
	free_pixmap(x11, window);
	window->pixels.all = true;
	tell_damaged(x11, window);
}

/* Nobody else may draw in between, whose damage would be taken for the move's. */
void ga_x11_pixels_begin_move(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (window->pixels.damage == XCB_NONE)
		return;
	xcb_grab_server(x11->connection);
	xcb_damage_subtract(x11->connection, window->pixels.damage, XCB_NONE, x11->pixels->kept);
}

void ga_x11_pixels_end_move(struct ga_x11 *x11, struct ga_x11_window *window, unsigned int sequence)
{
	if (window->pixels.damage == XCB_NONE)
		return;
	window->pixels.move_sequence = sequence;
	xcb_damage_subtract(x11->connection, window->pixels.damage, XCB_NONE, XCB_NONE);
	xcb_damage_add(x11->connection, window->xid, x11->pixels->kept);
	xcb_ungrab_server(x11->connection);
}

void ga_x11_pixels_resume(struct ga_x11 *x11, struct ga_x11_window *window)
{
	window->pixels.damaged = false;
	if (window->pixels.damage != XCB_NONE)
		tell_damaged(x11, window);
}

void ga_x11_pixels_announce(struct ga_x11 *x11, struct ga_x11_window *window)
{
	forget_read(window);
	window->pixels.damaged = false;
	if (window->pixels.damage == XCB_NONE)
		return;
	window->pixels.all = true;
	tell_damaged(x11, window);
}

bool ga_x11_pixels_buffer_attach(struct ga_x11 *x11, struct vp_buffer *buffer)
{
	struct ga_x11_pixels *pixels = x11->pixels;
	xcb_connection_t *c = x11->connection;
	if (!pixels->shm_fd || buffer->fd == -1)
		return vp_buffer_data(buffer) != NULL;
	/* xcb closes the descriptor when it has been sent. */
	int fd = fcntl(buffer->fd, F_DUPFD_CLOEXEC, 0);
	if (fd == -1)
		return false;
	xcb_shm_seg_t segment = xcb_generate_id(c);
	struct attached *attached = g_new0(struct attached, 1);
	attached->depth = buffer->format == VP_FORMAT_ARGB8888 ? 32 : 24;
	attached->pixmap = xcb_generate_id(c);
	xcb_shm_attach_fd(c, segment, fd, 0);
	xcb_shm_create_pixmap(c, attached->pixmap, x11->root, (uint16_t)buffer->width,
		(uint16_t)buffer->height, attached->depth, segment, 0);
	xcb_shm_detach(c, segment);
	g_hash_table_insert(pixels->attached, buffer, attached);
	return true;
}

void ga_x11_pixels_buffer_detach(struct ga_x11 *x11, struct vp_buffer *buffer)
{
	struct attached *attached = g_hash_table_lookup(x11->pixels->attached, buffer);
	if (attached != NULL) {
		ga_x11_convert_detach(x11, attached);
		xcb_free_pixmap(x11->connection, attached->pixmap);
		g_hash_table_remove(x11->pixels->attached, buffer);
		return;
	}
	for (guint i = 0; i < x11->stacking->len; i++) {
		struct ga_x11_window *window = g_ptr_array_index(x11->stacking, i);
		if (window->pixels.buffer == buffer)
			forget_read(window);
	}
}

/* Tells what has been read. The rectangles are the damage in the window's coordinates, which begin
 * inside of a border; damage of the border itself is not reported. */
static void finish_read(struct ga_x11 *x11, struct ga_x11_window *window, size_t count)
{
	struct ga_x11_window_pixels *read = &window->pixels;
	struct vp_rect *rects = x11->pixels->rects;
	read->reading = false;
	read->buffer = NULL;
	if (read->failed)
		count = 0;
	count = ga_damage_clip(rects, count, read->read_width, read->read_height);
	count = ga_damage_merge(rects, count, VP_RECTS_MAX);
	x11->listener->pixels_ready(
		x11->listener_data, window->id, read->read_width, read->read_height, rects, count);
}

/* Makes room for count rectangles, and keeps it. */
static struct vp_rect *scratch_rects(struct ga_x11_pixels *pixels, size_t count)
{
	if (count > pixels->rects_capacity) {
		pixels->rects = g_renew(struct vp_rect, pixels->rects, count);
		pixels->rects_capacity = count;
	}
	return pixels->rects;
}

static size_t whole_window(struct ga_x11 *x11, const struct ga_x11_window *window)
{
	*scratch_rects(x11->pixels, 1) = (struct vp_rect){ 0, 0,
		(uint16_t)window->pixels.read_width, (uint16_t)window->pixels.read_height };
	return 1;
}

static size_t take_region(struct ga_x11 *x11, const struct ga_x11_window *window, void *reply)
{
	const xcb_rectangle_t *region = xcb_xfixes_fetch_region_rectangles(reply);
	size_t count = (size_t)xcb_xfixes_fetch_region_rectangles_length(reply);
	struct vp_rect *rects = scratch_rects(x11->pixels, count);
	int border = window->border_width;
	for (size_t i = 0; i < count; i++)
		rects[i] = (struct vp_rect){ (int16_t)(region[i].x + border),
			(int16_t)(region[i].y + border), region[i].width, region[i].height };
	return count;
}

/* The read that a reply belongs to; NULL if it has been given up. */
static struct ga_x11_window *reading_window(struct ga_x11 *x11, uint32_t id)
{
	struct ga_x11_window *window = ga_x11_window_by_id(x11, id);
	if (window != NULL && window->pixels.given_up > 0) {
		window->pixels.given_up--;
		return NULL;
	}
	return window != NULL && window->pixels.reading ? window : NULL;
}

static void handle_copied(struct ga_x11 *x11, void *reply, uint32_t id)
{
	struct ga_x11_window *window = reading_window(x11, id);
	if (window == NULL)
		return;
	size_t count = 0;
	if (reply != NULL)
		count = window->pixels.read_all ? whole_window(x11, window)
						: take_region(x11, window, reply);
	finish_read(x11, window, count);
}

/* The batch of one frame. The damage is taken before the copy: what comes between is copied now and
 * reported again, and so never lost. */
static void copy_by_server(
	struct ga_x11 *x11, struct ga_x11_window *window, struct attached *attached)
{
	struct ga_x11_pixels *pixels = x11->pixels;
	struct ga_x11_window_pixels *read = &window->pixels;
	xcb_connection_t *c = x11->connection;
	xcb_gcontext_t gc = attached->depth == 32 ? pixels->gc_32 : pixels->gc_24;
	int16_t border = (int16_t)window->border_width;
	read->first_sequence =
		xcb_damage_subtract(c, read->damage, XCB_NONE, pixels->region).sequence;
	if (window->depth != attached->depth) {
		ga_x11_convert_copy(x11, window, attached);
	} else {
		xcb_xfixes_set_gc_clip_region(
			c, gc, read->read_all ? XCB_NONE : pixels->region, border, border);
		xcb_copy_area(c, read->pixmap, attached->pixmap, gc, 0, 0, 0, 0,
			(uint16_t)read->read_width, (uint16_t)read->read_height);
	}
	read->last_sequence = xcb_xfixes_fetch_region(c, pixels->region).sequence;
	ga_x11_reply_expect(x11, read->last_sequence, handle_copied, window->id);
}

static void handle_image(struct ga_x11 *x11, void *reply, uint32_t id)
{
	struct ga_x11_window *window = reading_window(x11, id);
	if (window == NULL)
		return;
	bool copied = reply != NULL && window->pixels.buffer != NULL &&
		      ga_x11_convert_image(x11, window, reply);
	finish_read(x11, window, copied ? whole_window(x11, window) : 0);
}

/* The window's pixels in a format that buffers have, in a pixmap that the caller frees. */
static xcb_pixmap_t create_converted(struct ga_x11 *x11, struct ga_x11_window *window)
{
	xcb_connection_t *c = x11->connection;
	struct attached converted = { .pixmap = xcb_generate_id(c), .depth = 24 };
	xcb_create_pixmap(c, converted.depth, converted.pixmap, x11->root,
		(uint16_t)window->pixels.read_width, (uint16_t)window->pixels.read_height);
	ga_x11_convert_copy(x11, window, &converted);
	ga_x11_convert_detach(x11, &converted);
	return converted.pixmap;
}

/* Without a way to share memory with the server the pixels come through its socket. */
static void copy_by_socket(
	struct ga_x11 *x11, struct ga_x11_window *window, struct vp_buffer *buffer)
{
	struct ga_x11_window_pixels *read = &window->pixels;
	xcb_connection_t *c = x11->connection;
	read->buffer = buffer;
	read->first_sequence = xcb_damage_subtract(c, read->damage, XCB_NONE, XCB_NONE).sequence;
	bool odd = window->depth != 24 && window->depth != 32;
	xcb_pixmap_t pixmap = odd ? create_converted(x11, window) : read->pixmap;
	xcb_get_image_cookie_t cookie = xcb_get_image(c, XCB_IMAGE_FORMAT_Z_PIXMAP, pixmap, 0, 0,
		(uint16_t)read->read_width, (uint16_t)read->read_height, UINT32_MAX);
	read->last_sequence = cookie.sequence;
	if (odd)
		xcb_free_pixmap(c, pixmap);
	ga_x11_reply_expect(x11, read->last_sequence, handle_image, window->id);
}

void ga_x11_pixels_read(
	struct ga_x11 *x11, struct ga_x11_window *window, struct vp_buffer *buffer, bool all)
{
	struct ga_x11_window_pixels *read = &window->pixels;
	struct vp_rect outer = ga_x11_window_outer(window);
	if (read->damage == XCB_NONE || read->reading)
		return;
	if (read->pixmap == XCB_NONE) {
		read->pixmap = xcb_generate_id(x11->connection);
		xcb_composite_name_window_pixmap(x11->connection, window->xid, read->pixmap);
	}
	read->reading = true;
	read->damaged = false;
	read->failed = false;
	read->read_all = all || read->all;
	read->all = false;
	read->read_width = MIN(outer.width, buffer->width);
	read->read_height = MIN(outer.height, buffer->height);
	struct attached *attached = g_hash_table_lookup(x11->pixels->attached, buffer);
	if (attached != NULL)
		copy_by_server(x11, window, attached);
	else
		copy_by_socket(x11, window, buffer);
}

/* The server has no access to the memory: pixels come through the socket from now on. */
static void give_up_sharing(struct ga_x11 *x11)
{
	if (x11->pixels->shm_fd)
		g_warning(
			"the X server cannot attach the agent's shared memory; windows are copied "
			"through its socket, which is slower");
	x11->pixels->shm_fd = false;
	g_hash_table_remove_all(x11->pixels->attached);
}

/* A window can be unmapped or resized when its pixels are asked for: what is copied then is not
 * what it shows. Errors come before the reply of their batch. */
void ga_x11_pixels_handle_error(struct ga_x11 *x11, const xcb_generic_error_t *error)
{
	if (x11->shm.present && error->major_code == x11->shm.opcode)
		give_up_sharing(x11);
	for (guint i = 0; i < x11->stacking->len; i++) {
		struct ga_x11_window *window = g_ptr_array_index(x11->stacking, i);
		struct ga_x11_window_pixels *read = &window->pixels;
		if (read->pixmap == error->resource_id)
			read->pixmap = XCB_NONE;
		if (read->reading && error->full_sequence - read->first_sequence <=
					     read->last_sequence - read->first_sequence) {
			read->failed = true;
			read->all = true;
		}
	}
}

bool ga_x11_pixels_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	if ((event->response_type & ~GA_X11_SENT_EVENT) != x11->damage.event + XCB_DAMAGE_NOTIFY)
		return false;
	const xcb_damage_notify_event_t *notify = (const void *)event;
	struct ga_x11_window *window = ga_x11_window_by_xid(x11, notify->drawable);
	if (window != NULL && window->pixels.damage == notify->damage &&
		event->full_sequence != window->pixels.move_sequence)
		tell_damaged(x11, window);
	return true;
}

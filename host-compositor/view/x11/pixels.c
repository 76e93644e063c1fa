/*
 * Buffers to windows. Where the server can attach a buffer's descriptor, pixels are put from shared
 * memory in one request a frame, and the server tells when it has read them. Elsewhere they are
 * sent in bands.
 */
#define G_LOG_DOMAIN "hc-x11"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xcb/shm.h>

#include "x11.h"

enum {
	SHM_MINOR_WITH_FD = 2,
	BAND_BYTES = 65536, /* of pixels in one request, where memory is not shared */
};

/* A buffer that the server has attached. */
struct segment {
	xcb_shm_seg_t id; /* XCB_NONE: not attached */
	unsigned int sequence; /* of the request that attached it */
};

/* Drawing to windows of one visual. */
struct painter {
	xcb_gcontext_t plain;
	xcb_gcontext_t clipped;
};

struct hc_x11_pixels {
	bool shared; /* the server attaches descriptors */
	GHashTable *segments; /* struct vp_buffer → struct segment, owner */
	struct painter opaque;
	struct painter argb;
	xcb_rectangle_t rects[VP_RECTS_MAX]; /* of the frame being put */
	xcb_rectangle_t exposed[VP_RECTS_MAX]; /* of one window, until the last of them has come */
	size_t exposed_count;
	uint8_t *band;
};

static bool is_local(xcb_connection_t *connection)
{
	int domain = 0;
	socklen_t len = sizeof(domain);
	int fd = xcb_get_file_descriptor(connection);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX;
}

static bool can_share(struct hc_x11 *x11)
{
	if (!x11->shm.present || !is_local(x11->connection))
		return false;
	xcb_shm_query_version_reply_t *reply = xcb_shm_query_version_reply(
		x11->connection, xcb_shm_query_version(x11->connection), NULL);
	bool can = reply != NULL &&
		   (reply->major_version > 1 || reply->minor_version >= SHM_MINOR_WITH_FD);
	free(reply);
	return can;
}

static xcb_gcontext_t create_gc(struct hc_x11 *x11, xcb_drawable_t drawable)
{
	const uint32_t no_exposures = 0;
	xcb_gcontext_t gc = xcb_generate_id(x11->connection);

	xcb_create_gc(x11->connection, gc, drawable, XCB_GC_GRAPHICS_EXPOSURES, &no_exposures);
	return gc;
}

static void create_painter(
	struct hc_x11 *x11, const struct hc_x11_visual *visual, struct painter *painter)
{
	xcb_pixmap_t pixmap = xcb_generate_id(x11->connection);

	if (visual->type == NULL)
		return;
	xcb_create_pixmap(x11->connection, visual->depth, pixmap, x11->root, 1, 1);
	painter->plain = create_gc(x11, pixmap);
	painter->clipped = create_gc(x11, pixmap);
	xcb_free_pixmap(x11->connection, pixmap);
}

bool hc_x11_pixels_init(struct hc_x11 *x11)
{
	struct hc_x11_pixels *pixels = g_new0(struct hc_x11_pixels, 1);

	x11->pixels = pixels;
	pixels->segments = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	pixels->shared = can_share(x11);
	if (!pixels->shared)
		g_message("the X server cannot share memory with the view; windows will be slower");
	create_painter(x11, &x11->opaque, &pixels->opaque);
	create_painter(x11, &x11->argb, &pixels->argb);
	return true;
}

void hc_x11_pixels_finish(struct hc_x11 *x11)
{
	if (x11->pixels == NULL)
		return;
	g_hash_table_destroy(x11->pixels->segments);
	g_free(x11->pixels->band);
	g_free(x11->pixels);
	x11->pixels = NULL;
}

static const struct painter *painter_of(
	const struct hc_x11 *x11, const struct hc_x11_window *window)
{
	return window->visual == &x11->argb ? &x11->pixels->argb : &x11->pixels->opaque;
}

/* Buffers */

static void attach_segment(
	struct hc_x11 *x11, const struct vp_buffer *buffer, struct segment *segment)
{
	int fd = fcntl(buffer->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return;
	segment->id = xcb_generate_id(x11->connection);
	segment->sequence = xcb_shm_attach_fd(x11->connection, segment->id, fd, true).sequence;
}

bool hc_x11_pixels_attach(struct hc_x11 *x11, struct vp_buffer *buffer)
{
	struct segment *segment = g_new0(struct segment, 1);

	if (x11->pixels->shared && buffer->fd >= 0 && buffer->stride % VP_PIXEL_BYTES == 0)
		attach_segment(x11, buffer, segment);
	g_hash_table_insert(x11->pixels->segments, buffer, segment);
	return true;
}

static void detach_from_windows(struct hc_x11 *x11, const struct vp_buffer *buffer)
{
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, x11->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_x11_window *window = value;
		if (window->buffer == buffer)
			window->buffer = NULL;
	}
}

void hc_x11_pixels_detach(struct hc_x11 *x11, struct vp_buffer *buffer)
{
	struct segment *segment = g_hash_table_lookup(x11->pixels->segments, buffer);

	if (segment == NULL)
		return;
	if (segment->id != XCB_NONE)
		xcb_shm_detach(x11->connection, segment->id);
	detach_from_windows(x11, buffer);
	g_hash_table_remove(x11->pixels->segments, buffer);
}

/* Putting */

static xcb_rectangle_t bounds(const xcb_rectangle_t *rects, size_t count)
{
	int32_t left = INT16_MAX;
	int32_t top = INT16_MAX;
	int32_t right = 0;
	int32_t bottom = 0;

	for (size_t i = 0; i < count; i++) {
		left = MIN(left, rects[i].x);
		top = MIN(top, rects[i].y);
		right = MAX(right, rects[i].x + rects[i].width);
		bottom = MAX(bottom, rects[i].y + rects[i].height);
	}
	return (xcb_rectangle_t){
		.x = (int16_t)left,
		.y = (int16_t)top,
		.width = (uint16_t)MAX(right - left, 0),
		.height = (uint16_t)MAX(bottom - top, 0),
	};
}

static void put_shared(struct hc_x11 *x11, struct hc_x11_window *window, xcb_shm_seg_t segment,
	const xcb_rectangle_t *rects, size_t count, bool tell)
{
	const struct painter *painter = painter_of(x11, window);
	const struct vp_buffer *buffer = window->buffer;
	xcb_rectangle_t area = bounds(rects, count);
	xcb_gcontext_t gc = painter->plain;

	if (count > 1) {
		gc = painter->clipped;
		xcb_set_clip_rectangles(x11->connection, XCB_CLIP_ORDERING_UNSORTED, gc, 0, 0,
			(uint32_t)count, rects);
	}
	xcb_shm_put_image(x11->connection, window->content, gc,
		(uint16_t)(buffer->stride / VP_PIXEL_BYTES), (uint16_t)buffer->height,
		(uint16_t)area.x, (uint16_t)area.y, area.width, area.height, area.x, area.y,
		window->visual->depth, XCB_IMAGE_FORMAT_Z_PIXMAP, tell, segment, 0);
}

static void send_band(struct hc_x11 *x11, struct hc_x11_window *window, const uint8_t *data,
	const xcb_rectangle_t *band)
{
	const struct vp_buffer *buffer = window->buffer;
	size_t row = (size_t)band->width * VP_PIXEL_BYTES;
	uint8_t *to = x11->pixels->band;

	for (size_t y = 0; y < band->height; y++) {
		size_t offset =
			((size_t)band->y + y) * buffer->stride + (size_t)band->x * VP_PIXEL_BYTES;
		memcpy(to + y * row, data + offset, row);
	}
	xcb_put_image(x11->connection, XCB_IMAGE_FORMAT_Z_PIXMAP, window->content,
		painter_of(x11, window)->plain, band->width, band->height, band->x, band->y, 0,
		window->visual->depth, (uint32_t)(row * band->height), to);
}

static void send_rect(struct hc_x11 *x11, struct hc_x11_window *window, const uint8_t *data,
	const xcb_rectangle_t *rect)
{
	xcb_rectangle_t band = *rect;
	uint32_t rows = BAND_BYTES / (MAX(rect->width, 1U) * VP_PIXEL_BYTES);
	uint32_t left = rect->height;

	while (left > 0 && rect->width > 0) {
		band.height = (uint16_t)MIN(left, MAX(rows, 1U));
		send_band(x11, window, data, &band);
		band.y = (int16_t)(band.y + band.height);
		left -= band.height;
	}
}

static void put_sent(struct hc_x11 *x11, struct hc_x11_window *window, const xcb_rectangle_t *rects,
	size_t count)
{
	const uint8_t *data = vp_buffer_data(window->buffer);

	if (data == NULL) {
		g_debug("the pixels of window %u cannot be read", window->id);
		return;
	}
	if (x11->pixels->band == NULL)
		x11->pixels->band = g_malloc(MAX(BAND_BYTES, VP_SIZE_MAX * VP_PIXEL_BYTES));
	for (size_t i = 0; i < count; i++)
		send_rect(x11, window, data, &rects[i]);
}

/* True if the server will tell when it has read the pixels. */
static bool put(struct hc_x11 *x11, struct hc_x11_window *window, const xcb_rectangle_t *rects,
	size_t count, bool tell)
{
	const struct segment *segment = g_hash_table_lookup(x11->pixels->segments, window->buffer);
	bool shared = segment != NULL && segment->id != XCB_NONE;

	if (shared)
		put_shared(x11, window, segment->id, rects, count, tell);
	else
		put_sent(x11, window, rects, count);
	if (window->dimmed)
		hc_x11_label_darken(x11, window, rects, count);
	return shared && tell;
}

/* Frames */

static bool is_hidden(const struct hc_x11_window *window)
{
	return !window->visible || (window->state & (VP_STATE_MINIMIZED | VP_STATE_SHADED)) != 0;
}

static void finish_frame(struct hc_x11 *x11, struct hc_x11_window *window)
{
	window->frame.pending = false;
	hc_x11_window_frame_shown(x11, window);
	x11->listener->presented(x11->listener_data, window->id, window->frame.serial);
}

/* From now on exposed parts are drawn anew; without a background they do not flicker. */
static void set_painted(struct hc_x11 *x11, struct hc_x11_window *window)
{
	const uint32_t none = XCB_BACK_PIXMAP_NONE;

	if (!window->painted)
		xcb_change_window_attributes(
			x11->connection, window->content, XCB_CW_BACK_PIXMAP, &none);
	window->painted = true;
}

static void put_frame(struct hc_x11 *x11, struct hc_x11_window *window,
	const xcb_rectangle_t *rects, size_t count)
{
	window->frame.held = false;
	set_painted(x11, window);
	if (put(x11, window, rects, count, true))
		window->frame.puts++;
	else
		finish_frame(x11, window);
}

static xcb_rectangle_t whole(const struct hc_x11_window *window)
{
	return (xcb_rectangle_t){ 0, 0, (uint16_t)window->buffer_width,
		(uint16_t)window->buffer_height };
}

static xcb_rectangle_t whole_content(const struct hc_x11_window *window)
{
	return (xcb_rectangle_t){ 0, 0, (uint16_t)window->content_rect.width,
		(uint16_t)window->content_rect.height };
}

/* The colour of the frame's last pixel, for what lies beyond the frame: like most backgrounds. */
static uint32_t corner_colour(const struct hc_x11_window *window)
{
	struct vp_buffer *buffer = window->buffer;
	const uint8_t *data = vp_buffer_data(buffer);
	uint32_t pixel = 0;

	if (data != NULL)
		memcpy(&pixel,
			data + (size_t)(window->buffer_height - 1) * buffer->stride +
				(size_t)(window->buffer_width - 1) * VP_PIXEL_BYTES,
			sizeof(pixel));
	return pixel | 0xff000000U;
}

/* A content larger than its frame: the guest has not followed yet, or never will. */
static void fill_beyond(
	struct hc_x11 *x11, const struct hc_x11_window *window, xcb_rectangle_t area)
{
	const struct painter *painter = painter_of(x11, window);
	int32_t right = area.x + area.width;
	int32_t bottom = area.y + area.height;
	int32_t left = MAX(area.x, (int32_t)window->buffer_width);
	int32_t top = MAX(area.y, (int32_t)window->buffer_height);
	xcb_rectangle_t strips[2];
	uint32_t count = 0;

	if (left < right)
		strips[count++] = (xcb_rectangle_t){ (int16_t)left, area.y,
			(uint16_t)(right - left), area.height };
	if (top < bottom)
		strips[count++] = (xcb_rectangle_t){ area.x, (int16_t)top, area.width,
			(uint16_t)(bottom - top) };
	if (count == 0)
		return;
	uint32_t colour = corner_colour(window);
	xcb_change_gc(x11->connection, painter->plain, XCB_GC_FOREGROUND, &colour);
	xcb_poly_fill_rectangle(x11->connection, window->content, painter->plain, count, strips);
}

void hc_x11_pixels_present(struct hc_x11 *x11, struct hc_x11_window *window,
	const struct vp_frame_present *frame, struct vp_buffer *buffer)
{
	struct hc_x11_pixels *pixels = x11->pixels;
	bool smaller = frame->width < window->buffer_width || frame->height < window->buffer_height;

	window->buffer = buffer;
	window->buffer_width = frame->width;
	window->buffer_height = frame->height;
	window->frame.pending = true;
	window->frame.serial = frame->serial;
	window->frame.held = is_hidden(window);
	if (window->frame.held)
		return;
	if (smaller)
		fill_beyond(x11, window, whole_content(window));
	for (size_t i = 0; i < frame->rects.count; i++) {
		struct vp_rect rect = vp_rects_get(frame->rects, i);
		pixels->rects[i] = (xcb_rectangle_t){ rect.x, rect.y, rect.width, rect.height };
	}
	put_frame(x11, window, pixels->rects, frame->rects.count);
}

void hc_x11_pixels_visibility(struct hc_x11 *x11, struct hc_x11_window *window)
{
	if (!window->frame.held || is_hidden(window) || window->buffer == NULL)
		return;
	xcb_rectangle_t all = whole(window);
	put_frame(x11, window, &all, 1);
}

void hc_x11_pixels_repaint(struct hc_x11 *x11, struct hc_x11_window *window)
{
	if (window->buffer == NULL || is_hidden(window))
		return;
	xcb_rectangle_t all = whole(window);
	put(x11, window, &all, 1, false);
}

/* Events */

static void handle_completion(struct hc_x11 *x11, const xcb_shm_completion_event_t *event)
{
	struct hc_x11_window *window = hc_x11_find_xid(x11, event->drawable);

	if (window == NULL || window->frame.puts == 0)
		return;
	window->frame.puts--;
	if (window->frame.puts == 0 && window->frame.pending && !window->frame.held)
		finish_frame(x11, window);
}

static xcb_rectangle_t exposed_area(const xcb_expose_event_t *event)
{
	return (xcb_rectangle_t){ (int16_t)event->x, (int16_t)event->y, event->width,
		event->height };
}

/* Adds to the rectangles what lies in the frame. */
static void gather_exposed(struct hc_x11_pixels *pixels, const struct hc_x11_window *window,
	const xcb_expose_event_t *event)
{
	xcb_rectangle_t area = exposed_area(event);

	if (event->x >= window->buffer_width || event->y >= window->buffer_height)
		return;
	area.width = (uint16_t)MIN(area.width, window->buffer_width - event->x);
	area.height = (uint16_t)MIN(area.height, window->buffer_height - event->y);
	pixels->exposed[pixels->exposed_count++] = area;
}

static void handle_expose(struct hc_x11 *x11, const xcb_expose_event_t *event)
{
	struct hc_x11_pixels *pixels = x11->pixels;
	struct hc_x11_window *window = hc_x11_find_xid(x11, event->window);

	if (window == NULL || event->window != window->content || window->buffer == NULL)
		return;
	fill_beyond(x11, window, exposed_area(event));
	gather_exposed(pixels, window, event);
	if (event->count > 0 && pixels->exposed_count < VP_RECTS_MAX)
		return;
	if (pixels->exposed_count > 0)
		put(x11, window, pixels->exposed, pixels->exposed_count, false);
	pixels->exposed_count = 0;
}

static struct vp_buffer *find_attached_by(struct hc_x11_pixels *pixels, uint16_t sequence)
{
	GHashTableIter iter;
	void *key = NULL;
	void *value = NULL;

	g_hash_table_iter_init(&iter, pixels->segments);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		const struct segment *segment = value;
		if (segment->id != XCB_NONE && (uint16_t)segment->sequence == sequence)
			return key;
	}
	return NULL;
}

/* The server has refused the memory: its pixels are sent from now on. */
static void handle_attach_error(struct hc_x11 *x11, const xcb_generic_error_t *error)
{
	struct vp_buffer *buffer = find_attached_by(x11->pixels, error->sequence);
	GHashTableIter iter;
	void *value = NULL;

	if (buffer == NULL)
		return;
	g_message("the X server has refused shared memory (error %u); pixels are sent instead",
		error->error_code);
	x11->pixels->shared = false;
	struct segment *segment = g_hash_table_lookup(x11->pixels->segments, buffer);
	segment->id = XCB_NONE;
	g_hash_table_iter_init(&iter, x11->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_x11_window *window = value;
		if (window->buffer != buffer)
			continue;
		window->frame.puts = 0;
		window->frame.held = window->frame.pending;
		hc_x11_pixels_visibility(x11, window);
	}
}

bool hc_x11_pixels_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	const xcb_generic_error_t *error = (const void *)event;
	uint8_t type = hc_x11_event_type(event);

	if (x11->shm.present && type == x11->shm.first_event + XCB_SHM_COMPLETION) {
		handle_completion(x11, (const void *)event);
		return true;
	}
	if (type == XCB_EXPOSE)
		handle_expose(x11, (const void *)event);
	else if (x11->shm.present && type == 0 && error->major_code == x11->shm.opcode &&
		 error->minor_code == XCB_SHM_ATTACH_FD)
		handle_attach_error(x11, error);
	return false;
}

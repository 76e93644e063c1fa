#define G_LOG_DOMAIN "ga-frames"

#include "frames.h"

#include <errno.h>
#include <glib.h>

#include "extent.h"
#include "pacing.h"

struct frame_window {
	uint32_t id;
	bool alpha;
	bool unread; /* the buffer does not hold the last frame */
	struct ga_pacing pacing;
	struct vp_buffer *buffer; /* to read into, NULL none */
	struct vp_buffer *shown; /* of the last frame, when it is another one; goes with the next */
};

struct ga_frames {
	struct ga_capture *capture;
	struct vp_session *session; /* NULL: none */
	GHashTable *windows; /* id: struct frame_window, owned */
	GHashTable *retired; /* id: struct vp_buffer, owned; destroyed, and not yet released */
	bool starved; /* a buffer could not be had */
	uint8_t rects[VP_RECTS_MAX * VP_RECT_BYTES];
};

static struct frame_window *find_window(struct ga_frames *frames, uint32_t id)
{
	return g_hash_table_lookup(frames->windows, GUINT_TO_POINTER(id));
}

static void destroy_buffer(void *buffer)
{
	vp_buffer_destroy(buffer);
}

struct ga_frames *ga_frames_create(struct ga_capture *capture)
{
	struct ga_frames *frames = g_new0(struct ga_frames, 1);
	frames->capture = capture;
	frames->windows = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	frames->retired = g_hash_table_new_full(NULL, NULL, NULL, destroy_buffer);
	return frames;
}

void ga_frames_destroy(struct ga_frames *frames)
{
	if (frames == NULL)
		return;
	ga_frames_end(frames);
	g_hash_table_destroy(frames->windows);
	g_hash_table_destroy(frames->retired);
	g_free(frames);
}

void ga_frames_begin(struct ga_frames *frames, struct vp_session *session)
{
	ga_frames_end(frames);
	frames->session = session;
}

static void drop_buffer(struct ga_frames *frames, struct vp_buffer *buffer)
{
	if (buffer == NULL)
		return;
	ga_capture_buffer_detach(frames->capture, buffer);
	vp_buffer_destroy(buffer);
}

void ga_frames_end(struct ga_frames *frames)
{
	GHashTableIter iter;
	void *value;
	g_hash_table_iter_init(&iter, frames->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct frame_window *window = value;
		drop_buffer(frames, window->buffer);
		drop_buffer(frames, window->shown);
	}
	g_hash_table_remove_all(frames->windows);
	g_hash_table_remove_all(frames->retired);
	frames->session = NULL;
	frames->starved = false;
}

bool ga_frames_window_known(struct ga_frames *frames, uint32_t window)
{
	return find_window(frames, window) != NULL;
}

bool ga_frames_window_add(struct ga_frames *frames, uint32_t window, bool alpha)
{
	if (g_hash_table_size(frames->windows) >= VP_WINDOWS_MAX)
		return false;
	struct frame_window *added = g_new0(struct frame_window, 1);
	added->id = window;
	added->alpha = alpha;
	g_hash_table_insert(frames->windows, GUINT_TO_POINTER(window), added);
	return true;
}

/* The primary unmaps it in its own time; until then the memory stays. */
static void retire_buffer(struct ga_frames *frames, struct vp_buffer *buffer)
{
	if (buffer == NULL)
		return;
	ga_capture_buffer_detach(frames->capture, buffer);
	g_hash_table_insert(frames->retired, GUINT_TO_POINTER(buffer->id), buffer);
	vp_session_send(frames->session, VP_MESSAGE(BUFFER_DESTROY, buffer_destroy, buffer->id));
}

void ga_frames_window_remove(struct ga_frames *frames, uint32_t id)
{
	struct frame_window *window = find_window(frames, id);
	if (window == NULL)
		return;
	retire_buffer(frames, window->buffer);
	retire_buffer(frames, window->shown);
	g_hash_table_remove(frames->windows, GUINT_TO_POINTER(id));
}

static bool create_buffer(
	struct ga_frames *frames, struct frame_window *window, struct ga_extent size)
{
	bool growing = window->buffer != NULL &&
		       (window->buffer->width < size.width || window->buffer->height < size.height);
	struct ga_extent extent = ga_extent_for(size, growing);
	enum vp_format format = window->alpha ? VP_FORMAT_ARGB8888 : VP_FORMAT_XRGB8888;
	struct vp_buffer *buffer;
	if (!vp_session_buffer_create(
		    frames->session, extent.width, extent.height, format, &buffer)) {
		if (!frames->starved)
			g_warning("no memory for the pixels of a window of %u x %u: %s; it stays "
				  "as it is until others are closed",
				size.width, size.height, g_strerror(errno));
		frames->starved = true;
		return false;
	}
	if (!ga_capture_buffer_attach(frames->capture, buffer)) {
		vp_session_send(
			frames->session, VP_MESSAGE(BUFFER_DESTROY, buffer_destroy, buffer->id));
		g_hash_table_insert(frames->retired, GUINT_TO_POINTER(buffer->id), buffer);
		return false;
	}
	/* What was shown last stays until the new buffer is; a buffer that never was shown goes
	 * now. */
	if (window->shown == NULL)
		window->shown = window->buffer;
	else
		retire_buffer(frames, window->buffer);
	window->buffer = buffer;
	window->unread = true;
	return true;
}

static void read_window(struct ga_frames *frames, struct frame_window *window)
{
	struct ga_extent size;
	if (frames->session == NULL || !ga_pacing_ready(&window->pacing) ||
		!ga_capture_window_size(frames->capture, window->id, &size.width, &size.height))
		return;
	struct vp_buffer *buffer = window->buffer;
	bool serves = buffer != NULL &&
		      ga_extent_serves((struct ga_extent){ buffer->width, buffer->height }, size);
	if (!serves && !create_buffer(frames, window, size))
		return;
	ga_pacing_read(&window->pacing);
	ga_capture_read_pixels(frames->capture, window->id, window->buffer, window->unread);
}

void ga_frames_handle_damaged(struct ga_frames *frames, uint32_t id)
{
	struct frame_window *window = find_window(frames, id);
	if (window == NULL)
		return;
	ga_pacing_damage(&window->pacing);
	read_window(frames, window);
}

static void present_window(struct ga_frames *frames, struct frame_window *window, uint32_t width,
	uint32_t height, struct vp_rects rects)
{
	struct vp_message message = {
		.op = VP_OP_FRAME_PRESENT,
		.frame_present = {
			.window = window->id,
			.buffer = window->buffer->id,
			.serial = ga_pacing_present(&window->pacing),
			.width = width,
			.height = height,
			.rects = rects,
		},
	};
	window->unread = false;
	vp_buffer_sync(window->buffer, rects);
	vp_session_send(frames->session, &message);
	retire_buffer(frames, window->shown);
	window->shown = NULL;
}

void ga_frames_handle_pixels_ready(struct ga_frames *frames, uint32_t id, uint32_t width,
	uint32_t height, const struct vp_rect *rects, size_t count)
{
	struct frame_window *window = find_window(frames, id);
	if (window == NULL || !window->pacing.reading)
		return;
	if (count > 0) {
		present_window(
			frames, window, width, height, vp_rects_put(frames->rects, rects, count));
		return;
	}
	ga_pacing_read_failed(&window->pacing);
	read_window(frames, window);
}

void ga_frames_handle_done(struct ga_frames *frames, const struct vp_frame_done *done)
{
	struct frame_window *window = find_window(frames, done->window);
	if (window != NULL && ga_pacing_done(&window->pacing, done->serial))
		read_window(frames, window);
}

void ga_frames_handle_released(struct ga_frames *frames, uint32_t buffer)
{
	if (!g_hash_table_remove(frames->retired, GUINT_TO_POINTER(buffer)) || !frames->starved)
		return;
	frames->starved = false;
	GHashTableIter iter;
	void *value;
	g_hash_table_iter_init(&iter, frames->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		read_window(frames, value);
}

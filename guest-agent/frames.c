#define G_LOG_DOMAIN "ga-frames"

#include "frames.h"

#include <errno.h>
#include <glib.h>

#include "extent.h"
#include "inline-pixels.h"
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
	struct ga_inline *inline_pixels; /* of buffers that are not shared */
	uint64_t buffer_bytes; /* of all buffers that the primary has not released */
	uint32_t buffer_count;
	bool local; /* this session's buffers come without a descriptor */
	bool starved; /* a buffer could not be had */
	bool told; /* that some are not shared */
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

static void handle_sent(void *data, const struct ga_inline_frame *frame);

struct ga_frames *ga_frames_create(struct ga_capture *capture)
{
	struct ga_frames *frames = g_new0(struct ga_frames, 1);
	frames->capture = capture;
	frames->windows = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	frames->retired = g_hash_table_new_full(NULL, NULL, NULL, destroy_buffer);
	frames->inline_pixels = ga_inline_create(handle_sent, frames);
	return frames;
}

void ga_frames_destroy(struct ga_frames *frames)
{
	if (frames == NULL)
		return;
	ga_frames_end(frames);
	g_hash_table_destroy(frames->windows);
	g_hash_table_destroy(frames->retired);
	ga_inline_destroy(frames->inline_pixels);
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
	ga_inline_clear(frames->inline_pixels);
	g_hash_table_iter_init(&iter, frames->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct frame_window *window = value;
		drop_buffer(frames, window->buffer);
		drop_buffer(frames, window->shown);
	}
	g_hash_table_remove_all(frames->windows);
	g_hash_table_remove_all(frames->retired);
	frames->session = NULL;
	frames->buffer_bytes = 0;
	frames->buffer_count = 0;
	frames->local = false;
	frames->starved = false;
	frames->told = false;
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
	ga_inline_remove(frames->inline_pixels, id);
	retire_buffer(frames, window->buffer);
	retire_buffer(frames, window->shown);
	g_hash_table_remove(frames->windows, GUINT_TO_POINTER(id));
}

/* The primary ends a session whose buffers are beyond these bounds. */
static bool has_room(const struct ga_frames *frames, struct ga_extent extent)
{
	uint64_t size = (uint64_t)extent.width * extent.height * VP_PIXEL_BYTES;
	uint64_t limit = frames->local ? VP_LOCAL_BYTES_MAX : VP_SHARED_BYTES_MAX;
	return frames->buffer_count < VP_BUFFERS_MAX && frames->buffer_bytes + size <= limit;
}

static void tell_if_not_shared(struct ga_frames *frames, const struct vp_buffer *buffer)
{
	if (frames->told || buffer->memory != VP_MEMORY_INLINE)
		return;
	frames->told = true;
	g_warning("there are no more pages to share with the primary, so that the pixels of some "
		  "windows are sent as messages, which is slower; raise the limit in "
		  "/sys/module/xen_gntalloc/parameters/limit");
}

static struct vp_buffer *allocate_buffer(
	struct ga_frames *frames, struct ga_extent extent, enum vp_format format)
{
	struct vp_buffer *buffer;
	errno = ENOSPC;
	if (!has_room(frames, extent) || !vp_session_buffer_create(frames->session, extent.width,
						 extent.height, format, &buffer))
		return NULL;
	frames->buffer_bytes += buffer->size;
	frames->buffer_count++;
	frames->local = buffer->memory != VP_MEMORY_DESCRIPTOR;
	tell_if_not_shared(frames, buffer);
	return buffer;
}

static bool create_buffer(
	struct ga_frames *frames, struct frame_window *window, struct ga_extent size)
{
	bool growing = window->buffer != NULL &&
		       (window->buffer->width < size.width || window->buffer->height < size.height);
	struct ga_extent extent = ga_extent_for(size, growing);
	enum vp_format format = window->alpha ? VP_FORMAT_ARGB8888 : VP_FORMAT_XRGB8888;
	struct vp_buffer *buffer = allocate_buffer(frames, extent, format);
	if (buffer == NULL) {
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

static void send_present(struct ga_frames *frames, struct frame_window *window, uint32_t width,
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
	vp_session_send(frames->session, &message);
	retire_buffer(frames, window->shown);
	window->shown = NULL;
}

static void handle_sent(void *data, const struct ga_inline_frame *frame)
{
	struct ga_frames *frames = data;
	struct frame_window *window = find_window(frames, frame->window);
	if (window != NULL)
		send_present(frames, window, frame->width, frame->height, frame->rects);
}

bool ga_frames_send_pixels(struct ga_frames *frames)
{
	return frames->session != NULL && ga_inline_send(frames->inline_pixels, frames->session);
}

static void present_window(struct ga_frames *frames, struct frame_window *window, uint32_t width,
	uint32_t height, struct vp_rects rects)
{
	window->unread = false;
	if (window->buffer->memory == VP_MEMORY_INLINE) {
		const struct ga_inline_frame frame = { window->id, window->buffer, width, height,
			rects };
		ga_inline_add(frames->inline_pixels, &frame);
		return;
	}
	vp_buffer_sync(window->buffer, rects);
	send_present(frames, window, width, height, rects);
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
	const struct vp_buffer *released =
		g_hash_table_lookup(frames->retired, GUINT_TO_POINTER(buffer));
	if (released == NULL)
		return;
	frames->buffer_bytes -= released->size;
	frames->buffer_count--;
	g_hash_table_remove(frames->retired, GUINT_TO_POINTER(buffer));
	if (!frames->starved)
		return;
	frames->starved = false;
	GHashTableIter iter;
	void *value;
	g_hash_table_iter_init(&iter, frames->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		read_window(frames, value);
}

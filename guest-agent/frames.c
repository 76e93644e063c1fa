#define G_LOG_DOMAIN "ga-frames"

#include "frames.h"

#include <glib.h>

#include "buffers.h"
#include "inline-pixels.h"
#include "pacing.h"

enum {
	RETRY_MS = 250, /* after a buffer was refused; doubled each time */
	RETRY_MAX_MS = 8000,
};

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
	struct ga_buffers *buffers;
	struct ga_inline *inline_pixels; /* of buffers that are not shared */
	int64_t retry_at; /* -1 not */
	int64_t retry_ms;
	uint8_t rects[VP_RECTS_MAX * VP_RECT_BYTES];
};

static struct frame_window *find_window(struct ga_frames *frames, uint32_t id)
{
	return g_hash_table_lookup(frames->windows, GUINT_TO_POINTER(id));
}

static void handle_sent(void *data, const struct ga_inline_frame *frame);

struct ga_frames *ga_frames_create(struct ga_capture *capture)
{
	struct ga_frames *frames = g_new0(struct ga_frames, 1);
	frames->capture = capture;
	frames->retry_at = -1;
	frames->retry_ms = RETRY_MS;
	frames->windows = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	frames->buffers = ga_buffers_create(capture);
	frames->inline_pixels = ga_inline_create(handle_sent, frames);
	return frames;
}

void ga_frames_destroy(struct ga_frames *frames)
{
	if (frames == NULL)
		return;
	ga_frames_end(frames);
	g_hash_table_destroy(frames->windows);
	ga_buffers_destroy(frames->buffers);
	ga_inline_destroy(frames->inline_pixels);
	g_free(frames);
}

void ga_frames_begin(struct ga_frames *frames, struct vp_session *session)
{
	ga_frames_end(frames);
	frames->session = session;
	ga_buffers_begin(frames->buffers, session);
}

void ga_frames_end(struct ga_frames *frames)
{
	GHashTableIter iter;
	void *value;
	ga_inline_clear(frames->inline_pixels);
	g_hash_table_iter_init(&iter, frames->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct frame_window *window = value;
		ga_buffers_drop(frames->buffers, window->buffer);
		ga_buffers_drop(frames->buffers, window->shown);
	}
	g_hash_table_remove_all(frames->windows);
	ga_buffers_end(frames->buffers);
	frames->session = NULL;
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

void ga_frames_window_remove(struct ga_frames *frames, uint32_t id)
{
	struct frame_window *window = find_window(frames, id);
	if (window == NULL)
		return;
	ga_inline_remove(frames->inline_pixels, id);
	ga_buffers_keep(frames->buffers, window->buffer);
	ga_buffers_retire(frames->buffers, window->shown);
	g_hash_table_remove(frames->windows, GUINT_TO_POINTER(id));
}

static bool find_buffer(
	struct ga_frames *frames, struct frame_window *window, struct ga_extent size)
{
	bool growing = window->buffer != NULL &&
		       (window->buffer->width < size.width || window->buffer->height < size.height);
	enum vp_format format = window->alpha ? VP_FORMAT_ARGB8888 : VP_FORMAT_XRGB8888;
	struct vp_buffer *buffer = ga_buffers_take(frames->buffers, size, growing, format);
	if (buffer == NULL)
		return false;
	/* What was shown last stays until the new buffer is; a buffer that never was shown goes
	 * now. */
	if (window->shown == NULL)
		window->shown = window->buffer;
	else
		ga_buffers_retire(frames->buffers, window->buffer);
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
	if (!serves && !find_buffer(frames, window, size))
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
	uint32_t height, size_t copied, struct vp_rects rects)
{
	struct vp_message message = {
		.op = VP_OP_FRAME_PRESENT,
		.frame_present = {
			.window = window->id,
			.buffer = window->buffer->id,
			.serial = ga_pacing_present(&window->pacing),
			.width = width,
			.height = height,
			.copied = (uint32_t)MIN(copied, UINT32_MAX),
			.rects = rects,
		},
	};
	vp_session_send(frames->session, &message);
	ga_buffers_retire(frames->buffers, window->shown);
	window->shown = NULL;
}

static void handle_sent(void *data, const struct ga_inline_frame *frame)
{
	struct ga_frames *frames = data;
	struct frame_window *window = find_window(frames, frame->window);
	if (window != NULL)
		send_present(
			frames, window, frame->width, frame->height, frame->copied, frame->rects);
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
		const struct ga_inline_frame frame = { window->id, window->buffer, width, height, 0,
			rects };
		ga_inline_add(frames->inline_pixels, &frame);
		return;
	}
	size_t copied = vp_buffer_sync(window->buffer, rects);
	send_present(frames, window, width, height, copied, rects);
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

/* Those that have something to read. */
static void read_windows(struct ga_frames *frames)
{
	GHashTableIter iter;
	void *value;
	g_hash_table_iter_init(&iter, frames->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		read_window(frames, value);
}

void ga_frames_handle_released(struct ga_frames *frames, uint32_t buffer)
{
	if (ga_buffers_handle_released(frames->buffers, buffer))
		read_windows(frames);
}

int64_t ga_frames_deadline(const struct ga_frames *frames)
{
	return frames->retry_at;
}

void ga_frames_advance(struct ga_frames *frames, int64_t now)
{
	if (frames->retry_at >= 0 && now >= frames->retry_at) {
		frames->retry_at = -1;
		frames->retry_ms = MIN(2 * frames->retry_ms, RETRY_MAX_MS);
		ga_buffers_clear_refused(frames->buffers);
		read_windows(frames);
	}
	if (!ga_buffers_refused(frames->buffers)) {
		frames->retry_at = -1;
		frames->retry_ms = RETRY_MS;
	} else if (frames->retry_at < 0) {
		frames->retry_at = now + frames->retry_ms;
	}
}

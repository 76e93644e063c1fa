#define G_LOG_DOMAIN "ga-inline"

#include "inline-pixels.h"

#include <glib.h>
#include <string.h>

enum { QUEUE_BYTES = 2 * VP_PIXELS_MAX }; /* of pixels, so that the transport never lacks some */

#define END_UNKNOWN UINT64_MAX

struct pending {
	struct ga_inline_frame frame; /* rects are the memory behind this */
	size_t rect; /* the next band begins in it */
	uint32_t row; /* of the rectangle */
	uint64_t end; /* position of the bulk channel after the last band */
	uint8_t rects[];
};

struct ga_inline {
	void (*sent)(void *data, const struct ga_inline_frame *frame);
	void *data;
	GQueue frames; /* struct pending, owned; the first is being sent */
	uint8_t band[VP_PIXELS_MAX];
};

G_STATIC_ASSERT(VP_SIZE_MAX *VP_PIXEL_BYTES <= VP_PIXELS_MAX);

struct ga_inline *ga_inline_create(
	void (*sent)(void *data, const struct ga_inline_frame *frame), void *data)
{
	struct ga_inline *stream = g_new0(struct ga_inline, 1);
	stream->sent = sent;
	stream->data = data;
	g_queue_init(&stream->frames);
	return stream;
}

void ga_inline_destroy(struct ga_inline *stream)
{
	if (stream == NULL)
		return;
	ga_inline_clear(stream);
	g_free(stream);
}

void ga_inline_add(struct ga_inline *stream, const struct ga_inline_frame *frame)
{
	size_t len = frame->rects.count * VP_RECT_BYTES;
	struct pending *pending = g_malloc0(sizeof(*pending) + len);
	pending->frame = *frame;
	pending->end = END_UNKNOWN;
	memcpy(pending->rects, frame->rects.data, len);
	pending->frame.rects.data = pending->rects;
	g_queue_push_tail(&stream->frames, pending);
}

void ga_inline_remove(struct ga_inline *stream, uint32_t window)
{
	GList *next;
	for (GList *link = stream->frames.head; link != NULL; link = next) {
		struct pending *pending = link->data;
		next = link->next;
		if (pending->frame.window != window)
			continue;
		g_queue_delete_link(&stream->frames, link);
		g_free(pending);
	}
}

void ga_inline_clear(struct ga_inline *stream)
{
	g_queue_clear_full(&stream->frames, g_free);
}

/* Lines of a rectangle that fit into one message. */
static uint32_t count_lines(struct vp_rect rect, uint32_t row)
{
	uint32_t lines = VP_PIXELS_MAX / (MAX(rect.width, 1U) * VP_PIXEL_BYTES);
	return MIN(lines, rect.height - row);
}

/* Packs the lines, since the buffer's are longer. */
static struct vp_bytes pack(
	struct ga_inline *stream, struct vp_buffer *buffer, struct vp_rect lines)
{
	size_t row = (size_t)lines.width * VP_PIXEL_BYTES;
	const uint8_t *from = vp_buffer_data(buffer) + (size_t)lines.y * buffer->stride +
			      (size_t)lines.x * VP_PIXEL_BYTES;
	for (size_t y = 0; y < lines.height; y++)
		memcpy(stream->band + y * row, from + y * buffer->stride, row);
	return (struct vp_bytes){ stream->band, row * lines.height };
}

/* The next band of a frame that is not whole. */
static struct vp_rect take_band(struct pending *pending)
{
	struct vp_rect rect = vp_rects_get(pending->frame.rects, pending->rect);
	struct vp_rect band = { rect.x, (int16_t)(rect.y + (int32_t)pending->row), rect.width,
		(uint16_t)count_lines(rect, pending->row) };
	pending->row += band.height;
	if (pending->row == rect.height) {
		pending->rect++;
		pending->row = 0;
	}
	return band;
}

/* A session that fails to send ends, and all frames with it: nothing is touched afterwards. */
static void send_band(struct ga_inline *stream, struct vp_session *session, struct pending *pending)
{
	struct vp_rect band = take_band(pending);
	if (band.width == 0 || band.height == 0)
		return;
	struct vp_buffer *buffer = pending->frame.buffer;
	pending->frame.copied += (size_t)band.width * band.height * VP_PIXEL_BYTES;
	vp_session_send(
		session, VP_MESSAGE(BUFFER_PIXELS, buffer_pixels, .buffer = buffer->id,
				 .x = (uint16_t)band.x, .y = (uint16_t)band.y, .width = band.width,
				 .height = band.height, .pixels = pack(stream, buffer, band)));
}

/* The buffer's creation may still wait on its channel. */
static bool may_send(const struct pending *pending, const struct vp_session *session)
{
	bool begun = pending->rect > 0 || pending->row > 0;
	return vp_session_queued(session, VP_CHANNEL_BULK) < QUEUE_BYTES &&
	       (begun || vp_session_queued(session, VP_CHANNEL_WINDOWS) == 0);
}

static bool is_written(struct pending *pending, const struct vp_session *session)
{
	if (pending->end == END_UNKNOWN)
		pending->end = vp_session_position(session, VP_CHANNEL_BULK);
	return vp_session_written(session, VP_CHANNEL_BULK) >= pending->end;
}

bool ga_inline_send(struct ga_inline *stream, struct vp_session *session)
{
	bool again = false;
	struct pending *pending;
	while ((pending = g_queue_peek_head(&stream->frames)) != NULL) {
		if (pending->rect < pending->frame.rects.count) {
			if (!may_send(pending, session))
				break;
			send_band(stream, session, pending);
		} else {
			if (!is_written(pending, session))
				break;
			g_queue_pop_head(&stream->frames);
			stream->sent(stream->data, &pending->frame);
			g_free(pending);
		}
		again = true;
	}
	return again;
}

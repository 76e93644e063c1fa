#define G_LOG_DOMAIN "hc-core"

#include <errno.h>

#include "core-private.h"

/* What the view keeps of its own for a buffer. */
static uint64_t local_bytes(uint8_t memory, size_t size)
{
	return memory != VP_MEMORY_DESCRIPTOR ? size : 0;
}

/* Nothing shows it any more, and the guest has no use for it either. */
static void release_pixels(struct hc_core *core, struct hc_pixels *pixels)
{
	hc_presenter_buffer_detach(core->presenter, pixels->buffer);
	core->shared_bytes -= pixels->buffer->size;
	core->local_bytes -= local_bytes((uint8_t)pixels->buffer->memory, pixels->buffer->size);
	vp_buffer_destroy(pixels->buffer);
	if (!pixels->past)
		hc_core_send(
			core, VP_MESSAGE(BUFFER_RELEASED, buffer_released, .buffer = pixels->id));
	g_free(pixels);
}

bool hc_frames_handle_create(struct hc_core *core, const struct vp_buffer_create *create)
{
	struct vp_transport *transport = vp_session_transport(core->session);
	struct vp_buffer *buffer = NULL;

	if (g_hash_table_contains(core->pixels, GUINT_TO_POINTER(create->buffer)))
		return hc_core_refuse(core, "buffer %u exists already", create->buffer);
	if (g_hash_table_size(core->pixels) + core->retired >= VP_BUFFERS_MAX)
		return hc_core_exceed(core, "more than %d buffers", VP_BUFFERS_MAX);
	if (core->shared_bytes + create->size > VP_SHARED_BYTES_MAX)
		return hc_core_exceed(core, "more than %d bytes shared", VP_SHARED_BYTES_MAX);
	if (core->local_bytes + local_bytes(create->memory, create->size) > VP_LOCAL_BYTES_MAX)
		return hc_core_exceed(
			core, "more than %d bytes without a descriptor", VP_LOCAL_BYTES_MAX);
	if (!vp_buffer_shape_valid(create->width, create->height, create->stride, create->size))
		return hc_core_refuse(
			core, "buffer %u is too small for its pixels", create->buffer);
	if (!vp_transport_buffer_map(transport, create, &buffer))
		return hc_core_refuse(
			core, "buffer %u cannot be mapped: %s", create->buffer, g_strerror(errno));

	if (!hc_presenter_buffer_attach(core->presenter, buffer)) {
		vp_buffer_destroy(buffer);
		return hc_core_refuse(core, "buffer %u cannot be shown", create->buffer);
	}
	struct hc_pixels *pixels = g_new0(struct hc_pixels, 1);
	*pixels = (struct hc_pixels){ .id = create->buffer, .buffer = buffer };
	core->shared_bytes += buffer->size;
	core->local_bytes += local_bytes(create->memory, buffer->size);
	g_hash_table_insert(core->pixels, GUINT_TO_POINTER(pixels->id), pixels);
	return true;
}

/* The guest has no use for the pixels: they go at once, or when no window shows them any more. */
static void retire_pixels(struct hc_core *core, struct hc_pixels *pixels)
{
	pixels->retired = true;
	if (pixels->shown_by > 0)
		core->retired++;
	else
		release_pixels(core, pixels);
}

/* Pixels follow their buffer's creation, but may be overtaken by its end. */
bool hc_frames_handle_pixels(struct hc_core *core, const struct vp_buffer_pixels *message)
{
	struct hc_pixels *pixels =
		g_hash_table_lookup(core->pixels, GUINT_TO_POINTER(message->buffer));

	if (pixels == NULL)
		return true;
	if (!vp_buffer_put(pixels->buffer, message))
		return hc_core_refuse(core, "pixels that buffer %u has not", message->buffer);
	core->bytes_copied_by_view += message->pixels.len;
	return true;
}

bool hc_frames_handle_destroy(struct hc_core *core, const struct vp_buffer_destroy *destroy)
{
	struct hc_pixels *pixels =
		g_hash_table_lookup(core->pixels, GUINT_TO_POINTER(destroy->buffer));

	if (pixels == NULL)
		return hc_core_refuse(core, "buffer %u does not exist", destroy->buffer);
	g_hash_table_remove(core->pixels, GUINT_TO_POINTER(destroy->buffer));
	retire_pixels(core, pixels);
	return true;
}

static void hide_pixels(struct hc_core *core, struct hc_pixels *pixels)
{
	pixels->shown_by--;
	if (pixels->shown_by == 0 && pixels->retired) {
		core->retired--;
		release_pixels(core, pixels);
	}
}

/* The number of pixels in the rectangles, or -1 if one is not inside width * height. */
static int64_t measure_rects(struct vp_rects rects, uint32_t width, uint32_t height)
{
	int64_t area = 0;

	for (size_t i = 0; i < rects.count; i++) {
		struct vp_rect rect = vp_rects_get(rects, i);
		if (rect.x < 0 || rect.y < 0 || (uint32_t)rect.x + rect.width > width ||
			(uint32_t)rect.y + rect.height > height)
			return -1;
		area += (int64_t)rect.width * rect.height;
	}
	return area;
}

bool hc_frames_handle_present(struct hc_core *core, const struct vp_frame_present *frame)
{
	struct hc_window *window = hc_windows_find(core, frame->window);
	struct hc_pixels *pixels =
		g_hash_table_lookup(core->pixels, GUINT_TO_POINTER(frame->buffer));

	if (window == NULL)
		return hc_core_refuse(
			core, "frame for window %u, which does not exist", frame->window);
	if (pixels == NULL)
		return hc_core_refuse(
			core, "frame in buffer %u, which does not exist", frame->buffer);
	if (window->frame_pending)
		return hc_core_refuse(core, "window %u has a frame in flight", frame->window);
	if (frame->width > pixels->buffer->width || frame->height > pixels->buffer->height)
		return hc_core_refuse(
			core, "frame of window %u is larger than its buffer", frame->window);
	int64_t area = measure_rects(frame->rects, frame->width, frame->height);
	if (area < 0)
		return hc_core_refuse(core, "frame of window %u leaves its bounds", frame->window);

	hc_pacing_charge_frame(core, frame->rects.count, (uint64_t)area);
	struct hc_pixels *last = window->pixels;
	if (last != pixels) {
		pixels->shown_by++;
		window->pixels = pixels;
	}
	uint64_t bytes = (uint64_t)area * VP_PIXEL_BYTES;
	window->frame_width = frame->width;
	window->frame_height = frame->height;
	window->frame_serial = frame->serial;
	window->frame_pending = true;
	window->frames++;
	window->bytes_copied += bytes;
	window->bytes_copied_by_agent += frame->copied;
	core->frames++;
	core->bytes_copied += bytes;
	core->bytes_copied_by_agent += frame->copied;
	uint64_t synced = vp_buffer_sync(pixels->buffer, frame->rects);
	window->bytes_copied_by_view += synced;
	core->bytes_copied_by_view += synced;
	hc_presenter_window_present(core->presenter, frame, pixels->buffer);
	if (last != NULL && last != pixels)
		hide_pixels(core, last);
	return true;
}

void hc_frames_handle_presented(struct hc_core *core, uint32_t id, uint32_t serial)
{
	struct hc_window *window = hc_windows_find(core, id);

	if (window == NULL || !window->frame_pending || window->frame_serial != serial)
		return;
	if (hc_pacing_answer_frame(core, window))
		hc_frames_answer(core, window);
}

void hc_frames_answer(struct hc_core *core, struct hc_window *window)
{
	window->frame_pending = false;
	hc_core_send(core, VP_MESSAGE(FRAME_DONE, frame_done, .window = window->id,
				   .serial = window->frame_serial));
}

void hc_frames_forget_window(struct hc_core *core, struct hc_window *window)
{
	struct hc_pixels *pixels = window->pixels;

	window->pixels = NULL;
	window->frame_pending = false;
	if (pixels != NULL)
		hide_pixels(core, pixels);
}

void hc_frames_retire_all(struct hc_core *core)
{
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct hc_window *window = value;
		if (window->pixels != NULL)
			window->pixels->past = true;
	}
	g_hash_table_iter_init(&iter, core->pixels);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_pixels *pixels = value;
		g_hash_table_iter_steal(&iter);
		pixels->past = true;
		retire_pixels(core, pixels);
	}
}

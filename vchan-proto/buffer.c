#include "buffer.h"

#include <string.h>

uint8_t *vp_buffer_data(struct vp_buffer *buffer)
{
	return buffer->impl->data(buffer);
}

size_t vp_buffer_sync(struct vp_buffer *buffer, struct vp_rects rects)
{
	return buffer->impl->sync != NULL ? buffer->impl->sync(buffer, rects) : 0;
}

static size_t copy_rect(
	const struct vp_buffer *shape, uint8_t *to, const uint8_t *from, struct vp_rect rect)
{
	size_t start = (size_t)rect.y * shape->stride + (size_t)rect.x * VP_PIXEL_BYTES;
	size_t row = (size_t)rect.width * VP_PIXEL_BYTES;
	if (row == shape->stride) {
		memcpy(to + start, from + start, row * rect.height);
		return row * rect.height;
	}
	for (size_t y = 0; y < rect.height; y++)
		memcpy(to + start + y * shape->stride, from + start + y * shape->stride, row);
	return row * rect.height;
}

size_t vp_buffer_copy(
	const struct vp_buffer *shape, uint8_t *to, const uint8_t *from, struct vp_rects rects)
{
	size_t copied = 0;
	for (size_t i = 0; i < rects.count; i++)
		copied += copy_rect(shape, to, from, vp_rects_get(rects, i));
	return copied;
}

bool vp_buffer_put(struct vp_buffer *buffer, const struct vp_buffer_pixels *message)
{
	size_t row = (size_t)message->width * VP_PIXEL_BYTES;
	if (buffer->memory != VP_MEMORY_INLINE || message->pixels.len != row * message->height ||
		(uint32_t)message->x + message->width > buffer->width ||
		(uint32_t)message->y + message->height > buffer->height)
		return false;
	uint8_t *data = vp_buffer_data(buffer);
	if (data == NULL)
		return false;
	uint8_t *to =
		data + (size_t)message->y * buffer->stride + (size_t)message->x * VP_PIXEL_BYTES;
	for (size_t y = 0; y < message->height; y++)
		memcpy(to + y * buffer->stride, message->pixels.data + y * row, row);
	return true;
}

void vp_buffer_destroy(struct vp_buffer *buffer)
{
	if (buffer != NULL)
		buffer->impl->destroy(buffer);
}

bool vp_buffer_shape_valid(uint32_t width, uint32_t height, uint32_t stride, size_t size)
{
	if (width < 1 || width > VP_SIZE_MAX || height < 1 || height > VP_SIZE_MAX)
		return false;
	if (stride % VP_PIXEL_BYTES != 0 || stride / VP_PIXEL_BYTES < width)
		return false;
	return size <= VP_BUFFER_BYTES_MAX && stride <= size / height;
}

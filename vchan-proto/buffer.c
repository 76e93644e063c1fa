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

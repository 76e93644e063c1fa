#include "buffer.h"

uint8_t *vp_buffer_data(struct vp_buffer *buffer)
{
	return buffer->impl->data(buffer);
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

#include "transport.h"

int vp_transport_get_fd(struct vp_transport *transport)
{
	return transport->impl->get_fd(transport);
}

bool vp_transport_dispatch(struct vp_transport *transport)
{
	return transport->impl->dispatch(transport);
}

ssize_t vp_transport_read(struct vp_transport *transport, uint8_t *data, size_t len)
{
	return transport->impl->read(transport, data, len);
}

ssize_t vp_transport_write(
	struct vp_transport *transport, const uint8_t *data, size_t len, size_t buffers)
{
	return transport->impl->write(transport, data, len, buffers);
}

bool vp_transport_buffer_alloc(struct vp_transport *transport, uint32_t width, uint32_t height,
	enum vp_format format, struct vp_buffer **buffer)
{
	return transport->impl->buffer_alloc(transport, width, height, format, buffer);
}

bool vp_transport_buffer_share(
	struct vp_transport *transport, struct vp_buffer *buffer, struct vp_bytes *handle)
{
	return transport->impl->buffer_share(transport, buffer, handle);
}

bool vp_transport_buffer_map(struct vp_transport *transport, const struct vp_buffer_create *message,
	struct vp_buffer **buffer)
{
	return transport->impl->buffer_map(transport, message, buffer);
}

void vp_transport_destroy(struct vp_transport *transport)
{
	if (transport != NULL)
		transport->impl->destroy(transport);
}

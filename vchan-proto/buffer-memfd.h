/*
 * Shared buffers whose memory is a sealed memfd, for transports that can pass descriptors.
 */
#pragma once

#include "buffer.h"
#include "descriptors.h"
#include "transport.h"

/* New zeroed memory, sealed against a change of its size. NULL with errno. */
struct vp_buffer *vp_buffer_memfd_create(uint32_t width, uint32_t height, enum vp_format format);

/* The same with the id and shape of a message, for pixels that come by other ways. NULL with errno
 * (EINVAL: the shape is not valid). */
struct vp_buffer *vp_buffer_memfd_create_as(const struct vp_buffer_create *message);

/* Takes over a descriptor that came from the peer, which may be anything. NULL with errno (EPROTO:
 * it is not sealed memory of the announced size); the descriptor is closed then. */
struct vp_buffer *vp_buffer_memfd_map(int fd, const struct vp_buffer_create *message);

/* What transports that pass descriptors have in common, as vp_transport_impl wants it. */
bool vp_buffer_memfd_alloc(struct vp_transport *transport, uint32_t width, uint32_t height,
	enum vp_format format, struct vp_buffer **buffer);

/* Queues a duplicate of the buffer's descriptor, since the buffer may go before its message is
 * written. False with errno (ENOSPC: VP_BUFFERS_MAX are queued). */
bool vp_buffer_memfd_share(
	struct vp_buffer *buffer, struct vp_descriptors *outgoing, struct vp_bytes *handle);

/* Maps the oldest descriptor that has come, or makes memory for pixels that come inline. False with
 * errno (EPROTO: there is none, or it is not what the message says). */
bool vp_buffer_memfd_take(struct vp_descriptors *incoming, const struct vp_buffer_create *message,
	struct vp_buffer **buffer);

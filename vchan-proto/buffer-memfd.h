/*
 * Shared buffers whose memory is a sealed memfd, for transports that can pass descriptors.
 */
#pragma once

#include "buffer.h"

/* New zeroed memory, sealed against a change of its size. NULL with errno. */
struct vp_buffer *vp_buffer_memfd_create(uint32_t width, uint32_t height, enum vp_format format);

/* Takes over a descriptor that came from the peer, which may be anything. NULL with errno (EPROTO:
 * it is not sealed memory of the announced size); the descriptor is closed then. */
struct vp_buffer *vp_buffer_memfd_map(int fd, const struct vp_buffer_create *message);

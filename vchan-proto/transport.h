/*
 * A transport: a reliable, ordered, non-blocking stream of bytes to the peer, and the shared
 * buffers that go with it. One implementation per file (transport-unix.c, transport-xen.c,
 * transport-memory.c).
 *
 * One descriptor signals every change, in both directions: poll it for input only, then dispatch.
 * It goes on signalling while there is something to read. The functions never block and never call
 * back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buffer.h"

/* Ids beyond are the hypervisor's own. */
enum { VP_XEN_DOMAIN_MAX = 0x7fef };

struct vp_transport {
	const struct vp_transport_impl *impl;
};

struct vp_transport_impl {
	int (*get_fd)(struct vp_transport *transport);
	bool (*dispatch)(struct vp_transport *transport);
	ssize_t (*read)(struct vp_transport *transport, uint8_t *data, size_t len);
	ssize_t (*write)(
		struct vp_transport *transport, const uint8_t *data, size_t len, size_t buffers);
	bool (*buffer_alloc)(struct vp_transport *transport, uint32_t width, uint32_t height,
		enum vp_format format, struct vp_buffer **buffer);
	bool (*buffer_share)(
		struct vp_transport *transport, struct vp_buffer *buffer, struct vp_bytes *handle);
	bool (*buffer_map)(struct vp_transport *transport, const struct vp_buffer_create *message,
		struct vp_buffer **buffer);
	void (*destroy)(struct vp_transport *transport);
};

/* The descriptor to poll for input; owned by the transport. */
int vp_transport_get_fd(struct vp_transport *transport);

/* Takes notice of what the descriptor signalled. False once the peer is known to be gone for good;
 * what it sent before can still be read. */
bool vp_transport_dispatch(struct vp_transport *transport);

/* Bytes read, 0 if there are none now, -1 with errno if the stream is broken (EPIPE: the peer
 * closed it; EPROTO: it broke the transport's rules). After fewer than len the descriptor signals
 * what is left or comes later. */
ssize_t vp_transport_read(struct vp_transport *transport, uint8_t *data, size_t len);

/* Bytes written, 0 if there is no room now, -1 with errno (EPIPE: the peer is gone). A short write
 * makes the descriptor signal when there is room again. buffers is the number of shared buffers, in
 * the order of vp_transport_buffer_share(), that have to reach the peer together with the first of
 * these bytes. */
ssize_t vp_transport_write(
	struct vp_transport *transport, const uint8_t *data, size_t len, size_t buffers);

/* Agent: new zeroed memory for width * height pixels; memory that cannot be shared, and says so,
 * when there is no more of what can. False with errno (ENOSPC, ENOMEM, EINVAL); the caller owns
 * *buffer. */
bool vp_transport_buffer_alloc(struct vp_transport *transport, uint32_t width, uint32_t height,
	enum vp_format format, struct vp_buffer **buffer);

/* Agent: prepares the peer's access, right before the buffer_create message is queued. Stores what
 * that message carries as handle, owned by the buffer. False with errno. */
bool vp_transport_buffer_share(
	struct vp_transport *transport, struct vp_buffer *buffer, struct vp_bytes *handle);

/* View: checks and maps what a buffer_create message names; call it exactly once for each of them.
 * False with errno (EPROTO: the peer broke the rules); the caller owns *buffer. */
bool vp_transport_buffer_map(struct vp_transport *transport, const struct vp_buffer_create *message,
	struct vp_buffer **buffer);

/* Closes the stream; buffers live on. NULL is legal. */
void vp_transport_destroy(struct vp_transport *transport);

/* A transport over a connected stream socket of the unix domain; takes the socket over, and makes
 * it non-blocking. Buffers are sealed memfds that travel by SCM_RIGHTS. NULL with errno, and the
 * socket stays the caller's. */
struct vp_transport *vp_transport_unix_create(int socket_fd);

/* A transport to the agent of another domain of this hypervisor, by vchan. Buffers are granted
 * pages, which are mapped until the transport is destroyed; the buffers keep their pixels. Only the
 * death of the peer's process is told of: who learns that a domain is gone destroys the transport.
 * NULL, and a sentence for people in error, of size bytes. */
struct vp_transport *vp_transport_xen_connect(
	uint32_t domain, uint32_t instance, char *error, size_t size);

/* Two connected ends within one process, for tests; each queues up to capacity bytes. False with
 * errno. */
bool vp_transport_memory_create(
	size_t capacity, struct vp_transport **agent, struct vp_transport **view);

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "buffer-memfd.h"
#include "descriptors.h"
#include "transport.h"

struct transport_memory {
	struct vp_transport base;
	struct transport_memory *peer; /* NULL once it is destroyed */
	int event_fd;
	bool signalled;
	bool waits_for_room;
	uint8_t *queue; /* bytes from the peer, not yet read: a ring */
	size_t capacity;
	size_t first;
	size_t used;
	struct vp_descriptors incoming;
};

static const struct vp_transport_impl impl;

static struct transport_memory *transport_memory(struct vp_transport *transport)
{
	assert(transport->impl == &impl);
	return (struct transport_memory *)transport;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Makes the descriptor readable exactly while there is something to do. */
static void update_signal(struct transport_memory *end)
{
	bool room = end->peer != NULL && end->peer->used < end->peer->capacity;
	bool wanted = end->used > 0 || end->peer == NULL || (end->waits_for_room && room);
	if (wanted == end->signalled)
		return;
	eventfd_t count;
	int result = wanted ? eventfd_write(end->event_fd, 1) : eventfd_read(end->event_fd, &count);
	assert(result == 0);
	(void)result;
	end->signalled = wanted;
}

static int get_fd(struct vp_transport *base)
{
	return transport_memory(base)->event_fd;
}

static bool dispatch(struct vp_transport *base)
{
	return transport_memory(base)->peer != NULL;
}

static ssize_t read_bytes(struct vp_transport *base, uint8_t *data, size_t len)
{
	struct transport_memory *end = transport_memory(base);
	size_t total = smaller(len, end->used);
	if (total == 0 && len > 0 && end->peer == NULL) {
		errno = EPIPE;
		return -1;
	}
	size_t straight = smaller(total, end->capacity - end->first);
	if (total > 0) {
		memcpy(data, end->queue + end->first, straight);
		memcpy(data + straight, end->queue, total - straight);
	}
	end->first = (end->first + total) % end->capacity;
	end->used -= total;
	update_signal(end);
	if (end->peer != NULL)
		update_signal(end->peer);
	return (ssize_t)total;
}

static ssize_t write_bytes(
	struct vp_transport *base, const uint8_t *data, size_t len, size_t buffers)
{
	struct transport_memory *end = transport_memory(base);
	struct transport_memory *peer = end->peer;
	(void)buffers;
	if (peer == NULL) {
		errno = EPIPE;
		return -1;
	}
	size_t total = smaller(len, peer->capacity - peer->used);
	size_t at = (peer->first + peer->used) % peer->capacity;
	size_t straight = smaller(total, peer->capacity - at);
	if (total > 0) {
		memcpy(peer->queue + at, data, straight);
		memcpy(peer->queue, data + straight, total - straight);
	}
	peer->used += total;
	end->waits_for_room = total < len;
	update_signal(end);
	update_signal(peer);
	return (ssize_t)total;
}

static bool buffer_share(
	struct vp_transport *base, struct vp_buffer *buffer, struct vp_bytes *handle)
{
	struct transport_memory *peer = transport_memory(base)->peer;
	if (peer == NULL) {
		errno = EPIPE;
		return false;
	}
	return vp_buffer_memfd_share(buffer, &peer->incoming, handle);
}

static bool buffer_map(struct vp_transport *base, const struct vp_buffer_create *message,
	struct vp_buffer **buffer)
{
	return vp_buffer_memfd_take(&transport_memory(base)->incoming, message, buffer);
}

static void destroy(struct vp_transport *base)
{
	struct transport_memory *end = transport_memory(base);
	if (end->peer != NULL) {
		end->peer->peer = NULL;
		update_signal(end->peer);
	}
	vp_descriptors_drop(&end->incoming, end->incoming.count);
	if (end->event_fd != -1)
		close(end->event_fd);
	free(end->queue);
	free(end);
}

static struct transport_memory *create_end(size_t capacity)
{
	struct transport_memory *end = calloc(1, sizeof(*end));
	if (end == NULL)
		return NULL;
	end->base.impl = &impl;
	end->capacity = capacity;
	end->queue = malloc(capacity);
	end->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (end->queue != NULL && end->event_fd != -1)
		return end;
	int saved = errno;
	destroy(&end->base);
	errno = saved;
	return NULL;
}

bool vp_transport_memory_create(
	size_t capacity, struct vp_transport **agent, struct vp_transport **view)
{
	struct transport_memory *first = create_end(capacity);
	struct transport_memory *second = first != NULL ? create_end(capacity) : NULL;
	if (second == NULL) {
		int saved = errno;
		if (first != NULL)
			destroy(&first->base);
		errno = saved;
		return false;
	}
	first->peer = second;
	second->peer = first;
	*agent = &first->base;
	*view = &second->base;
	return true;
}

static const struct vp_transport_impl impl = {
	.get_fd = get_fd,
	.dispatch = dispatch,
	.read = read_bytes,
	.write = write_bytes,
	.buffer_alloc = vp_buffer_memfd_alloc,
	.buffer_share = buffer_share,
	.buffer_map = buffer_map,
	.destroy = destroy,
};

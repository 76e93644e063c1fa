#include "transport-xen.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "buffer-memfd.h"
#include "buffer-xen.h"

/*
 * A vchan's event tells once that something has changed, and is consumed before the rings are
 * looked at, so that no change after the look goes untold. What the owner has left unread then has
 * no event of its own: todo_fd stands for it.
 */
struct transport_xen {
	struct vp_transport base;
	struct libxenvchan *vchan;
	struct vp_grants *grants;
	int epoll_fd; /* holds the vchan's event descriptor and todo_fd */
	int todo_fd;
	bool todo; /* todo_fd is readable */
	bool peer_gone;
};

static const struct vp_transport_impl impl;

static struct transport_xen *transport_xen(struct vp_transport *transport)
{
	assert(transport->impl == &impl);
	return (struct transport_xen *)transport;
}

static int get_fd(struct vp_transport *base)
{
	return transport_xen(base)->epoll_fd;
}

static void set_todo(struct transport_xen *stream, bool wanted)
{
	if (stream->todo == wanted)
		return;
	eventfd_t count;
	int result =
		wanted ? eventfd_write(stream->todo_fd, 1) : eventfd_read(stream->todo_fd, &count);
	assert(result == 0);
	(void)result;
	stream->todo = wanted;
}

static bool holds_possible_bytes(const struct libxenvchan_ring *ring)
{
	const volatile struct ring_shared *shared = ring->shr;
	uint32_t consumed = shared->cons;
	return shared->prod - consumed <= 1U << ring->order;
}

/* The peer can write the indices of both rings. To libxenvchan impossible ones look like an empty
 * ring, or a full one, for ever. */
static bool rings_possible(struct transport_xen *stream)
{
	return holds_possible_bytes(&stream->vchan->read) &&
	       holds_possible_bytes(&stream->vchan->write);
}

static bool dispatch(struct vp_transport *base)
{
	struct transport_xen *stream = transport_xen(base);
	(void)libxenvchan_wait(stream->vchan);
	if (libxenvchan_is_open(stream->vchan) == 0 || !rings_possible(stream)) {
		stream->peer_gone = true;
		set_todo(stream, true);
	}
	return !stream->peer_gone;
}

static ssize_t fail(struct transport_xen *stream)
{
	stream->peer_gone = true;
	set_todo(stream, true);
	errno = rings_possible(stream) ? EPIPE : EPROTO;
	return -1;
}

static ssize_t read_bytes(struct vp_transport *base, uint8_t *data, size_t len)
{
	struct transport_xen *stream = transport_xen(base);
	if (!rings_possible(stream))
		return fail(stream);
	int wanted = len < INT_MAX ? (int)len : INT_MAX;
	int n = libxenvchan_read(stream->vchan, data, (size_t)wanted);
	/* The last bytes may have come after the ring was found empty and before the close was. */
	if (n < 0 && libxenvchan_data_ready(stream->vchan) > 0)
		n = libxenvchan_read(stream->vchan, data, (size_t)wanted);
	if (n < 0)
		return fail(stream);
	/* A ring that had less has asked for an event by itself. */
	bool more = n == wanted && libxenvchan_data_ready(stream->vchan) > 0;
	set_todo(stream, more || stream->peer_gone);
	return n;
}

static ssize_t write_bytes(
	struct vp_transport *base, const uint8_t *data, size_t len, size_t buffers)
{
	struct transport_xen *stream = transport_xen(base);
	(void)buffers;
	if (!rings_possible(stream))
		return fail(stream);
	int n = libxenvchan_write(stream->vchan, data, len < INT_MAX ? len : INT_MAX);
	return n < 0 ? fail(stream) : n;
}

/* Whoever sends its pixels can count on having them. */
static struct vp_buffer *create_inline(uint32_t width, uint32_t height, enum vp_format format)
{
	struct vp_buffer *buffer = vp_buffer_memfd_create(width, height, format);
	if (buffer == NULL)
		return NULL;
	buffer->memory = VP_MEMORY_INLINE;
	if (vp_buffer_data(buffer) != NULL)
		return buffer;
	int saved = errno;
	vp_buffer_destroy(buffer);
	errno = saved;
	return NULL;
}

static bool buffer_alloc(struct vp_transport *base, uint32_t width, uint32_t height,
	enum vp_format format, struct vp_buffer **buffer)
{
	struct vp_buffer *created =
		vp_buffer_xen_create(transport_xen(base)->grants, width, height, format);
	if (created == NULL && errno == ENOSPC)
		created = create_inline(width, height, format);
	if (created == NULL)
		return false;
	*buffer = created;
	return true;
}

static bool buffer_share(
	struct vp_transport *base, struct vp_buffer *buffer, struct vp_bytes *handle)
{
	(void)base;
	*handle = buffer->memory == VP_MEMORY_GRANTS ? vp_buffer_xen_references(buffer)
						     : (struct vp_bytes){ NULL, 0 };
	return true;
}

static bool buffer_map(struct vp_transport *base, const struct vp_buffer_create *message,
	struct vp_buffer **buffer)
{
	struct vp_buffer *mapped = NULL;
	errno = EPROTO;
	if (message->memory == VP_MEMORY_GRANTS)
		mapped = vp_buffer_xen_map(transport_xen(base)->grants, message);
	else if (message->memory == VP_MEMORY_INLINE)
		mapped = vp_buffer_memfd_create_as(message);
	if (mapped == NULL)
		return false;
	*buffer = mapped;
	return true;
}

static void destroy(struct vp_transport *base)
{
	struct transport_xen *stream = transport_xen(base);
	vp_grants_destroy(stream->grants);
	if (stream->todo_fd != -1)
		close(stream->todo_fd);
	if (stream->epoll_fd != -1)
		close(stream->epoll_fd);
	libxenvchan_close(stream->vchan);
	free(stream);
}

static bool watch(int epoll_fd, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* What has come before now had its event, which another may have consumed. */
struct vp_transport *vp_transport_xen_create(struct libxenvchan *vchan, uint32_t domain)
{
	struct transport_xen *stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return NULL;
	stream->base.impl = &impl;
	stream->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	stream->todo_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	stream->grants = vp_grants_create(domain, vchan->is_server != 0);
	if (stream->grants != NULL && stream->todo_fd != -1 && stream->epoll_fd != -1 &&
		watch(stream->epoll_fd, stream->todo_fd) &&
		watch(stream->epoll_fd, libxenvchan_fd_for_select(vchan))) {
		stream->vchan = vchan;
		set_todo(stream, libxenvchan_data_ready(vchan) > 0);
		return &stream->base;
	}
	int saved = errno;
	destroy(&stream->base);
	errno = saved;
	return NULL;
}

struct vp_transport *vp_transport_xen_connect(
	uint32_t domain, uint32_t instance, char *error, size_t size)
{
	struct libxenvchan *vchan = vp_vchan_connect(domain, instance, error, size);
	if (vchan == NULL)
		return NULL;
	struct vp_transport *transport = vp_transport_xen_create(vchan, domain);
	if (transport != NULL)
		return transport;
	snprintf(error, size, "the vchan of domain %u cannot be used: %s", domain, strerror(errno));
	libxenvchan_close(vchan);
	return NULL;
}

static const struct vp_transport_impl impl = {
	.get_fd = get_fd,
	.dispatch = dispatch,
	.read = read_bytes,
	.write = write_bytes,
	.buffer_alloc = buffer_alloc,
	.buffer_share = buffer_share,
	.buffer_map = buffer_map,
	.destroy = destroy,
};

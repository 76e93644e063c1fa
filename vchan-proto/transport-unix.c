#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buffer-memfd.h"
#include "descriptors.h"
#include "transport.h"

/* Room for the control messages of one sendmsg or recvmsg. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int) * VP_PENDING_DESCRIPTORS_MAX)];
};

struct transport_unix {
	struct vp_transport base;
	int socket_fd;
	int epoll_fd; /* holds the socket, so that waiting for room looks like input to the owner */
	bool waits_for_room;
	bool peer_gone;
	struct vp_descriptors incoming;
	struct vp_descriptors outgoing;
};

static const struct vp_transport_impl impl;

static struct transport_unix *transport_unix(struct vp_transport *transport)
{
	assert(transport->impl == &impl);
	return (struct transport_unix *)transport;
}

static int get_fd(struct vp_transport *base)
{
	return transport_unix(base)->epoll_fd;
}

/* No system call: epoll signals by level, and whoever reads and writes next learns the same. */
static bool dispatch(struct vp_transport *base)
{
	return !transport_unix(base)->peer_gone;
}

static bool wait_for_room(struct transport_unix *stream, bool wanted)
{
	if (stream->waits_for_room == wanted)
		return true;
	struct epoll_event event = { .events = EPOLLIN | (wanted ? EPOLLOUT : 0U) };
	if (epoll_ctl(stream->epoll_fd, EPOLL_CTL_MOD, stream->socket_fd, &event) == -1)
		return false;
	stream->waits_for_room = wanted;
	return true;
}

static ssize_t fail_gone(struct transport_unix *stream)
{
	stream->peer_gone = true;
	errno = EPIPE;
	return -1;
}

/* Queues the descriptors of one control message; closes those beyond the bound. */
static bool take_descriptors(struct transport_unix *stream, struct cmsghdr *control)
{
	bool fits = true;
	size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	for (size_t i = 0; i < count; i++) {
		int fd;
		memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(int));
		if (!vp_descriptors_push(&stream->incoming, fd, VP_PENDING_DESCRIPTORS_MAX)) {
			close(fd);
			fits = false;
		}
	}
	return fits;
}

static bool take_control(struct transport_unix *stream, struct msghdr *message)
{
	bool ok = (message->msg_flags & MSG_CTRUNC) == 0;
	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL; at = CMSG_NXTHDR(message, at))
		if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_RIGHTS)
			ok = take_descriptors(stream, at) && ok;
	return ok;
}

static ssize_t read_bytes(struct vp_transport *base, uint8_t *data, size_t len)
{
	struct transport_unix *stream = transport_unix(base);
	union control control;
	struct iovec bytes = { .iov_base = data, .iov_len = len };
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;
	do
		n = recvmsg(stream->socket_fd, &message, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n == 0 || (n == -1 && errno == ECONNRESET))
		return fail_gone(stream);
	if (n != -1 && !take_control(stream, &message)) {
		errno = EPROTO;
		return -1;
	}
	return n;
}

static ssize_t send_with_descriptors(
	struct transport_unix *stream, const uint8_t *data, size_t len, size_t count)
{
	union control control = { .header = { .cmsg_len = CMSG_LEN(count * sizeof(int)) } };
	struct iovec bytes = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	for (size_t i = 0; i < count; i++) {
		int fd = vp_descriptors_peek(&stream->outgoing, i);
		memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &fd, sizeof(int));
	}
	return sendmsg(stream->socket_fd, &message, MSG_NOSIGNAL);
}

static ssize_t send_once(
	struct transport_unix *stream, const uint8_t *data, size_t len, size_t buffers)
{
	if (buffers == 0)
		return send(stream->socket_fd, data, len, MSG_NOSIGNAL);
	ssize_t n = send_with_descriptors(stream, data, len, buffers);
	if (n > 0)
		vp_descriptors_drop(&stream->outgoing, buffers);
	return n;
}

static ssize_t write_bytes(
	struct vp_transport *base, const uint8_t *data, size_t len, size_t buffers)
{
	struct transport_unix *stream = transport_unix(base);
	if (buffers > stream->outgoing.count || buffers > VP_PENDING_DESCRIPTORS_MAX) {
		errno = EINVAL;
		return -1;
	}
	ssize_t n;
	do
		n = send_once(stream, data, len, buffers);
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EPIPE || errno == ECONNRESET))
		return fail_gone(stream);
	if (n == -1 && errno != EAGAIN && errno != EWOULDBLOCK)
		return -1;
	size_t written = n == -1 ? 0 : (size_t)n;
	return wait_for_room(stream, written < len) ? (ssize_t)written : -1;
}

static bool buffer_share(
	struct vp_transport *base, struct vp_buffer *buffer, struct vp_bytes *handle)
{
	return vp_buffer_memfd_share(buffer, &transport_unix(base)->outgoing, handle);
}

static bool buffer_map(struct vp_transport *base, const struct vp_buffer_create *message,
	struct vp_buffer **buffer)
{
	return vp_buffer_memfd_take(&transport_unix(base)->incoming, message, buffer);
}

static void destroy(struct vp_transport *base)
{
	struct transport_unix *stream = transport_unix(base);
	vp_descriptors_drop(&stream->incoming, stream->incoming.count);
	vp_descriptors_drop(&stream->outgoing, stream->outgoing.count);
	close(stream->epoll_fd);
	close(stream->socket_fd);
	free(stream);
}

static int watch_socket(int socket_fd)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd == -1)
		return -1;
	struct epoll_event event = { .events = EPOLLIN };
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, socket_fd, &event) == 0)
		return epoll_fd;
	int saved = errno;
	close(epoll_fd);
	errno = saved;
	return -1;
}

struct vp_transport *vp_transport_unix_create(int socket_fd)
{
	int flags = fcntl(socket_fd, F_GETFL);
	if (flags == -1 || fcntl(socket_fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return NULL;
	struct transport_unix *stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return NULL;
	stream->base.impl = &impl;
	stream->socket_fd = socket_fd;
	stream->epoll_fd = watch_socket(socket_fd);
	if (stream->epoll_fd == -1) {
		free(stream);
		return NULL;
	}
	return &stream->base;
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

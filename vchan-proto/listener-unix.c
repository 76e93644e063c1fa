#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listener.h"

struct listener_unix {
	struct vp_listener base;
	int socket_fd;
};

static const struct vp_listener_impl impl;

static struct listener_unix *listener_unix(struct vp_listener *listener)
{
	assert(listener->impl == &impl);
	return (struct listener_unix *)listener;
}

static int get_fd(struct vp_listener *base)
{
	return listener_unix(base)->socket_fd;
}

static struct vp_transport *accept_primary(struct vp_listener *base)
{
	int fd = accept4(listener_unix(base)->socket_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd == -1)
		return NULL;
	struct vp_transport *transport = vp_transport_unix_create(fd);
	if (transport == NULL) {
		int saved = errno;
		close(fd);
		errno = saved;
	}
	return transport;
}

/* A socket goes on listening by itself. */
static bool renew(struct vp_listener *base)
{
	(void)base;
	return true;
}

static void destroy(struct vp_listener *base)
{
	close(listener_unix(base)->socket_fd);
	free(base);
}

struct vp_listener *vp_listener_unix_create(int socket_fd)
{
	int flags = fcntl(socket_fd, F_GETFL);
	if (flags == -1 || fcntl(socket_fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return NULL;
	struct listener_unix *listener = malloc(sizeof(*listener));
	if (listener == NULL)
		return NULL;
	*listener = (struct listener_unix){ .base.impl = &impl, .socket_fd = socket_fd };
	return &listener->base;
}

static const struct vp_listener_impl impl = {
	.get_fd = get_fd,
	.accept = accept_primary,
	.renew = renew,
	.destroy = destroy,
};

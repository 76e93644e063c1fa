#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <xenstore.h>

#include "listener.h"
#include "transport-xen.h"

/*
 * A vchan serves one client. Each that a primary has taken is followed by another at the same path,
 * so that a new primary can take the place of one that hangs.
 */
struct listener_xen {
	struct vp_listener base;
	uint32_t primary;
	uint32_t instance;
	int epoll_fd; /* holds the descriptors of store and vchan */
	struct xs_handle *store; /* tells when the node is gone: the domain has been restored */
	char ring_path[2 * VP_VCHAN_PATH_BYTES];
	bool published; /* the node is there, unless somebody else has removed it */
	bool stale; /* the vchan is from before the domain was restored */
	struct libxenvchan *vchan; /* published, and not taken; NULL none */
};

static const struct vp_listener_impl impl;

static struct listener_xen *listener_xen(struct vp_listener *listener)
{
	assert(listener->impl == &impl);
	return (struct listener_xen *)listener;
}

static int get_fd(struct vp_listener *base)
{
	return listener_xen(base)->epoll_fd;
}

static bool watch_fd(struct listener_xen *listener, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	return epoll_ctl(listener->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* The vchan is not the listener's any more. */
static struct libxenvchan *take_vchan(struct listener_xen *listener)
{
	struct libxenvchan *vchan = listener->vchan;
	epoll_ctl(listener->epoll_fd, EPOLL_CTL_DEL, libxenvchan_fd_for_select(vchan), NULL);
	listener->vchan = NULL;
	return vchan;
}

static void close_vchan(struct listener_xen *listener)
{
	listener->published = false;
	if (listener->vchan != NULL)
		libxenvchan_close(take_vchan(listener));
}

static bool node_exists(struct listener_xen *listener)
{
	unsigned int len;
	void *value = xs_read(listener->store, XBT_NULL, listener->ring_path, &len);
	free(value);
	return value != NULL;
}

/* False if the node is gone: nobody but the hypervisor's tools takes it away, when the domain has
 * been restored. */
static bool take_store_events(struct listener_xen *listener)
{
	bool changed = false;
	char **event;
	while ((event = xs_check_watch(listener->store)) != NULL) {
		free(event);
		changed = true;
	}
	return !changed || !listener->published || node_exists(listener);
}

/* A primary has connected: the vchan is its transport's. */
static struct vp_transport *hand_over(struct listener_xen *listener)
{
	struct libxenvchan *vchan = take_vchan(listener);
	vp_vchan_disown_path(vchan);
	struct vp_transport *transport = vp_transport_xen_create(vchan, listener->primary);
	if (transport != NULL)
		return transport;
	int saved = errno;
	libxenvchan_close(vchan);
	errno = saved;
	return NULL;
}

static struct vp_transport *accept_primary(struct vp_listener *base)
{
	enum { CLOSED = 0, OPEN = 1 }; /* else nobody has come yet */
	struct listener_xen *listener = listener_xen(base);
	if (!take_store_events(listener)) {
		listener->stale = true;
		errno = ESTALE;
		return NULL;
	}
	errno = EAGAIN;
	if (listener->vchan == NULL)
		return NULL;
	(void)libxenvchan_wait(listener->vchan);
	int state = libxenvchan_is_open(listener->vchan);
	if (state == OPEN)
		return hand_over(listener);
	if (state == CLOSED)
		close_vchan(listener);
	errno = EAGAIN;
	return NULL;
}

static bool renew(struct vp_listener *base)
{
	struct listener_xen *listener = listener_xen(base);
	if (listener->stale)
		close_vchan(listener);
	listener->stale = false;
	if (listener->vchan != NULL)
		return true;
	listener->vchan = vp_vchan_serve(listener->primary, listener->instance);
	if (listener->vchan == NULL)
		return false;
	listener->published = true;
	if (watch_fd(listener, libxenvchan_fd_for_select(listener->vchan)))
		return true;
	int saved = errno;
	close_vchan(listener);
	errno = saved;
	return false;
}

static void destroy(struct vp_listener *base)
{
	struct listener_xen *listener = listener_xen(base);
	close_vchan(listener);
	if (listener->store != NULL)
		xs_close(listener->store);
	if (listener->epoll_fd != -1)
		close(listener->epoll_fd);
	free(listener);
}

static bool watch_store(struct listener_xen *listener)
{
	listener->store = xs_open(0);
	return listener->store != NULL && xs_watch(listener->store, listener->ring_path, "ring") &&
	       watch_fd(listener, xs_fileno(listener->store));
}

struct vp_listener *vp_listener_xen_create(
	uint32_t primary, uint32_t instance, char *error, size_t size)
{
	char path[VP_VCHAN_PATH_BYTES];
	struct listener_xen *listener = calloc(1, sizeof(*listener));
	if (listener == NULL) {
		vp_vchan_explain_serve(ENOMEM, error, size);
		return NULL;
	}
	listener->base.impl = &impl;
	listener->primary = primary;
	listener->instance = instance;
	listener->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	vp_vchan_path(path, instance);
	snprintf(listener->ring_path, sizeof(listener->ring_path), "%s/ring-ref", path);
	if (!renew(&listener->base))
		vp_vchan_explain_serve(errno, error, size);
	else if (!watch_store(listener))
		vp_vchan_explain_serve(ENXIO, error, size);
	else
		return &listener->base;
	destroy(&listener->base);
	return NULL;
}

static const struct vp_listener_impl impl = {
	.get_fd = get_fd,
	.accept = accept_primary,
	.renew = renew,
	.destroy = destroy,
};

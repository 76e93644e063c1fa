#include "listener.h"

int vp_listener_get_fd(struct vp_listener *listener)
{
	return listener->impl->get_fd(listener);
}

struct vp_transport *vp_listener_accept(struct vp_listener *listener)
{
	return listener->impl->accept(listener);
}

bool vp_listener_renew(struct vp_listener *listener)
{
	return listener->impl->renew(listener);
}

void vp_listener_destroy(struct vp_listener *listener)
{
	if (listener != NULL)
		listener->impl->destroy(listener);
}

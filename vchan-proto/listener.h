/*
 * Where primaries connect to the agent. One implementation per file (listener-unix.c,
 * listener-xen.c).
 *
 * Poll the descriptor for input only, then accept, then renew. The functions never block on a peer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport.h"

struct vp_listener {
	const struct vp_listener_impl *impl;
};

struct vp_listener_impl {
	int (*get_fd)(struct vp_listener *listener);
	struct vp_transport *(*accept)(struct vp_listener *listener);
	bool (*renew)(struct vp_listener *listener);
	void (*destroy)(struct vp_listener *listener);
};

/* The descriptor to poll for input; owned by the listener. */
int vp_listener_get_fd(struct vp_listener *listener);

/* A transport to a primary that has connected, the caller's. NULL with errno (EAGAIN: there is
 * none; ESTALE: this domain has been restored, all event channels of its processes are dead, and
 * renew will close the listener's). */
struct vp_transport *vp_listener_accept(struct vp_listener *listener);

/* Makes the listener ready for the next primary. Call it after each accept, and when a session has
 * ended, whose memory may have been in the way. False with errno: nobody can connect until a later
 * call succeeds. */
bool vp_listener_renew(struct vp_listener *listener);

/* The transports it has made live on. NULL is legal. */
void vp_listener_destroy(struct vp_listener *listener);

/* Takes over a listening stream socket of the unix domain, and makes it non-blocking. NULL with
 * errno, and the socket stays the caller's. */
struct vp_listener *vp_listener_unix_create(int socket_fd);

/* Serves, by vchan, the domain that is the primary. Instances of one domain are apart. NULL, and a
 * sentence for people in error, of size bytes. */
struct vp_listener *vp_listener_xen_create(
	uint32_t primary, uint32_t instance, char *error, size_t size);

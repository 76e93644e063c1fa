#include "agent-listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "guest-session.h"
#include "unix-socket.h"
#include "wire.h"

static int listen_inherited(void)
{
	int listening = 0;
	socklen_t len = sizeof(listening);
	if (getsockopt(GA_SESSION_LISTEN_FD, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 &&
		listening != 0 && fcntl(GA_SESSION_LISTEN_FD, F_SETFD, FD_CLOEXEC) == 0)
		return GA_SESSION_LISTEN_FD;
	fprintf(stderr, "oriel-agent: descriptor %d is no listening socket; use --listen=PATH\n",
		GA_SESSION_LISTEN_FD);
	return -1;
}

static int listen_at(const char *path)
{
	int fd = vp_unix_socket_listen(path, SOCK_STREAM, SOMAXCONN);

	if (fd == -1 && errno == ENAMETOOLONG)
		fprintf(stderr, "oriel-agent: the path \"%s\" is too long for a socket\n", path);
	else if (fd == -1)
		fprintf(stderr, "oriel-agent: cannot listen at \"%s\": %s\n", path,
			strerror(errno));
	return fd;
}

static struct vp_listener *listen_by_vchan(const struct ga_options *options)
{
	char error[VP_REASON_MAX];
	struct vp_listener *listener = vp_listener_xen_create(
		options->primary, options->xen_instance, error, sizeof(error));
	if (listener == NULL)
		fprintf(stderr, "oriel-agent: cannot serve domain %u: %s\n", options->primary,
			error);
	return listener;
}

struct vp_listener *ga_agent_listener_open(const struct ga_options *options)
{
	if (options->xen)
		return listen_by_vchan(options);
	int fd =
		options->listen_path != NULL ? listen_at(options->listen_path) : listen_inherited();
	struct vp_listener *listener = fd != -1 ? vp_listener_unix_create(fd) : NULL;
	if (fd != -1 && listener == NULL)
		fprintf(stderr, "oriel-agent: cannot use the listening socket: %s\n",
			strerror(errno));
	return listener;
}

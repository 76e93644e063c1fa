#include "service.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gio/gio.h>

enum { FIRST_FD = 3 };

/* The value of a variable, which the environment then lacks; the caller frees it. */
static char *take_variable(const char *name)
{
	char *value = g_strdup(g_getenv(name));

	g_unsetenv(name);
	return value;
}

static gboolean is_number(const char *text, guint64 expected)
{
	guint64 number;

	return text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT, &number, NULL) &&
	       number == expected;
}

static gboolean is_listening(int fd)
{
	int domain = 0;
	int type = 0;
	int listening = 0;
	socklen_t len = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening;
}

gboolean hc_service_take(struct hc_service *service, GError **error)
{
	g_autofree char *pid = take_variable("LISTEN_PID");
	g_autofree char *count = take_variable("LISTEN_FDS");

	g_unsetenv("LISTEN_FDNAMES");
	*service = (struct hc_service){ -1, take_variable("NOTIFY_SOCKET") };
	if (!is_number(pid, (guint64)getpid()))
		return TRUE;
	if (!is_number(count, 1) || !is_listening(FIRST_FD)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
			"what started it hands over something else than one listening unix stream "
			"socket: use the unit oriel.socket");
		return FALSE;
	}
	fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC);
	service->socket = FIRST_FD;
	return TRUE;
}

void hc_service_tell(const struct hc_service *service, const char *assignment)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = service->notify_path;
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len == 0 || len >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, len);
	if (*path == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, assignment, strlen(assignment), MSG_NOSIGNAL | MSG_DONTWAIT,
		(const struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

void hc_service_finish(struct hc_service *service)
{
	g_clear_pointer(&service->notify_path, g_free);
}

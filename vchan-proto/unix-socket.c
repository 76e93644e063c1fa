#include "unix-socket.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool fill_address(struct sockaddr_un *address, const char *path)
{
	size_t len = strlen(path);

	if (len >= sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, path, len);
	return true;
}

/* Keeps errno, which says why. */
static int give_up(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

int vp_unix_socket_listen(const char *path, int type, int backlog)
{
	struct sockaddr_un address;
	int fd;

	if (!fill_address(&address, path))
		return -1;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		listen(fd, backlog) == 0)
		return fd;
	return give_up(fd);
}

int vp_unix_socket_connect(const char *path, int type)
{
	struct sockaddr_un address;
	int fd;

	if (!fill_address(&address, path))
		return -1;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	return give_up(fd);
}

#include "instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "paths.h"

struct hc_instance {
	int lock_fd;
	bool socket_inherited; /* and so not to be removed */
};

static bool fail(GError **error, const char *what, const char *path, int code)
{
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "%s %s: %s", what, path,
		g_strerror(code));
	return false;
}

static bool make_directory(GError **error)
{
	g_autofree char *path = hc_path_runtime();
	struct stat info;

	if (g_mkdir_with_parents(path, 0700) < 0 || stat(path, &info) < 0)
		return fail(error, "cannot make the runtime directory", path, errno);
	if (info.st_uid != getuid())
		return fail(error, "another user owns the runtime directory", path, EPERM);
	if (chmod(path, 0700) < 0)
		return fail(error, "cannot protect the runtime directory", path, errno);
	return true;
}

/* True if fd is still the file at path, and not one that its last holder removed. */
static bool is_file_at(int fd, const char *path)
{
	struct stat open_file;
	struct stat named_file;

	return fstat(fd, &open_file) == 0 && stat(path, &named_file) == 0 &&
	       open_file.st_dev == named_file.st_dev && open_file.st_ino == named_file.st_ino;
}

/* For people who want to end a broker that does not answer; it works without. */
static void note_holder(int fd)
{
	if (ftruncate(fd, 0) == 0)
		dprintf(fd, "%d\n", (int)getpid());
}

static int take_lock(const char *path, GError **error)
{
	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		if (fd < 0) {
			fail(error, "cannot open the lock", path, errno);
			return -1;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			if (errno == EWOULDBLOCK)
				g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
					"another orield runs already and holds %s: use that one, "
					"or end it with 'oriel quit'",
					path);
			else
				fail(error, "cannot lock", path, errno);
			close(fd);
			return -1;
		}
		if (is_file_at(fd, path)) {
			note_holder(fd);
			return fd;
		}
		close(fd);
	}
}

static bool clear_socket(GError **error)
{
	g_autofree char *path = hc_path_broker_socket();
	struct sockaddr_un address;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(error, "a shorter XDG_RUNTIME_DIR is needed for the socket", path,
			ENAMETOOLONG);
	if (unlink(path) < 0 && errno != ENOENT)
		return fail(error, "cannot replace the socket of an earlier broker,", path, errno);
	return true;
}

struct hc_instance *hc_instance_acquire(bool socket_inherited, GError **error)
{
	g_autofree char *path = hc_path_broker_lock();
	struct hc_instance *instance;
	int fd;

	if (!make_directory(error))
		return NULL;
	fd = take_lock(path, error);
	if (fd < 0)
		return NULL;
	instance = g_new0(struct hc_instance, 1);
	instance->lock_fd = fd;
	instance->socket_inherited = socket_inherited;
	if (!socket_inherited && !clear_socket(error)) {
		hc_instance_release(instance);
		return NULL;
	}
	return instance;
}

void hc_instance_release(struct hc_instance *instance)
{
	g_autofree char *socket_path = hc_path_broker_socket();
	g_autofree char *lock_path = hc_path_broker_lock();
	g_autofree char *directory = hc_path_runtime();

	if (!instance)
		return;
	if (!instance->socket_inherited)
		unlink(socket_path);
	unlink(lock_path);
	rmdir(directory);
	close(instance->lock_fd);
	g_free(instance);
}

#define G_LOG_DOMAIN "ga-session"

#include "log-bound.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

enum { DIRECTORY_MODE = 0700, EVENT_BYTES = 4096 };

static bool is_file(int fd, off_t *size)
{
	struct stat status;
	if (fstat(fd, &status) == -1 || !S_ISREG(status.st_mode))
		return false;
	*size = status.st_size;
	return true;
}

/* The file may lie outside the guest's sandbox, where it has no name in here but this. One that is
 * not appended to would not become shorter by being emptied. */
static bool watch_own_log(int fd, int own_log)
{
	off_t size;
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", own_log);
	if (!is_file(own_log, &size) || (fcntl(own_log, F_GETFL) & O_APPEND) == 0)
		return true;
	return inotify_add_watch(fd, path, IN_MODIFY) != -1;
}

int ga_log_bound_open(const char *directory, int own_log)
{
	if (g_mkdir_with_parents(directory, DIRECTORY_MODE) == -1)
		return -1;
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd != -1 && (inotify_add_watch(fd, directory, IN_MODIFY | IN_ONLYDIR) == -1 ||
				!watch_own_log(fd, own_log))) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static bool empty_if_full(int log)
{
	off_t size;
	return is_file(log, &size) && size > GA_LOG_BYTES_MAX && ftruncate(log, 0) == 0;
}

static void bound_log(const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return;
	if (empty_if_full(fd))
		g_message("%s was full, and has been emptied", path);
	close(fd);
}

void ga_log_bound_dispatch(int fd, const char *directory, int own_log)
{
	_Alignas(struct inotify_event) char buffer[EVENT_BYTES];
	ssize_t n;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *event = (const void *)(buffer + at);
			if (event->len > 0)
				bound_log(directory, event->name);
			else if (empty_if_full(own_log))
				g_message("this log was full, and has been emptied");
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
}

#define G_LOG_DOMAIN "ga-session"

#include "log-bound.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

enum { DIRECTORY_MODE = 0700, EVENT_BYTES = 4096 };

int ga_log_bound_open(const char *directory)
{
	if (g_mkdir_with_parents(directory, DIRECTORY_MODE) == -1)
		return -1;
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd != -1 && inotify_add_watch(fd, directory, IN_MODIFY | IN_ONLYDIR) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static void bound_log(const char *directory, const char *name)
{
	struct stat status;
	g_autofree char *path = g_build_filename(directory, name, NULL);
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
		status.st_size > GA_LOG_BYTES_MAX && ftruncate(fd, 0) == 0)
		g_message("%s was full, and has been emptied", path);
	close(fd);
}

void ga_log_bound_dispatch(int fd, const char *directory)
{
	_Alignas(struct inotify_event) char buffer[EVENT_BYTES];
	ssize_t n;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *event = (const void *)(buffer + at);
			if (event->len > 0)
				bound_log(directory, event->name);
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
}

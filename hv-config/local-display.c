#include "local-display.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <X11/Xauth.h>

#include "driver.h"
#include "local-error.h"
#include "local-process.h"
#include "unix-socket.h"

#define SOCKET_DIRECTORY "/tmp/.X11-unix"
#define COOKIE_NAME "MIT-MAGIC-COOKIE-1"

/* As every X server writes it: the process id in ten places, and a line's end. */
enum { LOCK_SIZE = 11, COOKIE_SIZE = 16, PATH_SIZE = 64 };

static void lock_path(uint32_t display, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "/tmp/.X%u-lock", display);
}

static void socket_path(uint32_t display, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, SOCKET_DIRECTORY "/X%u", display);
}

/* The owner of a lock file; 0 if there is no such file, -1 if it cannot be told. */
static pid_t read_lock(const char *path)
{
	char text[LOCK_SIZE + 1] = { 0 };
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	ssize_t len = read(fd, text, LOCK_SIZE);
	close(fd);
	long pid = len == LOCK_SIZE ? strtol(text, NULL, 10) : 0;
	return pid > 0 ? (pid_t)pid : -1;
}

/* True if nobody listens at the socket, or behind the link. */
static bool socket_is_dead(const char *path)
{
	int fd = vp_unix_socket_connect(path, SOCK_STREAM | SOCK_NONBLOCK);
	if (fd == -1)
		return errno == ECONNREFUSED || errno == ENOENT;
	close(fd);
	return false;
}

bool hv_display_is_free(uint32_t display)
{
	char lock[PATH_SIZE], link[PATH_SIZE];
	lock_path(display, lock);
	socket_path(display, link);
	pid_t owner = read_lock(lock);
	if (owner > 0 && !hv_process_is_alive(owner)) {
		unlink(lock);
		owner = read_lock(lock);
	}
	if (owner == 0 && socket_is_dead(link))
		unlink(link);
	struct stat st;
	return owner == 0 && lstat(link, &st) != 0 && errno == ENOENT;
}

static bool write_lock(int fd, pid_t owner)
{
	char text[LOCK_SIZE + 1];
	snprintf(text, sizeof(text), "%10d\n", (int)owner);
	return write(fd, text, LOCK_SIZE) == LOCK_SIZE;
}

/* False with errno: EEXIST if another has been faster. */
static bool create_lock(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0)
		return false;
	bool written = write_lock(fd, getpid());
	int cause = errno;
	close(fd);
	if (!written)
		unlink(path);
	errno = cause;
	return written;
}

bool hv_display_reserve(uint32_t first, uint32_t *display, GError **error)
{
	enum { COUNT = HV_DISPLAY_MAX - HV_DISPLAY_MIN + 1 };
	for (uint32_t i = 0; i < COUNT; i++) {
		uint32_t number = HV_DISPLAY_MIN + (first - HV_DISPLAY_MIN + i) % COUNT;
		char lock[PATH_SIZE];
		lock_path(number, lock);
		if (!hv_display_is_free(number))
			continue;
		if (create_lock(lock)) {
			*display = number;
			return true;
		}
		if (errno != EEXIST)
			return hv_local_fail(
				error, "the lock file %s of its display cannot be written", lock);
	}
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE,
		"all displays from :%d to :%d are taken; stop a VM or an X server, or remove what "
		"dead ones left in " SOCKET_DIRECTORY,
		HV_DISPLAY_MIN, HV_DISPLAY_MAX);
	return false;
}

bool hv_display_set_owner(uint32_t display, pid_t owner)
{
	char lock[PATH_SIZE];
	lock_path(display, lock);
	g_autofree char *fresh = g_strdup_printf("%s.%d", lock, (int)getpid());
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0)
		return false;
	bool done = write_lock(fd, owner) && rename(fresh, lock) == 0;
	int cause = errno;
	close(fd);
	if (!done)
		unlink(fresh);
	errno = cause;
	return done;
}

bool hv_display_publish(uint32_t display, const char *directory, GError **error)
{
	char link[PATH_SIZE];
	socket_path(display, link);
	g_autofree char *target = g_strdup_printf("%s/X%u", directory, display);
	if (mkdir(SOCKET_DIRECTORY, 01777) == 0)
		chmod(SOCKET_DIRECTORY, 01777); /* what the umask took */
	if (symlink(target, link) == 0)
		return true;
	return hv_local_fail(error, "the socket of its display cannot be linked to %s", link);
}

bool hv_display_release(uint32_t display, pid_t owner)
{
	char lock[PATH_SIZE], link[PATH_SIZE];
	lock_path(display, lock);
	socket_path(display, link);
	pid_t now = read_lock(lock);
	if (now < 0 || (now != owner && now != getpid() && hv_process_is_alive(now)))
		return false;
	if (now == 0 && !socket_is_dead(link))
		return false;
	unlink(link);
	unlink(lock);
	return true;
}

bool hv_display_write_cookie(const char *path, uint32_t display, GError **error)
{
	char cookie[COOKIE_SIZE], number[16];
	if (getrandom(cookie, sizeof(cookie), 0) != (ssize_t)sizeof(cookie))
		return hv_local_fail(error, "no random numbers are to be had for its cookie");
	int len = snprintf(number, sizeof(number), "%u", display);
	char name[] = COOKIE_NAME;
	Xauth entry = {
		.family = FamilyWild,
		.number_length = (unsigned short)len,
		.number = number,
		.name_length = sizeof(name) - 1,
		.name = name,
		.data_length = sizeof(cookie),
		.data = cookie,
	};
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool written = file != NULL && XauWriteAuth(file, &entry) == 1;
	written = file != NULL && fclose(file) == 0 && written;
	return written || hv_local_fail(error, "its cookie file %s cannot be written", path);
}

#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>

#include "paths.h"

enum {
	LINE_MAX_BYTES = 4096,
	LOG_BYTES_MAX = 4 << 20,
	EXIT_CANNOT_EXECUTE = 127,
};

/* Appends to the log; one that has grown long is put aside first. */
static int open_log(const char *path, GError **error)
{
	g_autofree char *directory = g_path_get_dirname(path);
	struct stat info;
	int fd = -1;

	if (stat(path, &info) == 0 && info.st_size > LOG_BYTES_MAX) {
		g_autofree char *old = g_strconcat(path, ".old", NULL);

		rename(path, old);
	}
	if (g_mkdir_with_parents(directory, 0700) == 0)
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
			"cannot write the broker's log %s: %s: make room or set XDG_STATE_HOME",
			path, g_strerror(errno));
	return fd;
}

/* In a child of a child, in a session of its own: it belongs to no terminal and is nobody's to
 * reap. */
static void execute(const char *program, int log_fd, int ready_fd, const sigset_t *mask)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	char option[64];
	char *const arguments[] = { (char[]){ "orield" }, option, NULL };

	snprintf(option, sizeof(option), "--ready-fd=%d", ready_fd);
	if (setsid() < 0 || fork() != 0)
		_exit(EXIT_SUCCESS);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(log_fd, STDOUT_FILENO) < 0 ||
		dup2(log_fd, STDERR_FILENO) < 0 || chdir("/") < 0)
		_exit(EXIT_FAILURE);
	/* What this program's parent left open is nobody's in the background. */
	close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
	fcntl(ready_fd, F_SETFD, 0);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execv(program, arguments);
	dprintf(ready_fd, "cannot execute %s: %s\n", program, strerror(errno));
	_exit(EXIT_CANNOT_EXECUTE);
}

/* Waits for the line that the broker writes when it is ready: empty, or its error. */
static bool read_answer(int fd, const char *log_path, GError **error)
{
	char line[LINE_MAX_BYTES];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(line) - 1 && ((n = read(fd, line + len, sizeof(line) - 1 - len)) > 0 ||
						 (n < 0 && errno == EINTR))) {
		if (n > 0)
			len += (size_t)n;
	}
	line[len] = '\0';
	if (strcmp(line, "\n") == 0)
		return true;
	g_strchomp(line);
	if (*line)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the broker does not start: %s",
			line);
	else
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			"the broker ended before it was ready: see its log %s", log_path);
	return false;
}

/* Whoever interrupts this program and then calls 'oriel quit' must find the broker that has been
 * begun. mask: what was blocked before. */
static void put_interruption_off(sigset_t *mask)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, mask);
}

bool hc_start_broker(GError **error)
{
	g_autofree char *program = hc_path_program("orield");
	g_autofree char *log_path = hc_path_broker_log();
	int ready[2];
	sigset_t mask;
	int log_fd;
	bool result;
	pid_t pid;

	if (!program) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"the program orield is neither beside oriel nor on PATH: install it");
		return false;
	}
	log_fd = open_log(log_path, error);
	if (log_fd < 0)
		return false;
	if (pipe2(ready, O_CLOEXEC) < 0) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
			"cannot start the broker: %s", g_strerror(errno));
		close(log_fd);
		return false;
	}
	put_interruption_off(&mask);
	pid = fork();
	if (pid == 0)
		execute(program, log_fd, ready[1], &mask);
	close(ready[1]);
	close(log_fd);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	result = read_answer(ready[0], log_path, error);
	close(ready[0]);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return result;
}

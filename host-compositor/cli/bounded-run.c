#include "bounded-run.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

enum { OUTPUT_BYTES_MAX = 64 * 1024, READ_BYTES = 4096, MS_PER_SECOND = 1000 };

/* False if there is no more to come in time. */
static bool read_some(int fd, gint64 deadline, GString *output)
{
	struct pollfd poll_fd = { fd, POLLIN, 0 };
	gint64 left = (deadline - g_get_monotonic_time()) / MS_PER_SECOND;
	char buffer[READ_BYTES];
	ssize_t n;

	if (output->len >= OUTPUT_BYTES_MAX || left <= 0 || poll(&poll_fd, 1, (int)left) <= 0)
		return false;
	n = read(fd, buffer, sizeof(buffer));
	if (n > 0)
		g_string_append_len(output, buffer, n);
	return n > 0;
}

int hc_bounded_run(const char *const *argv, int seconds, char **output)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
	g_autoptr(GString) text = g_string_new(NULL);
	GPid pid = 0;
	int status = -1;
	int fd = -1;

	if (g_spawn_async_with_pipes_and_fds(NULL, argv, NULL,
		    G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
		    NULL, NULL, -1, -1, -1, NULL, NULL, 0, &pid, NULL, &fd, NULL, NULL)) {
		while (read_some(fd, deadline, text))
			continue;
		close(fd);
		/* It has closed its output, and so is about to end; or it is late. */
		if (g_get_monotonic_time() >= deadline)
			kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	*output = g_utf8_make_valid(text->str, (gssize)text->len);
	return status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

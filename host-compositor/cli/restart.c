/*
 * oriel restart: another broker takes the VMs and their windows over, of the programs that are
 * installed now.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <gio/gio.h>

#include "arguments.h"
#include "client.h"
#include "commands.h"
#include "output.h"
#include "paths.h"

enum { PID_CHARS = 16 };

/* The process that holds the lock, by what it has written there; 0 if there is none. */
static pid_t find_holder(int lock_fd)
{
	char text[PID_CHARS] = "";

	if (flock(lock_fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK ||
		pread(lock_fd, text, sizeof(text) - 1, 0) < 0)
		return 0;
	return (pid_t)strtol(text, NULL, 10);
}

/* Returns once the broker is gone; false with an error. */
static bool end_broker(GError **error)
{
	g_autofree char *path = hc_path_broker_lock();
	int lock_fd = open(path, O_RDWR | O_CLOEXEC);
	pid_t holder;
	bool ended = true;

	if (lock_fd < 0)
		return true;
	holder = find_holder(lock_fd);
	if (holder > 0) {
		ended = kill(holder, SIGHUP) == 0 && flock(lock_fd, LOCK_EX) == 0;
		if (!ended)
			g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
				"cannot end the broker, process %d: %s", (int)holder,
				g_strerror(errno));
	}
	close(lock_fd);
	return ended;
}

int hc_command_restart(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	struct hc_client *client = end_broker(&error) ? hc_client_open(&error) : NULL;

	(void)arguments;
	if (!client)
		return hc_fail(error);
	hc_client_close(client);
	return HC_EXIT_DONE;
}

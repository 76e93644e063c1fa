/*
 * oriel quit: ends all VMs and the broker.
 */
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "arguments.h"
#include "client.h"
#include "commands.h"
#include "output.h"
#include "paths.h"

/* True if a broker that died has left VMs. */
static bool has_leftovers(void)
{
	g_autofree char *path = hc_path_runtime();
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *entry = g_build_filename(path, name, NULL);

		if (g_file_test(entry, G_FILE_TEST_IS_DIR))
			return true;
	}
	return false;
}

/* The broker holds its lock until it is gone. */
static void wait_for_end(int lock_fd)
{
	if (lock_fd < 0)
		return;
	flock(lock_fd, LOCK_EX);
	close(lock_fd);
}

int hc_command_quit(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = NULL;
	g_autofree char *lock_path = hc_path_broker_lock();
	struct hc_client *client = hc_client_open_running(&error);
	int lock_fd;

	(void)arguments;
	if (!client && !error && !has_leftovers()) {
		printf("Nothing is running.\n");
		return HC_EXIT_DONE;
	}
	if (!client && !error)
		client = hc_client_open(&error);
	if (!client)
		return hc_fail(error);
	lock_fd = open(lock_path, O_RDWR | O_CLOEXEC);
	reply = hc_client_call(client, "Quit", NULL, NULL, -1, &error);
	hc_client_close(client);
	wait_for_end(reply ? lock_fd : -1);
	return reply ? HC_EXIT_DONE : hc_fail(error);
}

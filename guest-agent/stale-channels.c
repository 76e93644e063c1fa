#include "stale-channels.h"

#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <unistd.h>

#include "process.h"

enum {
	CHANNELS_MAX = 8, /* of the listener, of the session, and some to spare */
	FIRST_FD = STDERR_FILENO + 1, /* in the holder */
};

static bool is_event_channel(const char *number)
{
	g_autofree char *link = g_build_filename("/proc/self/fd", number, NULL);
	g_autofree char *target = g_file_read_link(link, NULL);
	return target != NULL && g_str_has_suffix(target, "/xen/evtchn");
}

static size_t find_channels(struct ga_process_fd *fds)
{
	g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
	size_t count = 0;
	const char *number;
	while (directory != NULL && count < CHANNELS_MAX &&
		(number = g_dir_read_name(directory)) != NULL) {
		if (!is_event_channel(number))
			continue;
		fds[count] = (struct ga_process_fd){ atoi(number), FIRST_FD + (int)count };
		count++;
	}
	return count;
}

pid_t ga_stale_channels_hold(void)
{
	static const char *const argv[] = { "sleep", "infinity", NULL };
	struct ga_process_fd fds[CHANNELS_MAX];
	size_t count = find_channels(fds);
	if (count == 0)
		return 0;
	return ga_process_spawn(
		&(struct ga_process_spec){ .argv = argv, .fds = fds, .fd_count = count });
}

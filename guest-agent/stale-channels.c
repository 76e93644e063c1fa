#include "stale-channels.h"

#include <errno.h>
#include <glib.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool is_event_channel(const char *number)
{
	g_autofree char *link = g_build_filename("/proc/self/fd", number, NULL);
	g_autofree char *target = g_file_read_link(link, NULL);
	return target != NULL && g_str_has_suffix(target, "/xen/evtchn");
}

static int compare_numbers(const void *a, const void *b)
{
	int x = *(const int *)a;
	int y = *(const int *)b;
	return (x > y) - (x < y);
}

/* In ascending order. */
static GArray *find_channels(void)
{
	GArray *channels = g_array_new(FALSE, FALSE, sizeof(int));
	g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
	const char *number;
	while (directory != NULL && (number = g_dir_read_name(directory)) != NULL) {
		int fd = atoi(number);
		if (is_event_channel(number))
			g_array_append_val(channels, fd);
	}
	g_array_sort(channels, compare_numbers);
	return channels;
}

static void close_all_but(const int *kept, size_t count)
{
	unsigned int next = 0;
	for (size_t i = 0; i < count; i++) {
		unsigned int fd = (unsigned int)kept[i];
		if (fd > next)
			close_range(next, fd - 1, 0);
		next = fd + 1;
	}
	close_range(next, ~0U, 0);
}

/* Other threads may have held locks when this process was made: there is nothing here but system
 * calls. */
static _Noreturn void hold(const GArray *channels)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "oriel-channels");
	close_all_but((const int *)(const void *)channels->data, channels->len);
	for (;;)
		pause();
}

pid_t ga_stale_channels_hold(void)
{
	g_autoptr(GArray) channels = find_channels();
	if (channels->len == 0)
		return 0;
	pid_t holder = fork();
	if (holder == 0)
		hold(channels);
	return holder;
}

#include "stale-channels.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

/* How many descriptors of a process are of that file. */
static unsigned int count_open(pid_t pid, const char *path)
{
	g_autofree char *directory = g_strdup_printf("/proc/%d/fd", (int)pid);
	g_autoptr(GDir) numbers = g_dir_open(directory, 0, NULL);
	unsigned int count = 0;
	const char *number;
	CU_ASSERT_PTR_NOT_NULL_FATAL(numbers);
	while ((number = g_dir_read_name(numbers)) != NULL) {
		g_autofree char *link = g_build_filename(directory, number, NULL);
		g_autofree char *target = g_file_read_link(link, NULL);
		count += g_strcmp0(target, path) == 0;
	}
	return count;
}

static void test_held(void)
{
	g_autofree char *directory = g_dir_make_tmp("stale-XXXXXX", NULL);
	g_autofree char *devices = g_build_filename(directory, "xen", NULL);
	g_autofree char *path = g_build_filename(devices, "evtchn", NULL);
	CU_ASSERT_FATAL(g_mkdir(devices, 0700) == 0);
	int first = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int second = open(path, O_RDWR | O_CLOEXEC);
	CU_ASSERT_FATAL(first != -1 && second != -1);
	pid_t holder = ga_stale_channels_hold();
	CU_ASSERT_FATAL(holder > 0);
	close(first);
	close(second);
	CU_ASSERT_EQUAL(count_open(holder, path), 2);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	g_unlink(path);
	g_rmdir(devices);
	g_rmdir(directory);
}

static void test_none(void)
{
	CU_ASSERT_EQUAL(ga_stale_channels_hold(), 0);
}

static const struct unit_test tests[] = {
	{ "event channels stay open in a process of their own", test_held },
	{ "without event channels there is no process", test_none },
};

UNIT_MAIN("stale event channels", tests)

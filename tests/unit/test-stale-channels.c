#include "stale-channels.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer-memfd.h"
#include "unit.h"

enum { RING_BYTES = 4096 };

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

/* Event channels of a domain, and one more file that is open. */
struct channels {
	char *directory;
	char *devices;
	char *path;
	int first;
	int second;
	int other;
};

static void open_channels(struct channels *channels)
{
	channels->directory = g_dir_make_tmp("stale-XXXXXX", NULL);
	channels->devices = g_build_filename(channels->directory, "xen", NULL);
	channels->path = g_build_filename(channels->devices, "evtchn", NULL);
	CU_ASSERT_FATAL(g_mkdir(channels->devices, 0700) == 0);
	channels->first = open(channels->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	channels->other = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	channels->second = open(channels->path, O_RDWR | O_CLOEXEC);
	CU_ASSERT_FATAL(channels->first != -1 && channels->second != -1);
}

static void remove_channels(struct channels *channels)
{
	g_unlink(channels->path);
	g_rmdir(channels->devices);
	g_rmdir(channels->directory);
	g_free(channels->path);
	g_free(channels->devices);
	g_free(channels->directory);
}

static void end_holder(pid_t holder)
{
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
}

/* The holder closes the others after it has been made. */
static void await_closed(pid_t holder, const char *path)
{
	while (count_open(holder, path) > 0)
		g_thread_yield();
}

static void test_held(void)
{
	struct channels channels;
	open_channels(&channels);
	pid_t holder = ga_stale_channels_hold();
	CU_ASSERT_FATAL(holder > 0);
	close(channels.first);
	close(channels.second);
	await_closed(holder, "/dev/zero");
	CU_ASSERT_EQUAL(count_open(holder, channels.path), 2);
	kill(holder, SIGTERM);
	CU_ASSERT_EQUAL(waitpid(holder, NULL, WNOHANG), 0);
	end_holder(holder);
	close(channels.other);
	remove_channels(&channels);
}

static bool maps(pid_t pid, const char *name)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/maps", (int)pid);
	g_autofree char *maps = NULL;
	CU_ASSERT_FATAL(g_file_get_contents(path, &maps, NULL, NULL));
	return strstr(maps, name) != NULL;
}

static void test_mappings(void)
{
	struct channels channels;
	open_channels(&channels);
	int ring_fd = memfd_create("ring", MFD_CLOEXEC);
	CU_ASSERT_FATAL(ring_fd != -1 && ftruncate(ring_fd, RING_BYTES) == 0);
	void *ring = mmap(NULL, RING_BYTES, PROT_READ, MAP_SHARED, ring_fd, 0);
	CU_ASSERT_FATAL(ring != MAP_FAILED);
	struct vp_buffer *buffer = vp_buffer_memfd_create(10, 10, VP_FORMAT_XRGB8888);
	CU_ASSERT_FATAL(buffer != NULL && vp_buffer_data(buffer) != NULL);

	pid_t holder = ga_stale_channels_hold();
	CU_ASSERT_FATAL(holder > 0);
	munmap(ring, RING_BYTES);
	close(ring_fd);
	CU_ASSERT(maps(getpid(), "oriel-buffer") && !maps(getpid(), "memfd:ring"));
	CU_ASSERT(!maps(holder, "oriel-buffer") && maps(holder, "memfd:ring"));
	end_holder(holder);
	vp_buffer_destroy(buffer);
	close(channels.first);
	close(channels.second);
	close(channels.other);
	remove_channels(&channels);
}

static void test_none(void)
{
	CU_ASSERT_EQUAL(ga_stale_channels_hold(), 0);
}

static const struct unit_test tests[] = {
	{ "event channels stay open, and nothing else, in a process of their own", test_held },
	{ "rings stay mapped there, and pixels do not", test_mappings },
	{ "without event channels there is no process", test_none },
};

UNIT_MAIN("stale event channels", tests)

#include "tree-confine.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/landlock.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tree-bench.h"
#include "unit.h"

static struct tree_bench bench;

/* Runs try in a confined process: true if that fails with EPERM or EACCES. */
static bool is_refused(int (*try)(void))
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		if (!vp_tree_confine(bench.fd))
			_exit(2);
		errno = 0;
		_exit(try() == -1 && (errno == EPERM || errno == EACCES) ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int open_file_elsewhere(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static int make_file_elsewhere(void)
{
	return openat(bench.fd, "../oriel-test-confine", O_WRONLY | O_CREAT | O_EXCL, 0600);
}

static int make_link(void)
{
	return symlinkat("/etc/passwd", bench.fd, "link");
}

static int make_fifo(void)
{
	return mkfifoat(bench.fd, "fifo", 0600);
}

static int connect_out(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int run_program(void)
{
	return execl("/bin/true", "true", NULL);
}

static int signal_parent(void)
{
	return kill(getppid(), 0);
}

static int map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? -1
		       : 0;
}

static void test_refused(void)
{
	static int (*const tries[])(
		void) = { make_link, make_fifo, connect_out, run_program, signal_parent, map_code };
	tree_bench_init(&bench);
	for (size_t i = 0; i < G_N_ELEMENTS(tries); i++)
		CU_ASSERT_TRUE(is_refused(tries[i]));
	CU_ASSERT_EQUAL(tree_bench_count(&bench), 0);
	tree_bench_finish(&bench);
}

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 1;
}

/* Kernels without Landlock keep to the other bounds. */
static void test_files(void)
{
	if (!has_landlock())
		return;
	tree_bench_init(&bench);
	CU_ASSERT_TRUE(is_refused(open_file_elsewhere));
	CU_ASSERT_TRUE(is_refused(make_file_elsewhere));
	tree_bench_finish(&bench);
}

static const struct unit_test tests[] = {
	{ "links, sockets, programs, signals and code are refused", test_refused },
	{ "where the kernel has Landlock, files elsewhere are, too", test_files },
};

UNIT_MAIN("a confined receiver", tests)

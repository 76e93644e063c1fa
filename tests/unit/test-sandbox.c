#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

enum {
	MEMORY = 1 << 30,
	DESCRIPTORS = 32,
	PAGE = 4096,
	NOT_CONFINED = 99,
};

static pid_t parent; /* of the process in the sandbox */

/* What a process in the sandbox tries: 0 or errno. */
typedef int attempt(void);

static int outcome(bool succeeded)
{
	return succeeded ? 0 : errno;
}

/* The process's wait status. */
static int try_confined(attempt *what, bool xen)
{
	const struct hc_sandbox sandbox = {
		.memory = MEMORY, .descriptors = DESCRIPTORS, .mute = true, .xen = xen
	};
	parent = getpid();
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		_exit(hc_sandbox_enter(&sandbox) ? what() : NOT_CONFINED);
	waitpid(child, &status, 0);
	return status;
}

static bool refused(attempt *what)
{
	int status = try_confined(what, false);
	return WIFEXITED(status) && WEXITSTATUS(status) == EACCES;
}

static bool killed(attempt *what)
{
	int status = try_confined(what, false);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static bool works(attempt *what)
{
	int status = try_confined(what, false);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int open_file(void)
{
	return outcome(open("/etc/hostname", O_RDONLY | O_CLOEXEC) >= 0);
}

static int list_home(void)
{
	const char *home = getenv("HOME");
	return outcome(open(home != NULL ? home : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0);
}

static int make_file(void)
{
	return outcome(open("/tmp", O_TMPFILE | O_RDWR, 0600) >= 0);
}

static int open_x_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/tmp/.X11-unix/X0" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	return outcome(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
}

static int open_network(void)
{
	return outcome(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static void test_nothing_to_open(void)
{
	CU_ASSERT(refused(open_file));
	CU_ASSERT(refused(list_home));
	CU_ASSERT(refused(make_file));
	CU_ASSERT(refused(open_x_socket));
	CU_ASSERT(refused(open_network));
}

static int run_program(void)
{
	char *const arguments[] = { (char[]){ "true" }, NULL };
	return outcome(execv("/bin/true", arguments) == 0);
}

static int start_process(void)
{
	return outcome(fork() >= 0);
}

static int trace_parent(void)
{
	return outcome(ptrace(PTRACE_ATTACH, parent, NULL, NULL) == 0);
}

static int signal_parent(void)
{
	return outcome(kill(parent, SIGUSR1) == 0);
}

static int have_signals_sent(void)
{
	return outcome(fcntl(STDERR_FILENO, F_SETOWN, parent) == 0);
}

static int make_code(void)
{
	return outcome(mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0) != MAP_FAILED);
}

static int make_data_code(void)
{
	void *data = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return outcome(mprotect(data, PAGE, PROT_READ | PROT_EXEC) == 0);
}

static int remove_file(void)
{
	return outcome(unlink("/nowhere") == 0);
}

static void test_everything_else_kills(void)
{
	CU_ASSERT(killed(run_program));
	CU_ASSERT(killed(start_process));
	CU_ASSERT(killed(trace_parent));
	CU_ASSERT(killed(signal_parent));
	CU_ASSERT(killed(have_signals_sent));
	CU_ASSERT(killed(make_code));
	CU_ASSERT(killed(make_data_code));
	CU_ASSERT(killed(remove_file));
}

/* As of a buffer whose pixels go to the X server. */
static int share_memory(void)
{
	int fd = memfd_create("pixels", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return outcome(fd >= 0 && ftruncate(fd, PAGE) == 0 &&
		       fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0 &&
		       mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED);
}

static int write_line(void)
{
	return outcome(write(STDERR_FILENO, "", 0) == 0);
}

static void test_its_work_goes_on(void)
{
	CU_ASSERT(works(share_memory));
	CU_ASSERT(works(write_line));
}

static int use_too_much_memory(void)
{
	return outcome(mmap(NULL, (size_t)MEMORY + PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static int use_too_many_descriptors(void)
{
	int copy = 0;
	for (int i = 0; i < DESCRIPTORS && copy >= 0; i++)
		copy = dup(STDERR_FILENO);
	return outcome(copy >= 0);
}

static void test_bounds(void)
{
	int status = try_confined(use_too_much_memory, false);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == ENOMEM);
	status = try_confined(use_too_many_descriptors, false);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == EMFILE);
}

static int open_device_elsewhere(void)
{
	return outcome(open("/dev/null", O_RDWR | O_CLOEXEC) >= 0);
}

static bool refused_with_xen(attempt *what)
{
	int status = try_confined(what, true);
	return WIFEXITED(status) && WEXITSTATUS(status) == EACCES;
}

static void test_xen(void)
{
	CU_ASSERT(refused_with_xen(open_file));
	CU_ASSERT(refused_with_xen(list_home));
	CU_ASSERT(refused_with_xen(open_device_elsewhere));
	CU_ASSERT(refused_with_xen(open_x_socket));
}

static int speak(void)
{
	return outcome(
		write(STDOUT_FILENO, "said", 4) == 4 && write(STDERR_FILENO, "said", 4) == 4);
}

/* What was standard output and error leads to the pipe until then. */
static void test_mute(void)
{
	int old_output = dup(STDOUT_FILENO);
	int old_error = dup(STDERR_FILENO);
	char heard[8];
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(pipe2(fds, O_CLOEXEC), 0);
	fflush(stdout);
	dup2(fds[1], STDOUT_FILENO);
	dup2(fds[1], STDERR_FILENO);
	bool spoke = works(speak);

	dup2(old_output, STDOUT_FILENO);
	dup2(old_error, STDERR_FILENO);
	close(old_output);
	close(old_error);
	close(fds[1]);
	CU_ASSERT_TRUE(spoke);
	CU_ASSERT_EQUAL(read(fds[0], heard, sizeof(heard)), 0);
	close(fds[0]);
}

static const struct unit_test tests[] = {
	{ "there are no files, sockets or networks to open", test_nothing_to_open },
	{ "what a view has no use for kills it", test_everything_else_kills },
	{ "what a view does goes on", test_its_work_goes_on },
	{ "what is said on standard output and error goes nowhere", test_mute },
	{ "memory and descriptors are bounded", test_bounds },
	{ "a view of a Xen domain opens Xen's devices alone", test_xen },
};

UNIT_MAIN("sandbox", tests)

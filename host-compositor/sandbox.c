#define G_LOG_DOMAIN "hc-sandbox"

#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define XEN_DEVICES "/dev/xen"

/* What reading, drawing and answering takes. */
static const int allowed[] = {
	/* descriptors that are open */
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(splice),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(eventfd2),
	SCMP_SYS(accept4),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(shutdown),
	SCMP_SYS(dup),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(fstatfs),
	SCMP_SYS(lseek),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(memfd_create),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	/* itself */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(uname),
	SCMP_SYS(futex),
	SCMP_SYS(sched_yield),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* What libraries try, and can do without. */
static const int refused[] = {
	SCMP_SYS(openat2),
	SCMP_SYS(statfs),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(socket),
	SCMP_SYS(connect),
	SCMP_SYS(shmget),
	SCMP_SYS(prlimit64),
	SCMP_SYS(sysinfo),
};

/* Refused, too, unless there are files that may be opened; which ones, Landlock bounds. */
static const int file_calls[] = {
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
};

static const int descriptor_commands[] = {
	F_DUPFD,
	F_DUPFD_CLOEXEC,
	F_GETFD,
	F_SETFD,
	F_GETFL,
	F_SETFL,
	F_ADD_SEALS,
	F_GET_SEALS,
	F_GETPIPE_SZ,
	F_SETPIPE_SZ,
};

/* The types of ioctls (the second byte of their numbers). */
enum { IOCTL_TERMINAL = 'T', IOCTL_GRANTS = 'G', IOCTL_EVENT_CHANNELS = 'E' };

/* Files, by Landlock */

/* Its rights are numbered from 0; by version, how many there are. */
static const unsigned int landlock_rights[] = { 0, 13, 14, 15, 15, 16 };

static bool landlock_allow_xen(int ruleset, uint64_t handled)
{
	const uint64_t ioctl_right = UINT64_C(1) << 15;
	struct landlock_path_beneath_attr rule = {
		.allowed_access =
			LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ioctl_right,
		.parent_fd = open(XEN_DEVICES, O_PATH | O_CLOEXEC),
	};
	rule.allowed_access &= handled;
	if (rule.parent_fd < 0)
		return errno == ENOENT;
	bool added =
		syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
	close(rule.parent_fd);
	return added;
}

/* True where the kernel has no Landlock, too. */
static bool forbid_files(const struct hc_sandbox *sandbox)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version <= 0) {
		g_debug("this kernel has no Landlock");
		return true;
	}
	size_t known = MIN((size_t)version, G_N_ELEMENTS(landlock_rights) - 1);
	struct landlock_ruleset_attr attributes = {
		.handled_access_fs = (UINT64_C(1) << landlock_rights[known]) - 1,
	};
	int ruleset = (int)syscall(
		SYS_landlock_create_ruleset, &attributes, sizeof(attributes.handled_access_fs), 0);
	if (ruleset < 0)
		return false;
	bool done = (!sandbox->xen || landlock_allow_xen(ruleset, attributes.handled_access_fs)) &&
		    syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close(ruleset);
	return done;
}

/* System calls, by seccomp */

static bool add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (seccomp_rule_add(filter, action, calls[i], 0) < 0)
			return false;
	return true;
}

/* New memory, but none that can be run. */
static bool add_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_executable) == 0 &&
	       seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_executable) == 0;
}

/* Not F_SETOWN and its like, which have signals sent. */
static bool add_descriptor_commands(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < G_N_ELEMENTS(descriptor_commands); i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
			    SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)descriptor_commands[i], 0)) < 0)
			return false;
	return true;
}

/* How abort() ends the process. */
static bool add_own_signals(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
		       SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)) == 0;
}

static bool add_ioctl(scmp_filter_ctx filter, uint32_t action, char type)
{
	return seccomp_rule_add(filter, action, SCMP_SYS(ioctl), 1,
		       SCMP_A1(SCMP_CMP_MASKED_EQ, 0xff00, (scmp_datum_t)type << 8)) == 0;
}

static bool add_xen(scmp_filter_ctx filter)
{
	return add_ioctl(filter, SCMP_ACT_ALLOW, IOCTL_GRANTS) &&
	       add_ioctl(filter, SCMP_ACT_ALLOW, IOCTL_EVENT_CHANNELS);
}

static bool add_rules(scmp_filter_ctx filter, const struct hc_sandbox *sandbox)
{
	const uint32_t refuse = SCMP_ACT_ERRNO(EACCES);
	return add_all(filter, SCMP_ACT_ALLOW, allowed, G_N_ELEMENTS(allowed)) &&
	       add_all(filter, refuse, refused, G_N_ELEMENTS(refused)) &&
	       add_all(filter, sandbox->xen ? SCMP_ACT_ALLOW : refuse, file_calls,
		       G_N_ELEMENTS(file_calls)) &&
	       add_memory(filter) && add_descriptor_commands(filter) && add_own_signals(filter) &&
	       add_ioctl(filter, SCMP_ACT_ERRNO(ENOTTY), IOCTL_TERMINAL) &&
	       (!sandbox->xen || add_xen(filter));
}

static bool filter_system_calls(const struct hc_sandbox *sandbox)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool done = filter != NULL && add_rules(filter, sandbox) && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return done;
}

static bool limit(int resource, rlim_t most)
{
	struct rlimit now;
	if (getrlimit(resource, &now) < 0)
		return false;
	now.rlim_max = MIN(now.rlim_max, most);
	now.rlim_cur = MIN(now.rlim_cur, now.rlim_max);
	return setrlimit(resource, &now) == 0;
}

static bool limit_resources(const struct hc_sandbox *sandbox)
{
	return limit(RLIMIT_CORE, 0) && limit(RLIMIT_NPROC, 0) &&
	       limit(RLIMIT_NOFILE, sandbox->descriptors) && limit(RLIMIT_AS, sandbox->memory);
}

/* A handler of crashes may take cores, whatever the limit says; then let there be nothing in them.
 * That is better than PR_SET_DUMPABLE: others may still see how much memory the process uses. */
static void empty_core(void)
{
	int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, "0", 1) < 0)
		g_debug("cores cannot be emptied: %s", g_strerror(errno));
	close(fd);
}

static bool drop_capabilities(void)
{
	cap_t none = cap_init();
	bool done = none != NULL && cap_set_proc(none) == 0;
	cap_free(none);
	return done;
}

/* What they lead to may be a file that grows without bound, or a terminal. */
static bool mute(void)
{
	int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	bool done = null_fd >= 0 && dup2(null_fd, STDOUT_FILENO) >= 0 &&
		    dup2(null_fd, STDERR_FILENO) >= 0;

	if (null_fd >= 0)
		close(null_fd);
	return done;
}

bool hc_sandbox_enter(const struct hc_sandbox *sandbox)
{
	const char *step = "new privileges could not be ruled out";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		goto fail;
	step = "capabilities could not be dropped";
	if (!drop_capabilities())
		goto fail;
	empty_core();
	step = "standard output and error could not be closed";
	if (sandbox->mute && !mute())
		goto fail;
	step = "resources could not be limited";
	if (!limit_resources(sandbox))
		goto fail;
	step = "files could not be put out of reach (Landlock)";
	if (!forbid_files(sandbox))
		goto fail;
	step = "system calls could not be filtered (seccomp)";
	if (!filter_system_calls(sandbox))
		goto fail;
	return true;
fail:
	g_critical("the sandbox cannot be entered: %s: %s; without it nothing of a guest is read",
		step, g_strerror(errno));
	return false;
}

#include "tree-confine.h"

#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (UINT64_C(1) << 13)
#endif

enum {
	DESCRIPTORS_MAX = 256, /* a level of directories takes one, its removal another */
	LANDLOCK_REFER_VERSION = 2, /* before, files could not be moved between directories */
	LANDLOCK_RIGHTS = 14, /* that version 2 knows */
};

static const int allowed[] = {
	/* the pipe, the status, files */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(close),
	SCMP_SYS(fcntl),
	SCMP_SYS(lseek),
	SCMP_SYS(openat),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(getdents64),
	SCMP_SYS(mkdirat),
	SCMP_SYS(unlinkat),
	SCMP_SYS(linkat),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(fchmod),
	SCMP_SYS(utimensat),
	SCMP_SYS(flock),
	SCMP_SYS(umask),
	SCMP_SYS(getrandom),
	/* itself */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* False only if there is Landlock and it fails. */
static bool bound_files(int directory)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version < LANDLOCK_REFER_VERSION)
		return true;
	struct landlock_ruleset_attr attributes = {
		.handled_access_fs = (UINT64_C(1) << LANDLOCK_RIGHTS) - 1,
	};
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |
				  LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
				  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
				  LANDLOCK_ACCESS_FS_REFER,
		.parent_fd = directory,
	};
	int rules = (int)syscall(
		SYS_landlock_create_ruleset, &attributes, sizeof(attributes.handled_access_fs), 0);
	if (rules == -1)
		return false;
	bool done =
		syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 &&
		syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	int error = errno;
	close(rules);
	errno = error;
	return done;
}

static bool add_calls(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp data = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) < 0)
			return false;
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, data) == 0 &&
	       seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, data) == 0;
}

/* What is not allowed fails, so that a C library that tries something else first can go on. */
static bool bound_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool done = filter != NULL && add_calls(filter) && seccomp_load(filter) == 0;
	seccomp_release(filter);
	if (!done)
		errno = ENOSYS;
	return done;
}

static bool bound_resources(void)
{
	const struct rlimit descriptors = { DESCRIPTORS_MAX, DESCRIPTORS_MAX };
	const struct rlimit none = { 0, 0 };
	return setrlimit(RLIMIT_NOFILE, &descriptors) == 0 && setrlimit(RLIMIT_CORE, &none) == 0;
}

bool vp_tree_confine(int directory)
{
	return bound_resources() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       bound_files(directory) && bound_calls();
}

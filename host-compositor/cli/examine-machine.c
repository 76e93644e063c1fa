/*
 * The doctor and the machine: what the kernel has for sandboxes, and room for what is kept.
 */
#include "examinations.h"

#include <errno.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "bounded-run.h"
#include "crash-reports.h"
#include "doctor.h"
#include "output.h"
#include "paths.h"

enum {
	BOX_SECONDS = 30,
	ROOM_BYTES = 64 << 20, /* for logs, lists of applications, and what is handed over */
	DESCRIPTORS = 2048, /* of a view or a broker with many windows */
	MODE_BITS = 07777,
};

/* Sandboxes */

static void examine_filter(GPtrArray *findings)
{
	const uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		hv_doctor_add(findings, true, "sandbox: the kernel filters system calls (seccomp)");
	else
		hv_doctor_add(findings, false,
			"sandbox: the kernel does not filter system calls (seccomp: %s), and "
			"without that no view lets a guest in: use a kernel with "
			"CONFIG_SECCOMP_FILTER",
			g_strerror(errno));
}

static void examine_landlock(GPtrArray *findings)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (version > 0)
		hv_doctor_add(
			findings, true, "sandbox: the kernel has Landlock, version %ld", version);
	else
		hv_doctor_tell(findings, HV_FINDING_WARNING,
			"sandbox: the kernel has no Landlock, the second wall before the user's "
			"files: add landlock to lsm= of the kernel's command line, if it is built "
			"in");
}

/* As hv-config makes one. */
static void examine_box(GPtrArray *findings)
{
	const char *const argv[] = { "bwrap", "--ro-bind", "/", "/", "--dev", "/dev",
		"--unshare-pid", "--unshare-ipc", "--unshare-net", "true", NULL };
	g_autofree char *program = g_find_program_in_path("bwrap");
	g_autofree char *output = NULL;

	if (!program)
		return; /* which the VMs' own needs tell */
	if (hc_bounded_run(argv, BOX_SECONDS, &output) == 0)
		hv_doctor_add(findings, true, "sandbox: %s makes sandboxes", program);
	else
		hv_doctor_add(findings, false,
			"sandbox: %s cannot make a sandbox: allow user namespaces to users (sysctl "
			"kernel.unprivileged_userns_clone=1, user.max_user_namespaces), or, in a "
			"container and without a sandbox, use isolation=none in the VM's file",
			program);
}

void hc_examine_sandbox(GPtrArray *findings, bool boxes)
{
	examine_filter(findings);
	examine_landlock(findings);
	if (boxes)
		examine_box(findings);
}

/* Storage */

/* The path, or the nearest above it that is there. The caller frees it. */
static char *find_existing(const char *path)
{
	char *existing = g_strdup(path);

	while (access(existing, F_OK) < 0 && strcmp(existing, "/") != 0 &&
		strcmp(existing, ".") != 0) {
		char *above = g_path_get_dirname(existing);

		g_free(existing);
		existing = above;
	}
	return existing;
}

static void examine_directory(GPtrArray *findings, const char *what, const char *path)
{
	g_autofree char *existing = find_existing(path);
	g_autofree char *room = NULL;
	struct statvfs info;

	if (access(existing, W_OK | X_OK) < 0) {
		hv_doctor_add(findings, false,
			"storage: %s, %s, cannot be written: %s: make %s this user's", what, path,
			g_strerror(errno), existing);
		return;
	}
	if (statvfs(existing, &info) < 0)
		return;
	room = hc_format_bytes((double)info.f_bavail * (double)info.f_frsize);
	if (info.f_bavail >= ROOM_BYTES / MAX(info.f_frsize, 1))
		hv_doctor_add(findings, true, "storage: %s, %s, has room: %s", what, path, room);
	else
		hv_doctor_tell(findings, HV_FINDING_WARNING,
			"storage: %s, %s, has only %s of room: remove something there", what, path,
			room);
}

static void examine_runtime(GPtrArray *findings)
{
	g_autofree char *path = hc_path_runtime();
	g_autofree char *socket_path = hc_path_broker_socket();
	struct sockaddr_un address;
	struct stat info;

	if (!g_getenv("XDG_RUNTIME_DIR"))
		hv_doctor_tell(findings, HV_FINDING_WARNING,
			"storage: XDG_RUNTIME_DIR is not set, and %s is used: log in by a session "
			"that sets it",
			path);
	if (strlen(socket_path) >= sizeof(address.sun_path))
		hv_doctor_add(findings, false,
			"storage: %s is too long for a socket: set XDG_RUNTIME_DIR to a shorter "
			"path",
			socket_path);
	if (stat(path, &info) < 0)
		return;
	if (info.st_uid != getuid())
		hv_doctor_add(findings, false,
			"storage: another user owns the runtime directory %s: remove it, or set "
			"XDG_RUNTIME_DIR to another",
			path);
	else if ((info.st_mode & MODE_BITS) != 0700)
		hv_doctor_add(findings, false,
			"storage: the runtime directory %s has mode %o, and others may get in: "
			"chmod 700 it",
			path, info.st_mode & MODE_BITS);
}

static void examine_limits(GPtrArray *findings)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max >= DESCRIPTORS)
		return;
	hv_doctor_tell(findings, HV_FINDING_WARNING,
		"storage: a process may have only %" G_GUINT64_FORMAT
		" files open, and many windows "
		"need %d: raise ulimit -Hn",
		(guint64)limit.rlim_max, DESCRIPTORS);
}

static void examine_crashes(GPtrArray *findings)
{
	g_autoptr(GPtrArray) crashes = hc_crash_reports_list();
	g_autofree char *path = hc_path_crashes();

	if (crashes->len > 0)
		hv_doctor_tell(findings, HV_FINDING_WARNING,
			"programs: something has crashed (%u reports): 'oriel crashes' lists them; "
			"send them to the makers, and empty %s",
			crashes->len, path);
}

void hc_examine_storage(GPtrArray *findings)
{
	g_autofree char *state = g_build_filename(g_get_user_state_dir(), "oriel", NULL);
	g_autofree char *menu = g_build_filename(g_get_user_data_dir(), "applications", NULL);
	g_autofree char *runtime = hc_path_runtime();

	examine_directory(findings, "the state directory", state);
	examine_directory(findings, "the start menu's directory", menu);
	examine_directory(findings, "the runtime directory", runtime);
	examine_runtime(findings);
	examine_limits(findings);
	examine_crashes(findings);
}

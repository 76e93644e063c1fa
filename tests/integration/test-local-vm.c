/* The local driver with real sessions: bubblewrap, Xvfb, D-Bus and the agent. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "driver.h"
#include "inventory.h"
#include "local-process.h"

enum { WAIT_MAX = 60000 }; /* milliseconds */

static const struct hv_screen screen = { 1280, 720, 96 };

/* A home, a runtime directory and so on, for all tests of the program. */
static char *top;

/* One driver and what it has told of. */
struct bench {
	struct hv_driver *driver;
	struct hv_vm_config *config;
	enum hv_state state;
	char *reason;
};

static void handle_state(void *data, const char *vm, enum hv_state state, const char *reason)
{
	struct bench *bench = data;
	CU_ASSERT_STRING_EQUAL(vm, bench->config->name);
	bench->state = state;
	g_free(bench->reason);
	bench->reason = g_strdup(reason);
}

static const struct hv_driver_listener listener = { .state_changed = handle_state };

static void bench_init(struct bench *bench, const char *name, const char *settings)
{
	g_autofree char *path = g_strdup_printf("%s/%s.vm", top, name);
	g_autofree char *text = g_strconcat("[vm]\nlabel=blue\n", settings, NULL);
	*bench = (struct bench){
		.driver = hv_driver_local_create(&listener, bench),
		.config = hv_vm_config_parse(path, text, strlen(text), NULL),
	};
	CU_ASSERT_PTR_NOT_NULL_FATAL(bench->driver);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bench->config);
}

static void wait_for(struct bench *bench, enum hv_state wanted)
{
	int64_t end = g_get_monotonic_time() / 1000 + WAIT_MAX;
	while (bench->state != wanted && g_get_monotonic_time() / 1000 < end) {
		struct pollfd fd = { .fd = hv_driver_get_fd(bench->driver), .events = POLLIN };
		poll(&fd, 1, (int)(end - g_get_monotonic_time() / 1000));
		hv_driver_dispatch(bench->driver);
		if (bench->state == HV_STATE_FAILED && wanted != HV_STATE_FAILED)
			break;
	}
	if (bench->state != wanted)
		printf("\n  state %d instead of %d: %s\n", bench->state, wanted,
			bench->reason != NULL ? bench->reason : "");
	CU_ASSERT_EQUAL_FATAL(bench->state, wanted);
}

static void start(struct bench *bench)
{
	g_autoptr(GError) error = NULL;
	if (!hv_driver_start(bench->driver, bench->config, &screen, NULL, &error))
		printf("\n  %s\n", error->message);
	CU_ASSERT_EQUAL_FATAL(bench->state, HV_STATE_STARTING);
	wait_for(bench, HV_STATE_RUNNING);
}

static char *runtime_path(const char *vm, const char *name)
{
	return g_build_filename(top, "runtime", "oriel", vm, name, NULL);
}

static bool exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

/* No process of the tests' VMs, none of their files, and not the display's. */
static void expect_nothing_left(const struct hv_vm_config *config, const char *display)
{
	g_autofree char *directory = runtime_path(config->name, NULL);
	g_autofree char *lock = g_strdup_printf("/tmp/.X%s-lock", display + 1);
	g_autofree char *socket = g_strdup_printf("/tmp/.X11-unix/X%s", display + 1);
	g_autofree char *entry = g_strconcat("HOME=", config->home, NULL);
	CU_ASSERT_FALSE(exists(directory));
	CU_ASSERT_FALSE(exists(lock));
	CU_ASSERT_FALSE(exists(socket));
	CU_ASSERT_EQUAL(hv_process_kill_marked(entry), 0);
}

static void bench_finish(struct bench *bench)
{
	struct hv_vm_status status = { 0 };
	if (hv_driver_status(bench->driver, bench->config->name, &status)) {
		hv_driver_stop(bench->driver, bench->config->name);
		CU_ASSERT_EQUAL(bench->state, HV_STATE_STOPPING);
		wait_for(bench, HV_STATE_STOPPED);
		expect_nothing_left(bench->config, status.display);
		hv_vm_status_clear(&status);
	}
	hv_driver_destroy(bench->driver);
	hv_vm_config_free(bench->config);
	g_free(bench->reason);
}

/* Runs a program with the guest's display, from outside; true if it succeeds. */
static bool run_with_display(
	const struct hv_vm_status *status, const char *xauthority, const char *program)
{
	g_auto(GStrv) environment = g_get_environ();
	environment = g_environ_setenv(environment, "DISPLAY", status->display, TRUE);
	environment = g_environ_setenv(environment, "XAUTHORITY", xauthority, TRUE);
	char *command[] = { (char *)(uintptr_t)program, NULL };
	int result = -1;
	return g_spawn_sync(NULL, command, environment,
		       G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
			       G_SPAWN_STDERR_TO_DEV_NULL,
		       NULL, NULL, NULL, NULL, &result, NULL) &&
	       result == 0;
}

static void expect_running(struct bench *bench)
{
	struct hv_vm_status status;
	CU_ASSERT_TRUE_FATAL(hv_driver_status(bench->driver, bench->config->name, &status));
	CU_ASSERT_EQUAL(status.state, HV_STATE_RUNNING);
	CU_ASSERT_TRUE(hv_process_is_alive(status.session_pid));
	CU_ASSERT_TRUE(hv_process_is_alive(status.x_server_pid));
	CU_ASSERT_TRUE(hv_process_is_alive(status.agent_pid));
	CU_ASSERT_TRUE(status.cpu_time > 0);
	CU_ASSERT_TRUE(status.memory > 0);
	CU_ASSERT_TRUE(run_with_display(&status, status.xauthority, "xdpyinfo"));
	CU_ASSERT_FALSE(run_with_display(&status, "/dev/null", "xdpyinfo"));
	g_autoptr(GError) error = NULL;
	struct hv_endpoint endpoint = { .fd = -1 };
	CU_ASSERT_TRUE(hv_driver_connect(bench->driver, bench->config->name, &endpoint, &error));
	CU_ASSERT_TRUE(endpoint.fd >= 0);
	close(endpoint.fd);
	hv_vm_status_clear(&status);
}

static void run_and_stop(const char *settings)
{
	struct bench bench;
	bench_init(&bench, "work", settings);
	start(&bench);
	expect_running(&bench);
	bench_finish(&bench);
}

static void test_boxed(void)
{
	run_and_stop("");
}

static void test_open(void)
{
	run_and_stop("isolation=none\n");
}

/* As the session sees the path. */
static bool guest_sees(const struct hv_vm_status *status, const char *path)
{
	g_autofree char *outer = g_strdup_printf("/proc/%d/root%s", status->session_pid, path);
	return exists(outer);
}

static bool same_namespace(const struct hv_vm_status *status, const char *kind)
{
	struct stat own, guest;
	g_autofree char *own_path = g_strdup_printf("/proc/self/ns/%s", kind);
	g_autofree char *guest_path = g_strdup_printf("/proc/%d/ns/%s", status->session_pid, kind);
	CU_ASSERT_EQUAL_FATAL(stat(own_path, &own), 0);
	CU_ASSERT_EQUAL_FATAL(stat(guest_path, &guest), 0);
	return own.st_ino == guest.st_ino && own.st_dev == guest.st_dev;
}

static void expect_descriptors(const struct hv_vm_status *status)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/fd", status->session_pid);
	GDir *dir = g_dir_open(path, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
		g_autofree char *file = g_build_filename(path, name, NULL);
		g_autofree char *target = g_file_read_link(file, NULL);
		bool foreign = target != NULL &&
			       (strstr(target, "secret") != NULL || strstr(target, "epoll"));
		if (foreign)
			printf("\n  descriptor %s of the session is %s\n", name, target);
		CU_ASSERT_FALSE(foreign);
	}
	g_dir_close(dir);
}

static void test_hidden(void)
{
	static const char *const kinds[] = { "pid", "ipc", "uts", "net", "mnt" };
	g_autofree char *secret = g_build_filename(top, "home", "secret", NULL);
	CU_ASSERT_TRUE_FATAL(g_file_set_contents(secret, "s", 1, NULL));
	int inherited = open(secret, O_RDONLY); /* deliberately not closed on exec */
	struct bench work, mail;
	bench_init(&work, "work", "");
	bench_init(&mail, "mail", "");
	start(&work);
	start(&mail);
	struct hv_vm_status status, other;
	CU_ASSERT_TRUE_FATAL(hv_driver_status(work.driver, "work", &status));
	CU_ASSERT_TRUE_FATAL(hv_driver_status(mail.driver, "mail", &other));
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		CU_ASSERT_FALSE(same_namespace(&status, kinds[i]));
	g_autofree char *own_socket = g_strdup_printf("/tmp/.X11-unix/X%s", status.display + 1);
	g_autofree char *other_socket = g_strdup_printf("/tmp/.X11-unix/X%s", other.display + 1);
	CU_ASSERT_TRUE(guest_sees(&status, work.config->home));
	CU_ASSERT_TRUE(guest_sees(&status, own_socket));
	CU_ASSERT_FALSE(guest_sees(&status, other_socket));
	CU_ASSERT_FALSE(guest_sees(&status, mail.config->home));
	CU_ASSERT_FALSE(guest_sees(&status, secret));
	CU_ASSERT_FALSE(guest_sees(&status, other.xauthority));
	CU_ASSERT_FALSE(guest_sees(&status, "/tmp/.X11-unix/X0"));
	expect_descriptors(&status);
	close(inherited);
	hv_vm_status_clear(&status);
	hv_vm_status_clear(&other);
	bench_finish(&work);
	bench_finish(&mail);
}

static void test_network(void)
{
	struct bench bench;
	bench_init(&bench, "work", "network=yes\n");
	start(&bench);
	struct hv_vm_status status;
	CU_ASSERT_TRUE_FATAL(hv_driver_status(bench.driver, "work", &status));
	CU_ASSERT_TRUE(same_namespace(&status, "net"));
	CU_ASSERT_FALSE(same_namespace(&status, "pid"));
	hv_vm_status_clear(&status);
	bench_finish(&bench);
}

/* Where a limit cannot be had, the VM says so; where it can, the VM is in a group of its own. */
static void test_limits(void)
{
	struct bench bench;
	bench_init(&bench, "work", "memory=512M\ncpus=0.5\n");
	start(&bench);
	struct hv_vm_status status;
	CU_ASSERT_TRUE_FATAL(hv_driver_status(bench.driver, "work", &status));
	g_autofree char *path = g_strdup_printf("/proc/%d/cgroup", status.session_pid);
	g_autofree char *groups = NULL;
	CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &groups, NULL, NULL));
	bool grouped = strstr(groups, "/oriel-") != NULL || strstr(groups, "/run-") != NULL;
	CU_ASSERT_EQUAL(grouped, status.notice == NULL);
	if (status.notice != NULL)
		CU_ASSERT_TRUE(g_str_has_prefix(
			status.notice, "its memory and CPU limits are not enforced"));
	hv_vm_status_clear(&status);
	bench_finish(&bench);
}

static void kill_and_expect_nothing(const char *settings, bool x_server)
{
	struct bench bench;
	bench_init(&bench, "work", settings);
	start(&bench);
	struct hv_vm_status status;
	CU_ASSERT_TRUE_FATAL(hv_driver_status(bench.driver, "work", &status));
	CU_ASSERT_EQUAL(kill(x_server ? status.x_server_pid : status.session_pid, SIGKILL), 0);
	wait_for(&bench, HV_STATE_FAILED);
	CU_ASSERT_STRING_NOT_EQUAL(bench.reason, "");
	expect_nothing_left(bench.config, status.display);
	hv_vm_status_clear(&status);
	bench_finish(&bench);
}

static void test_kill_boxed_session(void)
{
	kill_and_expect_nothing("", false);
}

static void test_kill_open_session(void)
{
	kill_and_expect_nothing("isolation=none\n", false);
}

static void test_kill_x_server(void)
{
	kill_and_expect_nothing("", true);
	kill_and_expect_nothing("isolation=none\n", true);
}

static void restart_driver(struct bench *bench)
{
	hv_driver_destroy(bench->driver);
	bench->driver = hv_driver_local_create(&listener, bench);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bench->driver);
}

static void adopt_and_stop(const char *settings)
{
	struct bench bench;
	bench_init(&bench, "work", settings);
	CU_ASSERT_FALSE(hv_driver_adopt(bench.driver, bench.config));
	start(&bench);
	restart_driver(&bench);
	CU_ASSERT_TRUE_FATAL(hv_driver_adopt(bench.driver, bench.config));
	expect_running(&bench);
	bench_finish(&bench);
}

static void test_adopt(void)
{
	adopt_and_stop("");
	adopt_and_stop("isolation=none\n");
}

/* Which need not be a child. */
static void await_end_of(pid_t pid)
{
	struct pollfd ended = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	if (ended.fd < 0)
		return;
	CU_ASSERT_EQUAL(poll(&ended, 1, WAIT_MAX), 1);
	close(ended.fd);
}

static void remove_after_both_died(const char *settings)
{
	struct bench bench;
	bench_init(&bench, "work", settings);
	start(&bench);
	struct hv_vm_status status;
	CU_ASSERT_TRUE_FATAL(hv_driver_status(bench.driver, "work", &status));
	restart_driver(&bench);
	CU_ASSERT_EQUAL(kill(status.session_pid, SIGKILL), 0);
	await_end_of(status.session_pid);
	CU_ASSERT_FALSE(hv_driver_adopt(bench.driver, bench.config));
	expect_nothing_left(bench.config, status.display);
	hv_vm_status_clear(&status);
	bench_finish(&bench);
}

static void test_adopt_dead(void)
{
	remove_after_both_died("");
	remove_after_both_died("isolation=none\n");
}

static void test_stop_while_starting(void)
{
	static const char *const settings[] = { "", "isolation=none\n" };
	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
		struct bench bench;
		bench_init(&bench, "work", settings[i]);
		CU_ASSERT_TRUE_FATAL(
			hv_driver_start(bench.driver, bench.config, &screen, NULL, NULL));
		bench_finish(&bench);
	}
}

/* A directory of programs that stands before the real ones in $PATH from now on; NULL text removes
 * the program again. */
static void replace_program(const char *name, const char *text)
{
	g_autofree char *directory = g_build_filename(top, "programs", NULL);
	g_autofree char *file = g_build_filename(directory, name, NULL);
	if (text == NULL) {
		g_remove(file);
		return;
	}
	if (!g_str_has_prefix(g_getenv("PATH"), directory)) {
		g_autofree char *path = g_strconcat(directory, ":", g_getenv("PATH"), NULL);
		g_setenv("PATH", path, TRUE);
	}
	CU_ASSERT_EQUAL(g_mkdir_with_parents(directory, 0700), 0);
	CU_ASSERT_TRUE_FATAL(
		g_file_set_contents_full(file, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
}

static void expect_failure(const char *settings, const char *part)
{
	struct bench bench;
	bench_init(&bench, "work", settings);
	CU_ASSERT_TRUE_FATAL(hv_driver_start(bench.driver, bench.config, &screen, NULL, NULL));
	struct hv_vm_status status;
	CU_ASSERT_TRUE_FATAL(hv_driver_status(bench.driver, "work", &status));
	wait_for(&bench, HV_STATE_FAILED);
	if (strstr(bench.reason, part) == NULL)
		printf("\n  reason: %s\n", bench.reason);
	CU_ASSERT_PTR_NOT_NULL(strstr(bench.reason, part));
	expect_nothing_left(bench.config, status.display);
	hv_vm_status_clear(&status);
	bench_finish(&bench);
}

static void test_failing_programs(void)
{
	replace_program(
		"Xvfb", "#!/bin/sh\necho 'Fatal server error: no screen today' >&2\nexit 1\n");
	expect_failure("isolation=none\n", "no screen today");
	replace_program("Xvfb", NULL);
	replace_program("bwrap",
		"#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n");
	expect_failure(
		"", "its sandbox cannot be made: bwrap: No permissions to create new namespace");
	replace_program("bwrap", NULL);
}

/* What others say meanwhile does not matter. */
static void test_slow_x_server(void)
{
	replace_program("Xvfb", "#!/bin/sh\necho 'no light yet' >&2\nexec sleep 600\n");
	replace_program("dbus-daemon", "#!/bin/sh\n"
				       "(sleep 1; echo 'Successfully activated service' >&2) &\n"
				       "exec /usr/bin/dbus-daemon \"$@\"\n");
	expect_failure("isolation=none\n",
		"the guest's X server (Xvfb) was not ready within 8 s: no light yet");
	replace_program("dbus-daemon", NULL);
	replace_program("Xvfb", NULL);
}

static void test_slow_sandbox(void)
{
	replace_program("bwrap", "#!/bin/sh\necho 'bwrap: a moment' >&2\nexec sleep 600\n");
	expect_failure("", "its sandbox (bwrap) was not made within 10 s, and has been ended: "
			   "bwrap: a moment");
	replace_program("bwrap", NULL);
}

static void test_missing_programs(void)
{
	struct bench bench;
	bench_init(&bench, "work", "");
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_strdup(g_getenv("PATH"));
	g_setenv("PATH", "/nonexistent", TRUE);
	CU_ASSERT_FALSE(hv_driver_start(bench.driver, bench.config, &screen, NULL, &error));
	g_setenv("PATH", path, TRUE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_STRING_EQUAL(
		error->message, "the program Xvfb is not in $PATH; install the package xvfb");
	g_autofree char *directory = runtime_path("work", NULL);
	CU_ASSERT_FALSE(exists(directory));
	bench_finish(&bench);
}

/* A limit of the size of files stands for the full disk. */
static void test_no_room(void)
{
	struct bench bench;
	bench_init(&bench, "work", "");
	g_autoptr(GError) error = NULL;
	struct rlimit before, none;
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &none);
	CU_ASSERT_FALSE(hv_driver_start(bench.driver, bench.config, &screen, NULL, &error));
	setrlimit(RLIMIT_FSIZE, &before);
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_TRUE(g_str_has_prefix(error->message, "the lock file /tmp/.X"));
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "cannot be written: "));
	g_autofree char *directory = runtime_path("work", NULL);
	CU_ASSERT_FALSE(exists(directory));
	bench_finish(&bench);
}

static void test_unwritable_home(void)
{
	struct bench bench;
	bench_init(&bench, "work", "home=/proc/oriel-work\n");
	g_autoptr(GError) error = NULL;
	CU_ASSERT_FALSE(hv_driver_start(bench.driver, bench.config, &screen, NULL, &error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_TRUE(
		g_str_has_prefix(error->message, "its home /proc/oriel-work cannot be made: "));
	bench_finish(&bench);
}

static const struct unit_test tests[] = {
	{ "a VM in a sandbox runs, is reached from outside with its cookie, and leaves nothing",
		test_boxed },
	{ "a VM without a sandbox does so too", test_open },
	{ "the sandbox hides the home, other VMs, the network, other displays and descriptors",
		test_hidden },
	{ "with network=yes only the network is shared", test_network },
	{ "limits are enforced, or the VM says that they are not", test_limits },
	{ "a killed session in a sandbox fails the VM and leaves nothing",
		test_kill_boxed_session },
	{ "a killed session without a sandbox fails the VM and leaves nothing",
		test_kill_open_session },
	{ "a killed X server fails the VM and leaves nothing", test_kill_x_server },
	{ "a new driver adopts a running VM and stops it", test_adopt },
	{ "a new driver removes what is left of a VM that died unseen", test_adopt_dead },
	{ "a VM can be stopped while it starts", test_stop_while_starting },
	{ "a failing X server or sandbox is the reason of the failure", test_failing_programs },
	{ "an X server that is not ready in time is named, with its own words",
		test_slow_x_server },
	{ "a sandbox that is not ready in time is named, with its own words", test_slow_sandbox },
	{ "a missing program is named, with the package to install", test_missing_programs },
	{ "a file that cannot be written is named, and nothing is left", test_no_room },
	{ "a home that cannot be made is named", test_unwritable_home },
};

static void remove_tree(const char *path)
{
	char *command[] = { (char[]){ "rm" }, (char[]){ "-rf" }, (char *)(uintptr_t)path, NULL };
	g_spawn_sync(NULL, command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

int main(int argc, char **argv)
{
	static const char *const places[][2] = { { "HOME", "home" },
		{ "XDG_RUNTIME_DIR", "runtime" }, { "XDG_CONFIG_HOME", "config" },
		{ "XDG_DATA_HOME", "data" }, { "XDG_STATE_HOME", "log" } };
	top = g_dir_make_tmp("oriel-vm-XXXXXX", NULL);
	if (top == NULL)
		return EXIT_FAILURE;
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *path = g_build_filename(top, places[i][1], NULL);
		g_mkdir(path, 0700);
		g_setenv(places[i][0], path, TRUE);
	}
	int status = unit_run("local VM", tests, G_N_ELEMENTS(tests), argc, argv);
	remove_tree(top);
	g_free(top);
	return status;
}

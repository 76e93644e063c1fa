#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "local-display.h"
#include "local-process.h"
#include "local-state.h"

static char *top; /* made for one test, and empty at its end */

static char *make_file(const char *name, const char *text)
{
	top = g_dir_make_tmp("oriel-state-XXXXXX", NULL);
	char *path = g_build_filename(top, name, NULL);
	if (text != NULL)
		CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void remove_file(const char *path)
{
	g_remove(path);
	CU_ASSERT_EQUAL(g_rmdir(top), 0);
	g_clear_pointer(&top, g_free);
}

static void test_state_round_trip(void)
{
	g_autofree char *path = make_file("state", NULL);
	struct hv_local_state out = {
		.launcher = { 100, 5 },
		.session = { 101, UINT64_MAX },
		.isolation = HV_ISOLATION_NONE,
		.display = 107,
		.marker = (char[]){ "A=b;c\\" },
		.cgroups = (char *[]){ (char[]){ "/a b" }, (char[]){ "/c" }, NULL },
		.notice = (char[]){ "a limit; is not kept" },
	};
	struct hv_local_state in;
	CU_ASSERT_TRUE(hv_local_state_write(&out, path, NULL));
	CU_ASSERT_TRUE_FATAL(hv_local_state_read(&in, path));
	CU_ASSERT_EQUAL(in.launcher.pid, 100);
	CU_ASSERT_EQUAL(in.session.pid, 101);
	CU_ASSERT_EQUAL(in.session.start_time, UINT64_MAX);
	CU_ASSERT_EQUAL(in.isolation, HV_ISOLATION_NONE);
	CU_ASSERT_EQUAL(in.display, 107);
	CU_ASSERT_STRING_EQUAL(in.marker, out.marker);
	CU_ASSERT_STRING_EQUAL(in.notice, out.notice);
	CU_ASSERT_EQUAL_FATAL(g_strv_length(in.cgroups), 2);
	CU_ASSERT_STRING_EQUAL(in.cgroups[0], "/a b");
	hv_local_state_finish(&in);
	remove_file(path);
}

static void test_damaged_state(void)
{
	static const char *const texts[] = { "", "rubbish", "[vm]\n",
		"[vm]\nisolation=none\nmarker=\n",
		"[vm]\nisolation=none\nmarker=a\ndisplay=70000\n" };
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *path = make_file("state", texts[i]);
		struct hv_local_state state;
		CU_ASSERT_FALSE(hv_local_state_read(&state, path));
		remove_file(path);
	}
}

static void test_report(void)
{
	g_autofree char *path = make_file("state", "[session]\nstate=running\nreason=\ndisplay="
						   "100\npid=1\nx-server-pid=3\nagent-pid=9\n");
	struct hv_session_report report;
	CU_ASSERT_TRUE_FATAL(hv_session_report_read(&report, path));
	CU_ASSERT_TRUE(report.running);
	CU_ASSERT_EQUAL(report.x_server, 3);
	CU_ASSERT_EQUAL(report.agent, 9);
	hv_session_report_finish(&report);
	remove_file(path);
}

static void test_hostile_report(void)
{
	struct hv_session_report report;
	g_autofree char *link = make_file("state", NULL);
	CU_ASSERT_EQUAL(symlink("/etc/passwd", link), 0);
	CU_ASSERT_FALSE(hv_session_report_read(&report, link));
	remove_file(link);
	g_autofree char *fifo = make_file("state", NULL);
	CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);
	CU_ASSERT_FALSE(hv_session_report_read(&report, fifo));
	remove_file(fifo);
}

static void expect_last_line(const char *text, const char *expected)
{
	g_autofree char *path = make_file("log", text);
	g_autofree char *line = hv_local_log_last_line(path);
	if (expected == NULL) {
		CU_ASSERT_PTR_NULL(line);
	} else {
		CU_ASSERT_PTR_NOT_NULL_FATAL(line);
		CU_ASSERT_STRING_EQUAL(line, expected);
	}
	remove_file(path);
}

static void test_last_line(void)
{
	expect_last_line("", NULL);
	expect_last_line("\n \n", NULL);
	expect_last_line("one", "one");
	expect_last_line("one\ntwo \"2\"\n\n", "two \"2\"");
	expect_last_line("one\n\x1b[31mred\n", "\\033[31mred");
}

static void test_start_time(void)
{
	struct hv_process self, other;
	CU_ASSERT_TRUE_FATAL(hv_process_identify(getpid(), &self));
	CU_ASSERT_TRUE(self.start_time > 0);
	int fd = hv_process_open(&self);
	CU_ASSERT_TRUE(fd >= 0);
	close(fd);
	other = self;
	other.start_time++;
	CU_ASSERT_EQUAL(hv_process_open(&other), -1);
	CU_ASSERT_FALSE(hv_process_identify(0, &other));
	CU_ASSERT_EQUAL(hv_process_open(&(struct hv_process){ 0 }), -1);
}

static pid_t start_sleeper(const char *marker)
{
	pid_t pid = fork();
	if (pid == 0) {
		execle("/bin/sleep", "sleep", "60", NULL,
			(char *[]){ (char[]){ "A=b" }, g_strdup(marker), NULL });
		_exit(1);
	}
	return pid;
}

static void test_kill_marked(void)
{
	pid_t with = start_sleeper("ORIEL_TEST_MARK=1");
	pid_t without = start_sleeper("ORIEL_TEST_MARK=12");
	/* until exec, the environment is that of the test */
	while (hv_process_kill_marked("ORIEL_TEST_MARK=1") == 0 && hv_process_is_alive(with))
		g_usleep(1000);
	int status;
	CU_ASSERT_EQUAL(waitpid(with, &status, 0), with);
	CU_ASSERT_TRUE(WIFSIGNALED(status));
	CU_ASSERT_TRUE(hv_process_is_alive(without));
	kill(without, SIGKILL);
	CU_ASSERT_EQUAL(waitpid(without, &status, 0), without);
	CU_ASSERT_FALSE(hv_process_is_alive(without));
}

static void test_tree_usage(void)
{
	pid_t child = start_sleeper("A=1");
	struct hv_process_usage own = hv_process_tree_usage(child);
	struct hv_process_usage all = hv_process_tree_usage(getpid());
	CU_ASSERT_TRUE(own.memory > 0);
	CU_ASSERT_TRUE(all.memory > own.memory);
	CU_ASSERT_EQUAL(hv_process_find_inner(getpid(), child), child);
	CU_ASSERT_EQUAL(hv_process_find_inner(child, getpid()), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void test_display_is_taken_once(void)
{
	uint32_t first, second;
	CU_ASSERT_TRUE_FATAL(hv_display_reserve(HV_DISPLAY_MAX, &first, NULL));
	CU_ASSERT_TRUE_FATAL(hv_display_reserve(HV_DISPLAY_MAX, &second, NULL));
	CU_ASSERT_NOT_EQUAL(first, second);
	CU_ASSERT_FALSE(hv_display_is_free(first));
	hv_display_release(first, 0);
	CU_ASSERT_TRUE(hv_display_is_free(first));
	/* what a dead one leaves behind is free */
	pid_t dead = fork();
	if (dead == 0)
		_exit(0);
	waitpid(dead, NULL, 0);
	CU_ASSERT_TRUE(hv_display_set_owner(second, dead));
	CU_ASSERT_TRUE(hv_display_is_free(second));
	/* what another lives with is not released */
	CU_ASSERT_TRUE_FATAL(hv_display_reserve(first, &first, NULL));
	CU_ASSERT_TRUE(hv_display_set_owner(first, getppid()));
	hv_display_release(first, dead);
	CU_ASSERT_FALSE(hv_display_is_free(first));
	hv_display_release(first, getppid());
	CU_ASSERT_TRUE(hv_display_is_free(first));
}

static const struct unit_test tests[] = {
	{ "a VM's state is read as it was written", test_state_round_trip },
	{ "a damaged state file is refused", test_damaged_state },
	{ "the session's report gives its processes", test_report },
	{ "links and pipes in place of the session's report are refused", test_hostile_report },
	{ "the log's last line is the last that says something, without control characters",
		test_last_line },
	{ "a process is told apart from a later one with its id", test_start_time },
	{ "only processes with the marker are killed", test_kill_marked },
	{ "the usage of a process includes its descendants'", test_tree_usage },
	{ "a display is taken once, and released only by its owner or after its death",
		test_display_is_taken_once },
};

UNIT_MAIN("local state", tests)

/*
 * The broker's hold on a view's process, with a fake view for a program.
 */
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "view-process.h"

enum { PATIENCE_MS = 60000, LONG_AFTER = 1000000 };

struct seen {
	int ready;
	int changes; /* of its windows */
	int lost;
	char *reason;
};

static char *directory;
static char *program;

static const char *handle_message(void *data, const struct hc_link_message *message, int fd)
{
	struct seen *seen = data;

	if (fd >= 0)
		close(fd);
	if (message->op == HC_LINK_OP_READY)
		seen->ready++;
	if (message->op == HC_LINK_OP_WINDOWS_CHANGED)
		seen->changes++;
	return NULL;
}

static void handle_lost(void *data, const char *reason)
{
	struct seen *seen = data;

	seen->lost++;
	g_free(seen->reason);
	seen->reason = g_strdup(reason);
}

static const struct hc_view_process_listener listener = {
	.message = handle_message,
	.lost = handle_lost,
};

/* The fake view behaves as its name says. The caller frees the path. */
static char *name_program(const char *behaviour)
{
	g_autofree char *place = g_dir_make_tmp("oriel-program-XXXXXX", NULL);
	char *path = g_build_filename(place, behaviour, NULL);

	if (symlink(FAKE_VIEW_PROGRAM, path) < 0)
		abort();
	return path;
}

static void forget_program(void)
{
	g_autofree char *place = program ? g_path_get_dirname(program) : NULL;

	if (!place)
		return;
	g_unlink(program);
	g_rmdir(place);
	g_clear_pointer(&program, g_free);
}

static struct hc_view_process *create(const char *behaviour, struct seen *seen)
{
	if (!directory)
		directory = g_dir_make_tmp("oriel-view-XXXXXX", NULL);
	forget_program();
	program = name_program(behaviour ? behaviour : "view");
	return hc_view_process_create(program, directory, &listener, seen);
}

/* Dispatches until *count is not 0, or the process is gone. */
static void wait_for(struct hc_view_process *view, const int *count)
{
	struct pollfd poll_fd = { .fd = hc_view_process_get_fd(view), .events = POLLIN };

	while (hc_view_process_alive(view) && !(count && *count) &&
		poll(&poll_fd, 1, PATIENCE_MS) > 0)
		hc_view_process_dispatch(view, 0);
}

static void destroy(struct hc_view_process *view, struct seen *seen)
{
	hc_view_process_destroy(view);
	g_free(seen->reason);
	forget_program();
	g_rmdir(directory);
	g_clear_pointer(&directory, g_free);
}

static bool left_files(void)
{
	return g_file_test(directory, G_FILE_TEST_EXISTS);
}

static void test_start_and_stop(void)
{
	struct seen seen = { 0 };
	struct hc_view_process *view = create(NULL, &seen);

	CU_ASSERT_TRUE_FATAL(hc_view_process_start(view, 0, NULL));
	CU_ASSERT_TRUE(hc_view_process_pid(view) > 0);
	wait_for(view, &seen.ready);
	CU_ASSERT_EQUAL(seen.ready, 1);
	hc_view_process_stop(view, 0);
	wait_for(view, NULL);
	CU_ASSERT_FALSE(hc_view_process_alive(view));
	CU_ASSERT_EQUAL(seen.lost, 0);
	CU_ASSERT_EQUAL(hc_view_process_deadline(view), -1);
	CU_ASSERT_FALSE(left_files());
	destroy(view, &seen);
}

static void test_greeting(void)
{
	struct seen seen = { 0 };
	struct hc_view_process *view = create("modest", &seen);

	CU_ASSERT_TRUE_FATAL(hc_view_process_start(view, 0, NULL));
	wait_for(view, &seen.ready);
	CU_ASSERT_EQUAL(seen.ready, 1);
	hc_view_process_destroy(view);
	view = create("modest", &seen);
	CU_ASSERT_TRUE_FATAL(hc_view_process_adopt(view, 0));
	seen.ready = 0;
	wait_for(view, &seen.ready);
	CU_ASSERT_EQUAL(seen.ready, 1);
	hc_view_process_stop(view, 0);
	wait_for(view, NULL);
	CU_ASSERT_EQUAL(seen.lost, 0);
	destroy(view, &seen);
}

static void test_death(void)
{
	struct seen seen = { 0 };
	struct hc_view_process *view = create(NULL, &seen);

	CU_ASSERT_TRUE_FATAL(hc_view_process_start(view, 0, NULL));
	wait_for(view, &seen.ready);
	kill(hc_view_process_pid(view), SIGKILL);
	wait_for(view, NULL);
	CU_ASSERT_EQUAL(seen.lost, 1);
	CU_ASSERT_STRING_EQUAL(seen.reason, "it was ended by signal 9 (Killed)");
	CU_ASSERT_FALSE(left_files());
	CU_ASSERT_TRUE(hc_view_process_start(view, 0, NULL));
	wait_for(view, &seen.ready);
	hc_view_process_stop(view, 0);
	wait_for(view, NULL);
	destroy(view, &seen);
}

static void check_lost(const char *behaviour, const char *reason)
{
	struct seen seen = { 0 };
	struct hc_view_process *view = create(behaviour, &seen);

	CU_ASSERT_TRUE_FATAL(hc_view_process_start(view, 0, NULL));
	wait_for(view, &seen.lost);
	CU_ASSERT_EQUAL(seen.lost, 1);
	CU_ASSERT_EQUAL(seen.ready, 0);
	CU_ASSERT_STRING_EQUAL(seen.reason, reason);
	destroy(view, &seen);
}

static void test_end(void)
{
	check_lost("ends", "it ended with status 3");
}

static void test_stranger(void)
{
	check_lost("stranger", "it is another process than the one that was started");
}

static void test_past(void)
{
	check_lost("connected", "it claims a guest before it has been given one");
	check_lost("named", "it claims a guest before it has been given one");
}

static void test_rubbish(void)
{
	check_lost("rubbish", "it broke the rules of its link");
}

static void test_deaf(void)
{
	struct seen seen = { 0 };
	struct hc_view_process *view = create("deaf", &seen);

	CU_ASSERT_TRUE_FATAL(hc_view_process_start(view, 0, NULL));
	wait_for(view, &seen.ready);
	hc_view_process_stop(view, 0);
	CU_ASSERT_TRUE(hc_view_process_deadline(view) > 0);
	hc_view_process_dispatch(view, 1);
	CU_ASSERT_TRUE(hc_view_process_alive(view));
	hc_view_process_dispatch(view, LONG_AFTER);
	wait_for(view, NULL);
	CU_ASSERT_FALSE(hc_view_process_alive(view));
	CU_ASSERT_EQUAL(seen.lost, 0);
	destroy(view, &seen);
}

static void test_mute(void)
{
	struct seen seen = { 0 };
	struct hc_view_process *view = create("mute", &seen);
	int64_t deadline;

	CU_ASSERT_TRUE_FATAL(hc_view_process_start(view, 0, NULL));
	deadline = hc_view_process_deadline(view);
	CU_ASSERT_TRUE(deadline > 0);
	hc_view_process_dispatch(view, deadline - 1);
	CU_ASSERT_TRUE(hc_view_process_alive(view));
	CU_ASSERT_EQUAL(hc_view_process_deadline(view), deadline);
	hc_view_process_dispatch(view, deadline);
	wait_for(view, &seen.lost);
	CU_ASSERT_EQUAL(seen.lost, 1);
	CU_ASSERT_STRING_EQUAL(seen.reason, "it has not become ready in time");
	CU_ASSERT_FALSE(left_files());
	destroy(view, &seen);
}

/* Its time to become ready is over then. */
static void test_ready_for_good(void)
{
	struct seen seen = { 0 };
	struct hc_view_process *view = create(NULL, &seen);

	CU_ASSERT_TRUE_FATAL(hc_view_process_start(view, 0, NULL));
	wait_for(view, &seen.ready);
	CU_ASSERT_EQUAL(hc_view_process_deadline(view), -1);
	hc_view_process_dispatch(view, LONG_AFTER);
	CU_ASSERT_TRUE(hc_view_process_alive(view));
	hc_view_process_stop(view, LONG_AFTER);
	wait_for(view, NULL);
	CU_ASSERT_EQUAL(seen.lost, 0);
	destroy(view, &seen);
}

/* The time stands still until it is told to go on. */
static void test_talker(void)
{
	enum { AT_ONCE = 16384 - 1, PAUSE_MS = 50, PER_MS = 4 };
	struct seen seen = { 0 };
	struct hc_view_process *view = create("talker", &seen);
	struct pollfd poll_fd = { .fd = hc_view_process_get_fd(view), .events = POLLIN };

	CU_ASSERT_TRUE_FATAL(hc_view_process_start(view, 0, NULL));
	while (hc_view_process_deadline(view) != PAUSE_MS && poll(&poll_fd, 1, PATIENCE_MS) > 0)
		hc_view_process_dispatch(view, 0);
	CU_ASSERT_EQUAL(seen.changes, AT_ONCE);
	CU_ASSERT_EQUAL(hc_view_process_deadline(view), PAUSE_MS);
	CU_ASSERT_EQUAL(poll(&poll_fd, 1, 0), 0);
	while (hc_view_process_deadline(view) == PAUSE_MS)
		hc_view_process_dispatch(view, PAUSE_MS);
	while (hc_view_process_deadline(view) < 0 && poll(&poll_fd, 1, PATIENCE_MS) > 0)
		hc_view_process_dispatch(view, PAUSE_MS);
	CU_ASSERT_EQUAL(seen.changes, AT_ONCE + PAUSE_MS * PER_MS);
	hc_view_process_stop(view, PAUSE_MS);
	hc_view_process_dispatch(view, LONG_AFTER);
	wait_for(view, NULL);
	CU_ASSERT_EQUAL(seen.lost, 0);
	destroy(view, &seen);
}

static void test_adopt(void)
{
	struct seen before = { 0 };
	struct seen after = { 0 };
	struct hc_view_process *view = create(NULL, &before);
	int32_t pid;

	CU_ASSERT_FALSE(hc_view_process_adopt(view, 0));
	CU_ASSERT_TRUE_FATAL(hc_view_process_start(view, 0, NULL));
	wait_for(view, &before.ready);
	pid = hc_view_process_pid(view);
	hc_view_process_destroy(view);
	view = create(NULL, &after);
	CU_ASSERT_TRUE_FATAL(hc_view_process_adopt(view, 0));
	CU_ASSERT_EQUAL(hc_view_process_pid(view), pid);
	wait_for(view, &after.ready);
	CU_ASSERT_EQUAL(after.ready, 1);
	hc_view_process_stop(view, 0);
	wait_for(view, NULL);
	CU_ASSERT_FALSE(hc_view_process_alive(view));
	destroy(view, &after);
	g_free(before.reason);
}

/* As if another program had been installed since. */
static pid_t leave_older(void)
{
	struct seen seen = { 0 };
	struct hc_view_process *view = create(NULL, &seen);
	g_autofree char *path = g_build_filename(directory, "view.pid", NULL);
	g_autofree char *note = NULL;
	pid_t pid;

	CU_ASSERT_TRUE_FATAL(hc_view_process_start(view, 0, NULL));
	wait_for(view, &seen.ready);
	pid = hc_view_process_pid(view);
	hc_view_process_destroy(view);
	g_free(seen.reason);
	note = g_strdup_printf("%d\nanother program\n", (int)pid);
	CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, note, -1, NULL));
	return pid;
}

static void expect_killed(pid_t pid)
{
	siginfo_t end = { 0 };

	CU_ASSERT_EQUAL(waitid(P_PID, (id_t)pid, &end, WEXITED), 0);
	CU_ASSERT_EQUAL(end.si_status, SIGKILL);
}

static void test_successor(void)
{
	struct seen seen = { 0 };
	pid_t older = leave_older();
	struct hc_view_process *view = create(NULL, &seen);

	CU_ASSERT_FALSE(hc_view_process_adopt(view, 0));
	CU_ASSERT_FALSE(hc_view_process_alive(view));
	CU_ASSERT_TRUE_FATAL(hc_view_process_start(view, 0, NULL));
	wait_for(view, &seen.ready);
	CU_ASSERT_EQUAL(kill(older, 0), 0);
	hc_view_process_end_predecessor(view);
	expect_killed(older);
	CU_ASSERT_TRUE(hc_view_process_alive(view));
	CU_ASSERT_TRUE(left_files());
	hc_view_process_stop(view, 0);
	wait_for(view, NULL);
	CU_ASSERT_FALSE(left_files());
	destroy(view, &seen);
}

static void test_stop_of_older(void)
{
	struct seen seen = { 0 };
	pid_t older = leave_older();
	struct hc_view_process *view = create(NULL, &seen);

	CU_ASSERT_FALSE(hc_view_process_adopt(view, 0));
	hc_view_process_stop(view, 0);
	expect_killed(older);
	CU_ASSERT_FALSE(left_files());
	destroy(view, &seen);
}

/* It takes no broker any more; the link's queue has room for few. */
static void test_stuck(void)
{
	enum { BROKERS = 16 };
	struct seen seen = { 0 };
	struct hc_view_process *view = create(NULL, &seen);
	bool adopted = true;
	pid_t pid;

	CU_ASSERT_TRUE_FATAL(hc_view_process_start(view, 0, NULL));
	wait_for(view, &seen.ready);
	pid = hc_view_process_pid(view);
	kill(pid, SIGSTOP);
	CU_ASSERT_EQUAL(waitpid(pid, NULL, WUNTRACED), pid);
	for (int i = 0; i < BROKERS && adopted; i++) {
		hc_view_process_destroy(view);
		view = create(NULL, &seen);
		adopted = hc_view_process_adopt(view, 0);
	}
	CU_ASSERT_FALSE(adopted);
	hc_view_process_end_predecessor(view);
	expect_killed(pid);
	destroy(view, &seen);
}

static const struct unit_test tests[] = {
	{ "a view of an older program stays until its successor takes its place", test_successor },
	{ "a view of an older program ends when it is of no more use", test_stop_of_older },
	{ "a view is started, says it is ready, ends when told to and leaves nothing",
		test_start_and_stop },
	{ "a view is told first which version of the link its broker knows", test_greeting },
	{ "a killed view is lost, and another can be started", test_death },
	{ "a view that ends at once is lost with its status", test_end },
	{ "a view that is not the process that was started is killed", test_stranger },
	{ "a new view that claims to have a guest is killed", test_past },
	{ "a view that breaks the rules is killed", test_rubbish },
	{ "a view that does not end is killed after a while", test_deaf },
	{ "a view that never says that it is ready is killed after a while", test_mute },
	{ "a view that has said that it is ready is waited for no longer", test_ready_for_good },
	{ "a view that says too much is heard some of the time", test_talker },
	{ "a view survives its broker and is taken over", test_adopt },
	{ "a view that takes no broker any more is not waited for, and replaced", test_stuck },
};

UNIT_MAIN("a view's process", tests)

/*
 * Programs that crash, and what they leave behind.
 */
#include "unit.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "crash.h"

static const char secret[] = "what a guest has typed";
static char *directory;

__attribute__((no_sanitize("undefined"))) static void write_nowhere(void)
{
	volatile int *volatile nowhere = (volatile int *)(uintptr_t)24;
	*nowhere = 1;
}

static void give_up(void)
{
	abort();
}

static void be_killed(void)
{
	raise(SIGSEGV);
}

/* Without an end, which a compiler must not see. */
static int fall(volatile int depth)
{
	volatile char frame[4096];
	frame[0] = (char)depth;
	return depth < 0 ? 0 : fall(depth + 1) + frame[0];
}

static void exhaust_stack(void)
{
	fall(0);
}

__attribute__((no_sanitize("undefined"))) static void lose_the_stack(void)
{
	/* A return address that leads nowhere stops whoever looks for the caller. */
	void (*volatile nowhere)(void) = (void (*)(void))(uintptr_t)64;
	nowhere();
}

/* Whatever a sanitizer has made of it. */
static void make_ready(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
	signal(SIGSEGV, SIG_DFL);
	signal(SIGABRT, SIG_DFL);
	vp_crash_install("test-crash");
}

/* The report of a process that crashes like that, and the signal that ends it. */
static char *report(void (*crash)(void), int *signal)
{
	g_autofree char *path = g_build_filename(directory, "report", NULL);
	char *text = NULL;
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		char copy[sizeof(secret)];
		memcpy(copy, secret, sizeof(secret));
		make_ready();
		vp_crash_report_to_file(path);
		crash();
		_exit(strlen(copy) == 0);
	}
	waitpid(pid, &status, 0);
	*signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	g_file_get_contents(path, &text, NULL, NULL);
	g_remove(path);
	return text != NULL ? text : g_strdup("");
}

static bool has(const char *text, const char *words)
{
	if (strstr(text, words) != NULL)
		return true;
	printf("\n  no %s in:\n%s", words, text);
	return false;
}

static void test_fault(void)
{
	int signal;
	g_autofree char *text = report(write_nowhere, &signal);
	CU_ASSERT_EQUAL(signal, SIGSEGV);
	CU_ASSERT_TRUE(has(text, "program test-crash " ORIEL_VERSION "\n"));
	CU_ASSERT_TRUE(has(text, "signal 11\n"));
	CU_ASSERT_TRUE(has(text, "\naddress 0x18\n"));
	CU_ASSERT_TRUE(has(text, "\nat test-crash+0x"));
	CU_ASSERT_TRUE(has(text, "\nseconds "));
	CU_ASSERT_TRUE(has(text, "\nframe test-crash+0x"));
	CU_ASSERT_TRUE(has(text, "\nframe libc.so.6+0x"));
	CU_ASSERT_TRUE(has(text, "\nbuild test-crash "));
}

static void test_abort(void)
{
	int signal;
	g_autofree char *text = report(give_up, &signal);
	CU_ASSERT_EQUAL(signal, SIGABRT);
	CU_ASSERT_TRUE(has(text, "signal 6\n"));
	CU_ASSERT_TRUE(has(text, "\nframe test-crash+0x"));
	CU_ASSERT_PTR_NULL(strstr(text, "address"));
}

static void test_signal(void)
{
	int signal;
	g_autofree char *text = report(be_killed, &signal);
	CU_ASSERT_EQUAL(signal, SIGSEGV);
	CU_ASSERT_TRUE(has(text, "signal 11\n"));
}

static void test_stack(void)
{
	int signal;
	g_autofree char *text = report(exhaust_stack, &signal);
	CU_ASSERT_EQUAL(signal, SIGSEGV);
	CU_ASSERT_TRUE(has(text, "\naddress stack\n"));
}

static void test_lost(void)
{
	int signal;
	g_autofree char *text = report(lose_the_stack, &signal);
	CU_ASSERT_EQUAL(signal, SIGSEGV);
	CU_ASSERT_TRUE(has(text, "\nat elsewhere\n"));
}

static bool is_plain(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (!g_ascii_isprint(*c) && *c != '\n')
			return false;
	return true;
}

/* Neither texts nor addresses, which would tell where all lies in memory. */
static void test_nothing_else(void)
{
	static void (*const crashes[])(void) = { write_nowhere, give_up, exhaust_stack };
	for (size_t i = 0; i < G_N_ELEMENTS(crashes); i++) {
		int signal;
		g_autofree char *text = report(crashes[i], &signal);
		CU_ASSERT_PTR_NULL(strstr(text, secret));
		CU_ASSERT_FALSE(g_regex_match_simple("0x[0-9a-f]{9}", text, 0, 0));
		CU_ASSERT_TRUE(is_plain(text));
		CU_ASSERT_TRUE(strlen(text) <= VP_CRASH_BYTES_MAX);
	}
}

static void send_text(int fd, const char *text, size_t len)
{
	CU_ASSERT_TRUE(write(fd, text, len) == (ssize_t)len);
}

static void test_descriptor(void)
{
	char text[VP_CRASH_BYTES_MAX + 1] = "";
	int fds[2];
	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	pid_t pid = fork();
	if (pid == 0) {
		make_ready();
		vp_crash_report_to(fds[1], send_text);
		abort();
	}
	close(fds[1]);
	for (size_t len = 0; len < VP_CRASH_BYTES_MAX;) {
		ssize_t n = read(fds[0], text + len, VP_CRASH_BYTES_MAX - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fds[0]);
	waitpid(pid, NULL, 0);
	CU_ASSERT_TRUE(has(text, "signal 6\n"));
	CU_ASSERT_TRUE(has(text, "\nbuild test-crash "));
}

static const struct unit_test tests[] = {
	{ "a fault is reported with its place", test_fault },
	{ "what gives up is reported", test_abort },
	{ "a signal from elsewhere ends the process, too", test_signal },
	{ "an exhausted stack is reported", test_stack },
	{ "a lost stack is reported as far as it goes", test_lost },
	{ "nothing of what was in memory is in a report", test_nothing_else },
	{ "a report goes where a descriptor leads", test_descriptor },
};

int main(int argc, char **argv)
{
	directory = g_dir_make_tmp("oriel-crash-XXXXXX", NULL);
	int status = unit_run("crash reports", tests, G_N_ELEMENTS(tests), argc, argv);
	g_rmdir(directory);
	g_free(directory);
	return status;
}

#include "guest-session.h"

#include <glib.h>

#include "unit.h"

#define NEEDED "--display=7", "--xauthority=/a", "--runtime-dir=/r", "--state=/s"

static bool parse(char *const *argv, struct ga_session_options *options, char **error)
{
	return ga_session_options_parse(
		(int)g_strv_length((char **)(uintptr_t)argv), argv, options, error);
}

static void check_refused(char *const *argv, const char *expected)
{
	struct ga_session_options options = { .dpi = 1 };
	g_autofree char *error = NULL;
	CU_ASSERT_FALSE(parse(argv, &options, &error));
	CU_ASSERT_EQUAL(options.dpi, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_STRING_EQUAL(error, expected);
}

static void test_defaults(void)
{
	char *argv[] = { NEEDED, NULL };
	struct ga_session_options options;
	char *error = NULL;
	CU_ASSERT_TRUE_FATAL(parse(argv, &options, &error));
	CU_ASSERT_EQUAL(options.display, 7);
	CU_ASSERT_STRING_EQUAL(options.xauthority, "/a");
	CU_ASSERT_STRING_EQUAL(options.runtime_dir, "/r");
	CU_ASSERT_STRING_EQUAL(options.state_file, "/s");
	CU_ASSERT_EQUAL(options.width, 1920);
	CU_ASSERT_EQUAL(options.height, 1080);
	CU_ASSERT_EQUAL(options.dpi, 96);
	CU_ASSERT_EQUAL(options.notify_fd, -1);
}

static void test_growth(void)
{
	char *argv[] = { NEEDED, "--screen=5000x1000", "--max-screen=4000x2000", "--notify-fd=9",
		NULL };
	struct ga_session_options options;
	char *error = NULL;
	CU_ASSERT_TRUE_FATAL(parse(argv, &options, &error));
	CU_ASSERT_EQUAL(options.max_width, 5000);
	CU_ASSERT_EQUAL(options.max_height, 2000);
	CU_ASSERT_EQUAL(options.notify_fd, 9);
}

static void test_vchan(void)
{
	char *argv[] = { NEEDED, "--listen=xen:2", "--primary=1", NULL };
	struct ga_session_options options;
	char *error = NULL;
	CU_ASSERT_TRUE_FATAL(parse(argv, &options, &error));
	CU_ASSERT_STRING_EQUAL(options.listen, "xen:2");
	CU_ASSERT_STRING_EQUAL(options.primary, "1");
}

static void test_missing(void)
{
	char *none[] = { NULL };
	char *no_state[] = { "--display=7", "--xauthority=/a", "--runtime-dir=/r", NULL };
	check_refused(none, "--display is missing; see oriel-agent --help");
	check_refused(no_state, "--state is missing; see oriel-agent --help");
}

static void test_wrong(void)
{
	char *unknown[] = { NEEDED, "--colour=blue", NULL };
	char *relative[] = { NEEDED, "--state=here", NULL };
	char *size[] = { NEEDED, "--screen=1920", NULL };
	char *zero[] = { NEEDED, "--screen=0x5", NULL };
	char *empty[] = { NEEDED, "--dpi", NULL };
	char *path[] = { NEEDED, "--listen=/socket", NULL };
	char *domain[] = { NEEDED, "--primary=dom0", NULL };
	char *standard[] = { NEEDED, "--notify-fd=2", NULL };
	check_refused(unknown, "unknown option --colour; see oriel-agent --help");
	check_refused(relative, "--state needs an absolute path after =");
	check_refused(size, "--screen needs a size such as 1920x1080 after =");
	check_refused(zero, "--screen needs a size such as 1920x1080 after =");
	check_refused(empty, "--dpi needs a number from 48 to 960 after =");
	check_refused(path, "--listen needs xen: and a number after =");
	check_refused(domain, "--primary needs a domain's id after =");
	check_refused(standard, "--notify-fd needs the number of an open descriptor after =");
}

static const struct unit_test tests[] = {
	{ "what is not given has a default", test_defaults },
	{ "the screen can always grow to its first size", test_growth },
	{ "the agent can be told to serve another domain", test_vchan },
	{ "a missing option is named", test_missing },
	{ "a wrong value is refused with what is right", test_wrong },
};

UNIT_MAIN("guest session's options", tests)

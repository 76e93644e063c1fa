/*
 * The primary's display, asked by processes that answer, fail, or hang.
 */
#include "unit.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "display.h"

enum { PATIENCE_MS = 60000, START = 1000000 };

static struct hc_display *display;
static char *directory;
static char *program;
static int answers;
static struct hv_screen screen;
static char *message;

static void handle_answer(
	void *data, int64_t now, const struct hv_screen *answer, const GError *error)
{
	(void)data;
	CU_ASSERT_TRUE(now >= START);
	answers++;
	if (answer)
		screen = *answer;
	g_free(message);
	message = g_strdup(error ? error->message : "");
}

/* The process that asks runs the script. */
static void begin(const char *script)
{
	g_autofree char *text = g_strconcat("#!/bin/sh\n", script, "\n", NULL);

	directory = g_dir_make_tmp("oriel-display-XXXXXX", NULL);
	program = g_build_filename(directory, "program", NULL);
	CU_ASSERT_TRUE_FATAL(
		g_file_set_contents_full(program, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
	display = hc_display_create(program);
	answers = 0;
	screen = (struct hv_screen){ 0 };
}

static void end(void)
{
	hc_display_destroy(display);
	g_unlink(program);
	CU_ASSERT_EQUAL(g_rmdir(directory), 0);
	g_clear_pointer(&program, g_free);
	g_clear_pointer(&directory, g_free);
	g_clear_pointer(&message, g_free);
}

static void wait_for_answer(void)
{
	struct pollfd fd = { .fd = hc_display_get_fd(display), .events = POLLIN };

	CU_ASSERT_EQUAL(poll(&fd, 1, PATIENCE_MS), 1);
	hc_display_dispatch(display, START + 1);
}

static void test_answer(void)
{
	begin("[ \"$1\" = --print-screen ] && echo 1920x1080 at 120 dpi");
	hc_display_ask(display, START, handle_answer, NULL);
	CU_ASSERT_EQUAL(answers, 0);
	wait_for_answer();
	CU_ASSERT_EQUAL(answers, 1);
	CU_ASSERT_TRUE(screen.width == 1920 && screen.height == 1080 && screen.dpi == 120);
	CU_ASSERT_EQUAL(hc_display_deadline(display), -1);
	end();
}

static void test_several_askers(void)
{
	int first = 0;
	int second = 0;

	begin("echo >>\"$0.asked\"; echo 800x600 at 96 dpi");
	hc_display_ask(display, START, handle_answer, &first);
	hc_display_ask(display, START, handle_answer, &second);
	hc_display_ask(display, START, handle_answer, &first);
	hc_display_forget(display, &first);
	wait_for_answer();
	CU_ASSERT_EQUAL(answers, 1);
	hc_display_ask(display, START, handle_answer, &first);
	wait_for_answer();
	CU_ASSERT_EQUAL(answers, 2);

	g_autofree char *asked = g_strconcat(program, ".asked", NULL);
	g_autofree char *lines = NULL;
	CU_ASSERT_TRUE(g_file_get_contents(asked, &lines, NULL, NULL));
	CU_ASSERT_STRING_EQUAL(lines, "\n\n");
	g_unlink(asked);
	end();
}

static void test_failure(void)
{
	begin("echo 'the display :7 cannot be opened' >&2; exit 1");
	hc_display_ask(display, START, handle_answer, NULL);
	wait_for_answer();
	CU_ASSERT_STRING_EQUAL(message, "the display :7 cannot be opened");
	end();
}

static void test_death(void)
{
	begin("echo 800x600 at 96 dpi; kill -9 $$");
	hc_display_ask(display, START, handle_answer, NULL);
	wait_for_answer();
	CU_ASSERT_EQUAL(screen.width, 0);
	CU_ASSERT_STRING_NOT_EQUAL(message, "");
	end();
}

static void test_hang(void)
{
	begin("exec sleep 100");
	g_setenv("DISPLAY", ":7", TRUE);
	hc_display_ask(display, START, handle_answer, NULL);
	CU_ASSERT_EQUAL(hc_display_deadline(display), START + HC_DISPLAY_ANSWER_MS);
	hc_display_dispatch(display, START + HC_DISPLAY_ANSWER_MS - 1);
	CU_ASSERT_EQUAL(answers, 0);
	hc_display_dispatch(display, START + HC_DISPLAY_ANSWER_MS);
	CU_ASSERT_EQUAL(answers, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(message, "the display :7 does not answer within 5 s"));
	CU_ASSERT_EQUAL(hc_display_deadline(display), -1);
	hc_display_ask(display, START, handle_answer, NULL);
	end();
	CU_ASSERT_EQUAL(answers, 1);
}

static void test_missing_program(void)
{
	begin("");
	g_unlink(program);
	hc_display_ask(display, START, handle_answer, NULL);
	CU_ASSERT_EQUAL(answers, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(message, program));
	end();
}

static const struct unit_test tests[] = {
	{ "a display tells its screen", test_answer },
	{ "all that ask at one time get one answer, unless they are forgotten",
		test_several_askers },
	{ "a display that cannot be opened says why", test_failure },
	{ "an answer counts only when it is complete", test_death },
	{ "a display that hangs is given up, and can be asked again", test_hang },
	{ "a program that is missing is named", test_missing_program },
};

UNIT_MAIN("the primary's display", tests)

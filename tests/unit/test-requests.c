/*
 * What the broker has asked a view, and what a view answers.
 */
#include "unit.h"

#include <string.h>

#include "requests.h"

enum { START = 1000000 };

static struct {
	struct hc_requests *requests;
	guint answers;
	guint errors;
	char *message; /* of the last error */
	struct hc_answer last; /* without its rows */
} bench;

static void begin(void)
{
	memset(&bench, 0, sizeof(bench));
	bench.requests = hc_requests_create("work");
}

static void end(void)
{
	hc_requests_destroy(bench.requests);
	g_free(bench.message);
}

static void handle_done(void *data, const struct hc_answer *answer, const GError *error)
{
	(void)data;
	g_free(bench.message);
	bench.message = g_strdup(error ? error->message : "");
	bench.errors += error != NULL;
	bench.answers += answer != NULL;
	if (answer)
		bench.last = *answer;
}

static uint32_t ask(enum hc_request_kind kind)
{
	return hc_requests_add(bench.requests, kind, START, handle_done, NULL);
}

static void test_stats(void)
{
	uint32_t serial;

	begin();
	serial = ask(HC_REQUEST_STATS);
	CU_ASSERT_TRUE(hc_requests_handle_message(bench.requests,
		HC_LINK_MESSAGE(STATS, stats, .serial = serial + 1, .frames = 5), -1));
	CU_ASSERT_EQUAL(bench.answers, 0);
	CU_ASSERT_TRUE(hc_requests_handle_message(
		bench.requests, HC_LINK_MESSAGE(STATS, stats, .serial = serial, .frames = 5), -1));
	CU_ASSERT_EQUAL(bench.answers, 1);
	CU_ASSERT_EQUAL(bench.last.stats.frames, 5);
	hc_requests_handle_message(
		bench.requests, HC_LINK_MESSAGE(STATS, stats, .serial = serial), -1);
	CU_ASSERT_EQUAL(bench.answers, 1);
	end();
}

static void test_screenshot(void)
{
	uint32_t serial;

	begin();
	serial = ask(HC_REQUEST_SCREENSHOT);
	hc_requests_handle_message(bench.requests,
		HC_LINK_MESSAGE(SCREENSHOT, screenshot, .serial = serial, .width = 2, .height = 1,
			.stride = 8),
		7);
	CU_ASSERT_EQUAL(bench.answers, 1);
	CU_ASSERT_EQUAL(bench.last.screenshot.width, 2);
	CU_ASSERT_EQUAL(bench.last.fd, 7);
	end();
}

static void test_no_picture(void)
{
	const char *const reasons[] = { "no such window", "" };
	const char *const told[] = { "work: no such window",
		"work: there is nothing to take a picture of" };

	begin();
	for (guint i = 0; i < 2; i++) {
		uint32_t serial = ask(HC_REQUEST_SCREENSHOT);

		hc_requests_handle_message(bench.requests,
			HC_LINK_MESSAGE(SCREENSHOT, screenshot, .serial = serial,
				.error = vp_text_from(reasons[i], VP_REASON_MAX)),
			-1);
		CU_ASSERT_EQUAL(bench.errors, i + 1);
		CU_ASSERT_STRING_EQUAL(bench.message, told[i]);
	}
	end();
}

static void test_another_kind(void)
{
	uint32_t serial;

	begin();
	serial = ask(HC_REQUEST_WINDOWS);
	hc_requests_handle_message(
		bench.requests, HC_LINK_MESSAGE(STATS, stats, .serial = serial, .frames = 5), -1);
	hc_requests_handle_applications(bench.requests, serial);
	CU_ASSERT_EQUAL(bench.answers, 0);
	hc_requests_handle_message(
		bench.requests, HC_LINK_MESSAGE(WINDOWS_END, windows_end, .serial = serial), -1);
	CU_ASSERT_EQUAL(bench.answers, 1);
	end();
}

static const struct unit_test tests[] = {
	{ "counters answer the request of their serial, once", test_stats },
	{ "a picture comes with its descriptor", test_screenshot },
	{ "why there is no picture is told", test_no_picture },
	{ "an answer to another question is none", test_another_kind },
};

UNIT_MAIN("requests", tests)

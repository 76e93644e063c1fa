/* What a VM has opened elsewhere, by the whole broker. */
#include "unit.h"

#include <string.h>

#include "broker-bench.h"

#define URL "https://example.org/"
#define ALLOW "open-url work personal allow\n"
#define DENY "open-url work @any deny\nopen-url work @primary deny\n"

enum { MANY = 32 };

static struct vp_text text(const char *words)
{
	return vp_text_from(words, VP_REASON_MAX);
}

static void ask(uint32_t request, const char *target, const char *url)
{
	broker_bench_say(WORK, HC_LINK_MESSAGE(OPEN_REQUEST, open_request, .request = request,
				       .target = vp_text_from(target, VP_NAME_MAX),
				       .url = vp_text_from(url, VP_URL_MAX)));
}

static bool says(struct vp_text said, const char *words)
{
	return said.len == strlen(words) && memcmp(said.data, words, said.len) == 0;
}

/* The answer to the request is a refusal for that reason. */
static bool is_refused(uint32_t request, const char *reason)
{
	struct hc_link_message message;

	return broker_bench_hear(WORK, HC_LINK_OP_OPEN_ANSWER, &message) &&
	       message.open_answer.request == request && message.open_answer.opened == 0 &&
	       says(message.open_answer.message, reason);
}

/* The launch that the VM has been told of, 0 if there is none. */
static uint32_t launch_of(enum broker_bench_vm vm)
{
	struct hc_link_message message;

	return broker_bench_hear(vm, HC_LINK_OP_LAUNCH, &message) ? message.launch.launch : 0;
}

static void test_opened(void)
{
	struct hc_link_message message;
	broker_bench_begin(ALLOW);
	ask(7, "", URL);
	CU_ASSERT_TRUE_FATAL(broker_bench_hear(PERSONAL, HC_LINK_OP_LAUNCH, &message));
	CU_ASSERT_TRUE(says(message.launch.application, VP_LAUNCH_DEFAULT));
	CU_ASSERT_EQUAL(message.launch.arguments.len, sizeof(URL));
	CU_ASSERT_EQUAL(memcmp(message.launch.arguments.data, URL, sizeof(URL)), 0);
	CU_ASSERT_FALSE(broker_bench_hear(WORK, HC_LINK_OP_OPEN_ANSWER, &message));
	ask(8, "personal", URL);
	broker_bench_say(PERSONAL,
		HC_LINK_MESSAGE(LAUNCHED, launched, .launch = launch_of(PERSONAL), .pid = 1));
	CU_ASSERT_TRUE_FATAL(broker_bench_hear(WORK, HC_LINK_OP_OPEN_ANSWER, &message));
	CU_ASSERT_EQUAL(message.open_answer.request, 8);
	CU_ASSERT_EQUAL(message.open_answer.opened, 1);
	broker_bench_end();
}

static void test_words_of_others(void)
{
	broker_bench_begin(ALLOW);
	ask(7, "", URL);
	broker_bench_say(
		PERSONAL, HC_LINK_MESSAGE(LAUNCHED, launched, .launch = launch_of(PERSONAL),
				  .error = text("a secret")));
	CU_ASSERT_TRUE(is_refused(7, "it could not be opened there"));
	broker_bench_end();
}

static void test_denied(void)
{
	broker_bench_begin(DENY);
	ask(1, "", URL);
	CU_ASSERT_TRUE(
		is_refused(1, "the primary does not let this VM open that in any other place"));
	ask(2, "personal", URL);
	CU_ASSERT_TRUE(is_refused(2, "the primary does not let this VM open that in personal"));
	ask(3, "nobody", URL);
	CU_ASSERT_TRUE(is_refused(3, "the primary does not let this VM open that in nobody"));
	ask(4, "work", URL);
	CU_ASSERT_TRUE(is_refused(4, "the primary does not let this VM open that in work"));
	CU_ASSERT_EQUAL(launch_of(PERSONAL), 0);
	broker_bench_end();
}

static void test_no_url(void)
{
	struct hc_link_message message;
	broker_bench_begin(ALLOW);
	ask(1, "personal", "javascript:alert(1)");
	CU_ASSERT_TRUE_FATAL(broker_bench_hear(WORK, HC_LINK_OP_OPEN_ANSWER, &message));
	CU_ASSERT_EQUAL(message.open_answer.opened, 0);
	CU_ASSERT_EQUAL(launch_of(PERSONAL), 0);
	broker_bench_end();
}

static void test_too_many(void)
{
	uint32_t opened = 0;
	broker_bench_begin(ALLOW);
	for (uint32_t request = 1; request <= MANY; request++)
		ask(request, "personal", URL);
	while (launch_of(PERSONAL) != 0)
		opened++;
	CU_ASSERT_TRUE(opened > 0 && opened < MANY);
	CU_ASSERT_TRUE(is_refused(
		opened + 1, "this VM has asked for too much to be opened: try again in a while"));
	broker_bench_end();
}

static void test_asker_gone(void)
{
	struct hc_link_message message;
	uint32_t launch;
	broker_bench_begin(ALLOW);
	ask(7, "", URL);
	launch = launch_of(PERSONAL);
	broker_bench_say(WORK, HC_LINK_MESSAGE(SESSION_CLOSED, session_closed,
				       .reason = VP_BYE_LOST, .message = text("gone")));
	broker_bench_say(PERSONAL, HC_LINK_MESSAGE(LAUNCHED, launched, .launch = launch, .pid = 1));
	CU_ASSERT_FALSE(broker_bench_hear(WORK, HC_LINK_OP_OPEN_ANSWER, &message));
	broker_bench_end();
}

static const struct unit_test tests[] = {
	{ "a link is opened in the VM that a rule lets, which then tells", test_opened },
	{ "what another VM says of a link does not reach the VM that wants it opened",
		test_words_of_others },
	{ "a denial is the same for VMs that there are and others", test_denied },
	{ "what is no link is not opened", test_no_url },
	{ "a VM has only so much opened at a time", test_too_many },
	{ "a VM whose session has ended is answered no more", test_asker_gone },
};

UNIT_MAIN("opening elsewhere", tests)

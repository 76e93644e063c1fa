/*
 * What was started in a VM, between those who have asked for it and a view that says anything.
 */
#include "unit.h"

#include <string.h>

#include <gio/gio.h>

#include "launches.h"

enum { START = 1000000, NOBODY = -100 };

static struct {
	struct hc_launches *launches;
	guint sent;
	uint32_t first; /* id of the first that was sent */
	guint launched;
	int32_t pid; /* of the last one, -1 for an error */
	bool refused; /* by the agent itself */
	int32_t status; /* of the last one that has ended, -1 for an error, NOBODY */
	char *message; /* of the last error */
} bench;

static void begin(void)
{
	memset(&bench, 0, sizeof(bench));
	bench.launches = hc_launches_create("work");
	bench.status = NOBODY;
}

static void end(void)
{
	hc_launches_destroy(bench.launches);
	g_free(bench.message);
}

static void remember(const GError *error)
{
	g_free(bench.message);
	bench.message = g_strdup(error ? error->message : "");
}

static void handle_launched(void *data, uint32_t launch, int32_t pid, const GError *error)
{
	(void)data;
	(void)launch;
	bench.launched++;
	bench.pid = error ? -1 : pid;
	bench.refused = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
	remember(error);
}

static void handle_ended(void *data, int32_t status, const GError *error)
{
	(void)data;
	bench.status = error ? -1 : status;
	remember(error);
}

static void handle_send(void *data, const struct hc_link_message *message)
{
	(void)data;
	CU_ASSERT_EQUAL(message->op, HC_LINK_OP_LAUNCH);
	if (bench.sent++ == 0)
		bench.first = message->launch.launch;
}

static void add(const char *application, size_t len)
{
	g_autofree uint8_t *arguments = g_malloc0(len);

	hc_launches_add(
		bench.launches, application, arguments, len, "", START, handle_launched, NULL);
}

static void send_all(void)
{
	hc_launches_send(bench.launches, START, handle_send, NULL);
}

/* What the view says of the first. */
static void say_launched(uint32_t pid)
{
	const struct hc_link_launched message = { bench.first, pid, { "", 0 } };

	hc_launches_handle_launched(bench.launches, &message);
}

static void say_exited(uint32_t status)
{
	const struct hc_link_exited message = { bench.first, status };

	hc_launches_handle_exited(bench.launches, &message);
}

static void await_end(void)
{
	hc_launches_wait(bench.launches, bench.first, handle_ended, NULL);
}

static void test_too_long(void)
{
	g_autofree char *name = g_strnfill(VP_NAME_MAX + 1, 'a');

	begin();
	add(name, 1);
	CU_ASSERT_EQUAL(bench.launched, 1);
	add("a", VP_ARGUMENTS_MAX + 1);
	CU_ASSERT_EQUAL(bench.launched, 2);
	CU_ASSERT_STRING_EQUAL(bench.message, "work: the command is too long for the agent");
	add(name + 1, VP_ARGUMENTS_MAX);
	CU_ASSERT_EQUAL(bench.launched, 2);
	end();
}

static void test_too_many(void)
{
	begin();
	for (unsigned int i = 0; i < VP_LAUNCHES_MAX; i++)
		add("a", 1);
	CU_ASSERT_EQUAL(bench.launched, 0);
	add("a", 1);
	CU_ASSERT_EQUAL(bench.launched, 1);
	CU_ASSERT_STRING_EQUAL(bench.message, "work: too many applications are being waited for");
	send_all();
	CU_ASSERT_EQUAL(bench.sent, VP_LAUNCHES_MAX);
	say_launched(7);
	say_exited(0);
	add("a", 1);
	CU_ASSERT_EQUAL(bench.launched, 2);
	CU_ASSERT_EQUAL(bench.pid, 7);
	end();
}

static void test_no_reason(void)
{
	begin();
	add("a", 1);
	send_all();
	say_launched(0);
	CU_ASSERT_EQUAL(bench.pid, -1);
	CU_ASSERT_STRING_EQUAL(bench.message, "work: it could not be started");
	end();
}

static void test_refused(void)
{
	begin();
	add("a", 1);
	send_all();
	say_launched(0);
	CU_ASSERT_TRUE(bench.refused);
	add("a", 1);
	hc_launches_fail_all(bench.launches, "the VM has ended");
	CU_ASSERT_EQUAL(bench.launched, 2);
	CU_ASSERT_FALSE(bench.refused);
	end();
}

static void test_wait(void)
{
	begin();
	await_end();
	CU_ASSERT_EQUAL(bench.status, -1);
	CU_ASSERT_STRING_EQUAL(bench.message, "work: no such launch is known");
	add("a", 1);
	send_all();
	say_launched(7);
	await_end();
	say_exited(3);
	CU_ASSERT_EQUAL(bench.status, 3);
	bench.status = NOBODY;
	await_end();
	CU_ASSERT_EQUAL(bench.status, 3);
	end();
}

static const struct unit_test tests[] = {
	{ "what is too long for the agent is refused at once", test_too_long },
	{ "of too many, those that are over are forgotten first", test_too_many },
	{ "a failure without a reason is one, too", test_no_reason },
	{ "what the agent cannot start is told from what never reached it", test_refused },
	{ "who waits is told the status, also when it is over", test_wait },
};

UNIT_MAIN("launches", tests)

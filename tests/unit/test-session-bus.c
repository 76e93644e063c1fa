/* The session bus as the broker sees it, with a real bus in a process of its own. */
#include "unit.h"

#include <sys/resource.h>
#include <unistd.h>

#include "session-bus.h"

static struct {
	GTestDBus *daemon;
	struct hc_session_bus *bus;
	GDBusConnection *connection; /* the last that was told */
	guint told;
} bench;

static void handle_changed(void *data, GDBusConnection *connection)
{
	(void)data;
	bench.connection = connection;
	bench.told++;
}

static void begin_bus(void)
{
	bench.bus = hc_session_bus_create();
	bench.connection = NULL;
	bench.told = 0;
	hc_session_bus_follow(bench.bus, handle_changed, NULL);
}

static void begin(void)
{
	bench.daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(bench.daemon);
	begin_bus();
}

static void end(void)
{
	hc_session_bus_destroy(bench.bus);
	g_test_dbus_stop(bench.daemon);
	g_clear_object(&bench.daemon);
}

static void await_told(guint wanted)
{
	while (bench.told < wanted)
		g_main_context_iteration(NULL, TRUE);
}

/* Which this program may open besides those it has. */
static void leave_descriptors(rlim_t count, struct rlimit *before)
{
	int lowest = dup(STDIN_FILENO);
	close(lowest);
	getrlimit(RLIMIT_NOFILE, before);
	const struct rlimit limit = { (rlim_t)lowest + count, before->rlim_max };
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void test_connection(void)
{
	begin();
	hc_session_bus_connect(bench.bus);
	await_told(1);
	CU_ASSERT_PTR_NOT_NULL(bench.connection);
	hc_session_bus_connect(bench.bus);
	CU_ASSERT_EQUAL(bench.told, 2);
	g_test_dbus_down(bench.daemon);
	await_told(3);
	CU_ASSERT_PTR_NULL(bench.connection);
	hc_session_bus_destroy(bench.bus);
	g_clear_object(&bench.daemon);
}

/* Each count of them is the last at another step of the way. */
static void test_no_descriptors(void)
{
	enum { COUNTS = 12 };
	struct rlimit before;
	begin();
	for (rlim_t left = 0; left < COUNTS; left++) {
		leave_descriptors(left, &before);
		hc_session_bus_connect(bench.bus);
		await_told(1);
		CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
		CU_ASSERT_TRUE(left > 0 || bench.connection == NULL);
		hc_session_bus_destroy(bench.bus);
		begin_bus();
	}
	hc_session_bus_connect(bench.bus);
	await_told(1);
	CU_ASSERT_PTR_NOT_NULL(bench.connection);
	end();
}

static void test_given_up(void)
{
	begin();
	hc_session_bus_connect(bench.bus);
	hc_session_bus_destroy(bench.bus);
	begin_bus();
	hc_session_bus_connect(bench.bus);
	await_told(1);
	CU_ASSERT_PTR_NOT_NULL(bench.connection);
	CU_ASSERT_EQUAL(bench.told, 1);
	end();
}

static const struct unit_test tests[] = {
	{ "it is told when there is a connection, and when that has gone", test_connection },
	{ "without descriptors there is no connection, and the program goes on",
		test_no_descriptors },
	{ "who has given up hears nothing of what it had begun", test_given_up },
};

UNIT_MAIN("session bus", tests)

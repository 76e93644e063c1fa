/*
 * The agent on a session bus of the test's own, in its own poll loop; the test is the primary.
 */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "bus.h"
#include "context.h"
#include "open.h"

#define NAME "io.oriel.Agent1"
#define PATH "/io/oriel/Agent1"

enum { RESERVED = 1, PATIENCE_MS = 60000 };

static struct {
	GTestDBus *daemon;
	struct ga_context *context;
	struct ga_bus *bus;
	struct ga_opener *opener;
	GDBusConnection *client;
	guint watch; /* of the client, for the agent's name */
	bool there; /* it has an owner */
	bool primary; /* is there */
	guint requests; /* that it has received */
	uint32_t request; /* the last, and its target and URL */
	char *asked;
	guint answers; /* that the client has got */
	char *error; /* of the last, NULL none */
} bench;

static bool tell(void *data, const struct vp_message *message)
{
	const struct vp_open_request *request = &message->open_request;
	(void)data;
	CU_ASSERT_EQUAL(message->op, VP_OP_OPEN_REQUEST);
	if (!bench.primary)
		return false;
	bench.requests++;
	bench.request = request->request;
	g_free(bench.asked);
	bench.asked = g_strdup_printf("%.*s %.*s", (int)request->target.len, request->target.data,
		(int)request->url.len, request->url.data);
	return true;
}

static int64_t now(void)
{
	return g_get_monotonic_time() / G_TIME_SPAN_MILLISECOND;
}

/* One turn of a loop like the agent's. */
static void turn(void)
{
	int64_t deadline = ga_bus_deadline(bench.bus);
	int timeout = deadline < 0 ? PATIENCE_MS : (int)MAX(deadline - now(), 0);
	size_t count;
	struct pollfd *fds = ga_context_prepare(bench.context, &count, &timeout);
	fds[0] = (struct pollfd){ .fd = -1 };
	int ready = poll(fds, count, timeout);
	/* GLib has a handler of SIGCHLD since it started the bus. */
	CU_ASSERT_FATAL(ready > 0 || timeout < PATIENCE_MS || (ready < 0 && errno == EINTR));
	ga_context_dispatch(bench.context);
	ga_bus_dispatch(bench.bus, now());
}

static void handle_answer(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;
	GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	(void)data;
	g_clear_pointer(&answer, g_variant_unref);
	if (error != NULL)
		g_dbus_error_strip_remote_error(error);
	g_free(bench.error);
	bench.error = error != NULL ? g_strdup(error->message) : NULL;
	bench.answers++;
}

static void call_open(const char *target, const char *url)
{
	g_dbus_connection_call(bench.client, NAME, PATH, NAME, "Open",
		g_variant_new("(ss)", target, url), NULL, G_DBUS_CALL_FLAGS_NONE, PATIENCE_MS, NULL,
		handle_answer, NULL);
}

static void handle_appeared(
	GDBusConnection *connection, const char *name, const char *owner, gpointer data)
{
	(void)connection;
	(void)name;
	(void)owner;
	(void)data;
	bench.there = true;
}

static void connect_client(void)
{
	bench.client =
		g_dbus_connection_new_for_address_sync(g_test_dbus_get_bus_address(bench.daemon),
			G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
				G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
			NULL, NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bench.client);
	bench.there = false;
	bench.watch = g_bus_watch_name_on_connection(bench.client, NAME,
		G_BUS_NAME_WATCHER_FLAGS_NONE, handle_appeared, NULL, NULL, NULL);
}

static void disconnect_client(void)
{
	g_bus_unwatch_name(bench.watch);
	g_clear_object(&bench.client);
}

static void wait_for_agent(void)
{
	while (!bench.there)
		turn();
}

static void begin(void)
{
	g_autoptr(GaDbusAgent1) object = ga_dbus_agent1_skeleton_new();
	bench.daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(bench.daemon);
	bench.context = ga_context_create(RESERVED);
	bench.opener = ga_opener_create(object, tell, NULL);
	bench.bus = ga_bus_create();
	ga_bus_offer(bench.bus, NAME, PATH, G_DBUS_INTERFACE_SKELETON(object));
	bench.primary = true;
	bench.requests = bench.answers = 0;
	connect_client();
	ga_bus_connect(bench.bus);
	wait_for_agent();
}

static void end(void)
{
	ga_opener_destroy(bench.opener);
	ga_bus_destroy(bench.bus);
	ga_context_destroy(bench.context);
	disconnect_client();
	g_test_dbus_stop(bench.daemon);
	g_clear_object(&bench.daemon);
	g_clear_pointer(&bench.asked, g_free);
	g_clear_pointer(&bench.error, g_free);
}

static void answer(uint32_t request, bool opened, const char *reason)
{
	ga_opener_handle_message(bench.opener,
		VP_MESSAGE(OPEN_ANSWER, open_answer, .request = request, .opened = opened,
			.message = vp_text_from(reason, VP_REASON_MAX)));
}

static void wait_for_answers(guint count)
{
	while (bench.answers < count)
		turn();
}

static void test_answers(void)
{
	begin();
	call_open("work", "https://example.org/");
	while (bench.requests < 1)
		turn();
	CU_ASSERT_STRING_EQUAL(bench.asked, "work https://example.org/");
	answer(bench.request, true, "");
	wait_for_answers(1);
	CU_ASSERT_PTR_NULL(bench.error);
	call_open("", "https://example.org/");
	while (bench.requests < 2)
		turn();
	answer(bench.request, false, "the policy says no");
	wait_for_answers(2);
	CU_ASSERT_STRING_EQUAL(bench.error, "the policy says no");
	end();
}

static void test_strange_answers(void)
{
	begin();
	call_open("", "https://example.org/");
	while (bench.requests < 1)
		turn();
	answer(bench.request + 1, true, "");
	answer(bench.request, true, "");
	answer(bench.request, false, "late");
	wait_for_answers(1);
	CU_ASSERT_PTR_NULL(bench.error);
	end();
}

static void test_no_primary(void)
{
	begin();
	bench.primary = false;
	call_open("", "https://example.org/");
	wait_for_answers(1);
	CU_ASSERT_STRING_EQUAL(bench.error, "no primary is connected to this VM");
	end();
}

static void test_primary_leaves(void)
{
	begin();
	call_open("", "https://example.org/");
	while (bench.requests < 1)
		turn();
	ga_opener_primary_left(bench.opener);
	wait_for_answers(1);
	CU_ASSERT_STRING_EQUAL(bench.error, "the primary has left before it answered");
	end();
}

static void test_bounds(void)
{
	g_autofree char *url = g_strnfill(VP_URL_MAX + 1, 'a');
	begin();
	call_open("", url);
	wait_for_answers(1);
	CU_ASSERT_STRING_EQUAL(bench.error, "the URL is too long to be opened elsewhere");
	for (guint i = 0; i < VP_OPENS_MAX; i++)
		call_open("", "https://example.org/");
	while (bench.requests < VP_OPENS_MAX)
		turn();
	call_open("", "https://example.org/");
	wait_for_answers(2);
	CU_ASSERT_PTR_NOT_NULL(strstr(bench.error, "too much waits to be opened"));
	end();
}

static void test_no_bus(void)
{
	begin();
	g_test_dbus_stop(bench.daemon);
	/* It is tried again, which must not be in vain for ever, nor be a failure. */
	while (!g_dbus_connection_is_closed(bench.client))
		turn();
	disconnect_client();
	g_object_unref(bench.daemon);
	bench.daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(bench.daemon);
	connect_client();
	wait_for_agent();
	end();
}

static const struct unit_test tests[] = {
	{ "who asks to open something gets the primary's answer", test_answers },
	{ "answers to what was not asked change nothing", test_strange_answers },
	{ "without a primary nothing is opened", test_no_primary },
	{ "what a primary leaves unanswered fails", test_primary_leaves },
	{ "what is asked for has bounds", test_bounds },
	{ "a bus that goes is not the end, and the next one is used", test_no_bus },
};

UNIT_MAIN("the agent on the session bus", tests)

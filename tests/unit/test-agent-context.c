/*
 * A main context of GLib's in a poll loop like the agent's: what waits for what, and who is woken.
 */
#include "unit.h"

#include <glib-unix.h>
#include <glib.h>
#include <poll.h>
#include <unistd.h>

#include "context.h"

enum { RESERVED = 1, PATIENCE_MS = 60000, SOON_MS = 20 };

static struct {
	struct ga_context *context;
	GMainContext *main;
	guint asked; /* how often the counting source was, what it waits for */
	guint done;
} bench;

static void begin(void)
{
	bench.context = ga_context_create(RESERVED);
	bench.main = g_main_context_ref_thread_default();
	bench.asked = bench.done = 0;
}

static void end(void)
{
	g_main_context_unref(bench.main);
	ga_context_destroy(bench.context);
}

/* How many descriptors were ready. */
static int turn(int timeout)
{
	size_t count;
	struct pollfd *fds = ga_context_prepare(bench.context, &count, &timeout);
	fds[0] = (struct pollfd){ .fd = -1 };
	int ready = poll(fds, count, timeout);
	ga_context_dispatch(bench.context);
	return ready;
}

static void settle(void)
{
	while (turn(0) > 0)
		continue;
}

static gboolean note(gpointer data)
{
	(void)data;
	bench.done++;
	return G_SOURCE_REMOVE;
}

static gboolean note_readable(gint fd, GIOCondition condition, gpointer data)
{
	char byte;
	(void)condition;
	(void)data;
	CU_ASSERT_EQUAL(read(fd, &byte, 1), 1);
	bench.done++;
	return G_SOURCE_CONTINUE;
}

static void attach(GSource *source, GSourceFunc callback)
{
	g_source_set_callback(source, callback, NULL, NULL);
	g_source_attach(source, bench.main);
	g_source_unref(source);
}

static gboolean count_asked(GSource *source, gint *timeout)
{
	(void)source;
	*timeout = -1;
	bench.asked++;
	return FALSE;
}

static void test_idle(void)
{
	static GSourceFuncs counting = { .prepare = count_asked };
	begin();
	GSource *source = g_source_new(&counting, sizeof(GSource));
	g_source_attach(source, bench.main);
	settle();
	guint asked = bench.asked;
	CU_ASSERT(asked > 0);
	for (int i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(turn(0), 0);
	CU_ASSERT_EQUAL(bench.asked, asked);
	g_source_destroy(source);
	g_source_unref(source);
	end();
}

static void test_attached_here(void)
{
	begin();
	settle();
	attach(g_idle_source_new(), note);
	while (bench.done == 0)
		CU_ASSERT_FATAL(turn(PATIENCE_MS) > 0 || bench.done > 0);
	end();
}

static gpointer attach_elsewhere(gpointer data)
{
	(void)data;
	attach(g_idle_source_new(), note);
	return NULL;
}

static void test_attached_elsewhere(void)
{
	begin();
	settle();
	GThread *thread = g_thread_new("elsewhere", attach_elsewhere, NULL);
	while (bench.done == 0)
		CU_ASSERT_FATAL(turn(PATIENCE_MS) > 0 || bench.done > 0);
	g_thread_join(thread);
	end();
}

static void test_timeout(void)
{
	begin();
	int64_t start = g_get_monotonic_time();
	attach(g_timeout_source_new(SOON_MS), note);
	while (bench.done == 0)
		turn(PATIENCE_MS);
	int64_t took = (g_get_monotonic_time() - start) / G_TIME_SPAN_MILLISECOND;
	CU_ASSERT(took >= SOON_MS && took < PATIENCE_MS);
	end();
}

static void test_descriptor(void)
{
	int fds[2];
	begin();
	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	settle();
	GSource *source = g_unix_fd_source_new(fds[0], G_IO_IN);
	g_source_set_callback(source, G_SOURCE_FUNC(note_readable), NULL, NULL);
	g_source_attach(source, bench.main);
	for (guint i = 1; i <= 3; i++) {
		CU_ASSERT_EQUAL(write(fds[1], "x", 1), 1);
		while (bench.done < i)
			CU_ASSERT_FATAL(turn(PATIENCE_MS) > 0);
	}
	g_source_destroy(source);
	g_source_unref(source);
	CU_ASSERT_EQUAL(write(fds[1], "x", 1), 1);
	settle();
	CU_ASSERT_EQUAL(bench.done, 3);
	close(fds[0]);
	close(fds[1]);
	end();
}

static const struct unit_test tests[] = {
	{ "turns that bring it nothing do not ask it what it waits for", test_idle },
	{ "what its own thread gives it to do is done at once", test_attached_here },
	{ "what another thread gives it to do is done at once", test_attached_elsewhere },
	{ "what has a time is done then, and not before", test_timeout },
	{ "descriptors are waited for, and no longer than their sources are there",
		test_descriptor },
};

UNIT_MAIN("a main context in a poll loop", tests)

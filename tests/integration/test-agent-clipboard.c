/*
 * The guest's clipboard, on a real X server, with real clients and with applications that behave
 * badly.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent-bench.h"
#include "clipboard-app.h"
#include "streams.h"
#include "unit.h"

enum {
	PATIENCE_MS = 60000,
	AT_ONCE_MS = 1500,
	TRIES = 20,
	LARGE = 32 * 1024 * 1024,
	OFFER = 77, /* of the primary */
	TEXT_SIZE = 256,
};

/* The primary, as the test plays it. */
static struct {
	struct agent_bench bench;
	struct vp_streams *streams;
	bool ready;
	unsigned int offers[2];
	struct vp_clipboard_offered offered[2]; /* the last of each selection */
	unsigned int wants;
	struct vp_clipboard_wanted wanted; /* the last */
	uint32_t last_stream;
	uint32_t ended; /* the last stream that has, and how */
	enum vp_stream_status status;
	uint64_t bytes;
	/* what is being sent and received */
	int source;
	size_t source_left;
	int sink;
	size_t received;
	char start[TEXT_SIZE]; /* its first bytes, and a NUL */
	bool sink_ended;
} primary;

static struct clipboard_app app;

static void handle_ended(void *data, uint32_t stream, enum vp_stream_status status, uint64_t bytes,
	struct vp_text message)
{
	(void)data;
	(void)message;
	primary.ended = stream;
	primary.status = status;
	primary.bytes = bytes;
}

static const struct vp_streams_listener streams_listener = { .ended = handle_ended };

static void handle_ready(void *data, const struct vp_hello *peer)
{
	(void)data;
	(void)peer;
	vp_streams_begin(primary.streams, primary.bench.session);
	primary.ready = true;
}

static bool handle_message(void *data, const struct vp_message *message)
{
	(void)data;
	if (message->op == VP_OP_CLIPBOARD_OFFERED) {
		uint8_t selection = message->clipboard_offered.selection;
		primary.offered[selection] = message->clipboard_offered;
		primary.offers[selection]++;
	} else if (message->op == VP_OP_CLIPBOARD_WANTED) {
		primary.wanted = message->clipboard_wanted;
		primary.wants++;
	}
	return agent_bench_take_pixels(&primary.bench, message) ||
	       vp_streams_handle_message(primary.streams, message);
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	agent_bench_tell_closed(data, reason, text);
	vp_streams_end(primary.streams, text);
}

static const struct vp_session_listener listener = {
	.ready = handle_ready,
	.message = handle_message,
	.closed = handle_closed,
};

static void stop_feeding(void)
{
	if (primary.source >= 0)
		close(primary.source);
	primary.source = -1;
}

static void feed(void)
{
	static const char zeros[65536];
	while (primary.source >= 0 && primary.source_left > 0) {
		size_t len =
			primary.source_left < sizeof(zeros) ? primary.source_left : sizeof(zeros);
		ssize_t n = write(primary.source, zeros, len);
		if (n <= 0)
			return;
		primary.source_left -= (size_t)n;
	}
	stop_feeding();
}

static void drain(void)
{
	char data[65536];
	ssize_t n;
	while (primary.sink >= 0 && (n = read(primary.sink, data, sizeof(data))) >= 0) {
		if (primary.received == 0 && n > 0)
			snprintf(primary.start, sizeof(primary.start), "%.*s", (int)n, data);
		primary.received += (size_t)n;
		if (n > 0)
			continue;
		primary.sink_ended = true;
		close(primary.sink);
		primary.sink = -1;
	}
}

/* What the loops of all that are played here would do. */
static void pump(void)
{
	clipboard_app_turn(&app);
	feed();
	vp_streams_dispatch(primary.streams);
	do
		vp_session_flush(primary.bench.session);
	while (vp_streams_flush(primary.streams));
	drain();
}

static bool (*awaited)(void);

static bool reached(void)
{
	pump();
	return awaited();
}

static void wait_until(bool (*condition)(void))
{
	awaited = condition;
	CU_ASSERT_TRUE(agent_bench_wait(&primary.bench, reached, PATIENCE_MS));
}

static bool has_begun(void)
{
	return primary.ready && primary.offers[0] > 0 && primary.offers[1] > 0;
}

static void begin(const char *selection)
{
	memset(&primary, 0, sizeof(primary));
	signal(SIGPIPE, SIG_IGN);
	primary.source = -1;
	primary.sink = -1;
	primary.streams = vp_streams_create(&streams_listener, NULL);
	agent_bench_start(&primary.bench, "640x480x24", &listener, NULL);
	clipboard_app_start(&app, selection);
	wait_until(has_begun);
}

static void end(void)
{
	clipboard_app_die(&app);
	vp_streams_destroy(primary.streams);
	agent_bench_stop(&primary.bench);
}

static void tell(const struct vp_message *message)
{
	vp_session_send(primary.bench.session, message);
}

static void fetch_offer(uint32_t offer, uint32_t max)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		abort();
	primary.ended = 0;
	primary.received = 0;
	primary.sink_ended = false;
	primary.sink = ends[0];
	uint32_t stream = ++primary.last_stream;
	vp_streams_receive(primary.streams, stream, ends[1]);
	tell(VP_MESSAGE(CLIPBOARD_FETCH, clipboard_fetch, .stream = stream, .offer = offer,
		.type = VP_CLIPBOARD_TEXT, .max = max));
}

static void fetch(uint32_t max)
{
	fetch_offer(primary.offered[VP_SELECTION_CLIPBOARD].offer, max);
}

static bool has_fetched(void)
{
	return primary.ended == primary.last_stream && primary.sink_ended;
}

static bool has_clipboard(void)
{
	return primary.offered[VP_SELECTION_CLIPBOARD].types != 0;
}

static bool has_primary(void)
{
	return primary.offered[VP_SELECTION_PRIMARY].types != 0;
}

static void offer(uint32_t types)
{
	tell(VP_MESSAGE(CLIPBOARD_OFFER, clipboard_offer, .offer = OFFER, .types = types));
}

/* Answers the paste that waits with so many bytes, the first of which are the text. */
static void answer(const char *text, size_t size)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		abort();
	uint32_t stream = ++primary.last_stream;
	primary.ended = 0;
	tell(VP_MESSAGE(CLIPBOARD_ANSWER, clipboard_answer, .request = primary.wanted.request,
		.stream = stream));
	vp_streams_send(primary.streams, stream, ends[0]);
	CU_ASSERT_EQUAL(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
	primary.source = ends[1];
	primary.source_left = size - strlen(text);
}

static bool is_wanted(void)
{
	return primary.wants > 0;
}

/* Real clients */

static pid_t client;

/* Runs a shell's command; its output goes to the file of the same name as the variable. */
static void run(const char *command)
{
	char *arguments[] = { (char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
		(char *)(uintptr_t)command, NULL };
	extern char **environ;
	if (posix_spawnp(&client, "sh", NULL, NULL, arguments, environ) != 0)
		abort();
}

static bool has_client_ended(void)
{
	int status;
	if (waitpid(client, &status, WNOHANG) != client)
		return false;
	return WIFEXITED(status);
}

static char *output_path(void)
{
	static char path[64];
	snprintf(path, sizeof(path), "/tmp/test-agent-clipboard-%d", (int)getpid());
	setenv("OUTPUT", path, 1);
	return path;
}

static size_t read_output(char *start, size_t size)
{
	FILE *file = fopen(output_path(), "r");
	size_t len = file != NULL ? fread(start, 1, size - 1, file) : 0;
	start[len] = '\0';
	if (file == NULL)
		return 0;
	fseek(file, 0, SEEK_END);
	len = (size_t)ftell(file);
	fclose(file);
	unlink(output_path());
	return len;
}

static void test_xclip_copies(void)
{
	begin("CLIPBOARD");
	CU_ASSERT_EQUAL(primary.offered[VP_SELECTION_CLIPBOARD].types, 0);
	run("printf 'Gr\\303\\274\\303\\237e' | xclip -selection clipboard");
	wait_until(has_clipboard);
	CU_ASSERT_EQUAL(primary.offered[VP_SELECTION_CLIPBOARD].types, VP_CLIPBOARD_TEXT);
	fetch(UINT32_MAX);
	wait_until(has_fetched);
	CU_ASSERT_EQUAL(primary.status, VP_STREAM_DONE);
	CU_ASSERT_STRING_EQUAL(primary.start, "Gr\303\274\303\237e");
	end();
}

static void test_xclip_types(void)
{
	begin("CLIPBOARD");
	run("printf '<b>x</b>' | xclip -selection clipboard -t text/html");
	wait_until(has_clipboard);
	CU_ASSERT_EQUAL(primary.offered[VP_SELECTION_CLIPBOARD].types, VP_CLIPBOARD_HTML);
	end();
}

static void test_xsel_selects(void)
{
	begin("CLIPBOARD");
	run("printf hello | xsel -p -i");
	wait_until(has_primary);
	CU_ASSERT_EQUAL(primary.offered[VP_SELECTION_PRIMARY].types, VP_CLIPBOARD_TEXT);
	CU_ASSERT_EQUAL(primary.offered[VP_SELECTION_CLIPBOARD].types, 0);
	end();
}

/* A client that is not answered in time asks again. */
static bool has_client_pasted(void)
{
	if (primary.wants > 0) {
		primary.wants = 0;
		stop_feeding();
		answer("from elsewhere", strlen("from elsewhere"));
	}
	return has_client_ended();
}

static void check_client_pastes(const char *command)
{
	char start[TEXT_SIZE];
	begin("CLIPBOARD");
	output_path();
	offer(VP_CLIPBOARD_TEXT);
	run(command);
	wait_until(is_wanted);
	CU_ASSERT_EQUAL(primary.wanted.offer, OFFER);
	CU_ASSERT_EQUAL(primary.wanted.type, VP_CLIPBOARD_TEXT);
	wait_until(has_client_pasted);
	read_output(start, sizeof(start));
	CU_ASSERT_STRING_EQUAL(start, "from elsewhere");
	/* What was put there is not told of. */
	CU_ASSERT_EQUAL(primary.offers[VP_SELECTION_CLIPBOARD], 1);
	end();
}

static void test_xclip_pastes(void)
{
	check_client_pastes("until xclip -o -selection clipboard >$OUTPUT 2>/dev/null; do :; done");
}

static void test_xsel_pastes(void)
{
	check_client_pastes("until xsel -b -o >$OUTPUT && test -s $OUTPUT; do :; done");
}

static void test_large_copy(void)
{
	begin("CLIPBOARD");
	run("head -c 33554432 /dev/zero | tr '\\0' x | xclip -selection clipboard");
	wait_until(has_clipboard);
	fetch(LARGE);
	wait_until(has_fetched);
	CU_ASSERT_EQUAL(primary.status, VP_STREAM_DONE);
	CU_ASSERT_EQUAL(primary.received, LARGE);
	end();
}

static bool is_notified(void)
{
	return app.notified;
}

static bool is_complete(void)
{
	return app.complete;
}

/* Until the agent is the owner, there is nobody whom the application could ask. */
static bool is_offered(void)
{
	xcb_get_selection_owner_reply_t *reply = xcb_get_selection_owner_reply(
		app.connection, xcb_get_selection_owner(app.connection, app.selection), NULL);
	bool is = reply != NULL && reply->owner != XCB_NONE && reply->owner != app.window;
	free(reply);
	return is;
}

static void begin_offered(uint32_t types)
{
	begin("CLIPBOARD");
	offer(types);
	wait_until(is_offered);
}

static void paste(const char *target)
{
	primary.wants = 0;
	clipboard_app_paste(&app, target);
	wait_until(is_wanted);
}

static void test_large_paste(void)
{
	begin_offered(VP_CLIPBOARD_TEXT);
	paste("UTF8_STRING");
	answer("x", LARGE);
	wait_until(is_complete);
	CU_ASSERT_TRUE(app.incr);
	CU_ASSERT_EQUAL(app.got, LARGE);
	CU_ASSERT_EQUAL(app.type, clipboard_app_atom(&app, "UTF8_STRING"));
	end();
}

static void test_targets(void)
{
	xcb_atom_t targets[32];
	size_t len;
	size_t found = 0;
	begin_offered(VP_CLIPBOARD_TEXT | VP_CLIPBOARD_PNG);
	clipboard_app_paste(&app, "TARGETS");
	wait_until(is_notified);
	CU_ASSERT_EQUAL(app.type, XCB_ATOM_ATOM);
	/* by MULTIPLE, of one that is not there, and of a time */
	const char *const names[] = { "TARGETS", "text/html", "TIMESTAMP" };
	clipboard_app_paste_pairs(&app, names);
	wait_until(is_notified);
	CU_ASSERT_EQUAL(app.answered, clipboard_app_atom(&app, "_PASTE"));
	CU_ASSERT_EQUAL(
		clipboard_app_read(&app, "_PAIR_0", targets, sizeof(targets), &len), XCB_ATOM_ATOM);
	for (size_t i = 0; i < len / sizeof(xcb_atom_t); i++)
		found += targets[i] == XCB_ATOM_STRING ||
			 targets[i] == clipboard_app_atom(&app, "text/plain") ||
			 targets[i] == clipboard_app_atom(&app, "image/png") ||
			 targets[i] == clipboard_app_atom(&app, "text/html");
	CU_ASSERT_EQUAL(found, 3);
	CU_ASSERT_EQUAL(
		clipboard_app_read(&app, "_PAIR_1", targets, sizeof(targets), &len), XCB_NONE);
	CU_ASSERT_EQUAL(clipboard_app_read(&app, "_PAIR_2", targets, sizeof(targets), &len),
		XCB_ATOM_INTEGER);
	CU_ASSERT_EQUAL(clipboard_app_read(&app, "_PASTE", targets, sizeof(targets), &len),
		clipboard_app_atom(&app, "ATOM_PAIR"));
	CU_ASSERT_EQUAL(targets[0], clipboard_app_atom(&app, "TARGETS"));
	CU_ASSERT_EQUAL(targets[2], XCB_NONE);
	CU_ASSERT_EQUAL(primary.wants, 0);
	end();
}

static void test_string(void)
{
	begin_offered(VP_CLIPBOARD_TEXT);
	paste("STRING");
	/* u with diaeresis, and a letter that the character set lacks */
	answer("f\303\274r \305\202", 7);
	wait_until(is_complete);
	CU_ASSERT_EQUAL(app.type, XCB_ATOM_STRING);
	CU_ASSERT_STRING_EQUAL(app.start, "f\374r ?");
	end();
}

static void check_refused(void)
{
	wait_until(is_notified);
	CU_ASSERT_EQUAL(app.answered, XCB_NONE);
}

/* Before the agent would give up; on a machine that is busy it may take some attempts. */
static void check_refused_at_once(void (*try)(void))
{
	bool quick = false;
	for (int i = 0; i < TRIES && !quick; i++) {
		int64_t before = agent_bench_now();
		try();
		check_refused();
		quick = agent_bench_now() - before < AT_ONCE_MS;
	}
	CU_ASSERT_TRUE(quick);
}

static void paste_and_refuse(void)
{
	paste("UTF8_STRING");
	tell(VP_MESSAGE(CLIPBOARD_ANSWER, clipboard_answer, .request = primary.wanted.request));
}

static void paste_what_is_not_offered(void)
{
	clipboard_app_paste(&app, "image/png");
}

static void test_refused(void)
{
	begin_offered(VP_CLIPBOARD_TEXT);
	check_refused_at_once(paste_and_refuse);
	check_refused_at_once(paste_what_is_not_offered);
	end();
}

static bool has_ended(void)
{
	return primary.ended == primary.last_stream;
}

static void test_unanswered(void)
{
	begin_offered(VP_CLIPBOARD_TEXT);
	paste("UTF8_STRING");
	check_refused();
	/* The answer comes too late: nobody takes its content. */
	answer("late", LARGE);
	wait_until(has_ended);
	CU_ASSERT_EQUAL(primary.status, VP_STREAM_CANCELLED);
	stop_feeding();
	/* The next one is as good as ever. */
	paste("UTF8_STRING");
	answer("in time", 7);
	wait_until(is_complete);
	CU_ASSERT_STRING_EQUAL(app.start, "in time");
	end();
}

static void paste_from_broken_source(void)
{
	paste("UTF8_STRING");
	stop_feeding();
	answer("half", LARGE);
	vp_streams_cancel(primary.streams, primary.last_stream, VP_STREAM_FAILED,
		vp_text_from("its owner has died", VP_REASON_MAX));
}

static void test_broken_source(void)
{
	begin_offered(VP_CLIPBOARD_TEXT);
	check_refused_at_once(paste_from_broken_source);
	end();
}

static void test_requestor_dies(void)
{
	begin_offered(VP_CLIPBOARD_TEXT);
	app.stops = true;
	paste("UTF8_STRING");
	answer("x", LARGE);
	wait_until(is_notified);
	CU_ASSERT_TRUE(app.incr);
	clipboard_app_die(&app);
	wait_until(has_ended);
	CU_ASSERT_EQUAL(primary.status, VP_STREAM_CANCELLED);
	clipboard_app_start(&app, "CLIPBOARD");
	stop_feeding();
	paste("UTF8_STRING");
	answer("next", 4);
	wait_until(is_complete);
	CU_ASSERT_STRING_EQUAL(app.start, "next");
	end();
}

static void paste_and_withdraw(void)
{
	offer(VP_CLIPBOARD_TEXT);
	wait_until(is_offered);
	paste("UTF8_STRING");
	offer(0);
}

static void test_withdrawn(void)
{
	begin("CLIPBOARD");
	check_refused_at_once(paste_and_withdraw);
	CU_ASSERT_EQUAL(primary.offers[VP_SELECTION_CLIPBOARD], 1);
	CU_ASSERT_FALSE(is_offered());
	end();
}

static void test_taken_over(void)
{
	begin_offered(VP_CLIPBOARD_TEXT);
	clipboard_app_copy(&app, "mine");
	wait_until(has_clipboard);
	fetch(100);
	wait_until(has_fetched);
	CU_ASSERT_STRING_EQUAL(primary.start, "mine");
	end();
}

static void test_too_large(void)
{
	begin("CLIPBOARD");
	clipboard_app_copy(&app, "0123456789");
	wait_until(has_clipboard);
	fetch(9);
	wait_until(has_fetched);
	CU_ASSERT_EQUAL(primary.status, VP_STREAM_TOO_LARGE);
	CU_ASSERT_EQUAL(primary.received, 0);
	fetch(10);
	wait_until(has_fetched);
	CU_ASSERT_EQUAL(primary.status, VP_STREAM_DONE);
	end();
}

static void test_endless(void)
{
	begin("CLIPBOARD");
	app.part = 100000;
	clipboard_app_copy(&app, "");
	wait_until(has_clipboard);
	fetch(1000000);
	wait_until(has_fetched);
	CU_ASSERT_EQUAL(primary.status, VP_STREAM_TOO_LARGE);
	CU_ASSERT(primary.received <= 1000000);
	end();
}

static void test_owner_dies(void)
{
	begin("CLIPBOARD");
	app.part = 100000;
	app.dies = true;
	clipboard_app_copy(&app, "");
	wait_until(has_clipboard);
	fetch(UINT32_MAX);
	wait_until(has_fetched);
	CU_ASSERT_EQUAL(primary.status, VP_STREAM_FAILED);
	CU_ASSERT_EQUAL(primary.offered[VP_SELECTION_CLIPBOARD].types, 0);
	end();
}

static void test_silent_owner(void)
{
	struct clipboard_app other;
	begin("CLIPBOARD");
	app.silent = true;
	clipboard_app_copy(&app, "");
	wait_until(has_clipboard);
	clipboard_app_start(&other, "PRIMARY");
	clipboard_app_copy(&other, "x");
	struct clipboard_app kept = app;
	app = other;
	wait_until(has_primary);
	fetch(UINT32_MAX);
	uint32_t silent = primary.last_stream;
	/* Others are served meanwhile. */
	tell(VP_MESSAGE(CLIPBOARD_OFFER, clipboard_offer, .selection = VP_SELECTION_PRIMARY,
		.offer = OFFER, .types = VP_CLIPBOARD_TEXT));
	wait_until(is_offered);
	paste("UTF8_STRING");
	app = kept;
	CU_ASSERT_NOT_EQUAL(primary.ended, silent);
	wait_until(has_ended);
	CU_ASSERT_EQUAL(primary.status, VP_STREAM_FAILED);
	clipboard_app_die(&other);
	end();
}

static unsigned int offers_before;

static bool is_offered_anew(void)
{
	return primary.offers[VP_SELECTION_CLIPBOARD] > offers_before;
}

static void test_old_offer(void)
{
	begin("CLIPBOARD");
	clipboard_app_copy(&app, "old");
	wait_until(has_clipboard);
	uint32_t old = primary.offered[VP_SELECTION_CLIPBOARD].offer;
	offers_before = primary.offers[VP_SELECTION_CLIPBOARD];
	clipboard_app_copy(&app, "new");
	wait_until(is_offered_anew);
	fetch_offer(old, 100);
	wait_until(has_fetched);
	CU_ASSERT_EQUAL(primary.status, VP_STREAM_FAILED);
	CU_ASSERT_EQUAL(primary.received, 0);
	end();
}

static void test_flood(void)
{
	enum { COPIES = 5000 };
	begin("CLIPBOARD");
	int64_t before = agent_bench_now();
	for (int i = 0; i < COPIES; i++)
		clipboard_app_copy(&app, "last");
	wait_until(has_clipboard);
	fetch(100);
	wait_until(has_fetched);
	int64_t took = agent_bench_now() - before;
	/* One every 50 ms, and the first ones. */
	CU_ASSERT(primary.offers[VP_SELECTION_CLIPBOARD] < 4 + took / 50);
	CU_ASSERT_STRING_EQUAL(primary.start, "last");
	end();
}

static void test_new_agent(void)
{
	begin("CLIPBOARD");
	clipboard_app_copy(&app, "kept");
	wait_until(has_clipboard);
	vp_streams_end(primary.streams, "");
	primary.offered[VP_SELECTION_CLIPBOARD].types = 0;
	agent_bench_replace_agent(&primary.bench, &listener, NULL);
	wait_until(has_clipboard);
	fetch(100);
	wait_until(has_fetched);
	CU_ASSERT_STRING_EQUAL(primary.start, "kept");
	end();
}

static const struct unit_test tests[] = {
	{ "what xclip copies is offered, and fetched", test_xclip_copies },
	{ "a client that copies one type offers that alone", test_xclip_types },
	{ "what xsel selects is the primary selection", test_xsel_selects },
	{ "xclip pastes what the primary offers", test_xclip_pastes },
	{ "xsel pastes what the primary offers", test_xsel_pastes },
	{ "32 MiB are fetched from xclip", test_large_copy },
	{ "32 MiB are pasted in parts", test_large_paste },
	{ "an application is told what it can paste, by MULTIPLE, too", test_targets },
	{ "a paste as STRING gets ISO 8859-1", test_string },
	{ "a paste that is refused gets nothing, at once", test_refused },
	{ "a paste that is not answered gets nothing after two seconds, and the late answer "
	  "does no harm",
		test_unanswered },
	{ "a paste whose source breaks off at first gets nothing", test_broken_source },
	{ "an application that dies while it pastes ends its stream, and no other is hurt",
		test_requestor_dies },
	{ "what the primary offers no more is owned no more, and not told of as a change",
		test_withdrawn },
	{ "an application that copies takes the selection from the primary", test_taken_over },
	{ "what is larger than may pass does not pass, not even in part", test_too_large },
	{ "an owner that never ends is stopped at what may pass", test_endless },
	{ "an owner that dies while it gives ends its stream", test_owner_dies },
	{ "an owner that never answers holds up nobody else, and is given up", test_silent_owner },
	{ "an offer of before gets nothing", test_old_offer },
	{ "a flood of copies is told of now and then, and the last one for sure", test_flood },
	{ "a new agent tells what is there", test_new_agent },
};

UNIT_MAIN("agent clipboard", tests)

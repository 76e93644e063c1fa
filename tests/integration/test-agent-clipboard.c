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
	PATIENCE_MS = 20000,
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
	if (primary.source >= 0)
		close(primary.source);
	primary.source = -1;
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
	answer("from elsewhere", strlen("from elsewhere"));
	wait_until(has_client_ended);
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

static const struct unit_test tests[] = {
	{ "what xclip copies is offered, and fetched", test_xclip_copies },
	{ "a client that copies one type offers that alone", test_xclip_types },
	{ "what xsel selects is the primary selection", test_xsel_selects },
	{ "xclip pastes what the primary offers", test_xclip_pastes },
	{ "xsel pastes what the primary offers", test_xsel_pastes },
	{ "32 MiB are fetched from xclip", test_large_copy },
};

UNIT_MAIN("agent clipboard", tests)

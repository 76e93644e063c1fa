/*
 * What crosses the view, between a guest that says arbitrary things in good form and a broker that
 * opens and cancels streams, answers or does not, reads and writes its pipes, and comes and goes.
 * Each step of the input is a byte that chooses what happens, and the bytes that say how.
 */
#include <fcntl.h>
#include <unistd.h>

#include "crossing.h"
#include "fuzz.h"
#include "ignore.h"
#include "message-source.h"

enum { STEPS_MAX = 200, TRANSPORT_BYTES = 65536, PIPES = 4 };

struct bench {
	struct hc_crossing *crossing;
	struct vp_session *view;
	struct vp_session *guest;
	int64_t now;
	bool open; /* both sessions are */
	int pipes[PIPES]; /* the broker's ends, -1 none */
	size_t next_pipe;
};

static void ignore_broker(void *data, const struct hc_link_message *message)
{
	(void)data;
	if (message->op == HC_LINK_OP_CLIPBOARD_WANTED &&
		(message->clipboard_wanted.type & (message->clipboard_wanted.type - 1)) != 0)
		abort(); /* of one type only */
}

static const struct hc_crossing_listener crossing_listener = { .tell_broker = ignore_broker };

static void handle_ready(void *data, const struct vp_hello *peer)
{
	struct bench *bench = data;
	(void)peer;
	hc_crossing_begin_session(bench->crossing, bench->view);
}

static bool handle_message(void *data, const struct vp_message *message)
{
	struct bench *bench = data;
	return hc_crossing_handle_guest(bench->crossing, message) ||
	       hc_crossing_handle_stream(bench->crossing, message);
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct bench *bench = data;
	(void)reason;
	bench->open = false;
	hc_crossing_end_session(bench->crossing, text);
}

static const struct vp_session_listener view_listener = {
	.ready = handle_ready,
	.message = handle_message,
	.closed = handle_closed,
};

static const struct vp_session_listener guest_listener = {
	.ready = fuzz_ignore_ready,
	.message = fuzz_ignore_message,
	.closed = fuzz_ignore_closed,
};

static void turn(struct bench *bench)
{
	for (int i = 0; i < 2; i++) {
		vp_session_dispatch(bench->view);
		vp_session_dispatch(bench->guest);
		hc_crossing_dispatch(bench->crossing, bench->now++);
		vp_session_flush(bench->view);
		hc_crossing_flush(bench->crossing);
	}
}

static void end_sessions(struct bench *bench)
{
	if (bench->open)
		vp_session_fail(bench->view, VP_BYE_SHUTDOWN, "over");
	vp_session_destroy(bench->view);
	vp_session_destroy(bench->guest);
}

static void begin_sessions(struct bench *bench)
{
	struct vp_transport *agent;
	struct vp_transport *view;
	if (!vp_transport_memory_create(TRANSPORT_BYTES, &agent, &view))
		abort();
	bench->open = true;
	bench->view = vp_session_create(view, VP_ROLE_PRIMARY, "fuzz", 1, &view_listener, bench);
	bench->guest = vp_session_create(agent, VP_ROLE_GUEST, "fuzz", 1, &guest_listener, bench);
	if (bench->view == NULL || bench->guest == NULL)
		abort();
	turn(bench);
}

static void close_pipe(struct bench *bench, size_t index)
{
	if (bench->pipes[index] >= 0)
		close(bench->pipes[index]);
	bench->pipes[index] = -1;
}

static void open_stream(struct bench *bench, struct fuzz_source *source)
{
	int ends[2];
	bool to_guest = (fuzz_next_byte(source) & 1) != 0;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		abort();
	bench->next_pipe = (bench->next_pipe + 1) % PIPES;
	close_pipe(bench, bench->next_pipe);
	bench->pipes[bench->next_pipe] = ends[to_guest ? 1 : 0];
	hc_crossing_handle_broker(bench->crossing,
		HC_LINK_MESSAGE(STREAM_OPEN, stream_open,
			.stream = 1U + fuzz_next_byte(source) % FUZZ_ID_MAX, .to_guest = to_guest),
		ends[to_guest ? 0 : 1]);
}

/* A pipe is read from or written to; one of these fails. */
static void use_pipe(struct bench *bench, struct fuzz_source *source)
{
	static uint8_t data[VP_STREAM_DATA_MAX];
	int fd = bench->pipes[fuzz_next_byte(source) % PIPES];
	size_t len = (size_t)fuzz_next_byte(source) << 8 | 1U;
	if (fd < 0 || read(fd, data, len) >= 0)
		return;
	if (write(fd, data, len) < 0)
		return;
}

static void answer(struct bench *bench, struct fuzz_source *source)
{
	hc_crossing_handle_broker(bench->crossing,
		HC_LINK_MESSAGE(CLIPBOARD_ANSWER, clipboard_answer,
			.request = fuzz_next_byte(source) % (FUZZ_ID_MAX + 1U),
			.stream = fuzz_next_byte(source) % (FUZZ_ID_MAX + 1U)),
		-1);
}

static void cancel(struct bench *bench, struct fuzz_source *source)
{
	hc_crossing_handle_broker(bench->crossing,
		HC_LINK_MESSAGE(STREAM_CANCEL, stream_cancel,
			.stream = 1U + fuzz_next_byte(source) % FUZZ_ID_MAX,
			.status = VP_STREAM_CANCELLED),
		-1);
}

static void say(struct bench *bench, uint8_t index, struct fuzz_source *source)
{
	static const uint16_t ops[] = { VP_OP_CLIPBOARD_OFFERED, VP_OP_CLIPBOARD_WANTED,
		VP_OP_STREAM_DATA, VP_OP_STREAM_END, VP_OP_STREAM_ACK, VP_OP_STREAM_CANCEL };
	uint16_t op = ops[index % (sizeof(ops) / sizeof(ops[0]))];
	struct vp_message message;
	if (fuzz_fill_op(&message, op, source))
		(void)vp_session_send(bench->guest, &message);
}

static void step(struct bench *bench, struct fuzz_source *source)
{
	enum { OPEN = 240, USE, CLOSE, CANCEL, ANSWER, BROKER_ENDS, BROKER_BEGINS, SESSION_ENDS };
	uint8_t what = fuzz_next_byte(source);
	switch (what) {
	case OPEN:
		open_stream(bench, source);
		break;
	case USE:
		use_pipe(bench, source);
		break;
	case CLOSE:
		close_pipe(bench, fuzz_next_byte(source) % PIPES);
		break;
	case CANCEL:
		cancel(bench, source);
		break;
	case ANSWER:
		answer(bench, source);
		break;
	case BROKER_ENDS:
		hc_crossing_end_broker(bench->crossing);
		break;
	case BROKER_BEGINS:
		hc_crossing_begin_broker(bench->crossing);
		break;
	case SESSION_ENDS:
		end_sessions(bench);
		begin_sessions(bench);
		break;
	default:
		say(bench, what, source);
	}
	if (!bench->open) {
		end_sessions(bench);
		begin_sessions(bench);
	}
	turn(bench);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bench bench = { .pipes = { -1, -1, -1, -1 } };
	struct fuzz_source source = { data, size };

	bench.crossing = hc_crossing_create(&crossing_listener, &bench);
	if (bench.crossing == NULL)
		abort();
	hc_crossing_begin_broker(bench.crossing);
	begin_sessions(&bench);
	for (int i = 0; i < STEPS_MAX && source.left > 0; i++)
		step(&bench, &source);
	end_sessions(&bench);
	hc_crossing_destroy(bench.crossing);
	for (size_t i = 0; i < PIPES; i++)
		close_pipe(&bench, i);
	return 0;
}

/*
 * The whole view but for its display: a guest and a broker that say arbitrary things in good form,
 * come and go, while the user does this and that. Each step of the input is a byte that chooses
 * what happens, and the bytes that say how. What the view tells its broker is always well-formed,
 * and it goes on whatever its guest says.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "fake-presenter.h"
#include "fuzz.h"
#include "ignore.h"
#include "link-source.h"
#include "message-source.h"
#include "session.h"

enum {
	STEPS_MAX = 100,
	TURNS = 3,
	START = 1000000,
	SIDE_MAX = 32,
	PIPES = 4,
	PIPE_BYTES = 4096,
	ICON_SIZES = 4,
};

struct bench {
	struct hc_control *control;
	struct sockaddr_un address; /* of the view's socket */
	socklen_t address_len;
	struct hc_link *broker; /* NULL: there is none */
	struct vp_session *guest; /* NULL: there is none */
	int pipes[PIPES]; /* the broker's ends of what it has given, -1 none */
	unsigned int next_pipe;
	int64_t now;
};

static struct fake_presenter *presenter;

/* In place of that of the X11 presenter. */
struct hc_presenter *hc_presenter_x11_create(const char *display)
{
	(void)display;
	presenter = fake_presenter_create();
	return &presenter->presenter;
}

void fuzz_prepare(void)
{
	fuzz_ignore_logs();
}

static bool confine(bool xen)
{
	(void)xen;
	return true;
}

/* The guest */

static void handle_guest_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct bench *bench = data;

	(void)reason;
	(void)text;
	vp_session_destroy(bench->guest);
	bench->guest = NULL;
}

static const struct vp_session_listener guest_listener = {
	.ready = fuzz_ignore_ready,
	.message = fuzz_ignore_message,
	.closed = handle_guest_closed,
};

/* The broker has the view connect to it. */
static void connect_guest(struct bench *bench)
{
	int ends[2];

	if (!bench->broker)
		return;
	fuzz_require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	hc_link_send(bench->broker, HC_LINK_MESSAGE(CONNECT, connect, 0), ends[0]);
	close(ends[0]);
	vp_session_destroy(bench->guest);
	bench->guest = vp_session_create(vp_transport_unix_create(ends[1]), VP_ROLE_GUEST, "fuzz",
		1, &guest_listener, bench);
	fuzz_require(bench->guest != NULL);
}

static void say_icon(struct bench *bench, struct fuzz_source *source)
{
	static const uint8_t pixels[ICON_SIZES * ICON_SIZES * VP_PIXEL_BYTES];
	uint16_t size = 1 + fuzz_next_byte(source) % ICON_SIZES;

	(void)vp_session_send(
		bench->guest, VP_MESSAGE(APPLICATION_ICON, application_icon,
				      .serial = fuzz_next_byte(source) % FUZZ_ID_MAX, .size = size,
				      .pixels = { pixels, (size_t)size * size * VP_PIXEL_BYTES }));
}

static void share_buffer(struct bench *bench, struct fuzz_source *source)
{
	uint32_t width = 1U + fuzz_next_byte(source) % SIDE_MAX;
	struct vp_buffer *buffer = NULL;

	if (vp_session_buffer_create(bench->guest, width, 1U + fuzz_next_byte(source) % SIDE_MAX,
		    VP_FORMAT_XRGB8888, &buffer))
		vp_buffer_destroy(buffer);
}

/* What goes to the guest is said by the user, as far as it is input. */
static void say_to_view(struct bench *bench, uint8_t index, struct fuzz_source *source)
{
	struct vp_message message;

	if (!fuzz_fill_message(&message, index, source))
		return;
	if ((vp_op_directions((uint16_t)message.op) & VP_TO_PRIMARY) != 0) {
		if (bench->guest)
			(void)vp_session_send(bench->guest, &message);
	} else if (presenter && vp_op_channel((uint16_t)message.op) < VP_CHANNEL_LAUNCH) {
		fake_presenter_say(presenter, &message);
	}
}

/* The broker */

static void connect_broker(struct bench *bench)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	fuzz_require(fd >= 0 &&
		     connect(fd, (struct sockaddr *)&bench->address, bench->address_len) == 0);
	bench->broker = hc_link_create(fd, HC_LINK_TO_BROKER);
	hc_link_greet(bench->broker);
	hc_link_send(bench->broker,
		HC_LINK_MESSAGE(CONFIGURE, configure, .name = vp_text_from("work", VP_NAME_MAX),
			.border = 4),
		-1);
}

static void lose_broker(struct bench *bench)
{
	hc_link_destroy(bench->broker);
	bench->broker = NULL;
}

static void close_pipe(struct bench *bench, unsigned int index)
{
	if (bench->pipes[index] >= 0)
		close(bench->pipes[index]);
	bench->pipes[index] = -1;
}

static void open_stream(struct bench *bench, const struct hc_link_message *message)
{
	bool to_guest = message->stream_open.to_guest != 0;
	unsigned int index = bench->next_pipe++ % PIPES;
	int ends[2];

	fuzz_require(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	close_pipe(bench, index);
	bench->pipes[index] = ends[to_guest ? 1 : 0];
	hc_link_send(bench->broker, message, ends[to_guest ? 0 : 1]);
	close(ends[to_guest ? 0 : 1]);
}

/* The broker is trusted: it connects and configures the view as it should, and ends it when it
 * is to end. */
static void say_as_broker(struct bench *bench, uint16_t op, struct fuzz_source *source)
{
	struct hc_link_message message;

	if (!bench->broker || !fuzz_fill_link(&message, HC_LINK_TO_VIEW, op, source))
		return;
	switch ((int)message.op) {
	case HC_LINK_OP_CONFIGURE:
	case HC_LINK_OP_CONNECT_XEN:
	case HC_LINK_OP_QUIT:
		break;
	case HC_LINK_OP_CONNECT:
		connect_guest(bench);
		break;
	case HC_LINK_OP_STREAM_OPEN:
		open_stream(bench, &message);
		break;
	default:
		hc_link_send(bench->broker, &message, -1);
	}
}

/* A pipe is written to or read from, one of which fails, or closed. */
static void use_pipe(struct bench *bench, struct fuzz_source *source)
{
	static uint8_t data[PIPE_BYTES];
	uint8_t how = fuzz_next_byte(source);
	int fd = bench->pipes[how % PIPES];

	if ((how & 0x80) != 0)
		close_pipe(bench, how % PIPES);
	else if (fd >= 0 && read(fd, data, sizeof(data)) < 0 && write(fd, data, how) < 0)
		return;
}

static void read_broker(struct bench *bench)
{
	struct hc_link_message message;
	int result;
	int fd;

	while (bench->broker && (result = hc_link_receive(bench->broker, &message, &fd)) != 0) {
		fuzz_require(result > 0);
		if (fd >= 0)
			close(fd);
	}
}

/* All of them */

static void turn(struct bench *bench)
{
	struct pollfd fds[HC_CONTROL_FDS];
	int status;

	for (int i = 0; i < TURNS; i++) {
		if (bench->guest)
			vp_session_flush(bench->guest);
		hc_control_prepare(bench->control, fds);
		poll(fds, HC_CONTROL_FDS, 0);
		hc_control_dispatch(bench->control, fds, bench->now);
		read_broker(bench);
		if (bench->guest)
			vp_session_dispatch(bench->guest);
	}
	fuzz_require(!hc_control_ended(bench->control, &status));
}

static void finish_frames(void)
{
	for (uint32_t id = 0; presenter && id <= FUZZ_ID_MAX + 1; id++) {
		const struct fake_window *window = fake_presenter_find(presenter, id);

		if (window && window->frame_pending)
			fake_presenter_finish_frame(presenter, id);
	}
}

static void step(struct bench *bench, struct fuzz_source *source)
{
	enum {
		MESSAGES = 128,
		BROKER = 128,
		ICON = 240,
		BUFFER,
		FRAMES,
		PIPE,
		TIME,
		LOSE_BROKER,
		LOSE_GUEST
	};
	uint8_t what = fuzz_next_byte(source);

	if (!bench->broker)
		connect_broker(bench);
	if (!bench->guest)
		connect_guest(bench);
	if (what < MESSAGES)
		say_to_view(bench, what, source);
	else if (what < ICON)
		say_as_broker(bench, what - BROKER, source);
	else if (what == ICON)
		say_icon(bench, source);
	else if (what == BUFFER)
		share_buffer(bench, source);
	else if (what == FRAMES)
		finish_frames();
	else if (what == PIPE)
		use_pipe(bench, source);
	else if (what == TIME)
		bench->now += (int64_t)fuzz_next_byte(source) * fuzz_next_byte(source);
	else if (what == LOSE_BROKER)
		lose_broker(bench);
	else if (what == LOSE_GUEST)
		vp_session_fail(bench->guest, VP_BYE_SHUTDOWN, "lost");
	turn(bench);
}

static void begin(struct bench *bench)
{
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	bench->address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	/* The kernel chooses a name. */
	fuzz_require(listener >= 0 &&
		     bind(listener, (struct sockaddr *)&bench->address, sizeof(sa_family_t)) == 0);
	fuzz_require(listen(listener, 1) == 0);
	bench->address_len = sizeof(bench->address);
	getsockname(listener, (struct sockaddr *)&bench->address, &bench->address_len);
	for (unsigned int i = 0; i < PIPES; i++)
		bench->pipes[i] = -1;
	bench->now = START;
	presenter = NULL;
	bench->control = hc_control_create(listener, -1, ":0", confine, bench->now);
	fuzz_require(bench->control != NULL);
	connect_broker(bench);
	turn(bench);
	connect_guest(bench);
	turn(bench);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bench bench = { 0 };
	struct fuzz_source source = { data, size };

	begin(&bench);
	for (int i = 0; i < STEPS_MAX && source.left > 0; i++)
		step(&bench, &source);
	vp_session_destroy(bench.guest);
	lose_broker(&bench);
	hc_control_destroy(bench.control);
	for (unsigned int i = 0; i < PIPES; i++)
		close_pipe(&bench, i);
	return 0;
}

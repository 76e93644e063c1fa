/*
 * The agent's core, whose primary says arbitrary things in good form, comes and goes, while the
 * guest's windows come, change and go. Each step of the input is a byte that chooses what happens,
 * and the bytes that fill its fields. What the primary hears must be about windows and buffers that
 * it has been told of, and inside them.
 */

#include "core.h"
#include "fake-capture.h"
#include "fuzz.h"
#include "ignore.h"
#include "message-source.h"

enum {
	STEPS_MAX = 200,
	SIDE_MAX = 64,
	TRANSPORT_BYTES = 65536,
	TURNS = 4,
	PIXEL = 0x5a,
};

struct bench {
	struct fake_capture *fake;
	struct ga_core *core;
	struct vp_session *primary; /* NULL: there is none */
	GHashTable *windows; /* ids that the primary has been told of */
	GHashTable *buffers; /* id → struct vp_buffer, as the primary has them */
	uint32_t last_window; /* ids are never used again */
	bool over; /* the guest's display is gone */
};

static void drop_buffer(void *buffer)
{
	vp_buffer_destroy(buffer);
}

/* The primary */

static void take_buffer(struct bench *bench, const struct vp_buffer_create *message)
{
	struct vp_buffer *buffer = NULL;

	fuzz_require(!g_hash_table_contains(bench->buffers, GUINT_TO_POINTER(message->buffer)));
	fuzz_require(
		vp_transport_buffer_map(vp_session_transport(bench->primary), message, &buffer));
	g_hash_table_insert(bench->buffers, GUINT_TO_POINTER(message->buffer), buffer);
}

static void check_frame(struct bench *bench, const struct vp_frame_present *frame)
{
	const struct vp_buffer *buffer =
		g_hash_table_lookup(bench->buffers, GUINT_TO_POINTER(frame->buffer));

	fuzz_require(g_hash_table_contains(bench->windows, GUINT_TO_POINTER(frame->window)));
	fuzz_require(
		buffer != NULL && frame->width <= buffer->width && frame->height <= buffer->height);
	for (size_t i = 0; i < frame->rects.count; i++) {
		struct vp_rect rect = vp_rects_get(frame->rects, i);
		fuzz_require(rect.x >= 0 && (uint32_t)rect.x + rect.width <= frame->width);
		fuzz_require(rect.y >= 0 && (uint32_t)rect.y + rect.height <= frame->height);
	}
}

static bool handle_message(void *data, const struct vp_message *message)
{
	struct bench *bench = data;

	switch ((int)message->op) {
	case VP_OP_WINDOW_CREATE:
		fuzz_require(g_hash_table_add(
			bench->windows, GUINT_TO_POINTER(message->window_create.window)));
		break;
	case VP_OP_WINDOW_DESTROY:
		fuzz_require(g_hash_table_remove(
			bench->windows, GUINT_TO_POINTER(message->window_destroy.window)));
		break;
	case VP_OP_BUFFER_CREATE:
		take_buffer(bench, &message->buffer_create);
		break;
	case VP_OP_BUFFER_DESTROY:
		fuzz_require(g_hash_table_remove(
			bench->buffers, GUINT_TO_POINTER(message->buffer_destroy.buffer)));
		break;
	case VP_OP_FRAME_PRESENT:
		check_frame(bench, &message->frame_present);
		break;
	}
	return true;
}

static void forget_primary(struct bench *bench)
{
	vp_session_destroy(bench->primary);
	bench->primary = NULL;
	g_hash_table_remove_all(bench->windows);
	g_hash_table_remove_all(bench->buffers);
}

static void handle_primary_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	(void)reason;
	(void)text;
	forget_primary(data);
}

static const struct vp_session_listener primary_listener = {
	.ready = fuzz_ignore_ready,
	.message = handle_message,
	.closed = handle_primary_closed,
};

/* The core */

static void handle_session_ready(void *data)
{
	(void)data;
}

static void handle_core_message(void *data, const struct vp_message *message)
{
	(void)data;
	fuzz_require(vp_op_channel((uint16_t)message->op) == VP_CHANNEL_LAUNCH);
}

static bool handle_stream(void *data, const struct vp_message *message)
{
	struct bench *bench = data;

	if (message->op != VP_OP_STREAM_CANCEL)
		return true;
	vp_session_fail(ga_core_session(bench->core), VP_BYE_PROTOCOL_ERROR, "refused");
	return false;
}

static void handle_session_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct bench *bench = data;

	(void)reason;
	(void)text;
	fuzz_require(ga_core_session(bench->core) == NULL);
}

static void handle_capture_lost(void *data)
{
	struct bench *bench = data;

	bench->over = true;
}

static const struct ga_core_listener core_listener = {
	.session_ready = handle_session_ready,
	.message = handle_core_message,
	.stream = handle_stream,
	.session_closed = handle_session_closed,
	.capture_lost = handle_capture_lost,
};

static void turn(struct bench *bench)
{
	for (int i = 0; i < TURNS; i++) {
		ga_core_flush(bench->core);
		if (bench->primary != NULL)
			vp_session_dispatch(bench->primary);
		if (bench->primary != NULL)
			vp_session_flush(bench->primary);
		if (ga_core_session(bench->core) != NULL)
			vp_session_dispatch(ga_core_session(bench->core));
	}
}

/* One that is there is replaced. */
static void connect_primary(struct bench *bench)
{
	struct vp_transport *agent = NULL;
	struct vp_transport *view = NULL;

	fuzz_require(vp_transport_memory_create(TRANSPORT_BYTES, &agent, &view));
	fuzz_require(ga_core_accept(bench->core, agent, 1));
	forget_primary(bench);
	bench->primary =
		vp_session_create(view, VP_ROLE_PRIMARY, "fuzz", 2, &primary_listener, bench);
	fuzz_require(bench->primary != NULL);
	turn(bench);
}

/* The guest's windows */

static struct fake_capture_window *choose_window(struct bench *bench, struct fuzz_source *source)
{
	uint32_t back = fuzz_next_byte(source) % (FUZZ_ID_MAX + 1U);

	return back < bench->last_window ? fake_capture_find(bench->fake, bench->last_window - back)
					 : NULL;
}

static uint32_t next_side(struct fuzz_source *source)
{
	return 1U + fuzz_next_byte(source) % SIDE_MAX;
}

static void add_window(struct bench *bench, struct fuzz_source *source)
{
	uint32_t width = next_side(source);

	fake_capture_add(bench->fake, ++bench->last_window, width, next_side(source));
}

/* What was begun is over: its size was another. */
static void resize_window(
	struct bench *bench, struct fake_capture_window *window, struct fuzz_source *source)
{
	uint32_t width = next_side(source);

	if (window->reading)
		fake_capture_fail_read(bench->fake, window->id);
	fake_capture_resize(bench->fake, window->id, width, next_side(source));
}

static void finish_read(
	struct bench *bench, struct fake_capture_window *window, struct fuzz_source *source)
{
	uint32_t x = fuzz_next_byte(source) % window->width;
	uint32_t y = fuzz_next_byte(source) % window->height;
	const struct vp_rect rect = { (int16_t)x, (int16_t)y, (uint16_t)(window->width - x),
		(uint16_t)(window->height - y) };

	if (window->reading)
		fake_capture_finish_read(bench->fake, window->id, rect, PIXEL);
}

static void change_window(struct bench *bench, uint8_t what, struct fuzz_source *source)
{
	enum { REMOVE, RESIZE, DAMAGE, FINISH, FAIL, HIDE, CHANGES };
	struct fake_capture_window *window = choose_window(bench, source);

	if (window == NULL)
		return;
	switch (what % CHANGES) {
	case REMOVE:
		fake_capture_remove(bench->fake, window->id);
		break;
	case RESIZE:
		resize_window(bench, window, source);
		break;
	case DAMAGE:
		fake_capture_damage(bench->fake, window->id);
		break;
	case FINISH:
		finish_read(bench, window, source);
		break;
	case FAIL:
		if (window->reading)
			fake_capture_fail_read(bench->fake, window->id);
		break;
	case HIDE:
		window->mapped = !window->mapped;
		break;
	}
}

/* To the guest as the primary's words, to the primary as the capture's; windows come and go by
 * themselves. */
static void say(struct bench *bench, uint8_t index, struct fuzz_source *source)
{
	struct vp_message message;

	if (!fuzz_fill_message(&message, index, source))
		return;
	if ((vp_op_directions((uint16_t)message.op) & VP_TO_GUEST) != 0)
		(void)vp_session_send(bench->primary, &message);
	else if (vp_op_channel((uint16_t)message.op) == VP_CHANNEL_WINDOWS &&
		 message.op != VP_OP_WINDOW_CREATE && message.op != VP_OP_WINDOW_DESTROY &&
		 message.op != VP_OP_BUFFER_CREATE && message.op != VP_OP_BUFFER_DESTROY &&
		 message.op != VP_OP_FRAME_PRESENT)
		bench->fake->listener->message(bench->fake->data, &message);
}

static void step(struct bench *bench, struct fuzz_source *source)
{
	enum { CHANGE = 200, ADD = 245, LOSE, REPLACE, REFUSE, END };
	uint8_t what = fuzz_next_byte(source);

	if (bench->primary == NULL)
		connect_primary(bench);
	if (what < CHANGE)
		say(bench, what, source);
	else if (what < ADD)
		change_window(bench, what, source);
	else if (what == LOSE)
		vp_session_fail(bench->primary, VP_BYE_SHUTDOWN, "lost");
	else if (what == REPLACE)
		connect_primary(bench);
	else if (what == REFUSE)
		bench->fake->refuses_buffers = !bench->fake->refuses_buffers;
	else if (what == END)
		bench->fake->listener->lost(bench->fake->data);
	else
		add_window(bench, source);
	turn(bench);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bench bench = {
		.fake = fake_capture_create(),
		.windows = g_hash_table_new(NULL, NULL),
		.buffers = g_hash_table_new_full(NULL, NULL, NULL, drop_buffer),
	};
	struct fuzz_source source = { data, size };

	bench.core = ga_core_create(&bench.fake->capture, &core_listener, &bench);
	fuzz_require(bench.core != NULL);
	for (int i = 0; i < STEPS_MAX && source.left > 0 && !bench.over; i++)
		step(&bench, &source);
	ga_core_destroy(bench.core);
	forget_primary(&bench);
	fuzz_require(bench.fake->buffers == 0);
	ga_capture_destroy(&bench.fake->capture);
	g_hash_table_unref(bench.windows);
	g_hash_table_unref(bench.buffers);
	return 0;
}

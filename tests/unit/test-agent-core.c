#include "unit.h"

#include <stdlib.h>

#include "core.h"
#include "fake-capture.h"

enum { QUEUE = 1 << 20, BUFFERS = 64 };

/* The agent's core between a fake capture and a primary that is the bare end of a session. */
struct bench {
	struct fake_capture *fake;
	struct ga_core *core;
	struct vp_session *primary;
	enum vp_bye_reason reason; /* why it closed */
	bool lost;
	unsigned int received[UINT16_MAX + 1]; /* by opcode */
	unsigned int launches;
	struct vp_frame_present frame; /* the last one, without its rectangles */
	struct vp_rect rect; /* its first rectangle */
	struct vp_window_create create;
	uint32_t announced;
	struct vp_buffer *buffers[BUFFERS]; /* by id */
};

static bool handle_message(void *data, const struct vp_message *message)
{
	struct bench *bench = data;
	bench->received[message->op]++;
	switch ((int)message->op) {
	case VP_OP_BUFFER_CREATE:
		vp_transport_buffer_map(vp_session_transport(bench->primary),
			&message->buffer_create,
			&bench->buffers[message->buffer_create.buffer % BUFFERS]);
		break;
	case VP_OP_FRAME_PRESENT:
		bench->frame = message->frame_present;
		bench->rect = vp_rects_get(message->frame_present.rects, 0);
		break;
	case VP_OP_WINDOW_CREATE:
		bench->create = message->window_create;
		break;
	case VP_OP_WINDOWS_ANNOUNCED:
		bench->announced = message->windows_announced.count;
		break;
	}
	return true;
}

static void handle_ready(void *data, const struct vp_hello *peer)
{
	(void)data;
	(void)peer;
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct bench *bench = data;
	(void)text;
	bench->reason = reason;
}

static const struct vp_session_listener primary_listener = {
	.ready = handle_ready,
	.message = handle_message,
	.closed = handle_closed,
};

static void handle_core_message(void *data, const struct vp_message *message)
{
	struct bench *bench = data;
	(void)message;
	bench->launches++;
}

static void handle_session_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	(void)data;
	(void)reason;
	(void)text;
}

static void handle_capture_lost(void *data)
{
	struct bench *bench = data;
	bench->lost = true;
}

static void handle_session_ready(void *data)
{
	(void)data;
}

static bool ignore_stream(void *data, const struct vp_message *message)
{
	(void)data;
	(void)message;
	return true;
}

static const struct ga_core_listener core_listener = {
	.session_ready = handle_session_ready,
	.message = handle_core_message,
	.stream = ignore_stream,
	.session_closed = handle_session_closed,
	.capture_lost = handle_capture_lost,
};

/* Lets both sides read what the other has sent. */
static void turn(struct bench *bench)
{
	for (int i = 0; i < 4; i++) {
		if (ga_core_session(bench->core) != NULL)
			vp_session_flush(ga_core_session(bench->core));
		vp_session_dispatch(bench->primary);
		vp_session_flush(bench->primary);
		if (ga_core_session(bench->core) != NULL)
			vp_session_dispatch(ga_core_session(bench->core));
	}
}

/* A new session counts its buffers anew. */
static void drop_buffers(struct bench *bench)
{
	for (size_t i = 0; i < BUFFERS; i++) {
		vp_buffer_destroy(bench->buffers[i]);
		bench->buffers[i] = NULL;
	}
}

static void connect_primary(struct bench *bench)
{
	struct vp_transport *agent;
	struct vp_transport *view;
	vp_transport_memory_create(QUEUE, &agent, &view);
	drop_buffers(bench);
	ga_core_accept(bench->core, agent, 1);
	bench->primary =
		vp_session_create(view, VP_ROLE_PRIMARY, "test", 2, &primary_listener, bench);
	turn(bench);
}

static struct bench *begin(void)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	bench->fake = fake_capture_create();
	bench->core = ga_core_create(&bench->fake->capture, &core_listener, bench);
	connect_primary(bench);
	return bench;
}

static void end(struct bench *bench)
{
	ga_core_destroy(bench->core);
	CU_ASSERT_EQUAL(bench->fake->buffers, 0);
	ga_capture_destroy(&bench->fake->capture);
	vp_session_destroy(bench->primary);
	drop_buffers(bench);
	free(bench);
}

static void answer_frame(struct bench *bench)
{
	vp_session_send(bench->primary,
		VP_MESSAGE(FRAME_DONE, frame_done, bench->frame.window, bench->frame.serial));
	turn(bench);
}

static const struct vp_rect corner = { 2, 3, 10, 10 };

static void test_frame(void)
{
	struct bench *bench = begin();
	struct fake_capture_window *window = fake_capture_add(bench->fake, 1, 100, 50);
	CU_ASSERT(window->reading && window->read_all);
	fake_capture_finish_read(bench->fake, 1, corner, 0x55);
	turn(bench);
	CU_ASSERT_EQUAL(bench->received[VP_OP_FRAME_PRESENT], 1);
	CU_ASSERT_EQUAL(bench->frame.window, 1);
	CU_ASSERT(bench->frame.width == 100 && bench->frame.height == 50);
	CU_ASSERT(bench->rect.x == 2 && bench->rect.y == 3 && bench->rect.width == 10);
	struct vp_buffer *buffer = bench->buffers[bench->frame.buffer % BUFFERS];
	CU_ASSERT_PTR_NOT_NULL_FATAL(buffer);
	CU_ASSERT(buffer->width >= 100 && buffer->height >= 50);
	CU_ASSERT_EQUAL(vp_buffer_data(buffer)[3 * buffer->stride + 2 * VP_PIXEL_BYTES], 0x55);
	end(bench);
}

static void test_pacing(void)
{
	struct bench *bench = begin();
	struct fake_capture_window *window = fake_capture_add(bench->fake, 1, 100, 50);
	fake_capture_finish_read(bench->fake, 1, corner, 1);
	fake_capture_damage(bench->fake, 1);
	turn(bench);
	CU_ASSERT_EQUAL(window->reads, 1);
	answer_frame(bench);
	CU_ASSERT_EQUAL(window->reads, 2);
	CU_ASSERT_FALSE(window->read_all);
	fake_capture_finish_read(bench->fake, 1, corner, 2);
	turn(bench);
	CU_ASSERT_EQUAL(bench->received[VP_OP_FRAME_PRESENT], 2);
	CU_ASSERT_EQUAL(bench->received[VP_OP_BUFFER_CREATE], 1);
	end(bench);
}

/* The primary would end the session. */
static void test_room(void)
{
	enum { WIDTH = VP_SIZE_MAX, HEIGHT = 4096, FIT = 7 };
	struct bench *bench = begin();
	for (uint32_t id = 1; id <= FIT + 1; id++)
		fake_capture_add(bench->fake, id, WIDTH, HEIGHT);
	turn(bench);
	CU_ASSERT_EQUAL(bench->received[VP_OP_BUFFER_CREATE], FIT);
	CU_ASSERT(!fake_capture_find(bench->fake, FIT + 1)->reading);
	fake_capture_fail_read(bench->fake, 1);
	fake_capture_remove(bench->fake, 1);
	turn(bench);
	CU_ASSERT_EQUAL(bench->received[VP_OP_BUFFER_DESTROY], 1);
	vp_session_send(bench->primary, VP_MESSAGE(BUFFER_RELEASED, buffer_released, .buffer = 1));
	turn(bench);
	CU_ASSERT_EQUAL(bench->received[VP_OP_BUFFER_CREATE], FIT + 1);
	CU_ASSERT(fake_capture_find(bench->fake, FIT + 1)->reading);
	end(bench);
}

static void test_slow_window(void)
{
	struct bench *bench = begin();
	fake_capture_add(bench->fake, 1, 100, 50);
	struct fake_capture_window *other = fake_capture_add(bench->fake, 2, 100, 50);
	fake_capture_finish_read(bench->fake, 1, corner, 1);
	turn(bench);
	fake_capture_finish_read(bench->fake, 2, corner, 1);
	turn(bench);
	answer_frame(bench);
	fake_capture_damage(bench->fake, 2);
	CU_ASSERT_EQUAL(other->reads, 2);
	end(bench);
}

static void test_resize(void)
{
	struct bench *bench = begin();
	struct fake_capture_window *window = fake_capture_add(bench->fake, 1, 100, 50);
	fake_capture_finish_read(bench->fake, 1, corner, 1);
	turn(bench);
	uint32_t first = bench->frame.buffer;
	answer_frame(bench);
	fake_capture_resize(bench->fake, 1, 300, 300);
	CU_ASSERT(window->reading && window->read_all);
	CU_ASSERT_EQUAL(bench->received[VP_OP_BUFFER_DESTROY], 0);
	fake_capture_finish_read(bench->fake, 1, corner, 2);
	turn(bench);
	CU_ASSERT_NOT_EQUAL(bench->frame.buffer, first);
	CU_ASSERT_EQUAL(bench->frame.width, 300);
	CU_ASSERT_EQUAL(bench->received[VP_OP_BUFFER_DESTROY], 1);
	CU_ASSERT_EQUAL(bench->fake->buffers, 1);
	end(bench);
}

static void test_failed_read(void)
{
	struct bench *bench = begin();
	struct fake_capture_window *window = fake_capture_add(bench->fake, 1, 100, 50);
	fake_capture_fail_read(bench->fake, 1);
	CU_ASSERT_FALSE(window->reading);
	fake_capture_damage(bench->fake, 1);
	CU_ASSERT(window->reading && window->read_all);
	end(bench);
}

static void test_destroy(void)
{
	struct bench *bench = begin();
	fake_capture_add(bench->fake, 1, 100, 50);
	fake_capture_finish_read(bench->fake, 1, corner, 1);
	fake_capture_remove(bench->fake, 1);
	turn(bench);
	CU_ASSERT_EQUAL(bench->received[VP_OP_WINDOW_DESTROY], 1);
	/* The answer to its last frame comes late, and that is no error. */
	answer_frame(bench);
	CU_ASSERT_PTR_NOT_NULL(ga_core_session(bench->core));
	end(bench);
}

/* Menus come and go. */
static void test_kept_buffer(void)
{
	struct bench *bench = begin();
	for (uint32_t id = 1; id <= 5; id++) {
		fake_capture_add(bench->fake, id, 100, 50 + id);
		CU_ASSERT(fake_capture_find(bench->fake, id)->read_all);
		fake_capture_finish_read(bench->fake, id, corner, 1);
		fake_capture_remove(bench->fake, id);
		turn(bench);
	}
	CU_ASSERT_EQUAL(bench->received[VP_OP_FRAME_PRESENT], 5);
	CU_ASSERT_EQUAL(bench->received[VP_OP_BUFFER_CREATE], 1);
	CU_ASSERT_EQUAL(bench->received[VP_OP_BUFFER_DESTROY], 0);
	CU_ASSERT_EQUAL(bench->fake->buffers, 1);
	/* Too large for it, and with rows that would lie apart. */
	fake_capture_add(bench->fake, 6, 1000, 1000);
	turn(bench);
	CU_ASSERT_EQUAL(bench->received[VP_OP_BUFFER_CREATE], 2);
	fake_capture_add(bench->fake, 7, 60, 50);
	turn(bench);
	CU_ASSERT_EQUAL(bench->received[VP_OP_BUFFER_CREATE], 3);
	end(bench);
}

static void test_kept_bound(void)
{
	enum { WINDOWS = 40, KEPT_MAX = 8 };
	struct bench *bench = begin();
	for (uint32_t id = 1; id <= WINDOWS; id++)
		fake_capture_add(bench->fake, id, 100, 50);
	turn(bench);
	for (uint32_t id = 1; id <= WINDOWS; id++)
		fake_capture_remove(bench->fake, id);
	turn(bench);
	CU_ASSERT_EQUAL(bench->received[VP_OP_BUFFER_CREATE], WINDOWS);
	CU_ASSERT_EQUAL(bench->received[VP_OP_BUFFER_DESTROY], WINDOWS - KEPT_MAX);
	CU_ASSERT_EQUAL(bench->fake->buffers, KEPT_MAX);
	fake_capture_add(bench->fake, WINDOWS + 1, VP_SIZE_MAX, 1000);
	fake_capture_remove(bench->fake, WINDOWS + 1);
	turn(bench);
	CU_ASSERT_EQUAL(bench->fake->buffers, KEPT_MAX);
	end(bench);
}

static void test_new_primary(void)
{
	struct bench *bench = begin();
	fake_capture_add(bench->fake, 1, 100, 50);
	fake_capture_add(bench->fake, 2, 100, 50);
	fake_capture_finish_read(bench->fake, 1, corner, 1);
	turn(bench);
	struct vp_session *first = bench->primary;
	connect_primary(bench);
	vp_session_dispatch(first);
	vp_session_destroy(first);
	CU_ASSERT_EQUAL(bench->reason, VP_BYE_REPLACED);
	CU_ASSERT_EQUAL(bench->fake->primaries_lost, 1);
	CU_ASSERT_EQUAL(bench->fake->announces, 2);
	CU_ASSERT_EQUAL(bench->announced, 2);
	CU_ASSERT(fake_capture_find(bench->fake, 1)->reading);
	end(bench);
}

static void test_lost_display(void)
{
	struct bench *bench = begin();
	bench->fake->listener->lost(bench->fake->data);
	turn(bench);
	CU_ASSERT(bench->lost);
	CU_ASSERT_EQUAL(bench->reason, VP_BYE_DISPLAY_LOST);
	CU_ASSERT_PTR_NULL(ga_core_session(bench->core));
	end(bench);
}

static void test_routes(void)
{
	struct bench *bench = begin();
	vp_session_send(bench->primary, VP_MESSAGE(INPUT_KEY, input_key, .code = 30, .action = 1));
	vp_session_send(bench->primary,
		VP_MESSAGE(APPLICATIONS_REQUEST, applications_request, .serial = 1));
	turn(bench);
	CU_ASSERT_EQUAL(bench->fake->injected, 1);
	CU_ASSERT_EQUAL(bench->fake->last_injected, VP_OP_INPUT_KEY);
	CU_ASSERT_EQUAL(bench->launches, 1);
	end(bench);
}

static void test_unknown_owner(void)
{
	struct bench *bench = begin();
	bench->fake->listener->message(
		bench->fake->data, VP_MESSAGE(WINDOW_CREATE, window_create, .window = 7, .popup = 1,
					   .owner = 99, .width = 10, .height = 10));
	turn(bench);
	CU_ASSERT_EQUAL(bench->create.window, 7);
	CU_ASSERT_EQUAL(bench->create.owner, 0);
	end(bench);
}

static void test_too_many(void)
{
	struct bench *bench = begin();
	for (uint32_t id = 1; id <= VP_WINDOWS_MAX + 1; id++) {
		bench->fake->listener->message(
			bench->fake->data, VP_MESSAGE(WINDOW_CREATE, window_create, .window = id,
						   .width = 1, .height = 1));
		bench->fake->listener->message(
			bench->fake->data, VP_MESSAGE(WINDOW_MAP, window_map, id));
	}
	turn(bench);
	CU_ASSERT_EQUAL(bench->received[VP_OP_WINDOW_CREATE], VP_WINDOWS_MAX);
	CU_ASSERT_EQUAL(bench->received[VP_OP_WINDOW_MAP], VP_WINDOWS_MAX);
	end(bench);
}

static void test_refused_buffer(void)
{
	struct bench *bench = begin();
	bench->fake->refuses_buffers = true;
	struct fake_capture_window *window = fake_capture_add(bench->fake, 1, 100, 50);
	turn(bench);
	CU_ASSERT_FALSE(window->reading);
	CU_ASSERT_EQUAL(bench->received[VP_OP_BUFFER_DESTROY], 1);
	end(bench);
}

static void test_buffer_again(void)
{
	enum { NOW = 1000 };
	struct bench *bench = begin();
	bench->fake->refuses_buffers = true;
	struct fake_capture_window *window = fake_capture_add(bench->fake, 1, 100, 50);
	turn(bench);
	ga_core_advance(bench->core, NOW);
	int64_t first = ga_core_deadline(bench->core);
	CU_ASSERT(first > NOW);
	ga_core_advance(bench->core, first);
	CU_ASSERT_FALSE(window->reading);
	int64_t second = ga_core_deadline(bench->core);
	CU_ASSERT_EQUAL(second - first, 2 * (first - NOW));
	bench->fake->refuses_buffers = false;
	ga_core_advance(bench->core, second - 1);
	CU_ASSERT_FALSE(window->reading);
	ga_core_advance(bench->core, second);
	CU_ASSERT(window->reading);
	CU_ASSERT_EQUAL(ga_core_deadline(bench->core), -1);
	end(bench);
}

static const struct unit_test tests[] = {
	{ "a window's pixels reach the primary through a shared buffer", test_frame },
	{ "damage during a frame is read when the frame has been answered", test_pacing },
	{ "a window waits for others to go when a session may share no more", test_room },
	{ "a window whose frame is not answered holds up no other", test_slow_window },
	{ "the old buffer of a resized window goes when the new one is shown", test_resize },
	{ "a read that came to nothing is followed by one of all pixels", test_failed_read },
	{ "a destroyed window's late answer is no error", test_destroy },
	{ "a destroyed window's buffer serves the next one", test_kept_buffer },
	{ "buffers that are kept for windows to come are bounded", test_kept_bound },
	{ "a new primary replaces the old one and is told all windows", test_new_primary },
	{ "when the display is lost the primary is told so", test_lost_display },
	{ "input goes to the capture, launching to the program", test_routes },
	{ "an owner that the primary does not know is left out", test_unknown_owner },
	{ "windows beyond the limit are kept from the primary", test_too_many },
	{ "a buffer that the display server refuses is taken back", test_refused_buffer },
	{ "a window for which no buffer could be had gets one later", test_buffer_again },
};

UNIT_MAIN("agent core", tests)

#include "view-bench.h"

#include <string.h>

enum { TRANSPORT_BYTES = 1 << 20, TURNS = 4, WIDTH = 400, HEIGHT = 300 };

static void handle_core_message(void *data, const struct vp_message *message)
{
	(void)data;
	(void)message;
}

static void handle_core_ready(void *data, uint64_t agent)
{
	struct view_bench *bench = data;

	bench->ready++;
	bench->agent = agent;
}

static void handle_core_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct view_bench *bench = data;

	(void)reason;
	(void)text;
	bench->closed++;
}

static bool ignore_stream(void *data, const struct vp_message *message)
{
	(void)data;
	(void)message;
	return true;
}

static void handle_windows_changed(void *data, size_t managed)
{
	struct view_bench *bench = data;

	bench->managed = managed;
}

static void handle_cover_asked(void *data, uint32_t window, uint32_t states)
{
	struct view_bench *bench = data;

	(void)window;
	bench->covers_asked++;
	bench->cover_states = states;
}

static void handle_display_lost(void *data)
{
	(void)data;
}

static const struct hc_core_listener core_listener = {
	.message = handle_core_message,
	.stream = ignore_stream,
	.session_ready = handle_core_ready,
	.session_closed = handle_core_closed,
	.windows_changed = handle_windows_changed,
	.cover_asked = handle_cover_asked,
	.display_lost = handle_display_lost,
};

static void handle_guest_ready(void *data, const struct vp_hello *peer)
{
	(void)data;
	(void)peer;
}

static bool handle_guest_message(void *data, const struct vp_message *message)
{
	struct view_bench *bench = data;

	bench->received[message->op]++;
	bench->last = *message;
	return true;
}

static void handle_guest_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct view_bench *bench = data;

	(void)reason;
	g_strlcpy(bench->reason, text, sizeof(bench->reason));
	vp_session_destroy(bench->guest);
	bench->guest = NULL;
}

static const struct vp_session_listener guest_listener = {
	.ready = handle_guest_ready,
	.message = handle_guest_message,
	.closed = handle_guest_closed,
};

void view_bench_init(struct view_bench *bench)
{
	const struct hc_label label = {
		.name = "work", .colour = 0x2060e0, .border = 4, .popup_border = 2
	};

	memset(bench, 0, sizeof(*bench));
	bench->fake = fake_presenter_create();
	bench->core = hc_core_create(&bench->fake->presenter, &label, &core_listener, bench);
	view_bench_connect(bench);
}

void view_bench_finish(struct view_bench *bench)
{
	vp_session_destroy(bench->guest);
	hc_core_destroy(bench->core);
	hc_presenter_destroy(&bench->fake->presenter);
}

void view_bench_connect(struct view_bench *bench)
{
	struct vp_transport *agent = NULL;
	struct vp_transport *view = NULL;

	g_assert(vp_transport_memory_create(TRANSPORT_BYTES, &agent, &view));
	bench->guest = vp_session_create(agent, VP_ROLE_GUEST, "bench", 1, &guest_listener, bench);
	g_assert(hc_core_connect(bench->core, view, 2));
	view_bench_turn(bench);
}

void view_bench_turn(struct view_bench *bench)
{
	bench->now += bench->step;
	if (bench->step > 0)
		hc_core_advance(bench->core, bench->now);
	for (int i = 0; i < TURNS; i++) {
		if (bench->guest != NULL)
			vp_session_flush(bench->guest);
		hc_core_read(bench->core);
		if (hc_core_session(bench->core) != NULL)
			vp_session_flush(hc_core_session(bench->core));
		if (bench->guest != NULL)
			vp_session_dispatch(bench->guest);
	}
}

void view_bench_send(struct view_bench *bench, const struct vp_message *message)
{
	g_assert(vp_session_send(bench->guest, message));
	view_bench_turn(bench);
}

void view_bench_window(struct view_bench *bench, uint32_t id)
{
	view_bench_send(bench,
		VP_MESSAGE(WINDOW_CREATE, window_create, .window = id, .native = 0x1000U + id,
			.x = 100, .y = 100, .width = WIDTH, .height = HEIGHT));
	view_bench_send(bench, VP_MESSAGE(WINDOW_MAP, window_map, .window = id));
}

uint32_t view_bench_buffer(
	struct view_bench *bench, uint32_t width, uint32_t height, struct vp_buffer **buffer)
{
	g_assert(vp_session_buffer_create(bench->guest, width, height, VP_FORMAT_XRGB8888, buffer));
	view_bench_turn(bench);
	return (*buffer)->id;
}

void view_bench_present(struct view_bench *bench, uint32_t window, uint32_t buffer, uint32_t serial,
	struct vp_rect rect)
{
	uint8_t encoded[VP_RECT_BYTES];

	view_bench_send(bench, VP_MESSAGE(FRAME_PRESENT, frame_present, .window = window,
				       .buffer = buffer, .serial = serial, .width = WIDTH,
				       .height = HEIGHT, .rects = vp_rects_put(encoded, &rect, 1)));
}

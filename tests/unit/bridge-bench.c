#include "bridge-bench.h"

#include <string.h>

#include "unit.h"

enum { TURNS = 12 };

struct bridge bridge;

static void handle_message(void *data, const struct vp_message *message)
{
	(void)data;
	(void)message;
}

static void handle_agent_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	(void)data;
	(void)reason;
	(void)text;
	bridge.agent_closed++;
}

static void handle_nothing(void *data)
{
	(void)data;
}

static bool ignore_stream(void *data, const struct vp_message *message)
{
	(void)data;
	(void)message;
	return true;
}

static const struct ga_core_listener agent_listener = {
	.message = handle_message,
	.stream = ignore_stream,
	.session_ready = handle_nothing,
	.session_closed = handle_agent_closed,
	.capture_lost = handle_nothing,
};

static void ignore_ready(void *data, uint64_t agent)
{
	(void)data;
	(void)agent;
}

static void handle_view_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	(void)data;
	(void)reason;
	(void)text;
	bridge.view_closed++;
}

static void handle_windows_changed(void *data, size_t managed)
{
	(void)data;
	bridge.managed = managed;
}

static void handle_cover_asked(void *data, uint32_t window, uint32_t states)
{
	(void)data;
	hc_core_answer_cover(bridge.view, window, states, true);
}

static const struct hc_core_listener view_listener = {
	.message = handle_message,
	.stream = ignore_stream,
	.session_ready = ignore_ready,
	.session_closed = handle_view_closed,
	.windows_changed = handle_windows_changed,
	.cover_asked = handle_cover_asked,
	.display_lost = handle_nothing,
};

static void turn_session(struct vp_session *session)
{
	if (session == NULL)
		return;
	vp_session_flush(session);
	vp_session_dispatch(session);
}

void bridge_turn(void)
{
	for (int i = 0; i < TURNS; i++) {
		ga_core_flush(bridge.agent);
		turn_session(ga_core_session(bridge.agent));
		turn_session(hc_core_session(bridge.view));
	}
}

void bridge_connect(struct vp_transport *agent, struct vp_transport *view)
{
	g_assert(ga_core_accept(bridge.agent, agent, 1));
	g_assert(hc_core_connect(bridge.view, view, 2));
	bridge_turn();
}

void bridge_begin(void)
{
	const struct hc_label label = {
		.name = "work", .colour = 0x2060e0, .border = 4, .popup_border = 2
	};

	memset(&bridge, 0, sizeof(bridge));
	bridge.capture = fake_capture_create();
	bridge.agent = ga_core_create(&bridge.capture->capture, &agent_listener, NULL);
	bridge.presenter = fake_presenter_create();
	bridge.view = hc_core_create(&bridge.presenter->presenter, &label, &view_listener, NULL);
}

void bridge_end(void)
{
	hc_core_destroy(bridge.view);
	ga_core_destroy(bridge.agent);
	hc_presenter_destroy(&bridge.presenter->presenter);
	ga_capture_destroy(&bridge.capture->capture);
}

/* Carries out the reading that the agent has begun: rect of value, all in a new buffer. */
void bridge_read(uint32_t id, struct vp_rect rect, uint8_t value)
{
	struct fake_capture_window *window = fake_capture_find(bridge.capture, id);
	struct vp_rect whole = { 0, 0, (uint16_t)window->width, (uint16_t)window->height };

	CU_ASSERT_FATAL(window->reading);
	fake_capture_finish_read(bridge.capture, id, window->read_all ? whole : rect, value);
	bridge_turn();
}

void bridge_paint(uint32_t id, struct vp_rect rect, uint8_t value)
{
	fake_capture_damage(bridge.capture, id);
	bridge_turn();
	bridge_read(id, rect, value);
}

void bridge_add(uint32_t id, uint8_t value)
{
	fake_capture_add(bridge.capture, id, WIDTH, HEIGHT);
	bridge_turn();
	bridge_read(id, (struct vp_rect){ 0 }, value);
}

/* The byte that the view shows at a place of a window; -1 if it is not in the window. */
int bridge_shown(uint32_t id, uint32_t x, uint32_t y)
{
	uint32_t width = 0;
	uint32_t height = 0;
	struct vp_buffer *buffer = hc_core_window_pixels(bridge.view, id, &width, &height);

	if (buffer == NULL || x >= width || y >= height)
		return -1;
	return vp_buffer_data(buffer)[(size_t)y * buffer->stride + (size_t)x * VP_PIXEL_BYTES];
}

unsigned int bridge_presents(uint32_t id)
{
	return fake_presenter_find(bridge.presenter, id)->presents;
}

struct hc_core_stats bridge_check_paint(void)
{
	struct hc_core_stats stats;

	bridge_add(1, RED);
	CU_ASSERT_EQUAL(bridge.managed, 1);
	CU_ASSERT(bridge_shown(1, 0, 0) == RED && bridge_shown(1, WIDTH - 1, HEIGHT - 1) == RED);
	CU_ASSERT_EQUAL(bridge_shown(1, WIDTH, 0), -1);
	bridge_paint(1, (struct vp_rect){ 5, 6, 7, 8 }, GREEN);
	CU_ASSERT(bridge_shown(1, 4, 6) == RED && bridge_shown(1, 5, 6) == GREEN);
	CU_ASSERT(bridge_shown(1, 11, 13) == GREEN && bridge_shown(1, 12, 13) == RED);
	hc_core_get_stats(bridge.view, &stats);
	CU_ASSERT_EQUAL(stats.frames, 2);
	CU_ASSERT_EQUAL(stats.bytes_copied, (WIDTH * HEIGHT + 7 * 8) * VP_PIXEL_BYTES);
	return stats;
}

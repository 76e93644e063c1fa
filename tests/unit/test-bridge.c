/* The whole bridge in one process: fake capture, agent core, transport, view core, fake presenter.
 */
#include "unit.h"

#include <string.h>

#include "../../guest-agent/core.h"
#include "../../host-compositor/view/core.h"
#include "fake-capture.h"
#include "fake-presenter.h"

enum { TRANSPORT_BYTES = 1 << 20, TURNS = 12, WIDTH = 40, HEIGHT = 30, RED = 0xaa, GREEN = 0x55 };

struct bridge {
	struct fake_capture *capture;
	struct ga_core *agent;
	struct fake_presenter *presenter;
	struct hc_core *view;
	unsigned int agent_closed;
	unsigned int view_closed;
	size_t managed;
};

static struct bridge bridge;

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

static const struct ga_core_listener agent_listener = {
	.message = handle_message,
	.session_ready = handle_nothing,
	.session_closed = handle_agent_closed,
	.capture_lost = handle_nothing,
};

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

static const struct hc_core_listener view_listener = {
	.message = handle_message,
	.session_ready = handle_nothing,
	.session_closed = handle_view_closed,
	.windows_changed = handle_windows_changed,
	.display_lost = handle_nothing,
};

static void turn_session(struct vp_session *session)
{
	if (session == NULL)
		return;
	vp_session_flush(session);
	vp_session_dispatch(session);
}

static void turn(void)
{
	for (int i = 0; i < TURNS; i++) {
		turn_session(ga_core_session(bridge.agent));
		turn_session(hc_core_session(bridge.view));
	}
}

static void connect_sides(void)
{
	struct vp_transport *agent = NULL;
	struct vp_transport *view = NULL;

	g_assert(vp_transport_memory_create(TRANSPORT_BYTES, &agent, &view));
	g_assert(ga_core_accept(bridge.agent, agent, 1));
	g_assert(hc_core_connect(bridge.view, view, 2));
	turn();
}

static void begin(void)
{
	const struct hc_label label = {
		.name = "work", .colour = 0x2060e0, .border = 4, .popup_border = 2
	};

	memset(&bridge, 0, sizeof(bridge));
	bridge.capture = fake_capture_create();
	bridge.agent = ga_core_create(&bridge.capture->capture, &agent_listener, NULL);
	bridge.presenter = fake_presenter_create();
	bridge.view = hc_core_create(&bridge.presenter->presenter, &label, &view_listener, NULL);
	connect_sides();
}

static void end(void)
{
	hc_core_destroy(bridge.view);
	ga_core_destroy(bridge.agent);
	hc_presenter_destroy(&bridge.presenter->presenter);
	ga_capture_destroy(&bridge.capture->capture);
}

/* Carries out the reading that the agent has begun: rect of value, all in a new buffer. */
static void read_window(uint32_t id, struct vp_rect rect, uint8_t value)
{
	struct fake_capture_window *window = fake_capture_find(bridge.capture, id);
	struct vp_rect whole = { 0, 0, (uint16_t)window->width, (uint16_t)window->height };

	CU_ASSERT_FATAL(window->reading);
	fake_capture_finish_read(bridge.capture, id, window->read_all ? whole : rect, value);
	turn();
}

static void paint(uint32_t id, struct vp_rect rect, uint8_t value)
{
	fake_capture_damage(bridge.capture, id);
	turn();
	read_window(id, rect, value);
}

static void add_window(uint32_t id, uint8_t value)
{
	fake_capture_add(bridge.capture, id, WIDTH, HEIGHT);
	turn();
	read_window(id, (struct vp_rect){ 0 }, value);
}

/* The byte that the view shows at a place of a window; -1 if it is not in the window. */
static int shown(uint32_t id, uint32_t x, uint32_t y)
{
	uint32_t width = 0;
	uint32_t height = 0;
	struct vp_buffer *buffer = hc_core_window_pixels(bridge.view, id, &width, &height);

	if (buffer == NULL || x >= width || y >= height)
		return -1;
	return vp_buffer_data(buffer)[(size_t)y * buffer->stride + (size_t)x * VP_PIXEL_BYTES];
}

static unsigned int presents(uint32_t id)
{
	return fake_presenter_find(bridge.presenter, id)->presents;
}

static void test_pixels(void)
{
	struct hc_core_stats stats;

	begin();
	add_window(1, RED);
	CU_ASSERT_EQUAL(bridge.managed, 1);
	CU_ASSERT(shown(1, 0, 0) == RED && shown(1, WIDTH - 1, HEIGHT - 1) == RED);
	CU_ASSERT_EQUAL(shown(1, WIDTH, 0), -1);
	paint(1, (struct vp_rect){ 5, 6, 7, 8 }, GREEN);
	CU_ASSERT(shown(1, 4, 6) == RED && shown(1, 5, 6) == GREEN);
	CU_ASSERT(shown(1, 11, 13) == GREEN && shown(1, 12, 13) == RED);
	hc_core_get_stats(bridge.view, &stats);
	CU_ASSERT_EQUAL(stats.frames, 2);
	CU_ASSERT_EQUAL(stats.bytes_copied, (WIDTH * HEIGHT + 7 * 8) * VP_PIXEL_BYTES);
	end();
}

static void test_slow_window(void)
{
	begin();
	bridge.presenter->holds_frames = true;
	add_window(1, RED);
	add_window(2, RED);
	fake_presenter_finish_frame(bridge.presenter, 2);
	turn();
	for (int i = 0; i < 20; i++) {
		fake_capture_damage(bridge.capture, 1);
		turn();
		CU_ASSERT(!fake_capture_find(bridge.capture, 1)->reading);
	}
	paint(2, (struct vp_rect){ 1, 1, 2, 2 }, GREEN);
	CU_ASSERT(presents(1) == 1 && presents(2) == 2);
	fake_presenter_finish_frame(bridge.presenter, 1);
	turn();
	read_window(1, (struct vp_rect){ 1, 1, 2, 2 }, GREEN);
	CU_ASSERT_EQUAL(presents(1), 2);
	CU_ASSERT_EQUAL(shown(1, 2, 2), GREEN);
	end();
}

static void test_resize(void)
{
	begin();
	add_window(1, RED);
	for (uint8_t i = 1; i <= 8; i++) {
		fake_capture_resize(bridge.capture, 1, i * 100U, i * 90U);
		turn();
		read_window(
			1, (struct vp_rect){ 0, 0, (uint16_t)(i * 100), (uint16_t)(i * 90) }, i);
		CU_ASSERT(shown(1, i * 100U - 1, i * 90U - 1) == i && shown(1, i * 100U, 0) == -1);
	}
	CU_ASSERT_EQUAL(bridge.capture->buffers, 1);
	CU_ASSERT_EQUAL(bridge.presenter->buffers, 1);
	fake_capture_remove(bridge.capture, 1);
	turn();
	CU_ASSERT(bridge.capture->buffers == 0 && bridge.presenter->buffers == 0);
	end();
}

static void test_input(void)
{
	begin();
	add_window(1, RED);
	unsigned int before = bridge.capture->injected;
	fake_presenter_say(bridge.presenter, VP_MESSAGE(FOCUS, focus, .window = 1));
	fake_presenter_say(bridge.presenter,
		VP_MESSAGE(INPUT_KEY, input_key, .code = 30, .action = VP_KEY_PRESS, .time = 7));
	turn();
	CU_ASSERT_EQUAL(bridge.capture->injected, before + 2);
	end();
}

static void test_broken_session(void)
{
	begin();
	add_window(1, RED);
	add_window(2, RED);
	vp_session_fail(hc_core_session(bridge.view), VP_BYE_SHUTDOWN, "the view is away");
	turn();
	CU_ASSERT(bridge.agent_closed == 1 && bridge.view_closed == 1);
	CU_ASSERT(fake_presenter_find(bridge.presenter, 1)->dimmed);
	CU_ASSERT_EQUAL(shown(1, 0, 0), RED);
	fake_capture_remove(bridge.capture, 2);

	connect_sides();
	read_window(1, (struct vp_rect){ 0 }, GREEN);
	CU_ASSERT(fake_presenter_find(bridge.presenter, 2) == NULL);
	CU_ASSERT(!fake_presenter_find(bridge.presenter, 1)->dimmed);
	CU_ASSERT_EQUAL(shown(1, 0, 0), GREEN);
	CU_ASSERT_EQUAL(bridge.managed, 1);
	CU_ASSERT(bridge.presenter->buffers == 1 && bridge.capture->buffers == 1);
	end();
}

static const struct unit_test tests[] = {
	{ "what an application paints is what the view shows, and no more is sent", test_pixels },
	{ "a window that is not shown in time is held back, and holds up no other",
		test_slow_window },
	{ "a resized window's pixels come with its new size, and old buffers go", test_resize },
	{ "a key reaches the guest", test_input },
	{ "a broken session is made whole, with windows kept and caught up", test_broken_session },
};

UNIT_MAIN("bridge", tests)

#include "unit.h"

#include "bridge-bench.h"

enum { TRANSPORT_BYTES = 1 << 20 };

static void connect_sides(void)
{
	struct vp_transport *agent = NULL;
	struct vp_transport *view = NULL;

	g_assert(vp_transport_memory_create(TRANSPORT_BYTES, &agent, &view));
	bridge_connect(agent, view);
}

static void begin(void)
{
	bridge_begin();
	connect_sides();
}

static void test_pixels(void)
{
	begin();
	struct hc_core_stats stats = bridge_check_paint();
	CU_ASSERT(stats.bytes_copied_by_agent == 0 && stats.bytes_copied_by_view == 0);
	bridge_end();
}

static void test_slow_window(void)
{
	begin();
	bridge.presenter->holds_frames = true;
	bridge_add(1, RED);
	bridge_add(2, RED);
	fake_presenter_finish_frame(bridge.presenter, 2);
	bridge_turn();
	for (int i = 0; i < 20; i++) {
		fake_capture_damage(bridge.capture, 1);
		bridge_turn();
		CU_ASSERT(!fake_capture_find(bridge.capture, 1)->reading);
	}
	bridge_paint(2, (struct vp_rect){ 1, 1, 2, 2 }, GREEN);
	CU_ASSERT(bridge_presents(1) == 1 && bridge_presents(2) == 2);
	fake_presenter_finish_frame(bridge.presenter, 1);
	bridge_turn();
	bridge_read(1, (struct vp_rect){ 1, 1, 2, 2 }, GREEN);
	CU_ASSERT_EQUAL(bridge_presents(1), 2);
	CU_ASSERT_EQUAL(bridge_shown(1, 2, 2), GREEN);
	bridge_end();
}

static void test_resize(void)
{
	begin();
	bridge_add(1, RED);
	for (uint8_t i = 1; i <= 8; i++) {
		fake_capture_resize(bridge.capture, 1, i * 100U, i * 90U);
		bridge_turn();
		bridge_read(
			1, (struct vp_rect){ 0, 0, (uint16_t)(i * 100), (uint16_t)(i * 90) }, i);
		CU_ASSERT(bridge_shown(1, i * 100U - 1, i * 90U - 1) == i &&
			  bridge_shown(1, i * 100U, 0) == -1);
	}
	CU_ASSERT_EQUAL(bridge.capture->buffers, 1);
	CU_ASSERT_EQUAL(bridge.presenter->buffers, 1);
	fake_capture_remove(bridge.capture, 1);
	bridge_turn();
	CU_ASSERT(bridge.capture->buffers <= 1 && bridge.presenter->buffers <= 1);
	bridge_end();
}

static void test_input(void)
{
	begin();
	bridge_add(1, RED);
	unsigned int before = bridge.capture->injected;
	fake_presenter_say(bridge.presenter, VP_MESSAGE(FOCUS, focus, .window = 1));
	fake_presenter_say(bridge.presenter,
		VP_MESSAGE(INPUT_KEY, input_key, .code = 30, .action = VP_KEY_PRESS, .time = 7));
	bridge_turn();
	CU_ASSERT_EQUAL(bridge.capture->injected, before + 2);
	bridge_end();
}

static void test_broken_session(void)
{
	begin();
	bridge_add(1, RED);
	bridge_add(2, RED);
	vp_session_fail(hc_core_session(bridge.view), VP_BYE_SHUTDOWN, "the view is away");
	bridge_turn();
	CU_ASSERT(bridge.agent_closed == 1 && bridge.view_closed == 1);
	CU_ASSERT(fake_presenter_find(bridge.presenter, 1)->dimmed);
	CU_ASSERT_EQUAL(bridge_shown(1, 0, 0), RED);
	fake_capture_remove(bridge.capture, 2);

	connect_sides();
	bridge_read(1, (struct vp_rect){ 0 }, GREEN);
	CU_ASSERT(fake_presenter_find(bridge.presenter, 2) == NULL);
	CU_ASSERT(!fake_presenter_find(bridge.presenter, 1)->dimmed);
	CU_ASSERT_EQUAL(bridge_shown(1, 0, 0), GREEN);
	CU_ASSERT_EQUAL(bridge.managed, 1);
	CU_ASSERT(bridge.presenter->buffers == 1 && bridge.capture->buffers == 1);
	bridge_end();
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

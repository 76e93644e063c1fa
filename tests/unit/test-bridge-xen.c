#include "unit.h"

#include "bridge-bench.h"
#include "fake-xen.h"
#include "listener.h"

enum { PRIMARY = 0, INSTANCE = 0, MANY_PAGES = 10000 };

static void connect_sides(void)
{
	char error[VP_REASON_MAX];
	struct vp_listener *listener =
		vp_listener_xen_create(PRIMARY, INSTANCE, error, sizeof(error));
	struct vp_transport *view =
		vp_transport_xen_connect(FAKE_XEN_GUEST, INSTANCE, error, sizeof(error));

	g_assert(view != NULL);
	bridge_connect(vp_listener_accept(listener), view);
	vp_listener_destroy(listener);
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
	CU_ASSERT_EQUAL(stats.bytes_copied_by_agent, stats.bytes_copied);
	CU_ASSERT_EQUAL(stats.bytes_copied_by_view, stats.bytes_copied);
	bridge_end();
	CU_ASSERT(fake_xen_pages_granted() == 0 && fake_xen_pages_mapped() == 0);
}

/* A vchan does not tell: the broker learns it from xenstore. */
static void test_dead_domain(void)
{
	begin();
	bridge_add(1, RED);
	hc_core_disconnect(bridge.view, "the domain has crashed");
	CU_ASSERT_EQUAL(bridge.view_closed, 1);
	CU_ASSERT_EQUAL(fake_xen_pages_mapped(), 0);
	CU_ASSERT(fake_presenter_find(bridge.presenter, 1)->dimmed);
	CU_ASSERT_EQUAL(bridge_shown(1, 0, 0), RED);

	connect_sides();
	bridge_read(1, (struct vp_rect){ 0 }, GREEN);
	CU_ASSERT(!fake_presenter_find(bridge.presenter, 1)->dimmed);
	CU_ASSERT_EQUAL(bridge_shown(1, 0, 0), GREEN);
	bridge_end();
}

static bool shows(uint32_t id, uint32_t width, uint32_t height, int value)
{
	for (uint32_t y = 0; y < height; y += 7)
		for (uint32_t x = 0; x < width; x += 5)
			if (bridge_shown(id, x, y) != value)
				return false;
	return bridge_shown(id, width - 1, height - 1) == value;
}

/* A window whose pixels fill the ring many times over, beside a small one that is shared. */
static void test_no_pages(void)
{
	enum { LARGE = 1500 };
	const struct vp_rect large = { 0, 0, LARGE, LARGE };
	struct hc_core_stats stats;

	begin();
	bridge_add(1, RED);
	fake_xen_set_page_limit(0);
	fake_capture_add(bridge.capture, 2, LARGE, LARGE);
	bridge_turn();
	fake_xen_set_page_limit(MANY_PAGES);
	fake_capture_finish_read(bridge.capture, 2, large, GREEN);
	bridge_turn();
	CU_ASSERT_EQUAL(bridge_presents(2), 0);
	bridge_paint(1, (struct vp_rect){ 5, 6, 7, 8 }, GREEN);
	CU_ASSERT_EQUAL(bridge_shown(1, 5, 6), GREEN);
	for (int i = 0; i < 20 && bridge_presents(2) == 0; i++)
		bridge_turn();
	CU_ASSERT_EQUAL(bridge_presents(2), 1);
	CU_ASSERT(shows(2, LARGE, LARGE, GREEN));
	bridge_paint(2, (struct vp_rect){ 3, 3, 4, 4 }, RED);
	CU_ASSERT(bridge_shown(2, 3, 3) == RED && bridge_shown(2, 7, 7) == GREEN);
	CU_ASSERT_EQUAL(bridge_presents(2), 2);
	hc_core_get_stats(bridge.view, &stats);
	CU_ASSERT_EQUAL(stats.bytes_copied_by_agent, stats.bytes_copied);
	bridge_end();
}

static void test_gone_midway(void)
{
	enum { LARGE = 1500 };
	const struct vp_rect large = { 0, 0, LARGE, LARGE };

	begin();
	fake_xen_set_page_limit(0);
	fake_capture_add(bridge.capture, 1, LARGE, LARGE);
	bridge_add(2, RED);
	fake_xen_set_page_limit(MANY_PAGES);
	fake_capture_finish_read(bridge.capture, 1, large, GREEN);
	bridge_turn();
	fake_capture_remove(bridge.capture, 1);
	for (int i = 0; i < 20; i++)
		bridge_turn();
	bridge_paint(2, (struct vp_rect){ 5, 6, 7, 8 }, GREEN);
	CU_ASSERT_EQUAL(bridge_shown(2, 5, 6), GREEN);
	CU_ASSERT(bridge.agent_closed == 0 && bridge.view_closed == 0);
	CU_ASSERT_EQUAL(bridge.presenter->buffers, 1);
	bridge_end();
}

static const struct unit_test tests[] = {
	{ "damaged pixels are copied once more on each side, and no page is left", test_pixels },
	{ "without pages to grant, pixels come as messages, and delay nothing", test_no_pages },
	{ "a window that goes while its pixels are sent takes nothing along", test_gone_midway },
	{ "a dead domain's windows stay, dimmed, and none of its pages", test_dead_domain },
};

UNIT_MAIN("bridge over Xen", tests)

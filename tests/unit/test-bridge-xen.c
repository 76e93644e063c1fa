#include "unit.h"

#include "bridge-bench.h"
#include "fake-xen.h"
#include "listener.h"

enum { PRIMARY = 0, INSTANCE = 0 };

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
	struct hc_core_stats stats;

	begin();
	bridge_add(1, RED);
	CU_ASSERT(bridge_shown(1, 0, 0) == RED && bridge_shown(1, WIDTH - 1, HEIGHT - 1) == RED);
	bridge_paint(1, (struct vp_rect){ 5, 6, 7, 8 }, GREEN);
	CU_ASSERT(bridge_shown(1, 4, 6) == RED && bridge_shown(1, 5, 6) == GREEN);
	CU_ASSERT(bridge_shown(1, 11, 13) == GREEN && bridge_shown(1, 12, 13) == RED);
	hc_core_get_stats(bridge.view, &stats);
	CU_ASSERT_EQUAL(stats.bytes_copied, (WIDTH * HEIGHT + 7 * 8) * VP_PIXEL_BYTES);
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

static const struct unit_test tests[] = {
	{ "damaged pixels are copied once more on each side, and no page is left", test_pixels },
	{ "a dead domain's windows stay, dimmed, and none of its pages", test_dead_domain },
};

UNIT_MAIN("bridge over Xen", tests)

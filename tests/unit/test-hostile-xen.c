#include "unit.h"

#include <string.h>

#include "../../host-compositor/view/core.h"
#include "fake-presenter.h"
#include "fake-xen.h"
#include "hostile-xen.h"

enum { PRIMARY = 0, INSTANCE = 0, TURNS_MAX = 1000 };

struct view {
	struct fake_presenter *presenter;
	struct hc_core *core;
	unsigned int turns;
	unsigned int closed;
	char reason[VP_REASON_MAX + 1];
};

static void handle_message(void *data, const struct vp_message *message)
{
	(void)data;
	(void)message;
}

static void handle_ready(void *data, uint64_t agent)
{
	(void)data;
	(void)agent;
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct view *view = data;
	(void)reason;
	view->closed++;
	g_strlcpy(view->reason, text, sizeof(view->reason));
}

static void handle_windows_changed(void *data, size_t managed)
{
	(void)data;
	(void)managed;
}

static const struct hc_core_listener listener = {
	.message = handle_message,
	.session_ready = handle_ready,
	.session_closed = handle_closed,
	.windows_changed = handle_windows_changed,
};

static bool let_view_turn(void *data)
{
	struct view *view = data;
	struct vp_session *session = hc_core_session(view->core);
	if (session != NULL)
		vp_session_dispatch(session);
	session = hc_core_session(view->core);
	if (session != NULL)
		vp_session_flush(session);
	return view->turns++ < TURNS_MAX;
}

static void begin(struct view *view, struct hostile_xen *guest)
{
	const struct hc_label label = { .name = "work", .border = 4, .popup_border = 2 };
	*view = (struct view){ .presenter = fake_presenter_create() };
	view->core = hc_core_create(&view->presenter->presenter, &label, &listener, view);
	*guest = (struct hostile_xen){ .primary = PRIMARY, .wait = let_view_turn, .data = view };
	CU_ASSERT_FATAL(hostile_xen_serve(guest, INSTANCE));
}

static struct vp_transport *connect_view(void)
{
	char error[VP_REASON_MAX];
	struct vp_transport *transport =
		vp_transport_xen_connect(FAKE_XEN_GUEST, INSTANCE, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(transport);
	return transport;
}

/* With one reason, and none of the guest's pages. */
static void check_ended(struct view *view)
{
	while (view->closed == 0 && let_view_turn(view))
		;
	CU_ASSERT_EQUAL(view->closed, 1);
	CU_ASSERT_NOT_EQUAL(view->reason[0], '\0');
	CU_ASSERT_PTR_NULL(hc_core_session(view->core));
	CU_ASSERT_EQUAL(fake_xen_pages_mapped(), 0);
	hc_core_destroy(view->core);
	hc_presenter_destroy(&view->presenter->presenter);
}

static void check_attack(const struct hostile_attack *attack)
{
	struct view view;
	struct hostile_xen guest;
	begin(&view, &guest);
	CU_ASSERT_FATAL(hc_core_connect(view.core, connect_view(), 1));
	CU_ASSERT_FATAL(hostile_xen_accept(&guest));
	CU_ASSERT_EQUAL(hostile_xen_attack(&guest, attack), attack->expected);
	hostile_xen_finish(&guest);
	check_ended(&view);
}

static void test_attacks(void)
{
	for (size_t i = 0; i < hostile_xen_attack_count; i++)
		check_attack(&hostile_xen_attacks[i]);
}

static void test_before_hello(void)
{
	struct view view;
	struct hostile_xen guest;
	begin(&view, &guest);
	struct vp_transport *transport = connect_view();
	guest.vchan->write.shr->prod = UINT32_MAX;
	CU_ASSERT_FATAL(hc_core_connect(view.core, transport, 1));
	check_ended(&view);
	CU_ASSERT_PTR_NOT_NULL(strstr(view.reason, "impossible indices of a ring"));
	libxenvchan_close(guest.vchan);
	hostile_xen_finish(&guest);
}

static const struct unit_test tests[] = {
	{ "whatever a guest does to its rings and pages ends its session alone, and leaves none "
	  "mapped",
		test_attacks },
	{ "so does what it does to them before the session begins", test_before_hello },
};

UNIT_MAIN("hostile guests over Xen", tests)

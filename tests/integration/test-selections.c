/*
 * Whose a selection is when an application copies at the very moment when it is taken for what
 * comes from elsewhere: on a real X server, the order of events made by hand.
 */
#include <poll.h>
#include <stdlib.h>

#include "clipboard-app.h"
#include "selections.h"
#include "unit.h"
#include "x-server.h"

enum { PATIENCE_MS = 60000, OFFER = 5 };

static struct {
	struct x_server server;
	struct clipboard_app app;
	struct vp_selections *selections;
	unsigned int told; /* times, of the clipboard */
	uint32_t types; /* told last */
} bench;

static void note_offered(void *data, enum vp_selection selection, uint32_t offer, uint32_t types)
{
	(void)data;
	(void)offer;
	if (selection != VP_SELECTION_CLIPBOARD)
		return;
	bench.told++;
	bench.types = types;
}

static void fail_lost(void *data)
{
	(void)data;
	CU_FAIL("the X server has gone");
}

static void sync_app(void)
{
	xcb_connection_t *c = bench.app.connection;
	free(xcb_get_input_focus_reply(c, xcb_get_input_focus(c), NULL));
}

static bool has_input(int timeout)
{
	struct pollfd polled = { vp_selections_get_fd(bench.selections), POLLIN, 0 };
	return poll(&polled, 1, timeout) == 1;
}

static void dispatch(void)
{
	vp_selections_dispatch(bench.selections);
	vp_selections_flush(bench.selections);
}

/* Until there is something that one of the two can do. */
static void await_either(void)
{
	struct pollfd fds[] = {
		{ vp_selections_get_fd(bench.selections), POLLIN, 0 },
		{ xcb_get_file_descriptor(bench.app.connection), POLLIN, 0 },
	};
	CU_ASSERT_NOT_EQUAL_FATAL(poll(fds, 2, PATIENCE_MS), 0);
}

static void turn(void)
{
	await_either();
	dispatch();
	clipboard_app_turn(&bench.app);
}

static xcb_window_t get_owner(void)
{
	xcb_connection_t *c = bench.app.connection;
	xcb_get_selection_owner_reply_t *reply = xcb_get_selection_owner_reply(
		c, xcb_get_selection_owner(c, bench.app.selection), NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
	xcb_window_t owner = reply->owner;
	free(reply);
	return owner;
}

/* The server's; nothing else happens to the application meanwhile. */
static xcb_timestamp_t get_time(void)
{
	xcb_timestamp_t time = XCB_CURRENT_TIME;
	xcb_change_property(bench.app.connection, XCB_PROP_MODE_APPEND, bench.app.window,
		XCB_ATOM_WM_NAME, XCB_ATOM_STRING, 8, 0, NULL);
	xcb_flush(bench.app.connection);
	while (time == XCB_CURRENT_TIME) {
		xcb_generic_event_t *event = xcb_wait_for_event(bench.app.connection);
		CU_ASSERT_PTR_NOT_NULL_FATAL(event);
		if (event->response_type == XCB_PROPERTY_NOTIFY)
			time = ((const xcb_property_notify_event_t *)event)->time;
		free(event);
	}
	return time;
}

static void copy_at(xcb_timestamp_t time)
{
	bench.app.owns = true;
	bench.app.text = "copied";
	xcb_set_selection_owner(bench.app.connection, bench.app.window, bench.app.selection, time);
	sync_app();
}

static void offer(void)
{
	vp_selections_offer(bench.selections, VP_SELECTION_CLIPBOARD, OFFER, VP_CLIPBOARD_TEXT);
	vp_selections_flush(bench.selections);
}

/* Nothing has been copied, and that has been told. */
static void before(void)
{
	static const struct vp_selections_listener listener = {
		.offered = note_offered,
		.lost = fail_lost,
	};
	char error[VP_REASON_MAX];
	bench.told = 0;
	bench.types = 0;
	x_server_start(&bench.server, "64x64x24");
	clipboard_app_start(&bench.app, "CLIPBOARD");
	bench.selections = vp_selections_create(NULL, &listener, NULL, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(bench.selections);
	vp_selections_announce(bench.selections);
	vp_selections_flush(bench.selections);
	while (!vp_selections_settled(bench.selections))
		turn();
	CU_ASSERT_EQUAL(bench.told, 1);
}

static void after(void)
{
	vp_selections_destroy(bench.selections);
	clipboard_app_die(&bench.app);
	x_server_stop(&bench.server);
}

/* The application's answer is there when it is no longer the owner. */
static void test_overtaken(void)
{
	copy_at(get_time());
	while (vp_selections_deadline(bench.selections) == -1) {
		CU_ASSERT_TRUE_FATAL(has_input(PATIENCE_MS));
		dispatch();
	}
	while (!has_input(0)) {
		await_either();
		clipboard_app_turn(&bench.app);
	}
	offer();
	while (get_owner() == bench.app.window)
		turn();
	while (!vp_selections_settled(bench.selections))
		turn();
	CU_ASSERT_EQUAL(bench.told, 1);
	CU_ASSERT_NOT_EQUAL(get_owner(), XCB_NONE);
}

/* The time at which it is to be owned is told before the application's is. */
static void test_overtaking(void)
{
	offer();
	CU_ASSERT_TRUE_FATAL(has_input(PATIENCE_MS));
	xcb_timestamp_t told = get_time();
	xcb_timestamp_t now;
	while ((now = get_time()) == told)
		;
	copy_at(now);
	while (bench.types == 0)
		turn();
	CU_ASSERT_EQUAL(bench.types, VP_CLIPBOARD_TEXT);
	CU_ASSERT_EQUAL(get_owner(), bench.app.window);
}

/* Between the request to be the owner and the word that it is. */
static void test_given_up(void)
{
	offer();
	CU_ASSERT_TRUE_FATAL(has_input(PATIENCE_MS));
	vp_selections_dispatch(bench.selections);
	vp_selections_offer(bench.selections, VP_SELECTION_CLIPBOARD, OFFER + 1, 0);
	vp_selections_flush(bench.selections);
	while (!vp_selections_settled(bench.selections) || get_owner() != XCB_NONE)
		turn();
	CU_ASSERT_EQUAL(bench.told, 1);
}

static const struct unit_test tests[] = {
	{ "a copy whose place has been taken is not told of", test_overtaken },
	{ "a copy that is later than what was to be owned is told of", test_overtaking },
	{ "what is given up while it is being taken is not owned", test_given_up },
};

int main(int argc, char **argv)
{
	return unit_run_between(
		"selections", tests, sizeof(tests) / sizeof(tests[0]), before, after, argc, argv);
}

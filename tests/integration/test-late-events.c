/*
 * Events that come just when the agent, a view, or whoever owns selections looks for a reply that
 * is not here yet: xcb reads them then, and no descriptor tells of them any more. The server is
 * held by somebody else meanwhile, so that nothing else comes that would have them handled.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "presenter.h"
#include "selections.h"
#include "unit.h"
#include "x-server.h"
#include "x-user.h"

enum { PATIENCE_MS = 60000, WINDOW = 1, SIZE = 64 };

static struct {
	struct x_server server;
	xcb_connection_t *application;
	xcb_window_t root;
	xcb_window_t window; /* that the event is about */
	void (*happen)(void); /* when a reply is looked for next */
	uint32_t mapped;
	uint32_t destroyed;
	uint32_t closed;
	xcb_atom_t clipboard;
	uint32_t told; /* of what selections offer */
} bench;

/* The linker has the programs call it in place of xcb's. */
int __wrap_xcb_poll_for_reply(
	xcb_connection_t *c, unsigned int request, void **reply, xcb_generic_error_t **error);
int __real_xcb_poll_for_reply(
	xcb_connection_t *c, unsigned int request, void **reply, xcb_generic_error_t **error);

int __wrap_xcb_poll_for_reply(
	xcb_connection_t *c, unsigned int request, void **reply, xcb_generic_error_t **error)
{
	struct pollfd fd = { .fd = xcb_get_file_descriptor(c), .events = POLLIN };
	if (bench.happen != NULL) {
		void (*happen)(void) = bench.happen;
		bench.happen = NULL;
		happen();
		CU_ASSERT_EQUAL(poll(&fd, 1, PATIENCE_MS), 1);
	}
	return __real_xcb_poll_for_reply(c, request, reply, error);
}

static void note_message(void *data, const struct vp_message *message)
{
	(void)data;
	bench.mapped += message->op == VP_OP_WINDOW_MAP;
	bench.destroyed += message->op == VP_OP_WINDOW_DESTROY;
	bench.closed += message->op == VP_OP_WINDOW_CLOSE;
}

static void ignore_damaged(void *data, uint32_t window)
{
	(void)data;
	(void)window;
}

static void ignore_pixels(void *data, uint32_t window, uint32_t width, uint32_t height,
	const struct vp_rect *rects, size_t count)
{
	(void)data;
	(void)window;
	(void)width;
	(void)height;
	(void)rects;
	(void)count;
}

static void ignore_presented(void *data, uint32_t window, uint32_t serial)
{
	(void)data;
	(void)window;
	(void)serial;
}

static void fail_lost(void *data)
{
	(void)data;
	CU_FAIL("the X server has gone");
}

static void begin(void)
{
	bench.happen = NULL;
	bench.mapped = bench.destroyed = bench.closed = bench.told = 0;
	x_server_start(&bench.server, "640x480x24");
	bench.application = xcb_connect(NULL, NULL);
	CU_ASSERT_EQUAL_FATAL(xcb_connection_has_error(bench.application), 0);
	bench.root = xcb_setup_roots_iterator(xcb_get_setup(bench.application)).data->root;
}

static void end(void)
{
	xcb_disconnect(bench.application);
	x_server_stop(&bench.server);
}

/* Until the server has done what has been asked of it, and all have been sent what it makes of
 * that: it may send the application its answer before others their events, but it does not look
 * for another request before it has sent them all. */
static void sync_application(void)
{
	xcb_connection_t *c = bench.application;
	for (int i = 0; i < 2; i++)
		free(xcb_get_input_focus_reply(c, xcb_get_input_focus(c), NULL));
}

static void await_input(int fd)
{
	struct pollfd polled = { .fd = fd, .events = POLLIN };
	CU_ASSERT_EQUAL_FATAL(poll(&polled, 1, PATIENCE_MS), 1);
}

static xcb_window_t create_window(void)
{
	xcb_window_t window = xcb_generate_id(bench.application);
	xcb_create_window(bench.application, XCB_COPY_FROM_PARENT, window, bench.root, 0, 0, SIZE,
		SIZE, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, 0, NULL);
	return window;
}

static void turn_capture(struct ga_capture *capture)
{
	await_input(ga_capture_get_fd(capture));
	ga_capture_dispatch(capture);
	ga_capture_flush(capture);
}

static void destroy_window(void)
{
	xcb_destroy_window(bench.application, bench.window);
	sync_application();
}

static void test_agent(void)
{
	static const struct ga_capture_listener listener = {
		.message = note_message,
		.damaged = ignore_damaged,
		.pixels_ready = ignore_pixels,
		.lost = fail_lost,
	};
	begin();
	struct ga_capture *capture = ga_capture_x11_create(NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(capture);
	CU_ASSERT_FATAL(ga_capture_start(capture, &listener, NULL));
	ga_capture_announce(capture);
	ga_capture_flush(capture);
	bench.window = create_window();
	xcb_window_t unknown = create_window();
	xcb_map_window(bench.application, bench.window);
	xcb_flush(bench.application);
	while (bench.mapped == 0)
		turn_capture(capture);

	/* Its properties are asked for, and the server does not answer. */
	xcb_grab_server(bench.application);
	xcb_map_window(bench.application, unknown);
	sync_application();
	await_input(ga_capture_get_fd(capture));
	ga_capture_dispatch(capture);
	bench.happen = destroy_window;
	ga_capture_flush(capture);
	CU_ASSERT_PTR_NULL(bench.happen);
	CU_ASSERT_EQUAL(bench.destroyed, 1);

	xcb_ungrab_server(bench.application);
	sync_application();
	ga_capture_destroy(capture);
	end();
}

static void close_window(void)
{
	x_user_close(bench.application, bench.window);
	sync_application();
}

static void watch_windows(void)
{
	const uint32_t mask = XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY;
	xcb_change_window_attributes(bench.application, bench.root, XCB_CW_EVENT_MASK, &mask);
	sync_application();
}

/* The server may hear the application before the view, whoever of them spoke first. */
static void await_created(xcb_window_t window)
{
	xcb_window_t created = XCB_NONE;
	while (created != window) {
		xcb_generic_event_t *event = xcb_poll_for_event(bench.application);
		if (event == NULL)
			await_input(xcb_get_file_descriptor(bench.application));
		else if (event->response_type == XCB_CREATE_NOTIFY)
			created = ((const xcb_create_notify_event_t *)event)->window;
		free(event);
	}
}

static struct hc_presenter *start_presenter(void)
{
	static const struct hc_presenter_listener listener = {
		.message = note_message,
		.presented = ignore_presented,
		.lost = fail_lost,
	};
	const struct hc_label label = { .name = "work", .border = 4 };
	struct hc_presenter *presenter = hc_presenter_x11_create(NULL);
	struct hc_window_report report;
	CU_ASSERT_PTR_NOT_NULL_FATAL(presenter);
	CU_ASSERT_FATAL(hc_presenter_start(presenter, &label, &listener, NULL));
	watch_windows();
	hc_presenter_announce(presenter);
	const struct vp_window_create create = { .window = WINDOW, .width = SIZE, .height = SIZE };
	CU_ASSERT_FATAL(hc_presenter_window_create(presenter, &create));
	hc_presenter_flush(presenter);
	CU_ASSERT_FATAL(hc_presenter_window_report(presenter, WINDOW, &report));
	bench.window = (xcb_window_t)report.toplevel_id;
	await_created(bench.window);
	return presenter;
}

static void turn_presenter(struct hc_presenter *presenter)
{
	if (hc_presenter_deadline(presenter) != 0)
		await_input(hc_presenter_get_fd(presenter));
	hc_presenter_dispatch(presenter);
	hc_presenter_flush(presenter);
}

/* The atoms of a close are known to the application before the server is held. */
static void test_view(void)
{
	begin();
	struct hc_presenter *presenter = start_presenter();
	close_window();
	while (bench.closed == 0)
		turn_presenter(presenter);

	/* The property is asked for, and the server does not answer. */
	xcb_grab_server(bench.application);
	xcb_change_property(bench.application, XCB_PROP_MODE_REPLACE, bench.root,
		XCB_ATOM_RESOURCE_MANAGER, XCB_ATOM_STRING, 8, 1, "\n");
	sync_application();
	await_input(hc_presenter_get_fd(presenter));
	hc_presenter_dispatch(presenter);
	bench.happen = close_window;
	hc_presenter_flush(presenter);
	CU_ASSERT_PTR_NULL(bench.happen);
	CU_ASSERT_EQUAL(hc_presenter_deadline(presenter), 0);
	hc_presenter_dispatch(presenter);
	CU_ASSERT_EQUAL(bench.closed, 2);

	xcb_ungrab_server(bench.application);
	sync_application();
	hc_presenter_destroy(presenter);
	end();
}

static void note_offered(void *data, enum vp_selection selection, uint32_t offer, uint32_t types)
{
	(void)data;
	(void)selection;
	(void)offer;
	(void)types;
	bench.told++;
}

static xcb_atom_t intern_clipboard(void)
{
	static const char name[] = "CLIPBOARD";
	xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(bench.application,
		xcb_intern_atom(bench.application, 0, sizeof(name) - 1, name), NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
	xcb_atom_t atom = reply->atom;
	free(reply);
	return atom;
}

static void copy_something(void)
{
	xcb_set_selection_owner(bench.application, bench.window, bench.clipboard, XCB_CURRENT_TIME);
	sync_application();
}

/* It has told that nothing is offered. */
static struct vp_selections *start_selections(void)
{
	static const struct vp_selections_listener listener = {
		.offered = note_offered,
		.lost = fail_lost,
	};
	char error[VP_REASON_MAX];
	bench.window = create_window();
	bench.clipboard = intern_clipboard();
	struct vp_selections *selections =
		vp_selections_create(NULL, &listener, NULL, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(selections);
	vp_selections_announce(selections);
	vp_selections_flush(selections);
	while (bench.told < VP_SELECTION_COUNT) {
		await_input(vp_selections_get_fd(selections));
		vp_selections_dispatch(selections);
		vp_selections_flush(selections);
	}
	CU_ASSERT_EQUAL(vp_selections_deadline(selections), -1);
	return selections;
}

/* An owner that is new is given a time to say what it offers. */
static void test_selections(void)
{
	begin();
	struct vp_selections *selections = start_selections();

	/* The owners are asked for, and the server does not answer. */
	xcb_grab_server(bench.application);
	sync_application();
	vp_selections_announce(selections);
	bench.happen = copy_something;
	vp_selections_flush(selections);
	CU_ASSERT_PTR_NULL(bench.happen);
	CU_ASSERT_NOT_EQUAL(vp_selections_deadline(selections), -1);

	xcb_ungrab_server(bench.application);
	sync_application();
	vp_selections_destroy(selections);
	end();
}

/* That there was no owner, which is asked first, is read together with the news that there is. */
static void test_stale_owner(void)
{
	begin();
	struct vp_selections *selections = start_selections();
	xcb_grab_server(bench.application);
	sync_application();
	vp_selections_announce(selections);
	vp_selections_flush(selections);
	xcb_ungrab_server(bench.application);
	xcb_flush(bench.application);
	await_input(vp_selections_get_fd(selections));
	copy_something();
	vp_selections_dispatch(selections);
	CU_ASSERT_NOT_EQUAL(vp_selections_deadline(selections), -1);
	vp_selections_destroy(selections);
	end();
}

static const struct unit_test tests[] = {
	{ "an agent that looks for a reply handles the event that it finds", test_agent },
	{ "a view that looks for a reply handles the event that it finds", test_view },
	{ "an owner of selections that looks for a reply handles the event that it finds",
		test_selections },
	{ "what a reply says of a selection is not newer than the event behind it",
		test_stale_owner },
};

UNIT_MAIN("events that come with no reply", tests)

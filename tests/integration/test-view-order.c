/*
 * The order of windows as the view's presenter has it, on a real X server without a window manager:
 * what the view asks for comes about at once, and the test says what time it is.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "presenter.h"
#include "unit.h"
#include "x-server.h"
#include "x-user.h"

enum { SIZE = 64, NATIVE = 0x1c00000 };

enum { PATIENCE = 60 * G_USEC_PER_SEC };

static const int64_t a_while = 11 * G_USEC_PER_SEC; /* and then nothing is inherited any more */

static struct {
	struct x_server server;
	xcb_connection_t *user; /* the view before, too */
	xcb_window_t root;
	struct hc_presenter *presenter;
	char told[64]; /* the order that the guest was told last */
	size_t told_count; /* of windows in it */
	int64_t later; /* microseconds by which the view's clock is ahead */
} bench;

/* The linker has the view call it in place of GLib's. */
gint64 __wrap_g_get_monotonic_time(void);
gint64 __real_g_get_monotonic_time(void);

gint64 __wrap_g_get_monotonic_time(void)
{
	return __real_g_get_monotonic_time() + bench.later;
}

static void note_message(void *data, const struct vp_message *message)
{
	const struct vp_ids *ids = &message->window_stacking.windows;

	(void)data;
	if (message->op != VP_OP_WINDOW_STACKING)
		return;
	bench.told[0] = '\0';
	bench.told_count = ids->count;
	for (size_t i = 0; i < ids->count; i++)
		snprintf(bench.told + strlen(bench.told), sizeof(bench.told) - strlen(bench.told),
			"%u ", vp_ids_get(*ids, i));
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

static void sync_with_server(void)
{
	free(xcb_get_input_focus_reply(bench.user, xcb_get_input_focus(bench.user), NULL));
}

static void begin(void)
{
	bench.later = 0;
	x_server_start(&bench.server, "640x480x24");
	bench.user = xcb_connect(NULL, NULL);
	CU_ASSERT_EQUAL_FATAL(xcb_connection_has_error(bench.user), 0);
	bench.root = xcb_setup_roots_iterator(xcb_get_setup(bench.user)).data->root;
	xcb_change_window_attributes(bench.user, bench.root, XCB_CW_EVENT_MASK,
		&(uint32_t){ XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY });
	sync_with_server();
}

static void start_presenter(void)
{
	static const struct hc_presenter_listener listener = {
		.message = note_message,
		.presented = ignore_presented,
		.lost = fail_lost,
	};
	const struct hc_label label = { .name = "work", .border = 4 };

	bench.presenter = hc_presenter_x11_create(NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bench.presenter);
	CU_ASSERT_FATAL(hc_presenter_start(bench.presenter, &label, &listener, NULL));
	hc_presenter_announce(bench.presenter);
}

static void end(void)
{
	hc_presenter_destroy(bench.presenter);
	xcb_disconnect(bench.user);
	x_server_stop(&bench.server);
}

static void create_window(uint32_t id)
{
	const struct vp_window_create create = {
		.window = id,
		.native = NATIVE + id,
		.width = SIZE,
		.height = SIZE,
	};

	CU_ASSERT_FATAL(hc_presenter_window_create(bench.presenter, &create));
}

static xcb_window_t toplevel_of(uint32_t id)
{
	struct hc_window_report report;

	CU_ASSERT_FATAL(hc_presenter_window_report(bench.presenter, id, &report));
	return (xcb_window_t)report.toplevel_id;
}

/* Has the server show it, of which the view has yet to hear. */
static void map_window(uint32_t id)
{
	xcb_window_t mapped = XCB_NONE;

	hc_presenter_window_map(bench.presenter, id, true);
	hc_presenter_flush(bench.presenter);
	while (mapped != toplevel_of(id)) {
		xcb_generic_event_t *event = xcb_wait_for_event(bench.user);

		CU_ASSERT_PTR_NOT_NULL_FATAL(event);
		if (event->response_type == XCB_MAP_NOTIFY)
			mapped = ((const xcb_map_notify_event_t *)event)->window;
		free(event);
	}
}

/* Until the guest knows of so many windows that show. */
static void await_told(size_t count)
{
	struct pollfd fd = { hc_presenter_get_fd(bench.presenter), POLLIN, 0 };

	while (bench.told_count != count) {
		if (hc_presenter_deadline(bench.presenter) != 0)
			poll(&fd, 1, -1);
		hc_presenter_dispatch(bench.presenter);
		hc_presenter_flush(bench.presenter);
	}
	/* In most cases the server has done by then what the view has asked of it. */
	sync_with_server();
	sync_with_server();
}

static void test_shown(void)
{
	begin();
	start_presenter();
	for (uint32_t id = 1; id <= 3; id++)
		create_window(id);
	map_window(3);
	map_window(1);
	map_window(2);
	await_told(3);
	CU_ASSERT_STRING_EQUAL(bench.told, "3 1 2 ");
	end();
}

/* What an earlier view has left */

static xcb_window_t leave_window(const char *key)
{
	xcb_window_t window = xcb_generate_id(bench.user);

	xcb_create_window(bench.user, XCB_COPY_FROM_PARENT, window, bench.root, 0, 0, SIZE, SIZE, 0,
		XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, 0, NULL);
	if (key != NULL)
		xcb_change_property(bench.user, XCB_PROP_MODE_REPLACE, window,
			x_user_atom(bench.user, "_ORIEL_WINDOW"), XCB_ATOM_STRING, 8,
			(uint32_t)strlen(key), key);
	return window;
}

/* Two windows of the guest, and another program's between them, which is returned. */
static xcb_window_t leave_windows(void)
{
	const xcb_window_t stack[] = { leave_window("work 1c00001"), leave_window(NULL),
		leave_window("work 1c00002") };

	xcb_change_property(bench.user, XCB_PROP_MODE_REPLACE, bench.root,
		x_user_atom(bench.user, "_NET_CLIENT_LIST_STACKING"), XCB_ATOM_WINDOW, 32,
		G_N_ELEMENTS(stack), stack);
	sync_with_server();
	return stack[1];
}

static void raise_window(xcb_window_t window)
{
	xcb_configure_window(bench.user, window, XCB_CONFIG_WINDOW_STACK_MODE,
		&(uint32_t){ XCB_STACK_MODE_ABOVE });
	sync_with_server();
}

static bool is_above(xcb_window_t upper, xcb_window_t lower)
{
	xcb_query_tree_reply_t *tree =
		xcb_query_tree_reply(bench.user, xcb_query_tree(bench.user, bench.root), NULL);
	const xcb_window_t *children = xcb_query_tree_children(tree);
	bool found = false;
	bool above = false;

	for (int i = 0; i < xcb_query_tree_children_length(tree); i++) {
		found = found || children[i] == lower;
		above = above || (found && children[i] == upper);
	}
	free(tree);
	return above;
}

static void await_above(xcb_window_t upper, xcb_window_t lower)
{
	int64_t end = __real_g_get_monotonic_time() + PATIENCE;
	bool is = false;

	while (!(is = is_above(upper, lower)) && __real_g_get_monotonic_time() < end)
		continue;
	CU_ASSERT_TRUE(is);
}

static void test_inherited(void)
{
	xcb_window_t other;

	begin();
	other = leave_windows();
	start_presenter();
	create_window(1);
	create_window(2);
	raise_window(other);
	map_window(2);
	await_told(1);
	await_above(toplevel_of(2), other);
	map_window(1);
	await_told(2);
	await_above(toplevel_of(2), other);
	await_above(other, toplevel_of(1));
	end();
}

static void test_restored_later(void)
{
	xcb_window_t other;

	begin();
	other = leave_windows();
	start_presenter();
	create_window(1);
	create_window(2);
	map_window(2);
	await_told(1);
	bench.later = a_while;
	raise_window(other);
	map_window(1);
	await_told(2);
	CU_ASSERT_TRUE(is_above(other, toplevel_of(2)));
	end();
}

static const struct unit_test tests[] = {
	{ "windows that the window manager does not list lie as they came to be shown",
		test_shown },
	{ "windows take the places of those that an earlier view has left", test_inherited },
	{ "a window that is restored later leaves the others where the user has put them",
		test_restored_later },
};

UNIT_MAIN("the view's order of windows", tests)

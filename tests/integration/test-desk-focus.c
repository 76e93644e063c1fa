/*
 * The focus of a window whose view dies, on a real X server: the test is the window manager, the
 * views and the user.
 */
#include <stdlib.h>
#include <string.h>

#include <xcb/xcb.h>

#include "focus-return.h"
#include "unit.h"
#include "x-server.h"
#include "x-user.h"

enum { WINDOWS_MAX = 8, KEY_X = 53 };

static struct {
	struct x_server server;
	struct hc_desk_display desk;
	struct hc_focus_return *returning;
	xcb_connection_t *user; /* and window manager */
	xcb_connection_t *view;
	xcb_window_t root;
	xcb_window_t listed[WINDOWS_MAX];
	uint32_t count;
	xcb_window_t shown; /* by the view that has died */
	xcb_window_t other; /* another program's */
	xcb_window_t another;
} bench;

static void sync_with(xcb_connection_t *connection)
{
	free(xcb_get_input_focus_reply(connection, xcb_get_input_focus(connection), NULL));
}

/* Until the desk has dealt with all that the server has for it. */
static void settle(void)
{
	xcb_generic_event_t *event;

	sync_with(bench.user);
	sync_with(bench.desk.connection);
	while ((event = xcb_poll_for_event(bench.desk.connection)) != NULL) {
		hc_focus_return_handle_event(bench.returning, event);
		free(event);
	}
	sync_with(bench.desk.connection);
}

static void set_root(const char *name, const xcb_window_t *windows, uint32_t count)
{
	xcb_change_property(bench.user, XCB_PROP_MODE_REPLACE, bench.root,
		x_user_atom(bench.user, name), XCB_ATOM_WINDOW, 32, count, windows);
	settle();
}

static void activate(xcb_window_t window)
{
	set_root("_NET_ACTIVE_WINDOW", &window, 1);
}

static void list(xcb_window_t window)
{
	CU_ASSERT_TRUE_FATAL(bench.count < WINDOWS_MAX);
	bench.listed[bench.count++] = window;
	set_root("_NET_CLIENT_LIST", bench.listed, bench.count);
}

static void unlist(xcb_window_t window)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < bench.count; i++) {
		if (bench.listed[i] != window)
			bench.listed[kept++] = bench.listed[i];
	}
	bench.count = kept;
	set_root("_NET_CLIENT_LIST", bench.listed, bench.count);
}

/* A view's window has a key; NULL: it is another program's. */
static xcb_window_t create_window(xcb_connection_t *owner, const char *key)
{
	xcb_window_t window = xcb_generate_id(owner);

	xcb_create_window(owner, XCB_COPY_FROM_PARENT, window, bench.root, 0, 0, 10, 10, 0,
		XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, 0, NULL);
	if (key != NULL)
		xcb_change_property(owner, XCB_PROP_MODE_REPLACE, window,
			x_user_atom(owner, "_ORIEL_WINDOW"), XCB_ATOM_STRING, 8,
			(uint32_t)strlen(key), key);
	sync_with(owner);
	list(window);
	return window;
}

static void begin(void)
{
	bench.count = 0;
	x_server_start(&bench.server, "640x480x24");
	bench.user = xcb_connect(NULL, NULL);
	CU_ASSERT_EQUAL_FATAL(xcb_connection_has_error(bench.user), 0);
	bench.root = xcb_setup_roots_iterator(xcb_get_setup(bench.user)).data->root;
	xcb_change_window_attributes(bench.user, bench.root, XCB_CW_EVENT_MASK,
		&(uint32_t){ XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY });
	CU_ASSERT_TRUE_FATAL(hc_desk_display_init(&bench.desk));
	bench.returning = hc_focus_return_create(&bench.desk);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bench.returning);
	bench.view = xcb_connect(NULL, NULL);
	bench.other = create_window(bench.user, NULL);
	bench.another = create_window(bench.user, NULL);
	bench.shown = create_window(bench.view, "work 1c00007");
}

static void end(void)
{
	xcb_disconnect(bench.view);
	hc_focus_return_destroy(bench.returning);
	hc_desk_display_finish(&bench.desk);
	xcb_disconnect(bench.user);
	x_server_stop(&bench.server);
}

/* All its windows are gone when this returns, and the window manager has yet to act. */
static void kill_view(void)
{
	xcb_kill_client(bench.user, bench.shown);
	settle();
	xcb_disconnect(bench.view);
	bench.view = xcb_connect(NULL, NULL);
}

static void lose_focus_to(xcb_window_t heir)
{
	activate(bench.shown);
	kill_view();
	unlist(bench.shown);
	activate(heir);
}

/* The window that the window manager has been asked to give the focus to, XCB_NONE none. */
static xcb_window_t asked(void)
{
	xcb_window_t window = XCB_NONE;
	xcb_generic_event_t *event;

	settle();
	sync_with(bench.user);
	while ((event = xcb_poll_for_event(bench.user)) != NULL) {
		const xcb_client_message_event_t *message = (const void *)event;

		if ((event->response_type & 0x7f) == XCB_CLIENT_MESSAGE &&
			message->type == x_user_atom(bench.user, "_NET_ACTIVE_WINDOW"))
			window = message->window;
		free(event);
	}
	return window;
}

static xcb_window_t show_again(void)
{
	return create_window(bench.view, "work 1c00007");
}

static void check_returns(void)
{
	xcb_window_t window = show_again();

	CU_ASSERT_EQUAL(asked(), window);
}

static void check_stays(void)
{
	show_again();
	CU_ASSERT_EQUAL(asked(), XCB_NONE);
}

static void test_returns(void)
{
	xcb_window_t sibling;
	xcb_window_t window;

	begin();
	lose_focus_to(bench.other);
	sibling = create_window(bench.view, "work 1c00008");
	CU_ASSERT_EQUAL(asked(), XCB_NONE);
	window = show_again();
	CU_ASSERT_EQUAL(asked(), window);
	/* Once. */
	activate(window);
	activate(sibling);
	unlist(window);
	list(window);
	CU_ASSERT_EQUAL(asked(), XCB_NONE);
	end();
}

static void test_returns_from_none(void)
{
	begin();
	lose_focus_to(XCB_NONE);
	check_returns();
	end();
}

/* Of the view's windows it chooses another, as it has not heard that this is gone, too. */
static void test_second_thoughts(void)
{
	xcb_window_t sibling;

	begin();
	sibling = create_window(bench.view, "work 1c00008");
	lose_focus_to(sibling);
	activate(XCB_NONE);
	activate(bench.other);
	check_returns();
	end();
}

static void test_both_die(void)
{
	xcb_connection_t *second;
	xcb_window_t heir;

	begin();
	second = xcb_connect(NULL, NULL);
	heir = create_window(second, "personal 1c00007");
	lose_focus_to(heir);
	xcb_kill_client(bench.user, heir);
	settle();
	activate(bench.other);
	check_returns();
	xcb_disconnect(second);
	end();
}

static void test_key(void)
{
	begin();
	lose_focus_to(bench.other);
	x_user_key(bench.user, KEY_X, true);
	x_user_key(bench.user, KEY_X, false);
	check_stays();
	end();
}

static void test_click(void)
{
	begin();
	lose_focus_to(bench.other);
	x_user_click(bench.user, 5, 5, 1);
	check_stays();
	end();
}

static void test_activated(void)
{
	begin();
	lose_focus_to(bench.other);
	activate(bench.another);
	check_stays();
	/* Nor when the first has it again. */
	activate(bench.other);
	check_stays();
	end();
}

static void test_opened(void)
{
	begin();
	lose_focus_to(XCB_NONE);
	activate(create_window(bench.user, NULL));
	check_stays();
	end();
}

static void test_had_none(void)
{
	begin();
	activate(bench.shown);
	activate(bench.other);
	kill_view();
	unlist(bench.shown);
	check_stays();
	end();
}

static void test_closed(void)
{
	begin();
	activate(bench.shown);
	xcb_destroy_window(bench.view, bench.shown);
	sync_with(bench.view);
	settle();
	activate(bench.other);
	check_stays();
	end();
}

static void test_other_vm(void)
{
	begin();
	lose_focus_to(bench.other);
	create_window(bench.view, "personal 1c00007");
	create_window(bench.view, "work 1c0000");
	create_window(bench.view, "work 1c000070");
	CU_ASSERT_EQUAL(asked(), XCB_NONE);
	end();
}

static const struct unit_test tests[] = {
	{ "the focus returns once to a window whose view has died", test_returns },
	{ "the focus returns where no window has it meanwhile", test_returns_from_none },
	{ "a window manager may choose more than once", test_second_thoughts },
	{ "the focus returns if the view of the window that has it meanwhile dies, too",
		test_both_die },
	{ "the focus does not return once the user has pressed a key", test_key },
	{ "the focus does not return once the user has clicked", test_click },
	{ "the focus does not return once another window has got it", test_activated },
	{ "the focus does not return from a window that has opened meanwhile", test_opened },
	{ "a window that did not have the focus when its view died does not get it",
		test_had_none },
	{ "a window that its view has closed does not get the focus again", test_closed },
	{ "no other window gets the focus, and no other VM's", test_other_vm },
};

UNIT_MAIN("the desk's return of the focus", tests)

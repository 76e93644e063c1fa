/*
 * The agent as the guest's window manager, on a real X server: what it makes of what applications
 * ask for, and of what the primary says of their windows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent-bench.h"
#include "unit.h"

enum {
	PATIENCE_MS = 60000,
	SIDE = 100,
	EARLY_TRIALS = 20,
	SIZE_HINTS = 18,
	GRAVITY_HINT = 17,
	FRAMED_X = 10,
	FRAMED_Y = 30
};

static struct {
	struct agent_bench bench;
	uint32_t mapped; /* id of the window mapped last */
	struct vp_window_create created; /* the last */
	struct vp_window_configure_request request; /* the last; window is 0 before the first */
	struct vp_window_restack restack; /* the same */
	struct vp_window_owner owner; /* the same */
} guest;

static bool handle_message(void *data, const struct vp_message *message)
{
	(void)data;
	if (agent_bench_take_pixels(&guest.bench, message))
		return true;
	if (message->op == VP_OP_WINDOW_CREATE)
		guest.created = message->window_create;
	else if (message->op == VP_OP_WINDOW_MAP)
		guest.mapped = message->window_map.window;
	else if (message->op == VP_OP_WINDOW_CONFIGURE_REQUEST)
		guest.request = message->window_configure_request;
	else if (message->op == VP_OP_WINDOW_RESTACK)
		guest.restack = message->window_restack;
	else if (message->op == VP_OP_WINDOW_OWNER)
		guest.owner = message->window_owner;
	return true;
}

static const struct vp_session_listener listener = {
	.ready = agent_bench_ignore_ready,
	.message = handle_message,
	.closed = agent_bench_tell_closed,
};

/* Turns the loop until what is waited for is there. */
static void wait_until(bool (*reached)(void))
{
	CU_ASSERT_TRUE_FATAL(agent_bench_wait(&guest.bench, reached, PATIENCE_MS));
}

static xcb_atom_t intern(const char *name)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_intern_atom_reply_t *reply =
		xcb_intern_atom_reply(c, xcb_intern_atom(c, 0, (uint16_t)strlen(name), name), NULL);
	xcb_atom_t atom = reply->atom;
	free(reply);
	return atom;
}

/* As a pager asks the window manager. */
static void send_root(xcb_window_t window, const char *type, const uint32_t data[5])
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_client_message_event_t event = {
		.response_type = XCB_CLIENT_MESSAGE,
		.format = 32,
		.window = window,
		.type = intern(type),
	};
	memcpy(event.data.data32, data, sizeof(event.data.data32));
	xcb_send_event(c, 0, guest.bench.screen->root,
		XCB_EVENT_MASK_SUBSTRUCTURE_REDIRECT | XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY,
		(const char *)&event);
}

static bool window_is_mapped(void)
{
	return guest.mapped != 0;
}

/* A window of an application, mapped, and its id. */
static xcb_window_t open_window(xcb_gravity_t gravity, uint32_t *id)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_window_t window = xcb_generate_id(c);
	const uint32_t hints[SIZE_HINTS] = { VP_HINT_GRAVITY, [GRAVITY_HINT] = gravity };
	xcb_create_window(c, XCB_COPY_FROM_PARENT, window, guest.bench.screen->root, 0, 0, SIDE,
		SIDE, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, 0, NULL);
	if (gravity != 0)
		xcb_change_property(c, XCB_PROP_MODE_REPLACE, window, XCB_ATOM_WM_NORMAL_HINTS,
			XCB_ATOM_WM_SIZE_HINTS, 32, SIZE_HINTS, hints);
	xcb_map_window(c, window);
	guest.mapped = 0;
	wait_until(window_is_mapped);
	*id = guest.mapped;
	return window;
}

static bool request_has_come(void)
{
	return guest.request.window != 0;
}

/* In the order of requests that Tk has: which of them the agent sees before it knows the window's
 * properties is a matter of luck, which is tried some times. */
static void test_early_resize(void)
{
	xcb_connection_t *c = guest.bench.connection;
	const uint32_t size[] = { SIDE, SIDE };
	for (int i = 0; i < EARLY_TRIALS; i++) {
		xcb_window_t window = xcb_generate_id(c);
		xcb_create_window(c, XCB_COPY_FROM_PARENT, window, guest.bench.screen->root, 0, 0,
			1, 1, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, 0, NULL);
		xcb_map_window(c, window);
		xcb_configure_window(
			c, window, XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, size);
		guest.mapped = 0;
		guest.request.window = 0;
		wait_until(window_is_mapped);
		if (guest.created.width == 1)
			wait_until(request_has_come);
		else
			CU_ASSERT_EQUAL(guest.created.width, SIDE);
		xcb_destroy_window(c, window);
	}
	guest.request.window = 0;
}

static struct {
	xcb_window_t window;
	xcb_atom_t property;
	uint32_t extents[4];
} expected;

static bool extents_are_as_expected(void)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_get_property_reply_t *reply = xcb_get_property_reply(c,
		xcb_get_property(c, 0, expected.window, expected.property, XCB_ATOM_CARDINAL, 0, 4),
		NULL);
	bool are = xcb_get_property_value_length(reply) == sizeof(expected.extents) &&
		   memcmp(xcb_get_property_value(reply), expected.extents,
			   sizeof(expected.extents)) == 0;
	free(reply);
	return are;
}

/* The frame as in _NET_FRAME_EXTENTS: left, right, top, bottom. */
static void check_frame(
	xcb_window_t window, uint32_t left, uint32_t right, uint32_t top, uint32_t bottom)
{
	expected.window = window;
	expected.property = intern("_NET_FRAME_EXTENTS");
	memcpy(expected.extents, (const uint32_t[]){ left, right, top, bottom },
		sizeof(expected.extents));
	wait_until(extents_are_as_expected);
}

static void frame(uint32_t id)
{
	vp_session_send(guest.bench.session,
		VP_MESSAGE(WINDOW_CONFIGURE, window_configure, .window = id, .serial = 1,
			.x = FRAMED_X, .y = FRAMED_Y, .width = SIDE, .height = SIDE,
			.frame_left = 4, .frame_right = 6, .frame_top = 20, .frame_bottom = 8));
}

static void test_frame(void)
{
	uint32_t id;
	xcb_connection_t *c = guest.bench.connection;
	/* One that has seen no frame yet. */
	agent_bench_replace_agent(&guest.bench, &listener, NULL);
	xcb_window_t first = open_window(0, &id);
	check_frame(first, 0, 0, 0, 0);
	frame(id);
	check_frame(first, 4, 6, 20, 8);
	xcb_window_t second = open_window(0, &id);
	check_frame(second, 4, 6, 20, 8);
	xcb_window_t unmapped = xcb_generate_id(c);
	xcb_create_window(c, XCB_COPY_FROM_PARENT, unmapped, guest.bench.screen->root, 0, 0, SIDE,
		SIDE, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, 0, NULL);
	send_root(unmapped, "_NET_REQUEST_FRAME_EXTENTS", (const uint32_t[5]){ 0 });
	check_frame(unmapped, 4, 6, 20, 8);
	xcb_destroy_window(c, first);
	xcb_destroy_window(c, second);
	xcb_destroy_window(c, unmapped);
}

static void check_request(uint32_t id, int32_t x, int32_t y)
{
	wait_until(request_has_come);
	CU_ASSERT_EQUAL(guest.request.window, id);
	CU_ASSERT_EQUAL(guest.request.fields, VP_FIELD_X | VP_FIELD_Y);
	CU_ASSERT_EQUAL(guest.request.x, x);
	CU_ASSERT_EQUAL(guest.request.y, y);
	guest.request.window = 0;
}

/* Where the content goes when an application of that gravity asks for 100, 200. */
static void check_gravity(xcb_gravity_t gravity, int32_t x, int32_t y)
{
	uint32_t id;
	const uint32_t place[] = { 100, 200 };
	xcb_window_t window = open_window(gravity, &id);
	frame(id);
	check_frame(window, 4, 6, 20, 8);
	xcb_configure_window(
		guest.bench.connection, window, XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_Y, place);
	check_request(id, x, y);
	xcb_destroy_window(guest.bench.connection, window);
}

static void test_gravity(void)
{
	check_gravity(0, 104, 220);
	check_gravity(XCB_GRAVITY_NORTH_WEST, 104, 220);
	check_gravity(XCB_GRAVITY_NORTH, 99, 220);
	check_gravity(XCB_GRAVITY_NORTH_EAST, 94, 220);
	check_gravity(XCB_GRAVITY_WEST, 104, 206);
	check_gravity(XCB_GRAVITY_CENTER, 99, 206);
	check_gravity(XCB_GRAVITY_EAST, 94, 206);
	check_gravity(XCB_GRAVITY_SOUTH_WEST, 104, 192);
	check_gravity(XCB_GRAVITY_SOUTH, 99, 192);
	check_gravity(XCB_GRAVITY_SOUTH_EAST, 94, 192);
	check_gravity(XCB_GRAVITY_STATIC, 100, 200);
}

static void test_gravity_of_message(void)
{
	enum { X_AND_Y = 0x300 };
	uint32_t id;
	xcb_window_t window = open_window(XCB_GRAVITY_SOUTH_EAST, &id);
	frame(id);
	check_frame(window, 4, 6, 20, 8);
	send_root(window, "_NET_MOVERESIZE_WINDOW",
		(const uint32_t[5]){ X_AND_Y | XCB_GRAVITY_STATIC, 100, 200 });
	check_request(id, 100, 200);
	send_root(window, "_NET_MOVERESIZE_WINDOW", (const uint32_t[5]){ X_AND_Y, 100, 200 });
	check_request(id, 94, 192);
	xcb_destroy_window(guest.bench.connection, window);
}

static bool restack_has_come(void)
{
	return guest.restack.window != 0;
}

static void check_restack(uint32_t id, uint32_t sibling, bool below)
{
	wait_until(restack_has_come);
	CU_ASSERT_EQUAL(guest.restack.window, id);
	CU_ASSERT_EQUAL(guest.restack.sibling, sibling);
	CU_ASSERT_EQUAL(guest.restack.below, below);
	guest.restack.window = 0;
}

static void test_restack(void)
{
	uint32_t first;
	uint32_t second;
	xcb_connection_t *c = guest.bench.connection;
	xcb_window_t window = open_window(0, &first);
	xcb_window_t other = open_window(0, &second);
	const uint32_t above = XCB_STACK_MODE_ABOVE;
	const uint32_t bottom_if[] = { other, XCB_STACK_MODE_BOTTOM_IF };
	xcb_configure_window(c, window, XCB_CONFIG_WINDOW_STACK_MODE, &above);
	check_restack(first, 0, false);
	xcb_configure_window(
		c, window, XCB_CONFIG_WINDOW_SIBLING | XCB_CONFIG_WINDOW_STACK_MODE, bottom_if);
	check_restack(first, second, true);
	xcb_destroy_window(c, window);
	xcb_destroy_window(c, other);
}

static void send_order(uint32_t lower, uint32_t higher)
{
	uint8_t encoded[2 * VP_ID_BYTES];
	vp_session_send(guest.bench.session,
		VP_MESSAGE(WINDOW_STACKING, window_stacking,
			.windows = vp_ids_put(encoded, (const uint32_t[]){ lower, higher }, 2)));
}

static bool is_above(xcb_window_t window, xcb_window_t other)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_query_tree_reply_t *tree =
		xcb_query_tree_reply(c, xcb_query_tree(c, guest.bench.screen->root), NULL);
	const xcb_window_t *children = xcb_query_tree_children(tree);
	bool found = false;
	for (int i = xcb_query_tree_children_length(tree); i-- > 0 && children[i] != other;)
		found = found || children[i] == window;
	free(tree);
	return found;
}

static bool is_placed(void)
{
	xcb_connection_t *c = guest.bench.connection;
	xcb_get_geometry_reply_t *geometry =
		xcb_get_geometry_reply(c, xcb_get_geometry(c, expected.window), NULL);
	bool placed = geometry != NULL && geometry->x == FRAMED_X && geometry->y == FRAMED_Y;
	free(geometry);
	return placed;
}

/* The agent, which finds all messages at once, has not seen the first order come true when the
 * second one is asked for. */
static void test_orders_in_a_row(void)
{
	uint32_t first;
	uint32_t second;
	xcb_connection_t *c = guest.bench.connection;
	xcb_window_t window = open_window(0, &first);
	xcb_window_t other = open_window(0, &second);
	expected.window = window;
	CU_ASSERT_FALSE(is_placed());
	CU_ASSERT_TRUE(is_above(other, window));
	agent_bench_pause_agent(&guest.bench);
	send_order(second, first);
	send_order(first, second);
	frame(first);
	vp_session_flush(guest.bench.session);
	agent_bench_continue_agent(&guest.bench);
	wait_until(is_placed);
	CU_ASSERT_TRUE(is_above(other, window));
	xcb_destroy_window(c, window);
	xcb_destroy_window(c, other);
}

static bool owner_has_come(void)
{
	return guest.owner.window != 0;
}

static void check_owner(
	xcb_window_t window, uint32_t id, xcb_window_t transient_for, uint32_t owner)
{
	guest.owner.window = 0;
	xcb_change_property(guest.bench.connection, XCB_PROP_MODE_REPLACE, window,
		XCB_ATOM_WM_TRANSIENT_FOR, XCB_ATOM_WINDOW, 32, 1, &transient_for);
	wait_until(owner_has_come);
	CU_ASSERT_EQUAL(guest.owner.window, id);
	CU_ASSERT_EQUAL(guest.owner.owner, owner);
}

static struct {
	xcb_window_t owner;
	xcb_window_t dialog;
} pair;

static bool owner_is_above_dialog(void)
{
	return is_above(pair.owner, pair.dialog);
}

static bool dialog_has_owner(void)
{
	return guest.owner.owner != 0;
}

/* Windows are announced from the lowest to the highest. */
static void test_late_owner(void)
{
	uint32_t owner;
	uint32_t dialog;
	pair.owner = open_window(0, &owner);
	pair.dialog = open_window(0, &dialog);
	check_owner(pair.dialog, dialog, pair.owner, owner);
	send_order(dialog, owner);
	wait_until(owner_is_above_dialog);
	guest.owner.owner = 0;
	agent_bench_replace_agent(&guest.bench, &listener, NULL);
	wait_until(dialog_has_owner);
	CU_ASSERT_TRUE(guest.owner.owner > guest.owner.window);
	xcb_destroy_window(guest.bench.connection, pair.owner);
	xcb_destroy_window(guest.bench.connection, pair.dialog);
}

static void test_owner_circle(void)
{
	enum { COUNT = 3 };
	xcb_window_t windows[COUNT];
	uint32_t ids[COUNT];
	for (int i = 0; i < COUNT; i++)
		windows[i] = open_window(0, &ids[i]);
	check_owner(windows[0], ids[0], windows[1], ids[1]);
	check_owner(windows[1], ids[1], windows[2], ids[2]);
	check_owner(windows[2], ids[2], windows[0], 0);
	for (int i = 0; i < COUNT; i++)
		xcb_destroy_window(guest.bench.connection, windows[i]);
}

static const struct unit_test tests[] = {
	{ "a window that is resized while it is mapped comes with that size", test_early_resize },
	{ "an application knows the frame of its window, and guesses that of a new one",
		test_frame },
	{ "a place is that of the frame's point which the window's gravity says", test_gravity },
	{ "a pager's request has a gravity of its own", test_gravity_of_message },
	{ "of two orders that come at once the later one holds", test_orders_in_a_row },
	{ "a window that lies below its owner belongs to it for the next primary, too",
		test_late_owner },
	{ "windows that belong to each other in a circle do not for the primary",
		test_owner_circle },
	{ "raising and lowering are asked of the primary", test_restack },
};

int main(int argc, char **argv)
{
	agent_bench_start(&guest.bench, "1600x1200x24", &listener, NULL);
	int status =
		unit_run("agent's windows", tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
	agent_bench_stop(&guest.bench);
	return status;
}

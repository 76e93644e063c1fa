/*
 * The agent's input against a real X server: a primary of our own sends messages, and a window of
 * ours in the guest sees what an application sees.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xcb/xkb.h>
#include <xkbcommon/xkbcommon-x11.h>
#include <xkbcommon/xkbcommon.h>

#include "agent-bench.h"
#include "unit.h"

enum {
	WINDOW_X = 100,
	WINDOW_Y = 50,
	WINDOW_SIZE = 200,
	PATIENCE_MS = 60000,
	QUIET_MS = 100, /* in which nothing may happen */
	LOG_MAX = 4096,
};

enum {
	KEY_A = 30,
	KEY_S = 31,
	KEY_SHIFT = 42,
	KEY_MINUS = 12,
	KEY_CAPS = 58,
	KEY_E = 18,
	KEY_EQUAL = 13,
	KEY_Z = 44
};

static struct {
	struct agent_bench bench;
	bool ready;
	uint32_t window; /* the guest's, as the primary knows it */
	uint32_t other;
	uint32_t mapped; /* windows */
	unsigned int bells;
	xcb_window_t xid;
	uint32_t keymap_serial;
	struct xkb_context *context;
	struct xkb_state *state; /* as an application keeps it */
	uint8_t xkb_event;
	bool text; /* log keysyms instead of key codes */
	bool note_layouts;
	int32_t x; /* where the window was last put */
	int32_t y;
	uint32_t told_places; /* that did not change */
	char log[LOG_MAX]; /* what the window saw */
} guest;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	size_t len = strlen(guest.log);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(guest.log + len, sizeof(guest.log) - len, format, arguments);
	va_end(arguments);
}

static void handle_ready(void *data, const struct vp_hello *peer)
{
	(void)data;
	(void)peer;
	guest.ready = true;
}

static bool handle_message(void *data, const struct vp_message *message)
{
	(void)data;
	if (message->op == VP_OP_WINDOW_CREATE) {
		uint32_t *id =
			message->window_create.native == guest.xid ? &guest.window : &guest.other;
		*id = message->window_create.window;
	} else if (message->op == VP_OP_WINDOW_MAP) {
		guest.mapped++;
	} else if (message->op == VP_OP_BELL) {
		guest.bells++;
	}
	return true;
}

static const struct vp_session_listener listener = {
	.ready = handle_ready,
	.message = handle_message,
	.closed = agent_bench_tell_closed,
};

static void update_layout(void)
{
	int32_t device = xkb_x11_get_core_keyboard_device_id(guest.bench.connection);
	struct xkb_keymap *keymap = xkb_x11_keymap_new_from_device(
		guest.context, guest.bench.connection, device, XKB_KEYMAP_COMPILE_NO_FLAGS);
	/* While the agent sets another, what the server tells may not fit together; it tells once
	 * more then. */
	if (keymap == NULL)
		return;
	xkb_state_unref(guest.state);
	guest.state = xkb_x11_state_new_from_device(keymap, guest.bench.connection, device);
	xkb_keymap_unref(keymap);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);
	return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

/* The server tells of one in several events. */
static void handle_layout(void)
{
	update_layout();
	if (guest.note_layouts && !ends_with(guest.log, "layout "))
		note("layout ");
}

static void note_key(const xcb_key_press_event_t *event, bool pressed)
{
	if (!guest.text) {
		note("%c%u ", pressed ? 'P' : 'R', event->detail - 8U);
	} else if (pressed) {
		char name[64];
		/* The core event's group and modifiers are what a simple application goes by. */
		xkb_state_update_mask(
			guest.state, event->state & 0xff, 0, 0, 0, 0, (event->state >> 13) & 3);
		xkb_keysym_get_name(
			xkb_state_key_get_one_sym(guest.state, event->detail), name, sizeof(name));
		note("%s ", name);
	}
}

static void note_event(void *data, const xcb_generic_event_t *event)
{
	(void)data;
	const xcb_key_press_event_t *key = (const void *)event;
	const xcb_button_press_event_t *button = (const void *)event;
	switch (event->response_type & ~0x80) {
	case XCB_KEY_PRESS:
	case XCB_KEY_RELEASE:
		note_key(key, event->response_type == XCB_KEY_PRESS);
		break;
	case XCB_BUTTON_PRESS:
		note("B%u@%d,%d ", button->detail, button->event_x, button->event_y);
		break;
	case XCB_BUTTON_RELEASE:
		note("b%u ", button->detail);
		break;
	case XCB_MOTION_NOTIFY:
		note("M%d,%d ", button->event_x, button->event_y);
		break;
	case XCB_ENTER_NOTIFY:
		note("enter ");
		break;
	case XCB_LEAVE_NOTIFY:
		note("leave ");
		break;
	case XCB_FOCUS_IN:
		note("focus ");
		break;
	case XCB_CONFIGURE_NOTIFY:
		guest.told_places += event->response_type != XCB_CONFIGURE_NOTIFY;
		break;
	default:
		if (event->response_type == guest.xkb_event &&
			(event->pad0 == XCB_XKB_NEW_KEYBOARD_NOTIFY ||
				event->pad0 == XCB_XKB_MAP_NOTIFY))
			handle_layout();
		break;
	}
}

static void turn(int timeout)
{
	agent_bench_turn(&guest.bench, timeout, note_event, NULL);
}

static void spend(int64_t duration)
{
	int64_t end = agent_bench_now() + duration;
	while (agent_bench_now() < end)
		turn((int)(end - agent_bench_now()));
}

/* Waits until the window has seen all that is expected, then that nothing else comes. */
static void check_seen(const char *expected)
{
	int64_t end = agent_bench_now() + PATIENCE_MS;
	while (strlen(guest.log) < strlen(expected) && agent_bench_now() < end)
		turn((int)(end - agent_bench_now()));
	spend(QUIET_MS);
	if (strcmp(guest.log, expected) != 0)
		fprintf(stderr, "expected: %s\n     saw: %s\n", expected, guest.log);
	CU_ASSERT_STRING_EQUAL(guest.log, expected);
	guest.log[0] = '\0';
}

/* Waits until the window has seen this, among other things. */
static void await_seen(const char *part)
{
	int64_t end = agent_bench_now() + PATIENCE_MS;
	while (strstr(guest.log, part) == NULL && agent_bench_now() < end)
		turn((int)(end - agent_bench_now()));
	CU_ASSERT_PTR_NOT_NULL(strstr(guest.log, part));
}

static void wait_until(const uint32_t *value)
{
	int64_t end = agent_bench_now() + PATIENCE_MS;
	while (*value == 0 && agent_bench_now() < end)
		turn((int)(end - agent_bench_now()));
	if (*value == 0) {
		fprintf(stderr, "nothing came from the guest\n");
		exit(1);
	}
}

static void place_at(uint32_t window, int32_t x, int32_t y)
{
	if (window == guest.window) {
		guest.x = x;
		guest.y = y;
	}
	vp_session_send(guest.bench.session,
		VP_MESSAGE(WINDOW_CONFIGURE, window_configure, .window = window, .serial = 1,
			.x = x, .y = y, .width = WINDOW_SIZE, .height = WINDOW_SIZE));
}

static void place(uint32_t window)
{
	place_at(window, WINDOW_X, WINDOW_Y);
}

/* Waits until the agent and its server have done all that was asked of them, and forgets what the
 * window has seen: a window that is placed where it is already is told so. */
static void settle(void)
{
	guest.told_places = 0;
	place_at(guest.window, guest.x, guest.y);
	wait_until(&guest.told_places);
	guest.log[0] = '\0';
}

static void send_key(uint16_t code, enum vp_key_action action)
{
	vp_session_send(guest.bench.session,
		VP_MESSAGE(INPUT_KEY, input_key, .code = code, .action = (uint8_t)action));
}

static void send_modifiers(const uint32_t *held, size_t count, uint32_t locked, uint8_t group)
{
	uint8_t encoded[VP_KEYS_HELD_MAX * VP_ID_BYTES];
	vp_session_send(guest.bench.session, VP_MESSAGE(INPUT_MODIFIERS, input_modifiers,
						     .held = vp_ids_put(encoded, held, count),
						     .locked = locked, .group = group));
}

static void send_button(uint8_t button, bool pressed, int32_t x, int32_t y)
{
	vp_session_send(guest.bench.session,
		VP_MESSAGE(POINTER_BUTTON, pointer_button, .window = guest.window, .x = x, .y = y,
			.button = button, .pressed = pressed));
}

static void send_motion(int32_t x, int32_t y)
{
	vp_session_send(guest.bench.session,
		VP_MESSAGE(POINTER_MOTION, pointer_motion, .window = guest.window, .x = x, .y = y));
}

static void send_scroll(int32_t horizontal, int32_t vertical)
{
	vp_session_send(guest.bench.session,
		VP_MESSAGE(POINTER_SCROLL, pointer_scroll, .window = guest.window, .x = 9, .y = 9,
			.horizontal = horizontal, .vertical = vertical));
}

static void send_focus(uint32_t window)
{
	vp_session_send(guest.bench.session, VP_MESSAGE(FOCUS, focus, .window = window));
}

static char *compile_layout(const char *layout, const char *variant)
{
	const struct xkb_rule_names names = { .rules = "evdev",
		.model = "pc105",
		.layout = layout,
		.variant = variant,
		.options = "compose:ralt" };
	struct xkb_keymap *keymap =
		xkb_keymap_new_from_names(guest.context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
	char *text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
	xkb_keymap_unref(keymap);
	return text;
}

static void send_keymap(const char *text)
{
	uint32_t serial = ++guest.keymap_serial;
	vp_session_send(
		guest.bench.session, VP_MESSAGE(INPUT_KEYMAP, input_keymap, .serial = serial));
	vp_session_send(guest.bench.session, VP_MESSAGE(KEYMAP, keymap, .serial = serial,
						     .keymap = vp_text_from(text, VP_KEYMAP_MAX)));
}

static void send_layout(const char *layout, const char *variant)
{
	char *text = compile_layout(layout, variant);
	send_keymap(text);
	free(text);
}

static void type(uint16_t code)
{
	send_key(code, VP_KEY_PRESS);
	send_key(code, VP_KEY_RELEASE);
}

static void test_keys(void)
{
	type(KEY_A);
	send_key(KEY_SHIFT, VP_KEY_PRESS);
	type(KEY_S);
	send_key(KEY_SHIFT, VP_KEY_RELEASE);
	check_seen("P30 R30 P42 P31 R31 R42 ");
}

static void test_no_repeat(void)
{
	/* Longer than the server's own delay. */
	send_key(KEY_A, VP_KEY_PRESS);
	spend(1000);
	check_seen("P30 ");
	send_key(KEY_A, VP_KEY_RELEASE);
	check_seen("R30 ");
}

static void set_detectable(bool on)
{
	const uint32_t flag = XCB_XKB_PER_CLIENT_FLAG_DETECTABLE_AUTO_REPEAT;
	free(xcb_xkb_per_client_flags_reply(guest.bench.connection,
		xcb_xkb_per_client_flags(guest.bench.connection, XCB_XKB_ID_USE_CORE_KBD, flag,
			on ? flag : 0, 0, 0, 0),
		NULL));
}

static void test_repeat(void)
{
	send_key(KEY_A, VP_KEY_PRESS);
	check_seen("P30 ");
	for (int i = 0; i < 5; i++) {
		send_key(KEY_A, VP_KEY_REPEAT);
		check_seen("R30 P30 ");
	}
	send_key(KEY_S, VP_KEY_PRESS);
	check_seen("P31 ");
	send_key(KEY_S, VP_KEY_REPEAT);
	check_seen("R31 P31 ");
	send_key(KEY_A, VP_KEY_RELEASE);
	send_key(KEY_S, VP_KEY_REPEAT);
	check_seen("R30 R31 P31 ");
	send_key(KEY_S, VP_KEY_RELEASE);
	check_seen("R31 ");
	set_detectable(true);
	send_key(KEY_A, VP_KEY_PRESS);
	check_seen("P30 ");
	send_key(KEY_A, VP_KEY_REPEAT);
	check_seen("P30 ");
	send_key(KEY_A, VP_KEY_RELEASE);
	check_seen("R30 ");
	set_detectable(false);
}

/* The agent finds all messages when it goes on. */
static void test_repeat_then_other_key(void)
{
	agent_bench_pause_agent(&guest.bench);
	send_key(KEY_A, VP_KEY_PRESS);
	send_key(KEY_A, VP_KEY_REPEAT);
	send_key(KEY_S, VP_KEY_PRESS);
	send_key(KEY_A, VP_KEY_RELEASE);
	send_key(KEY_S, VP_KEY_RELEASE);
	vp_session_flush(guest.bench.session);
	agent_bench_continue_agent(&guest.bench);
	/* The repeat comes too late, and is dropped rather than made of a key that is up. */
	check_seen("P30 P31 R30 R31 ");
	xcb_query_keymap_reply_t *keys = xcb_query_keymap_reply(
		guest.bench.connection, xcb_query_keymap(guest.bench.connection), NULL);
	for (size_t i = 0; i < sizeof(keys->keys); i++)
		CU_ASSERT_EQUAL(keys->keys[i], 0);
	free(keys);
}

static void test_focus_lost(void)
{
	send_key(KEY_A, VP_KEY_PRESS);
	send_button(1, true, 5, 5);
	settle();
	send_focus(0);
	check_seen("R30 b1 ");
	send_focus(guest.window);
	check_seen("focus ");
	const uint32_t shift[] = { KEY_SHIFT };
	send_modifiers(shift, 1, 0, 0);
	check_seen("P42 ");
	send_key(KEY_A, VP_KEY_RELEASE);
	send_key(KEY_SHIFT, VP_KEY_PRESS);
	check_seen("");
	send_modifiers(NULL, 0, 0, 0);
	check_seen("R42 ");
}

static void test_layouts(void)
{
	guest.text = true;
	send_layout("us,de", ",");
	/* Typed while the layout is being set. */
	type(KEY_Z);
	send_modifiers(NULL, 0, 0, 1);
	type(KEY_Z);
	type(KEY_MINUS);
	type(KEY_EQUAL);
	type(KEY_E);
	check_seen("z y ssharp dead_acute e ");
	send_modifiers(NULL, 0, XCB_MOD_MASK_LOCK, 0);
	type(KEY_Z);
	send_modifiers(NULL, 0, 0, 0);
	type(KEY_Z);
	check_seen("Z z ");
	type(KEY_CAPS);
	type(KEY_A);
	send_modifiers(NULL, 0, XCB_MOD_MASK_LOCK, 0);
	type(KEY_A);
	send_modifiers(NULL, 0, 0, 0);
	check_seen("Caps_Lock A A ");
	guest.text = false;
}

static void test_late_layout(void)
{
	guest.text = true;
	send_modifiers(NULL, 0, 0, 1);
	send_layout("us,fr", ",");
	type(KEY_A);
	send_modifiers(NULL, 0, 0, 0);
	check_seen("q ");
	guest.text = false;
}

static void test_layouts_between_keys(void)
{
	static const char *const layouts[] = { "de", "us", "de", "us" };
	guest.note_layouts = true;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
		send_layout(layouts[i], "");
		type(KEY_Z);
	}
	check_seen("layout P44 R44 layout P44 R44 layout P44 R44 layout P44 R44 ");
	guest.note_layouts = false;
}

static void send_keysym(uint16_t code, uint32_t keysym)
{
	uint8_t encoded[VP_ID_BYTES];
	vp_session_send(guest.bench.session, VP_MESSAGE(INPUT_KEYSYMS, input_keysyms, .code = code,
						     .keysyms = vp_ids_put(encoded, &keysym, 1)));
}

static void test_keysyms(void)
{
	guest.text = true;
	send_keysym(0, XKB_KEY_ssharp);
	type(0);
	check_seen("ssharp ");
	/* Waits in its order while a layout is set, which it does not outlive. */
	send_layout("de", "");
	send_keysym(0, XKB_KEY_rightarrow);
	type(0);
	check_seen("rightarrow ");
	send_layout("us", "");
	type(KEY_Z);
	check_seen("z ");
	guest.text = false;
}

/* More of both than can wait. */
static void test_many_layouts_between_keys(void)
{
	enum { LAYOUTS = 40, KEYS_EACH = 8 };
	char expected[LOG_MAX] = "";
	size_t len = 0;
	for (int i = 0; i < LAYOUTS; i++) {
		send_layout(i % 2 == 0 ? "de" : "us", "");
		for (int j = 0; j < KEYS_EACH; j++) {
			type(KEY_A);
			len += (size_t)snprintf(expected + len, sizeof(expected) - len, "P30 R30 ");
		}
	}
	check_seen(expected);
	guest.text = true;
	type(KEY_Z);
	check_seen("z ");
	guest.text = false;
}

static void test_repeat_in_new_layout(void)
{
	send_key(KEY_A, VP_KEY_PRESS);
	spend(1000);
	check_seen("P30 ");
	send_key(KEY_A, VP_KEY_REPEAT);
	check_seen("R30 P30 ");
	send_key(KEY_A, VP_KEY_RELEASE);
	check_seen("R30 ");
}

static void test_bad_layout(void)
{
	send_keymap("xkb_keymap { nonsense");
	type(KEY_A);
	check_seen("P30 R30 ");
}

static void test_pointer(void)
{
	vp_session_send(
		guest.bench.session, VP_MESSAGE(POINTER_CROSSING, pointer_crossing,
					     .window = guest.window, .entered = 1, .x = 3, .y = 4));
	settle();
	send_motion(10, 20);
	send_motion(11, 20);
	send_button(1, true, 12, 21);
	send_button(1, false, 13, 22);
	check_seen("M10,20 M11,20 M12,21 B1@12,21 M13,22 b1 ");
	send_button(9, true, 13, 22);
	send_button(9, false, 13, 22);
	check_seen("M13,22 B9@13,22 b9 ");
	vp_session_send(guest.bench.session, VP_MESSAGE(POINTER_CROSSING, pointer_crossing,
						     .window = guest.window, .x = 14, .y = 23));
	check_seen("M14,23 leave ");
	send_motion(15, 24);
	check_seen("enter M15,24 ");
}

static void test_scroll(void)
{
	send_motion(9, 9);
	settle();
	send_scroll(0, 60);
	check_seen("");
	send_scroll(0, 60);
	check_seen("B5@9,9 b5 ");
	send_scroll(0, -240);
	check_seen("B4@9,9 b4 B4@9,9 b4 ");
	send_scroll(120, 0);
	send_scroll(-120, 0);
	check_seen("B7@9,9 b7 B6@9,9 b6 ");
}

static xcb_window_t create_window(int16_t x, int16_t y, uint32_t events)
{
	xcb_window_t xid = xcb_generate_id(guest.bench.connection);
	const uint32_t hints[18] = { 1, (uint32_t)x, (uint32_t)y };
	xcb_create_window(guest.bench.connection, XCB_COPY_FROM_PARENT, xid,
		guest.bench.screen->root, x, y, WINDOW_SIZE, WINDOW_SIZE, 0,
		XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, XCB_CW_EVENT_MASK, &events);
	xcb_change_property(guest.bench.connection, XCB_PROP_MODE_REPLACE, xid,
		XCB_ATOM_WM_NORMAL_HINTS, XCB_ATOM_WM_SIZE_HINTS, 32, 18, hints);
	return xid;
}

/* The agent finds both messages when it goes on: the server has not told it of the move when it
 * comes to the click. */
static void test_click_after_move(void)
{
	send_motion(5, 5);
	settle();
	agent_bench_pause_agent(&guest.bench);
	place_at(guest.window, WINDOW_X + 300, WINDOW_Y + 200);
	vp_session_flush(guest.bench.session);
	send_button(1, true, 40, 50);
	send_button(1, false, 40, 50);
	vp_session_flush(guest.bench.session);
	agent_bench_continue_agent(&guest.bench);
	check_seen("leave enter M40,50 B1@40,50 b1 ");
	place(guest.window);
	send_motion(9, 9);
	settle();
}

static void test_raise(void)
{
	xcb_window_t cover = create_window(WINDOW_X, WINDOW_Y, 0);
	guest.mapped = 0;
	xcb_map_window(guest.bench.connection, cover);
	wait_until(&guest.mapped);
	place(guest.other);
	settle();
	send_button(1, true, 30, 30);
	send_button(1, false, 30, 30);
	check_seen("enter B1@30,30 b1 ");
	xcb_destroy_window(guest.bench.connection, cover);
}

/* A menu holds the pointer of its server until it sees a click elsewhere. */
static void test_elsewhere(void)
{
	const uint32_t override_redirect = 1;
	const uint32_t events = XCB_EVENT_MASK_BUTTON_PRESS | XCB_EVENT_MASK_BUTTON_RELEASE;
	xcb_connection_t *c = guest.bench.connection;
	xcb_window_t menu = create_window(WINDOW_X + 10, WINDOW_Y + 10, events);
	vp_session_send(guest.bench.session, VP_MESSAGE(POINTER_ELSEWHERE, pointer_elsewhere, 0));
	check_seen("");
	xcb_change_window_attributes(c, menu, XCB_CW_OVERRIDE_REDIRECT, &override_redirect);
	guest.mapped = 0;
	xcb_map_window(c, menu);
	wait_until(&guest.mapped);
	send_motion(9, 9);
	settle();
	free(xcb_grab_pointer_reply(c,
		xcb_grab_pointer(c, 0, menu, (uint16_t)events, XCB_GRAB_MODE_ASYNC,
			XCB_GRAB_MODE_ASYNC, XCB_NONE, XCB_NONE, XCB_CURRENT_TIME),
		NULL));
	settle();
	vp_session_send(guest.bench.session, VP_MESSAGE(POINTER_ELSEWHERE, pointer_elsewhere, 0));
	check_seen("B1@689,539 b1 ");
	xcb_ungrab_pointer(c, XCB_CURRENT_TIME);
	free(xcb_get_input_focus_reply(c, xcb_get_input_focus(c), NULL));
	/* Without a grab nobody sees it. */
	vp_session_send(guest.bench.session, VP_MESSAGE(POINTER_ELSEWHERE, pointer_elsewhere, 0));
	spend(QUIET_MS);
	CU_ASSERT_PTR_NULL(strstr(guest.log, "B1"));
	xcb_destroy_window(c, menu);
	settle();
}

static void test_bell(void)
{
	xcb_bell(guest.bench.connection, 0);
	wait_until(&guest.bells);
	CU_ASSERT(guest.bells >= 1);
}

static void follow_keyboard(void)
{
	xkb_x11_setup_xkb_extension(guest.bench.connection, XKB_X11_MIN_MAJOR_XKB_VERSION,
		XKB_X11_MIN_MINOR_XKB_VERSION, XKB_X11_SETUP_XKB_EXTENSION_NO_FLAGS, NULL, NULL,
		&guest.xkb_event, NULL);
	xcb_xkb_select_events(guest.bench.connection, XCB_XKB_ID_USE_CORE_KBD,
		XCB_XKB_EVENT_TYPE_NEW_KEYBOARD_NOTIFY | XCB_XKB_EVENT_TYPE_MAP_NOTIFY, 0,
		XCB_XKB_EVENT_TYPE_NEW_KEYBOARD_NOTIFY | XCB_XKB_EVENT_TYPE_MAP_NOTIFY, UINT8_MAX,
		UINT8_MAX, NULL);
	update_layout();
}

static void start_window(void)
{
	guest.context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	follow_keyboard();
	guest.xid = create_window(WINDOW_X, WINDOW_Y,
		XCB_EVENT_MASK_KEY_PRESS | XCB_EVENT_MASK_KEY_RELEASE |
			XCB_EVENT_MASK_BUTTON_PRESS | XCB_EVENT_MASK_BUTTON_RELEASE |
			XCB_EVENT_MASK_POINTER_MOTION | XCB_EVENT_MASK_ENTER_WINDOW |
			XCB_EVENT_MASK_LEAVE_WINDOW | XCB_EVENT_MASK_FOCUS_CHANGE |
			XCB_EVENT_MASK_STRUCTURE_NOTIFY);
	xcb_map_window(guest.bench.connection, guest.xid);
	wait_until(&guest.window);
	wait_until(&guest.mapped);
	place(guest.window);
	send_focus(guest.window);
	settle();
}

static void test_killed_agent(void)
{
	send_key(KEY_A, VP_KEY_PRESS);
	send_button(1, true, 40, 40);
	settle();
	agent_bench_replace_agent(&guest.bench, &listener, NULL);
	await_seen("R30 ");
	await_seen("b1 ");
	guest.log[0] = '\0';
}

static const struct unit_test tests[] = {
	{ "keys go down and up in order", test_keys },
	{ "a held key is not repeated by the guest's server", test_no_repeat },
	{ "a repeat of the primary is one repeat for applications of both kinds", test_repeat },
	{ "a repeat that is overtaken leaves no key down", test_repeat_then_other_key },
	{ "losing the focus releases all, gaining it presses the modifiers that are held",
		test_focus_lost },
	{ "layouts, locks and dead keys are the primary's", test_layouts },
	{ "a layout that comes after its choice is chosen", test_late_layout },
	{ "keys mean what they meant in the layout that they were typed with",
		test_layouts_between_keys },
	{ "a key carries what the primary puts on it", test_keysyms },
	{ "more layouts and keys than can wait all arrive in the end",
		test_many_layouts_between_keys },
	{ "repeats stay the primary's in a new layout", test_repeat_in_new_layout },
	{ "a layout that cannot be set changes nothing", test_bad_layout },
	{ "the pointer moves, clicks, leaves and enters", test_pointer },
	{ "scrolling adds up to notches in four directions", test_scroll },
	{ "a click raises the window that it is meant for", test_raise },
	{ "a click right after a move ends where the window is now", test_click_after_move },
	{ "a press elsewhere on the primary is one for a menu that holds the pointer",
		test_elsewhere },
	{ "the bell rings on the primary", test_bell },
	{ "what a killed agent held is released by the next", test_killed_agent },
};

int main(int argc, char **argv)
{
	agent_bench_start(&guest.bench, "800x600x24", &listener, NULL);
	start_window();
	int status = unit_run("agent's input", tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
	xkb_state_unref(guest.state);
	xkb_context_unref(guest.context);
	agent_bench_stop(&guest.bench);
	return status;
}

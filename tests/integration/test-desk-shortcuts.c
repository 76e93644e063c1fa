/*
 * The primary's shortcuts on a real X server: a person presses keys, with whatever layout and
 * locks.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "shortcuts.h"
#include "unit.h"
#include "x-server.h"
#include "x-user.h"

enum {
	PATIENCE_MS = 60000,
	/* As X numbers keys, 8 above evdev. */
	KEY_C = 54,
	KEY_V = 55,
	KEY_SHIFT = 50,
	KEY_SUPER = 133,
	KEY_CAPS = 66,
	KEY_NUM = 77,
};

static struct x_server server;
static xcb_connection_t *user;
static struct hc_shortcuts *shortcuts;
static int pressed[HV_SHORTCUT_COUNT];
static int failed[HV_SHORTCUT_COUNT];
static pid_t window_pid;

static void handle_pressed(void *data, enum hv_shortcut_action action, pid_t pid)
{
	(void)data;
	pressed[action]++;
	window_pid = pid;
}

static void handle_failed(void *data, enum hv_shortcut_action action)
{
	(void)data;
	failed[action]++;
}

static const struct hc_shortcuts_listener listener = { handle_pressed, handle_failed };

static void set(enum hv_shortcut_action action, const char *text)
{
	struct hv_shortcut shortcut;
	CU_ASSERT_TRUE_FATAL(hv_shortcut_parse(text, &shortcut));
	hc_shortcuts_set(shortcuts, action, &shortcut);
}

static struct hc_shortcuts *create(void)
{
	struct hc_shortcuts *created = hc_shortcuts_create(&listener, NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(created);
	return created;
}

static void set_up(void)
{
	x_server_start(&server, "640x480x24");
	user = xcb_connect(NULL, NULL);
	shortcuts = create();
	memset(pressed, 0, sizeof(pressed));
	memset(failed, 0, sizeof(failed));
	window_pid = -1;
	set(HV_SHORTCUT_COPY, "Super+Shift+C");
}

static void tear_down(void)
{
	hc_shortcuts_destroy(shortcuts);
	xcb_disconnect(user);
	x_server_stop(&server);
}

static bool dispatch(struct hc_shortcuts *of, int timeout)
{
	struct pollfd poll_fd = { hc_shortcuts_get_fd(of), POLLIN, 0 };
	bool ready = poll(&poll_fd, 1, timeout) > 0;
	CU_ASSERT_TRUE(hc_shortcuts_dispatch(of));
	return ready;
}

static void expect(const int *counter, int value)
{
	while (*counter < value && dispatch(shortcuts, PATIENCE_MS))
		;
	CU_ASSERT_EQUAL(*counter, value);
}

static void tap(uint8_t key)
{
	x_user_key(user, key, true);
	x_user_key(user, key, false);
}

static void press_shortcut(uint8_t key)
{
	x_user_key(user, KEY_SUPER, true);
	x_user_key(user, KEY_SHIFT, true);
	tap(key);
	x_user_key(user, KEY_SHIFT, false);
	x_user_key(user, KEY_SUPER, false);
}

static void run(const char *command)
{
	int status = -1;
	CU_ASSERT_TRUE(g_spawn_command_line_sync(command, NULL, NULL, &status, NULL));
	CU_ASSERT_EQUAL(status, 0);
}

static void test_pressed(void)
{
	set_up();
	press_shortcut(KEY_C);
	expect(&pressed[HV_SHORTCUT_COPY], 1);
	CU_ASSERT_EQUAL(window_pid, 0);
	/* Neither the key without its modifiers, nor another one with them. */
	tap(KEY_C);
	press_shortcut(KEY_V);
	press_shortcut(KEY_C);
	expect(&pressed[HV_SHORTCUT_COPY], 2);
	tear_down();
}

static void test_locks(void)
{
	set_up();
	tap(KEY_CAPS);
	press_shortcut(KEY_C);
	expect(&pressed[HV_SHORTCUT_COPY], 1);
	tap(KEY_NUM);
	press_shortcut(KEY_C);
	expect(&pressed[HV_SHORTCUT_COPY], 2);
	tap(KEY_CAPS);
	press_shortcut(KEY_C);
	expect(&pressed[HV_SHORTCUT_COPY], 3);
	tear_down();
}

static void test_held(void)
{
	set_up();
	run("xset r rate 30 100");
	x_user_key(user, KEY_SUPER, true);
	x_user_key(user, KEY_SHIFT, true);
	x_user_key(user, KEY_C, true);
	expect(&pressed[HV_SHORTCUT_COPY], 1);
	/* Two repetitions at least. */
	for (int i = 0; i < 2; i++)
		CU_ASSERT_TRUE(dispatch(shortcuts, PATIENCE_MS));
	CU_ASSERT_EQUAL(pressed[HV_SHORTCUT_COPY], 1);
	x_user_key(user, KEY_C, false);
	x_user_key(user, KEY_SHIFT, false);
	x_user_key(user, KEY_SUPER, false);
	press_shortcut(KEY_C);
	expect(&pressed[HV_SHORTCUT_COPY], 2);
	tear_down();
}

/* The letter c is in another place of Dvorak's, and in none of the Russian layout. */
static void test_layouts(void)
{
	enum { KEY_DVORAK_C = 31 };
	set_up();
	run("setxkbmap us -variant dvorak");
	while (pressed[HV_SHORTCUT_COPY] == 0 && dispatch(shortcuts, PATIENCE_MS))
		press_shortcut(KEY_DVORAK_C);
	CU_ASSERT_TRUE(pressed[HV_SHORTCUT_COPY] > 0);
	run("setxkbmap ru");
	pressed[HV_SHORTCUT_COPY] = 0;
	while (pressed[HV_SHORTCUT_COPY] == 0 && dispatch(shortcuts, PATIENCE_MS))
		press_shortcut(KEY_C);
	CU_ASSERT_TRUE(pressed[HV_SHORTCUT_COPY] > 0);
	tear_down();
}

static void test_taken(void)
{
	struct hc_shortcuts *other;
	set_up();
	other = shortcuts;
	set(HV_SHORTCUT_PASTE, "Super+Shift+V");
	CU_ASSERT_EQUAL(failed[HV_SHORTCUT_PASTE], 0);
	shortcuts = create();
	set(HV_SHORTCUT_PASTE, "Super+Shift+V");
	hc_shortcuts_destroy(other);
	CU_ASSERT_EQUAL(failed[HV_SHORTCUT_PASTE], 1);
	tear_down();
}

static void test_none(void)
{
	set_up();
	set(HV_SHORTCUT_COPY, "none");
	set(HV_SHORTCUT_PASTE, "Ctrl+Alt+NoSuchKey");
	CU_ASSERT_EQUAL(failed[HV_SHORTCUT_COPY], 0);
	CU_ASSERT_EQUAL(failed[HV_SHORTCUT_PASTE], 1);
	set(HV_SHORTCUT_PASTE, "Super+Shift+V");
	press_shortcut(KEY_C);
	press_shortcut(KEY_V);
	expect(&pressed[HV_SHORTCUT_PASTE], 1);
	CU_ASSERT_EQUAL(pressed[HV_SHORTCUT_COPY], 0);
	tear_down();
}

static void test_focus(void)
{
	xcb_window_t root;
	xcb_window_t window;
	set_up();
	root = xcb_setup_roots_iterator(xcb_get_setup(user)).data->root;
	window = xcb_generate_id(user);
	xcb_create_window(user, XCB_COPY_FROM_PARENT, window, root, 0, 0, 10, 10, 0,
		XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, 0, NULL);
	/* Whatever the window says of itself. */
	xcb_change_property(user, XCB_PROP_MODE_REPLACE, window, x_user_atom(user, "_NET_WM_PID"),
		XCB_ATOM_CARDINAL, 32, 1, &(uint32_t){ 1 });
	xcb_change_property(user, XCB_PROP_MODE_REPLACE, root,
		x_user_atom(user, "_NET_ACTIVE_WINDOW"), XCB_ATOM_WINDOW, 32, 1, &window);
	press_shortcut(KEY_C);
	expect(&pressed[HV_SHORTCUT_COPY], 1);
	CU_ASSERT_EQUAL(window_pid, getpid());
	xcb_delete_property(user, root, x_user_atom(user, "_NET_ACTIVE_WINDOW"));
	press_shortcut(KEY_C);
	expect(&pressed[HV_SHORTCUT_COPY], 2);
	CU_ASSERT_EQUAL(window_pid, 0);
	tear_down();
}

static const struct unit_test tests[] = {
	{ "a shortcut is told of when it is pressed, and nothing else is", test_pressed },
	{ "locks make no difference", test_locks },
	{ "a shortcut that is held is pressed once", test_held },
	{ "the keys follow the layout, and without Latin letters their places", test_layouts },
	{ "keys that another program has are told of", test_taken },
	{ "shortcuts can be changed and switched off", test_none },
	{ "the window's process is the X server's word", test_focus },
};

UNIT_MAIN("the desk's shortcuts", tests)

/*
 * What a guest does not learn: on a real X server a person types elsewhere, and in a rhythm. The
 * view tells input on a grid.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "view-desk.h"
#include "x-user.h"

#define BUFFER_NAME "memfd:oriel-buffer"

enum {
	WINDOW = 1,
	PLACE = 100,
	SIZE = 200,
	GRID = 100, /* milliseconds */
	TICKS = 3,
	EMPTY_COLOUR = 0xe6e6e6, /* of a window without pixels */
	SECRET_COLOUR = 0xcc0044,
	/* As X numbers keys, 8 above evdev. */
	KEY_A = 38,
	KEY_J = 44,
	KEY_SHIFT = 50,
};

static struct view_desk desk;

static struct view_desk_xids open_window(void)
{
	const struct vp_window_create create = {
		.window = WINDOW,
		.native = 0x1000U + WINDOW,
		.x = PLACE,
		.y = PLACE,
		.width = SIZE,
		.height = SIZE,
	};
	return view_desk_open(&desk, &create);
}

static bool focus_is_told(struct view_desk *at, void *data)
{
	(void)data;
	return strstr(at->log, "focus1 ") != NULL;
}

/* What was told before has been told then, too. */
static struct view_desk_xids open_focused(void)
{
	struct view_desk_xids xids = open_window();
	view_desk_listen(&desk, VP_OP_INPUT_KEY, VP_OP_FOCUS, 0);
	x_user_focus(desk.user, xids.toplevel);
	view_desk_wait(&desk, focus_is_told, NULL);
	desk.log[0] = '\0';
	return xids;
}

static void destroy_window(void)
{
	view_desk_say(&desk, VP_MESSAGE(WINDOW_DESTROY, window_destroy, .window = WINDOW));
}

static void focus(xcb_window_t window, const char *told)
{
	x_user_focus(desk.user, window);
	view_desk_check(&desk, told);
}

static void press(uint8_t key)
{
	x_user_key(desk.user, key, true);
	x_user_key(desk.user, key, false);
}

static void test_keys_elsewhere(void)
{
	struct view_desk_xids xids = open_focused();
	focus(desk.screen->root, "focus0 ");
	view_desk_listen(&desk, VP_OP_INPUT_KEY, VP_OP_INPUT_MODIFIERS, VP_OP_FOCUS,
		VP_OP_POINTER_BUTTON, VP_OP_POINTER_MOTION, 0);
	press(KEY_A);
	x_user_click(desk.user, PLACE + 2 * SIZE, PLACE, 1);
	/* Of what is held when the focus comes, modifiers alone are told. */
	x_user_key(desk.user, KEY_A, true);
	x_user_key(desk.user, KEY_J, true);
	x_user_key(desk.user, KEY_SHIFT, true);
	focus(xids.toplevel, "focus1 held:42;locked:0;group:0 ");
	x_user_key(desk.user, KEY_A, false);
	x_user_key(desk.user, KEY_J, false);
	x_user_key(desk.user, KEY_SHIFT, false);
	view_desk_check(&desk, "-42 ");
	focus(desk.screen->root, "focus0 ");
	destroy_window();
}

static void test_rhythm(void)
{
	open_focused();
	for (int i = 0; i < TICKS; i++) {
		press(KEY_A);
		press(KEY_J);
		view_desk_check(&desk, "+30 -30 +36 -36 ");
		CU_ASSERT_EQUAL(desk.key_time % GRID, 0);
	}
	focus(desk.screen->root, "focus0 ");
	destroy_window();
}

static bool middle_is(struct view_desk *at, void *data)
{
	const uint32_t *colour = data;
	uint32_t pixel =
		x_user_pixel(at->user, at->screen->root, PLACE + SIZE / 2, PLACE + SIZE / 2);
	return (pixel & 0xffffff) == *colour;
}

/* What another has on the screen is not to be seen through a window that has nothing to show. */
static void test_pixels_of_others(void)
{
	const uint32_t values[] = { SECRET_COLOUR, 1 };
	uint32_t secret = SECRET_COLOUR;
	uint32_t empty = EMPTY_COLOUR;
	xcb_window_t native = xcb_generate_id(desk.user);
	xcb_create_window(desk.user, XCB_COPY_FROM_PARENT, native, desk.screen->root, PLACE, PLACE,
		SIZE, SIZE, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT,
		XCB_CW_BACK_PIXEL | XCB_CW_OVERRIDE_REDIRECT, values);
	xcb_map_window(desk.user, native);
	view_desk_wait(&desk, middle_is, &secret);
	open_window();
	view_desk_wait(&desk, middle_is, &empty);
	xcb_destroy_window(desk.user, native);
	destroy_window();
}

/* Whether the X server has a buffer of a guest's in its memory; the view itself needs no more than
 * the descriptor. */
static bool server_has_buffer(struct view_desk *at)
{
	char path[64];
	char line[512];
	bool has = false;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)at->server.pid);
	FILE *maps = fopen(path, "re");
	if (maps == NULL)
		abort();
	while (fgets(line, sizeof(line), maps) != NULL)
		has = has || strstr(line, BUFFER_NAME) != NULL;
	fclose(maps);
	return has;
}

static bool view_has_buffer(struct view_desk *at)
{
	char path[64];
	char target[256];
	bool has = false;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)at->view);
	DIR *directory = opendir(path);
	if (directory == NULL)
		abort();
	for (const struct dirent *entry = readdir(directory); entry != NULL;
		entry = readdir(directory)) {
		ssize_t len =
			readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = '\0';
		has = has || strstr(target, BUFFER_NAME) != NULL;
	}
	closedir(directory);
	return has;
}

static bool both_have_it(struct view_desk *at, void *data)
{
	(void)data;
	return server_has_buffer(at) && view_has_buffer(at);
}

static bool nobody_has_it(struct view_desk *at, void *data)
{
	(void)data;
	return !server_has_buffer(at) && !view_has_buffer(at);
}

static struct vp_buffer *show_buffer(void)
{
	uint8_t encoded[VP_RECT_BYTES];
	const struct vp_rect all = { 0, 0, SIZE, SIZE };
	struct vp_buffer *buffer = NULL;
	open_window();
	if (!vp_session_buffer_create(desk.guest, SIZE, SIZE, VP_FORMAT_XRGB8888, &buffer))
		abort();
	view_desk_say(&desk, VP_MESSAGE(FRAME_PRESENT, frame_present, .window = WINDOW,
				     .buffer = buffer->id, .serial = 1, .width = SIZE,
				     .height = SIZE, .rects = vp_rects_put(encoded, &all, 1)));
	view_desk_wait(&desk, both_have_it, NULL);
	return buffer;
}

/* As long as it is to be seen, it is drawn again where it was covered. */
static void test_buffer_taken_back(void)
{
	struct vp_buffer *buffer = show_buffer();
	view_desk_say(&desk, VP_MESSAGE(BUFFER_DESTROY, buffer_destroy, .buffer = buffer->id));
	vp_buffer_destroy(buffer);
	destroy_window();
	view_desk_wait(&desk, nobody_has_it, NULL);
}

static void test_buffers_of_a_session(void)
{
	vp_buffer_destroy(show_buffer());
	view_desk_disconnect(&desk);
	view_desk_connect(&desk);
	view_desk_say(&desk, VP_MESSAGE(WINDOWS_ANNOUNCED, windows_announced, .count = 0));
	view_desk_wait(&desk, nobody_has_it, NULL);
}

static const struct unit_test tests[] = {
	{ "what is typed and clicked elsewhere is not told, held keys included",
		test_keys_elsewhere },
	{ "keys are told in their order, with the times of ticks", test_rhythm },
	{ "a buffer that the guest takes back goes with the window that shows it",
		test_buffer_taken_back },
	{ "buffers of a session go with its windows", test_buffers_of_a_session },
	{ "a window without pixels shows nothing of what lies below it", test_pixels_of_others },
};

int main(int argc, char **argv)
{
	view_desk_start_with_quantum(&desk, "800x600x24", GRID);
	int status = unit_run("view privacy", tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
	view_desk_stop(&desk);
	return status;
}

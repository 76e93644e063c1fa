/* Attacks on the limits of messages.def: what reaches one is borne, and one more ends the session,
 * which says so. */
#include "attack.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	LAST_BUFFER = 100,
	BUFFER_ROW = VP_SIZE_MAX * 4,
	FULL_BUFFERS = VP_SHARED_BYTES_MAX / VP_BUFFER_BYTES_MAX,
};

static void say_windows(uint32_t count)
{
	for (uint32_t i = 1; i <= count; i++)
		attack_create(i, 0, 0, 100, 100, ATTACK_SIZE, ATTACK_SIZE);
}

static void say_popups(uint32_t count)
{
	attack_open();
	for (uint32_t i = 1; i <= count; i++)
		attack_create(ATTACK_WINDOW + i, 1, ATTACK_WINDOW, 0, 0, 1, 1);
}

static void say_title(uint32_t bytes)
{
	char title[VP_TITLE_MAX + 2] = "";
	attack_open();
	memset(title, 't', bytes);
	attack_say(VP_OP_WINDOW_TITLE, "ws", ATTACK_WINDOW, title);
}

static void say_class(uint32_t bytes)
{
	char class[VP_CLASS_MAX + 2] = "";
	attack_open();
	memset(class, 'c', bytes);
	attack_say(VP_OP_WINDOW_CLASS, "wss", ATTACK_WINDOW, class, class);
}

static void say_icon(uint32_t size)
{
	attack_open();
	attack_say(VP_OP_WINDOW_ICON, "wbbhhn", ATTACK_WINDOW, 0, 1, size, size,
		(size_t)size * size * 4);
}

static void say_icons(uint32_t count)
{
	attack_open();
	for (uint32_t i = 0; i < count; i++)
		attack_say(VP_OP_WINDOW_ICON, "wbbhhn", ATTACK_WINDOW, i, count, 16, 16,
			(size_t)16 * 16 * 4);
}

static void say_cursor(uint32_t size)
{
	attack_say(VP_OP_CURSOR_IMAGE, "whhhhn", 1, size, size, 0, 0, (size_t)size * size * 4);
	attack_say(VP_OP_CURSOR_SET, "w", 1);
}

static void say_cursors(uint32_t count)
{
	for (uint32_t i = 1; i <= count; i++)
		attack_say(VP_OP_CURSOR_IMAGE, "whhhhn", i, 1, 1, 0, 0, (size_t)4);
}

static void share(uint32_t buffer, uint32_t width, uint32_t height, uint32_t bytes)
{
	int fd = attack_memory(bytes, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	attack_say_with(fd, VP_OP_BUFFER_CREATE, "wbwwwbwn", buffer, VP_MEMORY_DESCRIPTOR, width,
		height, width * 4, VP_FORMAT_XRGB8888, bytes, (size_t)0);
	close(fd);
}

static void say_buffers(uint32_t count)
{
	for (uint32_t i = 1; i <= count; i++)
		share(i, 1, 1, 4);
}

static void say_buffer_bytes(uint32_t bytes)
{
	share(LAST_BUFFER, 1, 1, bytes);
}

static void say_shared_bytes(uint32_t bytes)
{
	for (uint32_t i = 1; i <= FULL_BUFFERS; i++)
		share(i, VP_SIZE_MAX, VP_BUFFER_BYTES_MAX / BUFFER_ROW, VP_BUFFER_BYTES_MAX);
	share(LAST_BUFFER, 1, 1, bytes - FULL_BUFFERS * (uint32_t)VP_BUFFER_BYTES_MAX);
}

static void say_rects(uint32_t count)
{
	attack_open();
	attack_share();
	attack_say(VP_OP_FRAME_PRESENT, "wwwwwwwN", ATTACK_WINDOW, ATTACK_BUFFER, 1, ATTACK_SIZE,
		ATTACK_SIZE, 0, count, (size_t)count * VP_RECT_BYTES);
}

static void say_shape(uint32_t count)
{
	attack_open();
	attack_say(VP_OP_WINDOW_SHAPE, "wbbwN", ATTACK_WINDOW, VP_SHAPE_BOUNDING, 1, count,
		(size_t)count * VP_RECT_BYTES);
}

static void say_width(uint32_t width)
{
	attack_create(ATTACK_WINDOW, 0, 0, 0, 0, width, 1);
}

static void say_applications(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		attack_say(VP_OP_APPLICATION, "wsssssssssqb", 0, "a", "a", "", "", "", "", "", "",
			"", UINT64_C(0), 0);
}

static void say_clipboard_types(uint32_t types)
{
	attack_say(VP_OP_CLIPBOARD_OFFERED, "bww", VP_SELECTION_CLIPBOARD, 1, types);
}

static void say_notification(uint32_t bytes)
{
	char body[VP_NOTIFY_BODY_MAX + 2] = "";
	memset(body, 'b', bytes);
	attack_say(VP_OP_NOTIFY, "wsssbin", 1, "", "title", body, 1, -1, (size_t)0);
}

static void say_url(uint32_t bytes)
{
	char url[VP_URL_MAX + 2] = "";
	memset(url, 'u', bytes);
	attack_say(VP_OP_OPEN_REQUEST, "wss", 1, "", url);
}

/* L(name, what is said, the limit, how one more ends, in these words) */
#define LIMITS(L) \
	L(windows, say_windows, VP_WINDOWS_MAX, LIMIT, "more than 1024 windows") \
	L(popups, say_popups, VP_POPUPS_MAX, LIMIT, "more than 256 popups") \
	L(title, say_title, VP_TITLE_MAX, PROTOCOL_ERROR, "window_title is malformed") \
	L(class, say_class, VP_CLASS_MAX, PROTOCOL_ERROR, "window_class is malformed") \
	L(icon, say_icon, VP_ICON_SIZE_MAX, PROTOCOL_ERROR, "window_icon is malformed") \
	L(icons, say_icons, VP_ICONS_MAX, PROTOCOL_ERROR, "window_icon is malformed") \
	L(cursor, say_cursor, VP_CURSOR_SIZE_MAX, PROTOCOL_ERROR, "cursor_image is malformed") \
	L(cursors, say_cursors, VP_CURSORS_MAX, LIMIT, "more than 256 cursors") \
	L(buffers, say_buffers, VP_BUFFERS_MAX, LIMIT, "more than 1024 buffers") \
	L(buffer_bytes, say_buffer_bytes, VP_BUFFER_BYTES_MAX, PROTOCOL_ERROR, \
		"buffer_create is malformed") \
	L(shared_bytes, say_shared_bytes, VP_SHARED_BYTES_MAX, LIMIT, \
		"more than 2147483647 bytes shared") \
	L(rects, say_rects, VP_RECTS_MAX, PROTOCOL_ERROR, "frame_present is malformed") \
	L(shape, say_shape, VP_RECTS_MAX, PROTOCOL_ERROR, "window_shape is malformed") \
	L(width, say_width, VP_SIZE_MAX, PROTOCOL_ERROR, "window_create is malformed") \
	L(applications, say_applications, VP_APPLICATIONS_MAX, LIMIT, \
		"it has too many applications") \
	L(clipboard_types, say_clipboard_types, VP_CLIPBOARD_ALL, PROTOCOL_ERROR, \
		"clipboard_offered is malformed") \
	L(notification, say_notification, VP_NOTIFY_BODY_MAX, PROTOCOL_ERROR, \
		"notify is malformed") \
	L(url, say_url, VP_URL_MAX, PROTOCOL_ERROR, "open_request is malformed")

#define TESTS(name, say, limit, reason, words) \
	static void test_##name##_at_the_limit(void) \
	{ \
		say(limit); \
		attack_goes_on(); \
	} \
	static void test_##name##_beyond_the_limit(void) \
	{ \
		say((uint32_t)(limit) + 1); \
		attack_ends(VP_BYE_##reason, words); \
	}
LIMITS(TESTS)
#undef TESTS

#define ROWS(name, say, limit, reason, words) \
	{ #name ": as much as is allowed is borne", test_##name##_at_the_limit }, \
		{ #name ": one more than is allowed ends the session", \
			test_##name##_beyond_the_limit },
static const struct unit_test tests[] = { LIMITS(ROWS) };
#undef ROWS

ATTACK_MAIN("attacks on limits", tests)

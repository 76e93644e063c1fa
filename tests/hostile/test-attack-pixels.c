/* Attacks by shared memory, frames, icons and cursors. */
#include "attack.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	UNKNOWN = 4711,
	SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
	STORM = 5000,
};

/* A buffer as it is said to be, over memory as it is. */
static void share(
	int fd, uint32_t width, uint32_t height, uint32_t stride, uint32_t format, uint32_t size)
{
	attack_say_with(fd, VP_OP_BUFFER_CREATE, "wbwwwbwn", ATTACK_BUFFER, VP_MEMORY_DESCRIPTOR,
		width, height, stride, format, size, (size_t)0);
	if (fd >= 0)
		close(fd);
}

static void share_square(int fd)
{
	share(fd, ATTACK_SIZE, ATTACK_SIZE, ATTACK_SIZE * 4, VP_FORMAT_XRGB8888, ATTACK_BYTES);
}

static void test_no_descriptor(void)
{
	share_square(-1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_descriptor_without_buffer(void)
{
	int fd = attack_memory(ATTACK_BYTES, SEALS);
	attack_say_with(fd, VP_OP_BELL, "b", 0);
	close(fd);
	attack_goes_on();
}

static void test_too_many_descriptors(void)
{
	int fd = attack_memory(ATTACK_BYTES, SEALS);
	for (int i = 0; i <= VP_PENDING_DESCRIPTORS_MAX; i++)
		attack_say_with(fd, VP_OP_BELL, "b", 0);
	close(fd);
	view_desk_await_end(attack_desk());
	CU_ASSERT_TRUE(attack_desk()->closed);
}

static void test_no_file(void)
{
	int fds[2];
	if (pipe(fds) == 0) {
		share_square(fds[0]);
		close(fds[1]);
	}
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_directory(void)
{
	share_square(open("/", O_RDONLY | O_DIRECTORY));
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_device(void)
{
	share_square(open("/dev/zero", O_RDWR));
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_unsealed(void)
{
	share_square(attack_memory(ATTACK_BYTES, 0));
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_less_memory_than_said(void)
{
	share_square(attack_memory(ATTACK_BYTES - 1, SEALS));
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_size_too_small(void)
{
	share(attack_memory(ATTACK_BYTES, SEALS), ATTACK_SIZE, ATTACK_SIZE, ATTACK_SIZE * 4,
		VP_FORMAT_XRGB8888, ATTACK_BYTES - 4);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_stride_too_small(void)
{
	share(attack_memory(ATTACK_BYTES, SEALS), ATTACK_SIZE, ATTACK_SIZE, ATTACK_SIZE * 4 - 4,
		VP_FORMAT_XRGB8888, ATTACK_BYTES);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_overflowing_size(void)
{
	share(attack_memory(ATTACK_BYTES, SEALS), VP_SIZE_MAX, VP_SIZE_MAX, VP_SIZE_MAX * 4,
		VP_FORMAT_XRGB8888, ATTACK_BYTES);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_odd_stride(void)
{
	share(attack_memory(ATTACK_BYTES, SEALS), ATTACK_SIZE / 2, ATTACK_SIZE / 2,
		ATTACK_SIZE * 2 + 1, VP_FORMAT_XRGB8888, ATTACK_BYTES);
	view_desk_settle(attack_desk());
}

static void test_unknown_format(void)
{
	share(attack_memory(ATTACK_BYTES, SEALS), ATTACK_SIZE, ATTACK_SIZE, ATTACK_SIZE * 4, 2,
		ATTACK_BYTES);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "buffer_create is malformed");
}

static void test_grants_over_a_socket(void)
{
	attack_say(VP_OP_BUFFER_CREATE, "wbwwwbwn", ATTACK_BUFFER, VP_MEMORY_GRANTS, ATTACK_SIZE,
		ATTACK_SIZE, ATTACK_SIZE * 4, VP_FORMAT_XRGB8888, ATTACK_BYTES,
		(size_t)ATTACK_BYTES / 1024);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_buffer_twice(void)
{
	attack_share();
	attack_share();
	attack_ends(VP_BYE_PROTOCOL_ERROR, "buffer 9 exists already");
}

static void share_inline(uint32_t buffer, uint32_t width, uint32_t height)
{
	attack_say(VP_OP_BUFFER_CREATE, "wbwwwbwn", buffer, VP_MEMORY_INLINE, width, height,
		width * 4, VP_FORMAT_XRGB8888, width * height * 4, (size_t)0);
}

static void test_too_many_buffers(void)
{
	for (uint32_t i = 1; i <= VP_BUFFERS_MAX + 1; i++)
		share_inline(i, 1, 1);
	attack_ends(VP_BYE_LIMIT, "more than 1024 buffers");
}

static void test_too_much_memory(void)
{
	for (uint32_t i = 1; i <= VP_LOCAL_BYTES_MAX / VP_BUFFER_BYTES_MAX + 1; i++)
		share_inline(i, 8192, 8192);
	view_desk_await_end(attack_desk());
	CU_ASSERT_EQUAL(attack_desk()->closed_reason, VP_BYE_LIMIT);
}

static void test_unknown_buffer(void)
{
	attack_open();
	attack_present(ATTACK_WINDOW, UNKNOWN, 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_unknown_window(void)
{
	attack_share();
	attack_present(UNKNOWN, ATTACK_BUFFER, 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_buffer_that_has_gone(void)
{
	attack_open();
	attack_share();
	attack_say(VP_OP_BUFFER_DESTROY, "w", ATTACK_BUFFER);
	attack_present(ATTACK_WINDOW, ATTACK_BUFFER, 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_buffer_destroyed_twice(void)
{
	attack_share();
	attack_say(VP_OP_BUFFER_DESTROY, "w", ATTACK_BUFFER);
	attack_say(VP_OP_BUFFER_DESTROY, "w", ATTACK_BUFFER);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "buffer 9 does not exist");
}

static void test_buffer_destroyed_in_flight(void)
{
	attack_open();
	attack_share();
	attack_present(ATTACK_WINDOW, ATTACK_BUFFER, 1);
	attack_say(VP_OP_BUFFER_DESTROY, "w", ATTACK_BUFFER);
	attack_goes_on();
}

static void present_part(uint32_t width, uint32_t height, unsigned int x, unsigned int y,
	unsigned int rect_width, unsigned int rect_height)
{
	attack_open();
	attack_share();
	attack_say(VP_OP_FRAME_PRESENT, "wwwwwwwhhhh", ATTACK_WINDOW, ATTACK_BUFFER, 1, width,
		height, 0, 1, x, y, rect_width, rect_height);
}

static void test_rectangle_outside(void)
{
	present_part(ATTACK_SIZE, ATTACK_SIZE, 1, 0, ATTACK_SIZE, ATTACK_SIZE);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "frame of window 7 leaves its bounds");
}

static void test_rectangle_at_negative_place(void)
{
	present_part(ATTACK_SIZE, ATTACK_SIZE, 0xffff, 0, 2, 2);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_rectangle_that_overflows(void)
{
	present_part(ATTACK_SIZE, ATTACK_SIZE, 0x7fff, 0x7fff, 0xffff, 0xffff);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_frame_larger_than_buffer(void)
{
	present_part(ATTACK_SIZE + 1, ATTACK_SIZE, 0, 0, 1, 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_frame_without_rectangles(void)
{
	attack_open();
	attack_share();
	attack_say(VP_OP_FRAME_PRESENT, "wwwwwww", ATTACK_WINDOW, ATTACK_BUFFER, 1, ATTACK_SIZE,
		ATTACK_SIZE, 0, 0);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "frame_present is malformed");
}

static void test_too_many_rectangles(void)
{
	attack_open();
	attack_share();
	attack_say(VP_OP_FRAME_PRESENT, "wwwwwwwN", ATTACK_WINDOW, ATTACK_BUFFER, 1, ATTACK_SIZE,
		ATTACK_SIZE, 0, VP_RECTS_MAX + 1, (size_t)(VP_RECTS_MAX + 1) * VP_RECT_BYTES);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "frame_present is malformed");
}

static void test_frame_before_done(void)
{
	attack_open();
	attack_share();
	for (uint32_t i = 1; i <= 3; i++)
		attack_present(ATTACK_WINDOW, ATTACK_BUFFER, i);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window 7 has a frame in flight");
}

static void test_frame_of_hidden_window(void)
{
	attack_create(ATTACK_WINDOW, 0, 0, 0, 0, ATTACK_SIZE, ATTACK_SIZE);
	attack_share();
	attack_present(ATTACK_WINDOW, ATTACK_BUFFER, 1);
	attack_goes_on();
}

static void test_one_buffer_for_two_windows(void)
{
	attack_open();
	attack_create(ATTACK_WINDOW + 1, 0, 0, 200, 200, ATTACK_SIZE, ATTACK_SIZE);
	attack_say(VP_OP_WINDOW_MAP, "w", ATTACK_WINDOW + 1);
	attack_share();
	attack_present(ATTACK_WINDOW, ATTACK_BUFFER, 1);
	attack_present(ATTACK_WINDOW + 1, ATTACK_BUFFER, 1);
	attack_goes_on();
}

static void test_pixels_for_shared_buffer(void)
{
	attack_share();
	attack_say(VP_OP_BUFFER_PIXELS, "whhhhn", ATTACK_BUFFER, 0, 0, 1, 1, (size_t)4);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "pixels that buffer 9 has not");
}

static void test_pixels_outside(void)
{
	share_inline(ATTACK_BUFFER, 4, 4);
	attack_say(VP_OP_BUFFER_PIXELS, "whhhhn", ATTACK_BUFFER, 1, 0, 4, 4, (size_t)64);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "pixels that buffer 9 has not");
}

static void test_fewer_pixels_than_said(void)
{
	share_inline(ATTACK_BUFFER, 4, 4);
	attack_say(VP_OP_BUFFER_PIXELS, "whhhhn", ATTACK_BUFFER, 0, 0, 4, 4, (size_t)60);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "pixels that buffer 9 has not");
}

static void icon(unsigned int index, unsigned int count, unsigned int width, unsigned int height,
	size_t bytes)
{
	attack_open();
	attack_say(VP_OP_WINDOW_ICON, "wbbhhn", ATTACK_WINDOW, index, count, width, height, bytes);
}

static void test_icon_bomb(void)
{
	icon(0, 1, VP_ICON_SIZE_MAX + 1, 1, (VP_ICON_SIZE_MAX + 1) * 4);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_icon is malformed");
}

static void test_icon_of_another_size(void)
{
	icon(0, 1, VP_ICON_SIZE_MAX, VP_ICON_SIZE_MAX, 16);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_icon_without_pixels(void)
{
	icon(0, 1, 0, 0, 0);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window 7 has an icon without pixels");
}

static void test_icon_beyond_its_count(void)
{
	icon(3, 2, 1, 1, 4);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window 7 has an icon");
}

static void test_icon_storm(void)
{
	attack_open();
	for (int i = 0; i < 200; i++)
		attack_say(VP_OP_WINDOW_ICON, "wbbhhn", ATTACK_WINDOW, 0, 1, 64, 64, (size_t)16384);
	attack_goes_on();
}

static void cursor(uint32_t id, unsigned int width, unsigned int hot_x, size_t bytes)
{
	attack_say(VP_OP_CURSOR_IMAGE, "whhhhn", id, width, 16, hot_x, 0, bytes);
}

static void test_cursor_bomb(void)
{
	cursor(1, VP_CURSOR_SIZE_MAX + 1, 0, (VP_CURSOR_SIZE_MAX + 1) * 16 * 4);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "cursor_image is malformed");
}

static void test_cursor_of_another_size(void)
{
	cursor(1, 16, 0, 16);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "cursor 1 has the wrong length");
}

static void test_cursor_that_points_elsewhere(void)
{
	cursor(1, 16, 17, 1024);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "cursor 1 points outside itself");
}

static void test_unknown_cursor(void)
{
	attack_say(VP_OP_CURSOR_SET, "w", UNKNOWN);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "cursor 4711 does not exist");
}

static void test_too_many_cursors(void)
{
	for (uint32_t i = 1; i <= VP_CURSORS_MAX + 1; i++)
		cursor(i, 16, 0, 1024);
	attack_ends(VP_BYE_LIMIT, "more than 256 cursors");
}

static void test_cursor_storm(void)
{
	cursor(1, 16, 0, 1024);
	cursor(2, 16, 0, 1024);
	for (unsigned int i = 0; i < STORM; i++)
		attack_say(VP_OP_CURSOR_SET, "w", 1 + i % 2);
	attack_goes_on();
}

static void test_bell_storm(void)
{
	for (int i = 0; i < STORM; i++)
		attack_say(VP_OP_BELL, "b", 100);
	attack_goes_on();
}

static const struct unit_test tests[] = {
	{ "a buffer without its memory ends the session", test_no_descriptor },
	{ "memory without a buffer is borne", test_descriptor_without_buffer },
	{ "more memory without buffers than is allowed ends the session",
		test_too_many_descriptors },
	{ "a pipe for memory ends the session", test_no_file },
	{ "a directory for memory ends the session", test_directory },
	{ "a device for memory ends the session", test_device },
	{ "memory that could shrink ends the session", test_unsealed },
	{ "less memory than was said ends the session", test_less_memory_than_said },
	{ "a buffer smaller than its lines ends the session", test_size_too_small },
	{ "lines shorter than their pixels end the session", test_stride_too_small },
	{ "a buffer whose size overflows ends the session", test_overflowing_size },
	{ "lines that are no whole number of pixels do no harm", test_odd_stride },
	{ "a format that is none ends the session", test_unknown_format },
	{ "grants where there is no Xen end the session", test_grants_over_a_socket },
	{ "a buffer that exists already ends the session", test_buffer_twice },
	{ "one buffer more than is allowed ends the session", test_too_many_buffers },
	{ "more memory of the primary's than is allowed ends the session", test_too_much_memory },
	{ "a frame of a buffer that never existed ends the session", test_unknown_buffer },
	{ "a frame of a window that never existed ends the session", test_unknown_window },
	{ "a frame of a buffer that has gone ends the session", test_buffer_that_has_gone },
	{ "a buffer that goes twice ends the session", test_buffer_destroyed_twice },
	{ "a buffer that goes while it is drawn is borne", test_buffer_destroyed_in_flight },
	{ "a frame that leaves its buffer ends the session", test_rectangle_outside },
	{ "a frame at a negative place ends the session", test_rectangle_at_negative_place },
	{ "a frame whose edge overflows ends the session", test_rectangle_that_overflows },
	{ "a frame larger than its buffer ends the session", test_frame_larger_than_buffer },
	{ "a frame of nothing ends the session", test_frame_without_rectangles },
	{ "a frame of one rectangle too many ends the session", test_too_many_rectangles },
	{ "frames that do not wait for the last one end the session", test_frame_before_done },
	{ "a frame of a window that does not show is borne", test_frame_of_hidden_window },
	{ "one buffer for two windows is borne", test_one_buffer_for_two_windows },
	{ "pixels for a buffer that is shared end the session", test_pixels_for_shared_buffer },
	{ "pixels outside their buffer end the session", test_pixels_outside },
	{ "fewer pixels than were said end the session", test_fewer_pixels_than_said },
	{ "an icon one pixel too large ends the session", test_icon_bomb },
	{ "an icon of another size than was said ends the session", test_icon_of_another_size },
	{ "an icon without pixels ends the session", test_icon_without_pixels },
	{ "an icon beyond its count ends the session", test_icon_beyond_its_count },
	{ "a storm of icons is borne", test_icon_storm },
	{ "a cursor one pixel too large ends the session", test_cursor_bomb },
	{ "a cursor of another size than was said ends the session", test_cursor_of_another_size },
	{ "a cursor that points outside itself ends the session",
		test_cursor_that_points_elsewhere },
	{ "a cursor that never existed ends the session", test_unknown_cursor },
	{ "one cursor more than is allowed ends the session", test_too_many_cursors },
	{ "a storm of cursors is borne", test_cursor_storm },
	{ "a storm of bells is borne", test_bell_storm },
};

ATTACK_MAIN("attacks by pixels", tests)

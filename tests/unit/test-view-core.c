#include "unit.h"

#include <string.h>

#include "view-bench.h"

static const struct vp_rect all = { 0, 0, 400, 300 };
static struct view_bench bench;

static void begin(void)
{
	view_bench_init(&bench);
}

static void end(void)
{
	view_bench_finish(&bench);
}

static bool refused(const char *why)
{
	return bench.guest == NULL && bench.closed == 1 && strstr(bench.reason, why) != NULL;
}

static void create(uint32_t id, bool popup, uint32_t owner, int32_t x, int32_t y)
{
	view_bench_send(&bench, VP_MESSAGE(WINDOW_CREATE, window_create, .window = id,
					.native = 0x1000U + id, .popup = popup, .owner = owner,
					.x = x, .y = y, .width = 200, .height = 100));
}

static void test_window_life(void)
{
	begin();
	CU_ASSERT_EQUAL(bench.fake->announces, 1);
	view_bench_window(&bench, 7);
	struct fake_window *window = fake_presenter_find(bench.fake, 7);
	CU_ASSERT_FATAL(window != NULL);
	CU_ASSERT(window->mapped && !window->popup);
	CU_ASSERT_EQUAL(bench.managed, 1);
	CU_ASSERT_STRING_EQUAL(window->title, "[work]");
	view_bench_send(&bench, VP_MESSAGE(WINDOW_TITLE, window_title, .window = 7,
					.title = vp_text_from("a\nb", VP_TITLE_MAX)));
	CU_ASSERT_STRING_EQUAL(window->title, "[work] a b");
	view_bench_send(&bench, VP_MESSAGE(WINDOW_CLASS, window_class, .window = 7,
					.class_name = vp_text_from("XTerm", VP_CLASS_MAX)));
	CU_ASSERT_STRING_EQUAL(window->class_name, "work:XTerm");
	view_bench_send(&bench, VP_MESSAGE(WINDOW_UNMAP, window_unmap, .window = 7));
	CU_ASSERT_EQUAL(bench.managed, 0);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_DESTROY, window_destroy, .window = 7));
	CU_ASSERT_EQUAL(g_hash_table_size(bench.fake->windows), 0);
	CU_ASSERT(bench.guest != NULL);
	end();
}

static void test_unknown_window(void)
{
	begin();
	view_bench_send(&bench, VP_MESSAGE(WINDOW_MAP, window_map, .window = 9));
	CU_ASSERT(refused("does not exist"));
	end();
}

static void test_double_window(void)
{
	begin();
	view_bench_window(&bench, 1);
	create(1, false, 0, 0, 0);
	CU_ASSERT(refused("exists already"));
	end();
}

static void test_too_many_windows(void)
{
	begin();
	bench.step = 1000;
	for (uint32_t id = 1; id <= VP_WINDOWS_MAX; id++)
		create(id, false, 0, 0, 0);
	CU_ASSERT(bench.guest != NULL);
	create(VP_WINDOWS_MAX + 1, false, 0, 0, 0);
	CU_ASSERT(refused("more than"));
	end();
}

static void test_popup_owner(void)
{
	begin();
	create(2, true, 1, 0, 0);
	CU_ASSERT(refused("belongs to window 1"));
	end();
}

static void test_owner_circle(void)
{
	begin();
	view_bench_window(&bench, 1);
	view_bench_window(&bench, 2);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_OWNER, window_owner, .window = 1, .owner = 2));
	CU_ASSERT_EQUAL(bench.fake->last_set, VP_OP_WINDOW_OWNER);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_OWNER, window_owner, .window = 2, .owner = 1));
	CU_ASSERT(refused("belongs to itself"));
	end();
}

static void test_frame(void)
{
	struct vp_buffer *buffer = NULL;

	begin();
	bench.fake->holds_frames = true;
	view_bench_window(&bench, 1);
	uint32_t id = view_bench_buffer(&bench, 400, 300, &buffer);
	view_bench_present(&bench, 1, id, 5, all);
	CU_ASSERT_EQUAL(fake_presenter_find(bench.fake, 1)->presents, 1);
	CU_ASSERT_EQUAL(bench.received[VP_OP_FRAME_DONE], 0);
	fake_presenter_finish_frame(bench.fake, 1);
	view_bench_turn(&bench);
	CU_ASSERT_EQUAL(bench.received[VP_OP_FRAME_DONE], 1);
	CU_ASSERT_EQUAL(bench.last.frame_done.serial, 5);

	struct hc_core_stats stats;
	hc_core_get_stats(bench.core, &stats);
	CU_ASSERT(stats.frames == 1 && stats.bytes_copied == 400 * 300 * VP_PIXEL_BYTES);
	vp_buffer_destroy(buffer);
	end();
}

static void test_frame_in_flight(void)
{
	struct vp_buffer *buffer = NULL;

	begin();
	bench.fake->holds_frames = true;
	view_bench_window(&bench, 1);
	uint32_t id = view_bench_buffer(&bench, 400, 300, &buffer);
	view_bench_present(&bench, 1, id, 1, all);
	view_bench_present(&bench, 1, id, 2, all);
	CU_ASSERT(refused("in flight"));
	vp_buffer_destroy(buffer);
	end();
}

static void check_refused_frame(
	uint32_t width, uint32_t height, struct vp_rect rect, const char *why)
{
	struct vp_buffer *buffer = NULL;

	begin();
	view_bench_window(&bench, 1);
	uint32_t id = view_bench_buffer(&bench, width, height, &buffer);
	view_bench_present(&bench, 1, id, 1, rect);
	CU_ASSERT(refused(why));
	vp_buffer_destroy(buffer);
	end();
}

static void test_frame_bounds(void)
{
	check_refused_frame(400, 299, all, "larger than its buffer");
	check_refused_frame(400, 300, (struct vp_rect){ 1, 0, 400, 300 }, "leaves its bounds");
	check_refused_frame(400, 300, (struct vp_rect){ -1, 0, 1, 1 }, "leaves its bounds");
	check_refused_frame(400, 300, (struct vp_rect){ 0, 300, 1, 1 }, "leaves its bounds");
}

static void test_unknown_buffer(void)
{
	begin();
	view_bench_window(&bench, 1);
	view_bench_present(&bench, 1, 77, 1, all);
	CU_ASSERT(refused("buffer 77"));
	end();
}

static void create_memory(uint32_t id, uint8_t memory, uint32_t size)
{
	view_bench_send(&bench,
		VP_MESSAGE(BUFFER_CREATE, buffer_create, .buffer = id, .memory = memory,
			.width = 400, .height = 300, .stride = 400 * VP_PIXEL_BYTES, .size = size));
}

/* Two lines of so many pixels, all of one byte. */
static void send_pixels(uint32_t buffer, uint16_t x, uint16_t y, uint16_t width, size_t len)
{
	static uint8_t pixels[2 * 400 * VP_PIXEL_BYTES];

	memset(pixels, 0x5a, sizeof(pixels));
	view_bench_send(
		&bench, VP_MESSAGE(BUFFER_PIXELS, buffer_pixels, .buffer = buffer, .x = x, .y = y,
				.width = width, .height = 2, .pixels = { pixels, len }));
}

static void test_inline_pixels(void)
{
	uint32_t width;
	uint32_t height;

	begin();
	view_bench_window(&bench, 1);
	create_memory(7, VP_MEMORY_INLINE, 400 * 300 * VP_PIXEL_BYTES);
	send_pixels(7, 0, 0, 400, 2 * 400 * VP_PIXEL_BYTES);
	send_pixels(7, 399, 298, 1, 2 * VP_PIXEL_BYTES);
	view_bench_present(&bench, 1, 7, 1, all);
	struct vp_buffer *shown = hc_core_window_pixels(bench.core, 1, &width, &height);
	CU_ASSERT_PTR_NOT_NULL_FATAL(shown);
	const uint8_t *data = vp_buffer_data(shown);
	CU_ASSERT(data[0] == 0x5a && data[2 * shown->stride - 1] == 0x5a);
	CU_ASSERT(data[2 * shown->stride] == 0 && data[298 * shown->stride] == 0);
	CU_ASSERT_EQUAL(data[300 * shown->stride - 1], 0x5a);
	/* The bulk channel may be late. */
	send_pixels(8, 0, 0, 400, 2 * 400 * VP_PIXEL_BYTES);
	CU_ASSERT_PTR_NOT_NULL(hc_core_session(bench.core));
	end();
}

static void check_refused_pixels(uint8_t memory, uint16_t x, uint16_t y, size_t len)
{
	struct vp_buffer *buffer = NULL;
	uint32_t id = 7;

	begin();
	if (memory == VP_MEMORY_INLINE)
		create_memory(id, memory, 400 * 300 * VP_PIXEL_BYTES);
	else
		id = view_bench_buffer(&bench, 400, 300, &buffer);
	send_pixels(id, x, y, 10, len);
	CU_ASSERT(refused("has not"));
	vp_buffer_destroy(buffer);
	end();
}

static void test_wrong_pixels(void)
{
	check_refused_pixels(VP_MEMORY_INLINE, 391, 0, 80);
	check_refused_pixels(VP_MEMORY_INLINE, 0, 299, 80);
	check_refused_pixels(VP_MEMORY_INLINE, 0, 0, 76);
	check_refused_pixels(VP_MEMORY_INLINE, 0, 0, 84);
	check_refused_pixels(VP_MEMORY_DESCRIPTOR, 0, 0, 80);
}

static void test_local_memory(void)
{
	begin();
	create_memory(1, VP_MEMORY_INLINE, VP_BUFFER_BYTES_MAX);
	create_memory(2, VP_MEMORY_INLINE, VP_BUFFER_BYTES_MAX);
	view_bench_send(&bench, VP_MESSAGE(BUFFER_DESTROY, buffer_destroy, .buffer = 1));
	create_memory(3, VP_MEMORY_INLINE, VP_BUFFER_BYTES_MAX);
	create_memory(4, VP_MEMORY_INLINE, 400 * 300 * VP_PIXEL_BYTES);
	CU_ASSERT(refused("without a descriptor"));
	end();
}

static void test_foreign_memory(void)
{
	begin();
	create_memory(1, VP_MEMORY_GRANTS, 400 * 300 * VP_PIXEL_BYTES);
	CU_ASSERT(refused("cannot be mapped"));
	end();
}

static void test_buffer_release(void)
{
	struct vp_buffer *first = NULL;
	struct vp_buffer *second = NULL;

	begin();
	view_bench_window(&bench, 1);
	uint32_t first_id = view_bench_buffer(&bench, 400, 300, &first);
	view_bench_present(&bench, 1, first_id, 1, all);
	view_bench_send(&bench, VP_MESSAGE(BUFFER_DESTROY, buffer_destroy, .buffer = first_id));
	CU_ASSERT_EQUAL(bench.received[VP_OP_BUFFER_RELEASED], 0);
	CU_ASSERT_EQUAL(bench.fake->buffers, 1);

	uint32_t second_id = view_bench_buffer(&bench, 400, 300, &second);
	view_bench_present(&bench, 1, second_id, 2, all);
	CU_ASSERT_EQUAL(bench.received[VP_OP_BUFFER_RELEASED], 1);
	CU_ASSERT_EQUAL(bench.fake->buffers, 1);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_DESTROY, window_destroy, .window = 1));
	view_bench_send(&bench, VP_MESSAGE(BUFFER_DESTROY, buffer_destroy, .buffer = second_id));
	CU_ASSERT_EQUAL(bench.received[VP_OP_BUFFER_RELEASED], 2);
	CU_ASSERT_EQUAL(bench.fake->buffers, 0);
	vp_buffer_destroy(first);
	vp_buffer_destroy(second);
	end();
}

static void lose_session(void)
{
	vp_session_fail(bench.guest, VP_BYE_SHUTDOWN, "the agent dies");
	view_bench_turn(&bench);
}

static void test_reconnect(void)
{
	struct vp_buffer *buffer = NULL;
	uint32_t width = 0;
	uint32_t height = 0;

	begin();
	view_bench_window(&bench, 1);
	view_bench_window(&bench, 2);
	create(3, true, 1, 0, 0);
	uint32_t id = view_bench_buffer(&bench, 400, 300, &buffer);
	view_bench_present(&bench, 1, id, 1, all);
	lose_session();
	CU_ASSERT(fake_presenter_find(bench.fake, 1)->dimmed);
	CU_ASSERT(fake_presenter_find(bench.fake, 3) == NULL);
	CU_ASSERT(hc_core_window_pixels(bench.core, 1, &width, &height) != NULL);
	CU_ASSERT(width == 400 && height == 300);

	/* The new agent numbers the windows the other way round. */
	view_bench_connect(&bench);
	struct fake_window *first = fake_presenter_find(bench.fake, 1);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_CREATE, window_create, .window = 2,
					.native = 0x1001, .width = 400, .height = 300));
	view_bench_send(&bench, VP_MESSAGE(WINDOW_MAP, window_map, .window = 2));
	CU_ASSERT_PTR_EQUAL(fake_presenter_find(bench.fake, 2), first);
	CU_ASSERT(!first->dimmed && first->mapped);
	view_bench_send(&bench, VP_MESSAGE(WINDOWS_ANNOUNCED, windows_announced, .count = 1));
	CU_ASSERT_EQUAL(g_hash_table_size(bench.fake->windows), 1);
	CU_ASSERT_EQUAL(bench.managed, 1);
	CU_ASSERT_EQUAL(bench.received[VP_OP_BUFFER_RELEASED], 0);
	vp_buffer_destroy(buffer);
	end();
}

/* The guest announces a window of an earlier session, by another id. */
static void announce_again(uint32_t id, uint64_t native)
{
	view_bench_send(&bench, VP_MESSAGE(WINDOW_CREATE, window_create, .window = id,
					.native = native, .width = 400, .height = 300));
	view_bench_send(&bench, VP_MESSAGE(WINDOW_MAP, window_map, .window = id));
}

static void test_note_on_label(void)
{
	begin();
	view_bench_window(&bench, 1);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_TITLE, window_title, .window = 1,
					.title = vp_text_from("notes", VP_TITLE_MAX)));
	const struct fake_window *window = fake_presenter_find(bench.fake, 1);
	CU_ASSERT_FALSE(hc_core_windows_wait(bench.core));
	lose_session();
	CU_ASSERT_TRUE(hc_core_windows_wait(bench.core));
	CU_ASSERT_STRING_EQUAL(window->title, "[work, reconnecting] notes");
	view_bench_connect(&bench);
	CU_ASSERT_TRUE(hc_core_windows_wait(bench.core));
	announce_again(1, 0x1001);
	CU_ASSERT_STRING_EQUAL(window->title, "[work] notes");
	CU_ASSERT_FALSE(hc_core_windows_wait(bench.core));
	end();
}

static void test_shown_throughout(void)
{
	begin();
	view_bench_window(&bench, 1);
	view_bench_window(&bench, 2);
	lose_session();
	view_bench_connect(&bench);
	for (uint32_t id = 1; id <= 2; id++) {
		const struct fake_window *window = fake_presenter_find(bench.fake, id);
		view_bench_send(
			&bench, VP_MESSAGE(WINDOW_CREATE, window_create, .window = id,
					.native = 0x1000 + id, .width = 400, .height = 300));
		view_bench_send(&bench, VP_MESSAGE(WINDOW_OWNER, window_owner, .window = id));
		CU_ASSERT_TRUE(window->mapped);
	}
	view_bench_send(&bench, VP_MESSAGE(WINDOW_MAP, window_map, .window = 1));
	view_bench_send(&bench, VP_MESSAGE(WINDOWS_ANNOUNCED, windows_announced, .count = 2));
	CU_ASSERT_TRUE(fake_presenter_find(bench.fake, 1)->mapped);
	CU_ASSERT_FALSE(fake_presenter_find(bench.fake, 2)->mapped);
	end();
}

static void press(uint16_t code)
{
	fake_presenter_say(
		bench.fake, VP_MESSAGE(INPUT_KEY, input_key, .code = code, .action = VP_KEY_PRESS));
	view_bench_turn(&bench);
}

static void test_typing_while_away(void)
{
	begin();
	view_bench_window(&bench, 1);
	view_bench_window(&bench, 2);
	fake_presenter_say(bench.fake, VP_MESSAGE(FOCUS, focus, .window = 1));
	lose_session();
	press(30);
	view_bench_connect(&bench);
	press(31);
	fake_presenter_say(bench.fake, VP_MESSAGE(INPUT_MODIFIERS, input_modifiers, .group = 1));
	fake_presenter_say(bench.fake,
		VP_MESSAGE(POINTER_BUTTON, pointer_button, .window = 1, .button = 1, .pressed = 1));
	announce_again(2, 0x1002);
	press(32);
	CU_ASSERT_EQUAL(bench.received[VP_OP_INPUT_KEY], 0);
	CU_ASSERT_EQUAL(bench.received[VP_OP_INPUT_MODIFIERS], 0);
	CU_ASSERT_EQUAL(bench.received[VP_OP_POINTER_BUTTON], 0);
	CU_ASSERT_EQUAL(bench.fake->keys_anew, 0);
	announce_again(1, 0x1001);
	CU_ASSERT_EQUAL(bench.fake->keys_anew, 1);
	press(33);
	CU_ASSERT_EQUAL(bench.received[VP_OP_INPUT_KEY], 1);
	CU_ASSERT_EQUAL(bench.last.input_key.code, 33);
	end();
}

static void test_announced_none(void)
{
	begin();
	bench.managed = SIZE_MAX;
	view_bench_send(&bench, VP_MESSAGE(WINDOWS_ANNOUNCED, windows_announced, .count = 0));
	CU_ASSERT_EQUAL(bench.managed, 0);
	end();
}

static void test_forget(void)
{
	begin();
	view_bench_window(&bench, 1);
	lose_session();
	CU_ASSERT_EQUAL(hc_core_forget_windows(bench.core), 1);
	CU_ASSERT_FALSE(hc_core_windows_wait(bench.core));
	CU_ASSERT_EQUAL(g_hash_table_size(bench.fake->windows), 0);
	CU_ASSERT_EQUAL(bench.managed, 0);
	end();
}

static void test_close_away(void)
{
	begin();
	view_bench_window(&bench, 1);
	lose_session();
	fake_presenter_say(bench.fake, VP_MESSAGE(WINDOW_CLOSE, window_close, .window = 1));
	CU_ASSERT_EQUAL(g_hash_table_size(bench.fake->windows), 0);
	end();
}

static void test_stale_request(void)
{
	begin();
	view_bench_window(&bench, 1);
	fake_presenter_say(
		bench.fake, VP_MESSAGE(WINDOW_CONFIGURE, window_configure, .window = 1, .serial = 3,
				    .x = 10, .y = 20, .width = 500, .height = 300));
	fake_presenter_find(bench.fake, 1)->place = (struct hc_rect){ 10, 20, 500, 300 };
	view_bench_turn(&bench);
	CU_ASSERT_EQUAL(bench.received[VP_OP_WINDOW_CONFIGURE], 1);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_CONFIGURE_REQUEST, window_configure_request,
					.window = 1, .serial = 2, .fields = VP_FIELD_ALL, .x = 700,
					.y = 700, .width = 640, .height = 480));
	struct hc_rect place = fake_presenter_find(bench.fake, 1)->place;
	CU_ASSERT(place.x == 10 && place.y == 20 && place.width == 640 && place.height == 480);
	view_bench_send(&bench,
		VP_MESSAGE(WINDOW_CONFIGURE_REQUEST, window_configure_request, .window = 1,
			.serial = 3, .fields = VP_FIELD_X, .x = 700, .width = 1, .height = 1));
	place = fake_presenter_find(bench.fake, 1)->place;
	CU_ASSERT(place.x == 700 && place.y == 20 && place.width == 640);
	end();
}

static bool is_sized(uint32_t id, uint32_t width, uint32_t height)
{
	const struct hc_rect *place = &fake_presenter_find(bench.fake, id)->place;

	return place->width == width && place->height == height;
}

static void want_size(uint32_t id, uint8_t fields, uint32_t width, uint32_t height)
{
	view_bench_send(
		&bench, VP_MESSAGE(WINDOW_CONFIGURE_REQUEST, window_configure_request, .window = id,
				.fields = fields, .width = width, .height = height));
}

/* The label's border is 4 pixels. */
static void test_larger_than_the_screen(void)
{
	begin();
	fake_presenter_say(
		bench.fake, VP_MESSAGE(MONITOR, monitor, .count = 1, .width = 1280, .height = 800,
				    .screen_width = 1280, .screen_height = 800));
	view_bench_window(&bench, 1);
	want_size(1, VP_FIELD_WIDTH | VP_FIELD_HEIGHT, 1272, 792);
	CU_ASSERT_TRUE(is_sized(1, 1272, 792));
	want_size(1, VP_FIELD_WIDTH | VP_FIELD_HEIGHT, 1273, 793);
	CU_ASSERT_TRUE(is_sized(1, 1272, 792));
	want_size(1, VP_FIELD_WIDTH, 2000, 1);
	CU_ASSERT_TRUE(is_sized(1, 2000, 792));
	want_size(1, VP_FIELD_HEIGHT, 1, 800);
	CU_ASSERT_TRUE(is_sized(1, 1272, 792));
	want_size(1, VP_FIELD_HEIGHT, 1, 800);
	CU_ASSERT_TRUE(is_sized(1, 1272, 800));
	want_size(1, VP_FIELD_WIDTH, 1273, 1);
	CU_ASSERT_TRUE(is_sized(1, 1272, 792));
	want_size(1, VP_FIELD_WIDTH | VP_FIELD_HEIGHT, 700, 2000);
	CU_ASSERT_TRUE(is_sized(1, 700, 2000));
	view_bench_send(&bench, VP_MESSAGE(WINDOW_CREATE, window_create, .window = 2, .native = 2,
					.x = -100, .y = -100, .width = 2000, .height = 1000));
	CU_ASSERT_TRUE(is_sized(2, 1272, 792));
	end();
}

static void test_cursor(void)
{
	const uint8_t pixels[2 * 2 * 4] = { 0 };

	begin();
	view_bench_send(&bench, VP_MESSAGE(CURSOR_IMAGE, cursor_image, .cursor = 4, .width = 2,
					.height = 2, .pixels = { pixels, sizeof(pixels) }));
	view_bench_send(&bench, VP_MESSAGE(CURSOR_SET, cursor_set, .cursor = 4));
	CU_ASSERT_EQUAL(bench.fake->cursor, 4);
	view_bench_send(&bench, VP_MESSAGE(CURSOR_SET, cursor_set, .cursor = 5));
	CU_ASSERT(refused("cursor 5"));
	CU_ASSERT_EQUAL(bench.fake->cursor, 0);
	end();
}

static void test_icon_length(void)
{
	const uint8_t pixels[3 * 4] = { 0 };

	begin();
	view_bench_window(&bench, 1);
	view_bench_send(
		&bench, VP_MESSAGE(WINDOW_ICON, window_icon, .window = 1, .count = 1, .width = 2,
				.height = 2, .pixels = { pixels, sizeof(pixels) }));
	CU_ASSERT(refused("wrong length"));
	end();
}

static void request_state(uint32_t window, uint32_t mask, uint32_t state)
{
	view_bench_send(&bench, VP_MESSAGE(WINDOW_STATE_REQUEST, window_state_request,
					.window = window, .mask = mask, .state = state));
}

static void test_cover_allowed(void)
{
	begin();
	view_bench_window(&bench, 1);
	const struct fake_window *window = fake_presenter_find(bench.fake, 1);
	const uint32_t both = VP_STATE_FULLSCREEN | VP_STATE_STICKY;
	request_state(1, both, both);
	CU_ASSERT_EQUAL(window->state, VP_STATE_STICKY);
	CU_ASSERT_EQUAL(bench.covers_asked, 1);
	CU_ASSERT_EQUAL(bench.cover_states, VP_STATE_FULLSCREEN);
	request_state(1, VP_STATE_FULLSCREEN, VP_STATE_FULLSCREEN);
	CU_ASSERT_EQUAL(bench.covers_asked, 1);
	hc_core_answer_cover(bench.core, 1, VP_STATE_FULLSCREEN, true);
	CU_ASSERT_EQUAL(window->state, both);
	request_state(1, VP_STATE_FULLSCREEN, 0);
	CU_ASSERT_EQUAL(window->state, VP_STATE_STICKY);
	end();
}

static void test_cover_denied(void)
{
	begin();
	view_bench_window(&bench, 1);
	const struct fake_window *window = fake_presenter_find(bench.fake, 1);
	request_state(1, VP_STATE_ABOVE, VP_STATE_ABOVE);
	CU_ASSERT_EQUAL(bench.cover_states, VP_STATE_ABOVE);
	hc_core_answer_cover(bench.core, 1, VP_STATE_ABOVE, false);
	CU_ASSERT_EQUAL(window->state, 0);
	hc_core_answer_cover(bench.core, 1, VP_STATE_ABOVE, true);
	CU_ASSERT_EQUAL(window->state, 0);
	request_state(1, VP_STATE_ABOVE, VP_STATE_ABOVE);
	CU_ASSERT_EQUAL(bench.covers_asked, 2);
	end();
}

static void test_cover_late(void)
{
	begin();
	view_bench_window(&bench, 1);
	const struct fake_window *window = fake_presenter_find(bench.fake, 1);
	request_state(1, VP_STATE_FULLSCREEN, VP_STATE_FULLSCREEN);
	request_state(1, VP_STATE_FULLSCREEN, 0);
	hc_core_answer_cover(bench.core, 1, VP_STATE_FULLSCREEN, true);
	hc_core_answer_cover(bench.core, 77, VP_STATE_FULLSCREEN, true);
	CU_ASSERT_EQUAL(window->state, 0);
	end();
}

static void test_cover_without_answer(void)
{
	begin();
	view_bench_window(&bench, 1);
	request_state(1, VP_STATE_FULLSCREEN, VP_STATE_FULLSCREEN);
	hc_core_forget_covers(bench.core);
	hc_core_answer_cover(bench.core, 1, VP_STATE_FULLSCREEN, true);
	CU_ASSERT_EQUAL(fake_presenter_find(bench.fake, 1)->state, 0);
	request_state(1, VP_STATE_FULLSCREEN, VP_STATE_FULLSCREEN);
	CU_ASSERT_EQUAL(bench.covers_asked, 2);
	end();
}

static void test_cover_of_popup(void)
{
	begin();
	view_bench_window(&bench, 1);
	create(2, true, 1, 0, 0);
	request_state(2, VP_STATE_FULLSCREEN, VP_STATE_FULLSCREEN);
	CU_ASSERT_EQUAL(bench.covers_asked, 0);
	end();
}

static void test_restack(void)
{
	begin();
	view_bench_window(&bench, 1);
	view_bench_window(&bench, 2);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_RESTACK, window_restack, 1, 2, 0));
	CU_ASSERT(bench.guest != NULL);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_RESTACK, window_restack, 1, 3, 0));
	CU_ASSERT(refused("which does not exist"));
	end();
	begin();
	view_bench_window(&bench, 1);
	create(2, true, 1, 0, 0);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_RESTACK, window_restack, .window = 2));
	CU_ASSERT(refused("is a popup"));
	end();
}

static void test_pause(void)
{
	begin();
	view_bench_window(&bench, 1);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_TITLE, window_title, .window = 1,
					.title = vp_text_from("notes", VP_TITLE_MAX)));
	const struct fake_window *window = fake_presenter_find(bench.fake, 1);
	hc_core_set_paused(bench.core, true);
	CU_ASSERT_TRUE(window->dimmed);
	CU_ASSERT_STRING_EQUAL(window->title, "[work, paused] notes");
	fake_presenter_say(
		bench.fake, VP_MESSAGE(INPUT_KEY, input_key, .code = 30, .action = VP_KEY_PRESS));
	fake_presenter_say(bench.fake, VP_MESSAGE(POINTER_MOTION, pointer_motion, .window = 1));
	view_bench_turn(&bench);
	CU_ASSERT_EQUAL(bench.received[VP_OP_INPUT_KEY], 0);
	CU_ASSERT_EQUAL(bench.received[VP_OP_POINTER_MOTION], 0);
	fake_presenter_say(
		bench.fake, VP_MESSAGE(INPUT_KEY, input_key, .code = 30, .action = VP_KEY_RELEASE));
	view_bench_turn(&bench);
	CU_ASSERT_EQUAL(bench.received[VP_OP_INPUT_KEY], 1);
	CU_ASSERT_EQUAL(bench.fake->keys_anew, 0);
	hc_core_set_paused(bench.core, false);
	CU_ASSERT_EQUAL(bench.fake->keys_anew, 1);
	CU_ASSERT_FALSE(window->dimmed);
	CU_ASSERT_STRING_EQUAL(window->title, "[work] notes");
	end();
}

static void test_pause_of_orphan(void)
{
	begin();
	view_bench_window(&bench, 1);
	hc_core_set_paused(bench.core, true);
	hc_core_disconnect(bench.core, "its domain is gone");
	hc_core_set_paused(bench.core, false);
	CU_ASSERT_TRUE(fake_presenter_find(bench.fake, 1)->dimmed);
	end();
}

static void test_agent_instance(void)
{
	begin();
	CU_ASSERT_EQUAL(bench.agent, 1);
	end();
}

static const struct unit_test tests[] = {
	{ "a window covers others once that is allowed", test_cover_allowed },
	{ "a window does not cover others when that is denied", test_cover_denied },
	{ "an answer to what is no longer wanted changes nothing", test_cover_late },
	{ "a broker that dies without an answer leaves a window free to ask the next",
		test_cover_without_answer },
	{ "nobody is asked about a popup, which covers nothing", test_cover_of_popup },
	{ "a window comes, shows its labelled title and class, and goes", test_window_life },
	{ "a message for an unknown window ends the session", test_unknown_window },
	{ "a window cannot be created twice", test_double_window },
	{ "a guest has no more windows than the limit", test_too_many_windows },
	{ "a popup of an unknown owner ends the session", test_popup_owner },
	{ "windows do not belong to each other in a circle", test_owner_circle },
	{ "a frame is done when the display server has read it", test_frame },
	{ "a second frame of a window before the first is done ends the session",
		test_frame_in_flight },
	{ "a frame beyond its buffer or a rectangle beyond its frame ends the session",
		test_frame_bounds },
	{ "a frame in an unknown buffer ends the session", test_unknown_buffer },
	{ "pixels that come as messages are shown, and those of a buffer that is gone ignored",
		test_inline_pixels },
	{ "pixels outside a buffer, too few, too many or for a shared one end the session",
		test_wrong_pixels },
	{ "what a guest makes the view keep is bounded", test_local_memory },
	{ "memory that the transport does not know is refused", test_foreign_memory },
	{ "a destroyed buffer is released when no window shows it any more", test_buffer_release },
	{ "windows outlive their session, dimmed, and the next one finds them", test_reconnect },
	{ "windows whose guest is away say so after their label", test_note_on_label },
	{ "a window that is taken over shows throughout, unless the guest no longer shows it",
		test_shown_throughout },
	{ "what is typed and clicked while its window's guest is away is nobody's",
		test_typing_while_away },
	{ "a guest that announces no windows is known to have none", test_announced_none },
	{ "the windows of a guest that will not come back can be forgotten", test_forget },
	{ "the user can close a window whose guest is away", test_close_away },
	{ "a request made before the user's last move does not undo the move", test_stale_request },
	{ "a window is not larger than the screen both ways, label included",
		test_larger_than_the_screen },
	{ "only a cursor that was sent can be set, and it goes with the session", test_cursor },
	{ "an icon must have as many pixels as it says", test_icon_length },
	{ "a window is restacked beside one that exists, and a popup is not", test_restack },
	{ "a paused guest's windows say so, and take no new input", test_pause },
	{ "windows of a guest that has gone stay dimmed when no pause holds any more",
		test_pause_of_orphan },
	{ "a new session tells which agent it is with", test_agent_instance },
};

UNIT_MAIN("view-core", tests)

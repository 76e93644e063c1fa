#include "unit.h"

#include <string.h>

#include "budget.h"
#include "view-bench.h"

enum {
	START_MS = 1000,
	WINDOW = 1,
	POPUP = 100,
	CURSOR = 3,
	BURST_SECONDS = VP_BURST_MS / 1000,
	TITLE_MS = 1000 / VP_TITLES_PER_SECOND,
	CURSOR_MS = 1000 / VP_CURSORS_PER_SECOND + 1,
	BELL_MS = 1000 / VP_BELLS_PER_SECOND,
	FRAME_MS = 16,
	FRAMES = 600,
	WIDTH = 400,
	HEIGHT = 300,
};

static struct view_bench bench;

static void pass(int64_t milliseconds)
{
	bench.now += milliseconds;
	hc_core_advance(bench.core, bench.now);
	view_bench_turn(&bench);
}

/* Time stands still unless a test lets it pass. */
static void begin(void)
{
	view_bench_init(&bench);
	pass(START_MS);
	view_bench_window(&bench, WINDOW);
}

static void end(void)
{
	CU_ASSERT(bench.guest != NULL);
	view_bench_finish(&bench);
}

static bool is_held(void)
{
	return hc_core_get_fd(bench.core) < 0;
}

/* As a loop would: until the core has nothing more to wait for. How long that took. */
static int64_t pass_deadlines(void)
{
	int64_t start = bench.now;
	int64_t deadline;
	while ((deadline = hc_core_deadline(bench.core)) >= 0) {
		CU_ASSERT_FATAL(deadline > bench.now);
		pass(deadline - bench.now);
	}
	return bench.now - start;
}

static void set_title(const char *title)
{
	view_bench_send(&bench, VP_MESSAGE(WINDOW_TITLE, window_title, .window = WINDOW,
					.title = vp_text_from(title, VP_TITLE_MAX)));
}

static const char *shown_title(void)
{
	return fake_presenter_find(bench.fake, WINDOW)->title;
}

static void test_titles(void)
{
	begin();
	set_title("first");
	set_title("second");
	set_title("last");
	CU_ASSERT_STRING_EQUAL(shown_title(), "[work] first");
	CU_ASSERT_EQUAL(pass_deadlines(), TITLE_MS);
	CU_ASSERT_STRING_EQUAL(shown_title(), "[work] last");
	CU_ASSERT_FALSE(is_held());
	end();
}

static void test_title_of_gone_window(void)
{
	begin();
	set_title("first");
	set_title("last");
	view_bench_send(&bench, VP_MESSAGE(WINDOW_DESTROY, window_destroy, .window = WINDOW));
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), -1);
	end();
}

static void add_cursor(uint32_t cursor)
{
	static const uint8_t pixel[4];
	view_bench_send(&bench, VP_MESSAGE(CURSOR_IMAGE, cursor_image, .cursor = cursor, .width = 1,
					.height = 1, .pixels = { pixel, sizeof(pixel) }));
}

static void set_cursor(uint32_t cursor)
{
	view_bench_send(&bench, VP_MESSAGE(CURSOR_SET, cursor_set, .cursor = cursor));
}

static void test_cursors(void)
{
	begin();
	for (uint32_t cursor = CURSOR; cursor < CURSOR + 3; cursor++)
		add_cursor(cursor);
	set_cursor(CURSOR);
	set_cursor(CURSOR + 1);
	set_cursor(CURSOR + 2);
	CU_ASSERT_EQUAL(bench.fake->cursor, CURSOR);
	CU_ASSERT_EQUAL(pass_deadlines(), CURSOR_MS);
	CU_ASSERT_EQUAL(bench.fake->cursor, CURSOR + 2);
	end();
}

static void test_cursor_of_gone_session(void)
{
	begin();
	add_cursor(CURSOR);
	add_cursor(CURSOR + 1);
	set_cursor(CURSOR);
	set_cursor(CURSOR + 1);
	vp_session_fail(bench.guest, VP_BYE_SHUTDOWN, "gone");
	view_bench_turn(&bench);
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), -1);
	view_bench_connect(&bench);
	end();
}

static void test_bells(void)
{
	begin();
	for (int i = 0; i < 100; i++)
		view_bench_send(&bench, VP_MESSAGE(BELL, bell, .percent = 50));
	CU_ASSERT_EQUAL(bench.fake->bells, 1);
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), -1);
	pass(BELL_MS);
	view_bench_send(&bench, VP_MESSAGE(BELL, bell, .percent = 50));
	CU_ASSERT_EQUAL(bench.fake->bells, 2);
	end();
}

static void hide(unsigned int times)
{
	for (unsigned int i = 0; i < times; i++)
		CU_ASSERT(vp_session_send(
			bench.guest, VP_MESSAGE(WINDOW_OPACITY, window_opacity, .window = WINDOW)));
	view_bench_turn(&bench);
}

/* Each of them costs what a change does, and a message. */
static unsigned int burst(void)
{
	return (unsigned int)(BURST_SECONDS * (int64_t)HC_BUDGET_SECOND / hc_budget_change());
}

static void test_burst(void)
{
	begin();
	hide(burst() / 2);
	CU_ASSERT_FALSE(is_held());
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), -1);
	end();
}

static void test_flood(void)
{
	begin();
	hide(burst());
	hide(burst());
	CU_ASSERT_TRUE(is_held());
	/* Input goes on meanwhile. */
	fake_presenter_say(bench.fake, VP_MESSAGE(INPUT_KEY, input_key, .code = 30, .action = 1));
	view_bench_turn(&bench);
	CU_ASSERT_EQUAL(bench.received[VP_OP_INPUT_KEY], 1);
	/* All of it comes, in the time that it costs. */
	set_title("after all");
	CU_ASSERT_STRING_EQUAL(shown_title(), "[work]");
	int64_t waited = pass_deadlines();
	CU_ASSERT(waited > VP_BURST_MS && waited < 2 * VP_BURST_MS);
	CU_ASSERT_STRING_EQUAL(shown_title(), "[work] after all");
	CU_ASSERT_FALSE(is_held());
	end();
}

/* A new session does not begin with a new budget. */
static void test_flood_and_reconnect(void)
{
	begin();
	hide(2 * burst());
	CU_ASSERT_TRUE(is_held());
	vp_session_destroy(bench.guest);
	view_bench_connect(&bench);
	CU_ASSERT_TRUE(is_held());
	CU_ASSERT_EQUAL(bench.ready, 1);
	pass_deadlines();
	CU_ASSERT_EQUAL(bench.ready, 2);
	end();
}

static void test_pings(void)
{
	begin();
	for (int i = 0; i < BURST_SECONDS * VP_MESSAGES_PER_SECOND + 1; i++) {
		CU_ASSERT_FATAL(vp_session_ping(bench.guest, 1));
		view_bench_turn(&bench);
		if (is_held())
			break;
	}
	CU_ASSERT_TRUE(is_held());
	end();
}

static void test_starting_application(void)
{
	enum { WINDOWS = 10 };
	static const uint8_t icon[64 * 64 * 4];
	begin();
	for (uint32_t id = 2; id < 2 + WINDOWS; id++) {
		view_bench_window(&bench, id);
		for (int i = 0; i < 10; i++)
			view_bench_send(
				&bench, VP_MESSAGE(WINDOW_OPACITY, window_opacity, .window = id));
		view_bench_send(&bench,
			VP_MESSAGE(WINDOW_ICON, window_icon, .window = id, .count = 1, .width = 64,
				.height = 64, .pixels = { icon, sizeof(icon) }));
	}
	CU_ASSERT_FALSE(is_held());
	end();
}

static void set_screen(uint32_t width, uint32_t height)
{
	fake_presenter_say(bench.fake,
		VP_MESSAGE(MONITOR, monitor, .count = 1, .width = width, .height = height,
			.screen_width = width, .screen_height = height,
			.name = vp_text_from("one", VP_NAME_MAX)));
}

static void present(
	uint32_t window, uint32_t buffer, uint32_t serial, uint32_t width, uint32_t height)
{
	uint8_t encoded[VP_RECT_BYTES];
	const struct vp_rect rect = { 0, 0, (uint16_t)width, (uint16_t)height };
	view_bench_send(
		&bench, VP_MESSAGE(FRAME_PRESENT, frame_present, .window = window, .buffer = buffer,
				.serial = serial, .width = width, .height = height,
				.rects = vp_rects_put(encoded, &rect, 1)));
}

static void play_video(uint32_t width, uint32_t height)
{
	struct vp_buffer *buffer = NULL;
	begin();
	set_screen(width, height);
	uint32_t id = view_bench_buffer(&bench, width, height, &buffer);
	for (uint32_t i = 1; i <= FRAMES; i++) {
		pass(FRAME_MS);
		present(WINDOW, id, i, width, height);
		CU_ASSERT_EQUAL(bench.received[VP_OP_FRAME_DONE], i);
	}
	vp_buffer_destroy(buffer);
	end();
}

static void test_video(void)
{
	play_video(1920, 1080);
	play_video(3840, 2160);
}

static void test_frames(void)
{
	struct vp_buffer *buffer = NULL;
	unsigned int *answered = &bench.received[VP_OP_FRAME_DONE];
	begin();
	uint32_t id = view_bench_buffer(&bench, WIDTH, HEIGHT, &buffer);
	uint32_t frames = 0;
	while (*answered == frames)
		present(WINDOW, id, ++frames, WIDTH, HEIGHT);
	CU_ASSERT(frames > BURST_SECONDS * VP_FRAMES_PER_SECOND / 4);
	CU_ASSERT_EQUAL(fake_presenter_find(bench.fake, WINDOW)->presents, frames);
	/* All else goes on. */
	CU_ASSERT_FALSE(is_held());
	set_title("meanwhile");
	CU_ASSERT_STRING_EQUAL(shown_title(), "[work] meanwhile");
	pass_deadlines();
	CU_ASSERT_EQUAL(*answered, frames);
	vp_buffer_destroy(buffer);
	end();
}

static void test_frame_of_gone_window(void)
{
	struct vp_buffer *buffer = NULL;
	begin();
	uint32_t id = view_bench_buffer(&bench, WIDTH, HEIGHT, &buffer);
	uint32_t frames = 0;
	while (bench.received[VP_OP_FRAME_DONE] == frames)
		present(WINDOW, id, ++frames, WIDTH, HEIGHT);
	view_bench_send(&bench, VP_MESSAGE(WINDOW_DESTROY, window_destroy, .window = WINDOW));
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), -1);
	vp_buffer_destroy(buffer);
	end();
}

/* What a guest may do so often a second, and no message costs nothing. */
static const struct soft_limit {
	unsigned int per_second;
	struct vp_message message;
} soft_limits[] = {
	{ VP_PLACES_PER_SECOND,
		{ VP_OP_WINDOW_CONFIGURE_REQUEST, { .window_configure_request = { .window = WINDOW,
							    .width = 1,
							    .height = 1 } } } },
	{ VP_PLACES_PER_SECOND,
		{ VP_OP_WINDOW_STATE_REQUEST, { .window_state_request = { .window = WINDOW } } } },
	{ VP_PLACES_PER_SECOND,
		{ VP_OP_WINDOW_ACTIVATE, { .window_activate = { .window = WINDOW } } } },
	{ VP_PLACES_PER_SECOND,
		{ VP_OP_WINDOW_RESTACK, { .window_restack = { .window = WINDOW } } } },
	{ VP_CHANGES_PER_SECOND,
		{ VP_OP_WINDOW_OPACITY, { .window_opacity = { .window = WINDOW } } } },
	{ VP_CHANGES_PER_SECOND, { VP_OP_WINDOW_HINTS, { .window_hints = { .window = WINDOW } } } },
	{ VP_REQUESTS_PER_SECOND,
		{ VP_OP_CLIPBOARD_OFFERED, { .clipboard_offered = { .types = 1 } } } },
	{ VP_REQUESTS_PER_SECOND, { VP_OP_NOTIFY_CLOSE, { .notify_close = { 1 } } } },
	{ VP_APPLICATIONS_PER_SECOND, { VP_OP_APPLICATION, { .application = { .id = { "a", 1 },
								     .name = { "a", 1 } } } } },
	{ VP_MESSAGES_PER_SECOND,
		{ VP_OP_WINDOW_TITLE, { .window_title = { .window = WINDOW } } } },
	{ VP_MESSAGES_PER_SECOND, { VP_OP_BELL, { .bell = { 0 } } } },
};

/* Says it as often as it is read. */
static unsigned int count_until_held(const struct vp_message *message)
{
	unsigned int count = 0;
	while (!is_held()) {
		view_bench_send(&bench, message);
		count++;
	}
	return count;
}

static void test_soft_limits(void)
{
	for (size_t i = 0; i < sizeof(soft_limits) / sizeof(soft_limits[0]); i++) {
		begin();
		pass(VP_BURST_MS);
		unsigned int burst = BURST_SECONDS * soft_limits[i].per_second;
		unsigned int count = count_until_held(&soft_limits[i].message);
		/* Each costs what any message does in addition. */
		CU_ASSERT(count <= burst + 1);
		CU_ASSERT(count > burst * 8 / 10);
		/* Once it has been paid for, as much may come again. */
		pass_deadlines();
		pass(VP_BURST_MS);
		CU_ASSERT_EQUAL(count_until_held(&soft_limits[i].message), count);
		end();
	}
}

static void create_popup(uint32_t id)
{
	view_bench_send(&bench, VP_MESSAGE(WINDOW_CREATE, window_create, .window = id, .popup = 1,
					.owner = WINDOW, .width = 1, .height = 1));
}

static void test_popups(void)
{
	begin();
	bench.step = 1000;
	for (uint32_t i = 0; i < VP_POPUPS_MAX; i++)
		create_popup(POPUP + i);
	CU_ASSERT_FATAL(bench.guest != NULL);
	/* Those that are gone do not count. */
	view_bench_send(&bench, VP_MESSAGE(WINDOW_DESTROY, window_destroy, .window = POPUP));
	create_popup(POPUP);
	CU_ASSERT_FATAL(bench.guest != NULL);
	create_popup(POPUP + VP_POPUPS_MAX);
	CU_ASSERT(bench.guest == NULL && strstr(bench.reason, "more than 256 popups") != NULL);
	view_bench_finish(&bench);
}

static void test_idle(void)
{
	begin();
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), -1);
	end();
}

static const struct unit_test tests[] = {
	{ "of titles that come faster than they can be read the last one shows", test_titles },
	{ "a title that is due goes with its window", test_title_of_gone_window },
	{ "of cursors that change faster than the screen the last one shows", test_cursors },
	{ "a cursor that is due goes with its session", test_cursor_of_gone_session },
	{ "bells that ring at once are one", test_bells },
	{ "a burst within the bound is not slowed", test_burst },
	{ "a flood is read as fast as it may, all of it, and input goes on", test_flood },
	{ "a guest that comes back has no new budget", test_flood_and_reconnect },
	{ "messages of the session itself count, too", test_pings },
	{ "an application that starts is not slowed", test_starting_application },
	{ "a video that fills the screen is never slowed, up to 4K", test_video },
	{ "frames beyond the bound are answered later, and all else goes on", test_frames },
	{ "an answer that is due goes with its window", test_frame_of_gone_window },
	{ "each soft limit lets as much pass at once as it says, and again when that is paid for",
		test_soft_limits },
	{ "a guest has as many popups as are allowed, and no more", test_popups },
	{ "a core that nothing is asked of wakes up for nothing", test_idle },
};

UNIT_MAIN("view-pacing", tests)

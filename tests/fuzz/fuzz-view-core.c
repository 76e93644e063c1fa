/*
 * The view's core, whose guest says arbitrary things in good form, in between presents real
 * buffers, comes and goes; the fake presenter stops the program when the core names what does not
 * exist. Each step of the input is a byte that chooses what happens, and the bytes that fill its
 * fields.
 */
#include <string.h>

#include "fuzz.h"
#include "message-source.h"
#include "view-bench.h"

enum {
	STEPS_MAX = 200,
	STEP_MS = 20,
	ID_MAX = FUZZ_ID_MAX,
	SIDE_MAX = 64,
};

static void send_message(struct view_bench *bench, uint8_t index, struct fuzz_source *source)
{
	struct vp_message message;

	if (!fuzz_fill_message(&message, index, source))
		return;
	if ((vp_op_directions((uint16_t)message.op) & VP_TO_PRIMARY) != 0)
		(void)vp_session_send(bench->guest, &message);
	else if (vp_op_channel((uint16_t)message.op) != VP_CHANNEL_LAUNCH)
		fake_presenter_say(bench->fake, &message);
}

static void send_buffer(struct view_bench *bench, struct fuzz_source *source)
{
	struct vp_buffer *buffer = NULL;

	if (vp_session_buffer_create(bench->guest, 1U + fuzz_next_byte(source) % SIDE_MAX,
		    1U + fuzz_next_byte(source) % SIDE_MAX, VP_FORMAT_XRGB8888, &buffer))
		vp_buffer_destroy(buffer);
}

static void finish_frames(struct view_bench *bench)
{
	for (uint32_t id = 0; id <= ID_MAX + 1; id++) {
		const struct fake_window *window = fake_presenter_find(bench->fake, id);
		if (window != NULL && window->frame_pending)
			fake_presenter_finish_frame(bench->fake, id);
	}
}

static void step(struct view_bench *bench, struct fuzz_source *source)
{
	enum { BUFFER = 250, FRAMES, LOSE, FORGET, HOLD };
	uint8_t what = fuzz_next_byte(source);

	if (bench->guest == NULL)
		view_bench_connect(bench);
	switch (what) {
	case BUFFER:
		send_buffer(bench, source);
		break;
	case FRAMES:
		finish_frames(bench);
		break;
	case LOSE:
		vp_session_fail(bench->guest, VP_BYE_SHUTDOWN, "lost");
		break;
	case FORGET:
		hc_core_forget_windows(bench->core);
		break;
	case HOLD:
		bench->fake->holds_frames = !bench->fake->holds_frames;
		break;
	default:
		send_message(bench, what, source);
		break;
	}
	view_bench_turn(bench);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct view_bench bench;
	struct fuzz_source source = { data, size };

	view_bench_init(&bench);
	bench.step = STEP_MS;
	for (int i = 0; i < STEPS_MAX && source.left > 0; i++)
		step(&bench, &source);
	view_bench_finish(&bench);
	return 0;
}

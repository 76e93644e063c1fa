/*
 * The view's core, whose guest says arbitrary things in good form, in between presents real
 * buffers, comes and goes; the fake presenter stops the program when the core names what does not
 * exist. Each step of the input is a byte that chooses what happens, and the bytes that fill its
 * fields.
 */
#include <string.h>

#include "view-bench.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	STEPS_MAX = 200,
	ID_MAX = 6,
	SIDE_MAX = 64,
	BYTES_MAX = 255,
};

struct source {
	const uint8_t *at;
	size_t left;
};

static uint8_t scratch[BYTES_MAX * VP_RECT_BYTES];

static uint8_t next_byte(struct source *source)
{
	if (source->left == 0)
		return 0;
	source->left--;
	return *source->at++;
}

/* Mostly small numbers, so that ids meet; sometimes a bound. */
static uint64_t next_number(struct source *source, uint64_t min, uint64_t max)
{
	uint8_t byte = next_byte(source);

	if (byte == BYTES_MAX)
		return max;
	return MIN(min + byte % (ID_MAX + 1U), max);
}

static int32_t next_signed(struct source *source, int32_t min, int32_t max)
{
	uint8_t byte = next_byte(source);

	return byte == BYTES_MAX ? max : byte == BYTES_MAX - 1 ? min : (int8_t)byte;
}

static struct vp_bytes next_bytes(struct source *source, size_t max)
{
	size_t len = MIN(next_byte(source), max);
	struct vp_bytes bytes = { source->at, MIN(len, source->left) };

	source->at += bytes.len;
	source->left -= bytes.len;
	return bytes;
}

static struct vp_text next_text(struct source *source, size_t max)
{
	struct vp_bytes bytes = next_bytes(source, max);
	struct vp_text text = { (const char *)bytes.data, bytes.len };

	if (!vp_text_valid(text.data, text.len))
		text.len = 0;
	return text;
}

static struct vp_rects next_rects(struct source *source, size_t min)
{
	struct vp_rect rects[ID_MAX + 1];
	size_t count = next_number(source, min, ID_MAX);

	for (size_t i = 0; i < count; i++)
		rects[i] = (struct vp_rect){
			.x = (int16_t)next_signed(source, 0, SIDE_MAX),
			.y = (int16_t)next_signed(source, 0, SIDE_MAX),
			.width = next_byte(source) % SIDE_MAX,
			.height = next_byte(source) % SIDE_MAX,
		};
	return vp_rects_put(scratch, rects, count);
}

static struct vp_ids next_ids(struct source *source)
{
	const uint32_t ids[] = { next_byte(source), next_byte(source) };

	return vp_ids_put(scratch, ids, G_N_ELEMENTS(ids));
}

#define NEXT_u8(min, max) (uint8_t) next_number(source, min, max)
#define NEXT_u16(min, max) (uint16_t) next_number(source, min, max)
#define NEXT_u32(min, max) (uint32_t) next_number(source, min, max)
#define NEXT_u64(min, max) next_number(source, min, max)
#define NEXT_i32(min, max) next_signed(source, min, max)
#define NEXT_text(min, max) next_text(source, max)
#define NEXT_bytes(min, max) next_bytes(source, max)
#define NEXT_ids(min, max) next_ids(source)
#define NEXT_rects(min, max) next_rects(source, min)
#define FILL_FIELD(type, name, min, max, doc) m->name = NEXT_##type(min, max);
#define FILL(op, UP, low, dir, channel, doc) \
	static void fill_##low(struct vp_##low *m, struct source *source) \
	{ \
		VP_##UP(FILL_FIELD) \
	}
VP_MESSAGES(FILL)

/* The nth message of the table. */
static bool fill_message(struct vp_message *message, size_t index, struct source *source)
{
#define FILL_CASE(opcode, UP, low, dir, channel, doc) \
	if (index-- == 0) { \
		message->op = VP_OP_##UP; \
		fill_##low(&message->low, source); \
		return true; \
	}
	VP_MESSAGES(FILL_CASE)
	return false;
}

static void send_message(struct view_bench *bench, uint8_t index, struct source *source)
{
	struct vp_message message;

	memset(&message, 0, sizeof(message));
	if (!fill_message(&message, index, source))
		return;
	if ((vp_op_directions((uint16_t)message.op) & VP_TO_PRIMARY) != 0)
		(void)vp_session_send(bench->guest, &message);
	else if (vp_op_channel((uint16_t)message.op) != VP_CHANNEL_LAUNCH)
		fake_presenter_say(bench->fake, &message);
}

static void send_buffer(struct view_bench *bench, struct source *source)
{
	struct vp_buffer *buffer = NULL;

	if (vp_session_buffer_create(bench->guest, 1U + next_byte(source) % SIDE_MAX,
		    1U + next_byte(source) % SIDE_MAX, VP_FORMAT_XRGB8888, &buffer))
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

static void step(struct view_bench *bench, struct source *source)
{
	enum { BUFFER = 250, FRAMES, LOSE, FORGET, HOLD };
	uint8_t what = next_byte(source);

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
	struct source source = { data, size };

	view_bench_init(&bench);
	for (int i = 0; i < STEPS_MAX && source.left > 0; i++)
		step(&bench, &source);
	view_bench_finish(&bench);
	return 0;
}

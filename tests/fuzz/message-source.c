#include "message-source.h"

#include <glib.h>
#include <string.h>

enum {
	SIDE_MAX = 64,
	BYTES_MAX = 255,
};

static uint8_t scratch[BYTES_MAX * VP_RECT_BYTES];

uint8_t fuzz_next_byte(struct fuzz_source *source)
{
	if (source->left == 0)
		return 0;
	source->left--;
	return *source->at++;
}

/* Mostly small numbers, so that ids meet; sometimes a bound. */
static uint64_t next_number(struct fuzz_source *source, uint64_t min, uint64_t max)
{
	uint8_t byte = fuzz_next_byte(source);

	if (byte == BYTES_MAX)
		return max;
	return MIN(min + byte % (FUZZ_ID_MAX + 1U), max);
}

static int32_t next_signed(struct fuzz_source *source, int32_t min, int32_t max)
{
	uint8_t byte = fuzz_next_byte(source);

	return byte == BYTES_MAX ? max : byte == BYTES_MAX - 1 ? min : (int8_t)byte;
}

static struct vp_bytes next_bytes(struct fuzz_source *source, size_t max)
{
	size_t len = MIN(fuzz_next_byte(source), max);
	struct vp_bytes bytes = { source->at, MIN(len, source->left) };

	source->at += bytes.len;
	source->left -= bytes.len;
	return bytes;
}

static struct vp_text next_text(struct fuzz_source *source, size_t max)
{
	struct vp_bytes bytes = next_bytes(source, max);
	struct vp_text text = { (const char *)bytes.data, bytes.len };

	if (!vp_text_valid(text.data, text.len))
		text.len = 0;
	return text;
}

static struct vp_rects next_rects(struct fuzz_source *source, size_t min)
{
	struct vp_rect rects[FUZZ_ID_MAX + 1];
	size_t count = next_number(source, min, FUZZ_ID_MAX);

	for (size_t i = 0; i < count; i++)
		rects[i] = (struct vp_rect){
			.x = (int16_t)next_signed(source, 0, SIDE_MAX),
			.y = (int16_t)next_signed(source, 0, SIDE_MAX),
			.width = fuzz_next_byte(source) % SIDE_MAX,
			.height = fuzz_next_byte(source) % SIDE_MAX,
		};
	return vp_rects_put(scratch, rects, count);
}

static struct vp_ids next_ids(struct fuzz_source *source)
{
	const uint32_t ids[] = { fuzz_next_byte(source), fuzz_next_byte(source) };

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
	static void fill_##low(struct vp_##low *m, struct fuzz_source *source) \
	{ \
		VP_##UP(FILL_FIELD) \
	}
VP_MESSAGES(FILL)

bool fuzz_fill_message(struct vp_message *message, size_t index, struct fuzz_source *source)
{
	memset(message, 0, sizeof(*message));
#define FILL_CASE(opcode, UP, low, dir, channel, doc) \
	if (index-- == 0) { \
		message->op = VP_OP_##UP; \
		fill_##low(&message->low, source); \
		return true; \
	}
	VP_MESSAGES(FILL_CASE)
	return false;
}

bool fuzz_fill_op(struct vp_message *message, uint16_t op, struct fuzz_source *source)
{
	memset(message, 0, sizeof(*message));
#define FILL_OP(opcode, UP, low, dir, channel, doc) \
	case opcode: \
		message->op = VP_OP_##UP; \
		fill_##low(&message->low, source); \
		return true;
	switch (op) {
		VP_MESSAGES(FILL_OP)
	default:
		return false;
	}
#undef FILL_OP
}

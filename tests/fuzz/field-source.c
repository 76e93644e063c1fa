#include "field-source.h"

#include <glib.h>

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

uint64_t fuzz_next_number(struct fuzz_source *source, uint64_t min, uint64_t max)
{
	uint8_t byte = fuzz_next_byte(source);

	if (byte == BYTES_MAX)
		return max;
	return MIN(min + byte % (FUZZ_ID_MAX + 1U), max);
}

int32_t fuzz_next_signed(struct fuzz_source *source, int32_t min, int32_t max)
{
	uint8_t byte = fuzz_next_byte(source);

	return byte == BYTES_MAX ? max : byte == BYTES_MAX - 1 ? min : (int8_t)byte;
}

struct vp_bytes fuzz_next_bytes(struct fuzz_source *source, size_t max)
{
	size_t len = MIN(fuzz_next_byte(source), max);
	struct vp_bytes bytes = { source->at, MIN(len, source->left) };

	source->at += bytes.len;
	source->left -= bytes.len;
	return bytes;
}

struct vp_text fuzz_next_text(struct fuzz_source *source, size_t min, size_t max)
{
	static const char filler[] = "abcdefgh";
	struct vp_bytes bytes = fuzz_next_bytes(source, max);
	struct vp_text text = { (const char *)bytes.data, bytes.len };

	if (!vp_text_valid(text.data, text.len))
		text.len = 0;
	if (text.len < min && min < sizeof(filler))
		text = (struct vp_text){ filler, min };
	return text;
}

struct vp_rects fuzz_next_rects(struct fuzz_source *source, size_t min)
{
	struct vp_rect rects[FUZZ_ID_MAX + 1];
	size_t count = fuzz_next_number(source, min, FUZZ_ID_MAX);

	for (size_t i = 0; i < count; i++)
		rects[i] = (struct vp_rect){
			.x = (int16_t)fuzz_next_signed(source, 0, SIDE_MAX),
			.y = (int16_t)fuzz_next_signed(source, 0, SIDE_MAX),
			.width = fuzz_next_byte(source) % SIDE_MAX,
			.height = fuzz_next_byte(source) % SIDE_MAX,
		};
	return vp_rects_put(scratch, rects, count);
}

struct vp_ids fuzz_next_ids(struct fuzz_source *source)
{
	const uint32_t ids[] = { fuzz_next_byte(source), fuzz_next_byte(source) };

	return vp_ids_put(scratch, ids, G_N_ELEMENTS(ids));
}

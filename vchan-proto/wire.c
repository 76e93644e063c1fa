#include "wire.h"

#include <string.h>

#include "codec.h"

#define PUT_FIELD(type, name, min, max, doc) vp_put_##type(&w, m->name, min, max);
#define GET_FIELD(type, name, min, max, doc) vp_get_##type(&r, &m->name, min, max);
#define SIZE_FIELD(type, name, min, max, doc) +vp_size_##type(m->name)

#define CODEC(op, UP, low, dir, channel, doc) \
	static bool encode_##low( \
		uint8_t *buffer, size_t capacity, const struct vp_##low *m, size_t *len) \
	{ \
		struct vp_writer w = { buffer, capacity, true }; \
		VP_##UP(PUT_FIELD) if (!w.ok) return false; \
		*len = capacity - w.left; \
		return true; \
	} \
	static bool decode_##low(const uint8_t *buffer, size_t len, struct vp_##low *m) \
	{ \
		struct vp_reader r = { buffer, len, true }; \
		VP_##UP(GET_FIELD) return r.ok && r.left == 0; \
	} \
	static size_t size_##low(const struct vp_##low *m) \
	{ \
		return 0 VP_##UP(SIZE_FIELD); \
	}
VP_MESSAGES(CODEC)

bool vp_message_encode(
	const struct vp_message *message, uint8_t *buffer, size_t capacity, size_t *len)
{
#define ENCODE(op, UP, low, dir, channel, doc) \
	case VP_OP_##UP: \
		return encode_##low(buffer, capacity, &message->low, len);
	switch (message->op) {
		VP_MESSAGES(ENCODE)
	}
#undef ENCODE
	return false;
}

size_t vp_message_size(const struct vp_message *message)
{
#define SIZE(op, UP, low, dir, channel, doc) \
	case VP_OP_##UP: \
		return size_##low(&message->low);
	switch (message->op) {
		VP_MESSAGES(SIZE)
	}
#undef SIZE
	return 0;
}

bool vp_message_decode(uint16_t op, const uint8_t *buffer, size_t len, struct vp_message *message)
{
#define DECODE(opcode, UP, low, dir, channel, doc) \
	case opcode: \
		message->op = VP_OP_##UP; \
		return decode_##low(buffer, len, &message->low);
	switch (op) {
		VP_MESSAGES(DECODE)
	default:
		return false;
	}
#undef DECODE
}

const char *vp_op_name(uint16_t op)
{
#define NAME(opcode, UP, low, dir, channel, doc) \
	case opcode: \
		return #low;
	switch (op) {
		VP_MESSAGES(NAME)
	default:
		return "unknown";
	}
#undef NAME
}

int vp_op_channel(uint16_t op)
{
#define CHANNEL(opcode, UP, low, dir, channel, doc) \
	case opcode: \
		return channel;
	switch (op) {
		VP_MESSAGES(CHANNEL)
	default:
		return -1;
	}
#undef CHANNEL
}

int vp_op_directions(uint16_t op)
{
#define DIRECTIONS(opcode, UP, low, dir, channel, doc) \
	case opcode: \
		return VP_##dir;
	switch (op) {
		VP_MESSAGES(DIRECTIONS)
	default:
		return 0;
	}
#undef DIRECTIONS
}

size_t vp_channel_message_max(enum vp_channel channel)
{
	return channel == VP_CHANNEL_CONTROL ? VP_CONTROL_MESSAGE_MAX : VP_MESSAGE_MAX;
}

uint32_t vp_ids_get(struct vp_ids ids, size_t index)
{
	return (uint32_t)vp_load_le(ids.data + index * VP_ID_BYTES, VP_ID_BYTES);
}

static int16_t signed16(uint64_t bits)
{
	return bits <= INT16_MAX ? (int16_t)bits : (int16_t)((int32_t)bits - UINT16_MAX - 1);
}

struct vp_rect vp_rects_get(struct vp_rects rects, size_t index)
{
	const uint8_t *at = rects.data + index * VP_RECT_BYTES;
	return (struct vp_rect){
		.x = signed16(vp_load_le(at, 2)),
		.y = signed16(vp_load_le(at + 2, 2)),
		.width = (uint16_t)vp_load_le(at + 4, 2),
		.height = (uint16_t)vp_load_le(at + 6, 2),
	};
}

struct vp_ids vp_ids_put(uint8_t *data, const uint32_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		vp_store_le(data + i * VP_ID_BYTES, ids[i], VP_ID_BYTES);
	return (struct vp_ids){ data, count };
}

struct vp_rects vp_rects_put(uint8_t *data, const struct vp_rect *rects, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t *at = data + i * VP_RECT_BYTES;
		vp_store_le(at, (uint16_t)rects[i].x, 2);
		vp_store_le(at + 2, (uint16_t)rects[i].y, 2);
		vp_store_le(at + 4, rects[i].width, 2);
		vp_store_le(at + 6, rects[i].height, 2);
	}
	return (struct vp_rects){ data, count };
}

struct vp_text vp_text_from(const char *string, size_t max)
{
	size_t len = strlen(string);
	if (len > max) {
		len = max;
		while (len > 0 && ((unsigned char)string[len] & 0xc0) == 0x80)
			len--;
	}
	return (struct vp_text){ string, len };
}

/* The number of bytes of the character at data, 0 if it is malformed. */
static size_t character_bytes(const unsigned char *data, size_t len)
{
	unsigned char lead = data[0];
	if (lead < 0x80)
		return lead != 0 ? 1 : 0;
	size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	if (lead < 0xc2 || lead > 0xf4 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((data[i] & 0xc0) != 0x80)
			return 0;
	bool overlong = (lead == 0xe0 && data[1] < 0xa0) || (lead == 0xf0 && data[1] < 0x90);
	bool surrogate = lead == 0xed && data[1] > 0x9f;
	bool too_large = lead == 0xf4 && data[1] > 0x8f;
	return overlong || surrogate || too_large ? 0 : n;
}

bool vp_text_valid(const char *data, size_t len)
{
	const unsigned char *at = (const unsigned char *)data;
	while (len > 0) {
		size_t n = character_bytes(at, len);
		if (n == 0)
			return false;
		at += n;
		len -= n;
	}
	return true;
}

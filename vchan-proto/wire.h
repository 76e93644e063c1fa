/*
 * The wire: structs, encoders, decoders and names of every message in messages.def.
 *
 * Plain C11 and libc; the same code serves every platform. Decoded text, bytes, ids and rects point
 * into the bytes that were decoded and live as long as these. Decoding accepts a message only if it
 * has the exact length, every field is within its range, and every text is UTF-8 without NUL;
 * encoding refuses what decoding would refuse.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "messages.def"

#define VP_LIMIT(name, value, doc) VP_##name = value,
enum vp_limit { VP_LIMITS(VP_LIMIT) };
#undef VP_LIMIT

/* enum vp_bye_reason { VP_BYE_SHUTDOWN = 0, ... } and so on: VP_, the enumeration's prefix, the
 * name. */
#define VP_BYE_VALUE(name, value, doc) VP_BYE_##name = value,
#define VP_TYPE_VALUE(name, value, doc) VP_TYPE_##name = value,
#define VP_STATE_VALUE(name, value, doc) VP_STATE_##name = value,
#define VP_HINT_VALUE(name, value, doc) VP_HINT_##name = value,
#define VP_FIELD_VALUE(name, value, doc) VP_FIELD_##name = value,
#define VP_FORMAT_VALUE(name, value, doc) VP_FORMAT_##name = value,
#define VP_MEMORY_VALUE(name, value, doc) VP_MEMORY_##name = value,
#define VP_SHAPE_VALUE(name, value, doc) VP_SHAPE_##name = value,
#define VP_KEY_VALUE(name, value, doc) VP_KEY_##name = value,
#define VP_GRIP_VALUE(name, value, doc) VP_GRIP_##name = value,
#define VP_SELECTION_VALUE(name, value, doc) VP_SELECTION_##name = value,
#define VP_CLIPBOARD_VALUE(name, value, doc) VP_CLIPBOARD_##name = value,
#define VP_STREAM_VALUE(name, value, doc) VP_STREAM_##name = value,
#define VP_ENUM(prefix, name, list, doc) enum vp_##name{ list(VP_##prefix##_VALUE) };
VP_ENUMS(VP_ENUM)
#undef VP_ENUM

/* UTF-8 without NUL, not NUL-terminated, len bytes. */
struct vp_text {
	const char *data;
	size_t len;
};

struct vp_bytes {
	const uint8_t *data;
	size_t len;
};

/* count encoded ids; read one with vp_ids_get(). */
struct vp_ids {
	const uint8_t *data;
	size_t count;
};

struct vp_rect {
	int16_t x;
	int16_t y;
	uint16_t width;
	uint16_t height;
};

/* count encoded rectangles; read one with vp_rects_get(). */
struct vp_rects {
	const uint8_t *data;
	size_t count;
};

enum { VP_ID_BYTES = 4, VP_RECT_BYTES = 8 };

/* The C type of each field type of the table. */
#define VP_C_u8 uint8_t
#define VP_C_u16 uint16_t
#define VP_C_u32 uint32_t
#define VP_C_u64 uint64_t
#define VP_C_i32 int32_t
#define VP_C_text struct vp_text
#define VP_C_bytes struct vp_bytes
#define VP_C_ids struct vp_ids
#define VP_C_rects struct vp_rects

enum vp_direction { VP_TO_PRIMARY = 1, VP_TO_GUEST = 2, VP_BOTH = 3 };

enum vp_channel {
	VP_CHANNEL_CONTROL = 0, /* input and control, above all others */
	VP_CHANNEL_WINDOWS = 1, /* windows and frames */
	VP_CHANNEL_LAUNCH = 2, /* launching, clipboard, control of streams */
	VP_CHANNEL_BULK = 3, /* files and other bulk data */
	VP_CHANNELS = 4,
};

#define VP_OP(op, UP, low, dir, channel, doc) VP_OP_##UP = op,
enum vp_op { VP_MESSAGES(VP_OP) };
#undef VP_OP

#define VP_STRUCT_FIELD(type, name, min, max, doc) VP_C_##type name;
#define VP_STRUCT(op, UP, low, dir, channel, doc) \
	struct vp_##low { \
		VP_##UP(VP_STRUCT_FIELD) \
	};
VP_MESSAGES(VP_STRUCT)
#undef VP_STRUCT
#undef VP_STRUCT_FIELD

/* Any message. */
struct vp_message {
	enum vp_op op;
	union {
#define VP_MEMBER(op, UP, low, dir, channel, doc) struct vp_##low low;
		VP_MESSAGES(VP_MEMBER)
#undef VP_MEMBER
	};
};

/* VP_MESSAGE(KEYMAP, keymap, .keymap = text): a struct vp_message, for a function's argument. */
#define VP_MESSAGE(UP, low, ...) \
	(&(const struct vp_message){ .op = VP_OP_##UP, .low = { __VA_ARGS__ } })

/* Writes the fields of a message, without its opcode, to buffer. False, and *len untouched, if a
 * field is out of range or capacity does not suffice. */
bool vp_message_encode(
	const struct vp_message *message, uint8_t *buffer, size_t capacity, size_t *len);

/* The number of bytes that vp_message_encode() writes. */
size_t vp_message_size(const struct vp_message *message);

/* Reads the fields of a message of the given opcode, which may be unknown. False, and *message
 * undefined, if the bytes are not exactly one valid message of that opcode. */
bool vp_message_decode(uint16_t op, const uint8_t *buffer, size_t len, struct vp_message *message);

/* For an opcode of the table its name, channel and directions; otherwise "unknown", -1 and 0. */
const char *vp_op_name(uint16_t op);
int vp_op_channel(uint16_t op);
int vp_op_directions(uint16_t op);

/* The greatest number of bytes of one message on a channel. */
size_t vp_channel_message_max(enum vp_channel channel);

uint32_t vp_ids_get(struct vp_ids ids, size_t index);
struct vp_rect vp_rects_get(struct vp_rects rects, size_t index);

/* Encode into data, which must hold count * VP_ID_BYTES or VP_RECT_BYTES, and stay as long as the
 * result. */
struct vp_ids vp_ids_put(uint8_t *data, const uint32_t *ids, size_t count);
struct vp_rects vp_rects_put(uint8_t *data, const struct vp_rect *rects, size_t count);

/* A text of a NUL-terminated string, which must be UTF-8; cut at a character to at most max bytes.
 */
struct vp_text vp_text_from(const char *string, size_t max);

/* True for well-formed UTF-8 (RFC 3629) without NUL. */
bool vp_text_valid(const char *data, size_t len);

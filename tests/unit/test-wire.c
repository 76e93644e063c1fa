#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "clipboard-types.h"
#include "codec.h"
#include "wire-table.h"
#include "wire.h"

enum {
	BUFFER_BYTES = VP_MESSAGE_MAX + 64,
	/* Enough elements to cut an array in its midst, few enough to do so at every byte. */
	SHORT_ARRAY = 40,
};

static uint8_t encoded[BUFFER_BYTES];
static uint8_t again[BUFFER_BYTES];

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void check_round_trip(const struct wire_message *entry, const struct vp_message *message)
{
	size_t len = 0;
	size_t again_len = 0;
	struct vp_message decoded;
	bool encodes = vp_message_encode(message, encoded, sizeof(encoded), &len);
	bool decodes = encodes && vp_message_decode((uint16_t)entry->op, encoded, len, &decoded);
	if (!encodes || !decodes) {
		fprintf(stderr, "%s %s\n", entry->name,
			encodes ? "does not decode" : "does not encode");
		CU_FAIL("a valid message is refused");
		return;
	}
	CU_ASSERT_EQUAL(len, vp_message_size(message));
	CU_ASSERT_EQUAL(decoded.op, message->op);
	for (size_t i = 0; i < entry->count; i++)
		CU_ASSERT_EQUAL(wire_field_get(&decoded, &entry->fields[i]),
			wire_field_get(message, &entry->fields[i]));
	CU_ASSERT(vp_message_encode(&decoded, again, sizeof(again), &again_len));
	CU_ASSERT(again_len == len && memcmp(encoded, again, len) == 0);
}

static void visit_round_trip(const struct wire_message *entry)
{
	struct vp_message message;
	wire_message_set_min(&message, entry);
	check_round_trip(entry, &message);
	for (size_t i = 0; i < entry->count; i++)
		CU_ASSERT(wire_field_set(&message, &entry->fields[i], entry->fields[i].max));
	check_round_trip(entry, &message);
	CU_ASSERT(vp_message_size(&message) + sizeof(uint16_t) <=
		  vp_channel_message_max(entry->channel));
}

static void test_round_trip(void)
{
	wire_each_message(visit_round_trip);
}

/* The offset of a field in the bytes of a message whose arrays are as short as can be. */
static size_t encoded_offset(const struct wire_message *entry, size_t index)
{
	size_t offset = 0;
	for (size_t i = 0; i < index; i++) {
		const struct wire_field *field = &entry->fields[i];
		bool array = wire_field_is_array(field);
		offset +=
			array ? 4 + field->min * wire_field_bytes(field) : wire_field_bytes(field);
	}
	return offset;
}

/* Bytes with a value out of range, which no encoder makes. */
static void check_decoder_refuses(const struct wire_message *entry, size_t index, uint64_t value)
{
	const struct wire_field *field = &entry->fields[index];
	bool array = wire_field_is_array(field);
	struct vp_message message;
	size_t len = 0;
	wire_message_set_min(&message, entry);
	CU_ASSERT(vp_message_encode(&message, encoded, sizeof(encoded), &len));
	size_t at = encoded_offset(entry, index);
	size_t bytes = wire_field_bytes(field);
	vp_store_le(encoded + at, value, array ? 4 : bytes);
	if (array) {
		size_t behind = at + 4 + field->min * bytes;
		size_t grown = at + 4 + value * bytes;
		memmove(encoded + grown, encoded + behind, len - behind);
		memset(encoded + at + 4, 'e', value * bytes);
		len = len - behind + grown;
	}
	if (vp_message_decode((uint16_t)entry->op, encoded, len, &message)) {
		fprintf(stderr, "%s.%s: %lld decodes\n", entry->name, field->name,
			(long long)value);
		CU_FAIL("a value out of range is accepted");
	}
}

static void check_refused(const struct wire_message *entry, size_t index, uint64_t value)
{
	const struct wire_field *field = &entry->fields[index];
	struct vp_message message;
	size_t len;
	wire_message_set_min(&message, entry);
	if (!wire_field_set(&message, field, value))
		return;
	if (vp_message_encode(&message, encoded, sizeof(encoded), &len)) {
		fprintf(stderr, "%s.%s: %lld encodes\n", entry->name, field->name,
			(long long)value);
		CU_FAIL("a value out of range is encoded");
	}
	check_decoder_refuses(entry, index, value);
}

static void visit_bounds(const struct wire_message *entry)
{
	for (size_t i = 0; i < entry->count; i++) {
		const struct wire_field *field = &entry->fields[i];
		struct vp_message message;
		wire_message_set_min(&message, entry);
		CU_ASSERT(wire_field_set(&message, field, field->max));
		check_round_trip(entry, &message);
		bool whole = field->type == WIRE_u64;
		if (!whole || field->max < UINT64_MAX)
			check_refused(entry, i, field->max + 1);
		if (!whole || field->min > 0)
			check_refused(entry, i, field->min - 1);
	}
}

static void test_bounds(void)
{
	wire_each_message(visit_bounds);
}

static void visit_lengths(const struct wire_message *entry)
{
	struct vp_message message;
	size_t len = 0;
	wire_message_set_min(&message, entry);
	for (size_t i = 0; i < entry->count; i++)
		if (wire_field_is_array(&entry->fields[i]))
			wire_field_set(&message, &entry->fields[i],
				smaller(entry->fields[i].max, SHORT_ARRAY));
	CU_ASSERT_FATAL(vp_message_encode(&message, encoded, sizeof(encoded), &len));
	encoded[len] = 0;
	for (size_t cut = 0; cut <= len + 1; cut++) {
		/* A copy of just these bytes, so that a sanitizer sees a read beyond them. */
		uint8_t *exact = malloc(cut + (cut == 0));
		CU_ASSERT_FATAL(exact != NULL);
		memcpy(exact, encoded, cut);
		bool decodes = vp_message_decode((uint16_t)entry->op, exact, cut, &message);
		CU_ASSERT_EQUAL(decodes, cut == len);
		free(exact);
	}
}

static void test_lengths(void)
{
	wire_each_message(visit_lengths);
}

static void visit_capacity(const struct wire_message *entry)
{
	struct vp_message message;
	size_t len = 0;
	wire_message_set_min(&message, entry);
	size_t size = vp_message_size(&message);
	CU_ASSERT(vp_message_encode(&message, encoded, size, &len));
	for (size_t capacity = 0; capacity < size; capacity++) {
		len = SIZE_MAX;
		CU_ASSERT(!vp_message_encode(&message, encoded, capacity, &len));
		CU_ASSERT_EQUAL(len, SIZE_MAX);
	}
}

static void test_capacity(void)
{
	wire_each_message(visit_capacity);
}

static void test_huge_count(void)
{
	struct vp_message message = { .op = VP_OP_WINDOW_STACKING };
	size_t len;
	/* count * VP_ID_BYTES is 4 in size_t. */
	message.window_stacking.windows = (struct vp_ids){ encoded, SIZE_MAX / VP_ID_BYTES + 2 };
	CU_ASSERT(!vp_message_encode(&message, again, sizeof(again), &len));
}

static void visit_names(const struct wire_message *entry)
{
	CU_ASSERT_STRING_EQUAL(vp_op_name((uint16_t)entry->op), entry->name);
	CU_ASSERT_EQUAL(vp_op_channel((uint16_t)entry->op), (int)entry->channel);
	int directions = vp_op_directions((uint16_t)entry->op);
	CU_ASSERT(
		directions == VP_TO_PRIMARY || directions == VP_TO_GUEST || directions == VP_BOTH);
}

static void test_names(void)
{
	wire_each_message(visit_names);
	CU_ASSERT_STRING_EQUAL(vp_op_name(UINT16_MAX), "unknown");
	CU_ASSERT_EQUAL(vp_op_channel(UINT16_MAX), -1);
	CU_ASSERT_EQUAL(vp_op_directions(UINT16_MAX), 0);
}

static void test_unknown_op(void)
{
	struct vp_message message = { .op = (enum vp_op)UINT16_MAX };
	size_t len;
	CU_ASSERT(!vp_message_decode(UINT16_MAX, encoded, 0, &message));
	CU_ASSERT(!vp_message_encode(&message, encoded, sizeof(encoded), &len));
	CU_ASSERT_EQUAL(vp_message_size(&message), 0);
}

static bool title_decodes(const char *title, size_t size)
{
	struct vp_message message;
	vp_store_le(encoded, 1, 4);
	vp_store_le(encoded + 4, size, 4);
	memcpy(encoded + 8, title, size);
	return vp_message_decode(VP_OP_WINDOW_TITLE, encoded, 8 + size, &message);
}

static void test_utf8(void)
{
	static const char *const good[] = { "", "plain", "\xc3\x9f", "\xe2\x82\xac", "\xed\x9f\xbf",
		"\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\x7f", "\xc2\x80" };
	static const char *const bad[] = { "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(",
		"\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
		"\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xfe",
		"\xe2(\xac" };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CU_ASSERT(title_decodes(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT(!title_decodes(bad[i], strlen(bad[i])));
	CU_ASSERT(!title_decodes("a\0b", 3));
	struct vp_message message = { .op = VP_OP_WINDOW_TITLE };
	size_t len;
	message.window_title.window = 1;
	message.window_title.title = (struct vp_text){ "\xff", 1 };
	CU_ASSERT(!vp_message_encode(&message, encoded, sizeof(encoded), &len));
}

static void test_text_cut(void)
{
	CU_ASSERT_EQUAL(vp_text_from("", 3).len, 0);
	CU_ASSERT_EQUAL(vp_text_from("abc", 3).len, 3);
	CU_ASSERT_EQUAL(vp_text_from("abcd", 3).len, 3);
	CU_ASSERT_EQUAL(vp_text_from("ab\xc3\x9f", 3).len, 2);
	CU_ASSERT_EQUAL(vp_text_from("ab\xc3\x9f", 4).len, 4);
	CU_ASSERT_EQUAL(vp_text_from("\xf0\x9f\x98\x80", 3).len, 0);
}

static void test_arrays(void)
{
	static const uint32_t ids[] = { 1, 0x01020304, UINT32_MAX };
	static const struct vp_rect rects[] = { { 0, 0, 1, 1 }, { INT16_MIN, -1, UINT16_MAX, 0 },
		{ INT16_MAX, 256, 3, 4 } };
	uint8_t data[3 * VP_RECT_BYTES];
	struct vp_ids put_ids = vp_ids_put(data, ids, 3);
	CU_ASSERT_EQUAL(put_ids.count, 3);
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(vp_ids_get(put_ids, i), ids[i]);
	CU_ASSERT_EQUAL(data[4], 0x04);
	struct vp_rects put_rects = vp_rects_put(data, rects, 3);
	CU_ASSERT_EQUAL(put_rects.count, 3);
	for (size_t i = 0; i < 3; i++) {
		struct vp_rect rect = vp_rects_get(put_rects, i);
		CU_ASSERT(rect.x == rects[i].x && rect.y == rects[i].y);
		CU_ASSERT(rect.width == rects[i].width && rect.height == rects[i].height);
	}
}

static void test_bits(void)
{
#define BIT(name, value, doc) | (value)
	CU_ASSERT_EQUAL(VP_STATE_ALL, 0 VP_STATES(BIT));
	CU_ASSERT_EQUAL(VP_HINT_ALL, 0 VP_HINTS(BIT));
	CU_ASSERT_EQUAL(VP_FIELD_ALL, 0 VP_FIELDS(BIT));
#undef BIT
}

static void test_key_bytes(void)
{
	static const uint8_t expected[] = { 0x1e, 0x00, 0x01, 0x78, 0x56, 0x34, 0x12 };
	size_t len = 0;
	CU_ASSERT(vp_message_encode(VP_MESSAGE(INPUT_KEY, input_key, .code = 30,
					    .action = VP_KEY_PRESS, .time = 0x12345678),
		encoded, sizeof(encoded), &len));
	CU_ASSERT(len == sizeof(expected) && memcmp(encoded, expected, len) == 0);
}

static void test_clipboard_types(void)
{
	uint32_t named = 0;
	for (uint64_t type = 1; type <= UINT32_MAX; type <<= 1) {
		const char *mime = vp_clipboard_type_mime((uint32_t)type);
		if (!mime)
			continue;
		CU_ASSERT_EQUAL(vp_clipboard_type_find(mime), type);
		named |= (uint32_t)type;
	}
	CU_ASSERT_EQUAL(named, VP_CLIPBOARD_ALL);
	CU_ASSERT_EQUAL(vp_clipboard_type_find("application/x-sh"), 0);
	CU_ASSERT_PTR_NULL(vp_clipboard_type_mime(VP_CLIPBOARD_ALL));
	CU_ASSERT_PTR_NULL(vp_clipboard_type_mime(0));
}

static const struct unit_test tests[] = {
	{ "every message is the same after encoding and decoding, with least and greatest fields",
		test_round_trip },
	{ "every field takes its bounds and nothing beyond them", test_bounds },
	{ "every message is refused when cut at any byte or too long by one", test_lengths },
	{ "every message needs exactly the capacity of its size", test_capacity },
	{ "a count whose bytes overflow is refused", test_huge_count },
	{ "every opcode has its name, channel and direction, an unknown one has none", test_names },
	{ "an unknown opcode neither encodes nor decodes", test_unknown_op },
	{ "a text must be UTF-8 without NUL", test_utf8 },
	{ "a long text is cut at a character", test_text_cut },
	{ "ids and rectangles come out as they were put in", test_arrays },
	{ "the ALL values hold all bits", test_bits },
	{ "a key has the bytes that PROTOCOL.md says", test_key_bytes },
	{ "every type of a clipboard has a name, and only those", test_clipboard_types },
};

UNIT_MAIN("wire", tests)

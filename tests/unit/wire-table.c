#include "wire-table.h"

#include <string.h>

/* What arrays consist of: printable, so that it is a text, too. */
enum { ELEMENTS_BYTES = VP_MESSAGE_MAX + 1 };
static char elements[ELEMENTS_BYTES];

#define FIELD(field_type, field_name, field_min, field_max, doc) \
	entry->fields[entry->count++] = (struct wire_field){ \
		.name = #field_name, \
		.type = WIRE_##field_type, \
		.offset = (size_t)((const char *)&m->field_name - (const char *)message), \
		.min = (uint64_t)(field_min), \
		.max = (uint64_t)(field_max), \
	};

#define DESCRIBE(opcode, UP, low, dir, chan, doc) \
	static void describe_##low(struct wire_message *entry, const struct vp_message *message) \
	{ \
		const struct vp_##low *m = &message->low; \
		VP_##UP(FIELD) \
	}
VP_MESSAGES(DESCRIBE)

void wire_each_message(void (*visit)(const struct wire_message *entry))
{
	static const struct vp_message message;
#define VISIT(opcode, UP, low, dir, chan, doc) \
	{ \
		struct wire_message entry = { .name = #low, .op = VP_OP_##UP, .channel = chan }; \
		describe_##low(&entry, &message); \
		visit(&entry); \
	}
	VP_MESSAGES(VISIT)
#undef VISIT
}

bool wire_field_is_array(const struct wire_field *field)
{
	return field->type >= WIRE_text;
}

size_t wire_field_bytes(const struct wire_field *field)
{
	switch (field->type) {
	case WIRE_u8:
	case WIRE_text:
	case WIRE_bytes:
		return 1;
	case WIRE_u16:
		return 2;
	case WIRE_u32:
	case WIRE_i32:
		return 4;
	case WIRE_u64:
		return 8;
	case WIRE_ids:
		return VP_ID_BYTES;
	case WIRE_rects:
		return VP_RECT_BYTES;
	}
	return 0;
}

static const char *some_elements(void)
{
	if (elements[0] == '\0')
		memset(elements, 'e', sizeof(elements));
	return elements;
}

/* Stores a value in an integer of the given type; the type may cut it. */
#define STORE(c_type) \
	{ \
		c_type cut = (c_type)value; \
		memcpy(at, &cut, sizeof(cut)); \
		return (uint64_t)cut == value; \
	}

bool wire_field_set(struct vp_message *message, const struct wire_field *field, uint64_t value)
{
	char *at = (char *)message + field->offset;
	if (wire_field_is_array(field) && value > ELEMENTS_BYTES / wire_field_bytes(field))
		return false;
	const char *data = some_elements();
	switch (field->type) {
	case WIRE_u8:
		STORE(uint8_t)
	case WIRE_u16:
		STORE(uint16_t)
	case WIRE_u32:
		STORE(uint32_t)
	case WIRE_u64:
		STORE(uint64_t)
	case WIRE_i32:
		STORE(int32_t)
	case WIRE_text:
		memcpy(at, &(struct vp_text){ data, (size_t)value }, sizeof(struct vp_text));
		return true;
	case WIRE_bytes:
		memcpy(at, &(struct vp_bytes){ (const uint8_t *)data, (size_t)value },
			sizeof(struct vp_bytes));
		return true;
	case WIRE_ids:
		memcpy(at, &(struct vp_ids){ (const uint8_t *)data, (size_t)value },
			sizeof(struct vp_ids));
		return true;
	case WIRE_rects:
		memcpy(at, &(struct vp_rects){ (const uint8_t *)data, (size_t)value },
			sizeof(struct vp_rects));
		return true;
	}
	return false;
}

#define LOAD(c_type) \
	{ \
		c_type loaded; \
		memcpy(&loaded, at, sizeof(loaded)); \
		return (uint64_t)loaded; \
	}

uint64_t wire_field_get(const struct vp_message *message, const struct wire_field *field)
{
	const char *at = (const char *)message + field->offset;
	switch (field->type) {
	case WIRE_u8:
		LOAD(uint8_t)
	case WIRE_u16:
		LOAD(uint16_t)
	case WIRE_u32:
		LOAD(uint32_t)
	case WIRE_u64:
		LOAD(uint64_t)
	case WIRE_i32:
		LOAD(int32_t)
	case WIRE_text: {
		struct vp_text text;
		memcpy(&text, at, sizeof(text));
		return text.len;
	}
	case WIRE_bytes: {
		struct vp_bytes bytes;
		memcpy(&bytes, at, sizeof(bytes));
		return bytes.len;
	}
	case WIRE_ids: {
		struct vp_ids ids;
		memcpy(&ids, at, sizeof(ids));
		return ids.count;
	}
	case WIRE_rects: {
		struct vp_rects rects;
		memcpy(&rects, at, sizeof(rects));
		return rects.count;
	}
	}
	return 0;
}

void wire_message_set_min(struct vp_message *message, const struct wire_message *entry)
{
	memset(message, 0, sizeof(*message));
	message->op = entry->op;
	for (size_t i = 0; i < entry->count; i++)
		wire_field_set(message, &entry->fields[i], entry->fields[i].min);
}

/*
 * The protocol's messages and fields as data, for tests that go through all of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

enum { WIRE_FIELDS_MAX = 16 };

enum wire_type {
	WIRE_u8,
	WIRE_u16,
	WIRE_u32,
	WIRE_u64,
	WIRE_i32,
	WIRE_text,
	WIRE_bytes,
	WIRE_ids,
	WIRE_rects,
};

struct wire_field {
	const char *name;
	enum wire_type type;
	size_t offset; /* in struct vp_message */
	uint64_t min; /* two's complement for i32 */
	uint64_t max;
};

struct wire_message {
	const char *name;
	enum vp_op op;
	enum vp_channel channel;
	size_t count;
	struct wire_field fields[WIRE_FIELDS_MAX];
};

/* Calls visit() for every message of the protocol. */
void wire_each_message(void (*visit)(const struct wire_message *entry));

bool wire_field_is_array(const struct wire_field *field);

/* Encoded bytes of an element of an array, or of a field of another type. */
size_t wire_field_bytes(const struct wire_field *field);

/* Sets a field to a value, or an array to that many elements. False if its type cannot hold it. */
bool wire_field_set(struct vp_message *message, const struct wire_field *field, uint64_t value);

/* The field's value, or an array's number of elements. */
uint64_t wire_field_get(const struct vp_message *message, const struct wire_field *field);

/* Sets all fields to their least values. */
void wire_message_set_min(struct vp_message *message, const struct wire_message *entry);

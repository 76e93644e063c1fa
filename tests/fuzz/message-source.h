/*
 * Arbitrary messages in good form, made of a fuzzer's bytes: mostly of small numbers, so that what
 * they name meets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

enum { FUZZ_ID_MAX = 6 };

struct fuzz_source {
	const uint8_t *at;
	size_t left;
};

/* 0 when there are no more. */
uint8_t fuzz_next_byte(struct fuzz_source *source);

/* The index-th message of the table, filled from the source; its arrays are valid until the next
 * call. False if there are not so many. */
bool fuzz_fill_message(struct vp_message *message, size_t index, struct fuzz_source *source);

/* The message of an opcode, likewise. */
bool fuzz_fill_op(struct vp_message *message, uint16_t op, struct fuzz_source *source);

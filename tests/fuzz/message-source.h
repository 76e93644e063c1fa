/*
 * Arbitrary messages of the protocol in good form, made of a fuzzer's bytes.
 */
#pragma once

#include <stdbool.h>

#include "field-source.h"

/* The index-th message of the table, filled from the source; its arrays are valid until the next
 * call. False if there are not so many. */
bool fuzz_fill_message(struct vp_message *message, size_t index, struct fuzz_source *source);

/* The message of an opcode, likewise. */
bool fuzz_fill_op(struct vp_message *message, uint16_t op, struct fuzz_source *source);

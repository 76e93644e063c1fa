/*
 * Arbitrary messages of the broker's links in good form, made of a fuzzer's bytes.
 */
#pragma once

#include <stdbool.h>

#include "field-source.h"
#include "link.h"

/* The message of an opcode, filled from the source. False if it is not one that goes in this
 * direction. */
bool fuzz_fill_link(struct hc_link_message *message, enum hc_link_direction direction, uint16_t op,
	struct fuzz_source *source);

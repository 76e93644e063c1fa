/*
 * Values in good form, made of a fuzzer's bytes: mostly of small numbers, so that what they name
 * meets.
 */
#pragma once

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

/* Mostly small, so that ids meet; sometimes a bound. */
uint64_t fuzz_next_number(struct fuzz_source *source, uint64_t min, uint64_t max);
int32_t fuzz_next_signed(struct fuzz_source *source, int32_t min, int32_t max);

struct vp_text fuzz_next_text(struct fuzz_source *source, size_t min, size_t max);

/* These may be too short for their field. The last two are valid until the next call of either. */
struct vp_bytes fuzz_next_bytes(struct fuzz_source *source, size_t max);
struct vp_rects fuzz_next_rects(struct fuzz_source *source, size_t min);
struct vp_ids fuzz_next_ids(struct fuzz_source *source);

/* By the type of a field in a table of messages. */
#define FUZZ_NEXT_u8(min, max) (uint8_t) fuzz_next_number(source, min, max)
#define FUZZ_NEXT_u16(min, max) (uint16_t) fuzz_next_number(source, min, max)
#define FUZZ_NEXT_u32(min, max) (uint32_t) fuzz_next_number(source, min, max)
#define FUZZ_NEXT_u64(min, max) fuzz_next_number(source, min, max)
#define FUZZ_NEXT_i32(min, max) fuzz_next_signed(source, min, max)
#define FUZZ_NEXT_text(min, max) fuzz_next_text(source, min, max)
#define FUZZ_NEXT_bytes(min, max) fuzz_next_bytes(source, max)
#define FUZZ_NEXT_ids(min, max) fuzz_next_ids(source)
#define FUZZ_NEXT_rects(min, max) fuzz_next_rects(source, min)
#define FUZZ_FILL_FIELD(type, name, min, max, doc) m->name = FUZZ_NEXT_##type(min, max);

/*
 * Reading and writing the field types of a message table. Both cursors stop at the first error and
 * stay there, so that only the end need be checked. Every codec of a table (wire.c, the broker's
 * link) is made of these.
 */
#pragma once

#include <string.h>

#include "wire.h"

struct vp_writer {
	uint8_t *at;
	size_t left;
	bool ok;
};

struct vp_reader {
	const uint8_t *at;
	size_t left;
	bool ok;
};

static inline uint8_t *vp_writer_take(struct vp_writer *w, size_t n)
{
	if (!w->ok || w->left < n) {
		w->ok = false;
		return NULL;
	}
	uint8_t *at = w->at;
	w->at += n;
	w->left -= n;
	return at;
}

static inline const uint8_t *vp_reader_take(struct vp_reader *r, size_t n)
{
	if (!r->ok || r->left < n) {
		r->ok = false;
		return NULL;
	}
	const uint8_t *at = r->at;
	r->at += n;
	r->left -= n;
	return at;
}

static inline void vp_store_le(uint8_t *at, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static inline uint64_t vp_load_le(const uint8_t *at, size_t n)
{
	uint64_t value = 0;
	for (size_t i = 0; i < n; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

static inline void vp_put_unsigned(
	struct vp_writer *w, uint64_t value, uint64_t min, uint64_t max, size_t n)
{
	w->ok = w->ok && value >= min && value <= max;
	uint8_t *at = vp_writer_take(w, n);
	if (at != NULL)
		vp_store_le(at, value, n);
}

static inline uint64_t vp_get_unsigned(struct vp_reader *r, uint64_t min, uint64_t max, size_t n)
{
	const uint8_t *at = vp_reader_take(r, n);
	uint64_t value = at != NULL ? vp_load_le(at, n) : 0;
	r->ok = r->ok && value >= min && value <= max;
	return value;
}

#define VP_CODEC_UNSIGNED(type, n) \
	static inline void vp_put_##type( \
		struct vp_writer *w, VP_C_##type value, uint64_t min, uint64_t max) \
	{ \
		vp_put_unsigned(w, value, min, max, n); \
	} \
	static inline void vp_get_##type( \
		struct vp_reader *r, VP_C_##type *value, uint64_t min, uint64_t max) \
	{ \
		*value = (VP_C_##type)vp_get_unsigned(r, min, max, n); \
	}
VP_CODEC_UNSIGNED(u8, 1)
VP_CODEC_UNSIGNED(u16, 2)
VP_CODEC_UNSIGNED(u32, 4)
VP_CODEC_UNSIGNED(u64, 8)
#undef VP_CODEC_UNSIGNED

static inline void vp_put_i32(struct vp_writer *w, int32_t value, int64_t min, int64_t max)
{
	w->ok = w->ok && value >= min && value <= max;
	vp_put_u32(w, (uint32_t)value, 0, UINT32_MAX);
}

static inline void vp_get_i32(struct vp_reader *r, int32_t *value, int64_t min, int64_t max)
{
	uint32_t bits = 0;
	vp_get_u32(r, &bits, 0, UINT32_MAX);
	*value = bits <= INT32_MAX ? (int32_t)bits : (int32_t)(bits - INT32_MAX - 1) + INT32_MIN;
	r->ok = r->ok && *value >= min && *value <= max;
}

/* An array: its count, then count elements of the given size. */
static inline void vp_put_array(struct vp_writer *w, const void *data, size_t count, size_t element,
	uint64_t min, uint64_t max)
{
	vp_put_unsigned(w, count, min, max, 4);
	uint8_t *at = vp_writer_take(w, w->ok ? count * element : 0);
	if (at != NULL && count > 0)
		memcpy(at, data, count * element);
}

static inline const uint8_t *vp_get_array(
	struct vp_reader *r, size_t element, uint64_t min, uint64_t max, size_t *count)
{
	uint64_t n = vp_get_unsigned(r, min, max, 4);
	const uint8_t *at = vp_reader_take(r, r->ok ? (size_t)n * element : 0);
	*count = at != NULL ? (size_t)n : 0;
	return at;
}

static inline void vp_put_bytes(
	struct vp_writer *w, struct vp_bytes value, uint64_t min, uint64_t max)
{
	vp_put_array(w, value.data, value.len, 1, min, max);
}

static inline void vp_get_bytes(
	struct vp_reader *r, struct vp_bytes *value, uint64_t min, uint64_t max)
{
	value->data = vp_get_array(r, 1, min, max, &value->len);
}

static inline void vp_put_text(
	struct vp_writer *w, struct vp_text value, uint64_t min, uint64_t max)
{
	w->ok = w->ok && value.len <= max && vp_text_valid(value.data, value.len);
	vp_put_array(w, value.data, value.len, 1, min, max);
}

static inline void vp_get_text(
	struct vp_reader *r, struct vp_text *value, uint64_t min, uint64_t max)
{
	value->data = (const char *)vp_get_array(r, 1, min, max, &value->len);
	r->ok = r->ok && vp_text_valid(value->data, value->len);
}

static inline void vp_put_ids(struct vp_writer *w, struct vp_ids value, uint64_t min, uint64_t max)
{
	vp_put_array(w, value.data, value.count, VP_ID_BYTES, min, max);
}

static inline void vp_get_ids(struct vp_reader *r, struct vp_ids *value, uint64_t min, uint64_t max)
{
	value->data = vp_get_array(r, VP_ID_BYTES, min, max, &value->count);
}

static inline void vp_put_rects(
	struct vp_writer *w, struct vp_rects value, uint64_t min, uint64_t max)
{
	vp_put_array(w, value.data, value.count, VP_RECT_BYTES, min, max);
}

static inline void vp_get_rects(
	struct vp_reader *r, struct vp_rects *value, uint64_t min, uint64_t max)
{
	value->data = vp_get_array(r, VP_RECT_BYTES, min, max, &value->count);
}

/* The encoded size of a field of each type. */
#define vp_size_u8(value) ((void)(value), (size_t)1)
#define vp_size_u16(value) ((void)(value), (size_t)2)
#define vp_size_u32(value) ((void)(value), (size_t)4)
#define vp_size_u64(value) ((void)(value), (size_t)8)
#define vp_size_i32(value) ((void)(value), (size_t)4)
#define vp_size_text(value) (4 + (value).len)
#define vp_size_bytes(value) (4 + (value).len)
#define vp_size_ids(value) (4 + (value).count * VP_ID_BYTES)
#define vp_size_rects(value) (4 + (value).count * VP_RECT_BYTES)

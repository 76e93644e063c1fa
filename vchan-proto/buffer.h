/*
 * A shared buffer: memory for one window's pixels, written by the agent and read by the view.
 *
 * A transport makes buffers (the agent's side) and maps them (the view's side); see transport.h. A
 * buffer does not depend on its transport afterwards: a window keeps its last pixels when the
 * session ends. The peer of a mapped buffer can write to it at any time: read a pixel once, and
 * never trust it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

enum { VP_PIXEL_BYTES = 4 };

struct vp_buffer_impl;

struct vp_buffer {
	const struct vp_buffer_impl *impl;
	uint32_t id; /* 0 until the session gives it one */
	uint32_t width; /* pixels */
	uint32_t height; /* pixels */
	uint32_t stride; /* bytes a line */
	enum vp_format format;
	enum vp_memory memory;
	size_t size; /* bytes, stride * height at least */
	int fd; /* descriptor of the memory for attaching it to a display server, -1 none; owned by
		   the buffer */
};

struct vp_buffer_impl {
	uint8_t *(*data)(struct vp_buffer *buffer);
	/* NULL: both sides see the same memory. */
	size_t (*sync)(struct vp_buffer *buffer, struct vp_rects rects);
	void (*destroy)(struct vp_buffer *buffer);
};

/* The pixels, mapped on first use (writable on the agent's side alone) and unmapped with the
 * buffer; NULL with errno if they cannot be mapped. */
uint8_t *vp_buffer_data(struct vp_buffer *buffer);

/* Call it on the agent's side when pixels have been drawn, before the frame is presented, and on
 * the view's side before it is shown: copies what lies inside the rectangles, which lie inside the
 * buffer, where the peer's memory is not what vp_buffer_data() and fd are. The number of bytes
 * copied. */
size_t vp_buffer_sync(struct vp_buffer *buffer, struct vp_rects rects);

/* Gives the memory back. NULL is legal. */
void vp_buffer_destroy(struct vp_buffer *buffer);

/* View: puts what a message brings into a buffer that is not shared. False if the message is not
 * one for this buffer: the peer broke the rules. */
bool vp_buffer_put(struct vp_buffer *buffer, const struct vp_buffer_pixels *message);

/* Copies rectangles between two memories of a buffer's shape; for implementations. The number of
 * bytes. */
size_t vp_buffer_copy(
	const struct vp_buffer *shape, uint8_t *to, const uint8_t *from, struct vp_rects rects);

/* True if a buffer of this shape holds width * height pixels and keeps within the protocol's
 * limits. */
bool vp_buffer_shape_valid(uint32_t width, uint32_t height, uint32_t stride, size_t size);

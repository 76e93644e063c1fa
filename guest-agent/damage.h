/*
 * Damaged rectangles: made fewer, with as little as possible that is not damaged.
 */
#pragma once

#include <stddef.h>

#include "wire.h"

/* Merges rectangles in place, until there are at most max (1 at least); returns how many there are.
 * They must not overlap, and be sorted in bands from top to bottom, within a band from left to
 * right, as X regions are. What is merged for nothing is merged always. */
size_t ga_damage_merge(struct vp_rect *rects, size_t count, size_t max);

/* Cuts rectangles at width and height, drops what is empty then; returns how many there are. */
size_t ga_damage_clip(struct vp_rect *rects, size_t count, uint32_t width, uint32_t height);

/*
 * A bounded first-in, first-out queue of descriptors that it owns.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wire.h"

struct vp_descriptors {
	int fds[VP_BUFFERS_MAX];
	size_t first;
	size_t count;
};

/* Takes a descriptor over. False, and the descriptor stays the caller's, if limit are queued
 * already. */
bool vp_descriptors_push(struct vp_descriptors *descriptors, int fd, size_t limit);

/* The descriptor at an index below count, which stays in the queue. */
int vp_descriptors_peek(const struct vp_descriptors *descriptors, size_t index);

/* The oldest one, the caller's from now on; -1 if there is none. */
int vp_descriptors_pop(struct vp_descriptors *descriptors);

/* Closes the oldest count of them. */
void vp_descriptors_drop(struct vp_descriptors *descriptors, size_t count);

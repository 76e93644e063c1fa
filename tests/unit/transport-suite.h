/*
 * What every transport has to do, given its two connected ends.
 */
#pragma once

#include <stddef.h>

#include "transport.h"

struct ends {
	struct vp_transport *agent;
	struct vp_transport *view;
};

/* Ends that are NULL are destroyed already. */
void ends_disconnect(struct ends *ends);

/* Each of these destroys the ends. */
void ends_check_bytes_pass(struct ends *ends);
void ends_check_short_writes(struct ends *ends);
void ends_check_peer_closed(struct ends *ends);
void ends_check_buffer_shared(struct ends *ends);

/* The message that announces a buffer of the agent's, which is shared with it. */
struct vp_buffer_create ends_share(struct ends *ends, struct vp_buffer *buffer);

/* Carries one byte, and so many descriptors. */
void ends_carry(struct ends *ends, size_t buffers);

/* The whole of a buffer, in memory that the next call reuses. */
struct vp_rects ends_whole(const struct vp_buffer *buffer);

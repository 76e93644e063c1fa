/*
 * Buffers whose pixels pass in granted pages.
 *
 * Neither display server can map another domain's pages, nor pages that are granted: each side has
 * memory of its own, a memfd, for its server, and vp_buffer_sync() copies between that and the
 * pages.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

/* The pages of all buffers of one transport. */
struct vp_grants;

/* Grants to a domain (the agent's side), or maps what that domain grants. NULL with errno. */
struct vp_grants *vp_grants_create(uint32_t domain, bool agent);

/* Ends the access to all pages. The buffers live on with the pixels that they have. NULL is legal.
 */
void vp_grants_destroy(struct vp_grants *grants);

/* Agent: a new buffer. NULL with errno (EINVAL, ENOMEM, ENOSPC: no more pages can be granted). */
struct vp_buffer *vp_buffer_xen_create(
	struct vp_grants *grants, uint32_t width, uint32_t height, enum vp_format format);

/* Agent: the references of a new buffer's pages in their order, u32 each; the buffer's own. */
struct vp_bytes vp_buffer_xen_references(struct vp_buffer *buffer);

/* View: maps what a message names, for reading. NULL with errno (EPROTO: the references are not
 * those of so many pages that the domain has granted). */
struct vp_buffer *vp_buffer_xen_map(
	struct vp_grants *grants, const struct vp_buffer_create *message);

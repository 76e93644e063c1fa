/*
 * SHA-256, by libgcrypt, which uses the processor's own instructions.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { VP_TREE_DIGEST_BYTES = 32 };

struct vp_tree_digest;

/* NULL with errno ENOMEM. */
struct vp_tree_digest *vp_tree_digest_create(void);

/* NULL is legal. */
void vp_tree_digest_destroy(struct vp_tree_digest *digest);

void vp_tree_digest_add(struct vp_tree_digest *digest, const void *data, size_t len);

/* The digest of what was added since the last call. */
void vp_tree_digest_take(struct vp_tree_digest *digest, uint8_t value[VP_TREE_DIGEST_BYTES]);

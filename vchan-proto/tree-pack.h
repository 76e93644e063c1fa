/*
 * Packs trees of files into a stream (tree.h), as much of it as is wanted at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tree.h"

struct vp_tree_pack;

enum { VP_TREE_READ_MIN = 4096 };

struct vp_tree_pack_listener {
	/* This is not in the stream, because it "is a symbolic link". Valid during the call. */
	void (*skipped)(void *data, const char *path, const char *reason);
};

/* Counts what there is to pack. False with an error in words: what is named is not there, or it is
 * more than limits allow. */
bool vp_tree_measure(const char *const *paths, size_t count, const struct vp_tree_limits *limits,
	struct vp_tree_totals *totals, char error[VP_TREE_ERROR_MAX]);

/* paths stay the caller's, as long as the packer. NULL with errno ENOMEM. */
struct vp_tree_pack *vp_tree_pack_create(const char *const *paths, size_t count,
	const struct vp_tree_limits *limits, const struct vp_tree_pack_listener *listener,
	void *data);

/* NULL is legal. */
void vp_tree_pack_destroy(struct vp_tree_pack *pack);

/* Writes the next bytes of the stream to buffer, which has at least VP_TREE_READ_MIN; 0 at its end.
 * -1: it cannot go on, and vp_tree_pack_error() says why. */
ssize_t vp_tree_pack_read(struct vp_tree_pack *pack, uint8_t *buffer, size_t capacity);

const char *vp_tree_pack_error(const struct vp_tree_pack *pack);

/* What has been packed so far. */
struct vp_tree_totals vp_tree_pack_totals(const struct vp_tree_pack *pack);

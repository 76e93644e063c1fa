/*
 * Unpacks a stream of files (tree.h) that another VM sends, bytes at a time. The stream is hostile:
 * what is not as it should be ends the whole, and nothing of it stays.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tree.h"

struct vp_tree_unpack;

struct vp_tree_unpack_listener {
	/* This did not come, because it "is a symbolic link". Valid during the call. */
	void (*skipped)(void *data, const char *name, const char *reason);
	/* This has come, and is in its place under this name. Valid during the call. */
	void (*placed)(void *data, const char *name);
};

/* Receives below the directory, which stays the caller's as long as the receiver. NULL with
 * errno. */
struct vp_tree_unpack *vp_tree_unpack_create(int directory, const struct vp_tree_limits *limits,
	const struct vp_tree_unpack_listener *listener, void *data);

/* From here on nothing but what has one of these names is taken into the directory itself: whoever
 * sends does not choose them. The names end with NULL, and stay the caller's as long as the
 * receiver. */
void vp_tree_unpack_expect(struct vp_tree_unpack *unpack, const char *const *names);

/* Removes what is not in its place. NULL is legal. */
void vp_tree_unpack_destroy(struct vp_tree_unpack *unpack);

/* Takes the next bytes. False: the stream is refused or cannot be written, and
 * vp_tree_unpack_error() says why. */
bool vp_tree_unpack_feed(struct vp_tree_unpack *unpack, const uint8_t *data, size_t len);

/* The stream has ended: puts everything in its place. False, as above, also if the stream was not
 * whole. */
bool vp_tree_unpack_finish(struct vp_tree_unpack *unpack);

const char *vp_tree_unpack_error(const struct vp_tree_unpack *unpack);

/* What has come so far. */
struct vp_tree_totals vp_tree_unpack_totals(const struct vp_tree_unpack *unpack);

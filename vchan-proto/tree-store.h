/*
 * Where a received tree goes: a hidden directory beside its place, from which the whole is moved
 * there once it is complete. What is there already is never replaced, nor is a link followed. What
 * an earlier receiver left, because it was killed, is removed.
 *
 * Functions that can fail return false with errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vp_tree_store;

/* directory stays the caller's, and must be open as long as the store. NULL with errno. */
struct vp_tree_store *vp_tree_store_create(int directory);

/* Removes what has not been moved to its place. NULL is legal. */
void vp_tree_store_destroy(struct vp_tree_store *store);

/* Names are valid ones (tree-name.h), and numbered if they are taken. Modes and times are set at
 * the end; the owner may always do all with directories, and read and write files. */
bool vp_tree_store_enter(
	struct vp_tree_store *store, const char *name, uint16_t mode, int64_t mtime);

/* Ends the directory that was entered last. ELOOP if there is none. */
bool vp_tree_store_leave(struct vp_tree_store *store);

bool vp_tree_store_begin_file(
	struct vp_tree_store *store, const char *name, uint16_t mode, int64_t mtime);
bool vp_tree_store_write(struct vp_tree_store *store, const uint8_t *data, size_t len);

/* Ends a file, which is dropped unless keep is true. */
bool vp_tree_store_end_file(struct vp_tree_store *store, bool keep);

/* True if all directories have been left. */
bool vp_tree_store_at_top(const struct vp_tree_store *store);

/* Moves what has come to its place, in the order of its coming; placed is told each name there. */
bool vp_tree_store_commit(
	struct vp_tree_store *store, void (*placed)(void *data, const char *name), void *data);

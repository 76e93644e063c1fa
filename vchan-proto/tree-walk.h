/*
 * Walks the trees below given paths: one file, directory or thing to be skipped at a time. Symbolic
 * links are followed in the given paths alone, never below them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tree-name.h"
#include "tree.h"

struct vp_tree_walk;

enum vp_tree_step { VP_STEP_ENTRY, VP_STEP_END, VP_STEP_ERROR };

struct vp_tree_entry {
	enum vp_tree_kind kind; /* END does not come */
	enum vp_tree_reason reason; /* of SKIPPED */
	const char *name; /* valid for a stream; of all but UP; until the next step */
	const char *path; /* as the user knows it, of all but UP; until the next step */
	uint16_t mode; /* of FILE and DIRECTORY, as are the next */
	int64_t mtime;
	uint64_t size; /* of FILE */
	int fd; /* of FILE, open for reading, the caller's; -1 if it was not to be opened */
};

/* paths are NUL-terminated and stay the caller's, as long as the walk. NULL with errno ENOMEM. */
struct vp_tree_walk *vp_tree_walk_create(const char *const *paths, size_t count);

/* NULL is legal. */
void vp_tree_walk_destroy(struct vp_tree_walk *walk);

/* Stores the next entry; its file is opened if open_files is true. A given path that is not there
 * or has no name is an error, told by vp_tree_walk_error(). */
enum vp_tree_step vp_tree_walk_next(
	struct vp_tree_walk *walk, bool open_files, struct vp_tree_entry *entry);

const char *vp_tree_walk_error(const struct vp_tree_walk *walk);

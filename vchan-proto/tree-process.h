/*
 * oriel-files as a process: packs or unpacks trees of files at the other end of a pipe (tree.h),
 * and tells what becomes of it. Its owner waits for no disk.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tree.h"

struct vp_tree_process;

/* Texts are printable, but for people alone; valid during the call. Only ended may destroy the
 * process. Any may be NULL but ended. */
struct vp_tree_process_listener {
	/* Packing: there is so much. */
	void (*found)(void *data, uint64_t bytes, uint64_t entries);
	/* Packing: so much of it has been packed; a few times a second at most. */
	void (*packed)(void *data, uint64_t bytes);
	/* This is left out, because it "is a symbolic link". */
	void (*skipped)(void *data, const char *name, const char *reason);
	/* Unpacking: this has come, and is in its place under this name. */
	void (*placed)(void *data, const char *name);
	/* The process has ended; called once. error: why it has failed, or NULL. */
	void (*ended)(void *data, const struct vp_tree_totals *totals, const char *error);
};

/* Packs what is named, by absolute paths or paths in directory, into the pipe fd, which stays the
 * caller's. program: path of oriel-files. NULL with errno. */
struct vp_tree_process *vp_tree_process_pack(const char *program, const char *directory,
	const char *const *paths, size_t count, const struct vp_tree_limits *limits, int fd,
	const struct vp_tree_process_listener *listener, void *data);

/* Where what is unpacked goes. */
struct vp_tree_place {
	const char *directory; /* made if need be */
	const char *below; /* the name of one in it, as above; NULL: directory itself */
	const char *const *names; /* ended by NULL: all that may come into it; NULL: anything */
};

/* Unpacks what comes from the pipe fd, which stays the caller's. NULL with errno. */
struct vp_tree_process *vp_tree_process_unpack(const char *program,
	const struct vp_tree_place *place, const struct vp_tree_limits *limits, int fd,
	const struct vp_tree_process_listener *listener, void *data);

/* Tells the process to stop, and to remove what is not complete; ended is called in the end. */
void vp_tree_process_cancel(struct vp_tree_process *process);

/* A process that has not ended is told to stop, and not waited for. NULL is legal. */
void vp_tree_process_destroy(struct vp_tree_process *process);

/* Poll for input, then dispatch. */
int vp_tree_process_get_fd(const struct vp_tree_process *process);
void vp_tree_process_dispatch(struct vp_tree_process *process);

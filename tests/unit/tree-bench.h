/*
 * A directory to receive into, and streams (tree.h) made by hand.
 */
#pragma once

#include <glib.h>

#include "tree-remove.h"
#include "tree-unpack.h"

struct tree_bench {
	char *directory;
	int fd;
	struct vp_tree_limits limits;
	const char *const *expected; /* names that may come, ended by NULL; NULL: any */
	struct vp_tree_unpack *unpack;
	GString *placed; /* names, each ended by a semicolon */
	GString *skipped; /* as above */
};

void tree_bench_init(struct tree_bench *bench);
void tree_bench_finish(struct tree_bench *bench);

/* Parts of a stream. */
void tree_put_magic(GByteArray *stream);
void tree_put_directory(GByteArray *stream, const char *name);
void tree_put_up(GByteArray *stream);
void tree_put_file_head(GByteArray *stream, const char *name, uint16_t mode, uint64_t size);
void tree_put_block(GByteArray *stream, const char *text);
void tree_put_tail(GByteArray *stream, uint8_t outcome, const char *text);
void tree_put_file(GByteArray *stream, const char *name, const char *text);
void tree_put_end(GByteArray *stream, uint64_t entries, uint64_t bytes);

/* Receives a stream, step bytes at a time. True if it was taken as a whole; else the error is
 * unpack's, until tree_bench_finish() or the next stream. */
bool tree_bench_receive(struct tree_bench *bench, const GByteArray *stream, size_t step);

/* As above; true if it was refused for that reason, and nothing is left of it. */
bool tree_bench_refuses(struct tree_bench *bench, const GByteArray *stream, const char *reason);

/* The content of a received file; NULL if it is not there. The caller frees it. */
char *tree_bench_read(const struct tree_bench *bench, const char *name);

/* How many entries the directory has, hidden ones too. */
unsigned int tree_bench_count(const struct tree_bench *bench);

/*
 * Trees of files as a stream of bytes, for the hand-over between VMs. tree-pack.h makes it,
 * tree-unpack.h takes it apart. Only regular files and directories are in it. Numbers are
 * little-endian.
 *
 *   stream     "ORIELTR1" entry... end
 *   entry      directory | file | skipped
 *   directory  'D' u16 mode  i64 mtime  name  entry...  'U'
 *   file       'F' u16 mode  i64 mtime  u64 size  name  block...  u32 0  u8 outcome  digest
 *   block      u32 length (1 to VP_TREE_BLOCK_MAX)  bytes
 *   skipped    'S' u8 reason  name
 *   end        'E' u64 entries  u64 bytes
 *   name       u16 length (1 to VP_TREE_NAME_MAX)  bytes, as tree-name.h has them
 *   digest     SHA-256 of the file's bytes
 *
 * mode is rwx for owner, group and others (0777), mtime seconds since 1970, size what the file is
 * expected to have at most: it may be cut while it is read. outcome is 0 for a file that was read
 * to its end, 1 for one that was not, which the receiver drops. entries counts directories, files
 * and what was skipped; bytes those of all blocks. Nothing follows the end; without one the stream
 * was interrupted.
 */
#pragma once

#include <stdint.h>

#define VP_TREE_MAGIC "ORIELTR1"

enum {
	VP_TREE_MAGIC_BYTES = 8,
	VP_TREE_BLOCK_MAX = 1048576, /* bytes */
	VP_TREE_DEPTH_MAX = 64, /* directories in each other */
	VP_TREE_MODE_ALL = 0777,
	VP_TREE_ERROR_MAX = 512, /* bytes of an error in words, with its NUL */
};

enum vp_tree_kind {
	VP_TREE_DIRECTORY = 'D',
	VP_TREE_UP = 'U',
	VP_TREE_FILE = 'F',
	VP_TREE_SKIPPED = 'S',
	VP_TREE_END = 'E',
};

enum vp_tree_outcome { VP_TREE_WHOLE = 0, VP_TREE_BROKEN = 1 };

/* Why something is not in the stream. */
enum vp_tree_reason {
	VP_TREE_LINK = 0,
	VP_TREE_SPECIAL = 1,
	VP_TREE_UNREADABLE = 2,
	VP_TREE_NAME = 3,
	VP_TREE_DEEP = 4,
	VP_TREE_REASONS
};

/* In words: "is a symbolic link". */
const char *vp_tree_reason_text(enum vp_tree_reason reason);

/* What may be packed or unpacked. */
struct vp_tree_limits {
	uint64_t bytes;
	uint64_t entries;
};

/* What has been. */
struct vp_tree_totals {
	uint64_t bytes;
	uint64_t entries;
	uint64_t skipped; /* of the entries */
};

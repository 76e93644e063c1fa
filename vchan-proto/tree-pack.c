#include "tree-pack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec.h"
#include "tree-digest.h"
#include "tree-walk.h"

enum {
	LENGTH_BYTES = 4,
	ENTRY_MAX = 32 + VP_TREE_NAME_MAX, /* bytes of an entry up to its name's end */
	TAIL_BYTES = LENGTH_BYTES + 1 + VP_TREE_DIGEST_BYTES,
	BLOCK_MIN = 1024, /* a smaller one waits for the next buffer */
};

_Static_assert(ENTRY_MAX + TAIL_BYTES + BLOCK_MIN <= VP_TREE_READ_MIN, "something always fits");

enum state { STATE_START, STATE_ENTRIES, STATE_FILE, STATE_ENDED, STATE_FAILED };

struct vp_tree_pack {
	struct vp_tree_limits limits;
	struct vp_tree_totals totals;
	const struct vp_tree_pack_listener *listener;
	void *data;
	struct vp_tree_walk *walk;
	struct vp_tree_digest *digest;
	enum state state;
	int fd; /* the file that is being packed, or -1 */
	uint64_t left; /* bytes of it, at most */
	char error[VP_TREE_ERROR_MAX];
};

struct vp_tree_pack *vp_tree_pack_create(const char *const *paths, size_t count,
	const struct vp_tree_limits *limits, const struct vp_tree_pack_listener *listener,
	void *data)
{
	struct vp_tree_pack *pack = calloc(1, sizeof(*pack));
	if (pack == NULL)
		return NULL;
	pack->limits = *limits;
	pack->listener = listener;
	pack->data = data;
	pack->fd = -1;
	pack->walk = vp_tree_walk_create(paths, count);
	pack->digest = vp_tree_digest_create();
	if (pack->walk != NULL && pack->digest != NULL)
		return pack;
	vp_tree_pack_destroy(pack);
	errno = ENOMEM;
	return NULL;
}

void vp_tree_pack_destroy(struct vp_tree_pack *pack)
{
	if (pack == NULL)
		return;
	if (pack->fd != -1)
		close(pack->fd);
	vp_tree_walk_destroy(pack->walk);
	vp_tree_digest_destroy(pack->digest);
	free(pack);
}

const char *vp_tree_pack_error(const struct vp_tree_pack *pack)
{
	return pack->error;
}

struct vp_tree_totals vp_tree_pack_totals(const struct vp_tree_pack *pack)
{
	return pack->totals;
}

/* Counts an entry. False with an error if the limits do not allow it. */
static bool count_entry(const struct vp_tree_entry *entry, const struct vp_tree_limits *limits,
	struct vp_tree_totals *totals, char error[VP_TREE_ERROR_MAX])
{
	if (entry->kind == VP_TREE_UP)
		return true;
	totals->entries++;
	totals->skipped += entry->kind == VP_TREE_SKIPPED;
	if (entry->kind == VP_TREE_FILE && entry->size > limits->bytes - totals->bytes) {
		snprintf(error, VP_TREE_ERROR_MAX, "more than %" PRIu64 " bytes are too much",
			limits->bytes);
		return false;
	}
	totals->bytes += entry->kind == VP_TREE_FILE ? entry->size : 0;
	if (totals->entries > limits->entries) {
		snprintf(error, VP_TREE_ERROR_MAX,
			"more than %" PRIu64 " files and directories are too many",
			limits->entries);
		return false;
	}
	return true;
}

bool vp_tree_measure(const char *const *paths, size_t count, const struct vp_tree_limits *limits,
	struct vp_tree_totals *totals, char error[VP_TREE_ERROR_MAX])
{
	struct vp_tree_walk *walk = vp_tree_walk_create(paths, count);
	struct vp_tree_totals sum = { 0 };
	struct vp_tree_entry entry;
	enum vp_tree_step step = VP_STEP_ERROR;
	bool within = true;
	if (walk == NULL) {
		snprintf(error, VP_TREE_ERROR_MAX, "%s", strerror(ENOMEM));
		return false;
	}
	while (within && (step = vp_tree_walk_next(walk, false, &entry)) == VP_STEP_ENTRY)
		within = count_entry(&entry, limits, &sum, error);
	if (within && step == VP_STEP_ERROR)
		snprintf(error, VP_TREE_ERROR_MAX, "%s", vp_tree_walk_error(walk));
	vp_tree_walk_destroy(walk);
	if (!within || step == VP_STEP_ERROR)
		return false;
	*totals = sum;
	return true;
}

static void fail(struct vp_tree_pack *pack, const char *error)
{
	snprintf(pack->error, sizeof(pack->error), "%s", error);
	pack->state = STATE_FAILED;
}

static void put_name(struct vp_writer *out, const char *name)
{
	vp_put_u16(out, (uint16_t)strlen(name), 1, VP_TREE_NAME_MAX);
	uint8_t *at = vp_writer_take(out, strlen(name));
	if (at != NULL)
		memcpy(at, name, strlen(name));
}

static void put_entry(struct vp_writer *out, const struct vp_tree_entry *entry)
{
	vp_put_u8(out, (uint8_t)entry->kind, 0, UINT8_MAX);
	if (entry->kind == VP_TREE_UP)
		return;
	if (entry->kind == VP_TREE_SKIPPED) {
		vp_put_u8(out, (uint8_t)entry->reason, 0, UINT8_MAX);
	} else {
		vp_put_u16(out, entry->mode, 0, VP_TREE_MODE_ALL);
		vp_put_u64(out, (uint64_t)entry->mtime, 0, UINT64_MAX);
	}
	if (entry->kind == VP_TREE_FILE)
		vp_put_u64(out, entry->size, 0, UINT64_MAX);
	put_name(out, entry->name);
}

/* The size counts as packed once bytes are. */
static bool check_limits(struct vp_tree_pack *pack, const struct vp_tree_entry *entry)
{
	struct vp_tree_totals totals = pack->totals;
	if (!count_entry(entry, &pack->limits, &totals, pack->error))
		return false;
	totals.bytes = pack->totals.bytes;
	pack->totals = totals;
	return true;
}

static void put_end(struct vp_tree_pack *pack, struct vp_writer *out)
{
	vp_put_u8(out, VP_TREE_END, 0, UINT8_MAX);
	vp_put_u64(out, pack->totals.entries, 0, UINT64_MAX);
	vp_put_u64(out, pack->totals.bytes, 0, UINT64_MAX);
	pack->state = STATE_ENDED;
}

static void put_next(struct vp_tree_pack *pack, struct vp_writer *out)
{
	struct vp_tree_entry entry;
	enum vp_tree_step step = vp_tree_walk_next(pack->walk, true, &entry);
	if (step == VP_STEP_ERROR) {
		fail(pack, vp_tree_walk_error(pack->walk));
		return;
	}
	if (step == VP_STEP_END) {
		put_end(pack, out);
		return;
	}
	pack->fd = entry.fd;
	if (!check_limits(pack, &entry)) {
		pack->state = STATE_FAILED;
		return;
	}
	if (entry.kind == VP_TREE_SKIPPED)
		pack->listener->skipped(pack->data, entry.path, vp_tree_reason_text(entry.reason));
	put_entry(out, &entry);
	if (entry.kind == VP_TREE_FILE) {
		posix_fadvise(pack->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
		pack->left = entry.size;
		pack->state = STATE_FILE;
	}
}

static void put_tail(struct vp_tree_pack *pack, struct vp_writer *out, enum vp_tree_outcome outcome)
{
	vp_put_u32(out, 0, 0, 0);
	vp_put_u8(out, (uint8_t)outcome, 0, UINT8_MAX);
	vp_tree_digest_take(pack->digest, vp_writer_take(out, VP_TREE_DIGEST_BYTES));
	close(pack->fd);
	pack->fd = -1;
	pack->state = STATE_ENTRIES;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Reads straight to where the block's bytes belong. */
static void put_block(struct vp_tree_pack *pack, struct vp_writer *out)
{
	size_t room = smaller(out->left - LENGTH_BYTES - TAIL_BYTES, VP_TREE_BLOCK_MAX);
	size_t wanted = pack->left < room ? (size_t)pack->left : room;
	ssize_t n = wanted > 0 ? read(pack->fd, out->at + LENGTH_BYTES, wanted) : 0;
	if (n <= 0) {
		put_tail(pack, out, n == 0 ? VP_TREE_WHOLE : VP_TREE_BROKEN);
		return;
	}
	vp_put_u32(out, (uint32_t)n, 1, VP_TREE_BLOCK_MAX);
	vp_tree_digest_add(pack->digest, vp_writer_take(out, (size_t)n), (size_t)n);
	pack->left -= (uint64_t)n;
	pack->totals.bytes += (uint64_t)n;
}

static void put_magic(struct vp_tree_pack *pack, struct vp_writer *out)
{
	memcpy(vp_writer_take(out, VP_TREE_MAGIC_BYTES), VP_TREE_MAGIC, VP_TREE_MAGIC_BYTES);
	pack->state = STATE_ENTRIES;
}

/* Puts something, if it fits. */
static bool step(struct vp_tree_pack *pack, struct vp_writer *out)
{
	switch (pack->state) {
	case STATE_START:
		put_magic(pack, out);
		return true;
	case STATE_ENTRIES:
		if (out->left < ENTRY_MAX)
			return false;
		put_next(pack, out);
		return true;
	case STATE_FILE:
		if (out->left < LENGTH_BYTES + BLOCK_MIN + TAIL_BYTES)
			return false;
		put_block(pack, out);
		return true;
	case STATE_ENDED:
	case STATE_FAILED:
		break;
	}
	return false;
}

ssize_t vp_tree_pack_read(struct vp_tree_pack *pack, uint8_t *buffer, size_t capacity)
{
	struct vp_writer out = { buffer, capacity, true };
	if (capacity < VP_TREE_READ_MIN) {
		fail(pack, strerror(EINVAL));
		return -1;
	}
	while (step(pack, &out))
		;
	return pack->state == STATE_FAILED ? -1 : (ssize_t)(capacity - out.left);
}

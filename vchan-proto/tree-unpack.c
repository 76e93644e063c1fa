#include "tree-unpack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "tree-digest.h"
#include "tree-name.h"
#include "tree-store.h"

/* Bytes of the parts that are gathered before they are read. */
enum {
	KIND_BYTES = 1,
	LENGTH_BYTES = 4,
	SKIPPED_BYTES = 1 + 2,
	DIRECTORY_BYTES = 2 + 8 + 2,
	FILE_BYTES = 2 + 8 + 8 + 2,
	TAIL_BYTES = 1 + VP_TREE_DIGEST_BYTES,
	END_BYTES = 8 + 8,
	PART_MAX = VP_TREE_NAME_MAX, /* the longest of all */
};

enum state {
	STATE_MAGIC,
	STATE_KIND,
	STATE_HEAD,
	STATE_NAME,
	STATE_LENGTH,
	STATE_BLOCK,
	STATE_TAIL,
	STATE_TOTALS,
	STATE_ENDED,
	STATE_FAILED,
};

struct vp_tree_unpack {
	struct vp_tree_limits limits;
	struct vp_tree_totals totals;
	const struct vp_tree_unpack_listener *listener;
	void *data;
	const char *const *expected; /* names in the directory itself; NULL: any */
	struct vp_tree_store *store;
	struct vp_tree_digest *digest;
	enum state state;
	uint8_t part[PART_MAX];
	size_t part_len;
	size_t part_wanted;
	/* of the entry that is being received */
	enum vp_tree_kind kind;
	uint8_t reason;
	uint16_t mode;
	int64_t mtime;
	uint64_t size_left; /* of the file */
	uint32_t block_left;
	char name[VP_TREE_NAME_MAX + 1];
	char error[VP_TREE_ERROR_MAX];
};

struct vp_tree_unpack *vp_tree_unpack_create(int directory, const struct vp_tree_limits *limits,
	const struct vp_tree_unpack_listener *listener, void *data)
{
	struct vp_tree_unpack *unpack = calloc(1, sizeof(*unpack));
	if (unpack == NULL)
		return NULL;
	unpack->limits = *limits;
	unpack->listener = listener;
	unpack->data = data;
	unpack->state = STATE_MAGIC;
	unpack->part_wanted = VP_TREE_MAGIC_BYTES;
	unpack->digest = vp_tree_digest_create();
	if (unpack->digest != NULL)
		unpack->store = vp_tree_store_create(directory);
	if (unpack->store != NULL)
		return unpack;
	int error = errno;
	vp_tree_unpack_destroy(unpack);
	errno = error;
	return NULL;
}

void vp_tree_unpack_expect(struct vp_tree_unpack *unpack, const char *const *names)
{
	unpack->expected = names;
}

void vp_tree_unpack_destroy(struct vp_tree_unpack *unpack)
{
	if (unpack == NULL)
		return;
	vp_tree_store_destroy(unpack->store);
	vp_tree_digest_destroy(unpack->digest);
	free(unpack);
}

const char *vp_tree_unpack_error(const struct vp_tree_unpack *unpack)
{
	return unpack->error;
}

struct vp_tree_totals vp_tree_unpack_totals(const struct vp_tree_unpack *unpack)
{
	return unpack->totals;
}

__attribute__((format(printf, 2, 3))) static void fail(
	struct vp_tree_unpack *unpack, const char *format, ...)
{
	va_list arguments;
	if (unpack->state == STATE_FAILED)
		return;
	va_start(arguments, format);
	vsnprintf(unpack->error, sizeof(unpack->error), format, arguments);
	va_end(arguments);
	unpack->state = STATE_FAILED;
}

/* What the store could not do, by errno. */
static void fail_to_store(struct vp_tree_unpack *unpack)
{
	int error = errno;
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		fail(unpack,
			"the disk of the receiver is full: make room on it, and copy once more");
		break;
	case EFBIG:
		fail(unpack, "'%s' is larger than the receiver's limit or file system allows",
			unpack->name);
		break;
	default:
		fail(unpack, "'%s' cannot be written: %s", unpack->name, strerror(error));
		break;
	}
}

static void expect(struct vp_tree_unpack *unpack, enum state state, size_t bytes)
{
	unpack->state = state;
	unpack->part_len = 0;
	unpack->part_wanted = bytes;
}

static void check_magic(struct vp_tree_unpack *unpack)
{
	if (memcmp(unpack->part, VP_TREE_MAGIC, VP_TREE_MAGIC_BYTES) == 0)
		expect(unpack, STATE_KIND, KIND_BYTES);
	else
		fail(unpack, "the sender sent something that is no stream of files");
}

static void leave_directory(struct vp_tree_unpack *unpack)
{
	if (vp_tree_store_at_top(unpack->store))
		fail(unpack, "the sender left a directory that it had not entered");
	else if (vp_tree_store_leave(unpack->store))
		expect(unpack, STATE_KIND, KIND_BYTES);
	else
		fail_to_store(unpack);
}

static void take_kind(struct vp_tree_unpack *unpack)
{
	unpack->kind = (enum vp_tree_kind)unpack->part[0];
	switch ((int)unpack->kind) {
	case VP_TREE_DIRECTORY:
		expect(unpack, STATE_HEAD, DIRECTORY_BYTES);
		break;
	case VP_TREE_FILE:
		expect(unpack, STATE_HEAD, FILE_BYTES);
		break;
	case VP_TREE_SKIPPED:
		expect(unpack, STATE_HEAD, SKIPPED_BYTES);
		break;
	case VP_TREE_UP:
		leave_directory(unpack);
		break;
	case VP_TREE_END:
		expect(unpack, STATE_TOTALS, END_BYTES);
		break;
	default:
		fail(unpack, "the sender sent an entry of an unknown kind");
		break;
	}
}

/* Counts an entry and its announced size against the limits. */
static bool within_limits(struct vp_tree_unpack *unpack, uint64_t size)
{
	if (++unpack->totals.entries > unpack->limits.entries)
		fail(unpack, "more than %" PRIu64 " files and directories are too many",
			unpack->limits.entries);
	else if (size > unpack->limits.bytes - unpack->totals.bytes)
		fail(unpack, "more than %" PRIu64 " bytes are too much", unpack->limits.bytes);
	return unpack->state != STATE_FAILED;
}

static void take_head(struct vp_tree_unpack *unpack)
{
	struct vp_reader in = { unpack->part, unpack->part_len, true };
	uint64_t mtime = 0;
	uint64_t size = 0;
	uint16_t name_len = 0;
	if (unpack->kind == VP_TREE_SKIPPED) {
		vp_get_u8(&in, &unpack->reason, 0, VP_TREE_REASONS - 1);
	} else {
		vp_get_u16(&in, &unpack->mode, 0, VP_TREE_MODE_ALL);
		vp_get_u64(&in, &mtime, 0, UINT64_MAX);
	}
	if (unpack->kind == VP_TREE_FILE)
		vp_get_u64(&in, &size, 0, UINT64_MAX);
	vp_get_u16(&in, &name_len, 1, VP_TREE_NAME_MAX);
	if (!in.ok) {
		fail(unpack, "the sender sent an entry that is out of bounds");
		return;
	}
	if (!within_limits(unpack, size))
		return;
	unpack->mtime = (int64_t)mtime;
	unpack->size_left = size;
	expect(unpack, STATE_NAME, name_len);
}

static void begin_entry(struct vp_tree_unpack *unpack)
{
	struct vp_tree_store *store = unpack->store;
	if (unpack->kind == VP_TREE_DIRECTORY) {
		if (vp_tree_store_enter(store, unpack->name, unpack->mode, unpack->mtime))
			expect(unpack, STATE_KIND, KIND_BYTES);
		else
			fail_to_store(unpack);
	} else if (vp_tree_store_begin_file(store, unpack->name, unpack->mode, unpack->mtime)) {
		expect(unpack, STATE_LENGTH, LENGTH_BYTES);
	} else {
		fail_to_store(unpack);
	}
}

static void skip(struct vp_tree_unpack *unpack, const char *reason)
{
	unpack->totals.skipped++;
	unpack->listener->skipped(unpack->data, unpack->name, reason);
}

static bool is_expected(const struct vp_tree_unpack *unpack)
{
	if (unpack->expected == NULL || !vp_tree_store_at_top(unpack->store))
		return true;
	for (const char *const *name = unpack->expected; *name != NULL; name++)
		if (strcmp(*name, unpack->name) == 0)
			return true;
	return false;
}

static void take_name(struct vp_tree_unpack *unpack)
{
	const char *name = (const char *)unpack->part;
	bool skipped = unpack->kind == VP_TREE_SKIPPED;
	if (!vp_tree_name_valid(name, unpack->part_len)) {
		fail(unpack, "the sender sent a name that no file may have");
		return;
	}
	memcpy(unpack->name, name, unpack->part_len);
	unpack->name[unpack->part_len] = '\0';
	if (!skipped && !is_expected(unpack)) {
		fail(unpack, "the sender sent '%s', which it was not asked for", unpack->name);
		return;
	}
	if (!skipped) {
		begin_entry(unpack);
		return;
	}
	skip(unpack, vp_tree_reason_text((enum vp_tree_reason)unpack->reason));
	expect(unpack, STATE_KIND, KIND_BYTES);
}

static void take_length(struct vp_tree_unpack *unpack)
{
	uint32_t len = (uint32_t)vp_load_le(unpack->part, LENGTH_BYTES);
	if (len == 0) {
		expect(unpack, STATE_TAIL, TAIL_BYTES);
	} else if (len > VP_TREE_BLOCK_MAX || len > unpack->size_left) {
		fail(unpack, "the sender sent more of a file than it had announced");
	} else {
		unpack->size_left -= len;
		unpack->block_left = len;
		unpack->state = STATE_BLOCK;
	}
}

static void take_tail(struct vp_tree_unpack *unpack)
{
	uint8_t digest[VP_TREE_DIGEST_BYTES];
	uint8_t outcome = unpack->part[0];
	bool whole = outcome == VP_TREE_WHOLE;
	vp_tree_digest_take(unpack->digest, digest);
	if (outcome > VP_TREE_BROKEN) {
		fail(unpack, "the sender sent a file whose end is out of bounds");
	} else if (whole && memcmp(digest, unpack->part + 1, sizeof(digest)) != 0) {
		fail(unpack, "'%s' was damaged on its way: its checksum is another", unpack->name);
	} else if (!vp_tree_store_end_file(unpack->store, whole)) {
		fail_to_store(unpack);
	} else {
		if (!whole)
			skip(unpack, "could not be read to its end");
		expect(unpack, STATE_KIND, KIND_BYTES);
	}
}

static void take_totals(struct vp_tree_unpack *unpack)
{
	uint64_t entries = vp_load_le(unpack->part, 8);
	uint64_t bytes = vp_load_le(unpack->part + 8, 8);
	if (!vp_tree_store_at_top(unpack->store))
		fail(unpack, "the sender ended within a directory");
	else if (entries != unpack->totals.entries || bytes != unpack->totals.bytes)
		fail(unpack, "less has come than was sent");
	else
		unpack->state = STATE_ENDED;
}

static void take_part(struct vp_tree_unpack *unpack)
{
	switch (unpack->state) {
	case STATE_MAGIC:
		check_magic(unpack);
		break;
	case STATE_KIND:
		take_kind(unpack);
		break;
	case STATE_HEAD:
		take_head(unpack);
		break;
	case STATE_NAME:
		take_name(unpack);
		break;
	case STATE_LENGTH:
		take_length(unpack);
		break;
	case STATE_TAIL:
		take_tail(unpack);
		break;
	case STATE_TOTALS:
		take_totals(unpack);
		break;
	case STATE_BLOCK:
	case STATE_ENDED:
	case STATE_FAILED:
		break;
	}
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Returns how many bytes it has used. */
static size_t take_block(struct vp_tree_unpack *unpack, const uint8_t *data, size_t len)
{
	size_t n = smaller(len, unpack->block_left);
	vp_tree_digest_add(unpack->digest, data, n);
	if (!vp_tree_store_write(unpack->store, data, n)) {
		fail_to_store(unpack);
		return n;
	}
	unpack->totals.bytes += n;
	unpack->block_left -= (uint32_t)n;
	if (unpack->block_left == 0)
		expect(unpack, STATE_LENGTH, LENGTH_BYTES);
	return n;
}

static size_t gather(struct vp_tree_unpack *unpack, const uint8_t *data, size_t len)
{
	size_t n = smaller(len, unpack->part_wanted - unpack->part_len);
	memcpy(unpack->part + unpack->part_len, data, n);
	unpack->part_len += n;
	if (unpack->part_len == unpack->part_wanted)
		take_part(unpack);
	return n;
}

bool vp_tree_unpack_feed(struct vp_tree_unpack *unpack, const uint8_t *data, size_t len)
{
	while (len > 0 && unpack->state != STATE_FAILED) {
		if (unpack->state == STATE_ENDED) {
			fail(unpack, "the sender went on after the end");
			break;
		}
		size_t n = unpack->state == STATE_BLOCK ? take_block(unpack, data, len)
							: gather(unpack, data, len);
		data += n;
		len -= n;
	}
	return unpack->state != STATE_FAILED;
}

bool vp_tree_unpack_finish(struct vp_tree_unpack *unpack)
{
	if (unpack->state == STATE_FAILED)
		return false;
	if (unpack->state != STATE_ENDED)
		fail(unpack, "the transfer was interrupted, and nothing of it was kept");
	else if (!vp_tree_store_commit(unpack->store, unpack->listener->placed, unpack->data))
		fail_to_store(unpack);
	return unpack->state == STATE_ENDED;
}

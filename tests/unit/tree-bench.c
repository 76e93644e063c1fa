#include "tree-bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tree-digest.h"
#include "unit.h"

enum { BYTES_MAX = 1000000, ENTRIES_MAX = 1000 };

static void note_skipped(void *data, const char *name, const char *reason)
{
	struct tree_bench *bench = data;
	g_string_append_printf(bench->skipped, "%s %s;", name, reason);
}

static void note_placed(void *data, const char *name)
{
	struct tree_bench *bench = data;
	g_string_append_printf(bench->placed, "%s;", name);
}

static const struct vp_tree_unpack_listener listener = {
	.skipped = note_skipped,
	.placed = note_placed,
};

void tree_bench_init(struct tree_bench *bench)
{
	*bench = (struct tree_bench){
		.directory = g_dir_make_tmp("tree-XXXXXX", NULL),
		.limits = { BYTES_MAX, ENTRIES_MAX },
		.placed = g_string_new(NULL),
		.skipped = g_string_new(NULL),
	};
	bench->fd = open(bench->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_FATAL(bench->fd != -1);
}

void tree_bench_finish(struct tree_bench *bench)
{
	vp_tree_unpack_destroy(bench->unpack);
	close(bench->fd);
	tree_remove(bench->directory);
	g_free(bench->directory);
	g_string_free(bench->placed, TRUE);
	g_string_free(bench->skipped, TRUE);
}

static void put_number(GByteArray *stream, uint64_t value, unsigned int bytes)
{
	uint64_t little = GUINT64_TO_LE(value);
	g_byte_array_append(stream, (const uint8_t *)&little, bytes);
}

static void put_text(GByteArray *stream, const char *text)
{
	g_byte_array_append(stream, (const uint8_t *)text, (guint)strlen(text));
}

static void put_name(GByteArray *stream, const char *name)
{
	put_number(stream, strlen(name), 2);
	put_text(stream, name);
}

void tree_put_magic(GByteArray *stream)
{
	put_text(stream, VP_TREE_MAGIC);
}

void tree_put_directory(GByteArray *stream, const char *name)
{
	put_number(stream, VP_TREE_DIRECTORY, 1);
	put_number(stream, 0755, 2);
	put_number(stream, 0, 8);
	put_name(stream, name);
}

void tree_put_up(GByteArray *stream)
{
	put_number(stream, VP_TREE_UP, 1);
}

void tree_put_file_head(GByteArray *stream, const char *name, uint16_t mode, uint64_t size)
{
	put_number(stream, VP_TREE_FILE, 1);
	put_number(stream, mode, 2);
	put_number(stream, 0, 8);
	put_number(stream, size, 8);
	put_name(stream, name);
}

void tree_put_block(GByteArray *stream, const char *text)
{
	put_number(stream, strlen(text), 4);
	put_text(stream, text);
}

void tree_put_tail(GByteArray *stream, uint8_t outcome, const char *text)
{
	uint8_t value[VP_TREE_DIGEST_BYTES];
	struct vp_tree_digest *digest = vp_tree_digest_create();
	vp_tree_digest_add(digest, text, strlen(text));
	vp_tree_digest_take(digest, value);
	vp_tree_digest_destroy(digest);
	put_number(stream, 0, 4);
	put_number(stream, outcome, 1);
	g_byte_array_append(stream, value, sizeof(value));
}

void tree_put_file(GByteArray *stream, const char *name, const char *text)
{
	tree_put_file_head(stream, name, 0644, strlen(text));
	if (text[0] != '\0')
		tree_put_block(stream, text);
	tree_put_tail(stream, VP_TREE_WHOLE, text);
}

void tree_put_end(GByteArray *stream, uint64_t entries, uint64_t bytes)
{
	put_number(stream, VP_TREE_END, 1);
	put_number(stream, entries, 8);
	put_number(stream, bytes, 8);
}

bool tree_bench_receive(struct tree_bench *bench, const GByteArray *stream, size_t step)
{
	vp_tree_unpack_destroy(bench->unpack);
	bench->unpack = vp_tree_unpack_create(bench->fd, &bench->limits, &listener, bench);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bench->unpack);
	if (bench->expected != NULL)
		vp_tree_unpack_expect(bench->unpack, bench->expected);
	for (size_t at = 0; at < stream->len; at += step)
		if (!vp_tree_unpack_feed(
			    bench->unpack, stream->data + at, MIN(step, stream->len - at)))
			return false;
	return vp_tree_unpack_finish(bench->unpack);
}

bool tree_bench_refuses(struct tree_bench *bench, const GByteArray *stream, const char *reason)
{
	bool taken = tree_bench_receive(bench, stream, stream->len + 1);
	g_autofree char *error = g_strdup(vp_tree_unpack_error(bench->unpack));
	vp_tree_unpack_destroy(bench->unpack);
	bench->unpack = NULL;
	if (!taken && strstr(error, reason) != NULL && tree_bench_count(bench) == 0)
		return true;
	printf("expected '%s', got %s '%s', %u left\n", reason, taken ? "taken" : "refused", error,
		tree_bench_count(bench));
	return false;
}

char *tree_bench_read(const struct tree_bench *bench, const char *name)
{
	g_autofree char *path = g_build_filename(bench->directory, name, NULL);
	char *content = NULL;
	g_file_get_contents(path, &content, NULL, NULL);
	return content;
}

unsigned int tree_bench_count(const struct tree_bench *bench)
{
	g_autoptr(GDir) list = g_dir_open(bench->directory, 0, NULL);
	unsigned int count = 0;
	while (g_dir_read_name(list) != NULL)
		count++;
	return count;
}

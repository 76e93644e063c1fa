#include "tree-pack.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree-bench.h"
#include "unit.h"

static const struct vp_tree_limits plenty = { 1 << 30, 100000 };

static void note_skipped(void *data, const char *path, const char *reason)
{
	GString *skipped = data;
	const char *name = strrchr(path, '/');
	g_string_append_printf(skipped, "%s %s;", name != NULL ? name + 1 : path, reason);
}

static const struct vp_tree_pack_listener listener = { .skipped = note_skipped };

static void write_file(const char *directory, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autofree char *parent = g_path_get_dirname(path);
	g_mkdir_with_parents(parent, 0700);
	CU_ASSERT_TRUE(g_file_set_contents(path, text, -1, NULL));
}

/* The stream of paths, read in buffers of the given size; empty on error, which is stored. */
static GByteArray *pack_paths(const char *const *paths, size_t count, size_t capacity,
	const struct vp_tree_limits *limits, GString *skipped, char error[VP_TREE_ERROR_MAX])
{
	GByteArray *stream = g_byte_array_new();
	g_autofree uint8_t *buffer = g_malloc(capacity);
	struct vp_tree_pack *pack = vp_tree_pack_create(paths, count, limits, &listener, skipped);
	ssize_t n;
	while ((n = vp_tree_pack_read(pack, buffer, capacity)) > 0)
		g_byte_array_append(stream, buffer, (guint)n);
	g_strlcpy(error, vp_tree_pack_error(pack), VP_TREE_ERROR_MAX);
	if (n == -1)
		g_byte_array_set_size(stream, 0);
	vp_tree_pack_destroy(pack);
	return stream;
}

struct pack_bench {
	char *source;
	GString *skipped;
	char error[VP_TREE_ERROR_MAX];
	struct tree_bench to;
};

static void init(struct pack_bench *bench)
{
	bench->source = g_dir_make_tmp("pack-XXXXXX", NULL);
	bench->skipped = g_string_new(NULL);
	tree_bench_init(&bench->to);
}

static void finish(struct pack_bench *bench)
{
	tree_bench_finish(&bench->to);
	tree_remove(bench->source);
	g_string_free(bench->skipped, TRUE);
	g_free(bench->source);
}

static bool copy(struct pack_bench *bench, const char *path, size_t capacity)
{
	g_autoptr(GByteArray) stream =
		pack_paths(&path, 1, capacity, &plenty, bench->skipped, bench->error);
	return tree_bench_receive(&bench->to, stream, stream->len + 1);
}

static void test_round_trip(void)
{
	struct pack_bench bench;
	g_autofree char *large = g_strnfill(100000, 'x');
	init(&bench);
	write_file(bench.source, "tree/a.txt", "alpha");
	write_file(bench.source, "tree/deep/er/b", large);
	write_file(bench.source, "tree/empty", "");
	write_file(bench.source, "tree/we\nird\xff", "w");
	g_autofree char *path = g_build_filename(bench.source, "tree", NULL);
	static const size_t capacities[] = { VP_TREE_READ_MIN, VP_TREE_READ_MIN + 1, 5000, 65536,
		2000000 };
	static const char *const roots[] = { "tree", "tree (2)", "tree (3)", "tree (4)",
		"tree (5)" };
	for (size_t i = 0; i < G_N_ELEMENTS(capacities); i++) {
		CU_ASSERT_TRUE(copy(&bench, path, capacities[i]));
		g_autofree char *small_name = g_build_filename(roots[i], "a.txt", NULL);
		g_autofree char *large_name = g_build_filename(roots[i], "deep/er/b", NULL);
		g_autofree char *weird_name = g_build_filename(roots[i], "we%0Aird%FF", NULL);
		g_autofree char *small_text = tree_bench_read(&bench.to, small_name);
		g_autofree char *large_text = tree_bench_read(&bench.to, large_name);
		g_autofree char *weird_text = tree_bench_read(&bench.to, weird_name);
		CU_ASSERT_STRING_EQUAL(small_text, "alpha");
		CU_ASSERT_STRING_EQUAL(large_text, large);
		CU_ASSERT_STRING_EQUAL(weird_text, "w");
	}
	CU_ASSERT_STRING_EQUAL(bench.skipped->str, "");
	finish(&bench);
}

static void test_skipped(void)
{
	struct pack_bench bench;
	init(&bench);
	write_file(bench.source, "tree/file", "1");
	g_autofree char *path = g_build_filename(bench.source, "tree", NULL);
	g_autofree char *link = g_build_filename(path, "link", NULL);
	g_autofree char *fifo = g_build_filename(path, "fifo", NULL);
	CU_ASSERT_EQUAL(symlink("/etc/passwd", link), 0);
	CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);
	CU_ASSERT_TRUE(copy(&bench, path, 65536));
	CU_ASSERT_PTR_NOT_NULL(strstr(bench.skipped->str, "link is a symbolic link;"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(bench.skipped->str, "fifo is neither a file nor a directory;"));
	CU_ASSERT_PTR_NOT_NULL(strstr(bench.to.skipped->str, "link is a symbolic link;"));
	CU_ASSERT_EQUAL(vp_tree_unpack_totals(bench.to.unpack).skipped, 2);
	finish(&bench);
}

static void test_named_link(void)
{
	struct pack_bench bench;
	init(&bench);
	write_file(bench.source, "file", "1");
	g_autofree char *link = g_build_filename(bench.source, "link", NULL);
	CU_ASSERT_EQUAL(symlink("file", link), 0);
	CU_ASSERT_TRUE(copy(&bench, link, 65536));
	CU_ASSERT_STRING_EQUAL(bench.to.placed->str, "link;");
	finish(&bench);
}

static void test_names_of_paths(void)
{
	struct pack_bench bench;
	init(&bench);
	write_file(bench.source, "tree/in/file", "1");
	g_autofree char *slashes = g_build_filename(bench.source, "tree///", NULL);
	g_autofree char *dot = g_build_filename(bench.source, "tree", ".", NULL);
	g_autofree char *up = g_build_filename(bench.source, "tree", "in", "..", NULL);
	CU_ASSERT_TRUE(copy(&bench, slashes, 65536));
	CU_ASSERT_TRUE(copy(&bench, dot, 65536));
	CU_ASSERT_TRUE(copy(&bench, up, 65536));
	CU_ASSERT_STRING_EQUAL(bench.to.placed->str, "tree;tree (2);tree (3);");
	CU_ASSERT_FALSE(copy(&bench, "/", 65536));
	CU_ASSERT_PTR_NOT_NULL(strstr(bench.error, "no name"));
	CU_ASSERT_FALSE(copy(&bench, "/nonexistent/file", 65536));
	CU_ASSERT_PTR_NOT_NULL(strstr(bench.error, "'/nonexistent/file': No such file"));
	finish(&bench);
}

static void test_limits(void)
{
	struct pack_bench bench;
	struct vp_tree_totals totals;
	init(&bench);
	write_file(bench.source, "tree/a", "12345");
	write_file(bench.source, "tree/b", "12345");
	g_autofree char *tree = g_build_filename(bench.source, "tree", NULL);
	const char *path = tree;
	CU_ASSERT_TRUE(vp_tree_measure(&path, 1, &plenty, &totals, bench.error));
	CU_ASSERT_EQUAL(totals.bytes, 10);
	CU_ASSERT_EQUAL(totals.entries, 3);
	static const struct {
		struct vp_tree_limits limits;
		const char *error;
	} cases[] = {
		{ { 9, 3 }, "more than 9 bytes are too much" },
		{ { 10, 2 }, "more than 2 files and directories are too many" },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		CU_ASSERT_FALSE(vp_tree_measure(&path, 1, &cases[i].limits, &totals, bench.error));
		CU_ASSERT_STRING_EQUAL(bench.error, cases[i].error);
		g_autoptr(GByteArray) stream =
			pack_paths(&path, 1, 65536, &cases[i].limits, bench.skipped, bench.error);
		CU_ASSERT_EQUAL(stream->len, 0);
		CU_ASSERT_STRING_EQUAL(bench.error, cases[i].error);
	}
	finish(&bench);
}

static void test_deep(void)
{
	struct pack_bench bench;
	init(&bench);
	GString *deep = g_string_new("d");
	for (unsigned int i = 0; i < VP_TREE_DEPTH_MAX + 3; i++)
		g_string_append(deep, "/d");
	g_string_append(deep, "/file");
	write_file(bench.source, deep->str, "1");
	g_autofree char *path = g_build_filename(bench.source, "d", NULL);
	CU_ASSERT_TRUE(copy(&bench, path, 65536));
	CU_ASSERT_STRING_EQUAL(bench.skipped->str, "d lies in too many directories;");
	g_string_free(deep, TRUE);
	finish(&bench);
}

/* The file's length is taken when it is opened; what is written to it meanwhile may come or not. */
static void test_growing(void)
{
	struct pack_bench bench;
	uint8_t buffer[VP_TREE_READ_MIN];
	g_autofree char *text = g_strnfill(20000, 'x');
	g_autoptr(GByteArray) stream = g_byte_array_new();
	init(&bench);
	write_file(bench.source, "log", text);
	g_autofree char *log = g_build_filename(bench.source, "log", NULL);
	const char *path = log;
	struct vp_tree_pack *pack =
		vp_tree_pack_create(&path, 1, &plenty, &listener, bench.skipped);
	int fd = open(log, O_WRONLY | O_APPEND | O_CLOEXEC);
	ssize_t n;
	while ((n = vp_tree_pack_read(pack, buffer, sizeof(buffer))) > 0) {
		g_byte_array_append(stream, buffer, (guint)n);
		CU_ASSERT_EQUAL(write(fd, text, 10000), 10000);
	}
	close(fd);
	vp_tree_pack_destroy(pack);
	CU_ASSERT_TRUE(tree_bench_receive(&bench.to, stream, stream->len));
	g_autofree char *received = tree_bench_read(&bench.to, "log");
	CU_ASSERT_STRING_EQUAL(received, text);
	finish(&bench);
}

static const struct unit_test tests[] = {
	{ "a tree comes as it was sent, whatever the buffers", test_round_trip },
	{ "links and special files are left out, and both sides told", test_skipped },
	{ "a link that is named is followed", test_named_link },
	{ "a path's last component names what is sent", test_names_of_paths },
	{ "no more is sent than the limits allow", test_limits },
	{ "what lies in too many directories is left out", test_deep },
	{ "a file that grows while it is read ends", test_growing },
};

UNIT_MAIN("tree packing", tests)

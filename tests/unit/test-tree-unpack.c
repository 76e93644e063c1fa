#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tree-bench.h"
#include "unit.h"

static GByteArray *new_stream(void)
{
	GByteArray *stream = g_byte_array_new();
	tree_put_magic(stream);
	return stream;
}

static GByteArray *small_stream(void)
{
	GByteArray *stream = new_stream();
	tree_put_file(stream, "one.txt", "first");
	tree_put_directory(stream, "sub");
	tree_put_file(stream, "empty", "");
	tree_put_up(stream);
	tree_put_end(stream, 3, 5);
	return stream;
}

static void test_steps(void)
{
	g_autoptr(GByteArray) stream = small_stream();
	for (size_t step = 1; step <= stream->len; step++) {
		struct tree_bench bench;
		tree_bench_init(&bench);
		CU_ASSERT_TRUE(tree_bench_receive(&bench, stream, step));
		g_autofree char *one = tree_bench_read(&bench, "one.txt");
		g_autofree char *empty = tree_bench_read(&bench, "sub/empty");
		CU_ASSERT_STRING_EQUAL(one, "first");
		CU_ASSERT_STRING_EQUAL(empty, "");
		CU_ASSERT_EQUAL(vp_tree_unpack_totals(bench.unpack).bytes, 5);
		tree_bench_finish(&bench);
	}
}

static void test_truncated(void)
{
	g_autoptr(GByteArray) stream = small_stream();
	struct tree_bench bench;
	tree_bench_init(&bench);
	guint whole = stream->len;
	for (stream->len = 0; stream->len < whole; stream->len++)
		CU_ASSERT_TRUE(tree_bench_refuses(&bench, stream, "interrupted"));
	stream->len = whole;
	tree_put_up(stream);
	CU_ASSERT_TRUE(tree_bench_refuses(&bench, stream, "went on after the end"));
	tree_bench_finish(&bench);
}

/* The receiver's home may be the place: a profile, or a bin/, would be run. */
static void test_unexpected(void)
{
	static const char *const names[] = { "one.txt", "sub", NULL };
	g_autoptr(GByteArray) asked = small_stream();
	g_autoptr(GByteArray) file = new_stream();
	g_autoptr(GByteArray) directory = new_stream();
	struct tree_bench bench;
	tree_bench_init(&bench);
	bench.expected = names;
	tree_put_file(file, "one.txt", "first");
	tree_put_file(file, ".profile", "rm -rf ~");
	tree_put_end(file, 2, 13);
	CU_ASSERT_TRUE(tree_bench_refuses(&bench, file, "'.profile', which it was not asked for"));
	tree_put_directory(directory, "bin");
	tree_put_file(directory, "one.txt", "");
	tree_put_up(directory);
	tree_put_end(directory, 2, 0);
	CU_ASSERT_TRUE(tree_bench_refuses(&bench, directory, "'bin', which it was not asked for"));
	CU_ASSERT_TRUE(tree_bench_receive(&bench, asked, asked->len));
	tree_bench_finish(&bench);
}

static void test_collisions(void)
{
	g_autoptr(GByteArray) stream = small_stream();
	struct tree_bench bench;
	tree_bench_init(&bench);
	for (unsigned int i = 0; i < 3; i++)
		CU_ASSERT_TRUE(tree_bench_receive(&bench, stream, stream->len));
	vp_tree_unpack_destroy(g_steal_pointer(&bench.unpack));
	CU_ASSERT_EQUAL(tree_bench_count(&bench), 6);
	g_autofree char *third = tree_bench_read(&bench, "one (3).txt");
	g_autofree char *in_third = tree_bench_read(&bench, "sub (3)/empty");
	CU_ASSERT_PTR_NOT_NULL(third);
	CU_ASSERT_PTR_NOT_NULL(in_third);
	CU_ASSERT_PTR_NOT_NULL(strstr(bench.placed->str, "one (2).txt;"));
	tree_bench_finish(&bench);
}

static void test_duplicates(void)
{
	g_autoptr(GByteArray) stream = new_stream();
	struct tree_bench bench;
	tree_bench_init(&bench);
	tree_put_directory(stream, "d");
	tree_put_file(stream, "x", "1");
	tree_put_file(stream, "x", "2");
	tree_put_directory(stream, "x");
	tree_put_up(stream);
	tree_put_up(stream);
	tree_put_file(stream, "d", "3");
	tree_put_end(stream, 5, 3);
	CU_ASSERT_TRUE(tree_bench_receive(&bench, stream, stream->len));
	g_autofree char *first = tree_bench_read(&bench, "d/x");
	g_autofree char *second = tree_bench_read(&bench, "d/x (2)");
	g_autofree char *file = tree_bench_read(&bench, "d (2)");
	CU_ASSERT_STRING_EQUAL(first, "1");
	CU_ASSERT_STRING_EQUAL(second, "2");
	CU_ASSERT_STRING_EQUAL(file, "3");
	tree_bench_finish(&bench);
}

static void test_order(void)
{
	g_autoptr(GByteArray) stream = new_stream();
	struct tree_bench bench;
	tree_bench_init(&bench);
	tree_put_file(stream, "z", "1");
	tree_put_directory(stream, "m");
	tree_put_file(stream, "inside", "");
	tree_put_up(stream);
	tree_put_file_head(stream, "broken", 0644, 1);
	tree_put_tail(stream, VP_TREE_BROKEN, "");
	for (char name[] = "a"; name[0] <= 'f'; name[0]++)
		tree_put_file(stream, name, "");
	tree_put_file(stream, "z", "2");
	tree_put_end(stream, 11, 2);
	CU_ASSERT_TRUE(tree_bench_receive(&bench, stream, stream->len));
	CU_ASSERT_STRING_EQUAL(bench.placed->str, "z;m;a;b;c;d;e;f;z (2);");
	tree_bench_finish(&bench);
}

static void test_names(void)
{
	static const char *const names[] = { "..", ".", "/etc/passwd", "../up", "a/b", "a\nb",
		"\xff", "\xe2\x80\xae" };
	struct tree_bench bench;
	tree_bench_init(&bench);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GByteArray) file = new_stream();
		g_autoptr(GByteArray) directory = new_stream();
		tree_put_file(file, "before", "1");
		tree_put_file(file, names[i], "2");
		tree_put_end(file, 2, 2);
		tree_put_directory(directory, names[i]);
		tree_put_up(directory);
		tree_put_end(directory, 1, 0);
		CU_ASSERT_TRUE(tree_bench_refuses(&bench, file, "a name that no file may have"));
		CU_ASSERT_TRUE(
			tree_bench_refuses(&bench, directory, "a name that no file may have"));
	}
	tree_bench_finish(&bench);
}

/* What the first bytes after the magic say, and what is said of it. */
static void test_hostile_bytes(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *reason;
	} cases[] = {
		{ "L\0\0", 3, "unknown kind" },
		{ "\0", 1, "unknown kind" },
		{ "U", 1, "had not entered" },
		{ "S\xff\1\0a", 5, "out of bounds" },
		{ "S\0\0\0", 4, "out of bounds" },
		{ "D\xff\x09\0\0\0\0\0\0\0\0\1\0a", 14, "out of bounds" },
		{ "D\xed\1\0\0\0\0\0\0\0\0\0\1", 13, "out of bounds" },
		{ "F\xa4\1\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\1\0a", 22, "too much" },
		{ "F\xa4\1\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1\0a\3\0\0\0abc", 29,
			"more of a file than it had announced" },
		{ "F\xa4\1\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1\0a\xff\xff\xff\xff", 26,
			"more of a file than it had announced" },
	};
	struct tree_bench bench;
	tree_bench_init(&bench);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GByteArray) stream = new_stream();
		g_byte_array_append(stream, (const uint8_t *)cases[i].bytes, (guint)cases[i].len);
		CU_ASSERT_TRUE(tree_bench_refuses(&bench, stream, cases[i].reason));
	}
	g_autoptr(GByteArray) other = g_byte_array_new();
	g_byte_array_append(other, (const uint8_t *)"ORIELTR9", 8);
	CU_ASSERT_TRUE(tree_bench_refuses(&bench, other, "no stream of files"));
	tree_bench_finish(&bench);
}

static void test_ends(void)
{
	struct tree_bench bench;
	tree_bench_init(&bench);
	g_autoptr(GByteArray) within = new_stream();
	tree_put_directory(within, "d");
	tree_put_end(within, 1, 0);
	CU_ASSERT_TRUE(tree_bench_refuses(&bench, within, "within a directory"));
	g_autoptr(GByteArray) less = new_stream();
	tree_put_file(less, "f", "1");
	tree_put_end(less, 2, 1);
	CU_ASSERT_TRUE(tree_bench_refuses(&bench, less, "less has come than was sent"));
	g_autoptr(GByteArray) damaged = new_stream();
	tree_put_file_head(damaged, "f", 0644, 1);
	tree_put_block(damaged, "1");
	tree_put_tail(damaged, VP_TREE_WHOLE, "2");
	tree_put_end(damaged, 1, 1);
	CU_ASSERT_TRUE(tree_bench_refuses(&bench, damaged, "checksum"));
	g_autoptr(GByteArray) outcome = new_stream();
	tree_put_file_head(outcome, "f", 0644, 0);
	tree_put_tail(outcome, 2, "");
	CU_ASSERT_TRUE(tree_bench_refuses(&bench, outcome, "out of bounds"));
	tree_bench_finish(&bench);
}

static void test_broken(void)
{
	g_autoptr(GByteArray) stream = new_stream();
	struct tree_bench bench;
	tree_bench_init(&bench);
	tree_put_file_head(stream, "bad", 0644, 10);
	tree_put_block(stream, "half");
	tree_put_tail(stream, VP_TREE_BROKEN, "");
	tree_put_file(stream, "good", "1");
	tree_put_end(stream, 2, 5);
	CU_ASSERT_TRUE(tree_bench_receive(&bench, stream, stream->len));
	CU_ASSERT_STRING_EQUAL(bench.placed->str, "good;");
	CU_ASSERT_STRING_EQUAL(bench.skipped->str, "bad could not be read to its end;");
	tree_bench_finish(&bench);
}

static void test_limits(void)
{
	struct tree_bench bench;
	tree_bench_init(&bench);
	bench.limits = (struct vp_tree_limits){ 10, 2 };
	g_autoptr(GByteArray) large = new_stream();
	tree_put_file(large, "a", "123456");
	tree_put_file(large, "b", "12345");
	CU_ASSERT_TRUE(tree_bench_refuses(&bench, large, "more than 10 bytes are too much"));
	g_autoptr(GByteArray) many = new_stream();
	for (unsigned int i = 0; i < 3; i++)
		tree_put_file(many, "a", "");
	CU_ASSERT_TRUE(tree_bench_refuses(&bench, many, "more than 2 files"));
	bench.limits.entries = 1000;
	g_autoptr(GByteArray) deep = new_stream();
	for (unsigned int i = 0; i <= VP_TREE_DEPTH_MAX; i++)
		tree_put_directory(deep, "d");
	CU_ASSERT_TRUE(tree_bench_refuses(&bench, deep, "'d' cannot be written"));
	tree_bench_finish(&bench);
}

static void test_modes(void)
{
	g_autoptr(GByteArray) stream = new_stream();
	struct tree_bench bench;
	struct stat info;
	mode_t mask = umask(027);
	tree_bench_init(&bench);
	tree_put_file_head(stream, "f", 0777, 0);
	tree_put_tail(stream, VP_TREE_WHOLE, "");
	tree_put_file_head(stream, "closed", 0, 0);
	tree_put_tail(stream, VP_TREE_WHOLE, "");
	tree_put_end(stream, 2, 0);
	CU_ASSERT_TRUE(tree_bench_receive(&bench, stream, stream->len));
	umask(mask);
	CU_ASSERT_EQUAL(fstatat(bench.fd, "f", &info, 0), 0);
	CU_ASSERT_EQUAL(info.st_mode & 07777, 0750);
	CU_ASSERT_EQUAL(info.st_mtim.tv_sec, 0);
	CU_ASSERT_EQUAL(fstatat(bench.fd, "closed", &info, 0), 0);
	CU_ASSERT_EQUAL(info.st_mode & 07777, 0600);
	/* a set-id bit is out of bounds */
	g_autoptr(GByteArray) set_id = new_stream();
	tree_put_file_head(set_id, "f", 04755, 0);
	CU_ASSERT_FALSE(tree_bench_receive(&bench, set_id, set_id->len));
	tree_bench_finish(&bench);
}

/* The hidden directory that a receiver works in. */
static char *find_hidden(const struct tree_bench *bench)
{
	g_autoptr(GDir) list = g_dir_open(bench->directory, 0, NULL);
	const char *name;
	while ((name = g_dir_read_name(list)) != NULL)
		if (name[0] == '.')
			return g_build_filename(bench->directory, name, NULL);
	return NULL;
}

static void test_links(void)
{
	static const struct vp_tree_unpack_listener silent = { 0 };
	g_autoptr(GByteArray) first = new_stream();
	g_autoptr(GByteArray) second = g_byte_array_new();
	struct tree_bench bench;
	tree_bench_init(&bench);
	g_autofree char *outside = g_dir_make_tmp("outside-XXXXXX", NULL);
	tree_put_directory(first, "d");
	tree_put_file(second, "f", "escaped");
	bench.unpack = vp_tree_unpack_create(bench.fd, &bench.limits, &silent, NULL);
	CU_ASSERT_TRUE(vp_tree_unpack_feed(bench.unpack, first->data, first->len));
	/* whoever puts links in the way between two steps gains nothing */
	g_autofree char *hidden = find_hidden(&bench);
	g_autofree char *inside = g_build_filename(hidden, "d", NULL);
	g_autofree char *target = g_build_filename(outside, "f", NULL);
	g_autofree char *planted = g_build_filename(inside, "f", NULL);
	CU_ASSERT_EQUAL(symlink(target, planted), 0);
	CU_ASSERT_TRUE(vp_tree_unpack_feed(bench.unpack, second->data, second->len));
	CU_ASSERT_FALSE(g_file_test(target, G_FILE_TEST_EXISTS));
	g_autofree char *aside = g_strconcat(inside, "-aside", NULL);
	CU_ASSERT_EQUAL(g_rename(inside, aside), 0);
	CU_ASSERT_EQUAL(symlink(outside, inside), 0);
	CU_ASSERT_TRUE(vp_tree_unpack_feed(bench.unpack, second->data, second->len));
	CU_ASSERT_FALSE(g_file_test(target, G_FILE_TEST_EXISTS));
	vp_tree_unpack_destroy(g_steal_pointer(&bench.unpack));
	CU_ASSERT_EQUAL(tree_bench_count(&bench), 0);
	CU_ASSERT_EQUAL(g_rmdir(outside), 0);
	tree_bench_finish(&bench);
}

static void test_link_at_place(void)
{
	g_autoptr(GByteArray) stream = small_stream();
	struct tree_bench bench;
	tree_bench_init(&bench);
	CU_ASSERT_EQUAL(symlinkat("/nonexistent", bench.fd, "one.txt"), 0);
	CU_ASSERT_TRUE(tree_bench_receive(&bench, stream, stream->len));
	g_autofree char *content = tree_bench_read(&bench, "one (2).txt");
	CU_ASSERT_STRING_EQUAL(content, "first");
	tree_bench_finish(&bench);
}

/* A receiver that is killed in the middle; returns once it is. */
static void kill_receiver(struct tree_bench *bench, const GByteArray *stream)
{
	static const struct vp_tree_unpack_listener silent = { 0 };
	pid_t pid = fork();
	if (pid == 0) {
		int fd = open(bench->directory, O_RDONLY | O_DIRECTORY);
		struct vp_tree_unpack *unpack =
			vp_tree_unpack_create(fd, &bench->limits, &silent, NULL);
		vp_tree_unpack_feed(unpack, stream->data, stream->len / 2);
		raise(SIGKILL);
	}
	waitpid(pid, NULL, 0);
}

static void test_killed(void)
{
	g_autoptr(GByteArray) stream = small_stream();
	struct tree_bench bench;
	tree_bench_init(&bench);
	kill_receiver(&bench, stream);
	g_autofree char *left = find_hidden(&bench);
	CU_ASSERT_PTR_NOT_NULL(left);
	CU_ASSERT_EQUAL(tree_bench_count(&bench), 1);
	CU_ASSERT_TRUE(tree_bench_receive(&bench, stream, stream->len));
	CU_ASSERT_FALSE(g_file_test(left, G_FILE_TEST_EXISTS));
	tree_bench_finish(&bench);
}

static void test_two_receivers(void)
{
	static const struct vp_tree_unpack_listener silent = { 0 };
	g_autoptr(GByteArray) stream = small_stream();
	struct tree_bench bench;
	tree_bench_init(&bench);
	struct vp_tree_unpack *other =
		vp_tree_unpack_create(bench.fd, &bench.limits, &silent, NULL);
	CU_ASSERT_TRUE(vp_tree_unpack_feed(other, stream->data, stream->len / 2));
	CU_ASSERT_TRUE(tree_bench_receive(&bench, stream, stream->len));
	CU_ASSERT_TRUE(vp_tree_unpack_feed(
		other, stream->data + stream->len / 2, stream->len - stream->len / 2));
	vp_tree_unpack_destroy(other);
	tree_bench_finish(&bench);
}

static void test_file_too_large(void)
{
	struct rlimit before;
	struct tree_bench bench;
	g_autoptr(GByteArray) stream = small_stream();
	tree_bench_init(&bench);
	getrlimit(RLIMIT_FSIZE, &before);
	struct rlimit small = { 2, before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	bool taken = tree_bench_receive(&bench, stream, stream->len);
	setrlimit(RLIMIT_FSIZE, &before);
	CU_ASSERT_FALSE(taken);
	CU_ASSERT_PTR_NOT_NULL(strstr(vp_tree_unpack_error(bench.unpack), "larger than"));
	vp_tree_unpack_destroy(g_steal_pointer(&bench.unpack));
	CU_ASSERT_EQUAL(tree_bench_count(&bench), 0);
	tree_bench_finish(&bench);
}

static const struct unit_test tests[] = {
	{ "a stream may come in pieces of any size", test_steps },
	{ "nothing stays of a stream that is cut anywhere, or goes on", test_truncated },
	{ "what is there already is kept, and the new one numbered", test_collisions },
	{ "what was not asked for by its name does not come", test_unexpected },
	{ "entries of one name are numbered", test_duplicates },
	{ "what has come is told in the order of its coming", test_order },
	{ "names that are no names are refused", test_names },
	{ "entries that are out of bounds are refused", test_hostile_bytes },
	{ "an end that does not fit what came is refused", test_ends },
	{ "a file that the sender could not read to its end is left out", test_broken },
	{ "no more is taken than the limits allow", test_limits },
	{ "modes are masked, and have no set-id bits", test_modes },
	{ "links that are put in the way are not followed", test_links },
	{ "a link in the place of a file is kept", test_link_at_place },
	{ "what a killed receiver left is removed by the next", test_killed },
	{ "two receivers do not disturb each other", test_two_receivers },
	{ "a file that is larger than the system allows is an error that says so",
		test_file_too_large },
};

UNIT_MAIN("tree unpacking", tests)

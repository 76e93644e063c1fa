#include "tree-process.h"

#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tree-bench.h"
#include "unit.h"

enum { LARGE_BYTES = 16 << 20 };

static const struct vp_tree_limits plenty = { 1 << 30, 100000 };

/* What one process has told. */
struct told {
	bool found;
	uint64_t bytes; /* found */
	GString *lines;
	bool ended;
	char *error;
	struct vp_tree_totals totals;
};

static void handle_found(void *data, uint64_t bytes, uint64_t entries)
{
	struct told *told = data;
	(void)entries;
	told->found = true;
	told->bytes = bytes;
}

static void handle_skipped(void *data, const char *name, const char *reason)
{
	struct told *told = data;
	g_autofree char *base = g_path_get_basename(name);
	g_string_append_printf(told->lines, "%s %s;", base, reason);
}

static void handle_placed(void *data, const char *name)
{
	struct told *told = data;
	g_string_append_printf(told->lines, "%s;", name);
}

static void handle_ended(void *data, const struct vp_tree_totals *totals, const char *error)
{
	struct told *told = data;
	CU_ASSERT_FALSE(told->ended);
	told->ended = true;
	told->totals = *totals;
	told->error = g_strdup(error);
}

static const struct vp_tree_process_listener listener = {
	.found = handle_found,
	.skipped = handle_skipped,
	.placed = handle_placed,
	.ended = handle_ended,
};

struct process_bench {
	struct tree_bench to;
	char *source; /* a directory with a file and a link */
	int pipe[2];
	struct told packed;
	struct told unpacked;
	struct vp_tree_process *pack;
	struct vp_tree_process *unpack;
};

static void init(struct process_bench *bench)
{
	*bench = (struct process_bench){ 0 };
	tree_bench_init(&bench->to);
	bench->source = g_dir_make_tmp("process-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(bench->source, "file", NULL);
	g_autofree char *link = g_build_filename(bench->source, "link", NULL);
	CU_ASSERT_TRUE(g_file_set_contents(file, "content", -1, NULL));
	CU_ASSERT_EQUAL(symlink("file", link), 0);
	CU_ASSERT_EQUAL_FATAL(pipe2(bench->pipe, O_CLOEXEC), 0);
	bench->packed.lines = g_string_new(NULL);
	bench->unpacked.lines = g_string_new(NULL);
}

static void finish(struct process_bench *bench)
{
	vp_tree_process_destroy(bench->pack);
	vp_tree_process_destroy(bench->unpack);
	g_string_free(bench->packed.lines, TRUE);
	g_string_free(bench->unpacked.lines, TRUE);
	g_free(bench->packed.error);
	g_free(bench->unpacked.error);
	tree_remove(bench->source);
	g_free(bench->source);
	tree_bench_finish(&bench->to);
}

static void start_pack(struct process_bench *bench, const char *path)
{
	bench->pack = vp_tree_process_pack(ORIEL_FILES, bench->source, &path, 1, &plenty,
		bench->pipe[1], &listener, &bench->packed);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bench->pack);
	close(bench->pipe[1]);
}

static void start_unpack_of(struct process_bench *bench, const char *const *names)
{
	const struct vp_tree_place place = { bench->to.directory, "work", names };
	bench->unpack = vp_tree_process_unpack(
		ORIEL_FILES, &place, &plenty, bench->pipe[0], &listener, &bench->unpacked);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bench->unpack);
	close(bench->pipe[0]);
}

static void start_unpack(struct process_bench *bench)
{
	start_unpack_of(bench, NULL);
}

static void await(struct vp_tree_process *process, const bool *told)
{
	struct pollfd input = { .fd = vp_tree_process_get_fd(process), .events = POLLIN };
	while (!*told) {
		poll(&input, 1, -1);
		vp_tree_process_dispatch(process);
	}
}

static void await_end(struct vp_tree_process *process, const struct told *told)
{
	await(process, &told->ended);
}

static void test_through(void)
{
	struct process_bench bench;
	init(&bench);
	start_pack(&bench, ".");
	start_unpack(&bench);
	await_end(bench.pack, &bench.packed);
	await_end(bench.unpack, &bench.unpacked);
	CU_ASSERT_PTR_NULL(bench.packed.error);
	CU_ASSERT_PTR_NULL(bench.unpacked.error);
	CU_ASSERT_EQUAL(bench.packed.bytes, 7);
	CU_ASSERT_EQUAL(bench.unpacked.totals.bytes, 7);
	CU_ASSERT_EQUAL(bench.unpacked.totals.skipped, 1);
	CU_ASSERT_STRING_EQUAL(bench.packed.lines->str, "link is a symbolic link;");
	g_autofree char *base = g_path_get_basename(bench.source);
	g_autofree char *placed = g_strdup_printf("link is a symbolic link;%s;", base);
	CU_ASSERT_STRING_EQUAL(bench.unpacked.lines->str, placed);
	g_autofree char *name = g_build_filename("work", base, "file", NULL);
	g_autofree char *content = tree_bench_read(&bench.to, name);
	CU_ASSERT_STRING_EQUAL(content, "content");
	finish(&bench);
}

static void test_names(void)
{
	static const char *const other[] = { "notes", "link", NULL };
	static const char *const asked[] = { "notes", "file", NULL };
	for (int i = 0; i < 2; i++) {
		struct process_bench bench;
		init(&bench);
		start_pack(&bench, "file");
		start_unpack_of(&bench, i == 0 ? other : asked);
		await_end(bench.pack, &bench.packed);
		await_end(bench.unpack, &bench.unpacked);
		if (i == 0)
			CU_ASSERT_STRING_EQUAL(bench.unpacked.error,
				"the sender sent 'file', which it was not asked for");
		CU_ASSERT_STRING_EQUAL(bench.unpacked.lines->str, i == 0 ? "" : "file;");
		finish(&bench);
	}
}

/* Into the directory that is given, as a user names it. */
static void test_no_subdirectory(void)
{
	static const char *const asked[] = { "file", NULL };
	struct process_bench bench;
	init(&bench);
	const struct vp_tree_place place = { bench.to.directory, NULL, asked };
	start_pack(&bench, "file");
	bench.unpack = vp_tree_process_unpack(
		ORIEL_FILES, &place, &plenty, bench.pipe[0], &listener, &bench.unpacked);
	close(bench.pipe[0]);
	await_end(bench.pack, &bench.packed);
	await_end(bench.unpack, &bench.unpacked);
	g_autofree char *content = tree_bench_read(&bench.to, "file");
	CU_ASSERT_STRING_EQUAL(content, "content");
	finish(&bench);
}

static void test_not_there(void)
{
	struct process_bench bench;
	init(&bench);
	start_pack(&bench, "nothing\nthere");
	close(bench.pipe[0]);
	await_end(bench.pack, &bench.packed);
	CU_ASSERT_STRING_EQUAL(bench.packed.error, "'nothing?there': No such file or directory");
	finish(&bench);
}

static unsigned int count_received(const struct process_bench *bench)
{
	g_autofree char *work = g_build_filename(bench->to.directory, "work", NULL);
	g_autoptr(GDir) list = g_dir_open(work, 0, NULL);
	unsigned int count = 0;
	while (list != NULL && g_dir_read_name(list) != NULL)
		count++;
	return count;
}

static void test_interrupted(void)
{
	struct process_bench bench;
	init(&bench);
	start_unpack(&bench);
	CU_ASSERT_EQUAL(write(bench.pipe[1], VP_TREE_MAGIC, VP_TREE_MAGIC_BYTES), 8);
	close(bench.pipe[1]);
	await_end(bench.unpack, &bench.unpacked);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bench.unpacked.error);
	CU_ASSERT_PTR_NOT_NULL(strstr(bench.unpacked.error, "interrupted"));
	CU_ASSERT_EQUAL(count_received(&bench), 0);
	finish(&bench);
}

static void test_cancelled(void)
{
	struct process_bench bench;
	init(&bench);
	start_unpack(&bench);
	vp_tree_process_cancel(bench.unpack);
	close(bench.pipe[1]);
	await_end(bench.unpack, &bench.unpacked);
	CU_ASSERT_PTR_NOT_NULL(bench.unpacked.error);
	CU_ASSERT_EQUAL(count_received(&bench), 0);
	finish(&bench);
}

/* Much of it, and as little as a file system can hold. */
static void make_large(const struct process_bench *bench, const char *name)
{
	g_autofree char *path = g_build_filename(bench->source, name, NULL);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CU_ASSERT_EQUAL(ftruncate(fd, LARGE_BYTES), 0);
	close(fd);
}

/* It is told to stop while it is busy, and would then wait for a reader. */
static void test_cancelled_unread(void)
{
	struct process_bench bench;
	init(&bench);
	make_large(&bench, "large");
	start_pack(&bench, "large");
	await(bench.pack, &bench.packed.found);
	vp_tree_process_cancel(bench.pack);
	await_end(bench.pack, &bench.packed);
	CU_ASSERT_STRING_EQUAL(bench.packed.error, "it was cancelled");
	close(bench.pipe[0]);
	finish(&bench);
}

static void test_no_program(void)
{
	struct process_bench bench;
	const char *path = ".";
	init(&bench);
	CU_ASSERT_PTR_NULL(vp_tree_process_pack(
		"/nonexistent", NULL, &path, 1, &plenty, bench.pipe[1], &listener, &bench.packed));
	close(bench.pipe[0]);
	close(bench.pipe[1]);
	finish(&bench);
}

static const struct unit_test tests[] = {
	{ "a tree goes from one process to another, and both tell of it", test_through },
	{ "nothing is unpacked but what has the names that are given", test_names },
	{ "a tree is unpacked into the directory itself", test_no_subdirectory },
	{ "what is not there is told", test_not_there },
	{ "nothing stays of what is interrupted", test_interrupted },
	{ "a process that is cancelled ends", test_cancelled },
	{ "a process whose output nobody reads ends when it is cancelled", test_cancelled_unread },
	{ "a program that is missing is an error", test_no_program },
};

UNIT_MAIN("tree processes", tests)

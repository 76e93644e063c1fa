/*
 * oriel-files: packs and unpacks trees of files for the hand-over between VMs (tree.h).
 *
 *   oriel-files pack MAX-BYTES MAX-ENTRIES PATH...          to standard output, a pipe
 *   oriel-files unpack MAX-BYTES MAX-ENTRIES DIRECTORY [SUBDIRECTORY [NAME...]]
 *                                                           from standard input, a pipe
 *
 * An empty SUBDIRECTORY is none; where there are NAMEs, nothing else may come.
 *
 * The agent, the broker and oriel run it as a process of its own, so that none of them waits for a
 * disk, and nothing that another VM sent is taken apart where there is more to lose. What becomes
 * of it goes to descriptor 3, a line each, fields separated by tabs:
 *
 *   found    BYTES ENTRIES           there is so much to pack; it follows
 *   packed   BYTES                   so much of it has been packed
 *   skipped  NAME REASON             this is left out
 *   placed   NAME                    this has come, under this name
 *   done     BYTES ENTRIES SKIPPED   the last line
 *   failed   REASON                  the last line, instead
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tree-confine.h"
#include "tree-digest.h"
#include "tree-pack.h"
#include "tree-unpack.h"

enum {
	STATUS_FD = 3,
	BUFFER_BYTES = 131072,
	PIPE_BYTES = 262144, /* wanted: more would make turns long, others wait for them */
	DIRECTORY_MODE = 0700,
	EXIT_USAGE = 2,
	DECIMAL = 10,
	NICENESS = 10,
	TELL_MS = 250, /* between two lines about what has been packed */
	MS_PER_SECOND = 1000,
	NS_PER_MS = 1000000,
};

static volatile sig_atomic_t stopped;
static int pipe_fd; /* what is packed goes there, or what is unpacked comes from there */
static uint8_t buffer[BUFFER_BYTES];

/* A read or write that waits is interrupted; one that was about to begin fails. */
static void handle_signal(int number)
{
	int error = errno;
	(void)number;
	if (!stopped)
		close(pipe_fd);
	stopped = 1;
	errno = error;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = handle_signal };
	struct sigaction ignored = { .sa_handler = SIG_IGN };
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGPIPE, &ignored, NULL);
	sigaction(SIGXFSZ, &ignored, NULL);
}

/* What somebody waits for at a screen comes first. Linux shares the processor between sessions, of
 * which this process is one (setsid), and then within each. */
static void step_back(void)
{
	int fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
	if (fd != -1) {
		dprintf(fd, "%d", NICENESS);
		close(fd);
	}
	setpriority(PRIO_PROCESS, 0, NICENESS);
}

/* Names are the user's own or another VM's: neither breaks a line. */
static void put_field(const char *text)
{
	char line[VP_TREE_ERROR_MAX];
	size_t len = 0;
	line[len++] = '\t';
	for (; *text != '\0' && len < sizeof(line); text++)
		line[len++] = (unsigned char)*text < ' ' || *text == '\x7f' ? '?' : *text;
	if (write(STATUS_FD, line, len) == -1)
		stopped = 1;
}

static void put_word(const char *word)
{
	if (write(STATUS_FD, word, strlen(word)) == -1)
		stopped = 1;
}

static int fail(const char *reason)
{
	put_word("failed");
	put_field(reason);
	put_word("\n");
	return EXIT_FAILURE;
}

static void put_skipped(void *data, const char *name, const char *reason)
{
	(void)data;
	put_word("skipped");
	put_field(name);
	put_field(reason);
	put_word("\n");
}

static void put_placed(void *data, const char *name)
{
	(void)data;
	put_word("placed");
	put_field(name);
	put_word("\n");
}

static int succeed(struct vp_tree_totals totals)
{
	dprintf(STATUS_FD, "done\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", totals.bytes,
		totals.entries, totals.skipped);
	return EXIT_SUCCESS;
}

/* Packing */

static bool write_all(const uint8_t *data, size_t len)
{
	while (len > 0 && !stopped) {
		ssize_t n = write(STDOUT_FILENO, data, len);
		if (n == -1 && errno != EINTR)
			return false;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return !stopped;
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / NS_PER_MS;
}

/* Returns when it was told last. */
static int64_t tell_packed(const struct vp_tree_pack *pack, int64_t told_at)
{
	int64_t now = now_ms();
	if (now - told_at < TELL_MS)
		return told_at;
	dprintf(STATUS_FD, "packed\t%" PRIu64 "\n", vp_tree_pack_totals(pack).bytes);
	return now;
}

static int pack_all(struct vp_tree_pack *pack)
{
	int64_t told_at = now_ms();
	ssize_t n;
	while ((n = vp_tree_pack_read(pack, buffer, sizeof(buffer))) > 0) {
		if (!write_all(buffer, (size_t)n))
			return fail(stopped ? "it was cancelled" : "the receiver has gone");
		told_at = tell_packed(pack, told_at);
	}
	return n == 0 ? succeed(vp_tree_pack_totals(pack)) : fail(vp_tree_pack_error(pack));
}

static int pack(const struct vp_tree_limits *limits, char **paths, size_t count)
{
	static const struct vp_tree_pack_listener listener = { .skipped = put_skipped };
	const char *const *names = (const char *const *)paths;
	struct vp_tree_totals totals;
	char error[VP_TREE_ERROR_MAX];
	if (!vp_tree_measure(names, count, limits, &totals, error))
		return fail(error);
	if (totals.entries == totals.skipped)
		return fail("nothing of it is a file or a directory that can be read");
	dprintf(STATUS_FD, "found\t%" PRIu64 "\t%" PRIu64 "\n", totals.bytes, totals.entries);
	fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_BYTES);
	struct vp_tree_pack *packer = vp_tree_pack_create(names, count, limits, &listener, NULL);
	if (packer == NULL)
		return fail(strerror(errno));
	int status = pack_all(packer);
	vp_tree_pack_destroy(packer);
	return status;
}

/* Unpacking */

/* A directory that is there or is made; the last step of path may be a link of the user's. */
static int open_base(const char *path)
{
	if (mkdir(path, DIRECTORY_MODE) == -1 && errno != EEXIST)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* As above, below a directory, which it does not leave by links. */
static int open_below(int base, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	if (mkdirat(base, name, DIRECTORY_MODE) == -1 && errno != EEXIST)
		return -1;
	return (int)syscall(SYS_openat2, base, name, &how, sizeof(how));
}

static int open_directory(const char *path, const char *below)
{
	int base = open_base(path);
	if (base == -1 || *below == '\0')
		return base;
	int directory = open_below(base, below);
	int error = errno;
	close(base);
	errno = error;
	return directory;
}

static int unpack_all(struct vp_tree_unpack *unpack)
{
	while (!stopped) {
		ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer));
		/* what is cut short by a signal may look complete */
		if (stopped)
			break;
		if (n == 0 && vp_tree_unpack_finish(unpack))
			return succeed(vp_tree_unpack_totals(unpack));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return fail(strerror(errno));
		if (n == 0 || !vp_tree_unpack_feed(unpack, buffer, (size_t)n))
			return fail(vp_tree_unpack_error(unpack));
	}
	return fail("it was cancelled");
}

/* libgcrypt reads its settings when it is first used. */
static bool confine(int directory)
{
	struct vp_tree_digest *first = vp_tree_digest_create();
	vp_tree_digest_destroy(first);
	return first != NULL && vp_tree_confine(directory);
}

static int unpack(const struct vp_tree_limits *limits, const char *path, const char *below,
	const char *const *names)
{
	static const struct vp_tree_unpack_listener listener = {
		.skipped = put_skipped,
		.placed = put_placed,
	};
	char error[VP_TREE_ERROR_MAX];
	int directory = open_directory(path, below);
	struct vp_tree_unpack *unpacker = NULL;
	fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE_BYTES);
	if (directory != -1 && confine(directory))
		unpacker = vp_tree_unpack_create(directory, limits, &listener, NULL);
	if (unpacker == NULL) {
		snprintf(error, sizeof(error), "'%s%s%s' cannot be received into: %s", path,
			*below != '\0' ? "/" : "", below, strerror(errno));
		return fail(error);
	}
	if (*names != NULL)
		vp_tree_unpack_expect(unpacker, names);
	int status = unpack_all(unpacker);
	vp_tree_unpack_destroy(unpacker);
	close(directory);
	return status;
}

static bool parse_number(const char *text, uint64_t *number)
{
	char *end;
	errno = 0;
	*number = strtoull(text, &end, DECIMAL);
	return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0';
}

/* argv ends with NULL. */
static int unpack_words(const struct vp_tree_limits *limits, char **words)
{
	const char *below = words[1] != NULL ? words[1] : "";
	char **names = words[1] != NULL ? words + 2 : words + 1;
	return unpack(limits, words[0], below, (const char *const *)names);
}

static int usage(void)
{
	fputs("usage: oriel-files pack|unpack MAX-BYTES MAX-ENTRIES PATH...\n"
	      "oriel-agent, orield and oriel run it; it is of no use by hand\n",
		stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	enum { WORD = 1, BYTES, ENTRIES, PATHS };
	struct vp_tree_limits limits;
	if (argc <= PATHS || !parse_number(argv[BYTES], &limits.bytes) ||
		!parse_number(argv[ENTRIES], &limits.entries) || fcntl(STATUS_FD, F_GETFD) == -1)
		return usage();
	pipe_fd = strcmp(argv[WORD], "pack") == 0 ? STDOUT_FILENO : STDIN_FILENO;
	catch_signals();
	step_back();
	if (strcmp(argv[WORD], "pack") == 0)
		return pack(&limits, argv + PATHS, (size_t)(argc - PATHS));
	if (strcmp(argv[WORD], "unpack") == 0)
		return unpack_words(&limits, argv + PATHS);
	return usage();
}

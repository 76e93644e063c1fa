#include "files.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tree-remove.h"
#include "tree-unpack.h"
#include "unit.h"

enum {
	TRANSPORT_BYTES = 65536,
	PATIENCE_MS = 60000,
	LARGE_BYTES = 8388608,
	STREAM = 77,
	OTHER_STREAM = 78
};

/* The primary, which notes what it is told. */
struct primary {
	struct vp_session *session;
	struct vp_streams *streams;
	struct vp_files_found found;
	uint32_t offered; /* request */
	char *offered_to;
	char *offered_name;
	uint32_t withdrawn;
	bool unpacked;
	enum vp_stream_status unpacked_status;
	GByteArray *paths;
	char *message;
	bool stream_ended;
	enum vp_stream_status stream_status;
	char *stream_message;
};

struct guest {
	struct vp_session *session;
	struct vp_streams *streams;
	struct ga_files *files;
	uint32_t ended; /* request */
	char *error;
	bool closed;
};

static struct primary primary;
static struct guest guest;
static char *home;

/* The primary */

static bool handle_primary_message(void *data, const struct vp_message *message)
{
	(void)data;
	switch ((int)message->op) {
	case VP_OP_FILES_FOUND:
		primary.found = message->files_found;
		return true;
	case VP_OP_FILES_OFFER:
		primary.offered = message->files_offer.request;
		primary.offered_to =
			g_strndup(message->files_offer.to.data, message->files_offer.to.len);
		primary.offered_name =
			g_strndup(message->files_offer.name.data, message->files_offer.name.len);
		primary.found.bytes = message->files_offer.bytes;
		return true;
	case VP_OP_FILES_WITHDRAW:
		primary.withdrawn = message->files_withdraw.request;
		return true;
	case VP_OP_FILES_UNPACKED:
		primary.unpacked = true;
		primary.unpacked_status = (enum vp_stream_status)message->files_unpacked.status;
		g_byte_array_append(primary.paths, message->files_unpacked.paths.data,
			(guint)message->files_unpacked.paths.len);
		primary.message = g_strndup(
			message->files_unpacked.message.data, message->files_unpacked.message.len);
		return true;
	default:
		return vp_streams_handle_message(primary.streams, message);
	}
}

static void handle_primary_ready(void *data, const struct vp_hello *peer)
{
	(void)data;
	(void)peer;
	vp_streams_begin(primary.streams, primary.session);
}

static void handle_primary_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	(void)data;
	(void)reason;
	vp_streams_end(primary.streams, text);
}

static void handle_primary_stream(void *data, uint32_t stream, enum vp_stream_status status,
	uint64_t bytes, struct vp_text message)
{
	(void)data;
	(void)stream;
	(void)bytes;
	primary.stream_ended = true;
	primary.stream_status = status;
	primary.stream_message = g_strndup(message.data, message.len);
}

static const struct vp_session_listener primary_listener = {
	.ready = handle_primary_ready,
	.message = handle_primary_message,
	.closed = handle_primary_closed,
};
static const struct vp_streams_listener primary_streams = { .ended = handle_primary_stream };

/* The guest */

static bool handle_guest_message(void *data, const struct vp_message *message)
{
	(void)data;
	ga_files_handle_message(guest.files, message);
	return vp_streams_handle_message(guest.streams, message);
}

static void handle_guest_ready(void *data, const struct vp_hello *peer)
{
	(void)data;
	(void)peer;
	vp_streams_begin(guest.streams, guest.session);
}

static void handle_guest_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	(void)data;
	(void)reason;
	guest.closed = true;
	vp_streams_end(guest.streams, text);
	ga_files_primary_left(guest.files);
}

static void handle_guest_stream(void *data, uint32_t stream, enum vp_stream_status status,
	uint64_t bytes, struct vp_text message)
{
	(void)data;
	(void)bytes;
	ga_files_handle_stream_ended(guest.files, stream, status, message);
}

static bool tell(void *data, const struct vp_message *message)
{
	(void)data;
	return !guest.closed && vp_session_send(guest.session, message);
}

static void ignore_progress(void *data, uint32_t request, uint64_t bytes, uint64_t total)
{
	(void)data;
	(void)request;
	(void)bytes;
	(void)total;
}

static void ignore_skipped(void *data, uint32_t request, const char *name, const char *reason)
{
	(void)data;
	(void)request;
	(void)name;
	(void)reason;
}

static void handle_offer_ended(void *data, uint32_t request, const char *error)
{
	(void)data;
	CU_ASSERT_EQUAL(guest.ended, 0);
	guest.ended = request;
	guest.error = g_strdup(error);
}

static const struct vp_session_listener guest_listener = {
	.ready = handle_guest_ready,
	.message = handle_guest_message,
	.closed = handle_guest_closed,
};
static const struct vp_streams_listener guest_streams = { .ended = handle_guest_stream };
static const struct ga_files_listener files_listener = { tell, ignore_progress, ignore_skipped,
	handle_offer_ended };

/* Both */

static void flush(struct vp_session *session, struct vp_streams *streams)
{
	do
		vp_session_flush(session);
	while (vp_streams_flush(streams));
}

static void turn(int timeout)
{
	struct pollfd fds[] = {
		{ .fd = guest.closed ? -1 : vp_session_get_fd(guest.session), .events = POLLIN },
		{ .fd = vp_session_get_fd(primary.session), .events = POLLIN },
		{ .fd = vp_streams_get_fd(guest.streams), .events = POLLIN },
		{ .fd = vp_streams_get_fd(primary.streams), .events = POLLIN },
		{ .fd = ga_files_get_fd(guest.files), .events = POLLIN },
	};
	flush(guest.session, guest.streams);
	flush(primary.session, primary.streams);
	CU_ASSERT_TRUE_FATAL(poll(fds, G_N_ELEMENTS(fds), timeout) > 0 || timeout == 0);
	vp_session_dispatch(guest.session);
	vp_session_dispatch(primary.session);
	vp_streams_dispatch(guest.streams);
	vp_streams_dispatch(primary.streams);
	ga_files_dispatch(guest.files);
}

#define AWAIT(condition) \
	while (!(condition)) \
	turn(PATIENCE_MS)

static void begin(void)
{
	struct vp_transport *ends[2];
	signal(SIGPIPE, SIG_IGN);
	if (home == NULL) {
		home = g_dir_make_tmp("agent-files-XXXXXX", NULL);
		g_setenv("HOME", home, TRUE);
	}
	primary = (struct primary){ .paths = g_byte_array_new() };
	guest = (struct guest){ 0 };
	CU_ASSERT_TRUE_FATAL(vp_transport_memory_create(TRANSPORT_BYTES, &ends[0], &ends[1]));
	guest.streams = vp_streams_create(&guest_streams, NULL);
	primary.streams = vp_streams_create(&primary_streams, NULL);
	guest.files = ga_files_create(ORIEL_FILES, guest.streams, &files_listener, NULL);
	guest.session =
		vp_session_create(ends[0], VP_ROLE_GUEST, "guest", 1, &guest_listener, NULL);
	primary.session =
		vp_session_create(ends[1], VP_ROLE_PRIMARY, "primary", 2, &primary_listener, NULL);
	for (int i = 0; i < 4; i++)
		turn(0);
}

static void finish(void)
{
	vp_session_destroy(guest.session);
	vp_session_destroy(primary.session);
	ga_files_destroy(guest.files);
	vp_streams_destroy(guest.streams);
	vp_streams_destroy(primary.streams);
	g_byte_array_unref(primary.paths);
	g_free(primary.message);
	g_free(primary.offered_to);
	g_free(primary.offered_name);
	g_free(primary.stream_message);
	g_free(guest.error);
	tree_remove(home);
	g_mkdir(home, 0700);
}

static char *write_file(const char *name, const char *text)
{
	char *path = g_build_filename(home, name, NULL);
	CU_ASSERT_TRUE(g_file_set_contents(path, text, -1, NULL));
	return path;
}

/* A stream of the primary's to receive by; the end to read from. */
static int receive(void)
{
	int ends[2];
	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	CU_ASSERT_TRUE(vp_streams_receive(primary.streams, STREAM, ends[1]));
	return ends[0];
}

static void ask_for(const char *paths, size_t len)
{
	vp_session_send(primary.session,
		VP_MESSAGE(FILES_PACK, files_pack, .stream = STREAM, .max_bytes = 1000,
			.paths = { (const uint8_t *)paths, len }));
}

static bool begins_with_magic(int fd)
{
	char magic[VP_TREE_MAGIC_BYTES];
	return read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
	       memcmp(magic, VP_TREE_MAGIC, sizeof(magic)) == 0;
}

static void test_pack(void)
{
	begin();
	g_free(write_file("a", "12345"));
	int fd = receive();
	ask_for("~/a\0a", 6);
	AWAIT(primary.stream_ended);
	CU_ASSERT_EQUAL(primary.stream_status, VP_STREAM_DONE);
	CU_ASSERT_EQUAL(primary.found.stream, STREAM);
	CU_ASSERT_EQUAL(primary.found.bytes, 10);
	CU_ASSERT_EQUAL(primary.found.entries, 2);
	CU_ASSERT_TRUE(begins_with_magic(fd));
	close(fd);
	finish();
}

static void test_pack_fails(void)
{
	static const struct {
		const char *paths;
		size_t len;
		const char *reason;
	} cases[] = {
		{ "none", 5, "'none': No such file" },
		{ "large", 6, "too much" },
		{ "a", 1, "not well-formed" },
		{ "pipe", 5, "nothing of it is a file" },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		begin();
		g_autofree char *text = g_strnfill(1001, 'x');
		g_free(write_file("large", text));
		g_autofree char *pipe = write_file("pipe", "");
		CU_ASSERT_EQUAL(unlink(pipe), 0);
		CU_ASSERT_EQUAL(mkfifo(pipe, 0600), 0);
		int fd = receive();
		ask_for(cases[i].paths, cases[i].len);
		AWAIT(primary.stream_ended);
		CU_ASSERT_EQUAL(primary.stream_status, VP_STREAM_FAILED);
		CU_ASSERT_PTR_NOT_NULL(strstr(primary.stream_message, cases[i].reason));
		close(fd);
		finish();
	}
}

static uint32_t offer(const char *path)
{
	const char *const paths[] = { path, NULL };
	char *error = NULL;
	uint32_t request = ga_files_offer(guest.files, "personal", paths, &error);
	CU_ASSERT_PTR_NULL(error);
	return request;
}

static void test_offer(void)
{
	begin();
	g_autofree char *path = write_file("a", "12345");
	uint32_t request = offer(path);
	AWAIT(primary.offered != 0);
	CU_ASSERT_EQUAL(primary.offered, request);
	CU_ASSERT_STRING_EQUAL(primary.offered_to, "personal");
	CU_ASSERT_STRING_EQUAL(primary.offered_name, "a");
	CU_ASSERT_EQUAL(primary.found.bytes, 5);
	int fd = receive();
	vp_session_send(primary.session,
		VP_MESSAGE(FILES_TAKE, files_take, .request = request, .stream = STREAM));
	AWAIT(primary.stream_ended);
	CU_ASSERT_TRUE(begins_with_magic(fd));
	CU_ASSERT_EQUAL(guest.ended, 0);
	vp_session_send(
		primary.session, VP_MESSAGE(FILES_ANSWER, files_answer, .request = request));
	AWAIT(guest.ended != 0);
	CU_ASSERT_PTR_NULL(guest.error);
	close(fd);
	finish();
}

static void test_offer_denied(void)
{
	begin();
	g_autofree char *path = write_file("a", "12345");
	uint32_t request = offer(path);
	AWAIT(primary.offered != 0);
	/* answers to what was not asked change nothing */
	vp_session_send(
		primary.session, VP_MESSAGE(FILES_ANSWER, files_answer, .request = request + 1));
	vp_session_send(primary.session,
		VP_MESSAGE(FILES_ANSWER, files_answer, .request = request,
			.status = VP_STREAM_DENIED, .message = vp_text_from("no", 2)));
	AWAIT(guest.ended != 0);
	CU_ASSERT_EQUAL(guest.ended, request);
	CU_ASSERT_STRING_EQUAL(guest.error, "no");
	finish();
}

/* The guest's one child packs. */
static bool is_packing(void)
{
	siginfo_t info;
	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void test_offer_broken_off(void)
{
	begin();
	/* Those of other tests end by themselves. */
	while (wait(NULL) != -1)
		continue;
	g_autofree char *text = g_strnfill(LARGE_BYTES, 'x');
	g_autofree char *path = write_file("a", text);
	uint32_t request = offer(path);
	AWAIT(primary.offered != 0);
	int fd = receive();
	vp_session_send(primary.session,
		VP_MESSAGE(FILES_TAKE, files_take, .request = request, .stream = STREAM));
	vp_streams_cancel(primary.streams, STREAM, VP_STREAM_CANCELLED, vp_text_from("", 0));
	AWAIT(!is_packing());
	CU_ASSERT_EQUAL(guest.ended, 0);
	vp_session_send(primary.session, VP_MESSAGE(FILES_ANSWER, files_answer, .request = request,
						 .status = VP_STREAM_FAILED,
						 .message = vp_text_from("the disk is full", 16)));
	AWAIT(guest.ended != 0);
	CU_ASSERT_STRING_EQUAL(guest.error, "the disk is full");
	close(fd);
	finish();
}

static void test_offer_withdrawn(void)
{
	begin();
	g_autofree char *path = write_file("a", "12345");
	uint32_t request = offer(path);
	AWAIT(primary.offered != 0);
	ga_files_withdraw(guest.files, request);
	CU_ASSERT_EQUAL(guest.ended, request);
	AWAIT(primary.withdrawn == request);
	int fd = receive();
	vp_session_send(primary.session,
		VP_MESSAGE(FILES_TAKE, files_take, .request = request, .stream = STREAM));
	AWAIT(primary.stream_ended);
	CU_ASSERT_EQUAL(primary.stream_status, VP_STREAM_FAILED);
	close(fd);
	finish();
}

static void test_primary_leaves(void)
{
	begin();
	g_autofree char *path = write_file("a", "12345");
	uint32_t request = offer(path);
	AWAIT(primary.offered != 0);
	vp_session_fail(primary.session, VP_BYE_SHUTDOWN, "enough");
	AWAIT(guest.ended == request);
	CU_ASSERT_PTR_NOT_NULL(guest.error);
	finish();
}

/* Tells the guest of a stream, and sends it what is in the file, if there is one. */
static void send_file(const char *path)
{
	int ends[2];
	g_autofree char *content = NULL;
	gsize len = 0;
	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	vp_session_send(
		primary.session, VP_MESSAGE(FILES_UNPACK, files_unpack, .stream = OTHER_STREAM,
					 .max_bytes = 1000, .from = vp_text_from("work", 4)));
	CU_ASSERT_TRUE(vp_streams_send(primary.streams, OTHER_STREAM, ends[0]));
	if (path != NULL)
		CU_ASSERT_TRUE(g_file_get_contents(path, &content, &len, NULL));
	CU_ASSERT_EQUAL(write(ends[1], content, len), (ssize_t)len);
	close(ends[1]);
}

/* The stream of a small file, in a file of its own. */
static char *make_stream(void)
{
	g_autofree char *file = write_file("a", "12345");
	char *stream = g_build_filename(home, "stream", NULL);
	g_autofree char *command =
		g_strdup_printf("%s pack 1000 10 %s >%s 3>/dev/null", ORIEL_FILES, file, stream);
	const char *const words[] = { "sh", "-c", command, NULL };
	CU_ASSERT_TRUE(g_spawn_sync(NULL, (char **)(uintptr_t)words, NULL, G_SPAWN_SEARCH_PATH,
		NULL, NULL, NULL, NULL, NULL, NULL));
	return stream;
}

static void test_unpack(void)
{
	begin();
	g_autofree char *stream = make_stream();
	send_file(stream);
	AWAIT(primary.unpacked);
	CU_ASSERT_EQUAL(primary.unpacked_status, VP_STREAM_DONE);
	g_autofree char *expected = g_build_filename(home, "Incoming", "work", "a", NULL);
	CU_ASSERT_STRING_EQUAL((const char *)primary.paths->data, expected);
	CU_ASSERT_TRUE(g_file_test(expected, G_FILE_TEST_IS_REGULAR));
	finish();
}

static void test_unpack_fails(void)
{
	begin();
	send_file(NULL);
	AWAIT(primary.unpacked);
	CU_ASSERT_EQUAL(primary.unpacked_status, VP_STREAM_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(primary.message, "interrupted"));
	CU_ASSERT_EQUAL(primary.paths->len, 0);
	finish();
}

static void test_unpack_in_a_file(void)
{
	begin();
	g_free(write_file("Incoming", "in the way"));
	g_autofree char *stream = make_stream();
	send_file(stream);
	AWAIT(primary.unpacked);
	CU_ASSERT_EQUAL(primary.unpacked_status, VP_STREAM_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(primary.message, "cannot be received into"));
	finish();
}

static const struct unit_test tests[] = {
	{ "what the primary asks for is counted and sent", test_pack },
	{ "what cannot be sent is told", test_pack_fails },
	{ "an offer goes once the primary takes it", test_offer },
	{ "an offer that is denied ends", test_offer_denied },
	{ "an offer that the primary breaks off waits for the reason", test_offer_broken_off },
	{ "an offer that is withdrawn cannot be taken", test_offer_withdrawn },
	{ "offers end with the session", test_primary_leaves },
	{ "what comes is put into Incoming, below its sender's name", test_unpack },
	{ "what comes incomplete is not kept", test_unpack_fails },
	{ "a file in the place of Incoming is told", test_unpack_in_a_file },
};

UNIT_MAIN("files of the agent", tests)

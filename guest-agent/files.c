#define G_LOG_DOMAIN "ga-files"

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tree-name.h"
#include "tree-process.h"

#define INCOMING_DIRECTORY "Incoming"

enum { EVENTS_PER_DISPATCH = 16, TRANSFERS_MAX = VP_STREAMS_MAX };

/*
 * One hand-over. It stays as long as it has a process, a stream or a request.
 *
 * Its own copy of the process's end of the pipe is kept until the process has told how it ended:
 * so the stream does not end, well or badly, before that is known.
 */
struct transfer {
	struct ga_files *files;
	struct vp_tree_process *process;
	uint32_t stream; /* 0: not yet, or not any more */
	uint32_t request; /* of the user's offer, 0: none, or it has been answered */
	int kept_fd;
	int stream_fd; /* the stream's end, until there is one */
	/* packing */
	char *to;
	char *name; /* of the first file */
	uint64_t total;
	bool offered; /* the primary has been told */
	/* unpacking */
	uint32_t unpacked; /* stream of the files_unpack to be answered */
	char *directory;
	GByteArray *paths;
	enum vp_stream_status status; /* why it was given up; DONE: it was not */
	char *reason;
};

struct ga_files {
	char *program;
	struct vp_streams *streams;
	const struct ga_files_listener *listener;
	void *data;
	int epoll_fd;
	uint32_t last_request;
	GPtrArray *transfers;
};

static void close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static void transfer_free(void *data)
{
	struct transfer *transfer = data;
	vp_tree_process_destroy(transfer->process);
	close_fd(&transfer->kept_fd);
	close_fd(&transfer->stream_fd);
	g_free(transfer->to);
	g_free(transfer->name);
	g_free(transfer->directory);
	g_byte_array_unref(transfer->paths);
	g_free(transfer->reason);
	g_free(transfer);
}

struct ga_files *ga_files_create(const char *program, struct vp_streams *streams,
	const struct ga_files_listener *listener, void *data)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd == -1)
		return NULL;
	struct ga_files *files = g_new0(struct ga_files, 1);
	files->program = g_strdup(program);
	files->streams = streams;
	files->listener = listener;
	files->data = data;
	files->epoll_fd = epoll_fd;
	files->transfers = g_ptr_array_new_with_free_func(transfer_free);
	return files;
}

void ga_files_destroy(struct ga_files *files)
{
	if (files == NULL)
		return;
	g_ptr_array_unref(files->transfers);
	close(files->epoll_fd);
	g_free(files->program);
	g_free(files);
}

static bool tell(struct ga_files *files, const struct vp_message *message)
{
	return files->listener->tell(files->data, message);
}

static struct vp_text text_from(const char *text)
{
	return vp_text_from(text, VP_REASON_MAX);
}

/* NULL with errno. */
static struct transfer *transfer_create(struct ga_files *files, bool packs)
{
	int ends[2];
	if (files->transfers->len >= TRANSFERS_MAX) {
		errno = EAGAIN;
		return NULL;
	}
	if (pipe2(ends, O_CLOEXEC) == -1)
		return NULL;
	struct transfer *transfer = g_new0(struct transfer, 1);
	transfer->files = files;
	transfer->kept_fd = ends[packs ? 1 : 0];
	transfer->stream_fd = ends[packs ? 0 : 1];
	transfer->paths = g_byte_array_new();
	g_ptr_array_add(files->transfers, transfer);
	return transfer;
}

/* It goes once nothing holds it. */
static void settle(struct transfer *transfer)
{
	if (transfer->process == NULL && transfer->stream == 0 && transfer->request == 0)
		g_ptr_array_remove_fast(transfer->files->transfers, transfer);
}

static struct transfer *find_stream(const struct ga_files *files, uint32_t stream)
{
	for (guint i = 0; i < files->transfers->len; i++) {
		struct transfer *transfer = g_ptr_array_index(files->transfers, i);
		if (stream != 0 && transfer->stream == stream)
			return transfer;
	}
	return NULL;
}

static struct transfer *find_request(const struct ga_files *files, uint32_t request)
{
	for (guint i = 0; i < files->transfers->len; i++) {
		struct transfer *transfer = g_ptr_array_index(files->transfers, i);
		if (request != 0 && transfer->request == request)
			return transfer;
	}
	return NULL;
}

/* Has the process stop, if it runs. */
static void stop(struct transfer *transfer)
{
	if (transfer->process != NULL)
		vp_tree_process_cancel(transfer->process);
}

/* Ends the stream, if there is one, without being told of that. */
static void end_stream(struct transfer *transfer, enum vp_stream_status status, const char *reason)
{
	uint32_t stream = transfer->stream;
	transfer->stream = 0;
	vp_streams_cancel(transfer->files->streams, stream, status, text_from(reason));
}

/* Offers */

/* The user is told how it ended; what is left of it ends by itself. */
static void end_offer(struct transfer *transfer, const char *error)
{
	struct ga_files *files = transfer->files;
	uint32_t request = transfer->request;
	transfer->request = 0;
	if (request != 0)
		files->listener->offer_ended(files->data, request, error);
}

/* The primary, which waits for it, is told that it comes to nothing. */
static void retract(struct transfer *transfer)
{
	if (transfer->offered && transfer->stream == 0)
		tell(transfer->files,
			VP_MESSAGE(FILES_WITHDRAW, files_withdraw, .request = transfer->request));
}

static void send_offer(struct transfer *transfer, uint64_t entries)
{
	struct ga_files *files = transfer->files;
	transfer->offered =
		tell(files, VP_MESSAGE(FILES_OFFER, files_offer, .request = transfer->request,
				    .to = vp_text_from(transfer->to, VP_NAME_MAX),
				    .bytes = transfer->total, .entries = (uint32_t)entries,
				    .name = vp_text_from(transfer->name, VP_NAME_MAX)));
	if (transfer->offered)
		return;
	end_offer(transfer, "no primary is connected to this guest");
	stop(transfer);
}

void ga_files_withdraw(struct ga_files *files, uint32_t request)
{
	struct transfer *transfer = find_request(files, request);
	if (transfer == NULL)
		return;
	retract(transfer);
	end_stream(transfer, VP_STREAM_CANCELLED, "the sender has cancelled it");
	stop(transfer);
	end_offer(transfer, "it was cancelled");
	settle(transfer);
}

static void handle_answer(struct ga_files *files, const struct vp_files_answer *answer)
{
	struct transfer *transfer = find_request(files, answer->request);
	if (transfer == NULL)
		return;
	g_autofree char *message = g_strndup(answer->message.data, answer->message.len);
	bool done = answer->status == VP_STREAM_DONE;
	end_offer(transfer, done ? NULL : message);
	stop(transfer);
	settle(transfer);
}

/* Packing */

static void handle_found(void *data, uint64_t bytes, uint64_t entries)
{
	struct transfer *transfer = data;
	transfer->total = bytes;
	if (entries == 0 || entries > VP_FILES_ENTRIES_MAX)
		return;
	if (transfer->request != 0)
		send_offer(transfer, entries);
	else
		tell(transfer->files,
			VP_MESSAGE(FILES_FOUND, files_found, .stream = transfer->stream,
				.bytes = bytes, .entries = (uint32_t)entries));
}

static void handle_packed(void *data, uint64_t bytes)
{
	struct transfer *transfer = data;
	struct ga_files *files = transfer->files;
	if (transfer->request != 0)
		files->listener->offer_progress(
			files->data, transfer->request, bytes, transfer->total);
}

static void handle_left_out(void *data, const char *name, const char *reason)
{
	struct transfer *transfer = data;
	struct ga_files *files = transfer->files;
	if (transfer->request != 0)
		files->listener->offer_skipped(files->data, transfer->request, name, reason);
}

static void end_process(struct transfer *transfer)
{
	vp_tree_process_destroy(transfer->process);
	transfer->process = NULL;
}

static void handle_pack_ended(void *data, const struct vp_tree_totals *totals, const char *error)
{
	struct transfer *transfer = data;
	/* The primary, which has ended the stream, answers the offer itself. */
	bool ended_by_primary = transfer->status != VP_STREAM_DONE;
	(void)totals;
	if (error != NULL && !ended_by_primary) {
		g_autofree char *reason = g_utf8_make_valid(error, -1);
		retract(transfer);
		end_stream(transfer, VP_STREAM_FAILED, reason);
		end_offer(transfer, reason);
	}
	close_fd(&transfer->kept_fd);
	end_process(transfer);
	settle(transfer);
}

static const struct vp_tree_process_listener pack_listener = {
	.found = handle_found,
	.packed = handle_packed,
	.skipped = handle_left_out,
	.ended = handle_pack_ended,
};

static bool watch(struct transfer *transfer)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = transfer };
	return transfer->process != NULL &&
	       epoll_ctl(transfer->files->epoll_fd, EPOLL_CTL_ADD,
		       vp_tree_process_get_fd(transfer->process), &event) == 0;
}

/* A transfer whose process runs; NULL with errno. */
static struct transfer *begin_packing(
	struct ga_files *files, const char *const *paths, uint64_t max_bytes)
{
	struct vp_tree_limits limits = { max_bytes, VP_FILES_ENTRIES_MAX };
	struct transfer *transfer = transfer_create(files, true);
	if (transfer == NULL)
		return NULL;
	transfer->process = vp_tree_process_pack(files->program, g_get_home_dir(), paths,
		g_strv_length((char **)(uintptr_t)paths), &limits, transfer->kept_fd,
		&pack_listener, transfer);
	if (watch(transfer))
		return transfer;
	int error = errno;
	g_ptr_array_remove_fast(files->transfers, transfer);
	errno = error;
	return NULL;
}

uint32_t ga_files_offer(
	struct ga_files *files, const char *to, const char *const *paths, char **error)
{
	char name[VP_TREE_NAME_MAX + 1] = "";
	struct transfer *transfer = begin_packing(files, paths, UINT64_MAX);
	if (transfer == NULL) {
		*error = g_strdup_printf("the files cannot be packed: %s", g_strerror(errno));
		return 0;
	}
	g_autofree char *base = g_path_get_basename(paths[0]);
	if (!vp_tree_name_escape(base, name))
		name[0] = '\0';
	files->last_request = files->last_request == UINT32_MAX ? 1 : files->last_request + 1;
	transfer->request = files->last_request;
	transfer->to = g_utf8_make_valid(to, -1);
	transfer->name = g_strdup(name);
	return transfer->request;
}

/* The paths, as NULL-terminated array; NULL if the last is not ended, or there is none. A leading
 * ~/ is the home, where relative ones begin. */
static char **split_paths(struct vp_bytes bytes)
{
	const char *at = (const char *)bytes.data;
	size_t left = bytes.len;
	g_autoptr(GStrvBuilder) paths = g_strv_builder_new();
	if (left == 0 || at[left - 1] != '\0')
		return NULL;
	while (left > 0) {
		size_t len = strlen(at) + 1;
		g_strv_builder_add(paths, g_str_has_prefix(at, "~/") ? at + 2 : at);
		at += len;
		left -= len;
	}
	return g_strv_builder_end(paths);
}

static void refuse_stream(struct ga_files *files, uint32_t stream, const char *reason)
{
	tell(files, VP_MESSAGE(STREAM_END, stream_end, .stream = stream, .status = VP_STREAM_FAILED,
			    .message = text_from(reason)));
}

/* Gives the transfer its stream. */
static void send_stream(struct transfer *transfer, uint32_t stream)
{
	int fd = transfer->stream_fd;
	transfer->stream_fd = -1;
	if (vp_streams_send(transfer->files->streams, stream, fd)) {
		transfer->stream = stream;
		return;
	}
	refuse_stream(transfer->files, stream, "the guest cannot send it now");
	stop(transfer);
}

static void handle_pack(struct ga_files *files, const struct vp_files_pack *pack)
{
	g_auto(GStrv) paths = split_paths(pack->paths);
	if (paths == NULL) {
		refuse_stream(files, pack->stream, "the paths are not well-formed");
		return;
	}
	struct transfer *transfer =
		begin_packing(files, (const char *const *)paths, pack->max_bytes);
	if (transfer != NULL)
		send_stream(transfer, pack->stream);
	else
		refuse_stream(files, pack->stream, g_strerror(errno));
}

static void handle_take(struct ga_files *files, const struct vp_files_take *take)
{
	struct transfer *transfer = find_request(files, take->request);
	if (transfer != NULL && transfer->stream_fd != -1)
		send_stream(transfer, take->stream);
	else
		refuse_stream(files, take->stream, "the sender has cancelled it");
}

/* Unpacking */

/* Those beyond the message's bound are there, but not told of. */
static void handle_placed(void *data, const char *name)
{
	struct transfer *transfer = data;
	g_autofree char *path = g_build_filename(transfer->directory, name, NULL);
	guint len = (guint)strlen(path) + 1;
	if (transfer->paths->len + len <= VP_FILES_PATHS_MAX)
		g_byte_array_append(transfer->paths, (const guint8 *)path, len);
}

static void tell_unpacked(
	struct transfer *transfer, const struct vp_tree_totals *totals, const char *error)
{
	enum vp_stream_status status = error == NULL ? VP_STREAM_DONE : VP_STREAM_FAILED;
	const char *reason = error != NULL ? error : "";
	if (error != NULL && transfer->status != VP_STREAM_DONE) {
		status = transfer->status;
		reason = transfer->reason;
	}
	g_autofree char *valid = g_utf8_make_valid(reason, -1);
	tell(transfer->files,
		VP_MESSAGE(FILES_UNPACKED, files_unpacked, .stream = transfer->unpacked,
			.status = (uint8_t)status,
			.skipped = (uint32_t)MIN(totals->skipped, VP_FILES_ENTRIES_MAX),
			.paths = { transfer->paths->data,
				error == NULL ? transfer->paths->len : 0 },
			.message = text_from(valid)));
}

static void handle_unpack_ended(void *data, const struct vp_tree_totals *totals, const char *error)
{
	struct transfer *transfer = data;
	if (error != NULL)
		end_stream(transfer, VP_STREAM_FAILED, error);
	tell_unpacked(transfer, totals, error);
	end_process(transfer);
	settle(transfer);
}

static const struct vp_tree_process_listener unpack_listener = {
	.placed = handle_placed,
	.ended = handle_unpack_ended,
};

static void refuse_unpack(struct ga_files *files, uint32_t stream, const char *reason)
{
	tell(files, VP_MESSAGE(FILES_UNPACKED, files_unpacked, .stream = stream,
			    .status = VP_STREAM_FAILED, .message = text_from(reason)));
	tell(files, VP_MESSAGE(STREAM_CANCEL, stream_cancel, .stream = stream,
			    .status = VP_STREAM_FAILED, .message = text_from(reason)));
}

static void begin_unpacking(struct transfer *transfer, const struct vp_files_unpack *unpack)
{
	struct ga_files *files = transfer->files;
	struct vp_tree_limits limits = { unpack->max_bytes, VP_FILES_ENTRIES_MAX };
	g_autofree char *from = g_strndup(unpack->from.data, unpack->from.len);
	g_autofree char *base = g_build_filename(g_get_home_dir(), INCOMING_DIRECTORY, NULL);
	char below[VP_TREE_NAME_MAX + 1];
	errno = EINVAL;
	if (vp_tree_name_escape(from, below)) {
		transfer->directory = g_build_filename(base, below, NULL);
		const struct vp_tree_place place = { .directory = base, .below = below };
		transfer->process = vp_tree_process_unpack(files->program, &place, &limits,
			transfer->kept_fd, &unpack_listener, transfer);
	}
}

static void handle_unpack(struct ga_files *files, const struct vp_files_unpack *unpack)
{
	struct transfer *transfer = transfer_create(files, false);
	if (transfer == NULL) {
		refuse_unpack(files, unpack->stream, g_strerror(errno));
		return;
	}
	begin_unpacking(transfer, unpack);
	int fd = transfer->stream_fd;
	transfer->stream_fd = -1;
	transfer->unpacked = unpack->stream;
	if (watch(transfer) && vp_streams_receive(files->streams, unpack->stream, fd)) {
		transfer->stream = unpack->stream;
		return;
	}
	refuse_unpack(files, unpack->stream, g_strerror(errno));
	g_ptr_array_remove_fast(files->transfers, transfer);
}

/* All */

void ga_files_handle_message(struct ga_files *files, const struct vp_message *message)
{
	switch ((int)message->op) {
	case VP_OP_FILES_PACK:
		handle_pack(files, &message->files_pack);
		break;
	case VP_OP_FILES_UNPACK:
		handle_unpack(files, &message->files_unpack);
		break;
	case VP_OP_FILES_TAKE:
		handle_take(files, &message->files_take);
		break;
	case VP_OP_FILES_ANSWER:
		handle_answer(files, &message->files_answer);
		break;
	default:
		break;
	}
}

void ga_files_handle_stream_ended(struct ga_files *files, uint32_t stream,
	enum vp_stream_status status, struct vp_text message)
{
	struct transfer *transfer = find_stream(files, stream);
	if (transfer == NULL)
		return;
	transfer->stream = 0;
	if (status != VP_STREAM_DONE) {
		transfer->status = status;
		transfer->reason = g_strndup(message.data, message.len);
		stop(transfer);
	}
	settle(transfer);
}

void ga_files_primary_left(struct ga_files *files)
{
	g_autoptr(GPtrArray) all = g_ptr_array_copy(files->transfers, NULL, NULL);
	g_ptr_array_set_free_func(all, NULL);
	for (guint i = 0; i < all->len; i++) {
		struct transfer *transfer = g_ptr_array_index(all, i);
		end_offer(transfer, "the session with the primary has ended");
		stop(transfer);
		settle(transfer);
	}
}

int ga_files_get_fd(const struct ga_files *files)
{
	return files->epoll_fd;
}

void ga_files_dispatch(struct ga_files *files)
{
	struct epoll_event events[EVENTS_PER_DISPATCH];
	int count = epoll_wait(files->epoll_fd, events, EVENTS_PER_DISPATCH, 0);
	for (int i = 0; i < count; i++) {
		struct transfer *transfer = events[i].data.ptr;
		vp_tree_process_dispatch(transfer->process);
	}
}

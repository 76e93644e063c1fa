#define G_LOG_DOMAIN "hc-copies"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <gio/gio.h>

#include "copies-private.h"
#include "safe-text.h"

#define INCOMING_DIRECTORY "Incoming"
#define PRIMARY_NAME "primary"

enum {
	FIRST_MS = 60000, /* from the transfer's start to its first byte */
	IDLE_MS = 60000,
	/* What a stream has beside the files' bytes, at most. */
	ENTRY_BYTES = 1024,
	BLOCK_SHARE = 256,
	STREAM_BYTES = 65536,
};

struct hc_vm *hc_copy_find_vm(const struct hc_copy *copy, enum hc_transfer_side side)
{
	const char *name = copy->ends[side].vm;

	return name ? hc_broker_find(copy->all->broker, name, NULL) : NULL;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool set_error(GError **error, const char *what)
{
	int code = errno;

	g_set_error(
		error, G_IO_ERROR, g_io_error_from_errno(code), "%s: %s", what, g_strerror(code));
	return false;
}

static bool lack_session(const struct hc_copy_end *end, GError **error)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED,
		"there is no session with the agent of %s: try again", end->vm);
	return false;
}

/* Processes on the primary */

static void handle_found(void *data, uint64_t bytes, uint64_t entries)
{
	hc_copy_handle_found(data, bytes, entries);
}

static void handle_left_out(void *data, const char *name, const char *reason)
{
	struct hc_copy *copy = data;

	g_debug("copy %u leaves %s out: it %s", copy->id, name, reason);
}

static void end_process(struct hc_copy_end *end)
{
	vp_tree_process_destroy(end->process);
	end->process = NULL;
	close_fd(&end->kept_fd);
}

/* What it says may hold bytes of names that are not UTF-8. */
static void handle_pack_ended(void *data, const struct vp_tree_totals *totals, const char *error)
{
	struct hc_copy *copy = data;
	g_autofree char *reason = error ? g_utf8_make_valid(error, -1) : NULL;

	(void)totals;
	if (reason)
		hc_copy_fail(copy, G_IO_ERROR_FAILED, reason);
	end_process(&copy->ends[HC_TRANSFER_SOURCE]);
}

static void handle_unpack_ended(void *data, const struct vp_tree_totals *totals, const char *error)
{
	struct hc_copy *copy = data;
	g_autofree char *reason = error ? g_utf8_make_valid(error, -1) : NULL;

	copy->skipped = totals->skipped;
	if (reason)
		hc_copy_fail(copy, G_IO_ERROR_FAILED, reason);
	else
		hc_copy_handle_placed(copy);
	end_process(&copy->ends[HC_TRANSFER_SINK]);
}

static void handle_name(void *data, const char *name)
{
	struct hc_copy *copy = data;

	if (copy->received->len < VP_FILES_PATHS_MAX / ENTRY_BYTES)
		g_ptr_array_add(copy->received, g_build_filename(copy->directory, name, NULL));
}

static const struct vp_tree_process_listener pack_listener = {
	.found = handle_found,
	.skipped = handle_left_out,
	.ended = handle_pack_ended,
};

static const struct vp_tree_process_listener unpack_listener = {
	.skipped = handle_left_out,
	.placed = handle_name,
	.ended = handle_unpack_ended,
};

static bool watch(struct hc_copy *copy, struct vp_tree_process *process, GError **error)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = process };

	if (process && epoll_ctl(copy->all->epoll_fd, EPOLL_CTL_ADD,
			       vp_tree_process_get_fd(process), &event) == 0)
		return true;
	return set_error(error, copy->all->program);
}

static bool pack_here(struct hc_copy *copy, GError **error)
{
	const struct vp_tree_limits limits = { UINT64_MAX, VP_FILES_ENTRIES_MAX };
	struct hc_copy_end *end = &copy->ends[HC_TRANSFER_SOURCE];

	if (!hc_transfer_pipe(HC_TRANSFER_SOURCE, &end->kept_fd, &end->fd))
		return set_error(error, "there is no pipe for the files");
	end->process =
		vp_tree_process_pack(copy->all->program, NULL, (const char *const *)copy->paths,
			g_strv_length(copy->paths), &limits, end->kept_fd, &pack_listener, copy);
	return watch(copy, end->process, error);
}

bool hc_copy_name(const char *path, char name[VP_TREE_NAME_MAX + 1])
{
	g_autofree char *base = g_path_get_basename(path);

	return vp_tree_name_escape(base, name);
}

/* What is asked for by its path comes under the name that the path ends with, however the VM would
 * have it called; what a VM offers has the names that it likes. NULL: any. */
static char **expect_names(const struct hc_copy *copy)
{
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();

	if (!copy->paths)
		return NULL;
	for (size_t i = 0; copy->paths[i]; i++) {
		char name[VP_TREE_NAME_MAX + 1];

		if (hc_copy_name(copy->paths[i], name))
			g_strv_builder_add(names, name);
	}
	return g_strv_builder_end(names);
}

static bool unpack_here(struct hc_copy *copy, GError **error)
{
	const struct vp_tree_limits limits = { copy->max, VP_FILES_ENTRIES_MAX };
	const char *from = copy->ends[HC_TRANSFER_SOURCE].vm;
	struct hc_copy_end *end = &copy->ends[HC_TRANSFER_SINK];
	g_autofree char *incoming = g_build_filename(g_get_home_dir(), INCOMING_DIRECTORY, NULL);
	g_autofree char *base = g_strdup(copy->directory ? copy->directory : incoming);
	const char *below = copy->directory ? NULL : from;
	g_auto(GStrv) names = expect_names(copy);
	const struct vp_tree_place place = { base, below, (const char *const *)names };

	if (!hc_transfer_pipe(HC_TRANSFER_SINK, &end->kept_fd, &end->fd))
		return set_error(error, "there is no pipe for the files");
	if (below)
		copy->directory = g_build_filename(base, below, NULL);
	end->process = vp_tree_process_unpack(
		copy->all->program, &place, &limits, end->kept_fd, &unpack_listener, copy);
	return watch(copy, end->process, error);
}

/* VMs */

/* Joins the transfer's pipe to a stream of the VM's session. */
static bool open_stream(
	struct hc_copy *copy, enum hc_transfer_side side, struct hc_vm *vm, GError **error)
{
	struct hc_copy_end *end = &copy->ends[side];
	int holder_fd;
	bool sent;

	if (!hc_transfer_pipe(side, &holder_fd, &end->fd))
		return set_error(error, "there is no pipe for the files");
	sent = hc_vm_send(vm,
		HC_LINK_MESSAGE(STREAM_OPEN, stream_open, .stream = copy->id,
			.to_guest = side == HC_TRANSFER_SINK),
		holder_fd);
	close(holder_fd);
	return sent || lack_session(end, error);
}

static GByteArray *join_paths(char **paths)
{
	GByteArray *joined = g_byte_array_new();

	for (size_t i = 0; paths[i]; i++)
		g_byte_array_append(joined, (const guint8 *)paths[i], (guint)strlen(paths[i]) + 1);
	return joined;
}

static bool pack_there(struct hc_copy *copy, struct hc_vm *vm, GError **error)
{
	g_autoptr(GByteArray) paths = NULL;

	if (!open_stream(copy, HC_TRANSFER_SOURCE, vm, error))
		return false;
	if (copy->offer != 0)
		return hc_vm_send(vm,
			HC_LINK_MESSAGE(
				FILES_TAKE, files_take, .request = copy->offer, .stream = copy->id),
			-1);
	paths = join_paths(copy->paths);
	return hc_vm_send(vm,
		HC_LINK_MESSAGE(FILES_PACK, files_pack, .stream = copy->id, .max_bytes = UINT64_MAX,
			.paths = { .data = paths->data, .len = paths->len }),
		-1);
}

static bool unpack_there(struct hc_copy *copy, struct hc_vm *vm, GError **error)
{
	const char *from = copy->ends[HC_TRANSFER_SOURCE].vm;
	bool told = hc_vm_send(vm,
		HC_LINK_MESSAGE(FILES_UNPACK, files_unpack, .stream = copy->id,
			.max_bytes = copy->max,
			.from = vp_text_from(from ? from : PRIMARY_NAME, VP_NAME_MAX)),
		-1);

	if (!told)
		return lack_session(&copy->ends[HC_TRANSFER_SINK], error);
	return open_stream(copy, HC_TRANSFER_SINK, vm, error);
}

static void cancel_stream(void *holder, uint32_t stream, enum hc_transfer_status status)
{
	hc_vm_send(holder,
		HC_LINK_MESSAGE(
			STREAM_CANCEL, stream_cancel, .stream = stream, .status = (uint8_t)status),
		-1);
}

/* Both */

bool hc_copy_open_source(struct hc_copy *copy, GError **error)
{
	const struct hc_copy_end *end = &copy->ends[HC_TRANSFER_SOURCE];
	struct hc_vm *vm = hc_copy_find_vm(copy, HC_TRANSFER_SOURCE);

	if (!end->vm)
		return pack_here(copy, error);
	return vm ? pack_there(copy, vm, error) : lack_session(end, error);
}

/* The policy's bound is on the files; the receiver holds it. */
static uint64_t stream_max(const struct hc_copy *copy)
{
	uint64_t more = STREAM_BYTES + copy->entries * ENTRY_BYTES + copy->max / BLOCK_SHARE;

	return copy->max > UINT64_MAX - more ? UINT64_MAX : copy->max + more;
}

static struct hc_transfer_end transfer_end(struct hc_copy *copy, enum hc_transfer_side side)
{
	struct hc_copy_end *end = &copy->ends[side];
	const struct hc_transfer_end result = {
		.fd = end->fd,
		.holder = hc_copy_find_vm(copy, side),
		.cancel = cancel_stream,
	};

	end->fd = -1;
	return result;
}

static void start_transfer(struct hc_copy *copy)
{
	struct hc_transfers *transfers = hc_broker_transfers(copy->all->broker);
	const struct hc_transfer_limits limits = {
		.max = stream_max(copy),
		.first_ms = FIRST_MS,
		.idle_ms = IDLE_MS,
	};
	const struct hc_transfer_end ends[HC_TRANSFER_SIDES] = {
		[HC_TRANSFER_SOURCE] = transfer_end(copy, HC_TRANSFER_SOURCE),
		[HC_TRANSFER_SINK] = transfer_end(copy, HC_TRANSFER_SINK),
	};

	copy->moving = true;
	hc_transfers_start(transfers, copy->id, ends, &limits, &hc_copy_transfer_listener, copy);
	if (copy->reported)
		hc_transfers_handle_ended(transfers, ends[HC_TRANSFER_SOURCE].holder, copy->id,
			HC_TRANSFER_DONE, copy->reported_bytes, NULL);
}

bool hc_copy_open_sink(struct hc_copy *copy, GError **error)
{
	const struct hc_copy_end *end = &copy->ends[HC_TRANSFER_SINK];
	struct hc_vm *vm = hc_copy_find_vm(copy, HC_TRANSFER_SINK);
	bool opened;

	if (!end->vm)
		opened = unpack_here(copy, error);
	else
		opened = vm ? unpack_there(copy, vm, error) : lack_session(end, error);
	if (opened)
		start_transfer(copy);
	return opened;
}

void hc_copy_close_ends(struct hc_copy *copy)
{
	for (int side = 0; side < HC_TRANSFER_SIDES; side++) {
		struct hc_copy_end *end = &copy->ends[side];
		struct hc_vm *vm = hc_copy_find_vm(copy, (enum hc_transfer_side)side);

		if (end->process)
			vp_tree_process_cancel(end->process);
		if (vm && end->fd >= 0)
			cancel_stream(vm, copy->id, HC_TRANSFER_CANCELLED);
		close_fd(&end->fd);
	}
}

static void handle_stream_ended(struct hc_copy *copy, const struct hc_link_stream_ended *ended)
{
	g_autofree char *message = hc_safe_text(ended->message);

	if (copy->moving || copy->stage == HC_COPY_OVER)
		return;
	if (ended->status != VP_STREAM_DONE) {
		hc_copy_fail(copy, G_IO_ERROR_FAILED, message);
		return;
	}
	/* All that there is fits into the pipe. */
	copy->reported = true;
	copy->reported_bytes = ended->bytes;
}

static void take_paths(struct hc_copy *copy, struct vp_bytes paths)
{
	const char *at = (const char *)paths.data;
	size_t left = paths.len;

	while (left > 0) {
		size_t len = strnlen(at, left);

		if (len == left || len == 0)
			return;
		g_ptr_array_add(copy->received, g_strdup(at));
		at += len + 1;
		left -= len + 1;
	}
}

static void handle_unpacked(struct hc_copy *copy, const struct hc_link_files_unpacked *unpacked)
{
	g_autofree char *message = hc_safe_text(unpacked->message);

	if (copy->stage != HC_COPY_MOVING || copy->ends[HC_TRANSFER_SINK].done)
		return;
	if (unpacked->status != VP_STREAM_DONE) {
		hc_copy_fail(copy,
			unpacked->status == VP_STREAM_CANCELLED ? G_IO_ERROR_CANCELLED
								: G_IO_ERROR_FAILED,
			message);
		return;
	}
	copy->skipped = unpacked->skipped;
	take_paths(copy, unpacked->paths);
	hc_copy_handle_placed(copy);
}

void hc_copy_handle_message(
	struct hc_copy *copy, const struct hc_vm *vm, const struct hc_link_message *message)
{
	bool sends = vm == hc_copy_find_vm(copy, HC_TRANSFER_SOURCE);

	if (message->op == HC_LINK_OP_STREAM_ENDED && sends)
		handle_stream_ended(copy, &message->stream_ended);
	else if (message->op == HC_LINK_OP_FILES_FOUND && sends)
		hc_copy_handle_found(
			copy, message->files_found.bytes, message->files_found.entries);
	else if (message->op == HC_LINK_OP_FILES_UNPACKED && !sends)
		handle_unpacked(copy, &message->files_unpacked);
}

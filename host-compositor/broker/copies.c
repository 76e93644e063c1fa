#define G_LOG_DOMAIN "hc-copies"

#include "copies.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <gio/gio.h>

#include "copies-private.h"

enum {
	COPIES_MAX = 64,
	FIND_MS = 120000, /* to look at all that is named */
	PLACE_MS = 120000, /* to put in its place what has been moved */
	PROGRESS_MS = 250, /* between two tellings of it */
	EVENTS_PER_DISPATCH = 16,
	GROWTH_BYTES = 1048576,
	GROWTH_SHARE = 16,
};

/* Of one VM's offers, in milliseconds. */
static const struct hc_rate_bound offers_bound = { .burst = 16, .interval = 1000 };

static void copy_free(void *data)
{
	struct hc_copy *copy = data;

	for (int side = 0; side < HC_TRANSFER_SIDES; side++) {
		struct hc_copy_end *end = &copy->ends[side];

		vp_tree_process_destroy(end->process);
		if (end->fd >= 0)
			close(end->fd);
		if (end->kept_fd >= 0)
			close(end->kept_fd);
		g_free(end->vm);
	}
	g_strfreev(copy->paths);
	g_free(copy->directory);
	g_free(copy->type);
	g_free(copy->name);
	g_free(copy->sha256);
	g_ptr_array_unref(copy->received);
	g_free(copy);
}

struct hc_copies *hc_copies_create(struct hc_broker *broker, const char *program)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct hc_copies *copies;

	if (epoll_fd < 0)
		return NULL;
	copies = g_new0(struct hc_copies, 1);
	copies->broker = broker;
	copies->program = g_strdup(program);
	copies->epoll_fd = epoll_fd;
	copies->all = g_ptr_array_new_with_free_func(copy_free);
	copies->rates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return copies;
}

void hc_copies_destroy(struct hc_copies *copies)
{
	if (!copies)
		return;
	g_ptr_array_unref(copies->all);
	g_hash_table_unref(copies->rates);
	close(copies->epoll_fd);
	g_free(copies->program);
	g_free(copies);
}

static struct hc_copy *find(const struct hc_copies *copies, uint32_t id)
{
	for (guint i = 0; i < copies->all->len; i++) {
		struct hc_copy *copy = g_ptr_array_index(copies->all, i);

		if (copy->id == id)
			return copy;
	}
	return NULL;
}

static struct hv_policy_peer peer_of(const struct hc_copy *copy, enum hc_transfer_side side)
{
	const struct hc_vm *vm = hc_copy_find_vm(copy, side);

	return hc_guard_peer(vm ? hc_vm_config(vm) : NULL);
}

static struct hv_policy_request make_request(const struct hc_copy *copy)
{
	return (struct hv_policy_request){
		.service = copy->service,
		.from = peer_of(copy, HC_TRANSFER_SOURCE),
		.to = peer_of(copy, HC_TRANSFER_SINK),
		.type = copy->type,
		.size = copy->total,
	};
}

static struct hv_policy_request make_launch_request(const struct hc_copy *copy)
{
	return (struct hv_policy_request){
		.service = HV_POLICY_LAUNCH,
		.from = peer_of(copy, HC_TRANSFER_SOURCE),
		.to = peer_of(copy, HC_TRANSFER_SINK),
	};
}

static void set_deadline(struct hc_copy *copy, int ms)
{
	copy->deadline = hc_broker_now() + ms;
}

static void hold(struct hc_copy *copy, enum hc_transfer_side side)
{
	struct hc_vm *vm = hc_copy_find_vm(copy, side);

	if (!vm || copy->ends[side].held)
		return;
	copy->ends[side].held = true;
	hc_vm_hold(vm);
}

static void release(struct hc_copy *copy, enum hc_transfer_side side)
{
	struct hc_vm *vm = hc_copy_find_vm(copy, side);

	if (vm && copy->ends[side].held)
		hc_vm_release(vm);
	copy->ends[side].held = false;
}

/* The end */

/* Nothing refers to it any more. */
static bool is_settled(const struct hc_copy *copy)
{
	return copy->stage == HC_COPY_OVER && !copy->moving &&
	       !copy->ends[HC_TRANSFER_SOURCE].process && !copy->ends[HC_TRANSFER_SINK].process;
}

/* The VM that has offered learns whether it was well, but nothing of where it went: not a word of
 * another VM's reaches it. */
static void answer_offer(struct hc_copy *copy, const GError *error)
{
	struct hc_vm *vm = hc_copy_find_vm(copy, HC_TRANSFER_SOURCE);
	enum vp_stream_status status = VP_STREAM_DONE;
	const char *message = "";

	if (error && error->code == G_IO_ERROR_PERMISSION_DENIED) {
		status = VP_STREAM_DENIED;
		message = "the primary does not let this VM send files there";
	} else if (error) {
		status = VP_STREAM_FAILED;
		message = "the receiver has not taken all of it";
	}
	if (vm && copy->offer != 0)
		hc_vm_send(vm,
			HC_LINK_MESSAGE(FILES_ANSWER, files_answer, .request = copy->offer,
				.status = (uint8_t)status,
				.message = vp_text_from(message, VP_REASON_MAX)),
			-1);
}

static void tell_guard(struct hc_copy *copy, const GError *error)
{
	struct hc_guard *guard = hc_broker_guard(copy->all->broker);
	const struct hc_guard_outcome outcome = {
		.bytes = copy->bytes,
		.sha256 = copy->sha256,
		.failure = error ? error->message : NULL,
	};
	const struct hc_guard_outcome not_launched = { .failure = outcome.failure };

	if (copy->permitted)
		hc_guard_finish(guard, copy->permit, &outcome);
	else if (copy->permit != 0)
		hc_guard_withdraw(guard, hc_broker_now(), copy->permit);
	if (error && copy->launch_permit != 0)
		hc_guard_finish(guard, copy->launch_permit, &not_launched);
	copy->permitted = false;
	copy->permit = 0;
}

static void end(struct hc_copy *copy, const GError *error)
{
	const struct hc_copy_result result = {
		.paths = (const char *const *)copy->received->pdata,
		.bytes = copy->total,
		.skipped = copy->skipped,
		.launch_permit = copy->launch_permit,
	};

	copy->stage = HC_COPY_OVER;
	copy->deadline = -1;
	release(copy, HC_TRANSFER_SOURCE);
	release(copy, HC_TRANSFER_SINK);
	tell_guard(copy, error);
	answer_offer(copy, error);
	if (copy->listener)
		copy->listener->ended(copy->data, copy->id, error ? NULL : &result, error);
	else if (error)
		g_message("files offered by %s: %s", copy->ends[HC_TRANSFER_SOURCE].vm,
			error->message);
}

static void succeed(struct hc_copy *copy)
{
	g_ptr_array_add(copy->received, NULL);
	end(copy, NULL);
}

static void fail_with(struct hc_copy *copy, const GError *error)
{
	if (copy->stage == HC_COPY_OVER)
		return;
	end(copy, error);
	if (copy->moving)
		hc_transfers_cancel(hc_broker_transfers(copy->all->broker), copy->id,
			HC_TRANSFER_CANCELLED, error->message);
	hc_copy_close_ends(copy);
}

void hc_copy_fail(struct hc_copy *copy, int code, const char *reason)
{
	g_autoptr(GError) error = g_error_new_literal(
		G_IO_ERROR, code, *reason ? reason : "it has failed, and the VM does not say why");

	fail_with(copy, error);
}

/* What one stage's end leads to */

static void finish_if_whole(struct hc_copy *copy)
{
	if (copy->stage == HC_COPY_MOVING && copy->moved && copy->ends[HC_TRANSFER_SINK].done)
		succeed(copy);
	else if (copy->moved)
		set_deadline(copy, PLACE_MS);
}

void hc_copy_handle_placed(struct hc_copy *copy)
{
	copy->ends[HC_TRANSFER_SINK].done = true;
	finish_if_whole(copy);
}

static void handle_progress(void *data, uint32_t transfer, uint64_t bytes)
{
	struct hc_copy *copy = data;
	int64_t now = hc_broker_now();

	(void)transfer;
	if (copy->stage != HC_COPY_MOVING || !copy->listener || !copy->listener->progress ||
		now - copy->told_at < PROGRESS_MS)
		return;
	copy->told_at = now;
	copy->listener->progress(copy->data, copy->id, MIN(bytes, copy->total), copy->total);
}

static const char *describe_status(const struct hc_transfer_result *result)
{
	if (result->message && *result->message)
		return result->message;
	return result->status == HC_TRANSFER_TOO_LARGE ? "it is more than may pass"
						       : "the connection was broken off";
}

static void handle_moved(void *data, uint32_t transfer, const struct hc_transfer_result *result)
{
	struct hc_copy *copy = data;

	(void)transfer;
	copy->moving = false;
	copy->bytes = result->bytes;
	copy->sha256 = g_strdup(result->sha256);
	copy->moved = result->status == HC_TRANSFER_DONE;
	if (copy->moved)
		finish_if_whole(copy);
	else
		hc_copy_fail(copy,
			result->status == HC_TRANSFER_CANCELLED ? G_IO_ERROR_CANCELLED
								: G_IO_ERROR_FAILED,
			describe_status(result));
}

const struct hc_transfer_listener hc_copy_transfer_listener = {
	.progress = handle_progress,
	.done = handle_moved,
};

/* A VM that is started for a copy, which may be gone when it runs. */
struct waking {
	struct hc_copies *copies;
	uint32_t copy;
	void (*next)(struct hc_copy *copy);
};

static void handle_awake(void *data, const GError *error)
{
	g_autofree struct waking *waking = data;
	struct hc_copy *copy = find(waking->copies, waking->copy);

	if (!copy || copy->stage == HC_COPY_OVER)
		return;
	if (error)
		fail_with(copy, error);
	else
		waking->next(copy);
}

/* Goes on once that side's VM runs. */
static void wake(struct hc_copy *copy, enum hc_transfer_side side, enum hc_copy_stage stage,
	void (*next)(struct hc_copy *copy))
{
	struct hc_vm *vm = hc_copy_find_vm(copy, side);
	struct waking *waking;

	copy->stage = stage;
	copy->deadline = -1;
	if (!copy->ends[side].vm) {
		next(copy);
		return;
	}
	if (!vm) {
		hc_copy_fail(copy, G_IO_ERROR_NOT_FOUND, "the VM is no more");
		return;
	}
	waking = g_new(struct waking, 1);
	*waking = (struct waking){ copy->all, copy->id, next };
	hc_vm_start(vm, hc_broker_now(), handle_awake, waking);
}

static void move(struct hc_copy *copy)
{
	g_autoptr(GError) error = NULL;

	copy->stage = HC_COPY_MOVING;
	hold(copy, HC_TRANSFER_SINK);
	if ((copy->offer != 0 && !hc_copy_open_source(copy, &error)) ||
		!hc_copy_open_sink(copy, &error))
		fail_with(copy, error);
}

/* What was decided on is the size that the sender told; its files may grow a little meanwhile. */
static uint64_t grown(uint64_t total)
{
	uint64_t more = GROWTH_BYTES + total / GROWTH_SHARE;

	return total > UINT64_MAX - more ? UINT64_MAX : total + more;
}

static void handle_decided(
	void *data, uint32_t id, const struct hv_policy_decision *decision, const GError *denial)
{
	struct hc_copy *copy = data;

	copy->permit = id;
	copy->permitted = decision != NULL;
	if (!decision) {
		copy->permit = 0;
		fail_with(copy, denial);
		return;
	}
	copy->launch_permit = hc_guard_second(hc_broker_guard(copy->all->broker), id);
	copy->max = MIN(decision->max, grown(copy->total));
	wake(copy, HC_TRANSFER_SINK, HC_COPY_WAKING, move);
}

static void ask(struct hc_copy *copy)
{
	const struct hv_policy_request request = make_request(copy);
	const struct hv_policy_request launch = make_launch_request(copy);
	uint32_t id;

	copy->stage = HC_COPY_ASKING;
	copy->deadline = -1;
	id = hc_guard_request_both(hc_broker_guard(copy->all->broker), hc_broker_now(), &request,
		copy->launches ? &launch : NULL, copy->name, handle_decided, copy);
	if (id == 0)
		return;
	copy->permit = id;
	if (copy->listener && copy->listener->asked)
		copy->listener->asked(copy->data);
}

void hc_copy_handle_found(struct hc_copy *copy, uint64_t bytes, uint64_t entries)
{
	if (copy->stage != HC_COPY_FINDING)
		return;
	copy->total = bytes;
	copy->entries = entries;
	ask(copy);
}

static void find_files(struct hc_copy *copy)
{
	g_autoptr(GError) error = NULL;

	copy->stage = HC_COPY_FINDING;
	hold(copy, HC_TRANSFER_SOURCE);
	set_deadline(copy, FIND_MS);
	if (!hc_copy_open_source(copy, &error))
		fail_with(copy, error);
}

/* Beginning */

static struct hc_copy *copy_create(
	struct hc_copies *copies, const char *from, const char *to, enum hv_policy_service service)
{
	struct hc_copy *copy = g_new0(struct hc_copy, 1);

	copy->all = copies;
	copy->id = hc_transfers_new_id(hc_broker_transfers(copies->broker));
	copy->service = service;
	copy->deadline = -1;
	copy->max = UINT64_MAX;
	copy->received = g_ptr_array_new_with_free_func(g_free);
	for (int side = 0; side < HC_TRANSFER_SIDES; side++)
		copy->ends[side] = (struct hc_copy_end){ .fd = -1, .kept_fd = -1 };
	copy->ends[HC_TRANSFER_SOURCE].vm = g_strdup(from);
	copy->ends[HC_TRANSFER_SINK].vm = g_strdup(to);
	g_ptr_array_add(copies->all, copy);
	return copy;
}

static bool check_vm(struct hc_copies *copies, const char *name, GError **error)
{
	return !name || hc_broker_find(copies->broker, name, error);
}

static bool check_paths(const char *const *paths, GError **error)
{
	size_t bytes = 0;

	for (size_t i = 0; paths[i]; i++)
		bytes += strlen(paths[i]) + 1;
	if (bytes > 0 && bytes <= VP_FILES_PATHS_MAX)
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		bytes == 0 ? "there is nothing to copy"
			   : "these are too many paths at once: copy their directory instead");
	return false;
}

/* What comes to the primary comes under a name that is known here, or else the VM would choose it:
 * a shell's profile, perhaps. */
static bool check_names(const struct hc_copy_request *request, GError **error)
{
	for (size_t i = 0; request->from && !request->to && request->paths[i]; i++) {
		char name[VP_TREE_NAME_MAX + 1];

		if (hc_copy_name(request->paths[i], name))
			continue;
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
			"'%s' does not tell under which name it is to come: write that at its end",
			request->paths[i]);
		return false;
	}
	return true;
}

static bool check_request(
	struct hc_copies *copies, const struct hc_copy_request *request, GError **error)
{
	if (g_strcmp0(request->from, request->to) == 0) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
			"both sides of the copy are the same: use cp there");
		return false;
	}
	if (copies->all->len >= COPIES_MAX) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY,
			"%d copies are under way: wait for one to end", COPIES_MAX);
		return false;
	}
	return check_vm(copies, request->from, error) && check_vm(copies, request->to, error) &&
	       check_paths(request->paths, error) && check_names(request, error);
}

static bool is_not_denied(const struct hc_copy *copy, const struct hv_policy_request *request)
{
	struct hv_policy_decision decision;

	hc_guard_decide(hc_broker_guard(copy->all->broker), request, &decision);
	return decision.action != HV_POLICY_DENY;
}

/* What is denied whatever there is, is not even looked at; the guard says so, and notes it. */
static bool may_begin(const struct hc_copy *copy)
{
	const struct hv_policy_request request = make_request(copy);
	const struct hv_policy_request launch = make_launch_request(copy);

	return is_not_denied(copy, &request) && (!copy->launches || is_not_denied(copy, &launch));
}

static char *name_of(const struct hc_copy_request *request)
{
	g_autofree char *file = g_path_get_basename(request->paths[0]);

	return request->application ? g_strdup_printf("%s %s", request->application, file)
				    : g_steal_pointer(&file);
}

/* It begins by the next dispatch, so that whoever asked knows its id by then. */
uint32_t hc_copies_start(struct hc_copies *copies, const struct hc_copy_request *request,
	const struct hc_copy_listener *listener, void *data, GError **error)
{
	struct hc_copy *copy;

	if (!check_request(copies, request, error))
		return 0;
	copy = copy_create(copies, request->from, request->to, request->service);
	copy->paths = g_strdupv((char **)(uintptr_t)request->paths);
	copy->directory = g_strdup(request->directory);
	copy->type = g_strdup(request->type);
	copy->name = name_of(request);
	copy->launches = request->application != NULL;
	copy->listener = listener;
	copy->data = data;
	copy->stage = HC_COPY_STARTING;
	copy->deadline = hc_broker_now();
	return copy->id;
}

static void begin(struct hc_copy *copy)
{
	if (may_begin(copy))
		wake(copy, HC_TRANSFER_SOURCE, HC_COPY_STARTING, find_files);
	else
		ask(copy);
}

void hc_copies_cancel(struct hc_copies *copies, uint32_t id)
{
	struct hc_copy *copy = find(copies, id);

	if (!copy)
		return;
	hc_copy_fail(copy, G_IO_ERROR_CANCELLED, "it was cancelled");
}

/* Offers of VMs */

static struct hc_rate *find_rate(struct hc_copies *copies, const char *vm)
{
	struct hc_rate *rate = g_hash_table_lookup(copies->rates, vm);

	if (!rate) {
		rate = g_new0(struct hc_rate, 1);
		g_hash_table_insert(copies->rates, g_strdup(vm), rate);
	}
	return rate;
}

/* Those that have not ended: what all have together is not for one to use up. */
static guint count_offers(const struct hc_copies *copies, const char *vm)
{
	guint count = 0;

	for (guint i = 0; i < copies->all->len; i++) {
		const struct hc_copy *copy = g_ptr_array_index(copies->all, i);

		count += copy->offer != 0 && g_strcmp0(copy->ends[HC_TRANSFER_SOURCE].vm, vm) == 0;
	}
	return count;
}

static bool may_offer(struct hc_copies *copies, const char *vm)
{
	return copies->all->len < COPIES_MAX && count_offers(copies, vm) < VP_FILES_REQUESTS_MAX &&
	       hc_rate_take(find_rate(copies, vm), &offers_bound, hc_broker_now());
}

static void refuse_offer(struct hc_vm *vm, uint32_t request, const char *reason)
{
	hc_vm_send(vm,
		HC_LINK_MESSAGE(FILES_ANSWER, files_answer, .request = request,
			.status = VP_STREAM_DENIED, .message = vp_text_from(reason, VP_REASON_MAX)),
		-1);
}

/* A VM that there is not looks to the asker like one that it may not send to. */
static void handle_offer(
	struct hc_copies *copies, struct hc_vm *vm, const struct hc_link_files_offer *offer)
{
	const char *from = hc_vm_config(vm)->name;
	g_autofree char *to = g_strndup(offer->to.data, offer->to.len);
	bool primary = strcmp(to, HV_POLICY_PRIMARY_NAME) == 0;
	struct hc_copy *copy;

	if (!may_offer(copies, from)) {
		refuse_offer(vm, offer->request,
			"this VM offers too many files at once: try again in a while");
		return;
	}
	if (strcmp(to, from) == 0 || (!primary && !hc_broker_find(copies->broker, to, NULL))) {
		refuse_offer(
			vm, offer->request, "the primary does not let this VM send files there");
		return;
	}
	copy = copy_create(copies, from, primary ? NULL : to, HV_POLICY_COPY);
	copy->offer = offer->request;
	copy->name = g_strndup(offer->name.data, offer->name.len);
	copy->stage = HC_COPY_FINDING;
	hold(copy, HC_TRANSFER_SOURCE);
	hc_copy_handle_found(copy, offer->bytes, offer->entries);
}

static void handle_withdraw(struct hc_copies *copies, const struct hc_vm *vm, uint32_t request)
{
	for (guint i = 0; i < copies->all->len; i++) {
		struct hc_copy *copy = g_ptr_array_index(copies->all, i);

		if (copy->offer != request || copy->stage == HC_COPY_OVER ||
			hc_copy_find_vm(copy, HC_TRANSFER_SOURCE) != vm)
			continue;
		hc_copy_fail(copy, G_IO_ERROR_CANCELLED, "the sender has cancelled it");
		return;
	}
}

/* All */

static uint32_t stream_of(const struct hc_link_message *message)
{
	switch ((int)message->op) {
	case HC_LINK_OP_STREAM_ENDED:
		return message->stream_ended.stream;
	case HC_LINK_OP_FILES_FOUND:
		return message->files_found.stream;
	case HC_LINK_OP_FILES_UNPACKED:
		return message->files_unpacked.stream;
	default:
		return 0;
	}
}

static bool takes_part(const struct hc_copy *copy, const struct hc_vm *vm)
{
	return hc_copy_find_vm(copy, HC_TRANSFER_SOURCE) == vm ||
	       hc_copy_find_vm(copy, HC_TRANSFER_SINK) == vm;
}

void hc_copies_handle_message(
	struct hc_copies *copies, struct hc_vm *vm, const struct hc_link_message *message)
{
	uint32_t stream = stream_of(message);
	struct hc_copy *copy = stream != 0 ? find(copies, stream) : NULL;

	if (message->op == HC_LINK_OP_FILES_OFFER)
		handle_offer(copies, vm, &message->files_offer);
	else if (message->op == HC_LINK_OP_FILES_WITHDRAW)
		handle_withdraw(copies, vm, message->files_withdraw.request);
	if (!copy || copy->stage == HC_COPY_OVER || !takes_part(copy, vm))
		return;
	hc_copy_handle_message(copy, vm, message);
}

/* Calls act for each copy that is not over; copies may come or go by it. */
static void each_copy(struct hc_copies *copies,
	void (*act)(struct hc_copy *copy, const void *argument), const void *argument)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (guint i = 0; i < copies->all->len; i++) {
		const struct hc_copy *copy = g_ptr_array_index(copies->all, i);

		g_array_append_val(ids, copy->id);
	}
	for (guint i = 0; i < ids->len; i++) {
		struct hc_copy *copy = find(copies, g_array_index(ids, uint32_t, i));

		if (!copy || copy->stage == HC_COPY_OVER)
			continue;
		act(copy, argument);
	}
}

static void drop_settled(struct hc_copies *copies)
{
	guint i = 0;

	while (i < copies->all->len) {
		if (is_settled(g_ptr_array_index(copies->all, i)))
			g_ptr_array_remove_index_fast(copies->all, i);
		else
			i++;
	}
}

/* While its VM is being started there is no session that could be over. */
static void lose_vm(struct hc_copy *copy, const void *vm)
{
	bool sends = hc_copy_find_vm(copy, HC_TRANSFER_SOURCE) == vm;

	if (!vm || (sends && copy->stage > HC_COPY_STARTING) ||
		(takes_part(copy, vm) && copy->stage == HC_COPY_MOVING))
		hc_copy_fail(copy, G_IO_ERROR_FAILED,
			"the session with the VM's agent has ended: try again");
}

void hc_copies_forget_vm(struct hc_copies *copies, const struct hc_vm *vm)
{
	each_copy(copies, lose_vm, vm);
}

int hc_copies_get_fd(const struct hc_copies *copies)
{
	return copies->epoll_fd;
}

int64_t hc_copies_deadline(const struct hc_copies *copies)
{
	int64_t earliest = -1;

	for (guint i = 0; i < copies->all->len; i++) {
		const struct hc_copy *copy = g_ptr_array_index(copies->all, i);

		if (is_settled(copy))
			return 0;
		if (copy->deadline >= 0 && (earliest < 0 || copy->deadline < earliest))
			earliest = copy->deadline;
	}
	return earliest;
}

static void expire(struct hc_copy *copy, const void *now)
{
	if (copy->deadline < 0 || *(const int64_t *)now < copy->deadline)
		return;
	if (copy->stage == HC_COPY_STARTING)
		begin(copy);
	else
		hc_copy_fail(copy, G_IO_ERROR_TIMED_OUT,
			copy->stage == HC_COPY_FINDING
				? "the sender did not say in time what there is to send"
				: "the receiver did not say in time that all is in its place");
}

void hc_copies_dispatch(struct hc_copies *copies, int64_t now)
{
	struct epoll_event events[EVENTS_PER_DISPATCH];
	int count = epoll_wait(copies->epoll_fd, events, EVENTS_PER_DISPATCH, 0);

	for (int i = 0; i < count; i++)
		vp_tree_process_dispatch(events[i].data.ptr);
	each_copy(copies, expire, &now);
	drop_settled(copies);
}

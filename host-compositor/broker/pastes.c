#define G_LOG_DOMAIN "hc-pastes"

#include "pastes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clipboard-types.h"
#include "uri-list.h"

enum {
	/* Applications may make a picture's file only when it is asked for. */
	TRANSFER_MS = 10000,
	PREVIEW_BYTES = 512,
};

enum phase {
	PHASE_FETCHING, /* the content comes */
	PHASE_ASKING, /* the guard decides, or the user */
	PHASE_COPYING, /* the files that the content names */
	PHASE_ALLOWED, /* too late for the paste that wanted it, but there for the next */
	PHASE_MOVING, /* the content goes to whoever wants it */
	PHASE_OVER,
};

struct paste {
	struct hc_pastes *all;
	struct hc_clip_peer *source;
	struct hc_clip_peer *target;
	enum vp_selection selection;
	uint32_t source_offer;
	uint32_t offer; /* the target's; 0: it is offered nothing before the user allows it */
	uint32_t type;
	enum phase phase;
	bool waiting; /* for an answer, until the deadline */
	uint32_t request;
	int64_t deadline;
	uint32_t transfer; /* while it is fetched or moved */
	bool unasked; /* the policy allows it, up to the maximum, whatever it is */
	uint32_t promised; /* the stream that the target has been told of; 0: none */
	int promise; /* the end of its pipe; -1: none */
	uint64_t max; /* bytes */
	int content; /* a memfd */
	uint64_t size;
	char *sha256;
	uint32_t asked; /* the guard's id while the user is asked */
	uint32_t allowed; /* the guard's id of what is to be finished */
	uint32_t copy; /* while files are copied; 0: none are */
};

struct hc_pastes {
	struct hc_guard *guard;
	struct hc_transfers *transfers;
	const struct hc_pastes_listener *listener;
	void *data;
	GPtrArray *pastes; /* of struct paste, owner */
	int64_t now; /* of the call that is being served */
};

static const struct hc_transfer_listener fetch_listener;
static const struct hc_transfer_listener move_listener;

/* The list */

static void paste_free(void *data)
{
	struct paste *paste = data;

	if (paste->content >= 0)
		close(paste->content);
	if (paste->promise >= 0)
		close(paste->promise);
	g_free(paste->sha256);
	g_free(paste);
}

struct hc_pastes *hc_pastes_create(struct hc_guard *guard, struct hc_transfers *transfers,
	const struct hc_pastes_listener *listener, void *data)
{
	struct hc_pastes *pastes = g_new0(struct hc_pastes, 1);

	pastes->guard = guard;
	pastes->transfers = transfers;
	pastes->listener = listener;
	pastes->data = data;
	pastes->pastes = g_ptr_array_new_with_free_func(paste_free);
	return pastes;
}

static void answer(struct paste *paste, uint32_t stream, int fd)
{
	if (paste->waiting)
		paste->target->impl->answer(paste->target->data, paste->request, stream, fd);
	paste->waiting = false;
}

static void finish(struct paste *paste, uint64_t bytes, const char *sha256, const char *failure)
{
	const struct hc_guard_outcome outcome = { bytes, sha256, failure };

	if (paste->allowed != 0)
		hc_guard_finish(paste->all->guard, paste->allowed, &outcome);
	paste->allowed = 0;
}

/* The way out: to whoever wants it */

/* Who holds the other end of a pipe, and may be told that it comes to nothing. */
static void set_holder(
	struct hc_transfer_end *end, enum hc_transfer_side side, struct hc_clip_peer *peer)
{
	end->cancel = peer->impl->cancel;
	end->holder = peer->data;
	if (side == HC_TRANSFER_SINK && peer->impl->take_back)
		end->holder = NULL;
}

/* A new stream: its id, and the ends of its pipe. 0 if there is none to be had. */
static uint32_t open_stream(
	struct hc_pastes *pastes, enum hc_transfer_side side, int *holder_fd, int *transfer_fd)
{
	uint32_t id = hc_transfers_new_id(pastes->transfers);

	if (id != 0 && hc_transfer_pipe(side, holder_fd, transfer_fd))
		return id;
	g_warning("a paste fails for want of a pipe: %s", g_strerror(errno));
	return 0;
}

/* Whoever wants it is told where it will come. False if there is no way. */
static bool make_promise(struct paste *paste)
{
	int fd;
	uint32_t id = open_stream(paste->all, HC_TRANSFER_SINK, &fd, &paste->promise);

	if (id == 0)
		return false;
	paste->promised = id;
	answer(paste, id, fd);
	close(fd);
	return true;
}

static void ignore_done(void *data, uint32_t transfer, const struct hc_transfer_result *result)
{
	(void)data;
	(void)transfer;
	(void)result;
}

/* A pipe that just closed would look like empty content. */
static void break_promise(struct paste *paste)
{
	static const struct hc_transfer_listener listener = { .done = ignore_done };
	const struct hc_transfer_limits limits = { 0, TRANSFER_MS, TRANSFER_MS };
	struct hc_transfer_end ends[HC_TRANSFER_SIDES] = { { .fd = -1 }, { .fd = paste->promise } };
	const struct hc_clip_peer *target = paste->target;
	struct hc_transfers *transfers = paste->all->transfers;

	if (paste->promise < 0)
		return;
	paste->promise = -1;
	if (target->impl->take_back)
		target->impl->take_back(target->data, paste->request);
	set_holder(&ends[HC_TRANSFER_SINK], HC_TRANSFER_SINK, paste->target);
	hc_transfers_start(transfers, paste->promised, ends, &limits, &listener, NULL);
	hc_transfers_cancel(transfers, paste->promised, HC_TRANSFER_CANCELLED,
		"it could not be had, or may not be pasted");
}

/* It comes to nothing, and whoever waits for it learns that. */
static void drop(struct paste *paste)
{
	struct hc_pastes *pastes = paste->all;
	bool moving = paste->phase == PHASE_FETCHING || paste->phase == PHASE_MOVING;
	uint32_t copy = paste->copy;

	paste->phase = PHASE_OVER;
	if (moving)
		hc_transfers_cancel(pastes->transfers, paste->transfer, HC_TRANSFER_CANCELLED,
			"the paste has been given up");
	paste->copy = 0;
	if (copy != 0)
		pastes->listener->forget_files(pastes->data, copy);
	hc_guard_withdraw(pastes->guard, pastes->now, paste->asked);
	finish(paste, 0, NULL, "it has not been pasted");
	break_promise(paste);
	answer(paste, 0, -1);
	g_ptr_array_remove_fast(pastes->pastes, paste);
}

void hc_pastes_destroy(struct hc_pastes *pastes)
{
	if (!pastes)
		return;
	while (pastes->pastes->len > 0)
		drop(g_ptr_array_index(pastes->pastes, 0));
	g_ptr_array_unref(pastes->pastes);
	g_free(pastes);
}

static bool open_content(const struct paste *paste, struct hc_transfer_end *end)
{
	*end = (struct hc_transfer_end){ .fd = fcntl(paste->content, F_DUPFD_CLOEXEC, 0) };
	return end->fd >= 0 && lseek(end->fd, 0, SEEK_SET) == 0;
}

static void move(struct paste *paste)
{
	const struct hc_transfer_limits limits = { paste->size, TRANSFER_MS, TRANSFER_MS };
	struct hc_transfer_end ends[HC_TRANSFER_SIDES] = { { .fd = -1 }, { .fd = -1 } };

	if ((paste->promise < 0 && !make_promise(paste)) ||
		!open_content(paste, &ends[HC_TRANSFER_SOURCE])) {
		drop(paste);
		return;
	}
	ends[HC_TRANSFER_SINK].fd = paste->promise;
	set_holder(&ends[HC_TRANSFER_SINK], HC_TRANSFER_SINK, paste->target);
	paste->promise = -1;
	paste->transfer = paste->promised;
	paste->phase = PHASE_MOVING;
	hc_transfers_start(
		paste->all->transfers, paste->transfer, ends, &limits, &move_listener, paste);
}

static void handle_moved(void *data, uint32_t transfer, const struct hc_transfer_result *result)
{
	struct paste *paste = data;
	struct hc_pastes *pastes = paste->all;

	(void)transfer;
	if (paste->phase == PHASE_OVER)
		return;
	paste->phase = PHASE_OVER;
	if (result->status == HC_TRANSFER_DONE)
		finish(paste, result->bytes, paste->sha256, NULL);
	else
		finish(paste, result->bytes, NULL, result->message);
	g_ptr_array_remove_fast(pastes->pastes, paste);
}

/* The decision */

/* There is nothing more in its way. */
static void deliver(struct paste *paste)
{
	struct hc_pastes *pastes = paste->all;

	if (paste->waiting || paste->promise >= 0) {
		move(paste);
		return;
	}
	paste->phase = PHASE_ALLOWED;
	if (paste->offer == 0)
		paste->offer = pastes->listener->allowed(pastes->data, paste->source,
			paste->source_offer, paste->target, paste->type);
	else
		pastes->listener->tell(pastes->data, paste->target, "it can be pasted now");
	if (paste->offer == 0)
		drop(paste);
}

/* Files */

/* NULL unless the content is a list of files; for g_strfreev(). */
static char **read_paths(const struct paste *paste)
{
	char *list = g_try_malloc(HC_URI_LIST_MAX);
	char **paths = NULL;
	ssize_t len = -1;

	if (list && paste->size <= HC_URI_LIST_MAX)
		len = pread(paste->content, list, HC_URI_LIST_MAX, 0);
	if (len >= 0)
		paths = hc_uri_list_paths(list, (size_t)len);
	g_free(list);
	return paths;
}

/* A list names files of whoever has copied it, which are nothing to others. */
static void copy_files(struct paste *paste)
{
	struct hc_pastes *pastes = paste->all;
	g_auto(GStrv) paths = read_paths(paste);

	if (!paths)
		pastes->listener->tell(pastes->data, paste->source,
			"what has been copied there are no files that could be pasted elsewhere");
	else
		paste->copy = pastes->listener->copy_files(
			pastes->data, paste->source, paste->target, (const char *const *)paths);
	if (paste->copy == 0)
		drop(paste);
	else
		paste->phase = PHASE_COPYING;
}

/* The list of what the files are in their new place takes that of the content. */
static bool replace_content(struct paste *paste, const char *const *paths)
{
	size_t len;
	g_autofree char *list = hc_uri_list_print(paths, &len);

	if (ftruncate(paste->content, 0) < 0 ||
		pwrite(paste->content, list, len, 0) != (ssize_t)len)
		return false;
	g_free(paste->sha256);
	paste->sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)list, len);
	paste->size = len;
	return true;
}

void hc_pastes_handle_files(
	struct hc_pastes *pastes, int64_t now, uint32_t copy, const char *const *paths)
{
	pastes->now = now;
	for (guint i = 0; i < pastes->pastes->len; i++) {
		struct paste *paste = g_ptr_array_index(pastes->pastes, i);

		if (copy == 0 || paste->copy != copy)
			continue;
		paste->copy = 0;
		if (paths && replace_content(paste, paths))
			deliver(paste);
		else
			drop(paste);
		return;
	}
}

static void handle_decided(
	void *data, uint32_t id, const struct hv_policy_decision *decision, const GError *error)
{
	struct paste *paste = data;

	(void)decision; /* the content is no larger than it lets pass */
	paste->asked = 0;
	if (error) { /* the guard has told the user */
		drop(paste);
		return;
	}
	paste->allowed = id;
	if (paste->type == VP_CLIPBOARD_URI_LIST)
		copy_files(paste);
	else
		deliver(paste);
}

static struct hv_policy_request make_request(const struct paste *paste, uint64_t size)
{
	return (struct hv_policy_request){
		.service = paste->selection == VP_SELECTION_PRIMARY ? HV_POLICY_PRIMARY_SELECTION
								    : HV_POLICY_CLIPBOARD,
		.from = hc_guard_peer(paste->source->config),
		.to = hc_guard_peer(paste->target->config),
		.type = vp_clipboard_type_mime(paste->type),
		.size = size,
	};
}

/* The first line of a text, or NULL; the caller frees it. */
static char *read_preview(const struct paste *paste)
{
	char bytes[PREVIEW_BYTES];
	const char *end;
	ssize_t len;

	if (paste->type != VP_CLIPBOARD_TEXT || paste->content < 0)
		return NULL;
	len = pread(paste->content, bytes, sizeof(bytes), 0);
	if (len < 0)
		return NULL;
	end = memchr(bytes, '\n', (size_t)len);
	return g_strndup(bytes, end ? (size_t)(end - bytes) : (size_t)len);
}

static void ask(struct paste *paste, uint64_t size)
{
	const struct hv_policy_request request = make_request(paste, size);
	g_autofree char *preview = read_preview(paste);
	struct hc_pastes *pastes = paste->all;
	uint32_t id;

	paste->phase = PHASE_ASKING;
	id = hc_guard_request(pastes->guard, pastes->now, &request, preview, handle_decided, paste);
	if (id != 0)
		paste->asked = id;
}

/* The way in: from whoever has it */

static uint64_t held_bytes(const struct hc_pastes *pastes)
{
	uint64_t bytes = 0;

	for (guint i = 0; i < pastes->pastes->len; i++) {
		const struct paste *paste = g_ptr_array_index(pastes->pastes, i);

		bytes += paste->size;
	}
	return bytes;
}

static void handle_fetching(void *data, uint32_t transfer, uint64_t bytes)
{
	struct paste *paste = data;
	struct hc_pastes *pastes = paste->all;

	paste->size = bytes;
	if (held_bytes(pastes) > HC_PASTES_BYTES_MAX)
		hc_transfers_cancel(pastes->transfers, transfer, HC_TRANSFER_TOO_LARGE,
			"too much is being pasted at once");
}

static bool over_policy(struct paste *paste, uint64_t size)
{
	const struct hv_policy_request request = make_request(paste, size);
	struct hv_policy_decision decision;

	hc_guard_decide(paste->all->guard, &request, &decision);
	return decision.action == HV_POLICY_DENY;
}

/* The guard says so where it is a rule's bound that is passed. */
static void handle_unfetched(struct paste *paste, const struct hc_transfer_result *result)
{
	struct hc_pastes *pastes = paste->all;
	g_autofree char *text = NULL;

	if (result->status == HC_TRANSFER_TOO_LARGE && over_policy(paste, paste->max + 1)) {
		ask(paste, paste->max + 1);
		return;
	}
	text = g_strdup_printf("what has been copied there cannot be pasted in %s: %s",
		hc_clip_peer_name(paste->target), result->message);
	pastes->listener->tell(pastes->data, paste->source, text);
	drop(paste);
}

static void handle_fetched(void *data, uint32_t transfer, const struct hc_transfer_result *result)
{
	struct paste *paste = data;

	(void)transfer;
	if (paste->phase == PHASE_OVER)
		return;
	paste->phase = PHASE_ASKING;
	if (result->status != HC_TRANSFER_DONE) {
		handle_unfetched(paste, result);
		return;
	}
	paste->sha256 = g_strdup(result->sha256);
	ask(paste, result->bytes);
}

static void fetch(struct paste *paste)
{
	const struct hc_transfer_limits limits = { paste->max, TRANSFER_MS, TRANSFER_MS };
	struct hc_transfer_end ends[HC_TRANSFER_SIDES] = { { .fd = -1 }, { .fd = -1 } };
	const struct hc_clip_peer *source = paste->source;
	int fd;

	paste->content = memfd_create("oriel-paste", MFD_CLOEXEC);
	paste->transfer =
		open_stream(paste->all, HC_TRANSFER_SOURCE, &fd, &ends[HC_TRANSFER_SOURCE].fd);
	if (paste->transfer == 0 || !open_content(paste, &ends[HC_TRANSFER_SINK])) {
		if (paste->transfer != 0) {
			close(fd);
			close(ends[HC_TRANSFER_SOURCE].fd);
		}
		drop(paste);
		return;
	}
	set_holder(&ends[HC_TRANSFER_SOURCE], HC_TRANSFER_SOURCE, paste->source);
	hc_transfers_start(
		paste->all->transfers, paste->transfer, ends, &limits, &fetch_listener, paste);
	paste->phase = PHASE_FETCHING;
	source->impl->fetch(source->data, paste->transfer, fd, paste->selection,
		paste->source_offer, paste->type, (uint32_t)paste->max);
	close(fd);
}

/* What the policy denies anyhow is not even fetched. */
static void begin(struct paste *paste)
{
	const struct hv_policy_request request = make_request(paste, 0);
	struct hv_policy_decision decision;

	hc_guard_decide(paste->all->guard, &request, &decision);
	paste->max = MIN(decision.max, HC_PASTE_BYTES_MAX);
	paste->unasked = decision.action == HV_POLICY_ALLOW;
	if (decision.action == HV_POLICY_DENY)
		ask(paste, 0);
	else
		fetch(paste);
}

static struct paste *add(struct hc_pastes *pastes, int64_t now, struct hc_clip_peer *source,
	struct hc_clip_peer *target, enum vp_selection selection, uint32_t type)
{
	struct paste *paste = g_new0(struct paste, 1);

	pastes->now = now;
	paste->all = pastes;
	paste->source = source;
	paste->target = target;
	paste->selection = selection;
	paste->source_offer = source->sides[selection].own.offer;
	paste->type = type;
	paste->phase = PHASE_ASKING;
	paste->content = -1;
	paste->promise = -1;
	g_ptr_array_add(pastes->pastes, paste);
	return paste;
}

/* An application that is told nothing, as the user is still being asked, may well try again. */
static struct paste *find_same(const struct hc_pastes *pastes, const struct hc_clip_peer *target,
	enum vp_selection selection, uint32_t type)
{
	uint32_t offer = target->sides[selection].given.offer;

	for (guint i = 0; i < pastes->pastes->len; i++) {
		struct paste *paste = g_ptr_array_index(pastes->pastes, i);

		if (paste->target == target && paste->selection == selection &&
			paste->type == type && paste->offer == offer &&
			paste->phase != PHASE_MOVING && !paste->waiting && paste->promise < 0)
			return paste;
	}
	return NULL;
}

static guint count_of(const struct hc_pastes *pastes, const struct hc_clip_peer *target)
{
	guint count = 0;

	for (guint i = 0; i < pastes->pastes->len; i++) {
		const struct paste *paste = g_ptr_array_index(pastes->pastes, i);

		count += paste->target == target;
	}
	return count;
}

static bool is_waiting(
	const struct hc_pastes *pastes, const struct hc_clip_peer *target, uint32_t request)
{
	for (guint i = 0; i < pastes->pastes->len; i++) {
		const struct paste *paste = g_ptr_array_index(pastes->pastes, i);

		if (paste->target == target && paste->waiting && paste->request == request)
			return true;
	}
	return false;
}

static void wait_for(struct paste *paste, int64_t now, uint32_t request)
{
	paste->waiting = true;
	paste->request = request;
	paste->deadline = now + HC_PASTE_ANSWER_MS;
}

void hc_pastes_begin(struct hc_pastes *pastes, int64_t now, struct hc_clip_peer *target,
	uint32_t request, enum vp_selection selection, uint32_t type)
{
	struct paste *paste = find_same(pastes, target, selection, type);

	pastes->now = now;
	if (is_waiting(pastes, target, request))
		return;
	if (paste) {
		wait_for(paste, now, request);
		if (paste->phase == PHASE_ALLOWED)
			move(paste);
		return;
	}
	if (count_of(pastes, target) >= HC_PASTES_MAX) {
		target->impl->answer(target->data, request, 0, -1);
		return;
	}
	paste = add(pastes, now, target->sides[selection].given.source, target, selection, type);
	paste->offer = target->sides[selection].given.offer;
	wait_for(paste, now, request);
	begin(paste);
}

bool hc_pastes_ask(struct hc_pastes *pastes, int64_t now, struct hc_clip_peer *source,
	struct hc_clip_peer *target, uint32_t type)
{
	if (count_of(pastes, target) >= HC_PASTES_MAX)
		return false;
	begin(add(pastes, now, source, target, VP_SELECTION_CLIPBOARD, type));
	return true;
}

/* What changes */

static bool is_valid(const struct paste *paste)
{
	const struct hc_clip_own *own = &paste->source->sides[paste->selection].own;
	const struct hc_clip_given *given = &paste->target->sides[paste->selection].given;

	return own->offer == paste->source_offer && (own->types & paste->type) &&
	       (paste->offer == 0 || paste->offer == given->offer);
}

/* Nothing is left of it but what is being moved, which was allowed as it is. */
void hc_pastes_review(struct hc_pastes *pastes)
{
	guint i = 0;

	while (i < pastes->pastes->len) {
		struct paste *paste = g_ptr_array_index(pastes->pastes, i);

		if (paste->phase != PHASE_MOVING && !is_valid(paste))
			drop(paste);
		else
			i++;
	}
}

/* There is nobody to be told. */
static void forget_target(struct paste *paste)
{
	paste->waiting = false;
	if (paste->promise >= 0)
		close(paste->promise);
	paste->promise = -1;
}

void hc_pastes_forget_peer(struct hc_pastes *pastes, struct hc_clip_peer *peer, const char *reason)
{
	guint i = 0;

	hc_transfers_forget_holder(pastes->transfers, peer->data, reason);
	while (i < pastes->pastes->len) {
		struct paste *paste = g_ptr_array_index(pastes->pastes, i);

		if (paste->target == peer)
			forget_target(paste);
		if (paste->target == peer ||
			(paste->source == peer && paste->phase != PHASE_MOVING))
			drop(paste);
		else
			i++;
	}
}

int64_t hc_pastes_deadline(const struct hc_pastes *pastes)
{
	int64_t earliest = -1;

	for (guint i = 0; i < pastes->pastes->len; i++) {
		const struct paste *paste = g_ptr_array_index(pastes->pastes, i);

		if (paste->waiting && (earliest < 0 || paste->deadline < earliest))
			earliest = paste->deadline;
	}
	return earliest;
}

void hc_pastes_expire(struct hc_pastes *pastes, int64_t now)
{
	pastes->now = now;
	for (guint i = 0; i < pastes->pastes->len; i++) {
		struct paste *paste = g_ptr_array_index(pastes->pastes, i);

		if (!paste->waiting || now < paste->deadline)
			continue;
		/* Large content that is on its way is worth waiting for. */
		if (!paste->unasked || paste->phase != PHASE_FETCHING || paste->size == 0 ||
			!make_promise(paste))
			answer(paste, 0, -1);
	}
}

static const struct hc_transfer_listener fetch_listener = {
	.progress = handle_fetching,
	.done = handle_fetched,
};

static const struct hc_transfer_listener move_listener = {
	.done = handle_moved,
};

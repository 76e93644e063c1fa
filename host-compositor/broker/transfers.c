#define G_LOG_DOMAIN "hc-transfers"

#include "transfers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <gcrypt.h>

#define NOT_READ "the receiver takes no more"

enum {
	BUFFER_BYTES = 128 * 1024,
	PIPE_BYTES = 256 * 1024, /* where the system lets us have it */
	BYTES_PER_DISPATCH = 256 * 1024, /* of one transfer, so that others have their turn */
	EVENTS_PER_DISPATCH = 32,
	LINGER_MS = 5000, /* for a sink's holder to report that it has given up */
};

struct end {
	struct hc_transfer_end given;
	bool pollable; /* files are always ready */
	bool watched;
	bool reported;
	uint64_t bytes; /* as reported */
};

struct transfer {
	uint32_t id;
	struct hc_transfers *all;
	struct end ends[HC_TRANSFER_SIDES];
	struct hc_transfer_limits limits;
	const struct hc_transfer_listener *listener;
	void *data;

	gcry_md_hd_t hash;
	uint8_t *buffer;
	size_t start; /* of what the sink has not taken yet */
	size_t len;
	uint64_t bytes;
	bool drained; /* the source has no more */
	bool busy; /* its turn is over, though it could go on */
	bool deaf; /* nobody reads the sink's pipe any more; its holder is to say why */
	bool over; /* and told; it lingers until the sink's holder has reported */
	int64_t deadline; /* -1: wait_ms from the next dispatch on */
	int wait_ms;
};

struct hc_transfers {
	int epoll_fd;
	uint32_t last_id;
	GHashTable *transfers; /* id: struct transfer, owner */
	int64_t now; /* of the dispatch that is being served */
};

static void unwatch(struct transfer *transfer, enum hc_transfer_side side)
{
	struct end *end = &transfer->ends[side];

	if (end->watched)
		epoll_ctl(transfer->all->epoll_fd, EPOLL_CTL_DEL, end->given.fd, NULL);
	end->watched = false;
}

static void watch(struct transfer *transfer, enum hc_transfer_side side, uint32_t events)
{
	struct end *end = &transfer->ends[side];
	struct epoll_event event = {
		.events = events,
		.data.u64 = (uint64_t)transfer->id << 1 | side,
	};

	if (!end->pollable)
		return;
	if (epoll_ctl(transfer->all->epoll_fd, end->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
		    end->given.fd, &event) == 0)
		end->watched = true;
	else
		end->pollable = false;
}

static void close_end(struct transfer *transfer, enum hc_transfer_side side)
{
	struct end *end = &transfer->ends[side];

	unwatch(transfer, side);
	if (end->given.fd >= 0)
		close(end->given.fd);
	end->given.fd = -1;
}

static void transfer_free(void *data)
{
	struct transfer *transfer = data;

	for (int side = 0; side < HC_TRANSFER_SIDES; side++)
		close_end(transfer, side);
	gcry_md_close(transfer->hash);
	g_free(transfer->buffer);
	g_free(transfer);
}

struct hc_transfers *hc_transfers_create(void)
{
	struct hc_transfers *transfers;
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_fd < 0)
		return NULL;
	gcry_check_version(NULL);
	transfers = g_new0(struct hc_transfers, 1);
	transfers->epoll_fd = epoll_fd;
	/* A guest may still speak of what an earlier broker began. */
	transfers->last_id = (uint32_t)g_random_int_range(0, G_MAXINT32);
	transfers->transfers = g_hash_table_new_full(NULL, NULL, NULL, transfer_free);
	return transfers;
}

void hc_transfers_destroy(struct hc_transfers *transfers)
{
	if (!transfers)
		return;
	g_hash_table_unref(transfers->transfers);
	close(transfers->epoll_fd);
	g_free(transfers);
}

uint32_t hc_transfers_new_id(struct hc_transfers *transfers)
{
	if (transfers->last_id == UINT32_MAX)
		return 0;
	return ++transfers->last_id;
}

bool hc_transfer_pipe(enum hc_transfer_side side, int *holder_fd, int *transfer_fd)
{
	int fds[2];
	int own = side == HC_TRANSFER_SOURCE ? 0 : 1;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	if (fcntl(fds[own], F_SETFL, O_NONBLOCK) < 0) {
		int error = errno;

		close(fds[0]);
		close(fds[1]);
		errno = error;
		return false;
	}
	fcntl(fds[own], F_SETPIPE_SZ, PIPE_BYTES);
	*transfer_fd = fds[own];
	*holder_fd = fds[1 - own];
	return true;
}

static struct transfer *find(const struct hc_transfers *transfers, uint32_t id)
{
	return g_hash_table_lookup(transfers->transfers, GUINT_TO_POINTER(id));
}

/* What is awaited is to come within that. */
static void wait_from_now(struct transfer *transfer, int ms)
{
	transfer->wait_ms = ms;
	transfer->deadline = -1;
}

/* The ends */

/* The hash in hexadecimal; the caller frees it. */
static char *print_hash(struct transfer *transfer)
{
	const uint8_t *bytes = gcry_md_read(transfer->hash, GCRY_MD_SHA256);
	GString *text = g_string_new(NULL);

	for (unsigned int i = 0; i < gcry_md_get_algo_dlen(GCRY_MD_SHA256); i++)
		g_string_append_printf(text, "%02x", bytes[i]);
	return g_string_free(text, FALSE);
}

static void tell_done(
	struct transfer *transfer, enum hc_transfer_status status, const char *message)
{
	g_autofree char *sha256 = status == HC_TRANSFER_DONE ? print_hash(transfer) : NULL;
	const struct hc_transfer_result result = {
		.status = status,
		.bytes = transfer->bytes,
		.sha256 = sha256,
		.message = message,
	};

	transfer->over = true;
	transfer->listener->done(transfer->data, transfer->id, &result);
}

static void drop(struct hc_transfers *transfers, uint32_t id)
{
	g_hash_table_remove(transfers->transfers, GUINT_TO_POINTER(id));
}

/* The sink's pipe closes only when its holder knows that this is not the content's end. */
static void break_off(
	struct transfer *transfer, enum hc_transfer_status status, const char *message)
{
	const struct end *sink = &transfer->ends[HC_TRANSFER_SINK];
	struct hc_transfers *all = transfer->all;
	uint32_t id = transfer->id;
	bool lingers = sink->given.holder && !sink->reported;

	close_end(transfer, HC_TRANSFER_SOURCE);
	unwatch(transfer, HC_TRANSFER_SINK);
	transfer->busy = false;
	wait_from_now(transfer, LINGER_MS);
	for (int side = 0; side < HC_TRANSFER_SIDES; side++) {
		const struct end *end = &transfer->ends[side];

		if (end->given.holder && !end->reported)
			end->given.cancel(end->given.holder, id, status);
	}
	tell_done(transfer, status, message);
	if (!lingers)
		drop(all, id);
}

static void complete(struct transfer *transfer)
{
	struct hc_transfers *all = transfer->all;
	uint32_t id = transfer->id;

	tell_done(transfer, HC_TRANSFER_DONE, "");
	drop(all, id);
}

/* All that the source had is with the sink, as far as the pipes tell. */
static void handle_drained(struct transfer *transfer)
{
	const struct end *source = &transfer->ends[HC_TRANSFER_SOURCE];
	const struct end *sink = &transfer->ends[HC_TRANSFER_SINK];

	if (source->given.holder && !source->reported)
		return;
	if (source->given.holder && source->bytes != transfer->bytes) {
		break_off(transfer, HC_TRANSFER_FAILED, "not all of it has come");
		return;
	}
	close_end(transfer, HC_TRANSFER_SINK);
	if (!sink->given.holder)
		complete(transfer);
}

/* The pump */

enum step { STEP_ON, STEP_WAIT, STEP_OVER };

static enum step fill(struct transfer *transfer)
{
	const struct end *source = &transfer->ends[HC_TRANSFER_SOURCE];
	ssize_t count = read(source->given.fd, transfer->buffer, BUFFER_BYTES);

	if (count < 0 && errno == EINTR)
		return STEP_ON;
	if (count < 0 && errno == EAGAIN) {
		watch(transfer, HC_TRANSFER_SOURCE, EPOLLIN);
		return STEP_WAIT;
	}
	if (count < 0) {
		break_off(transfer, HC_TRANSFER_FAILED, g_strerror(errno));
		return STEP_OVER;
	}
	if ((uint64_t)count > transfer->limits.max - transfer->bytes) {
		break_off(transfer, HC_TRANSFER_TOO_LARGE, "it is larger than is allowed");
		return STEP_OVER;
	}
	gcry_md_write(transfer->hash, transfer->buffer, (size_t)count);
	transfer->bytes += (uint64_t)count;
	transfer->start = 0;
	transfer->len = (size_t)count;
	transfer->drained = count == 0;
	return STEP_ON;
}

/* The sink's holder, if there is one, reports why. */
static void lose_reader(struct transfer *transfer)
{
	if (!transfer->ends[HC_TRANSFER_SINK].given.holder) {
		break_off(transfer, HC_TRANSFER_CANCELLED, NOT_READ);
		return;
	}
	transfer->deaf = true;
	transfer->busy = false;
	unwatch(transfer, HC_TRANSFER_SOURCE);
	unwatch(transfer, HC_TRANSFER_SINK);
	wait_from_now(transfer, LINGER_MS);
}

static enum step empty(struct transfer *transfer)
{
	const struct end *sink = &transfer->ends[HC_TRANSFER_SINK];
	ssize_t count = write(sink->given.fd, transfer->buffer + transfer->start, transfer->len);

	if (count < 0 && errno == EINTR)
		return STEP_ON;
	if (count < 0 && errno == EAGAIN) {
		watch(transfer, HC_TRANSFER_SINK, EPOLLOUT);
		return STEP_WAIT;
	}
	if (count < 0 && errno == EPIPE) {
		lose_reader(transfer);
		return STEP_OVER;
	}
	if (count < 0) {
		break_off(transfer, HC_TRANSFER_FAILED, g_strerror(errno));
		return STEP_OVER;
	}
	transfer->start += (size_t)count;
	transfer->len -= (size_t)count;
	return STEP_ON;
}

/* Only what is waited for may wake us, or the other side's readiness would do so all the time. */
static void quiet(struct transfer *transfer)
{
	unwatch(transfer, HC_TRANSFER_SOURCE);
	watch(transfer, HC_TRANSFER_SINK, 0); /* it still tells when nobody reads it any more */
}

static void tell_progress(struct transfer *transfer, uint64_t before)
{
	if (transfer->bytes == before)
		return;
	wait_from_now(transfer, transfer->limits.idle_ms);
	if (transfer->listener->progress)
		transfer->listener->progress(transfer->data, transfer->id, transfer->bytes);
}

static void pump(struct transfer *transfer)
{
	uint64_t before = transfer->bytes;
	size_t left = transfer->len;
	enum step step = STEP_ON;

	quiet(transfer);
	transfer->busy = false;
	while (step == STEP_ON && !transfer->drained) {
		step = transfer->len > 0 ? empty(transfer) : fill(transfer);
		if (step == STEP_ON && transfer->bytes - before >= BYTES_PER_DISPATCH) {
			transfer->busy = true;
			break;
		}
	}
	if (step == STEP_OVER)
		return;
	if (transfer->len < left || transfer->drained)
		wait_from_now(transfer, transfer->limits.idle_ms);
	tell_progress(transfer, before);
	if (transfer->drained)
		handle_drained(transfer);
}

void hc_transfers_start(struct hc_transfers *transfers, uint32_t id,
	const struct hc_transfer_end ends[HC_TRANSFER_SIDES],
	const struct hc_transfer_limits *limits, const struct hc_transfer_listener *listener,
	void *data)
{
	struct transfer *transfer = g_new0(struct transfer, 1);

	transfer->id = id;
	transfer->all = transfers;
	for (int side = 0; side < HC_TRANSFER_SIDES; side++)
		transfer->ends[side] = (struct end){ .given = ends[side], .pollable = true };
	transfer->limits = *limits;
	transfer->listener = listener;
	transfer->data = data;
	gcry_md_open(&transfer->hash, GCRY_MD_SHA256, 0);
	transfer->buffer = g_malloc(BUFFER_BYTES);
	wait_from_now(transfer, limits->first_ms);
	transfer->busy = true; /* its first turn is the next dispatch's */
	g_hash_table_insert(transfers->transfers, GUINT_TO_POINTER(id), transfer);
}

/* What the holders say */

static void handle_source_report(
	struct transfer *transfer, enum hc_transfer_status status, const char *message)
{
	if (status != HC_TRANSFER_DONE)
		break_off(transfer, status, message);
	else if (transfer->drained)
		handle_drained(transfer);
}

static void handle_sink_report(struct transfer *transfer, enum hc_transfer_status status,
	uint64_t bytes, const char *message)
{
	if (status != HC_TRANSFER_DONE)
		break_off(transfer, status, message);
	else if (transfer->ends[HC_TRANSFER_SINK].given.fd >= 0 || bytes != transfer->bytes)
		break_off(transfer, HC_TRANSFER_FAILED, "not all of it has arrived");
	else
		complete(transfer);
}

void hc_transfers_handle_ended(struct hc_transfers *transfers, const void *holder, uint32_t id,
	enum hc_transfer_status status, uint64_t bytes, const char *message)
{
	struct transfer *transfer = find(transfers, id);
	int side = HC_TRANSFER_SOURCE;

	if (!transfer || !holder)
		return;
	while (side < HC_TRANSFER_SIDES &&
		(transfer->ends[side].given.holder != holder || transfer->ends[side].reported))
		side++;
	if (side == HC_TRANSFER_SIDES)
		return;
	transfer->ends[side].reported = true;
	transfer->ends[side].bytes = bytes;
	if (transfer->over) {
		if (side == HC_TRANSFER_SINK)
			drop(transfers, id);
	} else if (side == HC_TRANSFER_SOURCE) {
		handle_source_report(transfer, status, message);
	} else {
		handle_sink_report(transfer, status, bytes, message);
	}
}

void hc_transfers_cancel(struct hc_transfers *transfers, uint32_t id,
	enum hc_transfer_status status, const char *message)
{
	struct transfer *transfer = find(transfers, id);

	if (transfer && !transfer->over)
		break_off(transfer, status, message);
}

static bool still_needs(const struct transfer *transfer, const void *holder)
{
	const struct end *source = &transfer->ends[HC_TRANSFER_SOURCE];
	const struct end *sink = &transfer->ends[HC_TRANSFER_SINK];

	return sink->given.holder == holder ||
	       (source->given.holder == holder && !source->reported);
}

void hc_transfers_forget_holder(
	struct hc_transfers *transfers, const void *holder, const char *message)
{
	g_autoptr(GList) ids = g_hash_table_get_keys(transfers->transfers);

	for (const GList *link = ids; link; link = link->next) {
		struct transfer *transfer = find(transfers, GPOINTER_TO_UINT(link->data));

		if (!transfer || !still_needs(transfer, holder))
			continue;
		for (int side = 0; side < HC_TRANSFER_SIDES; side++) {
			if (transfer->ends[side].given.holder == holder)
				transfer->ends[side].reported = true;
		}
		if (!transfer->over)
			break_off(transfer, HC_TRANSFER_FAILED, message);
		else if (transfer->ends[HC_TRANSFER_SINK].reported)
			drop(transfers, transfer->id);
	}
}

/* The loop's side */

int hc_transfers_get_fd(const struct hc_transfers *transfers)
{
	return transfers->epoll_fd;
}

int64_t hc_transfers_deadline(const struct hc_transfers *transfers)
{
	GHashTableIter iter;
	void *value;
	int64_t earliest = -1;

	g_hash_table_iter_init(&iter, transfers->transfers);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct transfer *transfer = value;
		int64_t deadline = transfer->busy ? 0 : MAX(transfer->deadline, 0);

		if (earliest < 0 || deadline < earliest)
			earliest = deadline;
	}
	return earliest;
}

static const char *describe_delay(const struct transfer *transfer)
{
	if (transfer->deaf)
		return NOT_READ;
	if (transfer->len > 0 || transfer->ends[HC_TRANSFER_SINK].given.fd < 0)
		return "the receiver does not take it";
	return "the sender does not answer";
}

static void tend(struct transfer *transfer)
{
	if (transfer->busy)
		pump(transfer);
	else if (transfer->deadline < 0 || transfer->all->now < transfer->deadline)
		return;
	else if (transfer->over)
		drop(transfer->all, transfer->id);
	else
		break_off(transfer, HC_TRANSFER_FAILED, describe_delay(transfer));
}

static void handle_event(struct hc_transfers *transfers, const struct epoll_event *event)
{
	struct transfer *transfer = find(transfers, (uint32_t)(event->data.u64 >> 1));
	enum hc_transfer_side side = event->data.u64 & 1;

	if (!transfer || transfer->over)
		return;
	if (side == HC_TRANSFER_SINK && (event->events & EPOLLERR))
		lose_reader(transfer);
	else
		transfer->busy = !transfer->deaf;
}

static void set_deadlines(struct hc_transfers *transfers)
{
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, transfers->transfers);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct transfer *transfer = value;

		if (transfer->deadline < 0)
			transfer->deadline = transfers->now + transfer->wait_ms;
	}
}

void hc_transfers_dispatch(struct hc_transfers *transfers, int64_t now)
{
	struct epoll_event events[EVENTS_PER_DISPATCH];
	int count = epoll_wait(transfers->epoll_fd, events, G_N_ELEMENTS(events), 0);
	g_autoptr(GList) ids = NULL;

	transfers->now = now;
	for (int i = 0; i < count; i++)
		handle_event(transfers, &events[i]);
	ids = g_hash_table_get_keys(transfers->transfers);
	for (const GList *link = ids; link; link = link->next) {
		struct transfer *transfer = find(transfers, GPOINTER_TO_UINT(link->data));

		if (transfer)
			tend(transfer);
	}
	set_deadlines(transfers);
}

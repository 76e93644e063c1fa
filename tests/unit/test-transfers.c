/*
 * Transfers: what crosses is whole, bounded and told of, whatever those who hold the ends do.
 */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "transfers.h"

enum { FIRST_MS = 2000, IDLE_MS = 3000, START = 100000 };

/* Who holds an end. */
struct holder {
	int fd; /* of its end; -1: closed */
	uint32_t cancelled; /* the transfer that it is to give up */
	enum hc_transfer_status status;
};

static struct hc_transfers *transfers;
static struct holder giver;
static struct holder taker;
static uint32_t id;
static int64_t now;
static int done_count;
static int progress_count;
static struct hc_transfer_result result;
static char *sha256;
static char *message;
static GByteArray *taken;

static void handle_cancel(void *data, uint32_t transfer, enum hc_transfer_status status)
{
	struct holder *holder = data;
	holder->cancelled = transfer;
	holder->status = status;
}

static void handle_progress(void *data, uint32_t transfer, uint64_t bytes)
{
	(void)data;
	(void)bytes;
	CU_ASSERT_EQUAL(transfer, id);
	progress_count++;
}

static void handle_done(void *data, uint32_t transfer, const struct hc_transfer_result *told)
{
	(void)data;
	CU_ASSERT_EQUAL(transfer, id);
	done_count++;
	result = *told;
	sha256 = g_strdup(told->sha256);
	message = g_strdup(told->message);
}

static const struct hc_transfer_listener listener = {
	.progress = handle_progress,
	.done = handle_done,
};

static void start(uint64_t max)
{
	struct hc_transfer_end ends[HC_TRANSFER_SIDES] = {
		{ .holder = &giver, .cancel = handle_cancel },
		{ .holder = &taker, .cancel = handle_cancel },
	};
	const struct hc_transfer_limits limits = { max, FIRST_MS, IDLE_MS };
	signal(SIGPIPE, SIG_IGN);
	now = START;
	done_count = progress_count = 0;
	taken = g_byte_array_new();
	giver = taker = (struct holder){ 0 };
	transfers = hc_transfers_create();
	id = hc_transfers_new_id(transfers);
	CU_ASSERT_TRUE_FATAL(
		hc_transfer_pipe(HC_TRANSFER_SOURCE, &giver.fd, &ends[HC_TRANSFER_SOURCE].fd));
	CU_ASSERT_TRUE_FATAL(
		hc_transfer_pipe(HC_TRANSFER_SINK, &taker.fd, &ends[HC_TRANSFER_SINK].fd));
	fcntl(giver.fd, F_SETFL, O_NONBLOCK);
	fcntl(taker.fd, F_SETFL, O_NONBLOCK);
	hc_transfers_start(transfers, id, ends, &limits, &listener, NULL);
}

static void holder_close(struct holder *holder)
{
	if (holder->fd >= 0)
		close(holder->fd);
	holder->fd = -1;
}

static void finish(void)
{
	hc_transfers_destroy(transfers);
	holder_close(&giver);
	holder_close(&taker);
	g_clear_pointer(&message, g_free);
	g_clear_pointer(&sha256, g_free);
	g_byte_array_unref(taken);
}

/* True at the end of what the taker gets. */
static bool take(void)
{
	uint8_t bytes[65536];
	ssize_t count;
	while ((count = read(taker.fd, bytes, sizeof(bytes))) > 0)
		g_byte_array_append(taken, bytes, (guint)count);
	return count == 0;
}

static void dispatch(void)
{
	hc_transfers_dispatch(transfers, now);
}

/* Lets the loop run, and the taker read, until there is nothing to do; true once the taker has seen
 * the end. */
static bool settle(void)
{
	bool ended = false;
	struct pollfd poll_fd = { hc_transfers_get_fd(transfers), POLLIN, 0 };
	while (!ended && (poll(&poll_fd, 1, 0) > 0 || hc_transfers_deadline(transfers) == 0)) {
		dispatch();
		ended = taker.fd >= 0 && take();
	}
	return ended || (taker.fd >= 0 && take());
}

static void give(const void *bytes, size_t len)
{
	CU_ASSERT_EQUAL(write(giver.fd, bytes, len), (ssize_t)len);
}

static void report(struct holder *holder, enum hc_transfer_status status, uint64_t bytes)
{
	hc_transfers_handle_ended(transfers, holder, id, status, bytes, "it says so");
}

static void test_whole(void)
{
	start(100);
	give("hello", 5);
	holder_close(&giver);
	CU_ASSERT_FALSE(settle());
	CU_ASSERT_EQUAL(done_count, 0);
	report(&giver, HC_TRANSFER_DONE, 5);
	CU_ASSERT_TRUE(settle());
	CU_ASSERT_EQUAL(done_count, 0);
	report(&taker, HC_TRANSFER_DONE, 5);
	CU_ASSERT_EQUAL_FATAL(done_count, 1);
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_DONE);
	CU_ASSERT_EQUAL(result.bytes, 5);
	CU_ASSERT_STRING_EQUAL(
		sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
	CU_ASSERT_EQUAL(progress_count, 1);
	CU_ASSERT_EQUAL(taken->len, 5);
	CU_ASSERT_EQUAL(giver.cancelled, 0);
	CU_ASSERT_EQUAL(hc_transfers_deadline(transfers), -1);
	finish();
}

static void test_empty(void)
{
	start(100);
	holder_close(&giver);
	report(&giver, HC_TRANSFER_DONE, 0);
	CU_ASSERT_TRUE(settle());
	report(&taker, HC_TRANSFER_DONE, 0);
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_DONE);
	finish();
}

static void test_large(void)
{
	enum { SIZE = 33 * 1024 * 1024 + 7 };
	g_autofree uint8_t *content = g_malloc(SIZE);
	g_autofree char *expected = NULL;
	size_t given = 0;
	for (size_t i = 0; i < SIZE; i++)
		content[i] = (uint8_t)(i * 2654435761U >> 24);
	start(SIZE);
	while (given < SIZE) {
		ssize_t count = write(giver.fd, content + given, SIZE - given);
		if (count > 0)
			given += (size_t)count;
		settle();
	}
	holder_close(&giver);
	report(&giver, HC_TRANSFER_DONE, SIZE);
	CU_ASSERT_TRUE(settle());
	report(&taker, HC_TRANSFER_DONE, SIZE);
	CU_ASSERT_EQUAL_FATAL(done_count, 1);
	expected = g_compute_checksum_for_data(G_CHECKSUM_SHA256, content, SIZE);
	CU_ASSERT_STRING_EQUAL(sha256, expected);
	CU_ASSERT_EQUAL(taken->len, SIZE);
	CU_ASSERT_EQUAL(memcmp(taken->data, content, SIZE), 0);
	finish();
}

static void test_bound(void)
{
	start(4);
	give("four", 4);
	settle();
	CU_ASSERT_EQUAL(done_count, 0);
	give("!", 1);
	CU_ASSERT_FALSE(settle());
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_TOO_LARGE);
	CU_ASSERT_EQUAL(giver.cancelled, id);
	CU_ASSERT_EQUAL(taker.cancelled, id);
	CU_ASSERT_EQUAL(taken->len, 4);
	finish();
}

static void test_broken_off(void)
{
	start(100);
	give("half of", 7);
	settle();
	holder_close(&giver);
	report(&giver, HC_TRANSFER_FAILED, 7);
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_FAILED);
	CU_ASSERT_EQUAL(taker.cancelled, id);
	/* The end would look like that of the whole. */
	CU_ASSERT_FALSE(settle());
	report(&taker, HC_TRANSFER_CANCELLED, 7);
	CU_ASSERT_TRUE(take());
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_EQUAL(hc_transfers_deadline(transfers), -1);
	finish();
}

static void test_taker_that_never_reports(void)
{
	start(100);
	report(&giver, HC_TRANSFER_CANCELLED, 0);
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_FALSE(settle());
	now = hc_transfers_deadline(transfers);
	dispatch();
	CU_ASSERT_TRUE(take());
	CU_ASSERT_EQUAL(done_count, 1);
	finish();
}

static void test_wrong_counts(void)
{
	start(100);
	give("abc", 3);
	holder_close(&giver);
	report(&giver, HC_TRANSFER_DONE, 4);
	CU_ASSERT_FALSE(settle());
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_FAILED);
	finish();

	start(100);
	give("abc", 3);
	holder_close(&giver);
	report(&giver, HC_TRANSFER_DONE, 3);
	CU_ASSERT_TRUE(settle());
	report(&taker, HC_TRANSFER_DONE, 2);
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_FAILED);
	finish();
}

static void test_early_success(void)
{
	start(100);
	give("abc", 3);
	settle();
	report(&taker, HC_TRANSFER_DONE, 3);
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_FAILED);
	finish();
}

static void test_strangers(void)
{
	int stranger;
	start(100);
	hc_transfers_handle_ended(
		transfers, &stranger, id, HC_TRANSFER_CANCELLED, 0, "by a stranger");
	hc_transfers_handle_ended(transfers, &giver, id + 1, HC_TRANSFER_CANCELLED, 0, "another");
	hc_transfers_handle_ended(transfers, NULL, id, HC_TRANSFER_CANCELLED, 0, "nobody");
	hc_transfers_cancel(transfers, id + 1, HC_TRANSFER_CANCELLED, "another");
	hc_transfers_forget_holder(transfers, &stranger, "it has gone");
	settle();
	CU_ASSERT_EQUAL(done_count, 0);
	finish();
}

static void test_repeated_reports(void)
{
	start(100);
	report(&giver, HC_TRANSFER_DONE, 0);
	report(&giver, HC_TRANSFER_FAILED, 0);
	CU_ASSERT_EQUAL(done_count, 0);
	holder_close(&giver);
	CU_ASSERT_TRUE(settle());
	report(&taker, HC_TRANSFER_DONE, 0);
	report(&taker, HC_TRANSFER_FAILED, 0);
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_DONE);
	finish();
}

static void test_silent_giver(void)
{
	start(100);
	settle();
	CU_ASSERT_EQUAL(hc_transfers_deadline(transfers), START + FIRST_MS);
	now = START + FIRST_MS - 1;
	dispatch();
	CU_ASSERT_EQUAL(done_count, 0);
	now++;
	dispatch();
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_FAILED);
	CU_ASSERT_STRING_EQUAL(message, "the sender does not answer");
	finish();
}

static void test_giver_that_stops(void)
{
	start(100);
	give("abc", 3);
	now = START + 1000;
	settle();
	now = START + 1000 + IDLE_MS - 1;
	dispatch();
	CU_ASSERT_EQUAL(done_count, 0);
	now++;
	dispatch();
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_FAILED);
	finish();
}

static void test_taker_that_does_not_read(void)
{
	static const uint8_t zeros[65536];
	bool full = false;
	start(UINT64_MAX);
	for (int rounds = 0; rounds < 1000 && !full; rounds++) {
		full = write(giver.fd, zeros, sizeof(zeros)) < 0;
		dispatch();
	}
	CU_ASSERT_TRUE(full);
	dispatch();
	now += IDLE_MS;
	dispatch();
	dispatch();
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_FAILED);
	CU_ASSERT_STRING_EQUAL(message, "the receiver does not take it");
	finish();
}

static void test_taker_that_goes(void)
{
	start(100);
	settle();
	holder_close(&taker);
	settle();
	CU_ASSERT_EQUAL(done_count, 0);
	hc_transfers_handle_ended(transfers, &taker, id, HC_TRANSFER_FAILED, 0, "its disk is full");
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_FAILED);
	CU_ASSERT_STRING_EQUAL(message, "its disk is full");
	CU_ASSERT_EQUAL(giver.cancelled, id);
	finish();
}

static void test_taker_that_goes_in_silence(void)
{
	start(100);
	settle();
	holder_close(&taker);
	settle();
	now = hc_transfers_deadline(transfers);
	dispatch();
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_STRING_EQUAL(message, "the receiver takes no more");
	finish();
}

static void test_lost_holders(void)
{
	start(100);
	hc_transfers_forget_holder(transfers, &giver, "it has stopped");
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_EQUAL(giver.cancelled, 0);
	CU_ASSERT_STRING_EQUAL(message, "it has stopped");
	hc_transfers_forget_holder(transfers, &taker, "it, too");
	CU_ASSERT_EQUAL(hc_transfers_deadline(transfers), -1);
	CU_ASSERT_EQUAL(done_count, 1);
	finish();

	/* What it has given is whole. */
	start(100);
	give("abc", 3);
	holder_close(&giver);
	report(&giver, HC_TRANSFER_DONE, 3);
	hc_transfers_forget_holder(transfers, &giver, "it has stopped");
	CU_ASSERT_TRUE(settle());
	report(&taker, HC_TRANSFER_DONE, 3);
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_DONE);
	finish();
}

static void test_cancel(void)
{
	start(100);
	hc_transfers_cancel(transfers, id, HC_TRANSFER_DENIED, "the user says no");
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_DENIED);
	CU_ASSERT_EQUAL(giver.status, HC_TRANSFER_DENIED);
	CU_ASSERT_EQUAL(taker.status, HC_TRANSFER_DENIED);
	hc_transfers_cancel(transfers, id, HC_TRANSFER_DENIED, "again");
	CU_ASSERT_EQUAL(done_count, 1);
	finish();
}

/* Files are always ready, and nobody reports on them. */
static void test_files(void)
{
	const struct hc_transfer_limits limits = { 100, FIRST_MS, IDLE_MS };
	struct hc_transfer_end ends[HC_TRANSFER_SIDES] = { 0 };
	char content[8] = "";
	int copy;
	start(100);
	id = hc_transfers_new_id(transfers);
	ends[HC_TRANSFER_SOURCE].fd = memfd_create("source", MFD_CLOEXEC);
	ends[HC_TRANSFER_SINK].fd = memfd_create("sink", MFD_CLOEXEC);
	copy = dup(ends[HC_TRANSFER_SINK].fd);
	CU_ASSERT_EQUAL(write(ends[HC_TRANSFER_SOURCE].fd, "content", 7), 7);
	lseek(ends[HC_TRANSFER_SOURCE].fd, 0, SEEK_SET);
	hc_transfers_start(transfers, id, ends, &limits, &listener, NULL);
	settle();
	CU_ASSERT_EQUAL(done_count, 1);
	CU_ASSERT_EQUAL(result.status, HC_TRANSFER_DONE);
	CU_ASSERT_EQUAL(pread(copy, content, sizeof(content), 0), 7);
	CU_ASSERT_STRING_EQUAL(content, "content");
	close(copy);
	finish();
}

static void test_ids(void)
{
	uint32_t last;
	start(100);
	last = id;
	for (int i = 0; i < 1000; i++) {
		uint32_t next = hc_transfers_new_id(transfers);
		CU_ASSERT_TRUE(next > last);
		last = next;
	}
	finish();
}

static const struct unit_test tests[] = {
	{ "what both sides say is whole is done, with its hash", test_whole },
	{ "nothing at all can be transferred", test_empty },
	{ "much more than fits the pipes arrives whole", test_large },
	{ "what is larger than the bound is broken off", test_bound },
	{ "what is broken off never ends before the receiver knows", test_broken_off },
	{ "a receiver that never reports is let go", test_taker_that_never_reports },
	{ "counts that do not fit are a failure", test_wrong_counts },
	{ "a receiver that is done before the end is a failure", test_early_success },
	{ "strangers and unknown ids change nothing", test_strangers },
	{ "a second report changes nothing", test_repeated_reports },
	{ "a sender that does not begin is given up", test_silent_giver },
	{ "a sender that does not go on is given up", test_giver_that_stops },
	{ "a receiver that does not read is given up", test_taker_that_does_not_read },
	{ "a receiver that closes its pipe ends it, and says why", test_taker_that_goes },
	{ "a receiver that closes its pipe and does not say why ends it soon",
		test_taker_that_goes_in_silence },
	{ "an end whose holder is gone is broken off", test_lost_holders },
	{ "a transfer can be cancelled, once", test_cancel },
	{ "files are copied without being waited for", test_files },
	{ "ids never come again", test_ids },
};

UNIT_MAIN("transfers", tests)

/*
 * Pastes: what arrives, and what does when someone does not play by the rules.
 */
#include "unit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "clip-bench.h"
#include "pastes.h"

#define ALLOW "clipboard work personal allow mode=seamless max=16\n"
#define ASK "clipboard work personal ask mode=seamless\n"

static void begin(const char *rules)
{
	clip_bench_begin(rules);
	clip_player_copy(&bench.work, 1, TEXT | PNG);
}

static void expect_nothing(int answers)
{
	CU_ASSERT_EQUAL(bench.personal.answers, answers);
	CU_ASSERT_EQUAL(bench.personal.answer, 0);
}

static void expect_content(const char *expected)
{
	g_autofree char *content = clip_player_read(&bench.personal);
	CU_ASSERT_STRING_EQUAL(content, expected);
}

static void test_paste(void)
{
	begin(ALLOW);
	clip_player_want(&bench.personal, 7, TEXT);
	CU_ASSERT_EQUAL(bench.work.fetch_type, TEXT);
	CU_ASSERT_EQUAL(bench.work.fetch_offer, 1);
	CU_ASSERT_EQUAL(bench.work.fetch_max, 16);
	CU_ASSERT_EQUAL(bench.personal.answers, 0);
	clip_player_send(&bench.work, "hello", HC_TRANSFER_DONE);
	CU_ASSERT_EQUAL(bench.personal.answered, 7);
	CU_ASSERT_NOT_EQUAL(bench.personal.answer, bench.work.fetch);
	expect_content("hello");
	CU_ASSERT_EQUAL(fake_guard.size, 5);
	CU_ASSERT_EQUAL(fake_guard.finished, 1);
	CU_ASSERT_EQUAL(fake_guard.bytes, 5);
	CU_ASSERT_PTR_NULL(fake_guard.failure);
	CU_ASSERT_STRING_EQUAL(fake_guard.sha256,
		"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
	/* It may be pasted as often as one likes. */
	clip_player_want(&bench.personal, 8, TEXT);
	clip_player_send(&bench.work, "hello", HC_TRANSFER_DONE);
	expect_content("hello");
	CU_ASSERT_EQUAL(hc_clipboard_deadline(bench.clipboard), -1);
	CU_ASSERT_EQUAL(hc_transfers_deadline(bench.transfers), -1);
	clip_bench_end();
}

static void test_empty(void)
{
	begin(ALLOW);
	clip_player_want(&bench.personal, 1, TEXT);
	clip_player_send(&bench.work, "", HC_TRANSFER_DONE);
	expect_content("");
	clip_bench_end();
}

static void test_denied_meanwhile(void)
{
	begin(ALLOW);
	fake_guard_end();
	fake_guard_begin("clipboard work personal deny\n");
	clip_player_want(&bench.personal, 1, TEXT);
	expect_nothing(1);
	CU_ASSERT_EQUAL(fake_guard.denied, 1);
	CU_ASSERT_EQUAL(bench.work.fetches, 0);
	clip_bench_end();
}

static void test_bound(void)
{
	begin(ALLOW);
	clip_player_want(&bench.personal, 1, TEXT);
	clip_player_send(&bench.work, "sixteen bytes!!!", HC_TRANSFER_DONE);
	expect_content("sixteen bytes!!!");
	clip_player_want(&bench.personal, 2, TEXT);
	clip_player_send(&bench.work, "seventeen bytes!!", HC_TRANSFER_DONE);
	expect_nothing(2);
	CU_ASSERT_EQUAL(bench.work.cancelled, bench.work.fetch);
	CU_ASSERT_EQUAL(bench.work.cancel_status, HC_TRANSFER_TOO_LARGE);
	CU_ASSERT_EQUAL(fake_guard.denied, 1);
	CU_ASSERT_EQUAL(fake_guard.size, 17);
	clip_bench_end();
}

static void test_broken_off(void)
{
	begin(ALLOW);
	clip_player_want(&bench.personal, 1, TEXT);
	clip_player_send(&bench.work, "half", HC_TRANSFER_FAILED);
	expect_nothing(1);
	CU_ASSERT_EQUAL(fake_guard.requests, 0);
	CU_ASSERT_EQUAL(bench.told, 1);
	clip_bench_end();
}

static void test_owner_that_stops(void)
{
	begin(ALLOW);
	clip_player_want(&bench.personal, 1, TEXT);
	hc_clipboard_remove_peer(bench.work.peer, bench.now, "it has stopped");
	expect_nothing(1);
	CU_ASSERT_EQUAL(bench.personal.given[VP_SELECTION_CLIPBOARD].types, 0);
	clip_player_join(&bench.work, 0);
	clip_bench_end();
}

static void test_silent_owner(void)
{
	begin(ALLOW);
	clip_player_want(&bench.personal, 1, TEXT);
	CU_ASSERT_EQUAL(bench.personal.answers, 0);
	bench.now += HC_PASTE_ANSWER_MS;
	clip_bench_settle();
	expect_nothing(1);
	bench.now += 10000;
	clip_bench_settle();
	CU_ASSERT_EQUAL(bench.work.cancelled, bench.work.fetch);
	CU_ASSERT_EQUAL(bench.told, 1);
	CU_ASSERT_EQUAL(hc_clipboard_deadline(bench.clipboard), -1);
	clip_bench_end();
}

/* Making a picture can take long. */
static void test_slow_owner(void)
{
	begin(ALLOW);
	clip_player_want(&bench.personal, 1, PNG);
	bench.now += HC_PASTE_ANSWER_MS;
	clip_bench_settle();
	expect_nothing(1);
	clip_player_send(&bench.work, "a picture", HC_TRANSFER_DONE);
	expect_nothing(1);
	CU_ASSERT_EQUAL(bench.told, 1);
	clip_player_want(&bench.personal, 2, PNG);
	CU_ASSERT_EQUAL(bench.personal.answered, 2);
	expect_content("a picture");
	CU_ASSERT_EQUAL(bench.work.fetches, 1);
	clip_bench_end();
}

/* Begins to send, and is still at it when the paste has waited long enough. */
static void send_slowly(const char *beginning)
{
	size_t len = strlen(beginning);
	clip_player_want(&bench.personal, 1, TEXT);
	CU_ASSERT_EQUAL(write(bench.work.fetch_fd, beginning, len), (ssize_t)len);
	clip_bench_settle();
	bench.now += HC_PASTE_ANSWER_MS;
	clip_bench_settle();
	CU_ASSERT_EQUAL(bench.personal.answers, 1);
}

static void test_large_content(void)
{
	begin(ALLOW);
	send_slowly("half");
	CU_ASSERT_NOT_EQUAL_FATAL(bench.personal.answer, 0);
	CU_ASSERT_EQUAL(fake_guard.requests, 0);
	CU_ASSERT_EQUAL(write(bench.work.fetch_fd, " and half", 9), 9);
	clip_bench_settle();
	close(bench.work.fetch_fd);
	bench.work.fetch_fd = -1;
	hc_transfers_handle_ended(
		bench.transfers, &bench.work, bench.work.fetch, HC_TRANSFER_DONE, 13, "");
	clip_bench_settle();
	expect_content("half and half");
	CU_ASSERT_EQUAL(bench.personal.answers, 1);
	CU_ASSERT_EQUAL(fake_guard.finished, 1);
	clip_bench_end();
}

static void test_broken_promise(void)
{
	char byte;
	begin(ALLOW);
	send_slowly("half");
	hc_transfers_handle_ended(
		bench.transfers, &bench.work, bench.work.fetch, HC_TRANSFER_FAILED, 4, "it died");
	clip_bench_settle();
	CU_ASSERT_EQUAL(bench.personal.cancelled, bench.personal.answer);
	/* The end would look like that of empty content. */
	fcntl(bench.personal.answer_fd, F_SETFL, O_NONBLOCK);
	CU_ASSERT_EQUAL(read(bench.personal.answer_fd, &byte, 1), -1);
	hc_transfers_handle_ended(bench.transfers, &bench.personal, bench.personal.answer,
		HC_TRANSFER_CANCELLED, 0, "");
	CU_ASSERT_EQUAL(read(bench.personal.answer_fd, &byte, 1), 0);
	CU_ASSERT_EQUAL(fake_guard.requests, 0);
	clip_bench_end();
}

static void test_no_promise_of_what_is_asked_about(void)
{
	begin(ASK);
	send_slowly("half");
	CU_ASSERT_EQUAL(bench.personal.answer, 0);
	clip_bench_end();
}

static void test_reader_that_goes_before_its_content(void)
{
	begin(ALLOW);
	send_slowly("half");
	hc_clipboard_remove_peer(bench.personal.peer, bench.now, "it has stopped");
	CU_ASSERT_EQUAL(bench.personal.cancelled, 0);
	clip_player_join(&bench.personal, 0);
	clip_bench_settle();
	CU_ASSERT_EQUAL(hc_transfers_deadline(bench.transfers), -1);
	clip_bench_end();
}

#define LIST "file:///home/me/a\r\nfile:///home/me/b%20c\r\n"

static void begin_files(void)
{
	clip_bench_begin("clipboard work personal allow mode=seamless\n");
	clip_player_copy(&bench.work, 1, VP_CLIPBOARD_URI_LIST);
	clip_player_want(&bench.personal, 1, VP_CLIPBOARD_URI_LIST);
}

static void test_files(void)
{
	const char *const paths[] = { "/home/me/Incoming/work/a", "/home/me/Incoming/work/b c",
		NULL };
	begin_files();
	clip_player_send(&bench.work, LIST, HC_TRANSFER_DONE);
	CU_ASSERT_STRING_EQUAL(bench.files, "/home/me/a;/home/me/b c");
	CU_ASSERT_EQUAL(bench.personal.answers, 0);
	hc_clipboard_handle_files(bench.clipboard, bench.now, bench.copy + 1, paths);
	CU_ASSERT_EQUAL(bench.personal.answers, 0);
	hc_clipboard_handle_files(bench.clipboard, bench.now, bench.copy, paths);
	expect_content("file:///home/me/Incoming/work/a\r\n"
		       "file:///home/me/Incoming/work/b%20c\r\n");
	hc_clipboard_handle_files(bench.clipboard, bench.now, bench.copy, paths);
	CU_ASSERT_EQUAL(bench.personal.answers, 1);
	CU_ASSERT_EQUAL(bench.forgotten, 0);
	clip_bench_end();
}

static void test_files_that_take_long(void)
{
	const char *const paths[] = { "/there", NULL };
	begin_files();
	clip_player_send(&bench.work, LIST, HC_TRANSFER_DONE);
	bench.now += HC_PASTE_ANSWER_MS;
	clip_bench_settle();
	expect_nothing(1);
	hc_clipboard_handle_files(bench.clipboard, bench.now, bench.copy, paths);
	CU_ASSERT_EQUAL(bench.told, 1);
	clip_player_want(&bench.personal, 2, VP_CLIPBOARD_URI_LIST);
	expect_content("file:///there\r\n");
	clip_bench_end();
}

static void test_no_files(void)
{
	begin_files();
	clip_player_send(&bench.work, "https://example.org/\r\n", HC_TRANSFER_DONE);
	expect_nothing(1);
	CU_ASSERT_PTR_NULL(bench.files);
	CU_ASSERT_EQUAL(bench.told, 1);
	clip_bench_end();

	begin_files();
	bench.copy = 0;
	clip_player_send(&bench.work, LIST, HC_TRANSFER_DONE);
	expect_nothing(1);
	clip_bench_end();

	begin_files();
	clip_player_send(&bench.work, LIST, HC_TRANSFER_DONE);
	hc_clipboard_handle_files(bench.clipboard, bench.now, bench.copy, NULL);
	expect_nothing(1);
	CU_ASSERT_EQUAL(bench.forgotten, 0);
	clip_bench_end();
}

static void test_files_no_longer_wanted(void)
{
	begin_files();
	clip_player_send(&bench.work, LIST, HC_TRANSFER_DONE);
	clip_player_copy(&bench.work, 2, TEXT);
	CU_ASSERT_EQUAL(bench.forgotten, 1);
	expect_nothing(1);
	clip_bench_end();
}

static void test_repeated_request(void)
{
	begin(ALLOW);
	clip_player_want(&bench.personal, 1, TEXT);
	clip_player_want(&bench.personal, 1, TEXT);
	CU_ASSERT_EQUAL(bench.work.fetches, 1);
	clip_player_send(&bench.work, "once", HC_TRANSFER_DONE);
	expect_content("once");
	CU_ASSERT_EQUAL(bench.personal.answers, 1);
	clip_bench_end();
}

static void test_many_requests(void)
{
	begin(ALLOW);
	for (uint32_t request = 1; request <= HC_PASTES_MAX; request++)
		clip_player_want(&bench.personal, request, TEXT);
	CU_ASSERT_EQUAL(bench.personal.answers, 0);
	clip_player_want(&bench.personal, 1000, TEXT);
	expect_nothing(1);
	CU_ASSERT_EQUAL(bench.personal.answered, 1000);
	CU_ASSERT_EQUAL(bench.work.fetches, HC_PASTES_MAX);
	clip_bench_end();
}

static void test_reader_that_goes(void)
{
	begin(ALLOW);
	clip_player_want(&bench.personal, 1, TEXT);
	clip_player_send(&bench.work, "hello", HC_TRANSFER_DONE);
	hc_clipboard_remove_peer(bench.personal.peer, bench.now, "it has stopped");
	CU_ASSERT_EQUAL(fake_guard.finished, 1);
	CU_ASSERT_STRING_EQUAL(fake_guard.failure, "it has stopped");
	clip_player_join(&bench.personal, 0);
	clip_bench_settle();
	clip_player_want(&bench.personal, 1, TEXT);
	clip_player_send(&bench.work, "hello", HC_TRANSFER_DONE);
	expect_content("hello");
	clip_bench_end();
}

static void test_reader_that_cancels(void)
{
	begin(ALLOW);
	clip_player_want(&bench.personal, 1, TEXT);
	clip_player_send(&bench.work, "hello", HC_TRANSFER_DONE);
	hc_transfers_handle_ended(bench.transfers, &bench.personal, bench.personal.answer,
		HC_TRANSFER_CANCELLED, 2, "it has gone");
	CU_ASSERT_EQUAL(fake_guard.finished, 1);
	CU_ASSERT_STRING_EQUAL(fake_guard.failure, "it has gone");
	CU_ASSERT_PTR_NULL(fake_guard.sha256);
	clip_bench_end();
}

static void test_ask_in_time(void)
{
	begin(ASK);
	clip_player_want(&bench.personal, 1, TEXT);
	clip_player_send(&bench.work, "hello", HC_TRANSFER_DONE);
	CU_ASSERT_EQUAL(bench.personal.answers, 0);
	fake_guard_reply(true);
	expect_content("hello");
	clip_bench_end();
}

static void test_ask_late(void)
{
	begin(ASK);
	clip_player_want(&bench.personal, 1, TEXT);
	clip_player_send(&bench.work, "as shown", HC_TRANSFER_DONE);
	bench.now += HC_PASTE_ANSWER_MS;
	clip_bench_settle();
	expect_nothing(1);
	/* It tries again while the user is asked. */
	clip_player_want(&bench.personal, 2, TEXT);
	CU_ASSERT_EQUAL(fake_guard.requests, 1);
	bench.now += HC_PASTE_ANSWER_MS;
	clip_bench_settle();
	expect_nothing(2);
	fake_guard_reply(true);
	expect_nothing(2);
	CU_ASSERT_EQUAL(bench.told, 1);
	clip_player_want(&bench.personal, 3, TEXT);
	expect_content("as shown");
	CU_ASSERT_EQUAL(bench.work.fetches, 1);
	CU_ASSERT_EQUAL(fake_guard.finished, 1);
	/* Once is once. */
	clip_player_want(&bench.personal, 4, TEXT);
	CU_ASSERT_EQUAL(bench.work.fetches, 2);
	clip_bench_end();
}

static void test_refusal(void)
{
	begin(ASK);
	clip_player_want(&bench.personal, 1, TEXT);
	clip_player_send(&bench.work, "secret", HC_TRANSFER_DONE);
	fake_guard_reply(false);
	expect_nothing(1);
	CU_ASSERT_EQUAL(fake_guard.finished, 0);
	clip_bench_end();
}

/* The user's answer is about what was there then. */
static void test_replaced_while_asked(void)
{
	begin(ASK);
	clip_player_want(&bench.personal, 1, TEXT);
	clip_player_send(&bench.work, "harmless", HC_TRANSFER_DONE);
	clip_player_copy(&bench.work, 2, TEXT);
	CU_ASSERT_EQUAL(fake_guard.withdrawn, 1);
	expect_nothing(1);
	clip_bench_end();
}

static void test_replaced_when_allowed(void)
{
	begin(ASK);
	clip_player_want(&bench.personal, 1, TEXT);
	clip_player_send(&bench.work, "old", HC_TRANSFER_DONE);
	bench.now += HC_PASTE_ANSWER_MS;
	clip_bench_settle();
	fake_guard_reply(true);
	clip_player_copy(&bench.work, 2, TEXT);
	CU_ASSERT_EQUAL(fake_guard.finished, 1);
	CU_ASSERT_PTR_NOT_NULL(fake_guard.failure);
	clip_player_want(&bench.personal, 2, TEXT);
	CU_ASSERT_EQUAL(bench.work.fetches, 2);
	clip_bench_end();
}

static void test_preview(void)
{
	begin(ASK);
	clip_player_want(&bench.personal, 1, PNG);
	clip_player_send(&bench.work, "\x89PNG\r\n", HC_TRANSFER_DONE);
	CU_ASSERT_PTR_NULL(fake_guard.preview);
	CU_ASSERT_STRING_EQUAL(fake_guard.type, "image/png");
	clip_player_copy(&bench.work, 2, TEXT);
	clip_player_want(&bench.personal, 2, TEXT);
	clip_player_send(&bench.work, "one\ntwo\n", HC_TRANSFER_DONE);
	CU_ASSERT_STRING_EQUAL(fake_guard.preview, "one");
	clip_bench_end();
}

/* Whoever holds the ends may say anything of streams that are not its own. */
static void test_forged_reports(void)
{
	begin(ALLOW);
	clip_player_want(&bench.personal, 1, TEXT);
	hc_transfers_handle_ended(
		bench.transfers, &bench.personal, bench.work.fetch, HC_TRANSFER_DONE, 0, "forged");
	hc_transfers_handle_ended(bench.transfers, &bench.primary, bench.work.fetch,
		HC_TRANSFER_CANCELLED, 0, "forged");
	clip_player_send(&bench.work, "hello", HC_TRANSFER_DONE);
	hc_transfers_handle_ended(bench.transfers, &bench.work, bench.personal.answer,
		HC_TRANSFER_CANCELLED, 0, "forged");
	hc_transfers_handle_ended(
		bench.transfers, &bench.work, bench.work.fetch, HC_TRANSFER_CANCELLED, 0, "late");
	expect_content("hello");
	CU_ASSERT_PTR_NULL(fake_guard.failure);
	clip_bench_end();
}

static const struct unit_test tests[] = {
	{ "a paste gets what was copied, each time anew", test_paste },
	{ "a paste of nothing at all is a paste", test_empty },
	{ "what is denied by the time it is pasted is not even fetched", test_denied_meanwhile },
	{ "what is larger than the rule's bound is not pasted in part", test_bound },
	{ "what breaks off is not pasted in part", test_broken_off },
	{ "a paste from a VM that stops gets nothing", test_owner_that_stops },
	{ "a paste does not wait for an owner that is silent", test_silent_owner },
	{ "what comes late is there for the next paste", test_slow_owner },
	{ "content that is on its way is waited for", test_large_content },
	{ "what was to come and does not is not pasted as empty", test_broken_promise },
	{ "nothing is promised before the user has agreed",
		test_no_promise_of_what_is_asked_about },
	{ "a VM that stops before its content comes leaves nothing behind",
		test_reader_that_goes_before_its_content },
	{ "a list of files is pasted with their copies", test_files },
	{ "files that take long to copy are there for the next paste", test_files_that_take_long },
	{ "a list of anything else, or that cannot be copied, is not pasted", test_no_files },
	{ "files are not copied on when others take their place", test_files_no_longer_wanted },
	{ "a request that is repeated is one", test_repeated_request },
	{ "too many requests get nothing", test_many_requests },
	{ "a VM that stops while it pastes leaves nothing behind", test_reader_that_goes },
	{ "a paste can be given up", test_reader_that_cancels },
	{ "what the user allows in time is pasted at once", test_ask_in_time },
	{ "what the user allows late is pasted next, once", test_ask_late },
	{ "what the user refuses is not pasted", test_refusal },
	{ "a question ends when another content takes its place", test_replaced_while_asked },
	{ "what was allowed does not outlive its content", test_replaced_when_allowed },
	{ "the user is shown the first line of a text", test_preview },
	{ "reports about streams of others change nothing", test_forged_reports },
};

UNIT_MAIN("pastes", tests)

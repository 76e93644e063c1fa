/*
 * The clipboard: who is offered what, and what changes nothing.
 */
#include "unit.h"

#include "clip-bench.h"

#define SEAMLESS \
	"clipboard work personal allow mode=seamless\n" \
	"clipboard personal work allow mode=seamless types=text/plain\n" \
	"clipboard work @primary allow mode=seamless\n"
#define EXPLICIT "clipboard @any @any allow\nclipboard @any @primary allow\n"

static struct clip_player_side *clip_of(struct clip_player *player)
{
	return &player->given[VP_SELECTION_CLIPBOARD];
}

static bool take(struct clip_player *player)
{
	g_autoptr(GError) error = NULL;
	return hc_clipboard_take(bench.clipboard, player->peer, &error);
}

static bool give(struct clip_player *player)
{
	g_autoptr(GError) error = NULL;
	bool given = hc_clipboard_give(bench.clipboard, bench.now, player->peer, &error);
	CU_ASSERT_EQUAL(given, error == NULL);
	clip_bench_settle();
	return given;
}

static void test_seamless(void)
{
	clip_bench_begin(SEAMLESS);
	clip_player_copy(&bench.work, 1, TEXT | PNG);
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->types, TEXT | PNG);
	CU_ASSERT_EQUAL(clip_of(&bench.primary)->types, TEXT | PNG);
	CU_ASSERT_NOT_EQUAL(clip_of(&bench.personal)->offer, clip_of(&bench.primary)->offer);
	CU_ASSERT_EQUAL(clip_of(&bench.work)->offers, 0);
	clip_bench_end();
}

static void test_types(void)
{
	clip_bench_begin(SEAMLESS);
	clip_player_copy(&bench.personal, 1, TEXT | HTML | PNG);
	CU_ASSERT_EQUAL(clip_of(&bench.work)->types, TEXT);
	clip_player_copy(&bench.personal, 2, HTML | PNG);
	CU_ASSERT_EQUAL(clip_of(&bench.work)->types, 0);
	CU_ASSERT_EQUAL(clip_of(&bench.primary)->offers, 0);
	clip_bench_end();
}

static void test_explicit(void)
{
	clip_bench_begin(EXPLICIT);
	clip_player_copy(&bench.work, 1, TEXT);
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->offers, 0);
	CU_ASSERT_FALSE(give(&bench.personal));
	CU_ASSERT_TRUE(take(&bench.work));
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->offers, 0);
	CU_ASSERT_TRUE(give(&bench.personal));
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->types, TEXT);
	CU_ASSERT_EQUAL(clip_of(&bench.primary)->offers, 0);
	CU_ASSERT_TRUE(give(&bench.primary));
	CU_ASSERT_EQUAL(clip_of(&bench.primary)->types, TEXT);
	clip_bench_end();
}

static void test_denied(void)
{
	clip_bench_begin("clipboard work @primary allow\n");
	clip_player_copy(&bench.work, 1, TEXT);
	CU_ASSERT_TRUE(take(&bench.work));
	CU_ASSERT_FALSE(give(&bench.personal));
	CU_ASSERT_EQUAL(fake_guard.denied, 1);
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->offers, 0);
	CU_ASSERT_EQUAL(bench.work.fetches, 0);
	clip_bench_end();
}

static void test_taking(void)
{
	clip_bench_begin(EXPLICIT);
	CU_ASSERT_FALSE(take(&bench.work));
	clip_player_copy(&bench.work, 1, TEXT);
	CU_ASSERT_TRUE(take(&bench.work));
	CU_ASSERT_FALSE(give(&bench.work));
	clip_player_copy(&bench.work, 2, TEXT);
	CU_ASSERT_FALSE(give(&bench.personal));
	CU_ASSERT_TRUE(take(&bench.work));
	clip_player_copy(&bench.work, 3, 0);
	CU_ASSERT_FALSE(give(&bench.personal));
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->offers, 0);
	clip_bench_end();
}

static void test_withdrawal(void)
{
	uint32_t offer;
	clip_bench_begin(EXPLICIT);
	clip_player_copy(&bench.work, 1, TEXT);
	take(&bench.work);
	give(&bench.personal);
	offer = clip_of(&bench.personal)->offer;
	clip_player_copy(&bench.work, 2, TEXT);
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->types, 0);
	CU_ASSERT_NOT_EQUAL(clip_of(&bench.personal)->offer, offer);
	clip_bench_end();
}

static void test_stopped(void)
{
	clip_bench_begin(EXPLICIT);
	clip_player_copy(&bench.work, 1, TEXT);
	take(&bench.work);
	give(&bench.personal);
	hc_clipboard_remove_peer(bench.work.peer, bench.now, "it has stopped");
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->types, 0);
	CU_ASSERT_FALSE(give(&bench.primary));
	clip_player_join(&bench.work, 0);
	CU_ASSERT_FALSE(give(&bench.primary));
	clip_bench_end();
}

static void test_newcomers(void)
{
	clip_bench_begin(SEAMLESS);
	hc_clipboard_remove_peer(bench.personal.peer, bench.now, "it has stopped");
	clip_player_copy(&bench.work, 1, TEXT);
	clip_of(&bench.personal)->offers = 0;
	clip_player_join(&bench.personal, 0);
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->offers, 1);
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->types, TEXT);
	clip_bench_end();
}

/* What it has copied itself is not taken from it because its view was restarted. */
static void test_returns(void)
{
	clip_bench_begin(SEAMLESS);
	clip_player_copy(&bench.personal, 1, TEXT);
	clip_player_copy(&bench.work, 1, TEXT);
	hc_clipboard_remove_peer(bench.work.peer, bench.now, "its view has ended");
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->types, 0);
	clip_of(&bench.work)->offers = 0;
	bench.now += HC_CLIP_QUIET_MS;
	clip_player_join(&bench.work, TEXT);
	clip_bench_settle();
	CU_ASSERT_EQUAL(clip_of(&bench.work)->offers, 0);
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->types, TEXT);
	clip_bench_end();
}

static void test_own_copy(void)
{
	clip_bench_begin(SEAMLESS);
	clip_player_copy(&bench.work, 1, TEXT);
	clip_player_copy(&bench.personal, 1, TEXT);
	CU_ASSERT_EQUAL(clip_of(&bench.work)->types, TEXT);
	/* Nothing of work's own is left for the primary. */
	CU_ASSERT_EQUAL(clip_of(&bench.primary)->types, 0);
	clip_player_want(&bench.personal, 1, TEXT);
	CU_ASSERT_EQUAL(bench.personal.answer, 0);
	CU_ASSERT_EQUAL(bench.work.fetches, 0);
	clip_bench_end();
}

static void test_primary_selection(void)
{
	clip_bench_begin("primary-selection work personal allow mode=seamless\n"
			 "primary-selection work @primary allow\n");
	hc_clipboard_handle_offered(
		bench.work.peer, bench.now + 1000, VP_SELECTION_PRIMARY, 1, TEXT);
	CU_ASSERT_EQUAL(bench.personal.given[VP_SELECTION_PRIMARY].types, TEXT);
	CU_ASSERT_EQUAL(bench.primary.given[VP_SELECTION_PRIMARY].offers, 0);
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->offers, 0);
	CU_ASSERT_FALSE(take(&bench.work));
	clip_bench_end();
}

static void test_flood(void)
{
	int64_t end;
	int offers;
	clip_bench_begin(SEAMLESS);
	clip_player_copy(&bench.work, 1, TEXT);
	offers = clip_of(&bench.personal)->offers;
	end = bench.now + 1000;
	for (uint32_t offer = 2; bench.now < end; offer++) {
		for (int i = 0; i < 100; i++)
			hc_clipboard_handle_offered(bench.work.peer, bench.now,
				VP_SELECTION_CLIPBOARD, offer * 100 + (uint32_t)i, TEXT);
		bench.now++;
		clip_bench_settle();
	}
	CU_ASSERT_TRUE(clip_of(&bench.personal)->offers - offers <= 1000 / HC_CLIP_QUIET_MS + 1);
	bench.now += HC_CLIP_QUIET_MS;
	clip_bench_settle();
	clip_player_want(&bench.personal, 1, TEXT);
	CU_ASSERT_EQUAL(bench.work.fetches, 1);
	clip_bench_end();
}

static void test_stale_wants(void)
{
	uint32_t old;
	clip_bench_begin(SEAMLESS);
	clip_player_want(&bench.personal, 1, TEXT);
	CU_ASSERT_EQUAL(bench.personal.answers, 1);
	clip_player_copy(&bench.work, 1, TEXT);
	old = clip_of(&bench.personal)->offer;
	clip_player_copy(&bench.work, 2, TEXT);
	hc_clipboard_handle_wanted(
		bench.personal.peer, bench.now, 2, VP_SELECTION_CLIPBOARD, old, TEXT);
	hc_clipboard_handle_wanted(bench.personal.peer, bench.now, 3, VP_SELECTION_CLIPBOARD,
		clip_of(&bench.primary)->offer, TEXT);
	hc_clipboard_handle_wanted(bench.personal.peer, bench.now, 4, VP_SELECTION_PRIMARY,
		clip_of(&bench.personal)->offer, TEXT);
	clip_player_want(&bench.personal, 5, PNG);
	clip_player_want(&bench.personal, 6, TEXT | PNG);
	CU_ASSERT_EQUAL(bench.personal.answers, 6);
	CU_ASSERT_EQUAL(bench.personal.answer, 0);
	CU_ASSERT_EQUAL(bench.work.fetches, 0);
	CU_ASSERT_EQUAL(fake_guard.requests, 0);
	clip_bench_end();
}

static void test_many_wants(void)
{
	enum { WANTS = 1000 };
	clip_bench_begin(SEAMLESS);
	clip_player_copy(&bench.work, 1, TEXT);
	fake_guard_end();
	fake_guard_begin("");
	for (uint32_t request = 1; request <= WANTS; request++)
		clip_player_want(&bench.personal, request, TEXT);
	CU_ASSERT_EQUAL(bench.personal.answers, WANTS);
	CU_ASSERT_EQUAL(fake_guard.requests, HC_CLIP_WANTS_AT_ONCE);
	bench.now += HC_CLIP_WANTS_MS;
	clip_player_want(&bench.personal, WANTS + 1, TEXT);
	CU_ASSERT_EQUAL(fake_guard.requests, HC_CLIP_WANTS_AT_ONCE + 1);
	clip_bench_end();
}

/* Between two copies that follow one another closely nobody has been told of the later one. */
static void test_changed_and_not_told(void)
{
	clip_bench_begin(SEAMLESS);
	clip_player_copy(&bench.work, 1, TEXT);
	hc_clipboard_handle_offered(bench.work.peer, bench.now, VP_SELECTION_CLIPBOARD, 2, TEXT);
	clip_player_want(&bench.personal, 1, TEXT);
	CU_ASSERT_EQUAL(bench.personal.answers, 1);
	CU_ASSERT_EQUAL(bench.personal.answer, 0);
	clip_bench_end();
}

static void test_clear(void)
{
	clip_bench_begin(EXPLICIT);
	clip_player_copy(&bench.work, 1, TEXT);
	take(&bench.work);
	give(&bench.personal);
	hc_clipboard_clear(bench.clipboard);
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->types, 0);
	CU_ASSERT_FALSE(give(&bench.primary));
	clip_bench_end();
}

static void test_asked_hand_over(void)
{
	clip_bench_begin("clipboard work personal ask types=text/plain\n");
	clip_player_copy(&bench.work, 1, TEXT | PNG);
	take(&bench.work);
	CU_ASSERT_TRUE(give(&bench.personal));
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->offers, 0);
	CU_ASSERT_EQUAL(bench.work.fetch_type, TEXT);
	clip_player_send(&bench.work, "first\nsecond", HC_TRANSFER_DONE);
	CU_ASSERT_STRING_EQUAL(fake_guard.preview, "first");
	CU_ASSERT_EQUAL(fake_guard.size, 12);
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->offers, 0);
	fake_guard_reply(true);
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->types, TEXT);
	/* What the user has seen is what is pasted. */
	clip_player_want(&bench.personal, 1, TEXT);
	g_autofree char *content = clip_player_read(&bench.personal);
	CU_ASSERT_STRING_EQUAL(content, "first\nsecond");
	CU_ASSERT_EQUAL(bench.work.fetches, 1);
	CU_ASSERT_EQUAL(fake_guard.finished, 1);
	clip_bench_end();
}

static void test_refused_hand_over(void)
{
	clip_bench_begin("clipboard work personal ask\n");
	clip_player_copy(&bench.work, 1, TEXT);
	take(&bench.work);
	give(&bench.personal);
	clip_player_send(&bench.work, "secret", HC_TRANSFER_DONE);
	fake_guard_reply(false);
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->offers, 0);
	clip_bench_end();
}

/* A late answer must not hand over what has come in the place of what was asked about. */
static void test_changed_hand_over(void)
{
	clip_bench_begin("clipboard work personal ask\n");
	clip_player_copy(&bench.work, 1, TEXT);
	take(&bench.work);
	give(&bench.personal);
	clip_player_send(&bench.work, "harmless", HC_TRANSFER_DONE);
	clip_player_copy(&bench.work, 2, TEXT);
	CU_ASSERT_EQUAL(fake_guard.withdrawn, 1);
	CU_ASSERT_EQUAL(clip_of(&bench.personal)->offers, 0);
	clip_bench_end();
}

static const struct unit_test tests[] = {
	{ "what is copied is offered where the policy has it seamless", test_seamless },
	{ "only the types that may cross are offered", test_types },
	{ "otherwise it is offered where the user gives it", test_explicit },
	{ "what is denied is given to nobody, nor fetched", test_denied },
	{ "only what is still there can be taken and given", test_taking },
	{ "what is copied next takes back what was given", test_withdrawal },
	{ "what a VM that stops has offered goes", test_stopped },
	{ "whoever comes is offered what was copied last", test_newcomers },
	{ "whoever comes back with content keeps it", test_returns },
	{ "what one copies itself replaces what it was given", test_own_copy },
	{ "the primary selection has rules of its own", test_primary_selection },
	{ "offers that flood are told of at a bounded rate", test_flood },
	{ "pastes of what is not offered get nothing", test_stale_wants },
	{ "pastes that flood are decided upon at a bounded rate", test_many_wants },
	{ "pastes get nothing of a copy that has been replaced", test_changed_and_not_told },
	{ "clearing takes back all", test_clear },
	{ "what the user is asked about is what is pasted", test_asked_hand_over },
	{ "what the user refuses is not given", test_refused_hand_over },
	{ "a question about what has been replaced is withdrawn", test_changed_hand_over },
};

UNIT_MAIN("clipboard", tests)

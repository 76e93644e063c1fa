/*
 * What the guest asks for is done as far as its budget goes. Beyond it, its session is not read
 * until a timer lets it: the guest has to wait, and nobody else. Frames have a budget of their own:
 * beyond it they are answered later, so that the guest draws its next one later. Of titles, cursors
 * and bells that nobody could tell apart, the last counts, or the first.
 */
#define G_LOG_DOMAIN "hc-core"

#include "core-private.h"

enum {
	MILLISECOND = HC_BUDGET_SECOND / 1000,
	TITLE_INTERVAL = HC_BUDGET_SECOND / VP_TITLES_PER_SECOND,
	CURSOR_INTERVAL = HC_BUDGET_SECOND / VP_CURSORS_PER_SECOND,
	BELL_INTERVAL = HC_BUDGET_SECOND / VP_BELLS_PER_SECOND,
	/* Withheld answers bound what a guest draws in few windows; in many it is not read. */
	WORK_BURSTS = 1,
	ANSWER_BURSTS = 1,
	DRAWING_BURSTS = 2,
	/* Until the presenter has told. */
	SCREEN_PIXELS = 1920 * 1080,
};

static bool overdrawn(const struct hc_pacing *pacing)
{
	return hc_budget_overdrawn(&pacing->work, pacing->now, WORK_BURSTS) ||
	       hc_budget_overdrawn(&pacing->drawing, pacing->now, DRAWING_BURSTS);
}

static void hold_if_overdrawn(struct hc_core *core)
{
	if (core->pacing.held || core->session == NULL || !overdrawn(&core->pacing))
		return;
	core->pacing.held = true;
	vp_session_hold(core->session, true);
}

static void spend(struct hc_core *core, int64_t cost)
{
	hc_budget_spend(&core->pacing.work, core->pacing.now, cost);
	hold_if_overdrawn(core);
}

void hc_pacing_init(struct hc_pacing *pacing)
{
	*pacing = (struct hc_pacing){ .screen = SCREEN_PIXELS };
}

void hc_pacing_begin_session(struct hc_core *core)
{
	core->pacing.messages = 0;
	core->pacing.bytes = 0;
	vp_session_hold(core->session, core->pacing.held);
}

void hc_pacing_charge_message(struct hc_core *core, const struct vp_message *message)
{
	spend(core, hc_budget_message(message));
}

void hc_pacing_charge_map(struct hc_core *core, const struct hc_window *window)
{
	spend(core, hc_budget_map(window->popup));
}

void hc_pacing_charge_frame(struct hc_core *core, size_t rects, uint64_t pixels)
{
	struct hc_pacing *pacing = &core->pacing;

	hc_budget_spend(
		&pacing->drawing, pacing->now, hc_budget_frame(rects, pixels, pacing->screen));
	hold_if_overdrawn(core);
}

void hc_pacing_note_monitor(struct hc_core *core, const struct vp_monitor *monitor)
{
	core->pacing.screen = (uint64_t)monitor->screen_width * monitor->screen_height;
}

/* True if something shows now that last did at *shown; then it counts as shown, and costs. */
static bool show_now(struct hc_core *core, int64_t *shown, int64_t interval)
{
	int64_t now = core->pacing.now;

	if (*shown != 0 && now < *shown + interval)
		return false;
	*shown = now;
	spend(core, hc_budget_change());
	return true;
}

bool hc_pacing_show_title(struct hc_core *core, struct hc_window *window)
{
	bool due = window->title_due;

	window->title_due = !show_now(core, &window->title_shown, TITLE_INTERVAL);
	core->pacing.titles_due += (size_t)window->title_due - (size_t)due;
	return !window->title_due;
}

void hc_pacing_forget_answer(struct hc_core *core, struct hc_window *window)
{
	core->pacing.answers_due -= window->answer_due;
	window->answer_due = false;
}

void hc_pacing_forget_window(struct hc_core *core, struct hc_window *window)
{
	core->pacing.titles_due -= window->title_due;
	window->title_due = false;
	hc_pacing_forget_answer(core, window);
}

bool hc_pacing_show_cursor(struct hc_core *core, uint32_t cursor)
{
	struct hc_pacing *pacing = &core->pacing;

	pacing->cursor = cursor;
	pacing->cursor_due = !show_now(core, &pacing->cursor_shown, CURSOR_INTERVAL);
	return !pacing->cursor_due;
}

bool hc_pacing_ring_bell(struct hc_core *core)
{
	return show_now(core, &core->pacing.bell_rung, BELL_INTERVAL);
}

bool hc_pacing_answer_frame(struct hc_core *core, struct hc_window *window)
{
	struct hc_pacing *pacing = &core->pacing;

	if (!hc_budget_overdrawn(&pacing->drawing, pacing->now, ANSWER_BURSTS))
		return true;
	pacing->answers_due += !window->answer_due;
	window->answer_due = true;
	return false;
}

static void show_due_titles(struct hc_core *core)
{
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_window *window = value;
		if (window->title_due)
			hc_windows_show_title(core, window);
	}
}

static void show_due_cursor(struct hc_core *core)
{
	uint32_t cursor = core->pacing.cursor;

	if (hc_pacing_show_cursor(core, cursor))
		hc_presenter_cursor_set(core->presenter, cursor);
}

static int64_t answers_at(const struct hc_pacing *pacing)
{
	return hc_budget_recovery(&pacing->drawing, ANSWER_BURSTS);
}

static void send_due_answers(struct hc_core *core)
{
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_window *window = value;
		if (!window->answer_due)
			continue;
		hc_pacing_forget_answer(core, window);
		hc_frames_answer(core, window);
		/* A guest that leaves too much unread has lost its popups by now. */
		if (core->session == NULL)
			return;
	}
}

static int64_t released_at(const struct hc_pacing *pacing)
{
	return MAX(hc_budget_recovery(&pacing->work, WORK_BURSTS),
		hc_budget_recovery(&pacing->drawing, DRAWING_BURSTS));
}

static void do_what_is_due(struct hc_core *core)
{
	struct hc_pacing *pacing = &core->pacing;

	if (pacing->titles_due > 0)
		show_due_titles(core);
	if (pacing->cursor_due)
		show_due_cursor(core);
	if (pacing->answers_due > 0 && pacing->now >= answers_at(pacing))
		send_due_answers(core);
}

void hc_core_read(struct hc_core *core)
{
	struct vp_session_stats stats;

	if (hc_core_get_fd(core) < 0)
		return;
	vp_session_dispatch(core->session);
	if (core->session == NULL)
		return;
	vp_session_get_stats(core->session, &stats);
	spend(core, hc_budget_receipt(stats.messages_received - core->pacing.messages,
			    stats.bytes_received - core->pacing.bytes));
	core->pacing.messages = stats.messages_received;
	core->pacing.bytes = stats.bytes_received;
}

static void release(struct hc_core *core)
{
	core->pacing.held = false;
	if (core->session != NULL)
		vp_session_hold(core->session, false);
	hc_core_read(core);
}

void hc_pacing_advance(struct hc_core *core)
{
	struct hc_pacing *pacing = &core->pacing;

	pacing->now = core->now * MILLISECOND;
	if (pacing->held && pacing->now >= released_at(pacing))
		release(core);
	do_what_is_due(core);
}

int hc_core_get_fd(struct hc_core *core)
{
	return core->session != NULL && !core->pacing.held ? vp_session_get_fd(core->session) : -1;
}

static int64_t next_title_at(struct hc_core *core)
{
	int64_t earliest = INT64_MAX;
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct hc_window *window = value;
		if (window->title_due)
			earliest = MIN(earliest, window->title_shown + TITLE_INTERVAL);
	}
	return earliest;
}

int64_t hc_pacing_deadline(struct hc_core *core)
{
	const struct hc_pacing *pacing = &core->pacing;
	int64_t earliest = INT64_MAX;

	if (pacing->held)
		earliest = released_at(pacing);
	if (pacing->titles_due > 0)
		earliest = MIN(earliest, next_title_at(core));
	if (pacing->cursor_due)
		earliest = MIN(earliest, pacing->cursor_shown + CURSOR_INTERVAL);
	if (pacing->answers_due > 0)
		earliest = MIN(earliest, answers_at(pacing));
	return earliest == INT64_MAX ? -1 : (MAX(earliest, 0) + MILLISECOND - 1) / MILLISECOND;
}

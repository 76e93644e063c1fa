/*
 * Windows that want to cover others: the guest asks, the broker decides, and only then does the
 * window manager hear of it. All other states of a request are not held up.
 */
#define G_LOG_DOMAIN "hc-core"

#include "core-private.h"

static const uint32_t covering = VP_STATE_FULLSCREEN | VP_STATE_ABOVE;

static void request_states(struct hc_core *core, uint32_t window, uint32_t mask, uint32_t state)
{
	if (mask != 0)
		hc_presenter_window_set(core->presenter,
			VP_MESSAGE(WINDOW_STATE_REQUEST, window_state_request, .window = window,
				.mask = mask, .state = state & mask));
}

void hc_cover_handle_request(struct hc_core *core, struct hc_window *window,
	const struct vp_window_state_request *request)
{
	uint32_t wanted = window->popup ? 0 : request->mask & request->state & covering;
	uint32_t new_ones = wanted & ~window->cover_asked;

	window->cover_asked = (window->cover_asked & ~request->mask) | wanted;
	request_states(core, window->id, request->mask & ~wanted, request->state);
	if (new_ones != 0)
		core->listener->cover_asked(core->data, window->id, new_ones);
}

void hc_core_answer_cover(struct hc_core *core, uint32_t id, uint32_t states, bool allowed)
{
	struct hc_window *window = hc_windows_find(core, id);
	uint32_t answered = window != NULL ? window->cover_asked & states : 0;

	if (answered == 0)
		return;
	window->cover_asked &= ~answered;
	if (allowed)
		request_states(core, id, answered, answered);
	else
		g_message("window %u is not let cover others: the policy denies it", id);
}

void hc_core_forget_covers(struct hc_core *core)
{
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_window *window = value;
		window->cover_asked = 0;
	}
}

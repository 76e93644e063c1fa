/*
 * What the applications of this display offer: an owner that is new is asked for its TARGETS (ICCCM
 * 2.6.2), one question at a time for each selection, and not more often than reports may be made.
 */
#include "selections-private.h"

enum { ASK_MS = 5000 };

static enum vp_selection selection_of(
	const struct vp_selections *selections, const struct vp_selection_state *state)
{
	return (enum vp_selection)(state - selections->states);
}

static void report(struct vp_selections *selections, struct vp_selection_state *state)
{
	state->reported = true;
	selections->listener->offered(selections->data, selection_of(selections, state),
		state->offer, vp_selection_targets_types(state->targets));
}

/* What we are about to own may take its place, and it would not be there to be fetched. */
static void report_unless_pending(
	struct vp_selections *selections, struct vp_selection_state *state)
{
	if (selections->announced && !vp_selection_offer_pending(state))
		report(selections, state);
}

void vp_selection_watch_settled(struct vp_selections *selections, struct vp_selection_state *state)
{
	bool known = state->other && !state->changed && state->asking == XCB_NONE;
	if (known && !state->reported)
		report_unless_pending(selections, state);
}

/* A window for each question: an answer that comes late is not taken for another's. */
static void ask(struct vp_selections *selections, struct vp_selection_state *state)
{
	int64_t now = vp_selections_now();
	if (!selections->announced || !state->changed || state->asking != XCB_NONE ||
		now < state->ask_after)
		return;
	state->changed = false;
	state->ask_after = now + VP_SELECTIONS_OFFER_MS;
	state->ask_until = now + ASK_MS;
	state->asking = vp_selections_create_window(selections);
	xcb_convert_selection(selections->connection, state->asking, state->atom,
		selections->atoms[VP_SELECTION_ATOM_TARGETS],
		selections->atoms[VP_SELECTION_ATOM_CONTENT], selections->time);
}

static void stop_asking(struct vp_selections *selections, struct vp_selection_state *state)
{
	if (state->asking != XCB_NONE)
		xcb_destroy_window(selections->connection, state->asking);
	state->asking = XCB_NONE;
}

static void begin_offer(struct vp_selections *selections, struct vp_selection_state *state)
{
	state->other = true;
	state->offer++;
	state->reported = false;
	state->changed = true;
	ask(selections, state);
}

static void end_offer(struct vp_selections *selections, struct vp_selection_state *state)
{
	state->other = false;
	state->changed = false;
	state->targets = 0;
	stop_asking(selections, state);
}

void vp_selection_watch_owner(struct vp_selections *selections, struct vp_selection_state *state,
	xcb_window_t owner, xcb_timestamp_t owned_since)
{
	bool was_ours = state->owned;
	state->owner = owner;
	state->owned = owner == selections->window;
	if (state->owned)
		state->owned_since = owned_since;
	if (owner != XCB_NONE && !state->owned) {
		begin_offer(selections, state);
		return;
	}
	end_offer(selections, state);
	if (owner != XCB_NONE || was_ours)
		return;
	state->offer++;
	if (selections->announced)
		report(selections, state);
}

static void handle_present_owner(struct vp_selections *selections, void *data, uint32_t index)
{
	const xcb_get_selection_owner_reply_t *reply = data;
	struct vp_selection_state *state = &selections->states[index];
	if (!selections->announced)
		return;
	state->owner = reply != NULL ? reply->owner : XCB_NONE;
	if (reply != NULL && reply->owner != XCB_NONE && reply->owner != selections->window) {
		begin_offer(selections, state);
	} else {
		end_offer(selections, state);
		report(selections, state);
	}
}

void vp_selection_watch_announce(struct vp_selections *selections)
{
	for (uint32_t i = 0; i < VP_SELECTION_COUNT; i++) {
		xcb_get_selection_owner_cookie_t cookie =
			xcb_get_selection_owner(selections->connection, selections->states[i].atom);
		vp_selections_expect(selections, cookie.sequence, handle_present_owner, i);
	}
}

static void finish(
	struct vp_selections *selections, struct vp_selection_state *state, uint32_t targets)
{
	stop_asking(selections, state);
	if (state->changed) {
		ask(selections, state);
		return;
	}
	state->targets = targets;
	report_unless_pending(selections, state);
}

static struct vp_selection_state *find_asking(struct vp_selections *selections, xcb_window_t window)
{
	for (size_t i = 0; i < VP_SELECTION_COUNT; i++)
		if (window != XCB_NONE && selections->states[i].asking == window)
			return &selections->states[i];
	return NULL;
}

static void handle_targets(struct vp_selections *selections, void *data, uint32_t window)
{
	const xcb_get_property_reply_t *reply = data;
	struct vp_selection_state *state = find_asking(selections, window);
	if (state == NULL)
		return;
	uint32_t targets = 0;
	if (reply != NULL && reply->format == 32 && reply->type != XCB_NONE &&
		reply->type != selections->atoms[VP_SELECTION_ATOM_INCR])
		targets = vp_selection_targets_find(
			selections, xcb_get_property_value(reply), reply->value_len);
	finish(selections, state, targets);
}

bool vp_selection_watch_notify(
	struct vp_selections *selections, const xcb_selection_notify_event_t *event)
{
	struct vp_selection_state *state = find_asking(selections, event->requestor);
	if (state == NULL)
		return false;
	if (event->property == XCB_NONE) {
		finish(selections, state, 0);
		return true;
	}
	xcb_get_property_cookie_t cookie = xcb_get_property(selections->connection, 0,
		state->asking, selections->atoms[VP_SELECTION_ATOM_CONTENT],
		XCB_GET_PROPERTY_TYPE_ANY, 0, VP_SELECTION_TARGETS_MAX);
	if (!vp_selections_expect(selections, cookie.sequence, handle_targets, state->asking))
		finish(selections, state, 0);
	return true;
}

/* -1 is never. */
static int64_t state_deadline(
	const struct vp_selections *selections, const struct vp_selection_state *state)
{
	if (state->asking != XCB_NONE)
		return state->ask_until;
	return selections->announced && state->changed ? state->ask_after : -1;
}

int64_t vp_selection_watch_deadline(const struct vp_selections *selections)
{
	int64_t earliest = -1;
	for (size_t i = 0; i < VP_SELECTION_COUNT; i++) {
		int64_t deadline = state_deadline(selections, &selections->states[i]);
		if (earliest == -1 || (deadline != -1 && deadline < earliest))
			earliest = deadline;
	}
	return earliest;
}

void vp_selection_watch_expire(struct vp_selections *selections, int64_t now)
{
	for (size_t i = 0; i < VP_SELECTION_COUNT; i++) {
		struct vp_selection_state *state = &selections->states[i];
		if (state->asking != XCB_NONE && now >= state->ask_until)
			finish(selections, state, 0);
		ask(selections, state);
	}
}

/*
 * The owner of selections whose content comes from elsewhere (ICCCM 2.1 to 2.3): takes and gives up
 * ownership, and answers requests.
 */
#include <stdlib.h>
#include <string.h>

#include "selections-private.h"

/* Ownership needs a time of the server's (2.1): that of a property to which nothing is appended. */
static void ask_time(struct vp_selections *selections)
{
	xcb_change_property(selections->connection, XCB_PROP_MODE_APPEND, selections->window,
		selections->atoms[VP_SELECTION_ATOM_CLOCK], XCB_ATOM_INTEGER, 32, 0, NULL);
}

static void give_up(struct vp_selections *selections, const struct vp_selection_state *state)
{
	xcb_set_selection_owner(selections->connection, XCB_NONE, state->atom, state->owned_since);
}

void vp_selections_offer(struct vp_selections *selections, enum vp_selection selection,
	uint32_t offer, uint32_t types)
{
	struct vp_selection_state *state = &selections->states[selection];
	vp_selection_give_refuse(selections, selection);
	state->given_offer = offer;
	state->given_types = types;
	state->taking = types != 0;
	if (state->taking)
		ask_time(selections);
	else if (state->owned)
		give_up(selections, state);
}

bool vp_selection_offer_pending(const struct vp_selection_state *state)
{
	return state->taking || state->settling > 0;
}

static void handle_outcome(struct vp_selections *selections, void *data, uint32_t index)
{
	struct vp_selection_state *state = &selections->states[index];
	(void)data; /* an event has told before */
	state->settling--;
	if (vp_selection_offer_pending(state))
		return;
	if (state->owned && state->given_types == 0)
		give_up(selections, state);
	vp_selection_watch_settled(selections, state);
}

/* It fails if another has become the owner at a later time, which no event tells (2.1). */
static void become_owner(struct vp_selections *selections, struct vp_selection_state *state)
{
	uint32_t index = (uint32_t)(state - selections->states);
	xcb_set_selection_owner(
		selections->connection, selections->window, state->atom, selections->time);
	xcb_get_selection_owner_cookie_t cookie =
		xcb_get_selection_owner(selections->connection, state->atom);
	if (vp_selections_expect(selections, cookie.sequence, handle_outcome, index))
		state->settling++;
}

void vp_selection_offer_time(struct vp_selections *selections)
{
	for (size_t i = 0; i < VP_SELECTION_COUNT; i++) {
		struct vp_selection_state *state = &selections->states[i];
		if (!state->taking)
			continue;
		state->taking = false;
		become_owner(selections, state);
	}
}

/* Requests */

static struct vp_selection_request *find_request(struct vp_selections *selections, uint32_t id)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++)
		if (selections->requests[i].id == id)
			return &selections->requests[i];
	return NULL;
}

static bool is_multiple(
	const struct vp_selections *selections, const struct vp_selection_request *request)
{
	return request->target == selections->atoms[VP_SELECTION_ATOM_MULTIPLE];
}

static void notify(struct vp_selections *selections, const struct vp_selection_request *request,
	xcb_atom_t property)
{
	union {
		xcb_selection_notify_event_t notify;
		char bytes[32]; /* of every event */
	} event = { .notify = {
			    .response_type = XCB_SELECTION_NOTIFY,
			    .time = request->time,
			    .requestor = request->requestor,
			    .selection = request->selection,
			    .target = request->target,
			    .property = property,
		    } };
	xcb_send_event(selections->connection, 0, request->requestor, 0, event.bytes);
}

/* The list of pairs says which conversions have failed (2.6.2). */
static void write_pairs(
	struct vp_selections *selections, const struct vp_selection_request *request)
{
	xcb_change_property(selections->connection, XCB_PROP_MODE_REPLACE, request->requestor,
		request->property, selections->atoms[VP_SELECTION_ATOM_ATOM_PAIR], 32,
		(uint32_t)(2 * request->pair_count), request->pairs);
}

static void answer(struct vp_selections *selections, struct vp_selection_request *request)
{
	bool converted = !request->failed;
	if (is_multiple(selections, request)) {
		if (request->failed)
			write_pairs(selections, request);
		converted = request->pair_count > 0;
	}
	notify(selections, request, converted ? request->property : XCB_NONE);
	request->id = 0;
	vp_selection_offer_release(selections, request->requestor);
}

/* One conversion of the request is under way no more. */
static void close_one(struct vp_selections *selections, struct vp_selection_request *request)
{
	if (--request->open == 0)
		answer(selections, request);
}

static void fail_pair(struct vp_selection_request *request, size_t pair)
{
	request->failed = true;
	if (pair >= request->pair_count)
		return;
	/* The convention names the target; toolkits look at the property. */
	request->pairs[2 * pair] = XCB_NONE;
	request->pairs[2 * pair + 1] = XCB_NONE;
}

void vp_selection_offer_settle(
	struct vp_selections *selections, uint32_t id, size_t pair, bool converted)
{
	struct vp_selection_request *request = find_request(selections, id);
	if (request == NULL)
		return;
	if (!converted)
		fail_pair(request, pair);
	close_one(selections, request);
}

void vp_selection_offer_forget(struct vp_selections *selections, xcb_window_t requestor)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++)
		if (selections->requests[i].requestor == requestor)
			selections->requests[i].id = 0;
}

void vp_selection_offer_release(struct vp_selections *selections, xcb_window_t requestor)
{
	uint32_t none = XCB_EVENT_MASK_NO_EVENT;
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++)
		if ((selections->requests[i].id != 0 &&
			    selections->requests[i].requestor == requestor) ||
			(selections->gives[i].id != 0 &&
				selections->gives[i].requestor == requestor))
			return;
	xcb_change_window_attributes(selections->connection, requestor, XCB_CW_EVENT_MASK, &none);
}

static void write_targets(struct vp_selections *selections,
	const struct vp_selection_request *request, xcb_atom_t property,
	const struct vp_selection_state *state)
{
	enum { OWN = 3 };
	xcb_atom_t targets[OWN + VP_SELECTION_KNOWN_MAX] = {
		selections->atoms[VP_SELECTION_ATOM_TARGETS],
		selections->atoms[VP_SELECTION_ATOM_TIMESTAMP],
		selections->atoms[VP_SELECTION_ATOM_MULTIPLE],
	};
	size_t count =
		OWN + vp_selection_targets_list(selections, state->given_types, targets + OWN);
	xcb_change_property(selections->connection, XCB_PROP_MODE_REPLACE, request->requestor,
		property, XCB_ATOM_ATOM, 32, (uint32_t)count, targets);
}

/* True if it is done at once, or has begun; in the latter case the outcome follows. */
static bool convert(struct vp_selections *selections, struct vp_selection_request *request,
	size_t pair, xcb_atom_t target, xcb_atom_t property)
{
	struct vp_selection_state *state = vp_selections_state(selections, request->selection);
	struct vp_selection_form form;
	if (property == XCB_NONE)
		return false;
	if (target == selections->atoms[VP_SELECTION_ATOM_TARGETS]) {
		write_targets(selections, request, property, state);
		return true;
	}
	if (target == selections->atoms[VP_SELECTION_ATOM_TIMESTAMP]) {
		xcb_change_property(selections->connection, XCB_PROP_MODE_REPLACE,
			request->requestor, property, XCB_ATOM_INTEGER, 32, 1, &state->owned_since);
		return true;
	}
	if (!vp_selection_targets_form(selections, target, &form) ||
		(state->given_types & form.type) == 0)
		return false;
	request->open++;
	if (vp_selection_give_start(selections, request, pair, property, state, &form))
		return true;
	request->open--;
	return false;
}

static void handle_pairs(struct vp_selections *selections, void *data, uint32_t id)
{
	const xcb_get_property_reply_t *reply = data;
	struct vp_selection_request *request = find_request(selections, id);
	if (request == NULL)
		return;
	if (reply == NULL || reply->format != 32) {
		request->failed = true;
		close_one(selections, request);
		return;
	}
	request->pair_count = reply->value_len / 2;
	memcpy(request->pairs, xcb_get_property_value(reply),
		request->pair_count * 2 * sizeof(xcb_atom_t));
	for (size_t i = 0; i < request->pair_count; i++)
		if (!convert(selections, request, i, request->pairs[2 * i],
			    request->pairs[2 * i + 1]))
			fail_pair(request, i);
	close_one(selections, request);
}

/* False if that cannot be begun. */
static bool begin(struct vp_selections *selections, struct vp_selection_request *request)
{
	/* Its end is noticed, and that it has taken a part (2.7.2). */
	uint32_t events = XCB_EVENT_MASK_STRUCTURE_NOTIFY | XCB_EVENT_MASK_PROPERTY_CHANGE;
	xcb_change_window_attributes(
		selections->connection, request->requestor, XCB_CW_EVENT_MASK, &events);
	if (!is_multiple(selections, request))
		return convert(selections, request, 0, request->target, request->property);
	xcb_get_property_cookie_t cookie =
		xcb_get_property(selections->connection, 0, request->requestor, request->property,
			XCB_GET_PROPERTY_TYPE_ANY, 0, 2 * VP_SELECTION_PAIRS_MAX);
	request->open++;
	if (vp_selections_expect(selections, cookie.sequence, handle_pairs, request->id))
		return true;
	request->open--;
	return false;
}

/* A request of before we were the owner is not ours to answer (2.2); times wrap around. */
static bool is_due(const struct vp_selection_state *state, xcb_timestamp_t time)
{
	return state != NULL && state->owned && state->given_types != 0 &&
	       (time == XCB_CURRENT_TIME || (int32_t)(time - state->owned_since) >= 0);
}

static bool is_own(const struct vp_selections *selections, xcb_window_t window)
{
	const xcb_setup_t *setup = xcb_get_setup(selections->connection);
	return (window & ~setup->resource_id_mask) == setup->resource_id_base;
}

void vp_selection_offer_request(
	struct vp_selections *selections, const xcb_selection_request_event_t *event)
{
	struct vp_selection_request asked = {
		.requestor = event->requestor,
		.selection = event->selection,
		.target = event->target,
		/* None: a client of before the conventions (2.2). */
		.property = event->property != XCB_NONE ? event->property : event->target,
		.time = event->time,
		.open = 1, /* until it has been begun */
	};
	struct vp_selection_request *request = find_request(selections, 0);
	if (!is_due(vp_selections_state(selections, event->selection), event->time) ||
		request == NULL || is_own(selections, event->requestor)) {
		notify(selections, &asked, XCB_NONE);
		return;
	}
	*request = asked;
	request->id = vp_selections_new_id(selections);
	if (!begin(selections, request))
		fail_pair(request, 0);
	close_one(selections, request);
}

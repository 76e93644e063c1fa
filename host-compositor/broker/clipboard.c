#define G_LOG_DOMAIN "hc-clipboard"

#include "clipboard.h"

#include <gio/gio.h>

#include "clipboard-types.h"
#include "pastes.h"

/* One that asks on and on is not to fill the audit log. */
static const struct hc_rate_bound wants_bound = {
	.burst = HC_CLIP_WANTS_AT_ONCE,
	.interval = HC_CLIP_WANTS_MS,
};

struct hc_clipboard {
	struct hc_guard *guard;
	struct hc_pastes *pastes;
	const struct hc_clipboard_listener *listener;
	void *data;
	GPtrArray *peers; /* of struct hc_clip_peer, owner */
	uint32_t last_offer;
	uint64_t last_serial;
	/* What the user has taken. */
	struct hc_clip_peer *taken; /* NULL: nothing */
	uint32_t taken_offer;
};

static const struct hc_pastes_listener pastes_listener;

const char *hc_clip_peer_name(const struct hc_clip_peer *peer)
{
	return peer->config ? peer->config->name : "the primary";
}

struct hc_clipboard *hc_clipboard_create(struct hc_guard *guard, struct hc_transfers *transfers,
	const struct hc_clipboard_listener *listener, void *data)
{
	struct hc_clipboard *clipboard = g_new0(struct hc_clipboard, 1);

	clipboard->guard = guard;
	clipboard->listener = listener;
	clipboard->data = data;
	clipboard->pastes = hc_pastes_create(guard, transfers, &pastes_listener, clipboard);
	clipboard->peers = g_ptr_array_new_with_free_func(g_free);
	/* A guest may still speak of what an earlier broker has offered. */
	clipboard->last_offer = (uint32_t)g_random_int_range(0, G_MAXINT32);
	return clipboard;
}

void hc_clipboard_destroy(struct hc_clipboard *clipboard)
{
	if (!clipboard)
		return;
	hc_pastes_destroy(clipboard->pastes);
	g_ptr_array_unref(clipboard->peers);
	g_free(clipboard);
}

/* What the policy says */

static enum hv_policy_service service_of(enum vp_selection selection)
{
	return selection == VP_SELECTION_PRIMARY ? HV_POLICY_PRIMARY_SELECTION
						 : HV_POLICY_CLIPBOARD;
}

static struct hv_policy_request make_request(const struct hc_clip_peer *source,
	const struct hc_clip_peer *target, enum vp_selection selection, uint32_t type)
{
	return (struct hv_policy_request){
		.service = service_of(selection),
		.from = hc_guard_peer(source->config),
		.to = hc_guard_peer(target->config),
		.type = vp_clipboard_type_mime(type),
	};
}

static void decide(const struct hc_clip_peer *source, const struct hc_clip_peer *target,
	enum vp_selection selection, uint32_t type, struct hv_policy_decision *decision)
{
	const struct hv_policy_request request = make_request(source, target, selection, type);

	hc_guard_decide(source->clipboard->guard, &request, decision);
}

/* Those of the types that may cross by an ordinary copy and paste. */
static uint32_t find_seamless(const struct hc_clip_peer *source, const struct hc_clip_peer *target,
	enum vp_selection selection)
{
	uint32_t types = 0;

	for (uint32_t type = 1; type <= VP_CLIPBOARD_ALL; type <<= 1) {
		struct hv_policy_decision decision;

		if (!(source->sides[selection].own.types & type))
			continue;
		decide(source, target, selection, type, &decision);
		if (decision.action != HV_POLICY_DENY && decision.mode == HV_POLICY_SEAMLESS)
			types |= type;
	}
	return types;
}

/* Those of the types that may cross, by action. */
static void sort_types(const struct hc_clip_peer *source, const struct hc_clip_peer *target,
	uint32_t types[HV_POLICY_ALLOW + 1])
{
	for (uint32_t type = 1; type <= VP_CLIPBOARD_ALL; type <<= 1) {
		struct hv_policy_decision decision;

		if (!(source->sides[VP_SELECTION_CLIPBOARD].own.types & type))
			continue;
		decide(source, target, VP_SELECTION_CLIPBOARD, type, &decision);
		types[decision.action] |= type;
	}
}

/* What is given */

/* Its applications have nothing any more that others could be given. */
static void forget_own(struct hc_clip_side *side)
{
	if (side->own.types == 0)
		return;
	side->own.types = 0;
	side->changed = true;
}

static void give(struct hc_clip_peer *target, enum vp_selection selection,
	struct hc_clip_peer *source, uint32_t types)
{
	struct hc_clip_side *side = &target->sides[selection];

	side->given = (struct hc_clip_given){
		.offer = ++target->clipboard->last_offer,
		.types = types,
		.source = source,
		.source_offer = source->sides[selection].own.offer,
	};
	forget_own(side);
	target->impl->offer(target->data, selection, side->given.offer, types);
}

static void withdraw(struct hc_clip_peer *target, enum vp_selection selection)
{
	struct hc_clip_given *given = &target->sides[selection].given;

	if (given->offer == 0)
		return;
	*given = (struct hc_clip_given){ 0 };
	target->impl->offer(target->data, selection, ++target->clipboard->last_offer, 0);
}

/* Tells all others of what the peer has, or has no longer. */
static void propagate(struct hc_clip_peer *peer, enum vp_selection selection, int64_t now)
{
	const GPtrArray *peers = peer->clipboard->peers;
	struct hc_clip_side *side = &peer->sides[selection];

	side->changed = false;
	side->quiet_until = now + HC_CLIP_QUIET_MS;
	for (guint i = 0; i < peers->len; i++) {
		struct hc_clip_peer *target = g_ptr_array_index(peers, i);
		uint32_t types = 0;

		if (target == peer)
			continue;
		if (side->own.types != 0)
			types = find_seamless(peer, target, selection);
		if (types != 0)
			give(target, selection, peer, types);
		else if (target->sides[selection].given.source == peer)
			withdraw(target, selection);
	}
}

static bool is_due(const struct hc_clip_side *side, int64_t now)
{
	return side->changed && now >= side->quiet_until;
}

/* What is given to one takes from it what others may have been given: that is told, too. */
static void settle(struct hc_clipboard *clipboard, int64_t now)
{
	bool again = true;

	while (again) {
		again = false;
		for (guint i = 0; i < clipboard->peers->len; i++) {
			struct hc_clip_peer *peer = g_ptr_array_index(clipboard->peers, i);

			for (int s = 0; s < HC_CLIP_SELECTIONS; s++) {
				if (!is_due(&peer->sides[s], now))
					continue;
				propagate(peer, (enum vp_selection)s, now);
				again = true;
			}
		}
	}
	hc_pastes_review(clipboard->pastes);
}

/* Whoever comes and has nothing is given what was copied last. */
static void give_latest(struct hc_clip_peer *target, enum vp_selection selection)
{
	const GPtrArray *peers = target->clipboard->peers;
	struct hc_clip_peer *latest = NULL;
	uint32_t latest_types = 0;

	for (guint i = 0; i < peers->len; i++) {
		struct hc_clip_peer *peer = g_ptr_array_index(peers, i);
		uint64_t serial = peer->sides[selection].own.serial;
		uint32_t types;

		if (peer == target || (latest && serial < latest->sides[selection].own.serial) ||
			(types = find_seamless(peer, target, selection)) == 0)
			continue;
		latest = peer;
		latest_types = types;
	}
	if (latest)
		give(target, selection, latest, latest_types);
}

/* Who takes part */

struct hc_clip_peer *hc_clipboard_add_peer(struct hc_clipboard *clipboard,
	const struct hv_vm_config *config, const struct hc_clip_peer_impl *impl, void *data)
{
	struct hc_clip_peer *peer = g_new0(struct hc_clip_peer, 1);

	peer->config = config;
	peer->impl = impl;
	peer->data = data;
	peer->clipboard = clipboard;
	g_ptr_array_add(clipboard->peers, peer);
	return peer;
}

void hc_clipboard_remove_peer(struct hc_clip_peer *peer, int64_t now, const char *reason)
{
	struct hc_clipboard *clipboard;

	if (!peer)
		return;
	clipboard = peer->clipboard;
	hc_pastes_forget_peer(clipboard->pastes, peer, reason);
	for (int s = 0; s < HC_CLIP_SELECTIONS; s++) {
		peer->sides[s].own.types = 0;
		propagate(peer, (enum vp_selection)s, now);
	}
	if (clipboard->taken == peer)
		clipboard->taken = NULL;
	g_ptr_array_remove_fast(clipboard->peers, peer);
	settle(clipboard, now);
}

const GPtrArray *hc_clipboard_peers(const struct hc_clipboard *clipboard)
{
	return clipboard->peers;
}

/* What peers say */

void hc_clipboard_handle_offered(struct hc_clip_peer *peer, int64_t now,
	enum vp_selection selection, uint32_t offer, uint32_t types)
{
	struct hc_clip_side *side = &peer->sides[selection];
	bool first = !side->announced;

	side->announced = true;
	side->own.offer = offer;
	side->own.types = types;
	side->own.serial = ++peer->clipboard->last_serial;
	side->changed = true;
	if (types != 0)
		side->given = (struct hc_clip_given){ 0 };
	else if (first)
		give_latest(peer, selection);
	settle(peer->clipboard, now);
}

/* True for what it has been offered last, and while it is still the same. */
static bool is_fresh(
	const struct hc_clip_peer *peer, enum vp_selection selection, uint32_t offer, uint32_t type)
{
	const struct hc_clip_given *given = &peer->sides[selection].given;
	const struct hc_clip_own *own;

	if (given->offer == 0 || given->offer != offer || !(given->types & type) ||
		(type & (type - 1)) != 0)
		return false;
	own = &given->source->sides[selection].own;
	return own->offer == given->source_offer && (own->types & type);
}

void hc_clipboard_handle_wanted(struct hc_clip_peer *peer, int64_t now, uint32_t request,
	enum vp_selection selection, uint32_t offer, uint32_t type)
{
	if (is_fresh(peer, selection, offer, type) &&
		hc_rate_take(&peer->wants, &wants_bound, now)) {
		hc_pastes_begin(peer->clipboard->pastes, now, peer, request, selection, type);
		return;
	}
	g_debug("%s: it wants what it has not been offered, is no longer there, or too much",
		hc_clip_peer_name(peer));
	peer->impl->answer(peer->data, request, 0, -1);
}

/* What the user says */

bool hc_clipboard_take(struct hc_clipboard *clipboard, struct hc_clip_peer *peer, GError **error)
{
	const struct hc_clip_own *own = &peer->sides[VP_SELECTION_CLIPBOARD].own;

	if (own->types == 0) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"nothing has been copied in %s that can be pasted elsewhere",
			hc_clip_peer_name(peer));
		return false;
	}
	clipboard->taken = peer;
	clipboard->taken_offer = own->offer;
	return true;
}

const struct hc_clip_peer *hc_clipboard_taken(const struct hc_clipboard *clipboard, uint32_t *types)
{
	const struct hc_clip_own *own;

	if (!clipboard->taken)
		return NULL;
	own = &clipboard->taken->sides[VP_SELECTION_CLIPBOARD].own;
	if (own->offer != clipboard->taken_offer || own->types == 0)
		return NULL;
	*types = own->types;
	return clipboard->taken;
}

/* The type that a user who is asked can best judge. */
static uint32_t choose_type(uint32_t types)
{
	static const uint32_t order[] = {
		VP_CLIPBOARD_TEXT,
		VP_CLIPBOARD_PNG,
		VP_CLIPBOARD_BMP,
		VP_CLIPBOARD_TIFF,
		VP_CLIPBOARD_HTML,
		VP_CLIPBOARD_URI_LIST,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
		if (types & order[i])
			return order[i];
	}
	return 0;
}

/* What was taken, if it can be given to the peer; else NULL with an error. */
static struct hc_clip_peer *find_taken(const struct hc_clipboard *clipboard,
	const struct hc_clip_peer *peer, uint32_t *types, GError **error)
{
	if (!clipboard->taken)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"nothing has been taken: copy something, and take it first");
	else if (!hc_clipboard_taken(clipboard, types))
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"what was taken from %s is no longer there: copy and take it again",
			hc_clip_peer_name(clipboard->taken));
	else if (clipboard->taken == peer)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
			"it was taken from %s itself, where an ordinary paste will do",
			hc_clip_peer_name(peer));
	else
		return clipboard->taken;
	return NULL;
}

static void handle_denied(
	void *data, uint32_t id, const struct hv_policy_decision *decision, const GError *denied)
{
	(void)id;
	(void)decision;
	if (denied)
		g_propagate_error(data, g_error_copy(denied));
}

/* So that it is noted, and told of. */
static void deny(const struct hc_clip_peer *source, const struct hc_clip_peer *target, int64_t now,
	uint32_t type, GError **error)
{
	const struct hv_policy_request request =
		make_request(source, target, VP_SELECTION_CLIPBOARD, type);

	hc_guard_request(source->clipboard->guard, now, &request, NULL, handle_denied, error);
}

bool hc_clipboard_give(
	struct hc_clipboard *clipboard, int64_t now, struct hc_clip_peer *peer, GError **error)
{
	uint32_t by_action[HV_POLICY_ALLOW + 1] = { 0 };
	uint32_t types;
	struct hc_clip_peer *source = find_taken(clipboard, peer, &types, error);

	if (!source)
		return false;
	sort_types(source, peer, by_action);
	if (by_action[HV_POLICY_ALLOW] != 0) {
		give(peer, VP_SELECTION_CLIPBOARD, source,
			by_action[HV_POLICY_ALLOW] | by_action[HV_POLICY_ASK]);
		settle(clipboard, now);
		return true;
	}
	if (by_action[HV_POLICY_ASK] == 0) {
		deny(source, peer, now, choose_type(types), error);
		return false;
	}
	if (hc_pastes_ask(
		    clipboard->pastes, now, source, peer, choose_type(by_action[HV_POLICY_ASK])))
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s is being given too much already",
		hc_clip_peer_name(peer));
	return false;
}

void hc_clipboard_clear(struct hc_clipboard *clipboard)
{
	clipboard->taken = NULL;
	for (guint i = 0; i < clipboard->peers->len; i++) {
		struct hc_clip_peer *peer = g_ptr_array_index(clipboard->peers, i);

		for (int s = 0; s < HC_CLIP_SELECTIONS; s++)
			withdraw(peer, (enum vp_selection)s);
	}
	hc_pastes_review(clipboard->pastes);
}

static uint32_t handle_allowed(void *data, struct hc_clip_peer *source, uint32_t source_offer,
	struct hc_clip_peer *target, uint32_t type)
{
	struct hc_clipboard *clipboard = data;
	const struct hc_clip_own *own = &source->sides[VP_SELECTION_CLIPBOARD].own;

	if (own->offer != source_offer || !(own->types & type))
		return 0;
	give(target, VP_SELECTION_CLIPBOARD, source, type);
	clipboard->listener->tell(clipboard->data, target, "it can be pasted now");
	return target->sides[VP_SELECTION_CLIPBOARD].given.offer;
}

void hc_clipboard_handle_files(
	struct hc_clipboard *clipboard, int64_t now, uint32_t copy, const char *const *paths)
{
	hc_pastes_handle_files(clipboard->pastes, now, copy, paths);
}

static uint32_t handle_copy_files(void *data, const struct hc_clip_peer *source,
	const struct hc_clip_peer *target, const char *const *paths)
{
	struct hc_clipboard *clipboard = data;

	return clipboard->listener->copy_files(clipboard->data, source, target, paths);
}

static void handle_forget_files(void *data, uint32_t copy)
{
	struct hc_clipboard *clipboard = data;

	clipboard->listener->forget_files(clipboard->data, copy);
}

static void handle_tell(void *data, const struct hc_clip_peer *peer, const char *text)
{
	struct hc_clipboard *clipboard = data;

	clipboard->listener->tell(clipboard->data, peer, text);
}

/* The loop's side */

int64_t hc_clipboard_deadline(const struct hc_clipboard *clipboard)
{
	int64_t earliest = hc_pastes_deadline(clipboard->pastes);

	for (guint i = 0; i < clipboard->peers->len; i++) {
		const struct hc_clip_peer *peer = g_ptr_array_index(clipboard->peers, i);

		for (int s = 0; s < HC_CLIP_SELECTIONS; s++) {
			const struct hc_clip_side *side = &peer->sides[s];

			if (side->changed && (earliest < 0 || side->quiet_until < earliest))
				earliest = side->quiet_until;
		}
	}
	return earliest;
}

void hc_clipboard_expire(struct hc_clipboard *clipboard, int64_t now)
{
	hc_pastes_expire(clipboard->pastes, now);
	settle(clipboard, now);
}

static const struct hc_pastes_listener pastes_listener = {
	.allowed = handle_allowed,
	.copy_files = handle_copy_files,
	.forget_files = handle_forget_files,
	.tell = handle_tell,
};

/*
 * Pastes on their way. The content is fetched whole, up to what the policy lets pass, before the
 * guard decides: so it knows the size, whoever is asked sees what will be pasted and nothing else
 * can take its place meanwhile, and what breaks off half-way is not pasted at all.
 *
 * Whoever pastes waits neither for the user nor for a slow application: after HC_PASTE_ANSWER_MS
 * the paste gets nothing, unless it is allowed and on its way, and what comes, or is allowed, later
 * is there for the next one.
 *
 * Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "clip-peer.h"
#include "guard.h"

enum {
	HC_PASTE_ANSWER_MS = 1800, /* before whoever pastes gives up by itself */
	HC_PASTE_BYTES_MAX = 128 * 1024 * 1024, /* of one content, whatever the policy says */
	HC_PASTES_BYTES_MAX = 256 * 1024 * 1024, /* of all that is held */
	HC_PASTES_MAX = 8, /* of one that pastes */
};

struct hc_pastes;

struct hc_pastes_listener {
	/* The user allows what was to be handed over: the id under which the target is now offered
	 * it; 0: it no longer is what it was. */
	uint32_t (*allowed)(void *data, struct hc_clip_peer *source, uint32_t source_offer,
		struct hc_clip_peer *target, uint32_t type);
	/* The files that a list names are to be copied to the target, and hc_pastes_handle_files()
	 * called later: an id for that, 0 if it cannot be begun. */
	uint32_t (*copy_files)(void *data, const struct hc_clip_peer *source,
		const struct hc_clip_peer *target, const char *const *paths);
	/* They are no longer wanted. */
	void (*forget_files)(void *data, uint32_t copy);
	/* Something that no decision of the policy tells of; about whom. */
	void (*tell)(void *data, const struct hc_clip_peer *peer, const char *text);
};

/* guard and transfers must outlive them. */
struct hc_pastes *hc_pastes_create(struct hc_guard *guard, struct hc_transfers *transfers,
	const struct hc_pastes_listener *listener, void *data);

/* Nobody is answered any more. NULL is legal. */
void hc_pastes_destroy(struct hc_pastes *pastes);

/* The target wants what it is given there, as that type; it is answered once. */
void hc_pastes_begin(struct hc_pastes *pastes, int64_t now, struct hc_clip_peer *target,
	uint32_t request, enum vp_selection selection, uint32_t type);

/* Asks the user for one type of what the source has copied, so that the target can be given it.
 * False if too much is under way. */
bool hc_pastes_ask(struct hc_pastes *pastes, int64_t now, struct hc_clip_peer *source,
	struct hc_clip_peer *target, uint32_t type);

/* Files have been copied, and are there now; NULL: they have not, of which the user knows. Unknown
 * ids are ignored. */
void hc_pastes_handle_files(
	struct hc_pastes *pastes, int64_t now, uint32_t copy, const char *const *paths);

/* Someone has copied something else, or been given something else: pastes of what it was before
 * come to nothing. */
void hc_pastes_review(struct hc_pastes *pastes);

/* The peer is gone. */
void hc_pastes_forget_peer(struct hc_pastes *pastes, struct hc_clip_peer *peer, const char *reason);

/* -1 none; then expire, which also has to come before each dispatch of the transfers. */
int64_t hc_pastes_deadline(const struct hc_pastes *pastes);
void hc_pastes_expire(struct hc_pastes *pastes, int64_t now);

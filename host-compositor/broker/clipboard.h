/*
 * The clipboard of the primary's session: what each VM and the primary have copied, and who may
 * paste it. Pure but for its peers: who takes part is told and asked through them.
 *
 * Where the policy says mode=seamless, what one copies the others are offered at once. Otherwise
 * the user hands it over: takes what one has copied, and gives it to another. Nobody is offered,
 * nor can fetch, anything else. Every offer and request is checked for its id first: what comes
 * late, twice or unasked changes nothing.
 *
 * Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "clip-peer.h"
#include "guard.h"

enum {
	/* What one copies is told to the others at most so often. */
	HC_CLIP_QUIET_MS = 50,
	/* Pastes of one that are decided upon, at once, and then in which time another one; what is
	 * more gets nothing. */
	HC_CLIP_WANTS_AT_ONCE = 64,
	HC_CLIP_WANTS_MS = 20,
};

struct hc_clipboard;

struct hc_clipboard_listener {
	/* As of pastes: hc_clipboard_handle_files() answers. */
	uint32_t (*copy_files)(void *data, const struct hc_clip_peer *source,
		const struct hc_clip_peer *target, const char *const *paths);
	void (*forget_files)(void *data, uint32_t copy);
	/* For the user. peer: whom it is about, NULL nobody. */
	void (*tell)(void *data, const struct hc_clip_peer *peer, const char *text);
};

/* guard and transfers must outlive it. */
struct hc_clipboard *hc_clipboard_create(struct hc_guard *guard, struct hc_transfers *transfers,
	const struct hc_clipboard_listener *listener, void *data);

/* After all peers have been removed. NULL is legal. */
void hc_clipboard_destroy(struct hc_clipboard *clipboard);

/* Someone takes part; config (NULL: the primary) must outlive that. It is offered nothing before it
 * has told of its selections, and is the holder, by data, of the transfers that it takes part in,
 * whose ends others report. */
struct hc_clip_peer *hc_clipboard_add_peer(struct hc_clipboard *clipboard,
	const struct hv_vm_config *config, const struct hc_clip_peer_impl *impl, void *data);

/* It is told nothing more. NULL is legal. */
void hc_clipboard_remove_peer(struct hc_clip_peer *peer, int64_t now, const char *reason);

/* What peers say, which may be hostile; ranges are checked. types: 0 nothing. */
void hc_clipboard_handle_offered(struct hc_clip_peer *peer, int64_t now,
	enum vp_selection selection, uint32_t offer, uint32_t types);
void hc_clipboard_handle_wanted(struct hc_clip_peer *peer, int64_t now, uint32_t request,
	enum vp_selection selection, uint32_t offer, uint32_t type);

/* See hc_pastes_handle_files(). */
void hc_clipboard_handle_files(
	struct hc_clipboard *clipboard, int64_t now, uint32_t copy, const char *const *paths);

/* The user takes what the peer has copied, to give it to another. False with an error. */
bool hc_clipboard_take(struct hc_clipboard *clipboard, struct hc_clip_peer *peer, GError **error);

/* The user gives the peer what was taken last. If the policy says that the user is to be asked,
 * it is given once that is answered. False with an error. */
bool hc_clipboard_give(
	struct hc_clipboard *clipboard, int64_t now, struct hc_clip_peer *peer, GError **error);

/* What was taken is forgotten, and what was given is given no longer. */
void hc_clipboard_clear(struct hc_clipboard *clipboard);

/* What was taken last: from whom (NULL: nothing was), and its types. */
const struct hc_clip_peer *hc_clipboard_taken(
	const struct hc_clipboard *clipboard, uint32_t *types);

/* Of struct hc_clip_peer, in no order; the clipboard's. */
const GPtrArray *hc_clipboard_peers(const struct hc_clipboard *clipboard);

/* -1 none; then expire, which also has to come before each dispatch of the transfers. */
int64_t hc_clipboard_deadline(const struct hc_clipboard *clipboard);
void hc_clipboard_expire(struct hc_clipboard *clipboard, int64_t now);

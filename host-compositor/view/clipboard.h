/*
 * The clipboard as it passes the view: what the guest offers and pastes goes to the broker, and the
 * other way round. It keeps in mind what a new broker has to be told, and which pastes wait, so
 * that a guest whose broker has gone is answered. However often the guest says something, the
 * broker hears of it so often at most as people copy and paste.
 *
 * Time is a parameter, CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "link.h"
#include "wire.h"

enum {
	HC_CLIPBOARD_SELECTIONS = 2,
	HC_CLIPBOARD_OFFER_MS = 50, /* from one offer of a selection that is told to the next */
	HC_CLIPBOARD_WANTS_MAX = 64, /* pastes that are passed on in the time below */
	HC_CLIPBOARD_WANTS_MS = 1000,
};

struct hc_clipboard {
	struct {
		bool known; /* the guest has said what it offers */
		bool told; /* and the broker has heard */
		int64_t tell_after;
		struct vp_clipboard_offered offered;
	} offers[HC_CLIPBOARD_SELECTIONS];
	uint32_t wanted[VP_CLIPBOARD_REQUESTS_MAX]; /* of the guest, unanswered */
	size_t count;
	int64_t wants_since;
	unsigned int wants; /* since then */
};

/* Notes what the guest offers, to be taken below. */
void hc_clipboard_note_offered(
	struct hc_clipboard *clipboard, const struct vp_clipboard_offered *offered);

/* What the broker is to be told of a selection now; false: nothing. */
bool hc_clipboard_take_offered(struct hc_clipboard *clipboard, enum vp_selection selection,
	int64_t now, struct hc_link_message *told);

/* When there will be something to take; -1 never, if nothing is noted. */
int64_t hc_clipboard_deadline(const struct hc_clipboard *clipboard);

/* Another broker is to be told all anew. */
void hc_clipboard_recall(struct hc_clipboard *clipboard);

/* False if the guest wants what nobody can give: a second type at once, a request that is open
 * already, or one too many. */
bool hc_clipboard_note_wanted(struct hc_clipboard *clipboard,
	const struct vp_clipboard_wanted *wanted, int64_t now, struct hc_link_message *told);

/* False if the message is none about the clipboard; *pass is false for an answer to what the guest
 * does not wait for. */
bool hc_clipboard_to_guest(struct hc_clipboard *clipboard, const struct hc_link_message *message,
	struct vp_message *told, bool *pass);

/* An unanswered request, which is forgotten; false if there is none. */
bool hc_clipboard_take_wanted(struct hc_clipboard *clipboard, uint32_t *request);

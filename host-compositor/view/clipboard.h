/*
 * The clipboard as it passes the view: what the guest offers and pastes goes to the broker, and the
 * other way round. It keeps in mind what a new broker has to be told, and which pastes wait, so
 * that a guest whose broker has gone is answered.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "link.h"
#include "wire.h"

enum { HC_CLIPBOARD_SELECTIONS = 2 };

struct hc_clipboard {
	bool offers[HC_CLIPBOARD_SELECTIONS]; /* the guest has said what it offers */
	struct vp_clipboard_offered offered[HC_CLIPBOARD_SELECTIONS];
	uint32_t wanted[VP_CLIPBOARD_REQUESTS_MAX]; /* of the guest, unanswered */
	size_t count;
};

/* False if the message is none about the clipboard, or wants what nobody can give: a second type
 * at once, a request that is open already, or one too many. */
bool hc_clipboard_to_broker(struct hc_clipboard *clipboard, const struct vp_message *message,
	struct hc_link_message *told);

/* False if the message is none about the clipboard; *pass is false for an answer to what the guest
 * does not wait for. */
bool hc_clipboard_to_guest(struct hc_clipboard *clipboard, const struct hc_link_message *message,
	struct vp_message *told, bool *pass);

/* An unanswered request, which is forgotten; false if there is none. */
bool hc_clipboard_take_wanted(struct hc_clipboard *clipboard, uint32_t *request);

/* What a new broker has to be told of a selection; false: nothing. */
bool hc_clipboard_recall(const struct hc_clipboard *clipboard, enum vp_selection selection,
	struct hc_link_message *told);

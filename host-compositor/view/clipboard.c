#include "clipboard.h"

/* Both tables have the same fields for these. */
#define COPY_FIELD(type, name, min, max, doc) .name = from->name,

static size_t find_wanted(const struct hc_clipboard *clipboard, uint32_t request)
{
	size_t i = 0;
	while (i < clipboard->count && clipboard->wanted[i] != request)
		i++;
	return i;
}

static bool is_too_often(struct hc_clipboard *clipboard, int64_t now)
{
	if (now >= clipboard->wants_since + HC_CLIPBOARD_WANTS_MS) {
		clipboard->wants_since = now;
		clipboard->wants = 0;
	}
	return ++clipboard->wants > HC_CLIPBOARD_WANTS_MAX;
}

bool hc_clipboard_note_wanted(struct hc_clipboard *clipboard,
	const struct vp_clipboard_wanted *from, int64_t now, struct hc_link_message *told)
{
	bool one_type = (from->type & (from->type - 1)) == 0;
	if (is_too_often(clipboard, now) || !one_type ||
		clipboard->count == VP_CLIPBOARD_REQUESTS_MAX ||
		find_wanted(clipboard, from->request) < clipboard->count)
		return false;
	clipboard->wanted[clipboard->count++] = from->request;
	*told = *HC_LINK_MESSAGE(
		CLIPBOARD_WANTED, clipboard_wanted, VP_CLIPBOARD_WANTED(COPY_FIELD));
	return true;
}

static bool forget_wanted(struct hc_clipboard *clipboard, uint32_t request)
{
	size_t i = find_wanted(clipboard, request);
	if (i == clipboard->count)
		return false;
	clipboard->wanted[i] = clipboard->wanted[--clipboard->count];
	return true;
}

bool hc_clipboard_take_wanted(struct hc_clipboard *clipboard, uint32_t *request)
{
	if (clipboard->count == 0)
		return false;
	*request = clipboard->wanted[--clipboard->count];
	return true;
}

void hc_clipboard_note_offered(
	struct hc_clipboard *clipboard, const struct vp_clipboard_offered *offered)
{
	clipboard->offers[offered->selection].known = true;
	clipboard->offers[offered->selection].told = false;
	clipboard->offers[offered->selection].offered = *offered;
}

bool hc_clipboard_take_offered(struct hc_clipboard *clipboard, enum vp_selection selection,
	int64_t now, struct hc_link_message *told)
{
	const struct vp_clipboard_offered *from = &clipboard->offers[selection].offered;
	if (!clipboard->offers[selection].known || clipboard->offers[selection].told ||
		now < clipboard->offers[selection].tell_after)
		return false;
	clipboard->offers[selection].told = true;
	clipboard->offers[selection].tell_after = now + HC_CLIPBOARD_OFFER_MS;
	*told = *HC_LINK_MESSAGE(
		CLIPBOARD_OFFERED, clipboard_offered, VP_CLIPBOARD_OFFERED(COPY_FIELD));
	return true;
}

int64_t hc_clipboard_deadline(const struct hc_clipboard *clipboard)
{
	int64_t earliest = -1;
	for (size_t i = 0; i < HC_CLIPBOARD_SELECTIONS; i++)
		if (clipboard->offers[i].known && !clipboard->offers[i].told &&
			(earliest == -1 || clipboard->offers[i].tell_after < earliest))
			earliest = clipboard->offers[i].tell_after;
	return earliest;
}

void hc_clipboard_recall(struct hc_clipboard *clipboard)
{
	for (size_t i = 0; i < HC_CLIPBOARD_SELECTIONS; i++) {
		clipboard->offers[i].told = false;
		clipboard->offers[i].tell_after = 0;
	}
}

#define TO_GUEST(UP, low) \
	case HC_LINK_OP_##UP: { \
		const struct hc_link_##low *from = &message->low; \
		*told = *VP_MESSAGE(UP, low, VP_##UP(COPY_FIELD)); \
		return true; \
	}

bool hc_clipboard_to_guest(struct hc_clipboard *clipboard, const struct hc_link_message *message,
	struct vp_message *told, bool *pass)
{
	*pass = message->op != HC_LINK_OP_CLIPBOARD_ANSWER ||
		forget_wanted(clipboard, message->clipboard_answer.request);
	switch ((int)message->op) {
		TO_GUEST(CLIPBOARD_OFFER, clipboard_offer)
		TO_GUEST(CLIPBOARD_FETCH, clipboard_fetch)
		TO_GUEST(CLIPBOARD_ANSWER, clipboard_answer)
	default:
		return false;
	}
}

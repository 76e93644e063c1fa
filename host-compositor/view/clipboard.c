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

static bool note_wanted(struct hc_clipboard *clipboard, const struct vp_clipboard_wanted *wanted)
{
	bool one_type = (wanted->type & (wanted->type - 1)) == 0;
	if (!one_type || clipboard->count == VP_CLIPBOARD_REQUESTS_MAX ||
		find_wanted(clipboard, wanted->request) < clipboard->count)
		return false;
	clipboard->wanted[clipboard->count++] = wanted->request;
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

static void tell_offered(const struct vp_clipboard_offered *from, struct hc_link_message *told)
{
	*told = *HC_LINK_MESSAGE(
		CLIPBOARD_OFFERED, clipboard_offered, VP_CLIPBOARD_OFFERED(COPY_FIELD));
}

bool hc_clipboard_to_broker(struct hc_clipboard *clipboard, const struct vp_message *message,
	struct hc_link_message *told)
{
	if (message->op == VP_OP_CLIPBOARD_OFFERED) {
		uint8_t selection = message->clipboard_offered.selection;
		clipboard->offers[selection] = true;
		clipboard->offered[selection] = message->clipboard_offered;
		tell_offered(&message->clipboard_offered, told);
		return true;
	}
	const struct vp_clipboard_wanted *from = &message->clipboard_wanted;
	if (message->op != VP_OP_CLIPBOARD_WANTED || !note_wanted(clipboard, from))
		return false;
	*told = *HC_LINK_MESSAGE(
		CLIPBOARD_WANTED, clipboard_wanted, VP_CLIPBOARD_WANTED(COPY_FIELD));
	return true;
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

bool hc_clipboard_recall(const struct hc_clipboard *clipboard, enum vp_selection selection,
	struct hc_link_message *told)
{
	if (!clipboard->offers[selection])
		return false;
	tell_offered(&clipboard->offered[selection], told);
	return true;
}

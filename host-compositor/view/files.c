#include "files.h"

/* Both tables have the same fields for these. */
#define COPY_FIELD(type, name, min, max, doc) .name = from->name,

static void forget_offer(struct hc_files *files, uint32_t request)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->offers[i] == request)
			files->offers[i--] = files->offers[--files->count];
}

uint32_t hc_files_take_offer(struct hc_files *files)
{
	return files->count > 0 ? files->offers[--files->count] : 0;
}

static bool note_offer(struct hc_files *files, uint32_t request)
{
	if (files->count == VP_FILES_REQUESTS_MAX)
		return false;
	files->offers[files->count++] = request;
	return true;
}

#define TO_BROKER(UP, low) \
	case VP_OP_##UP: { \
		const struct vp_##low *from = &message->low; \
		*told = *HC_LINK_MESSAGE(UP, low, VP_##UP(COPY_FIELD)); \
		return true; \
	}

bool hc_files_to_broker(
	struct hc_files *files, const struct vp_message *message, struct hc_link_message *told)
{
	if (message->op == VP_OP_FILES_OFFER && !note_offer(files, message->files_offer.request))
		return false;
	switch ((int)message->op) {
		TO_BROKER(FILES_FOUND, files_found)
		TO_BROKER(FILES_UNPACKED, files_unpacked)
		TO_BROKER(FILES_OFFER, files_offer)
		TO_BROKER(FILES_WITHDRAW, files_withdraw)
	default:
		return false;
	}
}

#define TO_GUEST(UP, low) \
	case HC_LINK_OP_##UP: { \
		const struct hc_link_##low *from = &message->low; \
		*told = *VP_MESSAGE(UP, low, VP_##UP(COPY_FIELD)); \
		return true; \
	}

bool hc_files_to_guest(
	struct hc_files *files, const struct hc_link_message *message, struct vp_message *told)
{
	if (message->op == HC_LINK_OP_FILES_ANSWER)
		forget_offer(files, message->files_answer.request);
	switch ((int)message->op) {
		TO_GUEST(FILES_PACK, files_pack)
		TO_GUEST(FILES_UNPACK, files_unpack)
		TO_GUEST(FILES_TAKE, files_take)
		TO_GUEST(FILES_ANSWER, files_answer)
	default:
		return false;
	}
}

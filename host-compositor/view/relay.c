#include "relay.h"

/* Both tables have the same fields for these. */
#define COPY_FIELD(type, name, min, max, doc) .name = from->name,

#define TO_BROKER(UP, low) \
	case VP_OP_##UP: { \
		const struct vp_##low *from = &message->low; \
		*told = *HC_LINK_MESSAGE(UP, low, VP_##UP(COPY_FIELD)); \
		return true; \
	}

bool hc_relay_to_broker(const struct vp_message *message, struct hc_link_message *told)
{
	switch ((int)message->op) {
		TO_BROKER(NOTIFY, notify)
		TO_BROKER(NOTIFY_CLOSE, notify_close)
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

bool hc_relay_to_guest(const struct hc_link_message *message, struct vp_message *told)
{
	switch ((int)message->op) {
		TO_GUEST(NOTIFY_SERVER, notify_server)
		TO_GUEST(NOTIFY_CLOSED, notify_closed)
		TO_GUEST(NOTIFY_ACTION, notify_action)
		TO_GUEST(FILES_PACK, files_pack)
		TO_GUEST(FILES_UNPACK, files_unpack)
		TO_GUEST(FILES_TAKE, files_take)
		TO_GUEST(FILES_ANSWER, files_answer)
	default:
		return false;
	}
}

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
	default:
		return false;
	}
}

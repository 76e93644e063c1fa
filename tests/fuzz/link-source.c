#include "link-source.h"

#include <string.h>

#define FILL(op, UP, low, dir, since, doc) \
	static void fill_##low(struct hc_link_##low *m, struct fuzz_source *source) \
	{ \
		HC_LINK_##UP(FUZZ_FILL_FIELD) \
	}
HC_LINK_ALL_MESSAGES(FILL)

bool fuzz_fill_link(struct hc_link_message *message, enum hc_link_direction direction, uint16_t op,
	struct fuzz_source *source)
{
	memset(message, 0, sizeof(*message));
#define FILL_CASE(opcode, UP, low, dir, since, doc) \
	case opcode: \
		message->op = HC_LINK_OP_##UP; \
		fill_##low(&message->low, source); \
		return direction == HC_LINK_##dir;
	switch (op) {
		HC_LINK_ALL_MESSAGES(FILL_CASE)
	default:
		return false;
	}
#undef FILL_CASE
}

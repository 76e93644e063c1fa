#include "message-source.h"

#include <string.h>

#define FILL(op, UP, low, dir, channel, doc) \
	static void fill_##low(struct vp_##low *m, struct fuzz_source *source) \
	{ \
		VP_##UP(FUZZ_FILL_FIELD) \
	}
VP_MESSAGES(FILL)

bool fuzz_fill_message(struct vp_message *message, size_t index, struct fuzz_source *source)
{
	memset(message, 0, sizeof(*message));
#define FILL_CASE(opcode, UP, low, dir, channel, doc) \
	if (index-- == 0) { \
		message->op = VP_OP_##UP; \
		fill_##low(&message->low, source); \
		return true; \
	}
	VP_MESSAGES(FILL_CASE)
	return false;
}

bool fuzz_fill_op(struct vp_message *message, uint16_t op, struct fuzz_source *source)
{
	memset(message, 0, sizeof(*message));
#define FILL_OP(opcode, UP, low, dir, channel, doc) \
	case opcode: \
		message->op = VP_OP_##UP; \
		fill_##low(&message->low, source); \
		return true;
	switch (op) {
		VP_MESSAGES(FILL_OP)
	default:
		return false;
	}
#undef FILL_OP
}

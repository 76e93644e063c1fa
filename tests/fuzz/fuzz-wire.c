/*
 * An opcode (u16) and the bytes of a message: what decodes must encode to the same bytes.
 */
#include <string.h>

#include "codec.h"
#include "fuzz.h"
#include "wire.h"

static uint8_t encoded[VP_MESSAGE_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vp_reader reader = { data, size, true };
	struct vp_message message;
	uint16_t op = 0;
	vp_get_u16(&reader, &op, 0, UINT16_MAX);
	if (!reader.ok || !vp_message_decode(op, reader.at, reader.left, &message))
		return 0;
	size_t len = 0;
	if (vp_message_size(&message) != reader.left)
		abort();
	if (!vp_message_encode(&message, encoded, sizeof(encoded), &len) || len != reader.left)
		abort();
	if (memcmp(encoded, reader.at, len) != 0)
		abort();
	return 0;
}

/*
 * usage: make-seeds DIRECTORY  - writes DIRECTORY/wire/NAME and DIRECTORY/session/NAME for every
 * message: its least form, by itself and after hello to the side that may receive it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "codec.h"
#include "wire-table.h"

enum { CAPACITY_WHOLE = 0x7e }; /* the stream takes a seed at once */

static const char *directory;

static void write_seed(const char *kind, const char *name, const uint8_t *data, size_t len)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s/%s", directory, kind, name);
	FILE *file = fopen(path, "wb");
	if (file == NULL || fwrite(data, 1, len, file) != len || fclose(file) != 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
}

/* Appends a message with its opcode, as one chunk if there is a header; the new length. */
static size_t append(
	uint8_t *data, size_t at, size_t capacity, const struct vp_message *message, bool header)
{
	size_t start = at + (header ? VP_CHUNK_HEADER_BYTES : 0);
	size_t len = 0;
	if (!vp_message_encode(
		    message, data + start + VP_OP_BYTES, capacity - start - VP_OP_BYTES, &len))
		abort();
	vp_store_le(data + start, message->op, VP_OP_BYTES);
	if (header) {
		data[at] = (uint8_t)vp_op_channel((uint16_t)message->op);
		data[at + 1] = VP_CHUNK_LAST;
		vp_store_le(data + at + 2, VP_OP_BYTES + len, 2);
	}
	return start + VP_OP_BYTES + len;
}

static void write_message(const struct wire_message *entry)
{
	uint8_t data[VP_CHUNK_MAX];
	struct vp_message message;
	wire_message_set_min(&message, entry);
	size_t len = append(data, 0, sizeof(data), &message, false);
	write_seed("wire", entry->name, data, len);
	data[0] = CAPACITY_WHOLE;
	if ((vp_op_directions((uint16_t)entry->op) & VP_TO_GUEST) != 0)
		data[0] |= 1;
	len = append(data, 1, sizeof(data),
		VP_MESSAGE(
			HELLO, hello, .magic = VP_MAGIC, .major = VP_VERSION_MAJOR, .instance = 1),
		true);
	len = append(data, len, sizeof(data), &message, true);
	write_seed("session", entry->name, data, len);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	directory = argv[1];
	wire_each_message(write_message);
	return EXIT_SUCCESS;
}

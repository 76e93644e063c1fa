/*
 * usage: make-seeds [--check] DIRECTORY
 *
 * Writes DIRECTORY/wire/NAME and DIRECTORY/session/NAME for every message: its least form, by
 * itself and after hello to the side that may receive it. With --check it only fails if these are
 * other than they should be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "codec.h"
#include "wire-table.h"

enum { CAPACITY_WHOLE = 0x7e }; /* the stream takes a seed at once */

static const char *directory;
static bool checks; /* and does not write */

static bool write_file(const char *path, const uint8_t *data, size_t len)
{
	FILE *file = fopen(path, "wb");
	return file != NULL && fwrite(data, 1, len, file) == len && fclose(file) == 0;
}

static bool check_file(const char *path, const uint8_t *data, size_t len)
{
	static uint8_t there[VP_CHUNK_MAX + 1];
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return false;
	bool same = fread(there, 1, sizeof(there), file) == len && memcmp(there, data, len) == 0;
	fclose(file);
	return same;
}

static void handle_seed(const char *kind, const char *name, const uint8_t *data, size_t len)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s/%s", directory, kind, name);
	if (checks ? check_file(path, data, len) : write_file(path, data, len))
		return;
	fprintf(stderr, "%s %s\n", path,
		checks ? "is not current; ninja -C build update-seeds makes it so"
		       : "cannot be written");
	exit(EXIT_FAILURE);
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

static void handle_message(const struct wire_message *entry)
{
	uint8_t data[VP_CHUNK_MAX];
	struct vp_message message;
	wire_message_set_min(&message, entry);
	size_t len = append(data, 0, sizeof(data), &message, false);
	handle_seed("wire", entry->name, data, len);
	data[0] = CAPACITY_WHOLE;
	if ((vp_op_directions((uint16_t)entry->op) & VP_TO_GUEST) != 0)
		data[0] |= 1;
	len = append(data, 1, sizeof(data),
		VP_MESSAGE(
			HELLO, hello, .magic = VP_MAGIC, .major = VP_VERSION_MAJOR, .instance = 1),
		true);
	len = append(data, len, sizeof(data), &message, true);
	handle_seed("session", entry->name, data, len);
}

int main(int argc, char **argv)
{
	checks = argc == 3 && strcmp(argv[1], "--check") == 0;
	if (argc != (checks ? 3 : 2)) {
		fprintf(stderr, "usage: %s [--check] DIRECTORY\n", argv[0]);
		return 2;
	}
	directory = argv[argc - 1];
	wire_each_message(handle_message);
	return EXIT_SUCCESS;
}

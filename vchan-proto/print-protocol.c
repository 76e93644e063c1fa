/*
 * Prints PROTOCOL.md, or with --dictionary the fuzzers' dictionary, from messages.def.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "wire.h"

static const char introduction[] =
	"# The protocol\n"
	"\n"
	"Between `oriel-agent` in a guest and `oriel-view` on the primary. This page is\n"
	"printed from `messages.def`; after a change there, `ninja -C build\n"
	"update-protocol` refreshes it.\n"
	"\n"
	"All integers are little-endian. The peer is not trusted: every length, range and\n"
	"direction below is checked, and whatever breaks a rule ends the session with\n"
	"`bye` PROTOCOL_ERROR.\n"
	"\n"
	"## Stream, chunks, channels\n"
	"\n"
	"A session is one reliable, ordered stream of bytes in each direction. The stream\n"
	"is a sequence of chunks:\n"
	"\n"
	"| offset | type | field |\n"
	"|-|-|-|\n"
	"| 0 | u8 | channel |\n"
	"| 1 | u8 | flags: bit 0 set in the last chunk of a message, all others 0 |\n"
	"| 2 | u16 | length of the data, 1 to CHUNK_MAX |\n"
	"| 4 | | data |\n"
	"\n"
	"The data of a channel's chunks, up to and including one with the last flag, is\n"
	"one message: a u16 opcode, then the fields in the order of the tables below,\n"
	"without padding. A message has exactly the length that its fields take. Chunks\n"
	"of different channels may alternate; chunks of one channel are in order. A\n"
	"message of channel 0 is a single chunk.\n"
	"\n"
	"| channel | carries | message at most |\n"
	"|-|-|-|\n"
	"| 0 | input and control | CONTROL_MESSAGE_MAX |\n"
	"| 1 | windows and frames | MESSAGE_MAX |\n"
	"| 2 | launching, clipboard, control of streams | MESSAGE_MAX |\n"
	"| 3 | bulk data | MESSAGE_MAX |\n"
	"\n"
	"A lower number is more urgent. A sender writes a chunk of the most urgent\n"
	"channel that has one and may send it, and chooses anew after each chunk, so that\n"
	"a key waits for one chunk of bulk data at most.\n"
	"\n"
	"## Credit\n"
	"\n"
	"On channels 1 to 3 a side may have CREDIT_MAX bytes of chunk data (without\n"
	"headers) under way. It begins with that much on each channel, uses it up as it\n"
	"sends, and gets it back by `credit`, which the other side sends when it has read\n"
	"them. Sending beyond the credit, and granting more than was used, break the\n"
	"protocol. Channel 0 has no credit; a side that does not read it is given up at\n"
	"CHANNEL_QUEUE_MAX queued bytes.\n"
	"\n"
	"## Beginning and end\n"
	"\n"
	"Each side sends `hello` first, without waiting for the other's, and nothing else\n"
	"before it has received one. Sides of different major versions part with `bye`\n"
	"VERSION. After `bye` a side sends nothing more, and the receiver closes the\n"
	"stream. A stream that ends without `bye` is a lost connection.\n"
	"\n"
	"`ping` is answered with `pong` of the same serial; one ping is open at a time.\n"
	"\n"
	"## Shared buffers\n"
	"\n"
	"Pixels are in memory that the guest shares by `buffer_create`. How the primary\n"
	"finds it depends on the transport: over a unix socket a memfd comes by\n"
	"SCM_RIGHTS, in the order of the messages and not later than the first byte of\n"
	"each, with at most PENDING_DESCRIPTORS_MAX not yet claimed; it must be sealed\n"
	"against shrinking, growing and further seals, and hold the announced size.\n"
	"Elsewhere the handle names it.\n"
	"\n"
	"The guest does not write to a buffer between `frame_present` and `frame_done`.\n"
	"After `buffer_destroy` it keeps the memory until `buffer_released`.\n"
	"\n"
	"## Streams\n"
	"\n"
	"Whatever is long (a clipboard's content, files) is a stream of bytes from one\n"
	"side to the other. The primary chooses its id and tells the guest by another\n"
	"message (`clipboard_fetch`, `clipboard_answer`). The sender sends `stream_data`,\n"
	"at most STREAM_WINDOW bytes ahead of what `stream_ack` has acknowledged, and\n"
	"`stream_end` last; it begins once nothing of its own waits on channel 2 any\n"
	"more, so that the message that tells of the stream arrives first. The receiver\n"
	"acknowledges what it has passed on, and may end the stream by `stream_cancel`.\n"
	"What still comes for a stream that has ended, or never was, is ignored; going\n"
	"beyond a stream's window breaks the protocol. When a session ends, so do its\n"
	"streams.\n"
	"\n"
	"## Types\n"
	"\n"
	"| type | encoding | range given below |\n"
	"|-|-|-|\n"
	"| u8 u16 u32 u64 | unsigned integer | value |\n"
	"| i32 | two's complement | value |\n"
	"| text | u32 count, then UTF-8 without NUL | bytes |\n"
	"| bytes | u32 count, then bytes | bytes |\n"
	"| ids | u32 count, then u32 each | elements |\n"
	"| rects | u32 count, then {i16 x, i16 y, u16 width, u16 height} each | elements |\n";

/* Prints an expression of the table without the C prefix of its names. */
static void print_expression(const char *text)
{
	const char *prefix;
	while ((prefix = strstr(text, "VP_")) != NULL) {
		printf("%.*s", (int)(prefix - text), text);
		text = prefix + strlen("VP_");
	}
	printf("%s", text);
}

static void print_limits(void)
{
	printf("\n## Limits\n\n| limit | value | |\n|-|-|-|\n");
#define LIMIT(name, value, doc) printf("| %s | %" PRId64 " | %s |\n", #name, (int64_t)(value), doc);
	VP_LIMITS(LIMIT)
#undef LIMIT
	printf("\nSTATE_ALL, HINT_ALL, FIELD_ALL and CLIPBOARD_ALL stand for all bits of their "
	       "enumerations.\n");
}

static void print_value(const char *name, unsigned int value, const char *doc)
{
	printf("| %s | 0x%x | %s |\n", name, value, doc);
}

static void print_enums(void)
{
	printf("\n## Enumerations\n");
#define VALUE(name, value, doc) print_value(#name, value, doc);
#define ENUM(prefix, name, list, doc) \
	printf("\n### %s\n\n%s\n\n| name | value | |\n|-|-|-|\n", #name, doc); \
	list(VALUE)
	VP_ENUMS(ENUM)
#undef ENUM
#undef VALUE
}

static const char *direction_text(enum vp_direction direction)
{
	switch (direction) {
	case VP_TO_PRIMARY:
		return "to the primary";
	case VP_TO_GUEST:
		return "to the guest";
	case VP_BOTH:
		return "both directions";
	}
	return "";
}

static void print_message(unsigned int op, const char *name, enum vp_direction direction,
	int channel, const char *doc)
{
	printf("\n### 0x%04x %s\n\n%s; %s, channel %d\n\n", op, name, doc,
		direction_text(direction), channel);
	printf("| type | field | from | to | |\n|-|-|-|-|-|\n");
}

static void print_field(
	const char *type, const char *name, const char *min, const char *max, const char *doc)
{
	printf("| %s | %s | ", type, name);
	print_expression(min);
	printf(" | ");
	print_expression(max);
	printf(" | %s |\n", doc);
}

static void print_messages(void)
{
	printf("\n## Messages\n");
#define FIELD(type, name, min, max, doc) print_field(#type, #name, #min, #max, doc);
#define MESSAGE(op, UP, low, dir, channel, doc) \
	print_message(op, #low, VP_##dir, channel, doc); \
	VP_##UP(FIELD)
	VP_MESSAGES(MESSAGE)
#undef MESSAGE
#undef FIELD
}

static void print_entry(const char *kind, const char *name, uint64_t value, size_t bytes)
{
	printf("%s_%s=\"", kind, name);
	for (size_t i = 0; i < bytes; i++)
		printf("\\x%02x", (unsigned int)(value >> (8 * i)) & 0xffU);
	printf("\"\n");
}

static void print_dictionary(void)
{
	printf("# Printed from messages.def; ninja -C build update-protocol refreshes it.\n");
	for (uint64_t channel = 0; channel < VP_CHANNELS; channel++) {
		print_entry("chunk", "part", channel, 2);
		print_entry("chunk", "last", (uint64_t)VP_CHUNK_LAST << 8 | channel, 2);
	}
#define OP(op, UP, low, dir, channel, doc) print_entry("op", #low, op, VP_OP_BYTES);
	VP_MESSAGES(OP)
#undef OP
#define LIMIT(name, value, doc) \
	print_entry("limit", #name, (uint64_t)(value), 4); \
	print_entry("beyond", #name, (uint64_t)(value) + 1, 4);
	VP_LIMITS(LIMIT)
#undef LIMIT
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--dictionary") == 0) {
		print_dictionary();
		return EXIT_SUCCESS;
	}
	if (argc != 1) {
		fprintf(stderr, "usage: %s [--dictionary]\n", argv[0]);
		return 2;
	}
	printf("%s", introduction);
	print_limits();
	print_enums();
	print_messages();
	return EXIT_SUCCESS;
}

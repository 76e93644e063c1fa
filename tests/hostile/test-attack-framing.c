/* Attacks on the stream itself: hello, chunks, opcodes, credit, and guests that fall silent. */
#include "attack.h"

#include <string.h>
#include <unistd.h>

#include "channel.h"

enum {
	UNKNOWN_OP = 0x7777,
	STORM = 200,
	PING_BYTES = 10,
	PINGS_PER_WRITE = 4096,
	PING_WRITES = 200,
};

static void say_hello(unsigned int magic, unsigned int major, unsigned int minor, uint64_t instance)
{
	attack_reconnect();
	attack_say(VP_OP_HELLO, "whhqqs", magic, major, minor, UINT64_C(0), instance, "attack");
}

static void test_no_hello(void)
{
	attack_reconnect();
	attack_create(ATTACK_WINDOW, 0, 0, 0, 0, ATTACK_SIZE, ATTACK_SIZE);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_create came before hello");
}

static void test_second_hello(void)
{
	attack_hello();
	attack_ends(VP_BYE_PROTOCOL_ERROR, "hello came twice");
}

static void test_wrong_magic(void)
{
	say_hello(VP_MAGIC + 1, VP_VERSION_MAJOR, VP_VERSION_MINOR, 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "hello is malformed");
}

static void test_other_major(void)
{
	say_hello(VP_MAGIC, VP_VERSION_MAJOR + 1, 0, 1);
	attack_ends(VP_BYE_VERSION, "speaks version 2.0");
}

static void test_higher_minor(void)
{
	say_hello(VP_MAGIC, VP_VERSION_MAJOR, UINT16_MAX, 1);
	attack_goes_on();
}

static void test_no_instance(void)
{
	say_hello(VP_MAGIC, VP_VERSION_MAJOR, VP_VERSION_MINOR, 0);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "hello is malformed");
}

static void test_long_program_name(void)
{
	attack_reconnect();
	attack_say(VP_OP_HELLO, "whhqqn", VP_MAGIC, VP_VERSION_MAJOR, VP_VERSION_MINOR, UINT64_C(0),
		UINT64_C(1), (size_t)VP_NAME_MAX + 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "hello is malformed");
}

static void test_unknown_channel(void)
{
	attack_chunk(VP_CHANNELS, VP_CHUNK_LAST, 2, "\2\0", 2);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_unknown_flags(void)
{
	attack_chunk(0, 0x80 | VP_CHUNK_LAST, 2, "\2\0", 2);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_empty_chunk(void)
{
	attack_chunk(1, VP_CHUNK_LAST, 0, NULL, 0);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_long_chunk(void)
{
	static const uint8_t data[VP_CHUNK_MAX + 1];
	attack_chunk(1, VP_CHUNK_LAST, sizeof(data), data, sizeof(data));
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_split_control_message(void)
{
	attack_chunk(0, 0, 2, "\2\0", 2);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_message_without_opcode(void)
{
	attack_chunk(1, VP_CHUNK_LAST, 1, "\1", 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_endless_message(void)
{
	static const uint8_t data[VP_CHUNK_MAX];
	for (size_t sent = 0; sent <= VP_MESSAGE_MAX; sent += sizeof(data))
		attack_chunk(1, 0, sizeof(data), data, sizeof(data));
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_unknown_opcode(void)
{
	attack_say_on(1, UNKNOWN_OP, "w", 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "opcode 0x7777 is unknown");
}

static void test_wrong_direction(void)
{
	attack_say(VP_OP_INPUT_KEY, "hbw", 30, VP_KEY_PRESS, 0);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "input_key is not for this side");
}

static void test_wrong_channel(void)
{
	attack_say_on(3, VP_OP_WINDOW_MAP, "w", ATTACK_WINDOW);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_map came on a wrong channel");
}

static void test_short_message(void)
{
	attack_say(VP_OP_WINDOW_MAP, "h", 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_map is malformed");
}

static void test_long_message(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_MAP, "wb", ATTACK_WINDOW, 0);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_map is malformed");
}

static void test_text_beyond_message(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_TITLE, "wwb", ATTACK_WINDOW, UINT32_MAX, 'a');
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_title is malformed");
}

static void test_forged_credit(void)
{
	attack_say(VP_OP_CREDIT, "bw", 2, VP_CREDIT_MAX);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "credit exceeds what was sent");
}

static void test_credit_of_channel_0(void)
{
	attack_say(VP_OP_CREDIT, "bw", 0, 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "credit is malformed");
}

static void test_forged_pong(void)
{
	attack_say(VP_OP_PONG, "w", 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "pong answers no ping");
}

static void test_early_bye(void)
{
	attack_say(VP_OP_BYE, "hs", VP_BYE_SHUTDOWN, "\033[2J good\nbye");
	attack_ends(VP_BYE_SHUTDOWN, "good");
	CU_ASSERT_PTR_NULL(strpbrk(attack_desk()->closed_text, "\033\n"));
}

static void test_bye_for_no_reason(void)
{
	attack_say(VP_OP_BYE, "hs", 99, "");
	attack_ends(VP_BYE_PROTOCOL_ERROR, "bye is malformed");
}

/* The view waits for the rest, and does all else meanwhile. */
static void test_half_message(void)
{
	attack_chunk(1, VP_CHUNK_LAST, 100, "\1\3", 2);
	view_desk_settle(attack_desk());
	CU_ASSERT_FALSE(attack_desk()->closed);
	attack_hang_up();
	attack_ends(VP_BYE_LOST, "");
}

static void test_half_header(void)
{
	attack_write("\1", 1);
	view_desk_settle(attack_desk());
	attack_hang_up();
	attack_ends(VP_BYE_LOST, "");
}

static void test_noise(void)
{
	uint8_t noise[65536];
	uint32_t state = 1;
	for (size_t i = 0; i < sizeof(noise); i++) {
		state = state * 1664525 + 1013904223;
		noise[i] = (uint8_t)(state >> 24);
	}
	attack_write(noise, sizeof(noise));
	attack_ends(VP_BYE_PROTOCOL_ERROR, "");
}

static void test_ping_storm(void)
{
	static uint8_t pings[PINGS_PER_WRITE][PING_BYTES];
	for (size_t i = 0; i < PINGS_PER_WRITE; i++)
		memcpy(pings[i], "\0\1\6\0\2\0\0\0\0\0", PING_BYTES);
	for (size_t i = 0; i < PING_WRITES; i++)
		attack_write(pings, sizeof(pings));
	attack_ends(VP_BYE_LIMIT, "pong could not be queued: the other side does not read");
}

static void test_connect_storm(void)
{
	attack_hang_up();
	for (int i = 0; i < STORM; i++)
		close(view_desk_connect_by_hand(attack_desk()));
	view_desk_settle(attack_desk());
	attack_reconnect();
	attack_hello();
	attack_goes_on();
}

static const struct unit_test tests[] = {
	{ "a guest that says no hello is not heard", test_no_hello },
	{ "a second hello ends the session", test_second_hello },
	{ "a hello of another protocol ends the session", test_wrong_magic },
	{ "another major version ends the session with its reason", test_other_major },
	{ "a higher minor version is no lie worth ending for", test_higher_minor },
	{ "a hello without an instance ends the session", test_no_instance },
	{ "a program's name one byte too long ends the session", test_long_program_name },
	{ "a chunk of a channel that is none ends the session", test_unknown_channel },
	{ "a chunk with unknown flags ends the session", test_unknown_flags },
	{ "an empty chunk ends the session", test_empty_chunk },
	{ "a chunk one byte too long ends the session", test_long_chunk },
	{ "a control message in two chunks ends the session", test_split_control_message },
	{ "a message without an opcode ends the session", test_message_without_opcode },
	{ "a message that never ends ends the session at the limit", test_endless_message },
	{ "an unknown opcode ends the session", test_unknown_opcode },
	{ "a message of the other direction ends the session", test_wrong_direction },
	{ "a message on a wrong channel ends the session", test_wrong_channel },
	{ "a message that is too short ends the session", test_short_message },
	{ "a message that is too long ends the session", test_long_message },
	{ "a text that leaves its message ends the session", test_text_beyond_message },
	{ "credit for what was never sent ends the session", test_forged_credit },
	{ "credit of the channel that has none ends the session", test_credit_of_channel_0 },
	{ "a pong without a ping ends the session", test_forged_pong },
	{ "a guest's last words are printable", test_early_bye },
	{ "a bye for a reason that is none ends the session", test_bye_for_no_reason },
	{ "half a message holds nothing up", test_half_message },
	{ "half a chunk's header holds nothing up", test_half_header },
	{ "noise ends the session", test_noise },
	{ "a storm of pings whose answers are not read ends the session", test_ping_storm },
	{ "a storm of connections leaves the last one usable", test_connect_storm },
};

ATTACK_MAIN("attacks on framing", tests)

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "codec.h"

enum { BIG_TEXT = 500000 };

static struct vp_sender sender;
static struct vp_receiver receiver;
static char big_text[BIG_TEXT];

static void begin(void)
{
	vp_sender_init(&sender);
	vp_receiver_init(&receiver);
	for (size_t i = 0; i < BIG_TEXT; i++)
		big_text[i] = (char)('a' + i % 23);
}

static void end(void)
{
	vp_sender_finish(&sender);
	vp_receiver_finish(&receiver);
}

static bool push_key(uint16_t code)
{
	return vp_sender_push(&sender, VP_MESSAGE(INPUT_KEY, input_key, .code = code));
}

static bool push_big(void)
{
	struct vp_text text = { big_text, BIG_TEXT };
	return vp_sender_push(&sender, VP_MESSAGE(KEYMAP, keymap, .keymap = text));
}

static bool push_launch(void)
{
	return vp_sender_push(&sender, VP_MESSAGE(LAUNCH, launch, .launch = 1));
}

static bool push_memory(enum vp_memory memory)
{
	return vp_sender_push(&sender,
		VP_MESSAGE(BUFFER_CREATE, buffer_create, .buffer = 1, .memory = (uint8_t)memory,
			.width = 1, .height = 1, .stride = 4, .size = 4));
}

static bool push_buffer(void)
{
	return push_memory(VP_MEMORY_DESCRIPTOR);
}

static void feed(const uint8_t *data, size_t len)
{
	while (len > 0) {
		size_t space;
		uint8_t *at = vp_receiver_space(&receiver, &space);
		size_t part = len < space ? len : space;
		memcpy(at, data, part);
		vp_receiver_add(&receiver, part);
		data += part;
		len -= part;
		CU_ASSERT_FATAL(space > 0);
	}
}

static enum vp_receipt receive(struct vp_frame *frame)
{
	const char *error = NULL;
	enum vp_receipt receipt = vp_receiver_next(&receiver, frame, &error);
	CU_ASSERT_EQUAL(receipt == VP_RECEIPT_ERROR, error != NULL);
	return receipt;
}

/* Moves up to limit bytes from the sender to the receiver; how many. */
static size_t carry(size_t limit)
{
	size_t len;
	size_t buffers;
	const uint8_t *data = vp_sender_gather(&sender, VP_STREAM_BUFFER_BYTES, &len, &buffers);
	size_t part = len < limit ? len : limit;
	feed(data, part);
	vp_sender_commit(&sender, part);
	return part;
}

static bool is_big(const struct vp_frame *frame)
{
	struct vp_message message;
	return frame->op == VP_OP_KEYMAP && frame->channel == VP_CHANNEL_WINDOWS &&
	       vp_message_decode(frame->op, frame->data, frame->len, &message) &&
	       message.keymap.keymap.len == BIG_TEXT &&
	       memcmp(message.keymap.keymap.data, big_text, BIG_TEXT) == 0;
}

static void check_big_arrives(size_t step)
{
	struct vp_frame frame;
	begin();
	CU_ASSERT(push_big());
	bool arrived = false;
	while (carry(step) > 0) {
		CU_ASSERT(!arrived);
		arrived = receive(&frame) == VP_RECEIPT_FRAME;
	}
	CU_ASSERT(arrived && is_big(&frame));
	end();
}

static void test_chunks(void)
{
	static const size_t steps[] = { 7, 4095, 4096, 4100, 4101, SIZE_MAX };
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		check_big_arrives(steps[i]);
}

static void test_byte_by_byte(void)
{
	struct vp_frame frame;
	unsigned int frames = 0;
	begin();
	CU_ASSERT(push_key(1) && push_launch() && push_key(2));
	while (carry(1) > 0)
		frames += receive(&frame) == VP_RECEIPT_FRAME;
	CU_ASSERT_EQUAL(frames, 3);
	CU_ASSERT_EQUAL(frame.op, VP_OP_LAUNCH);
	end();
}

/* With a chunk of bulk data begun, what comes between it and the key? */
static void check_key_overtakes(size_t begun)
{
	struct vp_frame frame;
	size_t carried = 0;
	begin();
	CU_ASSERT(push_big() && push_big());
	CU_ASSERT_EQUAL(carry(begun), begun);
	CU_ASSERT_EQUAL(receive(&frame), VP_RECEIPT_NONE);
	CU_ASSERT(push_key(30));
	while (receive(&frame) == VP_RECEIPT_NONE)
		carried += carry(1);
	CU_ASSERT_EQUAL(frame.op, VP_OP_INPUT_KEY);
	size_t key = VP_CHUNK_HEADER_BYTES + VP_OP_BYTES + frame.len;
	CU_ASSERT(carried <= VP_CHUNK_HEADER_BYTES + VP_CHUNK_MAX + key);
	end();
}

static void test_key_overtakes(void)
{
	static const size_t begun[] = { 1, 4, 5, 4099, 4100, 4101, 60000 };
	for (size_t i = 0; i < sizeof(begun) / sizeof(begun[0]); i++)
		check_key_overtakes(begun[i]);
}

static void test_priorities(void)
{
	struct vp_frame frame;
	static const uint16_t expected[] = { VP_OP_INPUT_KEY, VP_OP_KEYMAP, VP_OP_LAUNCH };
	begin();
	CU_ASSERT(push_launch() && push_big() && push_key(30));
	for (size_t i = 0; i < 3; i++) {
		while (receive(&frame) == VP_RECEIPT_NONE && carry(1000) > 0) {
		}
		CU_ASSERT_EQUAL(frame.op, expected[i]);
	}
	end();
}

static void test_one_write(void)
{
	begin();
	for (uint16_t i = 0; i < 100; i++)
		CU_ASSERT(push_key((uint16_t)(i + 1)) && push_launch());
	size_t len;
	size_t buffers;
	vp_sender_gather(&sender, VP_STREAM_BUFFER_BYTES, &len, &buffers);
	vp_sender_commit(&sender, len);
	CU_ASSERT_EQUAL(vp_sender_queued(&sender, VP_CHANNEL_CONTROL), 0);
	CU_ASSERT_EQUAL(vp_sender_queued(&sender, VP_CHANNEL_LAUNCH), 0);
	end();
}

static void test_credit_stops(void)
{
	begin();
	CU_ASSERT(push_big() && push_big() && push_big());
	size_t before = vp_sender_queued(&sender, VP_CHANNEL_WINDOWS);
	size_t len = 1;
	while (len > 0) {
		size_t buffers;
		vp_sender_gather(&sender, VP_STREAM_BUFFER_BYTES, &len, &buffers);
		vp_sender_commit(&sender, len);
	}
	CU_ASSERT_EQUAL(before - vp_sender_queued(&sender, VP_CHANNEL_WINDOWS), VP_CREDIT_MAX);
	CU_ASSERT(push_key(30) && push_launch());
	CU_ASSERT(carry(SIZE_MAX) > 0);
	CU_ASSERT_EQUAL(vp_sender_queued(&sender, VP_CHANNEL_CONTROL), 0);
	CU_ASSERT_EQUAL(vp_sender_queued(&sender, VP_CHANNEL_LAUNCH), 0);
	CU_ASSERT(vp_sender_grant(&sender, VP_CHANNEL_WINDOWS, VP_CREDIT_MAX));
	size_t buffers;
	vp_sender_gather(&sender, VP_STREAM_BUFFER_BYTES, &len, &buffers);
	CU_ASSERT(len > 0);
	end();
}

static void test_grant_bounds(void)
{
	begin();
	CU_ASSERT(!vp_sender_grant(&sender, VP_CHANNEL_LAUNCH, 1));
	CU_ASSERT(push_launch());
	uint32_t size = (uint32_t)vp_sender_queued(&sender, VP_CHANNEL_LAUNCH);
	carry(SIZE_MAX);
	CU_ASSERT(!vp_sender_grant(&sender, VP_CHANNEL_LAUNCH, size + 1));
	CU_ASSERT(vp_sender_grant(&sender, VP_CHANNEL_LAUNCH, size));
	CU_ASSERT(push_key(30));
	carry(SIZE_MAX);
	CU_ASSERT(!vp_sender_grant(&sender, VP_CHANNEL_CONTROL, 1));
	end();
}

static void test_queue_bound(void)
{
	begin();
	size_t pushed = 0;
	while (push_big())
		pushed++;
	CU_ASSERT_EQUAL(errno, ENOBUFS);
	CU_ASSERT_EQUAL(pushed, VP_CHANNEL_QUEUE_MAX / BIG_TEXT);
	CU_ASSERT(vp_sender_queued(&sender, VP_CHANNEL_WINDOWS) <= VP_CHANNEL_QUEUE_MAX);
	CU_ASSERT(push_key(30));
	end();
}

static void test_invalid_push(void)
{
	begin();
	CU_ASSERT(!push_key(VP_KEYCODE_MAX + 1));
	CU_ASSERT_EQUAL(errno, EINVAL);
	struct vp_text text = { big_text, SIZE_MAX };
	CU_ASSERT(!vp_sender_push(&sender, VP_MESSAGE(KEYMAP, keymap, .keymap = text)));
	CU_ASSERT_EQUAL(errno, EINVAL);
	CU_ASSERT(!vp_sender_push(&sender, &(struct vp_message){ .op = (enum vp_op)UINT16_MAX }));
	CU_ASSERT_EQUAL(errno, EINVAL);
	CU_ASSERT_EQUAL(carry(SIZE_MAX), 0);
	end();
}

static void test_memory_bound(void)
{
	begin();
	CU_ASSERT(push_key(30));
	for (int i = 0; i < 100000; i++) {
		/* Never empty: there is always one more than has been carried. */
		CU_ASSERT_FATAL(push_key(30));
		size_t len;
		size_t buffers;
		vp_sender_gather(&sender, VP_STREAM_BUFFER_BYTES, &len, &buffers);
		vp_sender_commit(&sender, len / 2);
	}
	CU_ASSERT(sender.outboxes[VP_CHANNEL_CONTROL].capacity <= 8192);
	end();
}

/* Descriptors that a peer would hold, when it claims them as it reads the messages. */
static bool push_stream_data(void)
{
	struct vp_bytes data = { (const uint8_t *)big_text, VP_STREAM_DATA_MAX };
	return vp_sender_push(
		&sender, VP_MESSAGE(STREAM_DATA, stream_data, .stream = 1, .data = data));
}

/* Until nothing waits. */
static void carry_all(void)
{
	struct vp_frame frame;
	while (carry(SIZE_MAX) > 0)
		while (receive(&frame) == VP_RECEIPT_FRAME)
			continue;
}

static void test_memory_kept(void)
{
	const struct vp_outbox *outbox = &sender.outboxes[VP_CHANNEL_BULK];
	const struct vp_inbox *inbox = &receiver.inboxes[VP_CHANNEL_BULK];
	begin();
	for (int i = 0; i < 3; i++)
		CU_ASSERT(push_stream_data());
	carry_all();
	CU_ASSERT(outbox->capacity >= 3 * VP_STREAM_DATA_MAX);
	CU_ASSERT(inbox->capacity >= VP_STREAM_DATA_MAX);
	CU_ASSERT(push_big());
	carry_all();
	CU_ASSERT_EQUAL(sender.outboxes[VP_CHANNEL_WINDOWS].capacity, 0);
	CU_ASSERT_EQUAL(receiver.inboxes[VP_CHANNEL_WINDOWS].capacity, 0);
	end();
}

static void check_descriptors(size_t step)
{
	enum { BUFFERS = 40 };
	size_t given = 0;
	size_t claimed = 0;
	begin();
	for (int i = 0; i < BUFFERS; i++)
		CU_ASSERT(push_buffer() && push_key(30));
	size_t len = 1;
	while (len > 0) {
		size_t buffers;
		size_t enough = step % 2 == 0 ? 1 : VP_STREAM_BUFFER_BYTES;
		const uint8_t *data = vp_sender_gather(&sender, enough, &len, &buffers);
		size_t part = len < step ? len : step;
		CU_ASSERT(buffers <= VP_WRITE_BUFFERS_MAX);
		given += part > 0 ? buffers : 0;
		CU_ASSERT(given - claimed <= VP_PENDING_DESCRIPTORS_MAX);
		feed(data, part);
		vp_sender_commit(&sender, part);
		struct vp_frame frame;
		while (receive(&frame) == VP_RECEIPT_FRAME)
			claimed += frame.op == VP_OP_BUFFER_CREATE;
		CU_ASSERT(claimed <= given);
	}
	CU_ASSERT_EQUAL(given, BUFFERS);
	CU_ASSERT_EQUAL(claimed, BUFFERS);
	end();
}

static void test_descriptors(void)
{
	for (size_t step = 1; step < 700; step += 9)
		check_descriptors(step);
	check_descriptors(SIZE_MAX);
}

static void test_no_descriptors(void)
{
	size_t len;
	size_t buffers;
	begin();
	CU_ASSERT(push_memory(VP_MEMORY_GRANTS) && push_buffer() && push_memory(VP_MEMORY_INLINE));
	vp_sender_gather(&sender, VP_STREAM_BUFFER_BYTES, &len, &buffers);
	CU_ASSERT_EQUAL(buffers, 1);
	end();
}

static void test_positions(void)
{
	size_t len;
	size_t buffers;
	begin();
	CU_ASSERT_EQUAL(vp_sender_position(&sender, VP_CHANNEL_LAUNCH), 0);
	CU_ASSERT(push_launch());
	uint64_t first = vp_sender_position(&sender, VP_CHANNEL_LAUNCH);
	CU_ASSERT_EQUAL(first, vp_sender_queued(&sender, VP_CHANNEL_LAUNCH));
	vp_sender_gather(&sender, VP_STREAM_BUFFER_BYTES, &len, &buffers);
	vp_sender_commit(&sender, len);
	CU_ASSERT(push_launch());
	CU_ASSERT_EQUAL(vp_sender_position(&sender, VP_CHANNEL_LAUNCH), 2 * first);
	CU_ASSERT_EQUAL(vp_sender_queued(&sender, VP_CHANNEL_LAUNCH), first);
	end();
}

/* Feeds one chunk's header and as many zero bytes of data. */
static void feed_chunk(uint8_t channel, uint8_t flags, uint16_t size, size_t fed)
{
	static uint8_t chunk[VP_CHUNK_HEADER_BYTES + VP_CHUNK_MAX];
	chunk[0] = channel;
	chunk[1] = flags;
	vp_store_le(chunk + 2, size, 2);
	feed(chunk, VP_CHUNK_HEADER_BYTES + fed);
}

static void check_framing(uint8_t channel, uint8_t flags, uint16_t size, enum vp_receipt expected)
{
	struct vp_frame frame;
	begin();
	feed_chunk(channel, flags, size, 0);
	CU_ASSERT_EQUAL(receive(&frame), expected);
	end();
}

static void test_framing_errors(void)
{
	check_framing(0, VP_CHUNK_LAST, VP_CHUNK_MAX, VP_RECEIPT_NONE);
	check_framing(3, 0, 1, VP_RECEIPT_NONE);
	check_framing(VP_CHANNELS, VP_CHUNK_LAST, 2, VP_RECEIPT_ERROR);
	check_framing(UINT8_MAX, VP_CHUNK_LAST, 2, VP_RECEIPT_ERROR);
	check_framing(1, 0x02, 2, VP_RECEIPT_ERROR);
	check_framing(1, 0x80 | VP_CHUNK_LAST, 2, VP_RECEIPT_ERROR);
	check_framing(1, VP_CHUNK_LAST, 0, VP_RECEIPT_ERROR);
	check_framing(1, VP_CHUNK_LAST, VP_CHUNK_MAX + 1, VP_RECEIPT_ERROR);
	check_framing(1, VP_CHUNK_LAST, UINT16_MAX, VP_RECEIPT_ERROR);
	check_framing(0, 0, 2, VP_RECEIPT_ERROR);
}

static void test_no_opcode(void)
{
	struct vp_frame frame;
	begin();
	feed_chunk(0, VP_CHUNK_LAST, 1, 1);
	CU_ASSERT_EQUAL(receive(&frame), VP_RECEIPT_ERROR);
	end();
}

static void test_too_long(void)
{
	struct vp_frame frame;
	begin();
	for (size_t sent = 0; sent < VP_MESSAGE_MAX; sent += VP_CHUNK_MAX) {
		feed_chunk(1, 0, VP_CHUNK_MAX, VP_CHUNK_MAX);
		CU_ASSERT_EQUAL(receive(&frame), VP_RECEIPT_NONE);
		vp_receiver_take_credit(&receiver, VP_CHANNEL_WINDOWS);
	}
	feed_chunk(1, VP_CHUNK_LAST, 1, 1);
	CU_ASSERT_EQUAL(receive(&frame), VP_RECEIPT_ERROR);
	end();
}

static void test_beyond_credit(void)
{
	struct vp_frame frame;
	begin();
	for (size_t sent = 0; sent < VP_CREDIT_MAX; sent += VP_CHUNK_MAX) {
		feed_chunk(2, VP_CHUNK_LAST, VP_CHUNK_MAX, VP_CHUNK_MAX);
		CU_ASSERT_EQUAL(receive(&frame), VP_RECEIPT_FRAME);
	}
	feed_chunk(3, VP_CHUNK_LAST, 2, 2);
	CU_ASSERT_EQUAL(receive(&frame), VP_RECEIPT_FRAME);
	feed_chunk(2, VP_CHUNK_LAST, 2, 2);
	CU_ASSERT_EQUAL(receive(&frame), VP_RECEIPT_ERROR);
	end();
}

static void test_credit_granted(void)
{
	struct vp_frame frame;
	uint32_t granted = 0;
	unsigned int grants = 0;
	begin();
	for (int i = 0; i < 1024; i++) {
		feed_chunk(1, VP_CHUNK_LAST, VP_CHUNK_MAX, VP_CHUNK_MAX);
		CU_ASSERT_EQUAL(receive(&frame), VP_RECEIPT_FRAME);
		uint32_t bytes = vp_receiver_take_credit(&receiver, VP_CHANNEL_WINDOWS);
		granted += bytes;
		grants += bytes > 0;
	}
	CU_ASSERT_EQUAL(granted, 1024 * VP_CHUNK_MAX);
	CU_ASSERT_EQUAL(grants, 8);
	CU_ASSERT_EQUAL(vp_receiver_take_credit(&receiver, VP_CHANNEL_CONTROL), 0);
	end();
}

static void test_clear(void)
{
	struct vp_frame frame;
	begin();
	CU_ASSERT(push_big());
	carry(100);
	vp_sender_clear(&sender);
	CU_ASSERT(push_key(30));
	while (carry(SIZE_MAX) > 0) {
	}
	CU_ASSERT_EQUAL(receive(&frame), VP_RECEIPT_FRAME);
	CU_ASSERT_EQUAL(frame.op, VP_OP_INPUT_KEY);
	CU_ASSERT_EQUAL(receive(&frame), VP_RECEIPT_NONE);
	end();
}

static const struct unit_test tests[] = {
	{ "a message of many chunks arrives as one, however the stream is cut", test_chunks },
	{ "messages arrive byte by byte", test_byte_by_byte },
	{ "a key overtakes bulk data after one chunk at most", test_key_overtakes },
	{ "the most urgent channel goes first", test_priorities },
	{ "what is queued goes in one write", test_one_write },
	{ "a channel stops where its credit ends and holds up no other", test_credit_stops },
	{ "more credit than was used is refused", test_grant_bounds },
	{ "a channel's queue is bounded and holds up no other", test_queue_bound },
	{ "an invalid message is not queued", test_invalid_push },
	{ "a queue that is never empty does not grow", test_memory_bound },
	{ "memory for streams is kept, that for what is larger is given back", test_memory_kept },
	{ "descriptors go with their messages and never pile up", test_descriptors },
	{ "buffers of other kinds need no descriptors", test_no_descriptors },
	{ "a channel's position counts what was ever queued", test_positions },
	{ "a chunk with a wrong header is refused before its data comes", test_framing_errors },
	{ "a message without opcode is refused", test_no_opcode },
	{ "a message beyond the limit is refused", test_too_long },
	{ "data beyond the credit is refused", test_beyond_credit },
	{ "credit is granted for all that was read, seldom", test_credit_granted },
	{ "clearing leaves the chunk that was begun whole", test_clear },
};

UNIT_MAIN("channel", tests)

#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"

enum {
	SIZE_BYTES = sizeof(uint32_t),
	CAPACITY_MIN = 4096,
	/* Larger memory is given back once it is empty; streams queue three messages at once. */
	CAPACITY_KEPT = 4 * VP_STREAM_DATA_MAX,
	BUFFER_CREATE_MEMORY = VP_ID_BYTES, /* where the field is in its message */
	CREDIT_STEP = VP_CREDIT_MAX / 2, /* granted at once, so that grants are rare */
};

_Static_assert(VP_CONTROL_MESSAGE_MAX <= VP_CHUNK_MAX, "a message of channel 0 is one chunk");
_Static_assert(VP_CHUNK_MAX <= UINT16_MAX, "a chunk's length has two bytes");
_Static_assert(
	VP_CHUNK_HEADER_BYTES + VP_CHUNK_MAX < VP_STREAM_BUFFER_BYTES, "a chunk fits at once");
_Static_assert(VP_MESSAGE_MAX <= VP_CHANNEL_QUEUE_MAX, "every message can be queued");

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Makes room for at least size bytes. False with errno. */
static bool grow(uint8_t **data, size_t *capacity, size_t size)
{
	if (size <= *capacity)
		return true;
	size_t wanted = *capacity > 0 ? *capacity : CAPACITY_MIN;
	while (wanted < size)
		wanted *= 2;
	uint8_t *grown = realloc(*data, wanted);
	if (grown == NULL)
		return false;
	*data = grown;
	*capacity = wanted;
	return true;
}

/* Gives large memory back. */
static void trim(uint8_t **data, size_t *capacity)
{
	if (*capacity <= CAPACITY_KEPT)
		return;
	free(*data);
	*data = NULL;
	*capacity = 0;
}

/* Outgoing */

void vp_sender_init(struct vp_sender *sender)
{
	memset(sender, 0, offsetof(struct vp_sender, output));
	for (size_t i = 0; i < VP_CHANNELS; i++)
		sender->outboxes[i].cursor.credit = VP_CREDIT_MAX;
}

void vp_sender_finish(struct vp_sender *sender)
{
	for (size_t i = 0; i < VP_CHANNELS; i++)
		free(sender->outboxes[i].data);
}

/* Room for size bytes at the tail. Moving costs at most what has been sent meanwhile. */
static bool reserve(struct vp_outbox *outbox, size_t size)
{
	size_t head = outbox->cursor.head;
	if (outbox->tail + size > outbox->capacity && head > 0 && head >= outbox->capacity / 2) {
		memmove(outbox->data, outbox->data + head, outbox->tail - head);
		outbox->tail -= head;
		outbox->cursor.head = 0;
	}
	return grow(&outbox->data, &outbox->capacity, outbox->tail + size);
}

bool vp_sender_push(struct vp_sender *sender, const struct vp_message *message)
{
	int channel = vp_op_channel((uint16_t)message->op);
	size_t size = VP_OP_BYTES + vp_message_size(message);
	if (channel < 0 || size > vp_channel_message_max((enum vp_channel)channel)) {
		errno = EINVAL;
		return false;
	}
	struct vp_outbox *outbox = &sender->outboxes[channel];
	if (outbox->tail - outbox->cursor.head + SIZE_BYTES + size > VP_CHANNEL_QUEUE_MAX) {
		errno = ENOBUFS;
		return false;
	}
	if (!reserve(outbox, SIZE_BYTES + size))
		return false;
	uint8_t *at = outbox->data + outbox->tail;
	size_t len;
	if (!vp_message_encode(message, at + SIZE_BYTES + VP_OP_BYTES, size - VP_OP_BYTES, &len)) {
		errno = EINVAL;
		return false;
	}
	vp_store_le(at, size, SIZE_BYTES);
	vp_store_le(at + SIZE_BYTES, message->op, VP_OP_BYTES);
	outbox->tail += SIZE_BYTES + size;
	outbox->queued += size;
	outbox->total += size;
	return true;
}

bool vp_sender_grant(struct vp_sender *sender, enum vp_channel channel, uint32_t bytes)
{
	struct vp_cursor *cursor = &sender->outboxes[channel].cursor;
	if (channel == VP_CHANNEL_CONTROL || bytes > VP_CREDIT_MAX - cursor->credit)
		return false;
	cursor->credit += bytes;
	return true;
}

static size_t message_size(const struct vp_outbox *outbox, const struct vp_cursor *cursor)
{
	return (size_t)vp_load_le(outbox->data + cursor->head, SIZE_BYTES);
}

/* Bytes of the chunk that a channel can send at its cursor, 0 if none. */
static size_t chunk_size(
	const struct vp_outbox *outbox, const struct vp_cursor *cursor, enum vp_channel channel)
{
	if (cursor->head == outbox->tail)
		return 0;
	size_t size = smaller(message_size(outbox, cursor) - cursor->sent, VP_CHUNK_MAX);
	return channel == VP_CHANNEL_CONTROL ? size : smaller(size, cursor->credit);
}

/* A message with which a descriptor goes. */
static bool buffer_begins(const struct vp_outbox *outbox, const struct vp_cursor *cursor)
{
	const uint8_t *message = outbox->data + cursor->head + SIZE_BYTES;
	return cursor->sent == 0 && vp_load_le(message, VP_OP_BYTES) == VP_OP_BUFFER_CREATE &&
	       message[VP_OP_BYTES + BUFFER_CREATE_MEMORY] == VP_MEMORY_DESCRIPTOR;
}

static void advance(const struct vp_outbox *outbox, struct vp_cursor *cursor, size_t size,
	enum vp_channel channel)
{
	size_t whole = message_size(outbox, cursor);
	cursor->sent += size;
	if (channel != VP_CHANNEL_CONTROL)
		cursor->credit -= (uint32_t)size;
	if (cursor->sent == whole) {
		cursor->head += SIZE_BYTES + whole;
		cursor->sent = 0;
	}
}

static size_t put_chunk(uint8_t *at, const struct vp_outbox *outbox, const struct vp_cursor *cursor,
	size_t size, enum vp_channel channel)
{
	bool last = cursor->sent + size == message_size(outbox, cursor);
	at[0] = (uint8_t)channel;
	at[1] = last ? VP_CHUNK_LAST : 0;
	vp_store_le(at + 2, size, 2);
	memcpy(at + VP_CHUNK_HEADER_BYTES, outbox->data + cursor->head + SIZE_BYTES + cursor->sent,
		size);
	return VP_CHUNK_HEADER_BYTES + size;
}

/* Appends a channel's chunks to the output. False once that is full. */
static bool gather_channel(
	struct vp_sender *sender, enum vp_channel channel, size_t enough, size_t *filled)
{
	const struct vp_outbox *outbox = &sender->outboxes[channel];
	struct vp_cursor cursor = outbox->cursor;
	size_t size;
	while ((size = chunk_size(outbox, &cursor, channel)) > 0) {
		bool buffer = buffer_begins(outbox, &cursor);
		if (*filled >= enough ||
			*filled + VP_CHUNK_HEADER_BYTES + size > sizeof(sender->output) ||
			(buffer && sender->gathered_buffers == VP_WRITE_BUFFERS_MAX))
			return false;
		*filled += put_chunk(sender->output + *filled, outbox, &cursor, size, channel);
		sender->gathered_buffers += buffer;
		advance(outbox, &cursor, size, channel);
	}
	return true;
}

const uint8_t *vp_sender_gather(
	struct vp_sender *sender, size_t enough, size_t *len, size_t *buffers)
{
	size_t filled = sender->carried;
	sender->gathered_buffers = 0;
	for (enum vp_channel channel = 0; channel < VP_CHANNELS; channel++)
		if (!gather_channel(sender, channel, enough, &filled))
			break;
	*len = filled;
	*buffers =
		sender->gathered_buffers - smaller(sender->gathered_buffers, sender->early_buffers);
	return sender->output;
}

static void reset_if_empty(struct vp_outbox *outbox)
{
	if (outbox->cursor.head < outbox->tail)
		return;
	outbox->cursor.head = 0;
	outbox->tail = 0;
	trim(&outbox->data, &outbox->capacity);
}

void vp_sender_commit(struct vp_sender *sender, size_t written)
{
	if (written == 0)
		return;
	size_t at = sender->carried;
	size_t claimed = 0;
	while (at < written) {
		enum vp_channel channel = (enum vp_channel)sender->output[at];
		size_t size = (size_t)vp_load_le(sender->output + at + 2, 2);
		struct vp_outbox *outbox = &sender->outboxes[channel];
		claimed += buffer_begins(outbox, &outbox->cursor);
		advance(outbox, &outbox->cursor, size, channel);
		outbox->queued -= size;
		reset_if_empty(outbox);
		at += VP_CHUNK_HEADER_BYTES + size;
	}
	size_t early = sender->early_buffers;
	sender->early_buffers =
		(sender->gathered_buffers > early ? sender->gathered_buffers : early) - claimed;
	sender->carried = at - written;
	memmove(sender->output, sender->output + written, sender->carried);
}

uint64_t vp_sender_position(const struct vp_sender *sender, enum vp_channel channel)
{
	return sender->outboxes[channel].total;
}

size_t vp_sender_queued(const struct vp_sender *sender, enum vp_channel channel)
{
	return sender->outboxes[channel].queued;
}

void vp_sender_clear(struct vp_sender *sender)
{
	for (size_t i = 0; i < VP_CHANNELS; i++) {
		struct vp_outbox *outbox = &sender->outboxes[i];
		outbox->tail = 0;
		outbox->queued = 0;
		outbox->cursor.head = 0;
		outbox->cursor.sent = 0;
	}
}

/* Incoming */

void vp_receiver_init(struct vp_receiver *receiver)
{
	memset(receiver, 0, offsetof(struct vp_receiver, input));
	for (size_t i = 0; i < VP_CHANNELS; i++)
		receiver->inboxes[i].credit = VP_CREDIT_MAX;
}

void vp_receiver_finish(struct vp_receiver *receiver)
{
	for (size_t i = 0; i < VP_CHANNELS; i++)
		free(receiver->inboxes[i].data);
}

uint8_t *vp_receiver_space(struct vp_receiver *receiver, size_t *len)
{
	size_t left = receiver->end - receiver->start;
	memmove(receiver->input, receiver->input + receiver->start, left);
	receiver->start = 0;
	receiver->end = left;
	*len = sizeof(receiver->input) - left;
	return receiver->input + left;
}

void vp_receiver_add(struct vp_receiver *receiver, size_t len)
{
	receiver->end += len;
}

struct chunk {
	uint8_t channel;
	uint8_t flags;
	size_t size;
	const uint8_t *data;
};

static const char *check_chunk(const struct vp_receiver *receiver, const struct chunk *chunk)
{
	if (chunk->channel >= VP_CHANNELS)
		return "a chunk has an unknown channel";
	if ((chunk->flags & ~VP_CHUNK_LAST) != 0)
		return "a chunk has unknown flags";
	if (chunk->size < 1 || chunk->size > VP_CHUNK_MAX)
		return "a chunk has a wrong length";
	if (chunk->channel == VP_CHANNEL_CONTROL)
		return (chunk->flags & VP_CHUNK_LAST) == 0 ? "a message of channel 0 is too long"
							   : NULL;
	const struct vp_inbox *inbox = &receiver->inboxes[chunk->channel];
	if (chunk->size > inbox->credit)
		return "more was sent on a channel than its credit allows";
	if (inbox->len + chunk->size > vp_channel_message_max((enum vp_channel)chunk->channel))
		return "a message is too long";
	return NULL;
}

static bool append(struct vp_inbox *inbox, const struct chunk *chunk)
{
	if (!grow(&inbox->data, &inbox->capacity, inbox->len + chunk->size))
		return false;
	memcpy(inbox->data + inbox->len, chunk->data, chunk->size);
	inbox->len += chunk->size;
	return true;
}

/* Adds a chunk to its channel's message. */
static enum vp_receipt take_chunk(struct vp_receiver *receiver, const struct chunk *chunk,
	struct vp_frame *frame, const char **error)
{
	struct vp_inbox *inbox = &receiver->inboxes[chunk->channel];
	bool last = (chunk->flags & VP_CHUNK_LAST) != 0;
	const uint8_t *data = chunk->data;
	size_t len = chunk->size;
	if (chunk->channel != VP_CHANNEL_CONTROL) {
		inbox->credit -= (uint32_t)chunk->size;
		inbox->unacknowledged += (uint32_t)chunk->size;
	}
	if (inbox->len > 0 || !last) {
		if (!append(inbox, chunk)) {
			*error = "there is no memory for a message";
			return VP_RECEIPT_ERROR;
		}
		if (!last)
			return VP_RECEIPT_NONE;
		data = inbox->data;
		len = inbox->len;
		inbox->len = 0;
		receiver->delivered = inbox;
	}
	if (len < VP_OP_BYTES) {
		*error = "a message has no opcode";
		return VP_RECEIPT_ERROR;
	}
	*frame = (struct vp_frame){
		.channel = (enum vp_channel)chunk->channel,
		.op = (uint16_t)vp_load_le(data, VP_OP_BYTES),
		.data = data + VP_OP_BYTES,
		.len = len - VP_OP_BYTES,
	};
	return VP_RECEIPT_FRAME;
}

enum vp_receipt vp_receiver_next(
	struct vp_receiver *receiver, struct vp_frame *frame, const char **error)
{
	if (receiver->delivered != NULL)
		trim(&receiver->delivered->data, &receiver->delivered->capacity);
	receiver->delivered = NULL;
	while (receiver->end - receiver->start >= VP_CHUNK_HEADER_BYTES) {
		const uint8_t *at = receiver->input + receiver->start;
		struct chunk chunk = {
			.channel = at[0],
			.flags = at[1],
			.size = (size_t)vp_load_le(at + 2, 2),
			.data = at + VP_CHUNK_HEADER_BYTES,
		};
		*error = check_chunk(receiver, &chunk);
		if (*error != NULL)
			return VP_RECEIPT_ERROR;
		if (receiver->end - receiver->start - VP_CHUNK_HEADER_BYTES < chunk.size)
			return VP_RECEIPT_NONE;
		receiver->start += VP_CHUNK_HEADER_BYTES + chunk.size;
		enum vp_receipt receipt = take_chunk(receiver, &chunk, frame, error);
		if (receipt != VP_RECEIPT_NONE)
			return receipt;
	}
	return VP_RECEIPT_NONE;
}

uint32_t vp_receiver_take_credit(struct vp_receiver *receiver, enum vp_channel channel)
{
	struct vp_inbox *inbox = &receiver->inboxes[channel];
	if (inbox->unacknowledged < CREDIT_STEP)
		return 0;
	uint32_t granted = inbox->unacknowledged;
	inbox->unacknowledged = 0;
	inbox->credit += granted;
	return granted;
}

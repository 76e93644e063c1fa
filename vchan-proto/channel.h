/*
 * Channels: messages to bytes and back, by priority and credit. No I/O.
 *
 * The stream is a sequence of chunks: u8 channel, u8 flags (VP_CHUNK_LAST), u16 length, then 1 to
 * VP_CHUNK_MAX bytes. The bytes of a channel's chunks up to one with VP_CHUNK_LAST are one message:
 * its u16 opcode and its fields. A message of channel 0 is one chunk. Chunks of different channels
 * may alternate. On channels 1 to 3 the receiver limits the bytes under way by credit: each begins
 * with VP_CREDIT_MAX, and gets back what has been read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

enum {
	VP_CHUNK_HEADER_BYTES = 4,
	VP_CHUNK_LAST = 0x01,
	VP_OP_BYTES = 2,
	VP_STREAM_BUFFER_BYTES = 65536, /* written or read at one time */
	/* Descriptors of one write; the next one's may arrive before these are claimed. */
	VP_WRITE_BUFFERS_MAX = VP_PENDING_DESCRIPTORS_MAX / 2,
};

/* How far a channel's queue has been sent. */
struct vp_cursor {
	size_t head; /* offset of the first message that is not sent as a whole */
	size_t sent; /* bytes of it that are */
	uint32_t credit; /* bytes that may still be sent */
};

/* The messages that wait on one channel, each preceded by its size. */
struct vp_outbox {
	uint8_t *data;
	size_t capacity;
	size_t tail;
	size_t queued; /* bytes of messages that are not sent */
	uint64_t total; /* bytes of messages that ever were queued */
	struct vp_cursor cursor;
};

struct vp_sender {
	struct vp_outbox outboxes[VP_CHANNELS];
	size_t carried; /* bytes at the start of output that finish a chunk already begun */
	size_t gathered_buffers; /* buffer_create messages that begin in output */
	size_t early_buffers; /* messages not yet written whose descriptors are */
	uint8_t output[VP_STREAM_BUFFER_BYTES];
};

void vp_sender_init(struct vp_sender *sender);
void vp_sender_finish(struct vp_sender *sender);

/* Queues a message on its channel. False with errno: EINVAL (it is not valid), ENOBUFS (the channel
 * holds VP_CHANNEL_QUEUE_MAX bytes already), ENOMEM. */
bool vp_sender_push(struct vp_sender *sender, const struct vp_message *message);

/* The peer has read bytes of a channel. False if that is more than was sent. */
bool vp_sender_grant(struct vp_sender *sender, enum vp_channel channel, uint32_t bytes);

/* The bytes to write next, the most urgent channel first, at least enough of them if so many wait
 * and one buffer takes them; *len 0: none. *buffers is the number of shared buffers whose
 * descriptors must go with them. Valid until the next call of any function. */
const uint8_t *vp_sender_gather(
	struct vp_sender *sender, size_t enough, size_t *len, size_t *buffers);

/* The first written of the gathered bytes are on their way. What remains of the chunk that was cut
 * comes first in the next gathering; all else is chosen anew, so that it never delays what is more
 * urgent. */
void vp_sender_commit(struct vp_sender *sender, size_t written);

/* How many bytes of messages have ever been queued on a channel. */
uint64_t vp_sender_position(const struct vp_sender *sender, enum vp_channel channel);

/* Bytes of messages that wait on a channel. */
size_t vp_sender_queued(const struct vp_sender *sender, enum vp_channel channel);

/* Forgets what waits, but for the rest of a chunk already begun. */
void vp_sender_clear(struct vp_sender *sender);

/* A message that is being received. */
struct vp_inbox {
	uint8_t *data;
	size_t capacity;
	size_t len;
	uint32_t credit; /* bytes that the peer may still send */
	uint32_t unacknowledged; /* bytes read and not yet granted anew */
};

struct vp_receiver {
	struct vp_inbox inboxes[VP_CHANNELS];
	struct vp_inbox *delivered; /* holds the bytes of the last frame */
	size_t start; /* of the bytes in input that are not parsed */
	size_t end;
	uint8_t input[VP_STREAM_BUFFER_BYTES];
};

/* A whole message, not decoded. */
struct vp_frame {
	enum vp_channel channel;
	uint16_t op;
	const uint8_t *data;
	size_t len;
};

enum vp_receipt { VP_RECEIPT_NONE, VP_RECEIPT_FRAME, VP_RECEIPT_ERROR };

void vp_receiver_init(struct vp_receiver *receiver);
void vp_receiver_finish(struct vp_receiver *receiver);

/* Where to read bytes to, at least one; then the number of bytes that were read there. */
uint8_t *vp_receiver_space(struct vp_receiver *receiver, size_t *len);
void vp_receiver_add(struct vp_receiver *receiver, size_t len);

/* Stores the next message in *frame, valid until the next call of any function; or tells that more
 * bytes are needed; or that the peer broke the framing, and stores what it did in *error. */
enum vp_receipt vp_receiver_next(
	struct vp_receiver *receiver, struct vp_frame *frame, const char **error);

/* Credit to grant to the peer's side of a channel now, 0 while it has plenty; counts as granted. */
uint32_t vp_receiver_take_credit(struct vp_receiver *receiver, enum vp_channel channel);

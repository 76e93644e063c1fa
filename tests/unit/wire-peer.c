#include "wire-peer.h"

#include <stdlib.h>
#include <string.h>

#include "codec.h"

struct wire_peer *wire_peer_create(struct vp_transport *transport)
{
	struct wire_peer *peer = calloc(1, sizeof(*peer));
	if (peer == NULL)
		abort();
	peer->transport = transport;
	vp_sender_init(&peer->sender);
	vp_receiver_init(&peer->receiver);
	return peer;
}

void wire_peer_destroy(struct wire_peer *peer)
{
	if (peer == NULL)
		return;
	vp_transport_destroy(peer->transport);
	vp_sender_finish(&peer->sender);
	vp_receiver_finish(&peer->receiver);
	free(peer);
}

bool wire_peer_send(struct wire_peer *peer, const struct vp_message *message)
{
	if (!vp_sender_push(&peer->sender, message))
		return false;
	size_t len;
	size_t buffers;
	const uint8_t *data =
		vp_sender_gather(&peer->sender, VP_STREAM_BUFFER_BYTES, &len, &buffers);
	ssize_t written = vp_transport_write(peer->transport, data, len, buffers);
	if (written < 0)
		return false;
	vp_sender_commit(&peer->sender, (size_t)written);
	return (size_t)written == len;
}

bool wire_peer_send_hello(struct wire_peer *peer)
{
	return wire_peer_send(
		peer, VP_MESSAGE(HELLO, hello, .magic = VP_MAGIC, .major = VP_VERSION_MAJOR,
			      .minor = VP_VERSION_MINOR, .instance = 1));
}

bool wire_peer_send_chunk(
	struct wire_peer *peer, uint8_t channel, uint8_t flags, const void *data, size_t size)
{
	uint8_t chunk[VP_CHUNK_HEADER_BYTES + VP_CHUNK_MAX] = { channel, flags };
	if (size > VP_CHUNK_MAX)
		return false;
	vp_store_le(chunk + 2, size, 2);
	if (size > 0)
		memcpy(chunk + VP_CHUNK_HEADER_BYTES, data, size);
	size_t len = VP_CHUNK_HEADER_BYTES + size;
	return vp_transport_write(peer->transport, chunk, len, 0) == (ssize_t)len;
}

/* Reads what has come. False if there is nothing. */
static bool read_more(struct wire_peer *peer)
{
	size_t space;
	uint8_t *data = vp_receiver_space(&peer->receiver, &space);
	ssize_t n = vp_transport_read(peer->transport, data, space);
	if (n <= 0)
		return false;
	vp_receiver_add(&peer->receiver, (size_t)n);
	return true;
}

bool wire_peer_receive(struct wire_peer *peer, struct vp_message *message)
{
	struct vp_frame frame;
	const char *error;
	enum vp_receipt receipt;
	while ((receipt = vp_receiver_next(&peer->receiver, &frame, &error)) == VP_RECEIPT_NONE)
		if (!read_more(peer))
			return false;
	return receipt == VP_RECEIPT_FRAME &&
	       vp_message_decode(frame.op, frame.data, frame.len, message);
}

bool wire_peer_receive_op(struct wire_peer *peer, enum vp_op op, struct vp_message *message)
{
	while (wire_peer_receive(peer, message))
		if (message->op == op)
			return true;
	return false;
}

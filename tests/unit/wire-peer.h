/*
 * A peer that speaks the protocol by hand, over an in-memory transport, and may break it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel.h"
#include "transport.h"
#include "wire.h"

struct wire_peer {
	struct vp_transport *transport;
	struct vp_sender sender;
	struct vp_receiver receiver;
};

/* Takes the transport over. Aborts without memory, as a test may. */
struct wire_peer *wire_peer_create(struct vp_transport *transport);
void wire_peer_destroy(struct wire_peer *peer);

/* Sends a message at once, whatever its direction. False if it is invalid or there is no room. */
bool wire_peer_send(struct wire_peer *peer, const struct vp_message *message);

/* A well-formed hello of this version. */
bool wire_peer_send_hello(struct wire_peer *peer);

/* Sends one chunk with a header as given and size bytes of data. False without room. */
bool wire_peer_send_chunk(
	struct wire_peer *peer, uint8_t channel, uint8_t flags, const void *data, size_t size);

/* The next message, valid until the next call; false if there is none. */
bool wire_peer_receive(struct wire_peer *peer, struct vp_message *message);

/* Drops messages up to one with this opcode; false if none comes. */
bool wire_peer_receive_op(struct wire_peer *peer, enum vp_op op, struct vp_message *message);

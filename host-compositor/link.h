/*
 * The link between orield and oriel-view, or oriel-desk: typed, bounded messages (link.def,
 * desk.def), a packet each, over a SOCK_SEQPACKET socket. Both sides treat the other's packets as
 * hostile.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "desk.def"
#include "link.def"
#include "transport.h"
#include "wire.h"

#define HC_LINK_LIMIT(name, value, doc) enum { HC_LINK_##name = value };
HC_LINK_LIMITS(HC_LINK_LIMIT)
HC_DESK_LIMITS(HC_LINK_LIMIT)
#undef HC_LINK_LIMIT

/* TO_BROKER is from a view. */
enum hc_link_direction {
	HC_LINK_TO_VIEW = 1,
	HC_LINK_TO_BROKER,
	HC_LINK_TO_DESK,
	HC_LINK_FROM_DESK,
};

#define HC_LINK_ALL_MESSAGES(M) HC_LINK_MESSAGES(M) HC_DESK_MESSAGES(M)

#define HC_LINK_OP(op, UP, low, dir, since, doc) HC_LINK_OP_##UP = op,
enum hc_link_op { HC_LINK_ALL_MESSAGES(HC_LINK_OP) };
#undef HC_LINK_OP

#define HC_LINK_STRUCT_FIELD(type, name, min, max, doc) VP_C_##type name;
#define HC_LINK_STRUCT(op, UP, low, dir, since, doc) \
	struct hc_link_##low { \
		HC_LINK_##UP(HC_LINK_STRUCT_FIELD) \
	};
HC_LINK_ALL_MESSAGES(HC_LINK_STRUCT)
#undef HC_LINK_STRUCT
#undef HC_LINK_STRUCT_FIELD

struct hc_link_message {
	enum hc_link_op op;
	union {
#define HC_LINK_MEMBER(op, UP, low, dir, since, doc) struct hc_link_##low low;
		HC_LINK_ALL_MESSAGES(HC_LINK_MEMBER)
#undef HC_LINK_MEMBER
	};
};

/* HC_LINK_MESSAGE(QUIT, quit, 0): a struct hc_link_message, for a function's argument. */
#define HC_LINK_MESSAGE(UP, low, ...) \
	(&(const struct hc_link_message){ .op = HC_LINK_OP_##UP, .low = { __VA_ARGS__ } })

struct hc_link;

/* Takes over a connected SOCK_SEQPACKET socket and makes it non-blocking. direction is that of the
 * messages this side receives. NULL with errno. */
struct hc_link *hc_link_create(int socket_fd, enum hc_link_direction receives);

/* NULL is legal. */
void hc_link_destroy(struct hc_link *link);

/* Poll for input, and for output while hc_link_wants_output(). */
int hc_link_get_fd(const struct hc_link *link);
bool hc_link_wants_output(const struct hc_link *link);

/* The broker's first message on a link: tells the other side HC_LINK_VERSION. A link that is broken
 * is noticed afterwards. */
void hc_link_greet(struct hc_link *link);

/* Whether the other side is known to be new enough for a message. */
bool hc_link_understands(const struct hc_link *link, enum hc_link_op op);

/* Sends a message, with a descriptor unless it is -1 (which stays the caller's), or queues it
 * within HC_LINK_QUEUE_MAX if the socket is full. One that the other side does not understand is
 * left out, which is no failure. False with errno: EINVAL if the message is
 * invalid or its descriptor is missing or too many, ENOBUFS if the bound is reached, ETOOMANYREFS
 * if the user's programs have more descriptors in transit than this one may have open, else the
 * link is broken. */
bool hc_link_send(struct hc_link *link, const struct hc_link_message *message, int fd);

/* Sends a short message of the first version past the queue, and waits for nothing; it may be
 * called in a signal handler, which has the descriptor of the link alone. */
void hc_link_post(int link_fd, const struct hc_link_message *message);

/* Sends what is queued. False with errno if the link is broken. */
bool hc_link_flush(struct hc_link *link);

/* 1: a message, valid until the next call; *fd is its descriptor or -1, the caller's. 0: none now.
 * -1 with errno: the link is broken (EPIPE: closed by the peer, EPROTO: the peer broke the rules).
 * A message that is to carry a descriptor has one, and any other has none. */
int hc_link_receive(struct hc_link *link, struct hc_link_message *message, int *fd);

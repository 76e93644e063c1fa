#define G_LOG_DOMAIN "ga-x11"

#include <stdlib.h>
#include <xcb/xcbext.h>

#include "x11.h"

struct pending {
	unsigned int sequence;
	ga_x11_reply_handler *handler;
	uint32_t argument;
};

/* A ring that grows to what was needed once, and costs nothing then. */
struct ga_x11_replies {
	struct pending *ring;
	size_t capacity; /* a power of two */
	size_t first;
	size_t count;
	size_t unsent; /* the last of them: asking xcb for these would only read in vain */
	void *received; /* the first of them, until it is handled; NULL is an error's */
};

enum { CAPACITY_AT_FIRST = 64 };

bool ga_x11_replies_create(struct ga_x11 *x11)
{
	x11->replies = g_new0(struct ga_x11_replies, 1);
	x11->replies->capacity = CAPACITY_AT_FIRST;
	x11->replies->ring = g_new(struct pending, CAPACITY_AT_FIRST);
	return true;
}

void ga_x11_replies_destroy(struct ga_x11 *x11)
{
	if (x11->replies == NULL)
		return;
	g_free(x11->replies->ring);
	g_free(x11->replies);
	x11->replies = NULL;
}

static struct pending *pending_at(struct ga_x11_replies *replies, size_t index)
{
	return &replies->ring[(replies->first + index) & (replies->capacity - 1)];
}

static void grow(struct ga_x11_replies *replies)
{
	struct pending *ring = g_new(struct pending, replies->capacity * 2);
	for (size_t i = 0; i < replies->count; i++)
		ring[i] = *pending_at(replies, i);
	g_free(replies->ring);
	replies->ring = ring;
	replies->capacity *= 2;
	replies->first = 0;
}

void ga_x11_reply_expect(
	struct ga_x11 *x11, unsigned int sequence, ga_x11_reply_handler *handler, uint32_t argument)
{
	struct ga_x11_replies *replies = x11->replies;
	if (replies->count == replies->capacity)
		grow(replies);
	*pending_at(replies, replies->count) = (struct pending){ sequence, handler, argument };
	replies->count++;
	replies->unsent++;
}

void ga_x11_replies_flush(struct ga_x11 *x11)
{
	x11->replies->unsent = 0;
	xcb_flush(x11->connection);
}

bool ga_x11_replies_receive(struct ga_x11 *x11)
{
	struct ga_x11_replies *replies = x11->replies;
	if (replies->count <= replies->unsent)
		return false;
	xcb_generic_error_t *error = NULL;
	bool here = xcb_poll_for_reply(x11->connection, pending_at(replies, 0)->sequence,
			    &replies->received, &error) != 0;
	free(error);
	return here;
}

void ga_x11_replies_handle(struct ga_x11 *x11)
{
	struct ga_x11_replies *replies = x11->replies;
	struct pending pending = *pending_at(replies, 0);
	void *reply = replies->received;
	replies->received = NULL;
	replies->first = (replies->first + 1) & (replies->capacity - 1);
	replies->count--;
	replies->unsent = MIN(replies->unsent, replies->count);
	pending.handler(x11, reply, pending.argument);
	free(reply);
}

void ga_x11_replies_wait(struct ga_x11 *x11)
{
	ga_x11_replies_flush(x11);
	while (x11->replies->count > 0) {
		xcb_generic_error_t *error = NULL;
		unsigned int sequence = pending_at(x11->replies, 0)->sequence;
		x11->replies->received = xcb_wait_for_reply(x11->connection, sequence, &error);
		free(error);
		ga_x11_replies_handle(x11);
	}
}

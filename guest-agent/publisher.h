/*
 * Tells the primary of the guest's applications: a list of them when it asks and whenever they
 * change, and the icons that it asks for.
 *
 * What is told is queued in portions, so that thousands of applications hold up nothing. Reads of
 * icons come by GLib's default main context.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

struct ga_publisher;

struct ga_publisher_listener {
	/* Queues a message. False if there is no primary. */
	bool (*tell)(void *data, const struct vp_message *message);
	/* Bytes of a channel that wait for the primary. */
	size_t (*queued)(void *data, enum vp_channel channel);
};

/* icons_program: path of oriel-icons. Never fails. */
struct ga_publisher *ga_publisher_create(
	const char *icons_program, const struct ga_publisher_listener *listener, void *data);

/* NULL is legal. */
void ga_publisher_destroy(struct ga_publisher *publisher);

/* applications_request or application_icons_request; others are ignored. */
void ga_publisher_handle_message(struct ga_publisher *publisher, const struct vp_message *message);

/* The session with the primary has ended: the next one has to ask anew. */
void ga_publisher_primary_lost(struct ga_publisher *publisher);

/* When to dispatch even if nothing happens, CLOCK_MONOTONIC in milliseconds; -1 never. */
int64_t ga_publisher_deadline(const struct ga_publisher *publisher);

/* Queues what there is room for. Call it after each batch of work, when what that has queued has
 * been sent; true if there is something to be sent now, and then maybe more to be queued. */
bool ga_publisher_dispatch(struct ga_publisher *publisher);

/*
 * A main context of GLib's in a poll loop of another's, so that GDBus and GIO work there: it is the
 * thread's default. What it waits for is asked of GLib only after it has done something, or has
 * been given something to do.
 */
#pragma once

#include <poll.h>
#include <stddef.h>

struct ga_context;

/* The owner polls `reserved` descriptors of its own. Never fails. */
struct ga_context *ga_context_create(size_t reserved);

/* NULL is legal. */
void ga_context_destroy(struct ga_context *context);

/* What to poll, valid until the next call: first the owner's, to be filled in by it, then the
 * context's. *count is of all; *timeout (milliseconds, -1 for ever) is made shorter where the
 * context has a deadline. */
struct pollfd *ga_context_prepare(struct ga_context *context, size_t *count, int *timeout);

/* After poll(): does what has become due. */
void ga_context_dispatch(struct ga_context *context);

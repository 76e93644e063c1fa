/*
 * The guest's clipboard: joins its selections to the session with the primary. What applications
 * copy is told of, and sent when it is fetched; what the primary offers is owned here, and asked
 * for when an application pastes. Content is a stream each time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "streams.h"
#include "wire.h"

struct ga_clipboard;

/* Of the X server named by display (NULL: $DISPLAY). tell is called with what the primary is to
 * receive; streams must outlive the clipboard. NULL with one line on the log. */
struct ga_clipboard *ga_clipboard_create(const char *display, struct vp_streams *streams,
	bool (*tell)(void *data, const struct vp_message *message), void *data);

/* NULL is legal, here and below: there is no clipboard then. */
void ga_clipboard_destroy(struct ga_clipboard *clipboard);

/* A session with a primary is ready: it is told what is offered. When it has left, so has what it
 * offered. */
void ga_clipboard_primary_came(struct ga_clipboard *clipboard);
void ga_clipboard_primary_left(struct ga_clipboard *clipboard);

/* Carries out clipboard_offer, clipboard_fetch and clipboard_answer; others are ignored. */
void ga_clipboard_handle_message(struct ga_clipboard *clipboard, const struct vp_message *message);

/* A stream has ended, which may be of no concern here. */
void ga_clipboard_handle_stream_ended(
	struct ga_clipboard *clipboard, uint32_t stream, enum vp_stream_status status);

/* Poll for input (-1: nothing), or until the deadline (CLOCK_MONOTONIC in milliseconds, -1 none),
 * then dispatch; flush sends what is queued for the X server. */
int ga_clipboard_get_fd(const struct ga_clipboard *clipboard);
int64_t ga_clipboard_deadline(const struct ga_clipboard *clipboard);
void ga_clipboard_dispatch(struct ga_clipboard *clipboard);
void ga_clipboard_flush(struct ga_clipboard *clipboard);

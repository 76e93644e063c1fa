/*
 * The selections CLIPBOARD and PRIMARY of an X server: owns them for content that comes from
 * elsewhere, and takes the content that applications of this display own. Follows ICCCM 2
 * ("Peer-to-Peer Communication by Means of Selections"); content moves when it is asked for, and
 * passes through descriptors, in the order of the pipe.
 *
 * It has an X connection of its own, so that what is large holds up nothing else, and never waits
 * for another client: whoever does not answer, or go on, within a time is given up. Time is
 * CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

struct vp_selections;

enum {
	VP_SELECTION_COUNT = 2,
	/* An application that pastes gets nothing if it has not been answered by then. */
	VP_SELECTIONS_ANSWER_MS = 2000,
	/* An application that owns a selection is given up if it has not answered by then, and so
	 * is content that has been promised to one that pastes. */
	VP_SELECTIONS_FETCH_MS = 10000,
	/* Longest pause of either, once content has begun to move. */
	VP_SELECTIONS_IDLE_MS = 5000,
	/* An owner that changes more often is reported so often at most. */
	VP_SELECTIONS_OFFER_MS = 50,
	/* Contents that are being fetched at one time; as many again may be given. */
	VP_SELECTIONS_TRANSFERS_MAX = VP_CLIPBOARD_REQUESTS_MAX,
};

struct vp_selections_listener {
	/* What the applications of this display offer now (bits of vp_clipboard_type; 0 nothing),
	 * told of each selection once after announce(), then whenever it changes. offer counts
	 * them. What vp_selections_offer() has put there is not told of, nor what it has taken the
	 * place of before that could be told. */
	void (*offered)(void *data, enum vp_selection selection, uint32_t offer, uint32_t types);
	/* An application pastes what vp_selections_offer() has put there: vp_selections_answer(),
	 * now or later. offer is the one that was given. */
	void (*wanted)(void *data, uint32_t request, enum vp_selection selection, uint32_t offer,
		enum vp_clipboard_type type);
	/* A fetch has ended, and bytes have been written; called once for each, never from within
	 * vp_selections_fetch(). Its descriptor is closed right afterwards, so that whoever reads
	 * can be told first that it ends early. message is for people, empty when it is done. */
	void (*fetched)(void *data, uint32_t fetch, enum vp_stream_status status, uint64_t bytes,
		const char *message);
	/* The X server is gone. Called once. */
	void (*lost)(void *data);
};

/* Connects to the X server named by display (NULL: $DISPLAY), waiting for it. Nothing is reported
 * until vp_selections_announce(). NULL, and a sentence for people in error, of size bytes. */
struct vp_selections *vp_selections_create(const char *display,
	const struct vp_selections_listener *listener, void *data, char *error, size_t size);

/* Gives up what it owns. Descriptors are closed; fetched is not called. NULL is legal. */
void vp_selections_destroy(struct vp_selections *selections);

/* Poll for input, or until the deadline (-1 none), then dispatch. Flush sends what is queued for
 * the server; call it after each batch of work. True if that has read, and handled, something. */
int vp_selections_get_fd(const struct vp_selections *selections);
int64_t vp_selections_deadline(const struct vp_selections *selections);
void vp_selections_dispatch(struct vp_selections *selections);
bool vp_selections_flush(struct vp_selections *selections);

/* Reports what is offered, of both selections, and from now on what changes; silence() ends that,
 * and gives up what is owned and what is under way. */
void vp_selections_announce(struct vp_selections *selections);
void vp_selections_silence(struct vp_selections *selections);

/* False while the server may not have done yet what silence() has asked of it. */
bool vp_selections_settled(const struct vp_selections *selections);

/* Becomes the owner of a selection, which has the types (bits of vp_clipboard_type); 0: gives it up
 * if it is the owner. Pastes of an earlier offer that have not been answered get nothing. */
void vp_selections_offer(struct vp_selections *selections, enum vp_selection selection,
	uint32_t offer, uint32_t types);

/* Answers a paste: its content is read from fd (which is taken over, and no regular file) to the
 * end; -1: it gets nothing. One that is unknown, or has been given up, is ignored, and fd closed.
 */
void vp_selections_answer(struct vp_selections *selections, uint32_t request, int fd);

/* What is being read for a paste is not the whole: it gets nothing if it has got nothing yet,
 * otherwise what has come. To be called before the other end of fd is closed. */
void vp_selections_break(struct vp_selections *selections, uint32_t request);

/* Takes what is offered, converted to one type, and writes it to fd (which is taken over, and no
 * regular file); fetched() tells how that has ended. fetch is the caller's name for it. It fails if
 * offer is not the last one told, and is TOO_LARGE beyond max bytes. To give it up, close the end
 * that reads. False, and fd is closed, if there are too many. */
bool vp_selections_fetch(struct vp_selections *selections, uint32_t fetch,
	enum vp_selection selection, uint32_t offer, enum vp_clipboard_type type, uint64_t max,
	int fd);

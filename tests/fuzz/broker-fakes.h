/*
 * What the broker works with, in place of view-process.c, desk-process.c, display.c,
 * policy-watch.c, tree-process.c and the drivers of hypervisors: views and a desk without
 * processes, at the other end of real links; guests that are up or not; a display that is there;
 * and a clock that stands still until it is told to go on. Nothing is by chance, and the primary
 * itself opens nothing.
 */
#pragma once

#include <stdint.h>

#include "link.h"

enum { FAKE_VIEWS = 2, FAKE_FILES = 4 };

/* The other end of a link, which says what a fuzzer makes it say. */
struct fake_peer {
	struct hc_link *link; /* NULL: there is no process */
	int files[FAKE_FILES]; /* the last descriptors that have come, -1 none */
	unsigned int next_file;
};

/* By VM, in the order of their names; NULL: it has none. */
struct fake_peer *fake_view_peer(unsigned int index);
struct fake_peer *fake_desk_peer(void);

/* Ends the view's process, or the desk. */
void fake_view_end(unsigned int index);
void fake_desk_end(void);

/* Reads what the broker has said, which has to be well-formed. */
void fake_peer_read(struct fake_peer *peer);

/* The question that the user is asked, 0 if there is none. */
uint32_t fake_desk_question(void);

/* What the hypervisor tells of a VM's guest, if that can be told of one that is up, or not up. */
enum fake_change { FAKE_RUN, FAKE_STOP, FAKE_CRASH, FAKE_PAUSE, FAKE_REACHABLE, FAKE_CHANGES };
void fake_guest_change(unsigned int index, enum fake_change change);

/* Milliseconds go by. */
void fake_clock_advance(int64_t ms);

/* Back to guests that are up. */
void fake_broker_begin(void);

/*
 * Whether the guest has fallen silent. A hypervisor tells nobody that it has paused a domain, so
 * that is noticed here: what the user did is not followed by anything from the guest, and then a
 * ping is not either. As long as the guest answers, that costs nothing: no message, no wake-up.
 *
 * Time is a parameter, CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* That long for the guest to say anything, and again for it to answer a ping. */
enum { HC_SILENCE_MS = 1000 };

struct hc_silence {
	uint64_t inputs; /* as last seen, as is the next */
	uint64_t received;
	int64_t deadline; /* -1: nothing is waited for */
	bool pinged; /* and not answered */
	bool standing; /* the guest is known to stand still */
};

enum hc_silence_event {
	HC_SILENCE_NONE,
	HC_SILENCE_PING, /* is to be sent */
	HC_SILENCE_BEGINS,
	HC_SILENCE_ENDS, /* told for all that comes while the guest should stand still */
};

/* A session begins, or has ended; inputs: that the guests before it have been sent. */
void hc_silence_init(struct hc_silence *silence, uint64_t inputs);

/* The guest is known to stand still, or to go on. Of one that stands still, the answer to a ping
 * tells that it has been resumed. */
enum hc_silence_event hc_silence_stand(struct hc_silence *silence, bool standing);

/* inputs: of the user, that the guest has been sent; received: messages of the guest. */
enum hc_silence_event hc_silence_observe(
	struct hc_silence *silence, uint64_t inputs, uint64_t received, int64_t now);

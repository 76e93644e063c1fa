/*
 * How long windows outlive their session with the guest: they wait for its return until then, and
 * then they go. A session that begins and ends in between, without announcing them, is no return.
 *
 * Time is a parameter, CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hc_expiry {
	int64_t limit; /* milliseconds; -1: they wait for ever */
	int64_t deadline; /* when those that wait now are to go; -1: never, or none wait */
};

void hc_expiry_init(struct hc_expiry *expiry, int64_t limit);

/* waiting: there are windows without their guest. True once they are to go. */
bool hc_expiry_observe(struct hc_expiry *expiry, bool waiting, int64_t now);

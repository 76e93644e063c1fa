/*
 * When to try again what has just failed: soon at first, then ever later, until it has lasted for
 * two seconds.
 */
#pragma once

#include <stdint.h>

struct hc_backoff {
	uint32_t tries;
	int64_t last; /* milliseconds */
};

/* The time of the next try, for a failure at now (both in milliseconds). */
int64_t hc_backoff_next(struct hc_backoff *backoff, int64_t now);

/* The next failure is the first again. */
void hc_backoff_reset(struct hc_backoff *backoff);

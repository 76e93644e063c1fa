/*
 * A bound on how often something may happen: a number of times at once, and then once an interval
 * (the generic cell rate algorithm). Pure; times are in one unit, of the caller's choice.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hc_rate_bound {
	int64_t burst; /* times at once, at least 1 */
	int64_t interval;
};

/* All zero: it has never happened. */
struct hc_rate {
	int64_t full; /* when as much may happen at once again as at first */
};

/* When it may happen next; not after now: at once. */
int64_t hc_rate_next(const struct hc_rate *rate, const struct hc_rate_bound *bound);

/* True, and it is counted, if it may happen now. */
bool hc_rate_take(struct hc_rate *rate, const struct hc_rate_bound *bound, int64_t now);

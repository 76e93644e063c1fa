#include "rate.h"

int64_t hc_rate_next(const struct hc_rate *rate, const struct hc_rate_bound *bound)
{
	return rate->full - (bound->burst - 1) * bound->interval;
}

bool hc_rate_take(struct hc_rate *rate, const struct hc_rate_bound *bound, int64_t now)
{
	if (hc_rate_next(rate, bound) > now)
		return false;
	rate->full = (rate->full > now ? rate->full : now) + bound->interval;
	return true;
}

/* Times until which is waited, in milliseconds of CLOCK_MONOTONIC; -1 is never. */
#pragma once

#include <stdint.h>

static inline int64_t vp_earlier(int64_t a, int64_t b)
{
	return a == -1 || (b != -1 && b < a) ? b : a;
}

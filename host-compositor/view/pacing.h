/* What the core has let a guest have, and what is due to be done for it later (pacing.c). */
#pragma once

#include <stddef.h>

#include "budget.h"

struct hc_pacing {
	struct hc_budget work;
	struct hc_budget drawing;
	int64_t now; /* nanoseconds, core->now */
	bool held; /* the session is not read */
	uint64_t messages; /* of the session that have been paid for */
	uint64_t bytes;
	uint64_t screen; /* pixels */
	size_t titles_due; /* windows whose title is shown later */
	size_t answers_due; /* windows whose frame is answered later */
	bool cursor_due;
	uint32_t cursor; /* last set */
	int64_t cursor_shown; /* 0 never, as the next */
	int64_t bell_rung;
};

void hc_pacing_init(struct hc_pacing *pacing);

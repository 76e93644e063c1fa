#include "expiry.h"

void hc_expiry_init(struct hc_expiry *expiry, int64_t limit)
{
	*expiry = (struct hc_expiry){ .limit = limit, .deadline = -1 };
}

bool hc_expiry_observe(struct hc_expiry *expiry, bool waiting, int64_t now)
{
	if (!waiting)
		expiry->deadline = -1;
	else if (expiry->deadline < 0 && expiry->limit >= 0)
		expiry->deadline = now + expiry->limit;
	return expiry->deadline >= 0 && now >= expiry->deadline;
}

#include "backoff.h"

#include <glib.h>

enum {
	FIRST_MS = 20,
	LAST_MS = 5000,
	LASTED_MS = 2000, /* as in a guest's session */
	DOUBLINGS_MAX = 8,
};

int64_t hc_backoff_next(struct hc_backoff *backoff, int64_t now)
{
	int64_t delay;

	if (now - backoff->last > LASTED_MS)
		backoff->tries = 0;
	delay = MIN((int64_t)FIRST_MS << MIN(backoff->tries, DOUBLINGS_MAX), LAST_MS);
	backoff->tries++;
	backoff->last = now + delay;
	return now + delay;
}

void hc_backoff_reset(struct hc_backoff *backoff)
{
	*backoff = (struct hc_backoff){ 0 };
}

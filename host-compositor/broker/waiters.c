#include "waiters.h"

struct waiter {
	void (*done)(void *data, const GError *error);
	void *data;
};

struct hc_waiters {
	GArray *waiting; /* of struct waiter */
};

struct hc_waiters *hc_waiters_create(void)
{
	struct hc_waiters *waiters = g_new(struct hc_waiters, 1);

	waiters->waiting = g_array_new(FALSE, FALSE, sizeof(struct waiter));
	return waiters;
}

void hc_waiters_destroy(struct hc_waiters *waiters)
{
	if (!waiters)
		return;
	g_array_unref(waiters->waiting);
	g_free(waiters);
}

void hc_waiters_add(
	struct hc_waiters *waiters, void (*done)(void *data, const GError *error), void *data)
{
	struct waiter waiter = { .done = done, .data = data };

	g_array_append_val(waiters->waiting, waiter);
}

guint hc_waiters_count(const struct hc_waiters *waiters)
{
	return waiters->waiting->len;
}

void hc_waiters_tell(struct hc_waiters *waiters, const GError *error)
{
	g_autoptr(GArray) told = waiters->waiting;

	waiters->waiting = g_array_new(FALSE, FALSE, sizeof(struct waiter));
	for (guint i = 0; i < told->len; i++) {
		const struct waiter *waiter = &g_array_index(told, struct waiter, i);

		waiter->done(waiter->data, error);
	}
}

/*
 * Who waits for something that happens once.
 */
#pragma once

#include <glib.h>

struct hc_waiters;

struct hc_waiters *hc_waiters_create(void);

/* Those who wait are not told. NULL is legal. */
void hc_waiters_destroy(struct hc_waiters *waiters);

void hc_waiters_add(
	struct hc_waiters *waiters, void (*done)(void *data, const GError *error), void *data);

guint hc_waiters_count(const struct hc_waiters *waiters);

/* Tells all, who wait no longer then; they may come back with new wishes. */
void hc_waiters_tell(struct hc_waiters *waiters, const GError *error);

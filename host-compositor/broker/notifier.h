/*
 * Notifications on the primary's desktop (Desktop Notifications Specification 1.2), of the broker
 * itself and of guests.
 *
 * Nothing waits for them: where there is no session bus, or no notification server, they are lines
 * of the log. Each VM, and the broker about each VM, may show a few at once, and then one every
 * few seconds; of what is too much the last are shown later, and the rest is counted.
 *
 * Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "notice.h"
#include "session-bus.h"

struct hc_notifier;

enum hc_closed {
	HC_CLOSED_EXPIRED = 1,
	HC_CLOSED_DISMISSED = 2,
	HC_CLOSED_WITHDRAWN = 3,
	HC_CLOSED_OTHER = 4,
};

/* About those of guests with a subject. */
struct hc_notifier_listener {
	/* It is no more on the desktop, if it ever was. */
	void (*closed)(void *data, const char *vm, const char *subject, enum hc_closed reason);
	/* The user has chosen one of its actions. */
	void (*action)(void *data, const char *vm, const char *subject, const char *action);
};

/* The bus must outlive it. */
struct hc_notifier *hc_notifier_create(
	struct hc_session_bus *bus, const struct hc_notifier_listener *listener, void *data);

/* What is on the desktop stays there. NULL is legal. */
void hc_notifier_destroy(struct hc_notifier *notifier);

void hc_notifier_show(
	struct hc_notifier *notifier, int64_t now, const struct hc_notification *notification);

/* Takes the VM's own, or the broker's about it, with that subject away again, or all of them
 * (NULL); the listener is not told. */
void hc_notifier_withdraw(
	struct hc_notifier *notifier, const char *vm, bool from_guest, const char *subject);

/* When to dispatch, -1 never. */
int64_t hc_notifier_deadline(const struct hc_notifier *notifier);
void hc_notifier_dispatch(struct hc_notifier *notifier, int64_t now);

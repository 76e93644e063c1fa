/*
 * A call of the broker's interface that is answered with rows, when the last of those who were
 * asked for them has answered.
 */
#pragma once

#include <gio/gio.h>

#include "broker.h"

struct hc_gathering {
	struct hc_broker *broker;
	GDBusMethodInvocation *invocation;
	GPtrArray *rows; /* of GVariant a{sv} */
	void (*finish)(struct hc_gathering *gathering);
	guint holds;
};

/* Held once, by the caller. finish() answers the call, after the last release; then the gathering
 * and its rows are freed. */
struct hc_gathering *hc_gathering_create(struct hc_broker *broker,
	GDBusMethodInvocation *invocation, void (*finish)(struct hc_gathering *gathering));

/* Before somebody is asked; to be released with the answer. */
void hc_gathering_hold(struct hc_gathering *gathering);
void hc_gathering_release(struct hc_gathering *gathering);

/* The rows as they are now, aa{sv}; floating. */
GVariant *hc_gathering_rows(const struct hc_gathering *gathering);

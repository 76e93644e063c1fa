/*
 * What of the broker's interface is about the policy.
 */
#pragma once

#include <stdbool.h>

#include <gio/gio.h>

#include "broker-interface.h"
#include "broker.h"

/* Answers the policy's methods. *broker is read when they are called, and outlives the skeleton. */
void hc_dbus_policy_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker);

/* Whether the user may launch in the VM; if not, the call has been answered with an error. */
bool hc_dbus_policy_allows_launch(
	struct hc_broker *broker, const struct hc_vm *vm, GDBusMethodInvocation *invocation);

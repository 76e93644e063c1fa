/*
 * What of the broker's interface is about the policy.
 */
#pragma once

#include "broker-interface.h"
#include "broker.h"

/* Answers the policy's methods. *broker is read when they are called, and outlives the skeleton. */
void hc_dbus_policy_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker);

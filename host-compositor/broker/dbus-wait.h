/*
 * What of the broker's interface waits for the end of applications.
 */
#pragma once

#include "broker-interface.h"
#include "broker.h"

/* Answers the method Wait. *broker is read when it is called, and outlives the skeleton. */
void hc_dbus_wait_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker);

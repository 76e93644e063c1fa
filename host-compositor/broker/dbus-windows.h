/*
 * What of the broker's interface lists windows and takes pictures of them.
 */
#pragma once

#include "broker-interface.h"
#include "broker.h"

/* Answers these methods. *broker is read when they are called, and outlives the skeleton. */
void hc_dbus_windows_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker);

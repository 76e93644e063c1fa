/*
 * What of the broker's interface starts applications.
 */
#pragma once

#include "broker-interface.h"
#include "broker.h"

/* Answers the methods Run and Launch. *broker is read when they are called, and outlives the
 * skeleton. */
void hc_dbus_launch_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker);

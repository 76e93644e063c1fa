/*
 * What of the broker's interface lists VMs, starts and stops them.
 */
#pragma once

#include "broker-interface.h"
#include "broker.h"

/* Answers these methods. *broker is read when they are called, and outlives the skeleton. */
void hc_dbus_vms_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker);

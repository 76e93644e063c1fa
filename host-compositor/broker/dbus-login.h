/*
 * What of the broker's interface starts the VMs that are to run from the user's login on.
 */
#pragma once

#include "broker-interface.h"
#include "broker.h"

/* Answers the method StartLoginVMs. *broker is read when it is called, and outlives the skeleton.
 */
void hc_dbus_login_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker);

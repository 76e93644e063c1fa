/*
 * What of the broker's interface is about applications and the start menu.
 */
#pragma once

#include "broker-interface.h"
#include "broker.h"

/* Answers these methods. *broker is read when they are called, and outlives the skeleton. */
void hc_dbus_menu_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker);

/*
 * What of the broker's interface is about the clipboard.
 */
#pragma once

#include "broker-interface.h"
#include "broker.h"

/* Answers the clipboard's methods. *broker is read when they are called, and outlives the skeleton.
 */
void hc_dbus_clip_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker);

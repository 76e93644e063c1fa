/*
 * What of the broker's interface copies files.
 */
#pragma once

#include "broker-interface.h"
#include "broker.h"

/* Answers the methods CopyFiles, WaitCopy and CancelCopy. *broker is read when they are called, and
 * outlives the skeleton. */
void hc_dbus_copies_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker);

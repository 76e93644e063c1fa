/*
 * What the methods of the broker's interface do alike: find the VM that they are about, and fail.
 *
 * A call that has failed is answered, and no longer the caller's.
 */
#pragma once

#include <gio/gio.h>

#include "broker.h"

/* What a method that fails returns, and one that the policy denies; the message is for people. */
#define HC_DBUS_ERROR_FAILED "io.oriel.Broker1.Error.Failed"
#define HC_DBUS_ERROR_DENIED "io.oriel.Broker1.Error.Denied"

/* With HC_DBUS_ERROR_FAILED, whatever the error is. */
void hc_dbus_call_fail(GDBusMethodInvocation *call, const GError *error);

/* With HC_DBUS_ERROR_DENIED if the error is G_IO_ERROR_PERMISSION_DENIED, else as above. */
void hc_dbus_call_refuse(GDBusMethodInvocation *call, const GError *error);

/* Because nobody is there any more who could be answered. */
void hc_dbus_call_abandon(GDBusMethodInvocation *call);

/* Answers a call that returns nothing: error is NULL if all went well. */
void hc_dbus_call_finish(GDBusMethodInvocation *call, const GError *error);

/* The VM of that name, by the files as they are now; the broker's. NULL: the call has failed. */
struct hc_vm *hc_dbus_call_find_vm(
	GDBusMethodInvocation *call, struct hc_broker *broker, const char *name);

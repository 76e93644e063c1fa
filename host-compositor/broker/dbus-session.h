/*
 * The broker's interface on the primary's session bus, where there is one, under its own name; the
 * same object as on the private socket.
 */
#pragma once

#include <gio/gio.h>

#include "session-bus.h"

#define HC_DBUS_SESSION_NAME "io.oriel.Broker1"

struct hc_dbus_session;

/* Offers the object from now on. The bus must outlive it or be destroyed with nothing more told. */
struct hc_dbus_session *hc_dbus_session_create(
	struct hc_session_bus *bus, GDBusInterfaceSkeleton *object, const char *path);

/* NULL is legal. */
void hc_dbus_session_destroy(struct hc_dbus_session *session);

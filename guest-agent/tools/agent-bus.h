/* How the guest's programs reach its agent: io.oriel.Agent1 on the session bus. */
#pragma once

#include <gio/gio.h>

#define GA_AGENT_NAME "io.oriel.Agent1" /* of the interface, too */
#define GA_AGENT_PATH "/io/oriel/Agent1"

/* NULL with an error. The caller unrefs it. */
GDBusConnection *ga_agent_bus_connect(GError **error);

/* Makes a call's error one for people. */
void ga_agent_bus_explain(GError **error);

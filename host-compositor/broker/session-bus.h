/*
 * The session bus of the primary's desktop, where there is one. It is an offer to whoever is there:
 * nothing waits for it.
 */
#pragma once

#include <gio/gio.h>

struct hc_session_bus;

/* The connection that there is from now on, the follower's for as long as it refs it; NULL: there
 * is none. */
typedef void hc_session_bus_changed(void *data, GDBusConnection *connection);

/* Never fails. */
struct hc_session_bus *hc_session_bus_create(void);

/* NULL is legal. */
void hc_session_bus_destroy(struct hc_session_bus *bus);

/* Calls changed whenever a connection comes, goes, or cannot be had; a follower stays as long as
 * the bus. */
void hc_session_bus_follow(struct hc_session_bus *bus, hc_session_bus_changed *changed, void *data);

/* Connects unless that is done or under way. Every call is answered by changed. */
void hc_session_bus_connect(struct hc_session_bus *bus);

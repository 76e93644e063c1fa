/*
 * The guest's session bus: what the agent offers there, for as long as there is a bus.
 *
 * A bus that is not there, or goes, is tried again a few times, later each time, and then whenever
 * ga_bus_connect() is called. It runs in GLib's default main context (context.h).
 */
#pragma once

#include <gio/gio.h>
#include <stdint.h>

struct ga_bus;

/* Never fails. */
struct ga_bus *ga_bus_create(void);

/* NULL is legal. */
void ga_bus_destroy(struct ga_bus *bus);

/* Before the first ga_bus_connect(): an object of the agent's, at a path, under a name that is
 * taken once no other program has it. */
void ga_bus_offer(
	struct ga_bus *bus, const char *name, const char *path, GDBusInterfaceSkeleton *object);

/* Connects unless that is done or under way. Does nothing where no bus is configured. */
void ga_bus_connect(struct ga_bus *bus);

/* When it is to be tried again: CLOCK_MONOTONIC in milliseconds, -1 not; then ga_bus_dispatch(). */
int64_t ga_bus_deadline(const struct ga_bus *bus);
void ga_bus_dispatch(struct ga_bus *bus, int64_t now);

/*
 * Starting an application over the session bus (Desktop Entry Specification 1.5, "D-Bus
 * Activation").
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Between the id of an application and that of one of its actions. */
#define GA_ACTION_SEPARATOR ":"

/* Where an application is on the bus, freed with g_free(); NULL if the id, a desktop file's name
 * without .desktop, is no application's. */
char *ga_activation_path(const char *id);

/* Asks the application to show itself, to open files and URLs (NULL-terminated), or, if the id goes
 * on with ":ACTION", to do that, and waits until it has answered. False with an error for people.
 */
bool ga_activation_call(const char *id, const char *const *files, GError **error);

/*
 * Starting an application over the session bus (Desktop Entry Specification 1.5, "D-Bus
 * Activation").
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Where an application is on the bus, freed with g_free(); NULL if the id, a desktop file's name
 * without .desktop, is no application's. */
char *ga_activation_path(const char *id);

/* Asks the application to show itself, or to open files and URLs (NULL-terminated), and waits until
 * it has answered. False with an error for people. */
bool ga_activation_call(const char *id, const char *const *files, GError **error);

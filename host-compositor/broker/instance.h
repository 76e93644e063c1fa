/*
 * There is one broker for each runtime directory: the holder of its lock.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

struct hc_instance;

/* Makes the runtime directory (mode 0700), takes the lock, and removes the socket of a dead broker,
 * unless the socket is a service manager's, as it is if one was inherited. NULL with an error, for
 * instance when another broker runs. */
struct hc_instance *hc_instance_acquire(bool socket_inherited, GError **error);

/* Leaves neither lock nor own socket, nor an empty runtime directory. NULL is legal. */
void hc_instance_release(struct hc_instance *instance);

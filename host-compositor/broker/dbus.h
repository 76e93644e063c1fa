/*
 * The broker's interface io.oriel.Broker1, served peer to peer on a socket that only the same user
 * reaches, and on the session bus.
 *
 * Every method is answered when its work is done; none holds up another.
 */
#pragma once

#include <glib.h>

#include "broker.h"

struct hc_dbus;

struct hc_dbus_listener {
	/* Quit has been asked for and answered; nothing of any VM is left. */
	void (*quit)(void *data);
};

/* Serves socket_fd, which listens already and becomes its own, or if that is -1 socket_path, which
 * must not exist. NULL with an error. */
struct hc_dbus *hc_dbus_create(int socket_fd, const char *socket_path,
	const struct hc_dbus_listener *listener, void *data, GError **error);

/* Begins to answer calls, from this broker; those that have come wait until then. */
void hc_dbus_serve(struct hc_dbus *dbus, struct hc_broker *broker);

/* Sends what is still to be sent. NULL is legal. */
void hc_dbus_destroy(struct hc_dbus *dbus);

/* Emits the signal VMChanged. */
void hc_dbus_emit_vm_changed(struct hc_dbus *dbus, const struct hc_vm *vm);

/* Emits the signal ApplicationsChanged. */
void hc_dbus_emit_applications_changed(struct hc_dbus *dbus, const struct hc_vm *vm);

/* Emits the signal WindowsChanged. */
void hc_dbus_emit_windows_changed(struct hc_dbus *dbus, const struct hc_vm *vm);

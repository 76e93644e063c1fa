/*
 * A listening unix socket whose clients speak D-Bus peer to peer, as GDBusServer would have it, but
 * one that may be inherited.
 */
#pragma once

#include <gio/gio.h>

struct hc_dbus_socket;

struct hc_dbus_socket_listener {
	/* A program of the same user has connected. Its messages wait until this returns; FALSE
	 * hangs up. */
	gboolean (*connected)(void *data, GDBusConnection *connection);
};

/* Serves inherited_fd, which becomes its own, or if that is -1 a new socket at path, which must
 * not exist. Clients wait until hc_dbus_socket_serve(). NULL with an error. */
struct hc_dbus_socket *hc_dbus_socket_create(int inherited_fd, const char *path,
	const struct hc_dbus_socket_listener *listener, void *data, GError **error);

void hc_dbus_socket_serve(struct hc_dbus_socket *self);

/* Connections that have been told of stay. NULL is legal. */
void hc_dbus_socket_destroy(struct hc_dbus_socket *self);

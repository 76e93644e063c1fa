/*
 * The guest's notification server (org.freedesktop.Notifications): what applications notify the
 * user of is shown by the primary, as its policy lets.
 */
#pragma once

#include "notifications-interface.h"
#include "wire.h"

struct ga_notifications;

/* tell is called with notify and notify_close, and returns false if there is no primary to tell.
 * Answers object's methods from now on. Never fails. */
struct ga_notifications *ga_notifications_create(GaDbusNotifications *object,
	bool (*tell)(void *data, const struct vp_message *message), void *data);

/* NULL is legal. */
void ga_notifications_destroy(struct ga_notifications *notifications);

/* Takes notify_server, notify_closed and notify_action; others are ignored. */
void ga_notifications_handle_message(
	struct ga_notifications *notifications, const struct vp_message *message);

/* The session with the primary has ended: nobody will hear of what is shown. */
void ga_notifications_primary_left(struct ga_notifications *notifications);

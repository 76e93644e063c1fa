/*
 * Launching: runs what the primary asks for, tells its process id, and its end.
 *
 * Children are told by SIGCHLD, which the owner blocks and waits for; what they print goes to
 * $XDG_STATE_HOME/oriel/applications.log.
 */
#pragma once

#include "wire.h"

struct ga_launcher;

/* tell is called with launched and exited, and returns false if there is no primary to tell. Never
 * fails. */
struct ga_launcher *ga_launcher_create(
	bool (*tell)(void *data, const struct vp_message *message), void *data);

/* Leaves the children alone. NULL is legal. */
void ga_launcher_destroy(struct ga_launcher *launcher);

/* Carries out launch; others are ignored. */
void ga_launcher_handle_message(struct ga_launcher *launcher, const struct vp_message *message);

/* SIGCHLD came: tells of the children that have ended. */
void ga_launcher_reap(struct ga_launcher *launcher);

/* A session with a primary is ready: tells of the children that have ended meanwhile. */
void ga_launcher_primary_came(struct ga_launcher *launcher);

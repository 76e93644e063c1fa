/*
 * What the guest's session tells of itself, for whoever started it.
 *
 * The state file is replaced as a whole (written beside and renamed) at each change:
 *
 *   [session]
 *   state=starting|running|stopping|failed
 *   reason=             one clear sentence, when failed
 *   display=N
 *   start-time=         seconds since 1970
 *   pid=                of the session, as seen in its own pid namespace, as are the following
 *   x-server-pid=       0 when there is none, as for the following
 *   bus-pid=
 *   agent-pid=
 *
 * To the notify descriptor the session writes a line "starting", "running", "stopping" or "failed
 * REASON" at each change of state, after the file. When the reader is gone, it goes on without.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <glib.h>

struct ga_session_state {
	const char *name; /* "starting" and so on */
	const char *reason; /* NULL unless it failed */
	uint32_t display;
	int64_t start_time; /* seconds since 1970 */
	pid_t x_server_pid; /* 0 none, as for the following */
	pid_t bus_pid;
	pid_t agent_pid;
};

/* Replaces the state file at path. False with an error. */
bool ga_session_state_write(const struct ga_session_state *state, const char *path, GError **error);

/* Writes the line to the notify descriptor. */
void ga_session_state_notify(const struct ga_session_state *state, int fd);

/*
 * What a running local VM leaves in $XDG_RUNTIME_DIR/oriel/NAME, so that a later broker finds it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "local-process.h"
#include "vm-config.h"

struct hv_local_paths {
	char *directory;
	char *state; /* struct hv_local_state */
	char *agent_socket; /* where the agent listens */
	char *x11; /* directory of the X server's socket, seen by the guest as /tmp/.X11-unix */
	char *xauthority;
	char *session; /* directory of the session's state file */
	char *session_state; /* written by the guest: not to be trusted */
	char *runtime; /* the guest's XDG_RUNTIME_DIR, without a sandbox */
	char *log; /* in $XDG_STATE_HOME: what the session prints */
};

struct hv_local_state {
	struct hv_process launcher; /* what the driver started: bwrap, or the session itself */
	struct hv_process
		session; /* the guest session's first process; pid 0 as long as it is not known */
	enum hv_isolation isolation;
	uint32_t display;
	char *marker; /* NAME=VALUE in the environment of all its processes */
	char **cgroups; /* directories, NULL-terminated; may be NULL */
	char *notice; /* what people should know, or NULL */
};

/* What the session says of itself. */
struct hv_session_report {
	bool running;
	pid_t x_server; /* in the session's pid namespace, 0 none */
	pid_t agent;
	char *reason;
};

void hv_local_paths_init(struct hv_local_paths *paths, const char *vm);
void hv_local_paths_finish(struct hv_local_paths *paths);

/* Removes everything of hv_local_paths but the log, and the directory unless others have files in
 * it. */
void hv_local_paths_remove(const struct hv_local_paths *paths);

/* Replaces the file as a whole. */
bool hv_local_state_write(const struct hv_local_state *state, const char *path, GError **error);

/* False if there is no such file, or a damaged one. Finished with hv_local_state_finish(). */
bool hv_local_state_read(struct hv_local_state *state, const char *path);
void hv_local_state_finish(struct hv_local_state *state);

/* False if there is no such file, or rubbish in it. Finished with hv_session_report_finish(). */
bool hv_session_report_read(struct hv_session_report *report, const char *path);
void hv_session_report_finish(struct hv_session_report *report);

/* The last line of the log that is not empty, at most some hundred bytes, printable; NULL without
 * one. */
char *hv_local_log_last_line(const char *path);

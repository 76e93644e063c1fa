/*
 * Starting a local VM's session: its agent's socket, its pipes and its log.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "local-limits.h"
#include "local-sandbox.h"

/* What has been started; the caller owns the descriptors. */
struct hv_spawned {
	pid_t pid; /* a child of the caller, who reaps it */
	int notify_fd; /* the session's lines about its state; non-blocking */
	int info_fd; /* bwrap's answer; non-blocking, -1 without a sandbox */
};

/* The absolute path of oriel-agent: beside the running program, in the build tree around it, or in
 * $PATH. NULL with an error; the caller frees it. */
char *hv_find_agent(GError **error);

/* Starts plan's session within limits. False with an error, and then nothing runs. */
bool hv_session_spawn(const struct hv_session_plan *plan, const struct hv_limits *limits,
	struct hv_spawned *spawned, GError **error);

/* The process id in bwrap's answer {"child-pid": N, ...}; 0 if there is none. */
pid_t hv_parse_bwrap_info(const char *text);

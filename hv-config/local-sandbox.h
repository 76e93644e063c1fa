/*
 * What a local VM's session is started with: its environment, and the bubblewrap command around it.
 * Pure: touches no file and starts nothing.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include <glib.h>

#include "driver.h"
#include "local-state.h"
#include "vm-config.h"

/* Descriptors that the session inherits. */
enum {
	HV_SESSION_LISTEN_FD = 3, /* the agent's socket */
	HV_SESSION_NOTIFY_FD = 4,
	HV_SESSION_INFO_FD = 5, /* bwrap tells its child's process id; not for the session */
};

struct hv_session_plan {
	const struct hv_vm_config *config;
	const struct hv_local_paths *paths;
	const struct hv_screen *screen;
	uint32_t display;
	const char *marker; /* NAME=VALUE */
	const char *agent; /* absolute path of oriel-agent */
	const char *bwrap; /* absolute path; with isolation bwrap */
	uid_t uid; /* of the caller */
};

/* The session's command line, in its sandbox if it has one; freed with g_strfreev(). */
char **hv_session_command(const struct hv_session_plan *plan);

/* The session's environment, made from that of the caller; freed with g_strfreev(). */
char **hv_session_environment(const struct hv_session_plan *plan, const char *const *caller);

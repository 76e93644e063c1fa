/*
 * Limits of memory and CPU time for all processes of a local VM: by a cgroup of its own, or by a
 * scope of the user's service manager.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "vm-config.h"

struct hv_limits {
	char **cgroups; /* directories made for the VM; a process joins by their cgroup.procs. May
			   be NULL */
	char **command; /* to be put before the VM's command, with the caller's XDG_RUNTIME_DIR in
			   its environment; NULL if none */
	char *notice; /* what could not be enforced and why, as a sentence; NULL if all is well */
};

/* Makes what the VM's limits need. Never fails: what cannot be had is said in the notice. */
void hv_limits_init(struct hv_limits *limits, const struct hv_vm_config *config);

/* Frees the strings; the cgroups stay. */
void hv_limits_finish(struct hv_limits *limits);

/* Removes cgroups whose processes have ended; false if one has not ended yet. cgroups may be NULL.
 */
bool hv_limits_remove_cgroups(char *const *cgroups);

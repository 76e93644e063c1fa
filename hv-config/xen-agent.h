/*
 * What the agent of a Xen domain has published of itself in xenstore.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "xen-host.h"

/* Which of the agents of a domain is a VM's. */
enum { HV_XEN_AGENT_INSTANCE = 0 };

/* The node that is there while its vchan is published; to be watched. The caller frees it. */
char *hv_xen_agent_path(uint32_t domain);

/* True if it can be connected to, as far as xenstore tells. */
bool hv_xen_agent_is_there(struct hv_xen_host *host, uint32_t domain);

/* Why it is not there, and what to do, as a sentence; the caller frees it. */
char *hv_xen_agent_explain(struct hv_xen_host *host, uint32_t domain);

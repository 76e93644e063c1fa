#include "xen-agent.h"

#include "wire.h"

#define AGENTS_PATH "/local/domain/%u/data/oriel"

/* The last node that the agent's library writes when it publishes a vchan, and one that those whom
 * the vchan is for may read: without privileges a watch on a directory above does not tell when it
 * is removed. */
char *hv_xen_agent_path(uint32_t domain)
{
	return g_strdup_printf(AGENTS_PATH "/%u/%u/event-channel", domain,
		(unsigned int)VP_VERSION_MAJOR, (unsigned int)HV_XEN_AGENT_INSTANCE);
}

bool hv_xen_agent_is_there(struct hv_xen_host *host, uint32_t domain)
{
	g_autofree char *path = hv_xen_agent_path(domain);
	g_autofree char *value = hv_xen_host_read(host, path);
	return value != NULL;
}

/* False, too, if this domain may not ask. */
static bool is_known(struct hv_xen_host *host, uint32_t domain)
{
	g_autofree char *path = g_strdup_printf("/local/domain/%u/name", domain);
	g_autofree char *name = hv_xen_host_read(host, path);
	return name != NULL;
}

char *hv_xen_agent_explain(struct hv_xen_host *host, uint32_t domain)
{
	if (!is_known(host, domain))
		return g_strdup_printf("domain %u does not run, or has no agent for this domain; "
				       "start oriel-agent there with this domain's id as --primary",
			domain);
	g_autofree char *path = g_strdup_printf(AGENTS_PATH, domain);
	g_autofree char *version = g_strdup_printf("%d", VP_VERSION_MAJOR);
	g_auto(GStrv) versions = hv_xen_host_list(host, path);
	if (versions == NULL || versions[0] == NULL ||
		g_strv_contains((const char *const *)versions, version))
		return g_strdup_printf("its domain %u runs, but has no agent; install Oriel there, "
				       "and start oriel-guest@USER",
			domain);
	return g_strdup_printf(
		"the agent in its domain %u speaks version %s of the protocol, and this Oriel "
		"version %s; install the same version in both",
		domain, versions[0], version);
}

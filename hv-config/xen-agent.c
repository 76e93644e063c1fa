#include "xen-agent.h"

#include "values.h"
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

/* True if agents of the domain speak a version, and none the right one. The domain writes what it
 * likes there: all but numbers are left out. */
static bool find_other_version(struct hv_xen_host *host, uint32_t domain, uint64_t *other)
{
	g_autofree char *path = g_strdup_printf(AGENTS_PATH, domain);
	g_auto(GStrv) names = hv_xen_host_list(host, path);
	bool found = false;
	for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
		uint64_t version;
		if (!hv_value_parse_number(names[i], 0, UINT16_MAX, &version))
			continue;
		if (version == VP_VERSION_MAJOR)
			return false;
		*other = version;
		found = true;
	}
	return found;
}

char *hv_xen_agent_explain(struct hv_xen_host *host, uint32_t domain)
{
	if (!is_known(host, domain))
		return g_strdup_printf("domain %u does not run, or has no agent for this domain; "
				       "start oriel-agent there with this domain's id as --primary",
			domain);
	uint64_t version;
	if (!find_other_version(host, domain, &version))
		return g_strdup_printf("its domain %u runs, but has no agent; install Oriel there, "
				       "and start oriel-guest@USER",
			domain);
	return g_strdup_printf("the agent in its domain %u speaks version %" G_GUINT64_FORMAT
			       " of the protocol, and this Oriel version %d; install the same "
			       "version in both",
		domain, version, VP_VERSION_MAJOR);
}

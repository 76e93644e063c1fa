#include "xen-domains.h"

#include <string.h>

#include "values.h"
#include "xen-config.h"

#define DOMAINS_PATH "/local/domain"
#define NAME_NODE "name"
#define UUID_PREFIX "/vm/"

static const char *const events[] = { "@introduceDomain", "@releaseDomain" };

struct domain {
	uint32_t id;
	char *name;
	char *uuid;
	char *name_path; /* which is watched */
};

struct hv_xen_domains {
	struct hv_xen_host *host;
	GPtrArray *domains; /* of struct domain */
};

static void domain_free(gpointer data)
{
	struct domain *domain = data;
	g_free(domain->name);
	g_free(domain->uuid);
	g_free(domain->name_path);
	g_free(domain);
}

static struct domain *find_id(const GPtrArray *domains, uint32_t id)
{
	for (guint i = 0; i < domains->len; i++) {
		struct domain *domain = g_ptr_array_index(domains, i);
		if (domain->id == id)
			return domain;
	}
	return NULL;
}

/* NULL for a domain that has no name: one that is being made, or is about to go. */
static struct domain *read_domain(struct hv_xen_host *host, uint32_t id)
{
	g_autofree char *name_path = g_strdup_printf(DOMAINS_PATH "/%u/" NAME_NODE, id);
	g_autofree char *vm_path = g_strdup_printf(DOMAINS_PATH "/%u/vm", id);
	g_autofree char *name = hv_xen_host_read(host, name_path);
	g_autofree char *vm = hv_xen_host_read(host, vm_path);
	if (name == NULL)
		return NULL;
	struct domain *domain = g_new(struct domain, 1);
	*domain = (struct domain){
		.id = id,
		.name = g_steal_pointer(&name),
		.uuid = g_strdup(vm != NULL && g_str_has_prefix(vm, UUID_PREFIX)
					 ? vm + strlen(UUID_PREFIX)
					 : ""),
		.name_path = g_steal_pointer(&name_path),
	};
	return domain;
}

static GPtrArray *read_domains(struct hv_xen_host *host)
{
	GPtrArray *domains = g_ptr_array_new_with_free_func(domain_free);
	g_auto(GStrv) ids = hv_xen_host_list(host, DOMAINS_PATH);
	for (size_t i = 0; ids != NULL && ids[i] != NULL; i++) {
		uint64_t id;
		struct domain *domain = NULL;
		if (hv_value_parse_number(ids[i], 1, HV_XEN_DOMAIN_ID_MAX, &id))
			domain = read_domain(host, (uint32_t)id);
		if (domain != NULL)
			g_ptr_array_add(domains, domain);
	}
	return domains;
}

/* Watches the names of domains that have come, and no longer those of domains that have gone. */
static void follow_names(struct hv_xen_domains *domains, const GPtrArray *now)
{
	for (guint i = 0; i < now->len; i++) {
		const struct domain *domain = g_ptr_array_index(now, i);
		if (find_id(domains->domains, domain->id) == NULL)
			hv_xen_host_watch(domains->host, domain->name_path);
	}
	for (guint i = 0; i < domains->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(domains->domains, i);
		if (find_id(now, domain->id) == NULL)
			hv_xen_host_unwatch(domains->host, domain->name_path);
	}
}

static void read_anew(struct hv_xen_domains *domains)
{
	GPtrArray *now = read_domains(domains->host);
	follow_names(domains, now);
	g_ptr_array_unref(domains->domains);
	domains->domains = now;
}

struct hv_xen_domains *hv_xen_domains_create(struct hv_xen_host *host)
{
	struct hv_xen_domains *domains = g_new(struct hv_xen_domains, 1);
	*domains = (struct hv_xen_domains){
		.host = host,
		.domains = g_ptr_array_new_with_free_func(domain_free),
	};
	for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
		if (!hv_xen_host_watch(host, events[i])) {
			hv_xen_domains_destroy(domains);
			return NULL;
		}
	read_anew(domains);
	return domains;
}

void hv_xen_domains_destroy(struct hv_xen_domains *domains)
{
	if (domains == NULL)
		return;
	g_ptr_array_unref(domains->domains);
	g_free(domains);
}

static bool concerns_domains(const struct hv_xen_domains *domains, const char *path)
{
	for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
		if (g_str_equal(path, events[i]))
			return true;
	for (guint i = 0; i < domains->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(domains->domains, i);
		if (g_str_equal(path, domain->name_path))
			return true;
	}
	return false;
}

bool hv_xen_domains_handle_change(struct hv_xen_domains *domains, const char *path)
{
	if (!concerns_domains(domains, path))
		return false;
	read_anew(domains);
	return true;
}

uint32_t hv_xen_domains_find(const struct hv_xen_domains *domains, const char *name_or_uuid)
{
	uint32_t id = 0;
	for (guint i = 0; i < domains->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(domains->domains, i);
		if (g_str_equal(domain->name, name_or_uuid) ||
			g_ascii_strcasecmp(domain->uuid, name_or_uuid) == 0)
			id = MAX(id, domain->id);
	}
	return id;
}

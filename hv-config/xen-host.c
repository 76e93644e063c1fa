#include "xen-host.h"

int hv_xen_host_get_fd(struct hv_xen_host *host)
{
	return host->impl->get_fd(host);
}

void hv_xen_host_dispatch(struct hv_xen_host *host)
{
	host->impl->dispatch(host);
}

char *hv_xen_host_read(struct hv_xen_host *host, const char *path)
{
	return host->impl->read(host, path);
}

char **hv_xen_host_list(struct hv_xen_host *host, const char *path)
{
	return host->impl->list(host, path);
}

bool hv_xen_host_watch(struct hv_xen_host *host, const char *path)
{
	return host->impl->watch(host, path);
}

void hv_xen_host_unwatch(struct hv_xen_host *host, const char *path)
{
	host->impl->unwatch(host, path);
}

bool hv_xen_host_domain_info(
	struct hv_xen_host *host, uint32_t domain, struct hv_xen_domain_info *info)
{
	return host->impl->domain_info(host, domain, info);
}

bool hv_xen_host_run_xl(struct hv_xen_host *host, const char *const *arguments,
	void (*done)(void *data, const GError *error), void *data, GError **error)
{
	return host->impl->run_xl(host, arguments, done, data, error);
}

void hv_xen_host_destroy(struct hv_xen_host *host)
{
	if (host != NULL)
		host->impl->destroy(host);
}

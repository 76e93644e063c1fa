#include "xen-doctor.h"

#include <errno.h>
#include <unistd.h>

#include "xen-agent.h"
#include "xen-command.h"
#include "xen-domains.h"
#include "xen-tools.h"

static void examine_device(GPtrArray *findings, const char *path, const char *module)
{
	if (access(path, R_OK | W_OK) == 0)
		hv_doctor_add(findings, true, "Xen: %s can be used", path);
	else if (errno == ENOENT)
		hv_doctor_add(findings, false,
			"Xen: %s is missing: this is no domain of Xen, or a module is not loaded; "
			"try modprobe %s",
			path, module);
	else
		hv_doctor_add(findings, false,
			"Xen: %s cannot be used: %s; give it to a group of this user by a rule of "
			"udev, or run Oriel as root",
			path, g_strerror(errno));
}

/* What it takes to see, start and change domains. */
static void examine_tools(GPtrArray *findings)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *xl = hv_xen_find_xl(&error);
	examine_device(findings, "/dev/xen/privcmd", "xen-privcmd");
	if (xl != NULL)
		hv_doctor_add(findings, true, "Xen: %s is there", xl);
	else
		hv_doctor_add(findings, false, "Xen: %s", error->message);
}

static void examine_file(
	GPtrArray *findings, const struct hv_vm_config *config, const char *path, int mode)
{
	if (path != NULL && access(path, mode) < 0)
		hv_doctor_add(findings, false, "%s: %s cannot be %s: %s", config->name, path,
			(mode & W_OK) != 0 ? "written" : "read", g_strerror(errno));
}

static void examine_files(GPtrArray *findings, const struct hv_vm_config *config)
{
	const struct hv_xen_config *xen = &config->xen;
	g_autofree char *missing = hv_xen_tools_find_missing(config, "");
	if (missing != NULL)
		hv_doctor_add(findings, false, "%s: %s", config->name, missing);
	examine_file(findings, config, xen->kernel, R_OK);
	examine_file(findings, config, xen->ramdisk, R_OK);
	for (guint i = 0; i < xen->disks->len; i++) {
		const struct hv_xen_disk *disk = g_ptr_array_index(xen->disks, i);
		examine_file(findings, config, disk->path, disk->read_only ? R_OK : R_OK | W_OK);
	}
}

static void examine_agent(GPtrArray *findings, const struct hv_vm_config *config,
	struct hv_xen_host *host, uint32_t domain)
{
	if (hv_xen_agent_is_there(host, domain)) {
		hv_doctor_add(findings, true, "%s: its domain %u runs, and has an agent",
			config->name, domain);
		return;
	}
	g_autofree char *problem = hv_xen_agent_explain(host, domain);
	hv_doctor_add(findings, false, "%s: %s", config->name, problem);
}

static void examine_domain(GPtrArray *findings, const struct hv_vm_config *config,
	struct hv_xen_host *host, const struct hv_xen_domains *domains)
{
	uint32_t domain = config->xen.domain_id != 0
				  ? config->xen.domain_id
				  : hv_xen_domains_find(domains, hv_xen_domain(config));
	if (domain != 0)
		examine_agent(findings, config, host, domain);
	else
		hv_doctor_add(findings, true, "%s: its domain %s does not run", config->name,
			hv_xen_domain(config));
}

static void ignore_change(void *data, const char *path)
{
	(void)data;
	(void)path;
}

/* Domains that are known by id alone are others' in every way. */
static bool manages_domains(const struct hv_inventory *inventory)
{
	for (guint i = 0; i < inventory->vms->len; i++) {
		const struct hv_vm_config *config = g_ptr_array_index(inventory->vms, i);
		if (config->backend == HV_BACKEND_XEN && config->xen.domain_id == 0)
			return true;
	}
	return false;
}

void hv_xen_doctor_examine(
	GPtrArray *findings, const struct hv_inventory *inventory, hv_xen_open open)
{
	static const struct hv_xen_host_listener listener = { .changed = ignore_change };
	g_autoptr(GError) error = NULL;
	examine_device(findings, "/dev/xen/evtchn", "xen-evtchn");
	examine_device(findings, "/dev/xen/gntdev", "xen-gntdev");
	if (manages_domains(inventory))
		examine_tools(findings);
	struct hv_xen_host *host = open(&listener, NULL, &error);
	struct hv_xen_domains *domains = host != NULL ? hv_xen_domains_create(host) : NULL;
	if (domains != NULL)
		hv_doctor_add(findings, true, "Xen: xenstore answers");
	else
		hv_doctor_add(findings, false, "Xen: %s",
			error != NULL ? error->message : "xenstore cannot be watched");
	for (guint i = 0; i < inventory->vms->len; i++) {
		const struct hv_vm_config *config = g_ptr_array_index(inventory->vms, i);
		if (config->backend != HV_BACKEND_XEN)
			continue;
		examine_files(findings, config);
		if (domains != NULL)
			examine_domain(findings, config, host, domains);
	}
	hv_xen_domains_destroy(domains);
	hv_xen_host_destroy(host);
}

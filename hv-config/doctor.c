#include "doctor.h"

#include <errno.h>
#include <unistd.h>

#include "local-spawn.h"
#include "xen-doctor.h"

static void add(GPtrArray *findings, enum hv_finding_level level, const char *format,
	va_list arguments) G_GNUC_PRINTF(3, 0);

static void finding_free(gpointer data)
{
	struct hv_finding *finding = data;
	g_free(finding->text);
	g_free(finding);
}

static void find_program(GPtrArray *findings, const char *program, const char *package)
{
	g_autofree char *path = g_find_program_in_path(program);
	if (path != NULL)
		hv_doctor_add(findings, true, "local VMs: %s is there", path);
	else
		hv_doctor_add(findings, false,
			"local VMs: the program %s is not in $PATH; install the package %s",
			program, package);
}

static void examine_local(GPtrArray *findings, bool sandbox)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *agent = hv_find_agent(&error);
	find_program(findings, "Xvfb", "xvfb");
	find_program(findings, "dbus-daemon", "dbus-daemon");
	if (sandbox)
		find_program(findings, "bwrap", "bubblewrap");
	if (agent != NULL)
		hv_doctor_add(findings, true, "local VMs: %s is there", agent);
	else
		hv_doctor_add(findings, false, "local VMs: %s", error->message);
}

GPtrArray *hv_doctor_examine(const struct hv_inventory *inventory, hv_xen_open open)
{
	GPtrArray *findings = g_ptr_array_new_with_free_func(finding_free);
	bool local = false, sandbox = false, xen = false;
	for (guint i = 0; i < inventory->errors->len; i++)
		hv_doctor_add(findings, false, "%s",
			(const char *)g_ptr_array_index(inventory->errors, i));
	for (guint i = 0; i < inventory->vms->len; i++) {
		const struct hv_vm_config *config = g_ptr_array_index(inventory->vms, i);
		bool is_local = config->backend == HV_BACKEND_LOCAL;
		local = local || is_local;
		sandbox = sandbox || (is_local && config->isolation == HV_ISOLATION_BWRAP);
		xen = xen || config->backend == HV_BACKEND_XEN;
	}
	if (inventory->vms->len == 0)
		hv_doctor_add(findings, false,
			"no VM is described: write %s/oriel/vms/NAME.vm, see oriel-vm(5)",
			g_get_user_config_dir());
	if (local)
		examine_local(findings, sandbox);
	if (xen)
		hv_xen_doctor_examine(findings, inventory, open);
	return findings;
}

static void add(
	GPtrArray *findings, enum hv_finding_level level, const char *format, va_list arguments)
{
	struct hv_finding *finding = g_new(struct hv_finding, 1);
	*finding = (struct hv_finding){ level, g_strdup_vprintf(format, arguments) };
	g_ptr_array_add(findings, finding);
}

void hv_doctor_add(GPtrArray *findings, bool fine, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add(findings, fine ? HV_FINDING_FINE : HV_FINDING_WRONG, format, arguments);
	va_end(arguments);
}

void hv_doctor_tell(GPtrArray *findings, enum hv_finding_level level, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add(findings, level, format, arguments);
	va_end(arguments);
}

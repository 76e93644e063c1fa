/*
 * oriel doctor: what stands in the way of the VMs.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>

#include "arguments.h"
#include "commands.h"
#include "doctor.h"
#include "examinations.h"
#include "inventory.h"
#include "output.h"
#include "xen-host.h"

static const struct {
	const char *name; /* for programs */
	const char *title; /* for people */
	const char *colour;
} levels[] = {
	[HV_FINDING_FINE] = { "fine", "fine ", "\033[32m" },
	[HV_FINDING_WARNING] = { "warning", "warn ", "\033[33m" },
	[HV_FINDING_WRONG] = { "wrong", "WRONG", "\033[1;31m" },
};

static void print_json(const GPtrArray *findings)
{
	g_autoptr(GVariant) array = NULL;
	GVariantBuilder rows;

	g_variant_builder_init(&rows, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < findings->len; i++) {
		const struct hv_finding *finding = g_ptr_array_index(findings, i);
		const char *level = levels[finding->level].name;
		bool fine = finding->level == HV_FINDING_FINE;

		g_variant_builder_open(&rows, G_VARIANT_TYPE_VARDICT);
		g_variant_builder_add(&rows, "{sv}", "fine", g_variant_new_boolean(fine));
		g_variant_builder_add(&rows, "{sv}", "level", g_variant_new_string(level));
		g_variant_builder_add(&rows, "{sv}", "text", g_variant_new_string(finding->text));
		g_variant_builder_close(&rows);
	}
	array = g_variant_ref_sink(g_variant_builder_end(&rows));
	hc_print_json(array);
}

/* In colours on a terminal, unless the user wants none: see no-color.org. */
static void print(const GPtrArray *findings)
{
	const char *refused = g_getenv("NO_COLOR");
	bool coloured = isatty(STDOUT_FILENO) && !(refused && *refused);

	for (guint i = 0; i < findings->len; i++) {
		const struct hv_finding *finding = g_ptr_array_index(findings, i);
		g_autofree char *text = hc_format_printable(finding->text);

		printf("%s%s%s  %s\n", coloured ? levels[finding->level].colour : "",
			levels[finding->level].title, coloured ? "\033[0m" : "", text);
	}
}

static bool is_well(const GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		const struct hv_finding *finding = g_ptr_array_index(findings, i);

		if (finding->level == HV_FINDING_WRONG)
			return false;
	}
	return true;
}

static bool has_boxes(const struct hv_inventory *inventory)
{
	for (guint i = 0; i < inventory->vms->len; i++) {
		const struct hv_vm_config *config = g_ptr_array_index(inventory->vms, i);

		if (config->backend == HV_BACKEND_LOCAL && config->isolation == HV_ISOLATION_BWRAP)
			return true;
	}
	return false;
}

static void examine_all(GPtrArray *findings, const struct hv_inventory *inventory)
{
	hc_examine_programs(findings);
	hc_examine_display(findings);
	hc_examine_sandbox(findings, has_boxes(inventory));
	hc_examine_storage(findings);
	hc_examine_session(findings);
}

/* Leaves the VM alone in the inventory, and of the errors those of its file. False if there is none
 * of the name. */
static bool keep_one(struct hv_inventory *inventory, const char *name, GError **error)
{
	g_autofree char *file = g_strdup_printf("/%s.vm:", name);

	for (guint i = inventory->errors->len; i-- > 0;)
		if (!strstr(g_ptr_array_index(inventory->errors, i), file))
			g_ptr_array_remove_index(inventory->errors, i);
	for (guint i = inventory->vms->len; i-- > 0;) {
		const struct hv_vm_config *config = g_ptr_array_index(inventory->vms, i);

		if (strcmp(config->name, name) != 0)
			g_ptr_array_remove_index(inventory->vms, i);
	}
	if (inventory->vms->len > 0 || inventory->errors->len > 0)
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
		"there is no VM '%s': 'oriel vm list' shows all", name);
	return false;
}

int hc_command_doctor(const struct hc_arguments *arguments)
{
	const char *vm = arguments->words[0];
	g_auto(GStrv) directories = hv_inventory_directories();
	struct hv_inventory *inventory = hv_inventory_load((const char *const *)directories);
	g_autoptr(GPtrArray) findings = NULL;
	g_autoptr(GError) error = NULL;

	if (vm && !keep_one(inventory, vm, &error)) {
		hv_inventory_free(inventory);
		return hc_fail(error);
	}
	findings = hv_doctor_examine(inventory, hv_xen_host_open);
	if (vm)
		hc_examine_guest(findings, vm);
	else
		examine_all(findings, inventory);
	hv_inventory_free(inventory);
	if (arguments->options & HC_OPTION_JSON)
		print_json(findings);
	else
		print(findings);
	return is_well(findings) ? HC_EXIT_DONE : HC_EXIT_FAILED;
}

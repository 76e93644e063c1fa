/*
 * oriel doctor: what stands in the way of the VMs.
 */
#include <stdio.h>

#include "arguments.h"
#include "commands.h"
#include "doctor.h"
#include "inventory.h"
#include "output.h"
#include "xen-host.h"

static void print_json(const GPtrArray *findings)
{
	g_autoptr(GVariant) array = NULL;
	GVariantBuilder rows;

	g_variant_builder_init(&rows, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < findings->len; i++) {
		const struct hv_finding *finding = g_ptr_array_index(findings, i);

		g_variant_builder_open(&rows, G_VARIANT_TYPE_VARDICT);
		g_variant_builder_add(&rows, "{sv}", "fine", g_variant_new_boolean(finding->fine));
		g_variant_builder_add(&rows, "{sv}", "text", g_variant_new_string(finding->text));
		g_variant_builder_close(&rows);
	}
	array = g_variant_ref_sink(g_variant_builder_end(&rows));
	hc_print_json(array);
}

int hc_command_doctor(const struct hc_arguments *arguments)
{
	g_auto(GStrv) directories = hv_inventory_directories();
	struct hv_inventory *inventory = hv_inventory_load((const char *const *)directories);
	g_autoptr(GPtrArray) findings = hv_doctor_examine(inventory, hv_xen_host_open);
	bool well = true;

	hv_inventory_free(inventory);
	for (guint i = 0; i < findings->len; i++) {
		const struct hv_finding *finding = g_ptr_array_index(findings, i);

		well = well && finding->fine;
		if (!(arguments->options & HC_OPTION_JSON))
			printf("%s  %s\n", finding->fine ? "fine " : "WRONG", finding->text);
	}
	if (arguments->options & HC_OPTION_JSON)
		print_json(findings);
	return well ? HC_EXIT_DONE : HC_EXIT_FAILED;
}

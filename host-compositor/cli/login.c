/*
 * oriel vm start --login: the VMs that are to run from the user's login on.
 */
#include "arguments.h"
#include "client.h"
#include "commands.h"
#include "inventory.h"
#include "output.h"

/* Where no VM asks for it, a login starts no broker. */
static bool any_starts_at_login(void)
{
	g_auto(GStrv) directories = hv_inventory_directories();
	struct hv_inventory *inventory = hv_inventory_load((const char *const *)directories);
	bool any = false;

	for (guint i = 0; i < inventory->vms->len; i++) {
		const struct hv_vm_config *config = g_ptr_array_index(inventory->vms, i);

		any = any || config->starts_at_login;
	}
	hv_inventory_free(inventory);
	return any;
}

int hc_command_vm_start_login(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = NULL;
	g_autofree const char **errors = NULL;
	struct hc_client *client;

	if (!any_starts_at_login())
		return HC_EXIT_DONE;
	client = hc_client_open_to_start(&error);
	if (client)
		reply = hc_client_call(client, "StartLoginVMs", NULL, "(as)", -1, &error);
	hc_client_close(client);
	if (!reply)
		return hc_fail(error);
	g_variant_get(reply, "(^a&s)", &errors);
	for (size_t i = 0; errors[i]; i++)
		fprintf(stderr, "oriel: %s\n", errors[i]);
	return errors[0] ? HC_EXIT_FAILED : HC_EXIT_DONE;
}

#include "xl.h"

#include <stdio.h>

#include <gio/gio.h>

#include "commands.h"
#include "inventory.h"
#include "output.h"
#include "xen-xl.h"

static char *render(const struct hv_inventory *inventory, const char *name, GError **error)
{
	const struct hv_vm_config *config = hv_inventory_find(inventory, name);

	if (!config)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"there is no VM '%s' whose file can be used: 'oriel vm list' names them "
			"and what is wrong",
			name);
	else if (config->backend != HV_BACKEND_XEN)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
			"%s: it has backend=%s, and only VMs with backend=xen have a file for xl",
			name, hv_backend_name(config->backend));
	else if (config->xen.domain)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
			"%s: its domain %s is started by others, who have its configuration", name,
			config->xen.domain);
	else
		return hv_xen_xl_render(config);
	return NULL;
}

int hc_xl_print(const char *name)
{
	g_auto(GStrv) directories = hv_inventory_directories();
	struct hv_inventory *inventory = hv_inventory_load((const char *const *)directories);
	g_autoptr(GError) error = NULL;
	g_autofree char *text = render(inventory, name, &error);

	hv_inventory_free(inventory);
	if (!text)
		return hc_fail(error);
	fputs(text, stdout);
	return HC_EXIT_DONE;
}

#include "xen-xl.h"

static const uint64_t mebibyte = UINT64_C(1) << 20;

/* Between quotes xl knows \" and \\; its numeric escapes (\x22, \042) are broken up to Xen 4.17 at
 * least. Values have no control characters, which is checked where they are read. */
static void append_quoted(GString *text, const char *value)
{
	g_string_append_c(text, '"');
	for (const char *c = value; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			g_string_append_c(text, '\\');
		g_string_append_c(text, *c);
	}
	g_string_append_c(text, '"');
}

static void add_string(GString *text, const char *key, const char *value)
{
	if (value == NULL)
		return;
	g_string_append_printf(text, "%s = ", key);
	append_quoted(text, value);
	g_string_append_c(text, '\n');
}

static void add_number(GString *text, const char *key, uint64_t value)
{
	g_string_append_printf(text, "%s = %" G_GUINT64_FORMAT "\n", key, value);
}

/* An item of a list, one a line. */
static void add_item(GString *text, const char *item)
{
	g_string_append_c(text, '\t');
	append_quoted(text, item);
	g_string_append(text, ",\n");
}

static void add_resources(GString *text, const struct hv_vm_config *config)
{
	const struct hv_xen_config *xen = &config->xen;
	add_number(text, "memory", config->memory_limit / mebibyte);
	add_number(text, "maxmem", MAX(xen->memory_max, config->memory_limit) / mebibyte);
	add_number(text, "vcpus", xen->vcpus);
	if (xen->weight != 0)
		add_number(text, "cpu_weight", xen->weight);
	if (xen->cap != 0)
		add_number(text, "cap", xen->cap);
	add_string(text, "tsc_mode", xen->tsc_mode);
}

/* The path comes last: then all of it is the path, commas included. */
static void add_disks(GString *text, const struct hv_xen_config *xen)
{
	g_string_append(text, "disk = [\n");
	for (guint i = 0; i < xen->disks->len; i++) {
		const struct hv_xen_disk *disk = g_ptr_array_index(xen->disks, i);
		/* raw disks are left to the kernel where it can: xl finds out */
		const char *backend =
			disk->format == HV_XEN_DISK_FORMAT_RAW ? "" : "backendtype=qdisk,";
		g_autofree char *item = g_strdup_printf("vdev=%s,format=%s,access=%s,%starget=%s",
			disk->device, hv_xen_disk_format_name(disk->format),
			disk->read_only ? "ro" : "rw", backend, disk->path);
		add_item(text, item);
	}
	g_string_append(text, "]\n");
}

static void add_networks(GString *text, const struct hv_xen_config *xen)
{
	g_string_append(text, "vif = [\n");
	for (guint i = 0; i < xen->networks->len; i++) {
		const struct hv_xen_network *network = g_ptr_array_index(xen->networks, i);
		g_autofree char *item = g_strdup_printf("bridge=%s%s%s", network->bridge,
			network->mac != NULL ? ",mac=" : "",
			network->mac != NULL ? network->mac : "");
		add_item(text, item);
	}
	g_string_append(text, "]\n");
}

static void add_pci(GString *text, const struct hv_xen_config *xen)
{
	if (xen->pci == NULL)
		return;
	g_string_append(text, "pci = [\n");
	for (size_t i = 0; xen->pci[i] != NULL; i++)
		add_item(text, xen->pci[i]);
	g_string_append(text, "]\n");
}

/* The guest's windows are Oriel's business: it has no screen, and its device model no window. */
static void add_device_model(GString *text, const struct hv_xen_config *xen)
{
	if (xen->type != HV_XEN_TYPE_HVM)
		return;
	if (xen->firmware == HV_XEN_FIRMWARE_OVMF)
		add_string(text, "bios", hv_xen_firmware_name(xen->firmware));
	add_number(text, "device_model_stubdomain_override",
		xen->device_model == HV_XEN_DEVICE_MODEL_STUBDOMAIN);
	add_string(text, "vga", "none");
	add_number(text, "vnc", 0);
	add_number(text, "sdl", 0);
	add_string(text, "serial", "pty");
}

char *hv_xen_xl_render(const struct hv_vm_config *config)
{
	const struct hv_xen_config *xen = &config->xen;
	if (xen->domain != NULL)
		return NULL;
	g_autofree char *path = g_strescape(config->path, NULL);
	GString *text = g_string_new(NULL);
	g_string_append_printf(text, "# Made by Oriel from %s\n", path);
	add_string(text, "name", config->name);
	add_string(text, "type", hv_xen_type_name(xen->type));
	add_string(text, "kernel", xen->kernel);
	add_string(text, "ramdisk", xen->ramdisk);
	add_string(text, "cmdline", xen->cmdline);
	add_resources(text, config);
	add_string(text, "on_poweroff", "destroy");
	add_string(text, "on_reboot", "restart");
	add_string(text, "on_crash", "destroy");
	add_disks(text, xen);
	add_networks(text, xen);
	add_pci(text, xen);
	add_device_model(text, xen);
	return g_string_free(text, FALSE);
}

#include "xen-config.h"

#include <string.h>

#include "values.h"
#include "vm-config.h"

static const char *const type_names[] = {
	[HV_XEN_TYPE_PVH] = "pvh",
	[HV_XEN_TYPE_PV] = "pv",
	[HV_XEN_TYPE_HVM] = "hvm",
};

static const char *const format_names[] = {
	[HV_XEN_DISK_FORMAT_RAW] = "raw",
	[HV_XEN_DISK_FORMAT_QCOW2] = "qcow2",
	[HV_XEN_DISK_FORMAT_VHD] = "vhd",
};

static const char *const firmware_names[] = {
	[HV_XEN_FIRMWARE_NONE] = "none",
	[HV_XEN_FIRMWARE_BIOS] = "bios",
	[HV_XEN_FIRMWARE_OVMF] = "ovmf",
};

static const char *const device_model_names[] = {
	[HV_XEN_DEVICE_MODEL_STUBDOMAIN] = "stubdomain",
	[HV_XEN_DEVICE_MODEL_DOM0] = "dom0",
};

const char *hv_xen_type_name(enum hv_xen_type type)
{
	return type_names[type];
}

const char *hv_xen_disk_format_name(enum hv_xen_disk_format format)
{
	return format_names[format];
}

const char *hv_xen_firmware_name(enum hv_xen_firmware firmware)
{
	return firmware_names[firmware];
}

/* The index of value among names; count if it is none of them. */
static size_t find_name(const char *const *names, size_t count, const char *value)
{
	size_t i = 0;
	while (i < count && !g_str_equal(names[i], value))
		i++;
	return i;
}

/* True if text has the form of pattern: x stands for a hexadecimal digit. */
static bool matches(const char *text, const char *pattern)
{
	for (; *pattern != '\0'; text++, pattern++)
		if (*pattern == 'x' ? !g_ascii_isxdigit(*text) : *text != *pattern)
			return false;
	return *text == '\0';
}

bool hv_xen_is_uuid(const char *text)
{
	return matches(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
}

static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (g_ascii_iscntrl(*text))
			return false;
	return true;
}

/* Also what xl takes for a path as it stands: it drops commas at the end of a disk's. */
static bool is_host_path(const char *text)
{
	return hv_value_is_plain_path(text) && is_printable(text) && !g_str_equal(text, "/") &&
	       !g_str_has_suffix(text, ",");
}

static bool parse_path(const char *value, char **path)
{
	if (!is_host_path(value))
		return false;
	*path = g_strdup(value);
	return true;
}

static bool parse_uint(const char *value, uint64_t min, uint64_t max, uint32_t *number)
{
	uint64_t parsed;
	if (!hv_value_parse_number(value, min, max, &parsed))
		return false;
	*number = (uint32_t)parsed;
	return true;
}

static bool parse_domain(struct hv_vm_config *config, const char *value)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+_-";
	size_t len = strlen(value);
	if (value[0] == '#') {
		if (!parse_uint(value + 1, 1, HV_XEN_DOMAIN_ID_MAX, &config->xen.domain_id))
			return false;
	} else if (len == 0 || len > HV_XEN_DOMAIN_NAME_MAX || strspn(value, letters) != len) {
		return false;
	}
	config->xen.domain = g_strdup(value);
	return true;
}

static bool parse_type(struct hv_vm_config *config, const char *value)
{
	size_t type = find_name(type_names, G_N_ELEMENTS(type_names), value);
	config->xen.type = (enum hv_xen_type)type;
	return type < G_N_ELEMENTS(type_names);
}

static bool parse_kernel(struct hv_vm_config *config, const char *value)
{
	return parse_path(value, &config->xen.kernel);
}

static bool parse_ramdisk(struct hv_vm_config *config, const char *value)
{
	return parse_path(value, &config->xen.ramdisk);
}

static bool parse_cmdline(struct hv_vm_config *config, const char *value)
{
	if (strlen(value) > HV_XEN_CMDLINE_MAX || !is_printable(value))
		return false;
	config->xen.cmdline = g_strdup(value);
	return true;
}

static bool parse_firmware(struct hv_vm_config *config, const char *value)
{
	size_t firmware = find_name(firmware_names, G_N_ELEMENTS(firmware_names), value);
	config->xen.firmware = (enum hv_xen_firmware)firmware;
	return firmware != HV_XEN_FIRMWARE_NONE && firmware < G_N_ELEMENTS(firmware_names);
}

static bool parse_memory_max(struct hv_vm_config *config, const char *value)
{
	return hv_value_parse_size(value, HV_MEMORY_MIN, HV_MEMORY_MAX, &config->xen.memory_max);
}

static bool parse_vcpus(struct hv_vm_config *config, const char *value)
{
	return parse_uint(value, 1, HV_XEN_VCPUS_MAX, &config->xen.vcpus);
}

static bool parse_weight(struct hv_vm_config *config, const char *value)
{
	return parse_uint(value, 1, HV_XEN_WEIGHT_MAX, &config->xen.weight);
}

static bool parse_cap(struct hv_vm_config *config, const char *value)
{
	return parse_uint(value, 1, HV_XEN_CAP_MAX, &config->xen.cap);
}

/* Calls parse for each entry of a list whose entries are separated by semicolons. */
static bool parse_list(
	const char *value, size_t max, bool (*parse)(void *list, const char *entry), void *list)
{
	g_auto(GStrv) entries = g_strsplit(value, ";", -1);
	guint count = g_strv_length(entries);
	/* as in other files of this form, a semicolon may end the list */
	if (count > 1 && *g_strstrip(entries[count - 1]) == '\0')
		count--;
	if (count > max)
		return false;
	for (guint i = 0; i < count; i++)
		if (!parse(list, g_strstrip(entries[i])))
			return false;
	return count > 0;
}

static void disk_free(gpointer data)
{
	struct hv_xen_disk *disk = data;
	g_free(disk->device);
	g_free(disk->path);
	g_free(disk);
}

static void network_free(gpointer data)
{
	struct hv_xen_network *network = data;
	g_free(network->bridge);
	g_free(network->mac);
	g_free(network);
}

static bool is_disk_device(const char *text)
{
	static const char *const prefixes[] = { "xvd", "hd", "sd" };
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		size_t len = strlen(prefixes[i]);
		if (g_str_has_prefix(text, prefixes[i]))
			return strlen(text + len) == 1 && strspn(text + len, letters) == 1;
	}
	return false;
}

static bool has_disk(const GPtrArray *disks, const char *device)
{
	for (guint i = 0; i < disks->len; i++) {
		const struct hv_xen_disk *disk = g_ptr_array_index(disks, i);
		if (g_str_equal(disk->device, device))
			return true;
	}
	return false;
}

/* DEVICE FORMAT [ro] /PATH; the path may have spaces. */
static bool parse_disk(void *list, const char *entry)
{
	const char *path = strchr(entry, '/');
	if (path == NULL || !is_host_path(path))
		return false;
	g_autofree char *head = g_strstrip(g_strndup(entry, (size_t)(path - entry)));
	g_auto(GStrv) words = g_strsplit(head, " ", -1);
	guint count = g_strv_length(words);
	if (count < 2 || count > 3 || (count == 3 && !g_str_equal(words[2], "ro")))
		return false;
	size_t format = find_name(format_names, G_N_ELEMENTS(format_names), words[1]);
	if (!is_disk_device(words[0]) || has_disk(list, words[0]) ||
		format == G_N_ELEMENTS(format_names))
		return false;
	struct hv_xen_disk *disk = g_new(struct hv_xen_disk, 1);
	*disk = (struct hv_xen_disk){
		.device = g_strdup(words[0]),
		.format = (enum hv_xen_disk_format)format,
		.read_only = count == 3,
		.path = g_strdup(path),
	};
	g_ptr_array_add(list, disk);
	return true;
}

static bool parse_disks(struct hv_vm_config *config, const char *value)
{
	return parse_list(value, HV_XEN_DISKS_MAX, parse_disk, config->xen.disks);
}

static bool is_interface_name(const char *text)
{
	enum { INTERFACE_NAME_MAX = 15 };
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strlen(text);
	return len > 0 && len <= INTERFACE_NAME_MAX && strspn(text, letters) == len;
}

/* Of one station: the lowest bit of the first byte says that an address is a group's. */
static bool is_mac(const char *text)
{
	return matches(text, "xx:xx:xx:xx:xx:xx") && g_ascii_xdigit_value(text[1]) % 2 == 0;
}

/* BRIDGE [MAC] */
static bool parse_network(void *list, const char *entry)
{
	g_auto(GStrv) words = g_strsplit(entry, " ", -1);
	guint count = g_strv_length(words);
	if (count < 1 || count > 2 || !is_interface_name(words[0]) ||
		(count == 2 && !is_mac(words[1])))
		return false;
	struct hv_xen_network *network = g_new(struct hv_xen_network, 1);
	*network = (struct hv_xen_network){ g_strdup(words[0]), g_strdup(words[1]) };
	g_ptr_array_add(list, network);
	return true;
}

static bool parse_networks(struct hv_vm_config *config, const char *value)
{
	return parse_list(value, HV_XEN_NETWORKS_MAX, parse_network, config->xen.networks);
}

static bool parse_pci_device(void *list, const char *entry)
{
	if (!matches(entry, "xxxx:xx:xx.x"))
		return false;
	g_strv_builder_add(list, entry);
	return true;
}

static bool parse_pci(struct hv_vm_config *config, const char *value)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	if (!parse_list(value, HV_XEN_PCI_MAX, parse_pci_device, builder))
		return false;
	config->xen.pci = g_strv_builder_end(builder);
	return true;
}

static bool parse_device_model(struct hv_vm_config *config, const char *value)
{
	size_t model = find_name(device_model_names, G_N_ELEMENTS(device_model_names), value);
	config->xen.device_model = (enum hv_xen_device_model)model;
	return model < G_N_ELEMENTS(device_model_names);
}

static bool parse_tsc_mode(struct hv_vm_config *config, const char *value)
{
	static const char *const modes[] = { "default", "always_emulate", "native" };
	if (find_name(modes, G_N_ELEMENTS(modes), value) == G_N_ELEMENTS(modes))
		return false;
	config->xen.tsc_mode = g_strdup(value);
	return true;
}

static bool parse_lost_windows(struct hv_vm_config *config, const char *value)
{
	if (!g_str_equal(value, "close") && !g_str_equal(value, "dim"))
		return false;
	config->lost_windows =
		g_str_equal(value, "dim") ? HV_LOST_WINDOWS_DIM : HV_LOST_WINDOWS_CLOSE;
	return true;
}

enum { XEN = 1 << HV_BACKEND_XEN };

const struct hv_config_key hv_xen_config_keys[] = {
	{ "domain", parse_domain,
		"the name or UUID of a domain that is started by others, or its id, like #5", XEN },
	{ "type", parse_type, "pvh, pv or hvm", XEN },
	{ "kernel", parse_kernel, "an absolute path, without . or ..", XEN },
	{ "ramdisk", parse_ramdisk, "an absolute path, without . or ..", XEN },
	{ "cmdline", parse_cmdline, "at most 1023 bytes, without control characters", XEN },
	{ "firmware", parse_firmware, "bios or ovmf", XEN },
	{ "memory-max", parse_memory_max, "a size like 512M or 2G, 64M to 64T", XEN },
	{ "vcpus", parse_vcpus, "a number, 1 to 128", XEN },
	{ "weight", parse_weight, "a number, 1 to 65535", XEN },
	{ "cap", parse_cap, "percent of one processor, 1 to 12800", XEN },
	{ "disks", parse_disks,
		"DEVICE FORMAT [ro] /PATH, like xvda qcow2 /srv/work.qcow2, with each device once, "
		"FORMAT raw, qcow2 or vhd, and ; between disks, at most 16",
		XEN },
	{ "networks", parse_networks,
		"BRIDGE [MAC], like xenbr0 00:16:3e:01:02:03, with ; between networks, at most 8",
		XEN },
	{ "pci", parse_pci, "devices like 0000:03:00.0, with ; between them, at most 16", XEN },
	{ "device-model", parse_device_model, "stubdomain or dom0", XEN },
	{ "tsc-mode", parse_tsc_mode, "default, always_emulate or native", XEN },
	{ "lost-windows", parse_lost_windows, "close or dim", XEN },
};

const size_t hv_xen_config_key_count = G_N_ELEMENTS(hv_xen_config_keys);

const char *hv_xen_domain(const struct hv_vm_config *config)
{
	return config->xen.domain != NULL ? config->xen.domain : config->name;
}

void hv_xen_config_init(struct hv_xen_config *xen)
{
	*xen = (struct hv_xen_config){
		.vcpus = 1,
		.disks = g_ptr_array_new_with_free_func(disk_free),
		.networks = g_ptr_array_new_with_free_func(network_free),
	};
}

void hv_xen_config_finish(struct hv_xen_config *xen)
{
	g_free(xen->domain);
	g_free(xen->kernel);
	g_free(xen->ramdisk);
	g_free(xen->cmdline);
	g_clear_pointer(&xen->disks, g_ptr_array_unref);
	g_clear_pointer(&xen->networks, g_ptr_array_unref);
	g_strfreev(xen->pci);
	g_free(xen->tsc_mode);
}

static bool describes_domain(const struct hv_xen_config *xen)
{
	return xen->kernel != NULL || xen->firmware != HV_XEN_FIRMWARE_NONE ||
	       xen->disks->len > 0 || xen->networks->len > 0 || xen->pci != NULL;
}

/* QEMU emulates the first four as IDE disks, which it has for writing alone. */
static bool has_read_only_ide_disk(const struct hv_xen_config *xen)
{
	for (guint i = 0; i < xen->disks->len; i++) {
		const struct hv_xen_disk *disk = g_ptr_array_index(xen->disks, i);
		bool scsi = g_str_has_prefix(disk->device, "sd");
		if (disk->read_only && !scsi && disk->device[strlen(disk->device) - 1] <= 'd')
			return true;
	}
	return false;
}

const char *hv_xen_config_check(const struct hv_vm_config *config, const char **key)
{
	const struct hv_xen_config *xen = &config->xen;
	bool hvm = xen->type == HV_XEN_TYPE_HVM;
	*key = "domain";
	if (xen->domain != NULL)
		return describes_domain(xen) ? "is started by others, who also give it its kernel, "
					       "disks, networks and devices; remove these keys"
					     : NULL;
	*key = "kernel";
	if (xen->kernel == NULL && !hvm)
		return "is missing; a pvh or pv domain needs one, or domain= names one that others "
		       "start";
	*key = "ramdisk";
	if (xen->kernel == NULL && (xen->ramdisk != NULL || xen->cmdline != NULL))
		return "and cmdline are of use with kernel= alone";
	*key = "firmware";
	if (xen->firmware != HV_XEN_FIRMWARE_NONE && (!hvm || xen->kernel != NULL))
		return "is for type=hvm without a kernel";
	*key = "disks";
	if (hvm && has_read_only_ide_disk(xen))
		return "an hvm domain cannot have a disk that is read-only as its first to fourth; "
		       "call it xvde or later, or sda";
	*key = "pci";
	if (xen->pci != NULL && xen->type == HV_XEN_TYPE_PVH)
		return "cannot be given to a pvh domain; use type=pv or type=hvm";
	*key = "memory-max";
	if (xen->memory_max != 0 && xen->memory_max < config->memory_limit)
		return "is less than memory";
	return NULL;
}

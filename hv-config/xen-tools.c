#include "xen-tools.h"

#include <glob.h>

/* Where distributions and Xen's own installation put them; one of each list is enough. */
static const char *const stubdomain_patterns[] = {
	"/usr/lib/xen*/boot/ioemu-stubdom.gz",
	"/usr/lib/xen*/boot/qemu-stubdom-linux-kernel",
	"/usr/libexec/xen/boot/ioemu-stubdom.gz",
	"/usr/local/lib/xen/boot/ioemu-stubdom.gz",
	NULL,
};

static const char *const qemu_patterns[] = {
	"/usr/libexec/xen-qemu-system-i386",
	"/usr/lib/xen*/bin/qemu-system-i386",
	"/usr/libexec/xen/bin/qemu-system-i386",
	"/usr/local/lib/xen/bin/qemu-system-i386",
	"/usr/bin/qemu-system-i386",
	"/usr/bin/qemu-system-x86_64",
	NULL,
};

static bool is_any_there(const char *const *patterns, const char *root)
{
	bool found = false;
	for (size_t i = 0; patterns[i] != NULL && !found; i++) {
		g_autofree char *pattern = g_strconcat(root, patterns[i], NULL);
		glob_t paths;
		found = glob(pattern, GLOB_NOSORT, NULL, &paths) == 0;
		globfree(&paths);
	}
	return found;
}

/* True if QEMU serves a disk: the kernel's own driver knows raw ones alone. */
static bool has_disk_of_qemu(const struct hv_xen_config *xen)
{
	for (guint i = 0; i < xen->disks->len; i++) {
		const struct hv_xen_disk *disk = g_ptr_array_index(xen->disks, i);
		if (disk->format != HV_XEN_DISK_FORMAT_RAW)
			return true;
	}
	return false;
}

char *hv_xen_tools_find_missing(const struct hv_vm_config *config, const char *root)
{
	const struct hv_xen_config *xen = &config->xen;
	bool hvm = xen->type == HV_XEN_TYPE_HVM;
	if (xen->domain != NULL)
		return NULL;
	if (hvm && xen->device_model == HV_XEN_DEVICE_MODEL_STUBDOMAIN &&
		!is_any_there(stubdomain_patterns, root))
		return g_strdup(
			"Xen's tools here have no device model that runs in a domain of its own, "
			"and Debian's never have; use type=pvh, which needs none, or, less safely, "
			"device-model=dom0");
	if ((hvm || has_disk_of_qemu(xen)) && !is_any_there(qemu_patterns, root))
		return g_strdup("QEMU, which serves its disks, is missing; install the package "
				"qemu-system-xen");
	return NULL;
}

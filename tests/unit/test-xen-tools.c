/*
 * What domains need of Xen's tools, over a directory that has what the test puts there.
 */
#include "unit.h"

#include <string.h>

#include <glib/gstdio.h>

#include "xen-tools.h"

#define NO_STUBDOMAIN "no device model that runs in a domain of its own"
#define NO_QEMU "install the package qemu-system-xen"

static char *root;

static void put(const char *path)
{
	g_autofree char *full = g_strconcat(root, path, NULL);
	g_autofree char *directory = g_path_get_dirname(full);
	CU_ASSERT_EQUAL(g_mkdir_with_parents(directory, 0700), 0);
	CU_ASSERT_TRUE(g_file_set_contents(full, "", 0, NULL));
}

static void take_away(const char *path)
{
	g_autofree char *full = g_strconcat(root, path, NULL);
	while (strlen(full) > strlen(root)) {
		g_remove(full);
		*strrchr(full, '/') = '\0';
	}
}

/* The words are in what is missing; NULL: nothing is. */
static bool misses(const char *keys, const char *words)
{
	g_autofree char *text = g_strconcat("[vm]\nlabel=blue\nbackend=xen\n", keys, NULL);
	struct hv_vm_config *config = hv_vm_config_parse("/vms/work.vm", text, strlen(text), NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	g_autofree char *missing = hv_xen_tools_find_missing(config, root);
	hv_vm_config_free(config);
	return words == NULL ? missing == NULL : missing != NULL && strstr(missing, words) != NULL;
}

static void test_no_device_model(void)
{
	CU_ASSERT_TRUE(misses("kernel=/boot/vmlinuz\ndisks=xvda raw /srv/a\n", NULL));
	CU_ASSERT_TRUE(misses("domain=work\ntype=hvm\n", NULL));
}

static void test_stubdomain(void)
{
	static const char image[] = "/usr/lib/xen-4.17/boot/ioemu-stubdom.gz";
	static const char qemu[] = "/usr/libexec/xen-qemu-system-i386";
	put(qemu);
	CU_ASSERT_TRUE(misses("type=hvm\n", NO_STUBDOMAIN));
	CU_ASSERT_TRUE(misses("type=hvm\ndevice-model=dom0\n", NULL));
	put(image);
	CU_ASSERT_TRUE(misses("type=hvm\n", NULL));
	take_away(image);
	take_away(qemu);
}

static void test_qemu(void)
{
	static const char qemu[] = "/usr/lib/xen-4.17/bin/qemu-system-i386";
	static const char vhd[] = "kernel=/boot/vmlinuz\ndisks=xvda vhd /srv/a.vhd\n";
	CU_ASSERT_TRUE(misses("type=hvm\ndevice-model=dom0\n", NO_QEMU));
	CU_ASSERT_TRUE(misses(vhd, NO_QEMU));
	put(qemu);
	CU_ASSERT_TRUE(misses("type=hvm\ndevice-model=dom0\n", NULL));
	CU_ASSERT_TRUE(misses(vhd, NULL));
	take_away(qemu);
}

static const struct unit_test tests[] = {
	{ "a pvh domain with raw disks needs no device model", test_no_device_model },
	{ "a device model in a domain of its own needs its image", test_stubdomain },
	{ "hvm domains, and disks that are not raw, need QEMU", test_qemu },
};

int main(int argc, char **argv)
{
	root = g_dir_make_tmp("oriel-tools-XXXXXX", NULL);
	int status = unit_run("Xen's tools", tests, G_N_ELEMENTS(tests), argc, argv);
	g_rmdir(root);
	g_free(root);
	return status;
}

/*
 * The files made for xl, against pictures of them in xl/, and as xl's own parser reads them.
 */
#include "unit.h"

#include <string.h>

#include "vm-config.h"
#include "xen-xl.h"

#ifdef HAVE_XLUTIL
#include <libxlutil.h>
#endif

/* Whatever could end a string, begin another key, or mean more than itself. */
#define HOSTILE "/srv/a'b\"c\\\\d\\\\x41,e=f]#g $(h) `i` %s ä\xf0\x9f\x9a\x80"
#define HOSTILE_READ "/srv/a'b\"c\\d\\x41,e=f]#g $(h) `i` %s ä\xf0\x9f\x9a\x80"

static struct hv_vm_config *parse(const char *path, const char *keys)
{
	g_autofree char *text = g_strconcat("[vm]\nlabel=blue\nbackend=xen\n", keys, NULL);
	g_autoptr(GError) error = NULL;
	struct hv_vm_config *config = hv_vm_config_parse(path, text, strlen(text), &error);
	if (error != NULL)
		printf("\n  %s\n", error->message);
	return config;
}

static const struct {
	const char *golden;
	const char *path;
	const char *keys;
} pictures[] = {
	{ "small.cfg", "/etc/oriel/vms/small.vm", "kernel=/boot/vmlinuz\n" },
	{ "full.cfg", "/etc/oriel/vms/full.vm",
		"type=pv\nkernel=/boot/vmlinuz\nramdisk=/boot/initrd\ncmdline=root=/dev/xvda "
		"quiet\nmemory=2G\nmemory-max=4G\nvcpus=4\nweight=512\ncap=150\ntsc-mode=native\n"
		"disks=xvda raw /dev/vg/root; xvdb qcow2 /srv/b.qcow2; xvdc vhd ro /srv/c.vhd\n"
		"networks=xenbr0; xenbr1 00:16:3e:01:02:03\npci=0000:03:00.0;0000:03:00.1\n" },
	{ "hvm.cfg", "/etc/oriel/vms/hvm.vm",
		"type=hvm\nfirmware=ovmf\ndisks=hda vhd /srv/windows.vhd\n" },
	{ "hvm-dom0.cfg", "/etc/oriel/vms/hvm-dom0.vm",
		"type=hvm\nfirmware=bios\ndevice-model=dom0\ndisks=hda raw /srv/windows.img\n" },
	{ "hostile.cfg", "/tmp/a\nname = \"b\"\n/hostile.vm",
		"kernel=" HOSTILE "\ncmdline=x\"] on_crash='restart' \\\\\n"
		"disks=xvda raw " HOSTILE ", access=rw\n" },
};

static void test_pictures(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(pictures); i++) {
		struct hv_vm_config *config = parse(pictures[i].path, pictures[i].keys);
		CU_ASSERT_PTR_NOT_NULL_FATAL(config);
		g_autofree char *text = hv_xen_xl_render(config);
		g_autofree char *path = g_build_filename(PICTURES, pictures[i].golden, NULL);
		g_autofree char *golden = NULL;
		g_file_get_contents(path, &golden, NULL, NULL);
		if (g_strcmp0(text, golden) != 0)
			printf("\n--- %s is now:\n%s", path, text);
		CU_ASSERT_EQUAL(g_strcmp0(text, golden), 0);
		hv_vm_config_free(config);
	}
}

static void test_adopted(void)
{
	struct hv_vm_config *config = parse("/etc/oriel/vms/work.vm", "domain=work\n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	CU_ASSERT_PTR_NULL(hv_xen_xl_render(config));
	hv_vm_config_free(config);
}

#ifdef HAVE_XLUTIL
static void expect_string(const XLU_Config *file, const char *key, const char *expected)
{
	const char *value = NULL;
	CU_ASSERT_EQUAL(xlu_cfg_get_string(file, key, &value, 0), 0);
	CU_ASSERT_EQUAL(g_strcmp0(value, expected), 0);
}

static void test_reading(void)
{
	struct hv_vm_config *config = parse(pictures[4].path, pictures[4].keys);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	g_autofree char *text = hv_xen_xl_render(config);
	XLU_Config *file = xlu_cfg_init(stderr, "hostile.cfg");
	CU_ASSERT_EQUAL_FATAL(xlu_cfg_readdata(file, text, (int)strlen(text)), 0);
	expect_string(file, "name", "hostile");
	expect_string(file, "kernel", HOSTILE_READ);
	expect_string(file, "cmdline", "x\"] on_crash='restart' \\");
	expect_string(file, "on_crash", "destroy");
	XLU_ConfigList *disks = NULL;
	int count = 0;
	CU_ASSERT_EQUAL(xlu_cfg_get_list(file, "disk", &disks, &count, 0), 0);
	CU_ASSERT_EQUAL_FATAL(count, 1);
	const char *const specs[] = { xlu_cfg_get_listitem(disks, 0) };
	libxl_device_disk disk;
	libxl_device_disk_init(&disk);
	CU_ASSERT_EQUAL(xlu_disk_parse(file, 1, specs, &disk), 0);
	CU_ASSERT_EQUAL(g_strcmp0(disk.pdev_path, HOSTILE_READ ", access=rw"), 0);
	CU_ASSERT_EQUAL(g_strcmp0(disk.vdev, "xvda"), 0);
	CU_ASSERT_EQUAL(disk.format, LIBXL_DISK_FORMAT_RAW);
	libxl_device_disk_dispose(&disk);
	xlu_cfg_destroy(file);
	hv_vm_config_free(config);
}
#endif

static const struct unit_test tests[] = {
	{ "each file is as in its picture", test_pictures },
	{ "a domain that others start has no file", test_adopted },
#ifdef HAVE_XLUTIL
	{ "xl reads hostile values as they are", test_reading },
#endif
};

UNIT_MAIN("the files made for xl", tests)

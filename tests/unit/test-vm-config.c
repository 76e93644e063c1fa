#include "unit.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text-file.h"
#include "values.h"
#include "vm-config.h"

#define PATH "/etc/oriel/vms/work.vm"

enum { LONG = 5000 };

static struct hv_vm_config *parse(const char *text, GError **error)
{
	return hv_vm_config_parse(PATH, text, strlen(text), error);
}

static void test_defaults(void)
{
	struct hv_vm_config *config = parse("[vm]\nlabel=blue\n", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	g_autofree char *home = g_build_filename(g_get_user_data_dir(), "oriel/vms/work", NULL);
	CU_ASSERT_STRING_EQUAL(config->name, "work");
	CU_ASSERT_STRING_EQUAL(config->label, "blue");
	CU_ASSERT_STRING_EQUAL(config->path, PATH);
	CU_ASSERT_STRING_EQUAL(config->home, home);
	g_autofree char *log = hv_vm_config_applications_log(config);
	CU_ASSERT_TRUE(g_str_has_prefix(log, home));
	CU_ASSERT_EQUAL(config->colour, 0x3465a4);
	CU_ASSERT_EQUAL(config->border, HV_BORDER_DEFAULT);
	CU_ASSERT_EQUAL(config->backend, HV_BACKEND_LOCAL);
	CU_ASSERT_EQUAL(config->memory_limit, 0);
	CU_ASSERT_EQUAL(config->cpu_limit, 0);
	CU_ASSERT_FALSE(config->network);
	CU_ASSERT_EQUAL(config->isolation, HV_ISOLATION_BWRAP);
	CU_ASSERT_EQUAL(config->keep_alive, HV_KEEP_ALIVE_FOREVER);
	CU_ASSERT_EQUAL(config->input_quantum, 0);
	CU_ASSERT_EQUAL(config->session_ttl, HV_SESSION_TTL_DEFAULT);
	CU_ASSERT_FALSE(config->starts_at_login);
	hv_vm_config_free(config);
}

static void test_every_key(void)
{
	struct hv_vm_config *config =
		parse("# work\n\n[vm]\n label = #12aBcF \nborder=32\nbackend=local\n"
		      "home=/srv/work\nmemory=2G\ncpus=1.5\nnetwork=yes\n"
		      "isolation=none\nkeep-alive=0\nsession-ttl=604800\ninput-quantum=100\nstart="
		      "login\n",
			NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	CU_ASSERT_STRING_EQUAL(config->label, "#12aBcF");
	CU_ASSERT_EQUAL(config->colour, 0x12abcf);
	CU_ASSERT_EQUAL(config->border, 32);
	CU_ASSERT_STRING_EQUAL(config->home, "/srv/work");
	CU_ASSERT_EQUAL(config->memory_limit, UINT64_C(2) << 30);
	CU_ASSERT_EQUAL(config->cpu_limit, 1500);
	CU_ASSERT_TRUE(config->network);
	CU_ASSERT_EQUAL(config->isolation, HV_ISOLATION_NONE);
	CU_ASSERT_EQUAL(config->keep_alive, 0);
	CU_ASSERT_EQUAL(config->input_quantum, 100);
	CU_ASSERT_EQUAL(config->session_ttl, 604800);
	CU_ASSERT_TRUE(config->starts_at_login);
	hv_vm_config_free(config);
}

static void test_home_of_user(void)
{
	struct hv_vm_config *config = parse("[vm]\nlabel=red\nhome=~/vms/a\n", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	g_autofree char *home = g_build_filename(g_get_home_dir(), "vms/a", NULL);
	CU_ASSERT_STRING_EQUAL(config->home, home);
	hv_vm_config_free(config);
}

/* Text of a file after "[vm]\nlabel=blue\n", and how its error goes on after the path. */
static const struct {
	const char *text;
	const char *error;
} wrong_keys[] = {
	{ "border=0", ":3: border: \"0\" is not allowed; allowed is pixels, 1 to 32" },
	{ "border=33", ":3: border: \"33\" is not allowed" },
	{ "border=-1", ":3: border: \"-1\" is not allowed" },
	{ "border=4px", ":3: border: \"4px\" is not allowed" },
	{ "input-quantum=101",
		":3: input-quantum: \"101\" is not allowed; allowed is milliseconds, 0 to 100" },
	{ "input-quantum=-1", ":3: input-quantum: \"-1\" is not allowed" },
	{ "border=", ":3: border: \"\" is not allowed" },
	{ "border=18446744073709551620", ":3: border: \"18446744073709551620\" is not allowed" },
	{ "\n# note\nbackend=kvm", ":5: backend: \"kvm\" is not allowed; allowed is local or xen" },
	{ "kernel=/boot/vmlinuz",
		":3: kernel: is not a key of backend=local; its keys are label, " },
	{ "home=vms/work",
		":3: home: \"vms/work\" is not allowed; allowed is an absolute path or ~/PATH" },
	{ "home=/srv/../etc", ":3: home: " },
	{ "home=/", ":3: home: " },
	{ "home=~", ":3: home: " },
	{ "home=~/", ":3: home: " },
	{ "home=", ":3: home: " },
	{ "memory=1M", ":3: memory: \"1M\" is not allowed; allowed is a size like 512M or 2G, 64M "
		       "to 64T" },
	{ "memory=65T", ":3: memory: " },
	{ "memory=2GB", ":3: memory: " },
	{ "memory=2g", ":3: memory: " },
	{ "memory=1.5G", ":3: memory: " },
	{ "memory=99999999999T", ":3: memory: " },
	{ "cpus=0",
		":3: cpus: \"0\" is not allowed; allowed is a number like 2 or 1.5, 0.01 to 1024" },
	{ "cpus=1,5", ":3: cpus: " },
	{ "cpus=1.", ":3: cpus: " },
	{ "cpus=.5", ":3: cpus: " },
	{ "cpus=1.5555", ":3: cpus: " },
	{ "cpus=1025", ":3: cpus: " },
	{ "network=maybe", ":3: network: \"maybe\" is not allowed; allowed is yes or no" },
	{ "isolation=docker",
		":3: isolation: \"docker\" is not allowed; allowed is bwrap or none" },
	{ "keep-alive=-5",
		":3: keep-alive: \"-5\" is not allowed; allowed is forever, or seconds" },
	{ "start=always", ":3: start: \"always\" is not allowed; allowed is demand or login" },
	{ "keep-alive=604801", ":3: keep-alive: " },
	{ "network=\\q", ":3: network: \"\\\\q\" is not allowed" },
	{ "session-ttl=never",
		":3: session-ttl: \"never\" is not allowed; allowed is forever, or seconds" },
	{ "session-ttl=604801", ":3: session-ttl: " },
	{ "keepalive=5", ":3: keepalive: is not a key; \"keep-alive\" may be meant" },
	{ "colour=red",
		":3: colour: is not a key; the keys are label, border, backend, home, memory, " },
	{ "label=red", ":3: label: is given twice, first in line 2; keep one of them" },
	{ "label[de]=red", ":3: label[de]: is not a key; \"label\" may be meant" },
	{ "[policy]\nnetwork=yes",
		":4: network: is in the group [policy], which is not known; \"[vm]\" is" },
	{ "network", ":3: \"network\" is neither KEY=VALUE, nor [GROUP], nor a # comment" },
	{ "=yes", ":3: \"=yes\" is neither KEY=VALUE, nor [GROUP], nor a # comment" },
	{ "[vm", ":3: \"[vm\" is neither KEY=VALUE, nor [GROUP], nor a # comment" },
	{ "border=\xff", ":3: is not text in UTF-8" },
	{ "\n[vm\x1b[2J]", ":4: has a control character (U+001B); remove it" },
	{ "home=/a\xc2\x9b", ":3: has a control character (U+009B); remove it" },
	{ "[v\rm]", ":3: has a control character (U+000D); remove it" },
	{ "bor\tder=4\nbor\tder=5", ":4: bor\\tder: is given twice, first in line 3" },
};

/* As above, after backend=xen and a kernel. */
static const struct {
	const char *text;
	const char *error;
} wrong_xen_keys[] = {
	{ "isolation=bwrap", ":5: isolation: is not a key of backend=xen; its keys are label, " },
	{ "kernel=boot/vmlinuz", ":5: kernel: is given twice, first in line 4" },
	{ "ramdisk=initrd",
		":5: ramdisk: \"initrd\" is not allowed; allowed is an absolute path, without . " },
	{ "ramdisk=/boot/../initrd", ":5: ramdisk: " },
	{ "ramdisk=/boot/a\\nb", ":5: ramdisk: \"/boot/a\\\\nb\" is not allowed" },
	{ "ramdisk=/boot/initrd,", ":5: ramdisk: " },
	{ "cmdline=quiet\\nsplash", ":5: cmdline: " },
	{ "type=xen", ":5: type: \"xen\" is not allowed; allowed is pvh, pv or hvm" },
	{ "firmware=none", ":5: firmware: \"none\" is not allowed; allowed is bios or ovmf" },
	{ "firmware=ovmf", ":5: firmware: is for type=hvm without a kernel" },
	{ "vcpus=0", ":5: vcpus: \"0\" is not allowed; allowed is a number, 1 to 128" },
	{ "vcpus=1.5", ":5: vcpus: " },
	{ "weight=65536", ":5: weight: " },
	{ "cap=0", ":5: cap: " },
	{ "memory-max=512M", ":5: memory-max: is less than memory" },
	{ "disks=", ":5: disks: \"\" is not allowed; allowed is DEVICE FORMAT [ro] /PATH, like " },
	{ "disks=xvda raw", ":5: disks: " },
	{ "disks=xvda /srv/a", ":5: disks: " },
	{ "disks=xvda raw rw /srv/a", ":5: disks: " },
	{ "disks=xvda vmdk /srv/a", ":5: disks: " },
	{ "disks=xvda,w raw /srv/a", ":5: disks: " },
	{ "disks=vda raw /srv/a", ":5: disks: " },
	{ "disks=xvd1 raw /srv/a", ":5: disks: " },
	{ "disks=xvda raw /srv/../a", ":5: disks: " },
	{ "disks=xvda raw /srv/a,", ":5: disks: " },
	{ "disks=xvda raw /srv/a;;xvdb raw /srv/b", ":5: disks: " },
	{ "disks=xvda raw /srv/a; xvda raw /srv/b", ":5: disks: " },
	{ "networks=xenbr0,script=/tmp/x", ":5: networks: " },
	{ "networks=xenbr0 00:16:3e:01:02", ":5: networks: " },
	{ "networks=xenbr0 01:16:3e:01:02:03", ":5: networks: " },
	{ "networks=a-name-of-17-bytes", ":5: networks: " },
	{ "pci=0000:03:00.0", ":5: pci: cannot be given to a pvh domain; use type=pv or type=hvm" },
	{ "pci=03:00.0", ":5: pci: \"03:00.0\" is not allowed; allowed is devices like 0000:" },
	{ "device-model=qemu", ":5: device-model: " },
	{ "tsc-mode=fast", ":5: tsc-mode: " },
	{ "lost-windows=keep",
		":5: lost-windows: \"keep\" is not allowed; allowed is close or dim" },
	{ "domain=", ":5: domain: \"\" is not allowed; allowed is the name or UUID of a domain " },
	{ "domain=a b", ":5: domain: " },
	{ "domain=a/b", ":5: domain: " },
	{ "domain=#", ":5: domain: " },
	{ "domain=#0", ":5: domain: " },
	{ "domain=#32752", ":5: domain: " },
	{ "domain=work", ":5: domain: is started by others, who also give it its kernel, " },
};

/* What follows begin is wrong, each with its error. */
static void expect_wrong(const char *begin, const char *wrong, const char *expected)
{
	g_autofree char *text = g_strconcat(begin, wrong, "\n", NULL);
	g_autofree char *start = g_strconcat(PATH, expected, NULL);
	g_autoptr(GError) error = NULL;
	CU_ASSERT_PTR_NULL(parse(text, &error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_EQUAL(error->domain, HV_CONFIG_ERROR);
	if (!g_str_has_prefix(error->message, start))
		printf("\n  got      %s\n  expected %s\n", error->message, start);
	CU_ASSERT_TRUE(g_str_has_prefix(error->message, start));
	CU_ASSERT_PTR_NULL(strchr(error->message, '\n'));
}

static void test_wrong_keys(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(wrong_keys); i++)
		expect_wrong("[vm]\nlabel=blue\n", wrong_keys[i].text, wrong_keys[i].error);
}

static void test_wrong_xen_keys(void)
{
	static const char begin[] = "[vm]\nlabel=blue\nbackend=xen\nkernel=/boot/vmlinuz\n";
	for (size_t i = 0; i < G_N_ELEMENTS(wrong_xen_keys); i++)
		expect_wrong(begin, wrong_xen_keys[i].text, wrong_xen_keys[i].error);
}

static void test_read_only_ide_disk(void)
{
	static const char begin[] = "[vm]\nlabel=blue\nbackend=xen\ntype=hvm\n";
	static const char *const wrong[] = { "disks=hda raw ro /a", "disks=xvdd raw ro /a" };
	static const char *const right[] = { "disks=xvde raw ro /a", "disks=sda raw ro /a",
		"disks=xvda raw /a" };
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		expect_wrong(
			begin, wrong[i], ":5: disks: an hvm domain cannot have a disk that is ");
	for (size_t i = 0; i < G_N_ELEMENTS(right); i++) {
		g_autofree char *text = g_strconcat(begin, right[i], "\n", NULL);
		struct hv_vm_config *config = parse(text, NULL);
		CU_ASSERT_PTR_NOT_NULL(config);
		hv_vm_config_free(config);
	}
}

static void test_xen_needs_kernel(void)
{
	expect_wrong("[vm]\nlabel=blue\n", "backend=xen",
		": kernel: is missing; a pvh or pv domain needs one, or domain= names one");
	expect_wrong("[vm]\nlabel=blue\n", "backend=xen\ntype=hvm\ncmdline=quiet",
		": ramdisk: and cmdline are of use with kernel= alone");
}

static void test_every_xen_key(void)
{
	struct hv_vm_config *config = parse(
		"[vm]\nvcpus=2\nlabel=blue\nkernel=/boot/vmlinuz\nramdisk=/boot/initrd\n"
		"cmdline=root=/dev/xvda quiet\nbackend=xen\ntype=pv\nmemory=2G\nmemory-max=4G\n"
		"weight=512\ncap=150\ndisks=xvda qcow2 /srv/a b.qcow2; xvdb vhd ro /srv/b.vhd;\n"
		"networks=xenbr0 00:16:3e:01:02:03;xenbr1\npci=0000:03:00.0\n"
		"device-model=dom0\ntsc-mode=native\nlost-windows=dim\n",
		NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	const struct hv_xen_config *xen = &config->xen;
	CU_ASSERT_EQUAL(config->backend, HV_BACKEND_XEN);
	CU_ASSERT_EQUAL(config->lost_windows, HV_LOST_WINDOWS_DIM);
	CU_ASSERT_EQUAL(config->memory_limit, UINT64_C(2) << 30);
	CU_ASSERT_EQUAL(xen->memory_max, UINT64_C(4) << 30);
	CU_ASSERT_EQUAL(xen->type, HV_XEN_TYPE_PV);
	CU_ASSERT_EQUAL(xen->vcpus, 2);
	CU_ASSERT_EQUAL(xen->weight, 512);
	CU_ASSERT_EQUAL(xen->cap, 150);
	CU_ASSERT_STRING_EQUAL(xen->cmdline, "root=/dev/xvda quiet");
	CU_ASSERT_EQUAL_FATAL(xen->disks->len, 2);
	const struct hv_xen_disk *first = g_ptr_array_index(xen->disks, 0);
	const struct hv_xen_disk *second = g_ptr_array_index(xen->disks, 1);
	CU_ASSERT_STRING_EQUAL(first->path, "/srv/a b.qcow2");
	CU_ASSERT_FALSE(first->read_only);
	CU_ASSERT_EQUAL(second->format, HV_XEN_DISK_FORMAT_VHD);
	CU_ASSERT_TRUE(second->read_only);
	CU_ASSERT_EQUAL_FATAL(xen->networks->len, 2);
	const struct hv_xen_network *network = g_ptr_array_index(xen->networks, 1);
	CU_ASSERT_STRING_EQUAL(network->bridge, "xenbr1");
	CU_ASSERT_PTR_NULL(network->mac);
	CU_ASSERT_STRING_EQUAL(xen->pci[0], "0000:03:00.0");
	CU_ASSERT_EQUAL(xen->device_model, HV_XEN_DEVICE_MODEL_DOM0);
	hv_vm_config_free(config);
}

static void test_adopted_domain(void)
{
	static const char uuid[] = "5e9f3c5e-8b7a-4b1c-9d55-0c7f6f3f2a10";
	struct hv_vm_config *config = parse("[vm]\nlabel=blue\nbackend=xen\ndomain=Work.1\n", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	CU_ASSERT_STRING_EQUAL(config->xen.domain, "Work.1");
	CU_ASSERT_EQUAL(config->lost_windows, HV_LOST_WINDOWS_CLOSE);
	CU_ASSERT_EQUAL(config->memory_limit, HV_XEN_MEMORY_DEFAULT);
	CU_ASSERT_FALSE(hv_xen_is_uuid(config->xen.domain));
	CU_ASSERT_TRUE(hv_xen_is_uuid(uuid));
	CU_ASSERT_FALSE(hv_xen_is_uuid("5e9f3c5e-8b7a-4b1c-9d55-0c7f6f3f2a1"));
	CU_ASSERT_EQUAL(config->xen.domain_id, 0);
	hv_vm_config_free(config);
	config = parse("[vm]\nlabel=blue\nbackend=xen\ndomain=#5\n", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	CU_ASSERT_EQUAL(config->xen.domain_id, 5);
	hv_vm_config_free(config);
}

static void expect_error(const char *path, const char *text, size_t len, enum hv_config_error code,
	const char *message)
{
	g_autoptr(GError) error = NULL;
	CU_ASSERT_PTR_NULL(hv_vm_config_parse(path, text, len, &error));
	CU_ASSERT_TRUE_FATAL(g_error_matches(error, HV_CONFIG_ERROR, (int)code));
	CU_ASSERT_STRING_EQUAL(error->message, message);
}

static void test_missing_label(void)
{
	static const char message[] = PATH
		": label: is missing; every VM needs a colour, like label=blue in the group [vm]";
	expect_error(PATH, "", 0, HV_CONFIG_ERROR_VALUE, message);
	expect_error(PATH, "[vm]\n", 5, HV_CONFIG_ERROR_VALUE, message);
}

static void test_no_group(void)
{
	expect_error(PATH, "label=blue\n", 11, HV_CONFIG_ERROR_SYNTAX,
		PATH ":1: label: comes before any group, like \"[vm]\" in the file of a VM");
}

static void test_zero_byte(void)
{
	expect_error(PATH, "[vm]\nlabel=blue\0\n", 17, HV_CONFIG_ERROR_SYNTAX,
		PATH ":2: is not text in UTF-8; save the file in that encoding");
}

static void test_wrong_name(void)
{
	static const char *const paths[] = { "/a/Work.vm", "/a/-a.vm", "/a/.vm", "/a/a b.vm",
		"/a/ä.vm", "/a/a2345678901234567890123456789012x.vm" };
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autoptr(GError) error = NULL;
		CU_ASSERT_PTR_NULL(hv_vm_config_parse(paths[i], "[vm]\nlabel=blue\n", 16, &error));
		CU_ASSERT_PTR_NOT_NULL_FATAL(error);
		CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "cannot be a VM's name"));
	}
	CU_ASSERT_TRUE(hv_vm_name_valid("a"));
	CU_ASSERT_TRUE(hv_vm_name_valid("a2345678901234567890123456789012"));
}

static void test_unreadable(void)
{
	g_autoptr(GError) error = NULL;
	CU_ASSERT_PTR_NULL(hv_vm_config_load("/nonexistent/work.vm", &error));
	CU_ASSERT_TRUE_FATAL(g_error_matches(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_READ));
	CU_ASSERT_TRUE(g_str_has_prefix(error->message, "/nonexistent/work.vm: cannot be read: "));
}

static void test_endless(void)
{
	g_autofree char *top = g_dir_make_tmp("vms.XXXXXX", NULL);
	g_autofree char *pipe = g_build_filename(top, "pipe.vm", NULL);
	g_autofree char *device = g_build_filename(top, "device.vm", NULL);
	const char *const paths[] = { pipe, device, top };
	CU_ASSERT_EQUAL_FATAL(mkfifo(pipe, 0600), 0);
	CU_ASSERT_EQUAL_FATAL(symlink("/dev/zero", device), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		size_t len;
		g_autoptr(GError) error = NULL;
		CU_ASSERT_PTR_NULL(hv_text_file_read(paths[i], LONG, &len, &error));
		CU_ASSERT_TRUE_FATAL(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_INVAL));
		CU_ASSERT_STRING_EQUAL(error->message, "it is not a regular file");
	}
	CU_ASSERT_PTR_NULL(hv_vm_config_load(pipe, NULL));
	unlink(pipe);
	unlink(device);
	rmdir(top);
}

static void test_long(void)
{
	g_autofree char *top = g_dir_make_tmp("vms.XXXXXX", NULL);
	g_autofree char *path = g_build_filename(top, "long.vm", NULL);
	g_autofree char *text = g_strnfill(LONG + 1, '#');
	g_autofree char *read = NULL;
	g_autoptr(GError) error = NULL;
	size_t len;
	CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, text, LONG + 1, NULL));
	CU_ASSERT_PTR_NULL(hv_text_file_read(path, LONG, &len, &error));
	CU_ASSERT_TRUE_FATAL(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_INVAL));
	CU_ASSERT_STRING_EQUAL(
		error->message, "it has more than 5000 bytes, which no such file needs");
	read = hv_text_file_read(path, LONG + 1, &len, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(read);
	CU_ASSERT_EQUAL(len, LONG + 1);
	CU_ASSERT_STRING_EQUAL(read, text);
	unlink(path);
	rmdir(top);
}

static void test_colours(void)
{
	static const char *const names[] = { "blue", "green", "red", "yellow", "orange", "purple",
		"gray", "black", "#000000", "#FFffFF" };
	static const char *const wrong[] = { "", "Blue", "#12345", "#1234567", "123456", "#12345g",
		"#", "#-12345" };
	uint32_t colour;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		CU_ASSERT_TRUE(hv_value_parse_colour(names[i], &colour));
	CU_ASSERT_EQUAL(colour, 0xffffff);
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		CU_ASSERT_FALSE(hv_value_parse_colour(wrong[i], &colour));
}

static void test_sizes(void)
{
	uint64_t bytes = 0;
	CU_ASSERT_TRUE(hv_value_parse_size("0", 0, 10, &bytes));
	CU_ASSERT_EQUAL(bytes, 0);
	CU_ASSERT_TRUE(hv_value_parse_size("16777215T", 0, UINT64_MAX, &bytes));
	CU_ASSERT_EQUAL(bytes, UINT64_C(16777215) << 40);
	CU_ASSERT_TRUE(hv_value_parse_size("18446744073709551615", 0, UINT64_MAX, &bytes));
	CU_ASSERT_EQUAL(bytes, UINT64_MAX);
	CU_ASSERT_FALSE(hv_value_parse_size("16777216T", 0, UINT64_MAX, &bytes));
	CU_ASSERT_FALSE(hv_value_parse_size("18446744073709551616", 0, UINT64_MAX, &bytes));
	CU_ASSERT_FALSE(hv_value_parse_size(" 1", 0, UINT64_MAX, &bytes));
	CU_ASSERT_FALSE(hv_value_parse_size("K", 0, UINT64_MAX, &bytes));
	CU_ASSERT_EQUAL(bytes, UINT64_MAX);
}

static void test_examples(void)
{
	static const char *const names[] = { "work.vm", "personal.vm", "debian.vm", "adopted.vm" };
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(EXAMPLES, names[i], NULL);
		struct hv_vm_config *config = hv_vm_config_load(path, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(config);
		CU_ASSERT_TRUE(g_str_has_prefix(names[i], config->name));
		hv_vm_config_free(config);
	}
}

static const struct unit_test tests[] = {
	{ "a file with only a label gets the defaults", test_defaults },
	{ "every key of a full file is taken", test_every_key },
	{ "a home that begins with ~ is in the user's home", test_home_of_user },
	{ "a wrong line is reported with file, line, key and what is allowed", test_wrong_keys },
	{ "every key of a Xen domain is taken", test_every_xen_key },
	{ "a domain that others start needs no kernel", test_adopted_domain },
	{ "a domain that Oriel starts needs a kernel", test_xen_needs_kernel },
	{ "an hvm domain has no disk that is read-only where QEMU has IDE",
		test_read_only_ide_disk },
	{ "a wrong line about a Xen domain is reported likewise", test_wrong_xen_keys },
	{ "a file without a label is refused", test_missing_label },
	{ "a key before any group is refused", test_no_group },
	{ "a zero byte is refused", test_zero_byte },
	{ "a file whose name is no VM's name is refused", test_wrong_name },
	{ "a file that cannot be read is reported", test_unreadable },
	{ "what would block, or never end, is not read", test_endless },
	{ "a file is read up to a length", test_long },
	{ "colours are names or six hexadecimal digits", test_colours },
	{ "the examples are right", test_examples },
	{ "sizes beyond 64 bits are refused", test_sizes },
};

UNIT_MAIN("vm config", tests)

#include "unit.h"

#include <string.h>

#include <glib/gstdio.h>

#include "inventory.h"
#include "unit-files.h"

/* Two directories of VM files, as of the system and of the user. */
struct fixture {
	char *top;
	char *directories[3];
};

static void fixture_init(struct fixture *fixture)
{
	fixture->top = g_dir_make_tmp("oriel-inventory-XXXXXX", NULL);
	fixture->directories[0] = g_build_filename(fixture->top, "system", NULL);
	fixture->directories[1] = g_build_filename(fixture->top, "user", NULL);
	fixture->directories[2] = NULL;
	for (size_t i = 0; i < 2; i++)
		CU_ASSERT_EQUAL_FATAL(g_mkdir(fixture->directories[i], 0700), 0);
}

static void fixture_finish(struct fixture *fixture)
{
	unit_remove_tree(fixture->top);
	for (size_t i = 0; i < 2; i++)
		g_free(fixture->directories[i]);
	g_free(fixture->top);
}

static void write_file(
	struct fixture *fixture, size_t directory, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(fixture->directories[directory], name, NULL);
	unit_write_file(path, text);
}

static struct hv_inventory *load(const struct fixture *fixture)
{
	const char *directories[] = { fixture->directories[0], fixture->directories[1], NULL };
	return hv_inventory_load(directories);
}

static const char *vm_name(const struct hv_inventory *inventory, guint i)
{
	const struct hv_vm_config *config = g_ptr_array_index(inventory->vms, i);
	return config->name;
}

static void test_sorted(void)
{
	struct fixture fixture;
	fixture_init(&fixture);
	write_file(&fixture, 0, "work.vm", "[vm]\nlabel=blue\n");
	write_file(&fixture, 1, "bank.vm", "[vm]\nlabel=red\n");
	write_file(&fixture, 1, "mail.vm", "[vm]\nlabel=green\n");
	write_file(&fixture, 1, "mail.vm~", "no file of ours");
	write_file(&fixture, 1, ".mail.vm", "no file of ours");
	struct hv_inventory *inventory = load(&fixture);
	CU_ASSERT_EQUAL_FATAL(inventory->vms->len, 3);
	CU_ASSERT_EQUAL(inventory->errors->len, 0);
	CU_ASSERT_STRING_EQUAL(vm_name(inventory, 0), "bank");
	CU_ASSERT_STRING_EQUAL(vm_name(inventory, 1), "mail");
	CU_ASSERT_STRING_EQUAL(vm_name(inventory, 2), "work");
	CU_ASSERT_PTR_EQUAL(
		hv_inventory_find(inventory, "work"), g_ptr_array_index(inventory->vms, 2));
	CU_ASSERT_PTR_NULL(hv_inventory_find(inventory, "play"));
	hv_inventory_free(inventory);
	fixture_finish(&fixture);
}

static void test_later_wins(void)
{
	struct fixture fixture;
	fixture_init(&fixture);
	write_file(&fixture, 0, "work.vm", "[vm]\nlabel=blue\n");
	write_file(&fixture, 1, "work.vm", "[vm]\nlabel=red\n");
	struct hv_inventory *inventory = load(&fixture);
	CU_ASSERT_EQUAL_FATAL(inventory->vms->len, 1);
	CU_ASSERT_STRING_EQUAL(hv_inventory_find(inventory, "work")->label, "red");
	hv_inventory_free(inventory);
	fixture_finish(&fixture);
}

static void test_wrong_file(void)
{
	struct fixture fixture;
	fixture_init(&fixture);
	write_file(&fixture, 0, "work.vm", "[vm]\nlabel=blue\n");
	write_file(&fixture, 1, "work.vm", "[vm]\nlabel=mauve\n");
	write_file(&fixture, 1, "mail.vm", "[vm]\nlabel=green\n");
	struct hv_inventory *inventory = load(&fixture);
	CU_ASSERT_EQUAL_FATAL(inventory->vms->len, 1);
	CU_ASSERT_STRING_EQUAL(vm_name(inventory, 0), "mail");
	CU_ASSERT_EQUAL_FATAL(inventory->errors->len, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(
		g_ptr_array_index(inventory->errors, 0), "/user/work.vm:2: label: \"mauve\""));
	hv_inventory_free(inventory);
	fixture_finish(&fixture);
}

static void test_shared_home(void)
{
	struct fixture fixture;
	fixture_init(&fixture);
	write_file(&fixture, 1, "a.vm", "[vm]\nlabel=blue\nhome=/srv/vm\n");
	write_file(&fixture, 1, "b.vm", "[vm]\nlabel=blue\nhome=/srv/vm/b\n");
	write_file(&fixture, 1, "c.vm", "[vm]\nlabel=blue\nhome=/srv/vm-c\n");
	struct hv_inventory *inventory = load(&fixture);
	CU_ASSERT_EQUAL_FATAL(inventory->vms->len, 2);
	CU_ASSERT_PTR_NULL(hv_inventory_find(inventory, "b"));
	CU_ASSERT_EQUAL_FATAL(inventory->errors->len, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(g_ptr_array_index(inventory->errors, 0),
		"b.vm: home: /srv/vm/b is shared with the VM a"));
	hv_inventory_free(inventory);
	fixture_finish(&fixture);
}

static void test_names_of_any_bytes(void)
{
	struct fixture fixture;
	fixture_init(&fixture);
	write_file(&fixture, 1, "w\xffrk.vm", "[vm]\nlabel=blue\n");
	struct hv_inventory *inventory = load(&fixture);
	CU_ASSERT_EQUAL(inventory->vms->len, 0);
	CU_ASSERT_EQUAL_FATAL(inventory->errors->len, 1);
	const char *error = g_ptr_array_index(inventory->errors, 0);
	CU_ASSERT_TRUE(g_utf8_validate(error, -1, NULL));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "cannot be a VM's name"));
	hv_inventory_free(inventory);
	fixture_finish(&fixture);
}

static void test_missing_directories(void)
{
	static const char *const directories[] = { "/nonexistent/a", "/nonexistent/b", NULL };
	struct hv_inventory *inventory = hv_inventory_load(directories);
	CU_ASSERT_EQUAL(inventory->vms->len, 0);
	CU_ASSERT_EQUAL(inventory->errors->len, 0);
	hv_inventory_free(inventory);
}

static void test_directories(void)
{
	g_auto(GStrv) directories = hv_inventory_directories();
	CU_ASSERT_EQUAL_FATAL(g_strv_length(directories), 2);
	CU_ASSERT_STRING_EQUAL(directories[0], "/etc/oriel/vms");
	CU_ASSERT_TRUE(g_str_has_suffix(directories[1], "/oriel/vms"));
}

static void test_same_domain(void)
{
	struct fixture fixture;
	fixture_init(&fixture);
	write_file(&fixture, 0, "mail.vm", "[vm]\nlabel=red\nbackend=xen\nkernel=/boot/k\n");
	write_file(&fixture, 0, "post.vm", "[vm]\nlabel=blue\nbackend=xen\ndomain=mail\n");
	write_file(&fixture, 0, "work.vm", "[vm]\nlabel=blue\n");
	struct hv_inventory *inventory = load(&fixture);
	CU_ASSERT_EQUAL(inventory->vms->len, 2);
	CU_ASSERT_EQUAL_FATAL(inventory->errors->len, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(g_ptr_array_index(inventory->errors, 0),
		"post.vm: domain: mail is the domain of the VM mail"));
	hv_inventory_free(inventory);
	fixture_finish(&fixture);
}

static const struct unit_test tests[] = {
	{ "the files of all directories make VMs sorted by name", test_sorted },
	{ "a file in a later directory wins", test_later_wins },
	{ "a wrong file is an error, hides its namesake and leaves the others", test_wrong_file },
	{ "a home that is shared or nested is refused", test_shared_home },
	{ "a file whose name is no text is an error that is", test_names_of_any_bytes },
	{ "missing directories are empty", test_missing_directories },
	{ "the system's directory comes before the user's", test_directories },
	{ "a domain belongs to one VM alone", test_same_domain },
};

UNIT_MAIN("inventory", tests)

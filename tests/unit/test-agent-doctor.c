#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "guest-doctor.h"
#include "unit-files.h"

enum { ROOT = 0, USER = 1000 };

static char *root;

static void write_file(const char *path, const char *text)
{
	g_autofree char *full = g_strconcat(root, path, NULL);
	unit_write_file(full, text);
}

/* What is said to that user of the guest whose files have been written. */
static char *examine(uid_t user, bool *well)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	*well = ga_doctor_examine(root, user, out);
	fclose(out);
	return text;
}

static bool says(const char *words)
{
	bool well;
	char *text = examine(USER, &well);
	bool found = strstr(text, words) != NULL;
	if (!found)
		printf("\n  %s", text);
	free(text);
	return found;
}

static void test_elsewhere(void)
{
	CU_ASSERT_TRUE(says("fine   this is no guest of Xen"));
}

static void test_guest(void)
{
	write_file("/sys/hypervisor/type", "xen\n");
	CU_ASSERT_TRUE(says("WRONG  /dev/xen/gntalloc is missing; try modprobe xen-gntalloc\n"));
	write_file("/dev/xen/gntalloc", "");
	write_file("/dev/xen/evtchn", "");
	write_file("/dev/xen/xenbus", "");
	CU_ASSERT_TRUE(says("fine   /dev/xen/gntalloc can be used\n"));
	write_file("/sys/module/xen_gntalloc/parameters/limit", "1024\n");
	CU_ASSERT_TRUE(says("WRONG  only 1024 pages may be shared"));
	write_file("/sys/module/xen_gntalloc/parameters/limit", "16384\n");
	CU_ASSERT_TRUE(says("fine   16384 pages may be shared\n"));
}

static void test_programs(void)
{
	g_autofree char *path = g_strdup(g_getenv("PATH"));
	bool well = true;
	g_setenv("PATH", root, TRUE);
	char *text = examine(USER, &well);
	g_setenv("PATH", path, TRUE);
	CU_ASSERT_FALSE(well);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "WRONG  the program Xvfb is not in $PATH"));
	free(text);
}

static void test_root(void)
{
	bool well, root_well;
	char *text = examine(USER, &well);
	char *root_text = examine(ROOT, &root_well);
	CU_ASSERT_PTR_NULL(strstr(text, "as root"));
	CU_ASSERT_PTR_NOT_NULL(strstr(root_text, "\nwarn   this runs as root: "));
	CU_ASSERT_PTR_NOT_NULL(strstr(root_text, "oriel-guest@USER"));
	CU_ASSERT_EQUAL(root_well, well);
	CU_ASSERT_PTR_NULL(ga_doctor_judge_user(USER));
	free(text);
	free(root_text);
}

static const struct unit_test tests[] = {
	{ "where there is no Xen nothing of it is needed", test_elsewhere },
	{ "a guest's devices and its limit of pages are looked at", test_guest },
	{ "missing programs are found", test_programs },
	{ "root is told to run the agent as a user, which is nothing wrong", test_root },
};

int main(int argc, char **argv)
{
	root = g_dir_make_tmp("oriel-doctor-XXXXXX", NULL);
	int status = unit_run("the agent's doctor", tests, G_N_ELEMENTS(tests), argc, argv);
	unit_remove_tree(root);
	g_free(root);
	return status;
}

/*
 * What the doctor finds, on a machine that may have anything, and a Xen host that the test makes.
 */
#include "unit.h"

#include <string.h>

#include <glib/gstdio.h>

#include "doctor.h"
#include "fake-xen-host.h"

#define XEN "[vm]\nlabel=blue\nbackend=xen\n"

static char *directory;
static void (*prepare)(void); /* the fake host, once it is open */

static struct hv_xen_host *open_host(
	const struct hv_xen_host_listener *listener, void *data, GError **error)
{
	struct hv_xen_host *host = fake_xen_host_open(listener, data, error);
	if (host != NULL)
		prepare();
	return host;
}

/* What is found of a single VM file. */
static GPtrArray *examine(const char *text)
{
	const char *directories[] = { directory, NULL };
	g_autofree char *path = g_build_filename(directory, "work.vm", NULL);
	CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, text, -1, NULL));
	struct hv_inventory *inventory = hv_inventory_load(directories);
	GPtrArray *findings = hv_doctor_examine(inventory, open_host);
	hv_inventory_free(inventory);
	g_remove(path);
	return findings;
}

static bool finds(const char *file, bool fine, const char *words)
{
	g_autoptr(GPtrArray) findings = examine(file);
	for (guint i = 0; i < findings->len; i++) {
		const struct hv_finding *finding = g_ptr_array_index(findings, i);
		if ((finding->level == HV_FINDING_FINE) == fine &&
			strstr(finding->text, words) != NULL)
			return true;
	}
	printf("\n  not found: %s\n", words);
	return false;
}

static void prepare_nothing(void)
{
}

static void prepare_guest(void)
{
	fake_xen_host_add_domain(3, "work", "");
}

static void prepare_agent(void)
{
	prepare_guest();
	fake_xen_host_publish_agent(3, "1");
}

static void prepare_old_agent(void)
{
	prepare_guest();
	fake_xen_host_publish_agent(3, "0");
}

static void test_wrong_file(void)
{
	CU_ASSERT_TRUE(finds("[vm]\nlabel=blau\n", false, "work.vm:2: label: "));
	CU_ASSERT_TRUE(finds("[vm]\nlabel=blau\n", false, "no VM is described"));
}

static void test_local(void)
{
	g_autofree char *path = g_strdup(g_getenv("PATH"));
	g_setenv("PATH", directory, TRUE);
	CU_ASSERT_TRUE(finds("[vm]\nlabel=blue\n", false,
		"the program Xvfb is not in $PATH; install the package xvfb"));
	CU_ASSERT_TRUE(finds("[vm]\nlabel=blue\n", false, "install the package bubblewrap"));
	g_setenv("PATH", path, TRUE);
}

static void test_no_xen(void)
{
	fake_xen_host_set_missing(true);
	CU_ASSERT_TRUE(finds(XEN "domain=work\n", false, "Xen: there is no Xen"));
	fake_xen_host_set_missing(false);
}

static void test_files(void)
{
	prepare = prepare_nothing;
	CU_ASSERT_TRUE(finds(XEN "kernel=/nonexistent/vmlinuz\n", false,
		"work: /nonexistent/vmlinuz cannot be read: No such file"));
	CU_ASSERT_TRUE(finds(XEN "kernel=/dev/null\ndisks=xvda raw /nonexistent/a\n", false,
		"work: /nonexistent/a cannot be written: No such file"));
	CU_ASSERT_TRUE(finds(XEN "domain=work\n", true, "work: its domain work does not run"));
	CU_ASSERT_TRUE(finds(XEN "domain=work\n", true, "xenstore answers"));
}

static void test_agents(void)
{
	prepare = prepare_guest;
	CU_ASSERT_TRUE(finds(XEN "domain=work\n", false, "domain 3 runs, but has no agent"));
	prepare = prepare_agent;
	CU_ASSERT_TRUE(finds(XEN "domain=work\n", true, "domain 3 runs, and has an agent"));
	prepare = prepare_old_agent;
	CU_ASSERT_TRUE(finds(XEN "domain=work\n", false, "speaks version 0 of the protocol"));
	CU_ASSERT_TRUE(finds(XEN "domain=#5\n", false,
		"domain 5 does not run, or has no agent for this domain"));
	prepare = prepare_agent;
	CU_ASSERT_TRUE(finds(XEN "domain=#3\n", true, "domain 3 runs, and has an agent"));
}

static const struct unit_test tests[] = {
	{ "a wrong VM file is found", test_wrong_file },
	{ "missing programs of local VMs are found", test_local },
	{ "a missing Xen is found", test_no_xen },
	{ "files that a domain needs are looked for", test_files },
	{ "agents are found, and those of another version", test_agents },
};

int main(int argc, char **argv)
{
	directory = g_dir_make_tmp("oriel-doctor-XXXXXX", NULL);
	int status = unit_run("the doctor", tests, G_N_ELEMENTS(tests), argc, argv);
	g_rmdir(directory);
	g_free(directory);
	return status;
}

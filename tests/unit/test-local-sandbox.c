#include "unit.h"

#include <string.h>

#include "local-sandbox.h"
#include "local-spawn.h"

static struct hv_vm_config config = {
	.name = (char[]){ "work" },
	.home = (char[]){ "/home/ann/.local/share/oriel/vms/work" },
};
static struct hv_local_paths paths = {
	.x11 = (char[]){ "/run/user/7/oriel/work/x11" },
	.xauthority = (char[]){ "/run/user/7/oriel/work/Xauthority" },
	.session = (char[]){ "/run/user/7/oriel/work/session" },
	.session_state = (char[]){ "/run/user/7/oriel/work/session/state" },
	.runtime = (char[]){ "/run/user/7/oriel/work/runtime" },
};
static const struct hv_screen screen = { 1280, 720, 96 };

static struct hv_session_plan make_plan(enum hv_isolation isolation, bool network, uid_t uid)
{
	config.isolation = isolation;
	config.network = network;
	return (struct hv_session_plan){
		.config = &config,
		.paths = &paths,
		.screen = &screen,
		.display = 101,
		.marker = "ORIEL_VM_SESSION=1",
		.agent = "/opt/oriel/bin/oriel-agent",
		.bwrap = "/usr/bin/bwrap",
		.uid = uid,
	};
}

/* The command as one string, in which " OPTION VALUE " can be looked for. */
static char *command_line(enum hv_isolation isolation, bool network, uid_t uid)
{
	struct hv_session_plan plan = make_plan(isolation, network, uid);
	g_auto(GStrv) command = hv_session_command(&plan);
	g_autofree char *joined = g_strjoinv(" ", command);
	return g_strconcat(" ", joined, " ", NULL);
}

static bool has(const char *line, const char *part)
{
	return strstr(line, part) != NULL;
}

static void test_namespaces(void)
{
	g_autofree char *line = command_line(HV_ISOLATION_BWRAP, false, 1000);
	static const char *const wanted[] = { " /usr/bin/bwrap ", " --unshare-user ",
		" --unshare-pid ", " --unshare-ipc ", " --unshare-uts ", " --unshare-net ",
		" --unshare-cgroup-try ", " --new-session ", " --as-pid-1 ", " --tmpfs /tmp ",
		" --tmpfs /run ", " --proc /proc ", " --dev /dev " };
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
		CU_ASSERT_TRUE(has(line, wanted[i]));
	CU_ASSERT_FALSE(has(line, "--die-with-parent"));
}

static void test_network(void)
{
	g_autofree char *line = command_line(HV_ISOLATION_BWRAP, true, 1000);
	CU_ASSERT_FALSE(has(line, " --unshare-net "));
	CU_ASSERT_TRUE(has(line, " --ro-bind-try /run/systemd/resolve /run/systemd/resolve "));
}

static void test_root(void)
{
	g_autofree char *line = command_line(HV_ISOLATION_BWRAP, false, 0);
	CU_ASSERT_FALSE(has(line, " --unshare-user "));
	CU_ASSERT_TRUE(has(line,
		" --cap-drop ALL --cap-add CAP_CHOWN --cap-add CAP_SETGID --cap-add CAP_SETUID "));
	CU_ASSERT_FALSE(has(line, "CAP_SYS"));
}

/* What is bound writable, and nothing else: its home and two directories. */
static void test_places(void)
{
	g_autofree char *line = command_line(HV_ISOLATION_BWRAP, false, 7);
	static const char *const writable[] = {
		(" --bind /home/ann/.local/share/oriel/vms/work "
		 "/home/ann/.local/share/oriel/vms/work "),
		" --bind /run/user/7/oriel/work/x11 /tmp/.X11-unix ",
		" --bind /run/user/7/oriel/work/session /run/oriel/session ",
	};
	size_t count = 0;
	for (const char *p = strstr(line, " --bind "); p != NULL; p = strstr(p + 1, " --bind "))
		count++;
	CU_ASSERT_EQUAL(count, G_N_ELEMENTS(writable));
	for (size_t i = 0; i < G_N_ELEMENTS(writable); i++)
		CU_ASSERT_TRUE(has(line, writable[i]));
	CU_ASSERT_TRUE(has(line, " --ro-bind /opt/oriel/bin /opt/oriel/bin "));
	CU_ASSERT_TRUE(has(line, " --perms 0700 --dir /run/user/7 "));
	CU_ASSERT_FALSE(has(line, " /home /home "));
	CU_ASSERT_FALSE(has(line, " /var /var "));
}

/* bubblewrap mounts in order: a later tmpfs would hide the home. */
static void test_home_is_last(void)
{
	g_autofree char *line = command_line(HV_ISOLATION_BWRAP, false, 7);
	const char *home = strstr(line, " --bind /home/ann");
	CU_ASSERT_PTR_NOT_NULL_FATAL(home);
	CU_ASSERT_PTR_NULL(strstr(home, "--tmpfs"));
	CU_ASSERT_PTR_NULL(strstr(home, "--ro-bind"));
}

static void test_session_arguments(void)
{
	static const char common[] =
		" --screen=1280x720 --max-screen=4096x2304 --dpi=96 --notify-fd=4 ";
	g_autofree char *boxed = command_line(HV_ISOLATION_BWRAP, false, 7);
	CU_ASSERT_TRUE(has(boxed, " -- /opt/oriel/bin/oriel-agent --session --display=101 "
				  "--xauthority=/run/oriel/Xauthority --runtime-dir=/run/user/7 "
				  "--state=/run/oriel/session/state "));
	CU_ASSERT_TRUE(has(boxed, common));
	g_autofree char *open = command_line(HV_ISOLATION_NONE, false, 7);
	CU_ASSERT_TRUE(g_str_has_prefix(open, " /opt/oriel/bin/oriel-agent --session --display=101 "
					      "--xauthority=/run/user/7/oriel/work/Xauthority "
					      "--runtime-dir=/run/user/7/oriel/work/runtime "
					      "--state=/run/user/7/oriel/work/session/state "));
	CU_ASSERT_TRUE(has(open, common));
}

static bool environment_is(
	enum hv_isolation isolation, const char *const *caller, const char *expected)
{
	struct hv_session_plan plan = make_plan(isolation, false, 7);
	g_auto(GStrv) environment = hv_session_environment(&plan, caller);
	g_autofree char *joined = g_strjoinv(" ", environment);
	if (!g_str_equal(joined, expected))
		printf("\n  got      %s\n  expected %s\n", joined, expected);
	return g_str_equal(joined, expected);
}

static void test_environment(void)
{
	static const char *const caller[] = { "PATH=/bin", "LC_TIME=C", "HOME=/home/ann",
		"DISPLAY=:0", "XAUTHORITY=/x", "WAYLAND_DISPLAY=w",
		"DBUS_SESSION_BUS_ADDRESS=unix:/b", "SESSION_MANAGER=l", "XDG_SESSION_ID=3",
		"XDG_RUNTIME_DIR=/run/user/7", "XDG_DATA_HOME=/d", "SSH_AUTH_SOCK=/s",
		"AWS_SECRET_ACCESS_KEY=k", "BENCH_ROLE=peer", "PATHS=1", "ORIEL_VM=other",
		"MALLOC_ARENA_MAX=1", NULL };
	CU_ASSERT_TRUE(environment_is(HV_ISOLATION_BWRAP, caller,
		"PATH=/bin LC_TIME=C MALLOC_ARENA_MAX=1 HOME=/home/ann/.local/share/oriel/vms/work "
		"ORIEL_VM=work ORIEL_VM_SESSION=1"));
	CU_ASSERT_TRUE(environment_is(HV_ISOLATION_NONE, caller,
		"PATH=/bin LC_TIME=C AWS_SECRET_ACCESS_KEY=k BENCH_ROLE=peer PATHS=1 "
		"MALLOC_ARENA_MAX=1 "
		"HOME=/home/ann/.local/share/oriel/vms/work ORIEL_VM=work ORIEL_VM_SESSION=1"));
}

static void test_bwrap_info(void)
{
	CU_ASSERT_EQUAL(
		hv_parse_bwrap_info("{\n    \"child-pid\": 4711,\n    \"net-namespace\": 1\n}\n"),
		4711);
	CU_ASSERT_EQUAL(hv_parse_bwrap_info(""), 0);
	CU_ASSERT_EQUAL(hv_parse_bwrap_info("{\"child-pid\": -1}"), 0);
	CU_ASSERT_EQUAL(hv_parse_bwrap_info("{\"child-pid\": "), 0);
}

static const struct unit_test tests[] = {
	{ "the sandbox has namespaces of its own and outlives the broker", test_namespaces },
	{ "with network=yes the sandbox shares the network and its name servers", test_network },
	{ "root gets no user namespace, and keeps three capabilities", test_root },
	{ "only the home and the session's directories are writable", test_places },
	{ "the home is mounted after everything that could hide it", test_home_is_last },
	{ "the session is told its places as it sees them", test_session_arguments },
	{ "the environment carries nothing of the primary's session", test_environment },
	{ "bwrap's answer gives the child's process id", test_bwrap_info },
};

UNIT_MAIN("local sandbox", tests)

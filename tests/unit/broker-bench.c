#include "broker-bench.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker-fakes.h"
#include "tree-remove.h"
#include "unit.h"

enum { TURNS = 4 };

struct hc_broker *broker;

static char *home;

static void remove_home(void)
{
	tree_remove(home);
	g_free(home);
}

static void write_file(const char *directory, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(home, "oriel", directory, NULL);
	g_autofree char *file = g_build_filename(path, name, NULL);

	CU_ASSERT_EQUAL_FATAL(g_mkdir_with_parents(path, 0700), 0);
	CU_ASSERT_TRUE_FATAL(g_file_set_contents(file, text, -1, NULL));
}

/* GLib looks at the environment once. */
static void make_home(void)
{
	static const char *const variables[] = { "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR",
		"XDG_STATE_HOME", "XDG_DATA_HOME", "HOME" };

	home = g_dir_make_tmp("broker-XXXXXX", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(home);
	for (size_t i = 0; i < G_N_ELEMENTS(variables); i++)
		g_setenv(variables[i], home, TRUE);
	g_setenv("XDG_DATA_DIRS", "/nonexistent", TRUE);
	g_setenv("DISPLAY", ":0", TRUE);
	g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
	write_file("vms", "personal.vm", "[vm]\nlabel=green\n");
	write_file("vms", "work.vm", "[vm]\nlabel=blue\n");
	signal(SIGPIPE, SIG_IGN);
	atexit(remove_home);
}

static void ignore_vm(void *data, struct hc_vm *vm)
{
	(void)data;
	(void)vm;
}

void broker_bench_settle(void)
{
	for (int i = 0; i < TURNS; i++) {
		hc_broker_dispatch(broker);
		while (g_main_context_iteration(NULL, FALSE)) {
		}
	}
}

void broker_bench_say(enum broker_bench_vm vm, const struct hc_link_message *message)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(fake_view_peer(vm));
	CU_ASSERT_TRUE(hc_link_send(fake_view_peer(vm)->link, message, -1));
	broker_bench_settle();
}

bool broker_bench_hear(enum broker_bench_vm vm, enum hc_link_op op, struct hc_link_message *message)
{
	int fd = -1;

	CU_ASSERT_PTR_NOT_NULL_FATAL(fake_view_peer(vm));
	while (hc_link_receive(fake_view_peer(vm)->link, message, &fd) > 0) {
		if (fd >= 0)
			close(fd);
		if (message->op == op)
			return true;
	}
	return false;
}

void broker_bench_begin(const char *policy)
{
	static const struct hc_broker_programs programs = { "view", "desk", "screen",
		"/bin/oriel" };
	static const struct hc_broker_listener listener = {
		.vm_changed = ignore_vm,
		.windows_changed = ignore_vm,
		.applications_changed = ignore_vm,
	};

	if (!home)
		make_home();
	write_file("policy.d", "test.policy", policy);
	fake_broker_begin();
	broker = hc_broker_create(&programs, &listener, NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(broker);
	broker_bench_settle();
	for (int vm = PERSONAL; vm <= WORK; vm++)
		broker_bench_say((enum broker_bench_vm)vm,
			HC_LINK_MESSAGE(SESSION_READY, session_ready, .agent = 1));
}

void broker_bench_end(void)
{
	hc_broker_destroy(broker);
	broker = NULL;
}

/*
 * The Xen backend over a host without Xen.
 */
#include "unit.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "driver.h"
#include "fake-xen-host.h"
#include "xen-command.h"

#define UUID "5e9f3c5e-8b7a-4b1c-9d55-0c7f6f3f2a10"

static struct hv_driver *driver;
static struct hv_vm_config *config;
static GString *states; /* told, a word each */
static int reachable;
static char *told_reason;
static int acted; /* -1 not yet, 0, 1 with an error */
static char *runtime;

static void handle_state(void *data, const char *vm, enum hv_state state, const char *reason)
{
	(void)data;
	CU_ASSERT_STRING_EQUAL(vm, "work");
	g_string_append_printf(states, "%s%s", states->len > 0 ? " " : "", hv_state_name(state));
	g_free(told_reason);
	told_reason = g_strdup(reason);
}

static void handle_reachable(void *data, const char *vm)
{
	(void)data;
	CU_ASSERT_STRING_EQUAL(vm, "work");
	reachable++;
}

static const struct hv_driver_listener listener = {
	.state_changed = handle_state,
	.reachable = handle_reachable,
};

static void handle_acted(void *data, const GError *error)
{
	(void)data;
	acted = error != NULL;
}

/* True if just these states have been told since the last call. */
static bool told(const char *expected)
{
	bool same = g_str_equal(states->str, expected);
	if (!same)
		printf("\n  told \"%s\", expected \"%s\"\n", states->str, expected);
	g_string_truncate(states, 0);
	return same;
}

static bool last_xl(const char *expected)
{
	const char *last = fake_xen_host_last_xl();
	bool same = g_strcmp0(last, expected) == 0;
	if (!same)
		printf("\n  xl was told \"%s\", expected \"%s\"\n", last != NULL ? last : "",
			expected != NULL ? expected : "");
	return same;
}

static bool start(const char *image, GError **error)
{
	static const struct hv_screen screen = { 1920, 1080, 96 };
	return hv_driver_start(driver, config, &screen, image, error);
}

static struct hv_vm_config *parse(const char *keys)
{
	g_autofree char *text = g_strconcat("[vm]\nlabel=blue\nbackend=xen\n", keys, NULL);
	struct hv_vm_config *parsed = hv_vm_config_parse("/vms/work.vm", text, strlen(text), NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(parsed);
	return parsed;
}

static void begin(const char *keys)
{
	states = g_string_new(NULL);
	reachable = 0;
	acted = -1;
	fake_xen_host_set_missing(false);
	config = parse(keys);
	driver = hv_driver_xen_create(&listener, NULL, fake_xen_host_open);
	CU_ASSERT_PTR_NOT_NULL_FATAL(driver);
}

static void end(void)
{
	hv_driver_destroy(driver);
	hv_vm_config_free(config);
	g_string_free(states, TRUE);
	g_clear_pointer(&told_reason, g_free);
}

static void begin_running(void)
{
	begin("kernel=/boot/vmlinuz\n");
	hv_driver_adopt(driver, config);
	fake_xen_host_add_domain(3, "work", UUID);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("running"));
}

static bool act(enum hv_action action, const char *file)
{
	g_autoptr(GError) error = NULL;
	acted = -1;
	return hv_driver_act(driver, "work", action, file, handle_acted, NULL, &error);
}

static void test_no_xen(void)
{
	g_autoptr(GError) error = NULL;
	begin("kernel=/boot/vmlinuz\n");
	fake_xen_host_set_missing(true);
	CU_ASSERT_FALSE(hv_driver_adopt(driver, config));
	CU_ASSERT_FALSE(start(NULL, &error));
	CU_ASSERT_STRING_EQUAL(error->message, "there is no Xen");
	hv_driver_dispatch(driver);
	fake_xen_host_set_missing(false);
	CU_ASSERT_TRUE(start(NULL, NULL));
	end();
}

static void test_start(void)
{
	g_autofree char *path = g_build_filename(runtime, "oriel", "work", "xl.cfg", NULL);
	g_autofree char *command = g_strconcat("create -q ", path, NULL);
	g_autofree char *text = NULL;
	begin("kernel=/boot/vmlinuz\n");
	CU_ASSERT_TRUE(start(NULL, NULL));
	CU_ASSERT_TRUE(last_xl(command));
	CU_ASSERT_TRUE(g_file_get_contents(path, &text, NULL, NULL));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "name = \"work\"\n"));
	fake_xen_host_add_domain(3, "work", UUID);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("starting"));
	CU_ASSERT_FALSE(start(NULL, NULL));
	fake_xen_host_end_xl(NULL);
	CU_ASSERT_TRUE(told("running"));
	CU_ASSERT_FALSE(g_file_test(path, G_FILE_TEST_EXISTS));
	end();
}

static void test_introduced_later(void)
{
	begin("kernel=/boot/vmlinuz\n");
	CU_ASSERT_TRUE(start(NULL, NULL));
	fake_xen_host_end_xl(NULL);
	CU_ASSERT_TRUE(told("starting"));
	fake_xen_host_add_domain(3, "work", UUID);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("running"));
	end();
}

static void test_failed_start(void)
{
	begin("kernel=/boot/vmlinuz\n");
	CU_ASSERT_TRUE(start(NULL, NULL));
	fake_xen_host_end_xl("xl create failed: no such kernel");
	CU_ASSERT_TRUE(told("starting failed"));
	CU_ASSERT_STRING_EQUAL(told_reason, "xl create failed: no such kernel");
	CU_ASSERT_TRUE(start(NULL, NULL));
	end();
}

static void test_cancelled_start(void)
{
	g_autoptr(GError) error = NULL;
	begin("kernel=/boot/vmlinuz\n");
	CU_ASSERT_TRUE(start(NULL, NULL));
	CU_ASSERT_FALSE(
		hv_driver_act(driver, "work", HV_ACTION_DESTROY, NULL, handle_acted, NULL, &error));
	CU_ASSERT_STRING_EQUAL(error->message, "it is being started; stopping it ends that");
	hv_driver_stop(driver, "work");
	fake_xen_host_add_domain(3, "work", UUID);
	hv_driver_dispatch(driver);
	fake_xen_host_end_xl(NULL);
	CU_ASSERT_TRUE(last_xl("destroy 3"));
	fake_xen_host_remove_domain(3);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("starting stopping stopped"));
	end();
}

static void test_adopt(void)
{
	begin("domain=" UUID "\n");
	CU_ASSERT_FALSE(hv_driver_adopt(driver, config));
	fake_xen_host_add_domain(3, "whatever", UUID);
	CU_ASSERT_TRUE(told(""));
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("running"));
	CU_ASSERT_TRUE(hv_driver_adopt(driver, config));
	CU_ASSERT_TRUE(told(""));
	end();
}

static void test_adopt_paused(void)
{
	struct hv_vm_status status = { .state = HV_STATE_STOPPED };
	begin_running();
	fake_xen_host_pause_domain(3, true);
	hv_driver_forget(driver, "work");
	CU_ASSERT_TRUE(hv_driver_adopt(driver, config));
	CU_ASSERT_TRUE(hv_driver_status(driver, "work", &status));
	CU_ASSERT_EQUAL(status.state, HV_STATE_PAUSED);
	CU_ASSERT_EQUAL(status.domain, 3);
	CU_ASSERT_EQUAL(status.cpu_time, 3000);
	CU_ASSERT_EQUAL(status.memory, 3 << 20);
	CU_ASSERT_TRUE(told(""));
	end();
}

static void test_primary(void)
{
	struct hv_primary_usage usage;
	begin("domain=work\n");
	CU_ASSERT_FALSE(hv_driver_primary_usage(driver, &usage));
	hv_driver_adopt(driver, config);
	fake_xen_host_add_domain(2, "desktop", UUID);
	fake_xen_host_be_domain("2");
	CU_ASSERT_TRUE(hv_driver_primary_usage(driver, &usage));
	CU_ASSERT_EQUAL(usage.cpu_time, 2000);
	CU_ASSERT_EQUAL(usage.memory, 2 << 20);
	fake_xen_host_be_domain("2x");
	CU_ASSERT_FALSE(hv_driver_primary_usage(driver, &usage));
	end();
}

static void test_return(void)
{
	begin_running();
	fake_xen_host_remove_domain(3);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("stopped"));
	fake_xen_host_add_domain(4, "work", UUID);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("running"));
	fake_xen_host_remove_domain(4);
	fake_xen_host_add_domain(5, "work", UUID);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("stopped running"));
	end();
}

static void test_rename(void)
{
	begin("domain=work\n");
	hv_driver_adopt(driver, config);
	fake_xen_host_add_domain(3, "work--incoming", UUID);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told(""));
	fake_xen_host_rename_domain(3, "work");
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("running"));
	end();
}

static void test_crash(void)
{
	begin_running();
	fake_xen_host_crash_domain(3);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told(""));
	fake_xen_host_remove_domain(3);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("failed"));
	CU_ASSERT_STRING_EQUAL(told_reason, "its system has crashed");
	end();
}

static void test_crash_of_others(void)
{
	begin("domain=work\n");
	hv_driver_adopt(driver, config);
	fake_xen_host_add_domain(3, "work", UUID);
	hv_driver_dispatch(driver);
	fake_xen_host_crash_domain(3);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("running stopped"));
	CU_ASSERT_STRING_EQUAL(told_reason, "its system has crashed");
	end();
}

/* The VM's file says this now. */
static void tune(const char *keys)
{
	struct hv_vm_config *changed = parse(keys);
	hv_driver_tune(driver, changed);
	hv_vm_config_free(changed);
}

static char *notice(void)
{
	struct hv_vm_status status = { 0 };
	CU_ASSERT_TRUE(hv_driver_status(driver, "work", &status));
	char *text = g_steal_pointer(&status.notice);
	hv_vm_status_clear(&status);
	return text;
}

static void test_tune(void)
{
	begin_running();
	tune("kernel=/boot/vmlinuz\nvcpus=2\n");
	CU_ASSERT_TRUE(last_xl(NULL));
	tune("kernel=/boot/vmlinuz\nweight=512\ncap=50\n");
	CU_ASSERT_TRUE(last_xl("sched-credit2 -d 3 -w 512 -c 50"));
	tune("kernel=/boot/vmlinuz\nweight=512\ncap=50\nmemory=2G\nmemory-max=4G\n");
	CU_ASSERT_TRUE(last_xl("mem-set 3 2048m"));
	tune("kernel=/boot/vmlinuz\nmemory=2G\nmemory-max=4G\n");
	CU_ASSERT_TRUE(last_xl("sched-credit2 -d 3 -w 256 -c 0"));
	end();
}

static void test_tune_fails(void)
{
	begin_running();
	tune("kernel=/boot/vmlinuz\nmemory=8G\n");
	fake_xen_host_end_xl("xl mem-set failed: above its maximum");
	g_autofree char *text = notice();
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "above its maximum"));
	CU_ASSERT_TRUE(told(""));
	tune("kernel=/boot/vmlinuz\n");
	fake_xen_host_end_xl(NULL);
	CU_ASSERT_PTR_NULL(notice());
	end();
}

static void test_tune_while_starting(void)
{
	begin("kernel=/boot/vmlinuz\nweight=100\n");
	CU_ASSERT_TRUE(start(NULL, NULL));
	tune("kernel=/boot/vmlinuz\nweight=200\n");
	fake_xen_host_add_domain(3, "work", UUID);
	hv_driver_dispatch(driver);
	fake_xen_host_end_xl(NULL);
	CU_ASSERT_TRUE(last_xl("sched-credit2 -d 3 -w 200 -c 0"));
	end();
}

static void test_shares_of_others(void)
{
	begin("domain=work\nweight=100\nmemory=4G\n");
	hv_driver_adopt(driver, config);
	fake_xen_host_add_domain(3, "work", UUID);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(last_xl("sched-credit2 -d 3 -w 100 -c 0"));
	tune("domain=work\nweight=100\nmemory=2G\n");
	CU_ASSERT_TRUE(last_xl(NULL));
	end();
}

static void test_stop(void)
{
	begin_running();
	CU_ASSERT_EQUAL(hv_driver_deadline(driver), -1);
	hv_driver_stop(driver, "work");
	CU_ASSERT_TRUE(last_xl("shutdown -F 3"));
	CU_ASSERT_TRUE(hv_driver_deadline(driver) > 0);
	fake_xen_host_end_xl(NULL);
	CU_ASSERT_TRUE(told("stopping"));
	fake_xen_host_remove_domain(3);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("stopped"));
	CU_ASSERT_EQUAL(hv_driver_deadline(driver), -1);
	end();
}

static void test_deaf_guest(void)
{
	begin_running();
	hv_driver_stop(driver, "work");
	fake_xen_host_end_xl("xl shutdown failed: PV control interface not available");
	CU_ASSERT_TRUE(last_xl("destroy 3"));
	fake_xen_host_end_xl("xl destroy failed: permission denied");
	CU_ASSERT_TRUE(told("stopping failed"));
	CU_ASSERT_STRING_EQUAL(told_reason, "xl destroy failed: permission denied");
	end();
}

static void test_stop_of_others(void)
{
	g_autoptr(GError) error = NULL;
	begin("domain=work\n");
	hv_driver_adopt(driver, config);
	CU_ASSERT_FALSE(start(NULL, &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "is started by others"));
	fake_xen_host_add_domain(3, "work", UUID);
	hv_driver_dispatch(driver);
	hv_driver_stop(driver, "work");
	CU_ASSERT_TRUE(told("running stopped"));
	CU_ASSERT_TRUE(last_xl(NULL));
	fake_xen_host_add_domain(4, "other", "");
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told(""));
	CU_ASSERT_TRUE(start(NULL, NULL));
	CU_ASSERT_TRUE(told("running"));
	end();
}

static void test_pause(void)
{
	struct hv_vm_status status = { .state = HV_STATE_STOPPED };
	begin_running();
	CU_ASSERT_FALSE(act(HV_ACTION_RESUME, NULL));
	CU_ASSERT_TRUE(act(HV_ACTION_PAUSE, NULL));
	CU_ASSERT_TRUE(last_xl("pause 3"));
	fake_xen_host_pause_domain(3, true);
	CU_ASSERT_TRUE(told(""));
	fake_xen_host_end_xl(NULL);
	CU_ASSERT_TRUE(told("paused"));
	CU_ASSERT_EQUAL(acted, 0);
	CU_ASSERT_FALSE(act(HV_ACTION_PAUSE, NULL));
	CU_ASSERT_FALSE(act(HV_ACTION_SAVE, "/srv/work.save"));
	fake_xen_host_pause_domain(3, false);
	CU_ASSERT_TRUE(hv_driver_status(driver, "work", &status));
	CU_ASSERT_TRUE(told("running"));
	end();
}

static void test_save(void)
{
	g_autofree char *path = g_build_filename(runtime, "oriel", "work", "xl.cfg", NULL);
	g_autofree char *command = g_strdup_printf("restore %s /srv/work.save", path);
	begin_running();
	CU_ASSERT_TRUE(act(HV_ACTION_SAVE, "/srv/work.save"));
	CU_ASSERT_TRUE(last_xl("save 3 /srv/work.save"));
	fake_xen_host_remove_domain(3);
	hv_driver_dispatch(driver);
	fake_xen_host_end_xl(NULL);
	CU_ASSERT_EQUAL(acted, 0);
	CU_ASSERT_TRUE(told("stopped"));
	CU_ASSERT_TRUE(start("/srv/work.save", NULL));
	CU_ASSERT_TRUE(last_xl(command));
	fake_xen_host_add_domain(4, "work", UUID);
	fake_xen_host_end_xl(NULL);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("starting running"));
	end();
}

static void test_failed_action(void)
{
	begin_running();
	CU_ASSERT_TRUE(act(HV_ACTION_SAVE, "/srv/work.save"));
	fake_xen_host_end_xl("xl save failed: no space left");
	CU_ASSERT_EQUAL(acted, 1);
	CU_ASSERT_TRUE(told(""));
	CU_ASSERT_TRUE(act(HV_ACTION_DESTROY, NULL));
	fake_xen_host_remove_domain(3);
	hv_driver_dispatch(driver);
	CU_ASSERT_FALSE(act(HV_ACTION_DESTROY, NULL));
	end();
}

static void test_action_after_forget(void)
{
	begin_running();
	CU_ASSERT_TRUE(act(HV_ACTION_PAUSE, NULL));
	hv_driver_forget(driver, "work");
	fake_xen_host_end_xl(NULL);
	CU_ASSERT_EQUAL(acted, 0);
	CU_ASSERT_TRUE(told(""));
	end();
}

static void test_action_at_the_end(void)
{
	begin_running();
	CU_ASSERT_TRUE(act(HV_ACTION_SAVE, "/srv/work.save"));
	end();
	CU_ASSERT_EQUAL(acted, 1);
}

static void test_connect(void)
{
	struct hv_endpoint endpoint = { .fd = 0 };
	g_autoptr(GError) error = NULL;
	begin_running();
	CU_ASSERT_FALSE(hv_driver_connect(driver, "work", &endpoint, &error));
	CU_ASSERT_TRUE(g_error_matches(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_AWAY));
	hv_driver_dispatch(driver);
	CU_ASSERT_EQUAL(reachable, 0);
	fake_xen_host_publish_agent(3, "1");
	hv_driver_dispatch(driver);
	CU_ASSERT_EQUAL(reachable, 1);
	CU_ASSERT_TRUE(hv_driver_connect(driver, "work", &endpoint, NULL));
	CU_ASSERT_EQUAL(endpoint.fd, -1);
	CU_ASSERT_EQUAL(endpoint.domain, 3);
	CU_ASSERT_EQUAL(endpoint.instance, 0);
	end();
}

static void test_other_version(void)
{
	struct hv_endpoint endpoint;
	g_autoptr(GError) error = NULL;
	begin_running();
	fake_xen_host_publish_agent(3, "9");
	hv_driver_dispatch(driver);
	CU_ASSERT_FALSE(hv_driver_connect(driver, "work", &endpoint, &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "speaks version 9 of the protocol"));
	end();
}

static void test_no_version(void)
{
	struct hv_endpoint endpoint;
	g_autoptr(GError) error = NULL;
	begin_running();
	fake_xen_host_publish_agent(3, "\x1b[31m\xff 9 (all is well)");
	fake_xen_host_publish_agent(3, "99999999999");
	hv_driver_dispatch(driver);
	CU_ASSERT_FALSE(hv_driver_connect(driver, "work", &endpoint, &error));
	CU_ASSERT_STRING_EQUAL(error->message,
		"its domain 3 runs, but has no agent; install Oriel there, and start "
		"oriel-guest@USER");
	end();
}

/* Of a domain that is known by its id, a primary without privileges sees nothing but the agent. */
static void test_known_by_id(void)
{
	struct hv_endpoint endpoint = { .fd = 0 };
	begin("domain=#5\n");
	CU_ASSERT_FALSE(hv_driver_adopt(driver, config));
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told(""));
	fake_xen_host_publish_agent(5, "1");
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("running"));
	CU_ASSERT_TRUE(hv_driver_connect(driver, "work", &endpoint, NULL));
	CU_ASSERT_EQUAL(endpoint.domain, 5);
	fake_xen_host_remove_domain(5);
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("stopped"));
	CU_ASSERT_FALSE(start(NULL, NULL));
	fake_xen_host_publish_agent(5, "1");
	hv_driver_dispatch(driver);
	CU_ASSERT_TRUE(told("running"));
	CU_ASSERT_TRUE(last_xl(NULL));
	end();
}

static void test_watches(void)
{
	begin_running();
	guint before = fake_xen_host_watches();
	for (uint32_t id = 4; id < 40; id++) {
		fake_xen_host_add_domain(id, "other", "");
		hv_driver_dispatch(driver);
		fake_xen_host_remove_domain(id);
		fake_xen_host_remove_domain(id - 1);
		fake_xen_host_add_domain(id, "work", "");
		hv_driver_dispatch(driver);
	}
	CU_ASSERT_EQUAL(fake_xen_host_watches(), before);
	end();
}

static struct hv_xen_command *run_shell(const char *script)
{
	const char *const arguments[] = { "/bin/sh", "-c", script, NULL };
	struct hv_xen_command *command = hv_xen_command_start(arguments, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(command);
	struct pollfd poller = { .fd = hv_xen_command_get_fd(command), .events = POLLIN };
	CU_ASSERT_EQUAL(poll(&poller, 1, -1), 1);
	return command;
}

static void test_command(void)
{
	static const char *const missing[] = { "/nonexistent/xl", "list", NULL };
	g_autoptr(GError) error = NULL;
	struct hv_xen_command *command = run_shell("echo fine; exit 0");
	CU_ASSERT_TRUE(hv_xen_command_finish(command, NULL));
	hv_xen_command_destroy(command);
	command = run_shell("echo one; printf 'two\\033\\n' >&2; exit 3");
	CU_ASSERT_FALSE(hv_xen_command_finish(command, &error));
	CU_ASSERT_STRING_EQUAL(error->message, "sh -c failed: one two");
	hv_xen_command_destroy(command);
	g_clear_error(&error);
	command = run_shell("kill -9 $$");
	CU_ASSERT_FALSE(hv_xen_command_finish(command, &error));
	CU_ASSERT_STRING_EQUAL(error->message, "sh -c was ended by signal 9 (Killed)");
	hv_xen_command_destroy(command);
	CU_ASSERT_PTR_NULL(hv_xen_command_start(missing, NULL));
}

static const struct unit_test tests[] = {
	{ "without Xen a start says so, and can be tried again", test_no_xen },
	{ "a VM runs once xl has started its domain", test_start },
	{ "a domain that xenstore tells of after xl has ended runs then", test_introduced_later },
	{ "a start that fails says what xl said", test_failed_start },
	{ "a start that is cancelled ends in a destroyed domain", test_cancelled_start },
	{ "a domain of others is known by its UUID when it comes", test_adopt },
	{ "a domain that is paused is taken over as paused", test_adopt_paused },
	{ "what the primary's own domain costs is known once there is a VM", test_primary },
	{ "a domain that goes and comes again is the VM again", test_return },
	{ "a domain that gets the VM's name is the VM", test_rename },
	{ "a crash is told once the domain is destroyed", test_crash },
	{ "a crash of a domain of others is told at once", test_crash_of_others },
	{ "a VM is asked to shut down, and has stopped when its domain is gone", test_stop },
	{ "weight, cap and memory follow the VM's file while it runs", test_tune },
	{ "why a VM has not what its file says is in its state", test_tune_fails },
	{ "a file that changes during the start counts after it", test_tune_while_starting },
	{ "a domain of others gets weight and cap, and keeps its memory", test_shares_of_others },
	{ "a domain that cannot be asked is destroyed", test_deaf_guest },
	{ "a domain of others is let go, not stopped", test_stop_of_others },
	{ "a pause is known when xl has done it, or when somebody looks", test_pause },
	{ "a saved VM is gone, and comes from its image", test_save },
	{ "an action that fails changes nothing", test_failed_action },
	{ "an action outlives its VM", test_action_after_forget },
	{ "an action that has not ended when the driver does is told as failed",
		test_action_at_the_end },
	{ "an agent can be reached once it has published itself", test_connect },
	{ "an agent of another version of the protocol is named", test_other_version },
	{ "a domain's own words for the version of its agent are told to nobody", test_no_version },
	{ "a domain that is known by its id alone runs while it has an agent", test_known_by_id },
	{ "no watch is left behind", test_watches },
	{ "a command's end, words and status are told", test_command },
};

int main(int argc, char **argv)
{
	int status;
	runtime = g_dir_make_tmp("oriel-xen-XXXXXX", NULL);
	g_setenv("XDG_RUNTIME_DIR", runtime, TRUE);
	status = unit_run("the Xen backend", tests, G_N_ELEMENTS(tests), argc, argv);
	g_autofree char *top = g_build_filename(runtime, "oriel", NULL);
	g_autofree char *directory = g_build_filename(top, "work", NULL);
	g_rmdir(directory);
	g_rmdir(top);
	g_rmdir(runtime);
	g_free(runtime);
	return status;
}

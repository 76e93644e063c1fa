/*
 * A VM whose guest comes, goes, stands still and returns by itself, as domains of a hypervisor do.
 */
#include "unit.h"

#include "vm-bench.h"

enum { NOT_YET = VM_BENCH_NOT_YET, LATER = 60000 };

#define XEN_KEYS "backend=xen\ndomain=work\n"

/* A domain that others have started, and its view. */
static void bring_domain(const char *keys)
{
	vm_bench_begin(keys);
	fake_guest.domain = 7;
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	vm_bench_say_ready(false, "");
	vm_bench_say_session();
}

static void test_others_start(void)
{
	bring_domain(XEN_KEYS);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_RUNNING);
	CU_ASSERT_EQUAL(fake_guest.starts, 0);
	CU_ASSERT_EQUAL(fake_view.starts, 1);
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_CONNECT_XEN), 1);
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_CONNECT), 0);
	vm_bench_end();
}

static void test_others_end(void)
{
	bring_domain(XEN_KEYS);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_STOPPED, "");
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_DISCONNECT), 1);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STOPPING);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STOPPING);
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_RUNNING);
	CU_ASSERT_EQUAL(fake_view.starts, 2);
	CU_ASSERT_EQUAL(fake_guest.starts, 0);
	vm_bench_end();
}

static void test_dimmed_windows(void)
{
	bring_domain(XEN_KEYS "lost-windows=dim\n");
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_STOPPED, "its system has crashed");
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_DISCONNECT), 1);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_AWAY);
	CU_ASSERT_STRING_EQUAL(hc_vm_reason(bench.vm), "its system has crashed");
	CU_ASSERT_TRUE(fake_view.alive);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_RUNNING);
	CU_ASSERT_EQUAL(fake_view.starts, 1);
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_CONNECT_XEN), 2);
	vm_bench_say_session();
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_STOPPED, "");
	hc_vm_stop(bench.vm, bench.now, vm_bench_handle_stopped, NULL);
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STOPPED);
	CU_ASSERT_EQUAL(bench.stopped, 0);
	vm_bench_end();
}

static void expire(void)
{
	fake_view_say(HC_LINK_MESSAGE(WINDOWS_EXPIRED, windows_expired, .managed = 2));
	hc_vm_dispatch(bench.vm, bench.now);
}

static void test_expired_windows(void)
{
	bring_domain(XEN_KEYS "lost-windows=dim\n");
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_STOPPED, "");
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_AWAY);
	expire();
	CU_ASSERT_EQUAL(bench.windows_expired, 2);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STOPPED);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_RUNNING);
	CU_ASSERT_EQUAL(fake_view.starts, 2);
	vm_bench_end();
}

static void test_expired_windows_of_running(void)
{
	bring_domain(XEN_KEYS);
	fake_view_say(HC_LINK_MESSAGE(SESSION_CLOSED, session_closed, .reason = 0));
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_FALSE(hc_vm_connected(bench.vm));
	expire();
	CU_ASSERT_EQUAL(bench.windows_expired, 2);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_RUNNING);
	vm_bench_say_session();
	CU_ASSERT_FALSE(fake_view.stopping);
	vm_bench_end();
}

static void test_pause(void)
{
	bring_domain(XEN_KEYS);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_PAUSED, "");
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_PAUSED);
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_PAUSED), 1);
	hc_vm_run(bench.vm, bench.now, "", (const uint8_t *)"xterm", 6, "",
		vm_bench_handle_launched, NULL);
	CU_ASSERT_EQUAL(bench.launched_pid, -1);
	CU_ASSERT_STRING_EQUAL(
		bench.message, "work: it is paused: resume it with 'oriel vm resume work'");
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_RUNNING);
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_PAUSED), 2);
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_CONNECT_XEN), 1);
	vm_bench_end();
}

static void say_silent(bool silent)
{
	fake_view_say(HC_LINK_MESSAGE(GUEST_SILENT, guest_silent, .silent = silent));
	hc_vm_dispatch(bench.vm, bench.now);
}

static void test_silence(void)
{
	bring_domain(XEN_KEYS);
	say_silent(false);
	CU_ASSERT_EQUAL(fake_guest.looks, 0);
	say_silent(true);
	CU_ASSERT_EQUAL(fake_guest.looks, 1);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_PAUSED, "");
	say_silent(true);
	CU_ASSERT_EQUAL(fake_guest.looks, 1);
	say_silent(false);
	CU_ASSERT_EQUAL(fake_guest.looks, 2);
	vm_bench_end();
}

static void test_silence_flood(void)
{
	enum { MANY = 100, FEW = 8 };
	bring_domain(XEN_KEYS);
	for (int i = 0; i < MANY; i++)
		say_silent(true);
	CU_ASSERT_EQUAL(fake_guest.looks, FEW);
	vm_bench_end();
}

static void test_change_of_file(void)
{
	static const char text[] = "[vm]\nlabel=blue\nweight=100\n" XEN_KEYS;
	struct hv_vm_config *config =
		hv_vm_config_parse("/vms/work.vm", text, sizeof(text) - 1, NULL);

	bring_domain(XEN_KEYS);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	CU_ASSERT_FALSE(hc_vm_reconfigure(bench.vm, config, bench.now, &fake_guest.base));
	CU_ASSERT_EQUAL(fake_guest.tunes, 1);
	hv_vm_config_free(config);
	vm_bench_end();
}

static void test_adopt_paused(void)
{
	vm_bench_begin(XEN_KEYS);
	fake_guest.adoptable = fake_guest.paused = true;
	fake_view.adoptable = true;
	hc_vm_adopt(bench.vm, bench.now);
	vm_bench_say_ready(true, "work");
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_PAUSED);
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_PAUSED), 1);
	vm_bench_end();
}

static void test_old_vchan(void)
{
	vm_bench_begin(XEN_KEYS);
	fake_guest.domain = 8;
	fake_guest.adoptable = fake_view.adoptable = true;
	hc_vm_adopt(bench.vm, bench.now);
	vm_bench_say_ready(true, "work");
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_DISCONNECT), 1);
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_CONNECT_XEN), 0);
	fake_view_say(HC_LINK_MESSAGE(SESSION_CLOSED, session_closed, .reason = 0));
	hc_vm_dispatch(bench.vm, bench.now);
	hc_vm_dispatch(bench.vm, hc_vm_deadline(bench.vm));
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_CONNECT_XEN), 1);
	vm_bench_say_session();
	hc_vm_run(bench.vm, bench.now, "", (const uint8_t *)"xterm", 6, "",
		vm_bench_handle_launched, NULL);
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_LAUNCH), 1);
	vm_bench_end();
}

static void test_end_under_new_broker(void)
{
	vm_bench_begin(XEN_KEYS "lost-windows=dim\n");
	fake_guest.domain = 8;
	fake_guest.adoptable = fake_view.adoptable = true;
	hc_vm_adopt(bench.vm, bench.now);
	vm_bench_say_ready(true, "work");
	fake_view_say(HC_LINK_MESSAGE(SESSION_CLOSED, session_closed, .reason = 0));
	hc_vm_dispatch(bench.vm, bench.now);
	hc_vm_dispatch(bench.vm, hc_vm_deadline(bench.vm));
	vm_bench_say_session();
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_STOPPED, "");
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_AWAY);
	vm_bench_end();
}

static void test_late_agent(void)
{
	vm_bench_begin(XEN_KEYS);
	fake_guest.agent_away = true;
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	vm_bench_say_ready(false, "");
	CU_ASSERT_EQUAL(fake_guest.connects, 1);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	hc_vm_dispatch(bench.vm, bench.now + LATER);
	CU_ASSERT_EQUAL(fake_guest.connects, 1);
	fake_guest.agent_away = false;
	hc_vm_handle_reachable(bench.vm, bench.now);
	CU_ASSERT_EQUAL(fake_guest.connects, 2);
	vm_bench_end();
}

static void test_late_agent_reason(void)
{
	vm_bench_begin(XEN_KEYS);
	fake_guest.agent_away = true;
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	vm_bench_say_ready(false, "");
	hc_vm_run(bench.vm, bench.now, "", (const uint8_t *)"xterm", 6, "",
		vm_bench_handle_launched, NULL);
	hc_vm_dispatch(bench.vm, hc_vm_deadline(bench.vm));
	CU_ASSERT_STRING_EQUAL(
		bench.message, "work: its agent did not answer in time: no agent yet");
	vm_bench_end();
}

static void test_boot(void)
{
	vm_bench_begin("backend=xen\nkernel=/boot/vmlinuz\n");
	hc_vm_boot(bench.vm, bench.now, vm_bench_handle_started, NULL);
	CU_ASSERT_EQUAL(fake_guest.starts, 1);
	CU_ASSERT_EQUAL(bench.started, NOT_YET);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	CU_ASSERT_EQUAL(bench.started, 0);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_RUNNING);
	vm_bench_end();
}

static void test_start_while_booting(void)
{
	vm_bench_begin("backend=xen\nkernel=/boot/vmlinuz\n");
	hc_vm_boot(bench.vm, bench.now, vm_bench_handle_started, NULL);
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	CU_ASSERT_EQUAL(bench.started, NOT_YET);
	vm_bench_say_ready(false, "");
	vm_bench_say_session();
	CU_ASSERT_EQUAL(bench.started, 0);
	vm_bench_end();
}

static void test_restore(void)
{
	vm_bench_begin("backend=xen\nkernel=/boot/vmlinuz\n");
	hc_vm_restore(bench.vm, bench.now, "/srv/work.save", vm_bench_handle_started, NULL);
	CU_ASSERT_STRING_EQUAL(fake_guest.image, "/srv/work.save");
	hc_vm_restore(bench.vm, bench.now, "/srv/other.save", vm_bench_handle_started, NULL);
	CU_ASSERT_EQUAL(bench.started, 1);
	CU_ASSERT_STRING_EQUAL(
		bench.message, "work: it is starting; a VM is restored when it is stopped");
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_FAILED, "xl restore failed");
	CU_ASSERT_STRING_EQUAL(bench.message, "work: xl restore failed");
	hc_vm_dispatch(bench.vm, bench.now);
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	CU_ASSERT_PTR_NULL(fake_guest.image);
	vm_bench_end();
}

static void test_failed_restore(void)
{
	vm_bench_begin("backend=xen\nkernel=/boot/vmlinuz\n");
	fake_display_missing = true;
	hc_vm_restore(bench.vm, bench.now, "/srv/work.save", vm_bench_handle_started, NULL);
	CU_ASSERT_STRING_EQUAL(bench.message, "work: there is no screen");
	hc_vm_dispatch(bench.vm, bench.now);
	fake_display_missing = false;
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	CU_ASSERT_EQUAL(fake_guest.starts, 1);
	CU_ASSERT_PTR_NULL(fake_guest.image);
	vm_bench_end();
}

static void test_stopped_restore(void)
{
	vm_bench_begin("backend=xen\nkernel=/boot/vmlinuz\n");
	fake_display_silent = true;
	hc_vm_restore(bench.vm, bench.now, "/srv/work.save", vm_bench_handle_started, NULL);
	hc_vm_stop(bench.vm, bench.now, vm_bench_handle_stopped, NULL);
	fake_display_answer(bench.now);
	hc_vm_dispatch(bench.vm, bench.now);
	fake_display_silent = false;
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	CU_ASSERT_EQUAL(fake_guest.starts, 1);
	CU_ASSERT_PTR_NULL(fake_guest.image);
	vm_bench_end();
}

static void test_ends_while_starting(void)
{
	vm_bench_begin("backend=xen\nkernel=/boot/vmlinuz\n");
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_STOPPED, "");
	CU_ASSERT_EQUAL(bench.started, 1);
	CU_ASSERT_STRING_EQUAL(bench.message, "work: its guest has ended");
	CU_ASSERT_EQUAL(fake_guest.starts, 1);
	vm_bench_end();
}

static void test_restarted_agent(void)
{
	bring_domain(XEN_KEYS);
	hc_vm_run(bench.vm, bench.now, "", (const uint8_t *)"xterm", 6, "",
		vm_bench_handle_launched, NULL);
	fake_view_say(HC_LINK_MESSAGE(LAUNCHED, launched, .launch = fake_view.serial, .pid = 5));
	hc_vm_dispatch(bench.vm, bench.now);
	hc_vm_wait(bench.vm, bench.launched_id, vm_bench_handle_ended, NULL);
	fake_view_say(HC_LINK_MESSAGE(SESSION_CLOSED, session_closed, .reason = 0));
	hc_vm_dispatch(bench.vm, bench.now);
	bench.agent = 101;
	hc_vm_handle_reachable(bench.vm, bench.now);
	vm_bench_say_session();
	CU_ASSERT_EQUAL(bench.ended_status, -1);
	vm_bench_end();
}

static const struct unit_test tests[] = {
	{ "a guest that others start is shown", test_others_start },
	{ "windows of a guest that others end go, and come again with it", test_others_end },
	{ "windows may wait, dimmed, for a guest that has gone", test_dimmed_windows },
	{ "a VM whose guest is away is down once its windows have gone", test_expired_windows },
	{ "a VM whose agent alone is away goes on without its windows",
		test_expired_windows_of_running },
	{ "a paused VM launches nothing, and says how to resume it", test_pause },
	{ "a guest that seems to stand still or to go on is looked at", test_silence },
	{ "a view that tells so on and on is not listened to", test_silence_flood },
	{ "a change of the file of a VM that is up is its driver's to use", test_change_of_file },
	{ "a VM that is paused is taken over as paused", test_adopt_paused },
	{ "a session over a vchan that an earlier broker began is begun anew", test_old_vchan },
	{ "an agent that comes late is waited for, without asking again and again",
		test_late_agent },
	{ "a launch that no agent takes says why", test_late_agent_reason },
	{ "a VM can be booted without waiting for its agent", test_boot },
	{ "a start asked for while booting waits for the agent", test_start_while_booting },
	{ "a VM is restored from a file once", test_restore },
	{ "a start after a restore that could not begin is a start", test_failed_restore },
	{ "a start after a restore that was stopped is a start", test_stopped_restore },
	{ "a guest that ends while it is starting is not started again", test_ends_while_starting },
	{ "an agent's restart in a domain ends the wait for its launches", test_restarted_agent },
	{ "windows wait for a guest that goes under a new broker", test_end_under_new_broker },
};

UNIT_MAIN("a VM that is a domain", tests)

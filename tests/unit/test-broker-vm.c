/*
 * The state machine of a VM, over a fake driver, view process and screen; the time is the test's.
 */
#include "unit.h"

#include <string.h>

#include "vm-bench.h"

enum { NOT_YET = VM_BENCH_NOT_YET, LATER = 60000 };

static void say_windows(uint32_t count)
{
	fake_view_say(HC_LINK_MESSAGE(WINDOWS_CHANGED, windows_changed, .managed = count));
	hc_vm_dispatch(bench.vm, bench.now);
}

static void test_start(void)
{
	vm_bench_begin("");
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STARTING);
	CU_ASSERT_EQUAL(fake_guest.starts, 1);
	CU_ASSERT_EQUAL(fake_view.starts, 1);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	CU_ASSERT_EQUAL(fake_guest.connects, 0);
	vm_bench_say_ready(false, "");
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_CONFIGURE), 1);
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_CONNECT), 1);
	CU_ASSERT_EQUAL(bench.started, NOT_YET);
	vm_bench_say_session();
	CU_ASSERT_EQUAL(bench.started, 0);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_RUNNING);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	vm_bench_end();
}

static void test_start_twice(void)
{
	vm_bench_bring_up("");
	bench.started = NOT_YET;
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	CU_ASSERT_EQUAL(bench.started, 0);
	CU_ASSERT_EQUAL(fake_guest.starts, 1);
	vm_bench_end();
}

static void test_missing_display(void)
{
	vm_bench_begin("");
	fake_display_missing = true;
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	CU_ASSERT_EQUAL(bench.started, 1);
	CU_ASSERT_STRING_EQUAL(bench.message, "work: there is no screen");
	CU_ASSERT_EQUAL(fake_guest.starts, 0);
	CU_ASSERT_FALSE(hc_vm_up(bench.vm));
	vm_bench_end();
}

static void test_slow_display(void)
{
	vm_bench_begin("");
	fake_display_silent = true;
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STARTING);
	CU_ASSERT_EQUAL(fake_guest.starts + fake_view.starts, 0);
	CU_ASSERT_TRUE(hc_vm_deadline(bench.vm) > bench.now);
	fake_display_answer(++bench.now);
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(fake_guest.starts, 1);
	CU_ASSERT_EQUAL(fake_view.starts, 1);
	vm_bench_end();
}

static void test_stop_while_display_is_silent(void)
{
	vm_bench_begin("");
	fake_display_silent = true;
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	hc_vm_stop(bench.vm, bench.now, vm_bench_handle_stopped, NULL);
	CU_ASSERT_EQUAL(bench.started, 1);
	CU_ASSERT_EQUAL(bench.stopped, 0);
	CU_ASSERT_FALSE(hc_vm_up(bench.vm));
	fake_display_answer(bench.now);
	CU_ASSERT_EQUAL(fake_guest.starts + fake_view.starts, 0);
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	fake_display_answer(bench.now);
	CU_ASSERT_EQUAL(fake_guest.starts, 1);
	vm_bench_end();
	fake_display_answer(bench.now);
}

static void test_driver_refuses(void)
{
	vm_bench_begin("");
	fake_guest.refuses_start = true;
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	CU_ASSERT_EQUAL(bench.started, 1);
	CU_ASSERT_STRING_EQUAL(hv_state_name(hc_vm_state(bench.vm)), "failed");
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_FALSE(hc_vm_up(bench.vm));
	fake_guest.refuses_start = false;
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STARTING);
	vm_bench_end();
}

static void test_start_times_out(void)
{
	vm_bench_begin("");
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	CU_ASSERT_TRUE(hc_vm_deadline(bench.vm) - bench.now > HV_START_MS + HV_STOP_MS);
	vm_bench_pass_time();
	CU_ASSERT_EQUAL(bench.started, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(bench.message, "its view (oriel-view) did not answer"));
	CU_ASSERT_EQUAL(fake_guest.stops, 1);
	CU_ASSERT_TRUE(hc_vm_up(bench.vm));
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_STOPPED, "");
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_FALSE(hc_vm_up(bench.vm));
	vm_bench_end();
}

static void test_silent_agent(void)
{
	vm_bench_begin("");
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	fake_view_die();
	hc_vm_dispatch(bench.vm, bench.now);
	vm_bench_pass_time();
	vm_bench_say_ready(false, "");
	vm_bench_pass_time();
	CU_ASSERT_EQUAL(bench.started, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(bench.message, "its agent (oriel-agent) did not answer"));
	vm_bench_end();
}

static void test_stop(void)
{
	vm_bench_bring_up("");
	hc_vm_stop(bench.vm, bench.now, vm_bench_handle_stopped, NULL);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STOPPING);
	CU_ASSERT_EQUAL(fake_guest.stops, 1);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_STOPPED, "");
	CU_ASSERT_EQUAL(bench.stopped, NOT_YET);
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.stopped, 0);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STOPPED);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	vm_bench_end();
}

static void test_start_while_stopping(void)
{
	vm_bench_bring_up("");
	hc_vm_stop(bench.vm, bench.now, vm_bench_handle_stopped, NULL);
	bench.started = NOT_YET;
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_STOPPED, "");
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.stopped, 0);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STARTING);
	CU_ASSERT_EQUAL(fake_guest.starts, 2);
	vm_bench_end();
}

static void test_lost_view(void)
{
	vm_bench_bring_up("");
	fake_view_die();
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_RUNNING);
	CU_ASSERT_TRUE(hc_vm_deadline(bench.vm) > bench.now);
	vm_bench_pass_time();
	CU_ASSERT_EQUAL(fake_view.starts, 2);
	vm_bench_say_ready(false, "");
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_CONNECT), 2);
	vm_bench_say_session();
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	vm_bench_end();
}

static void test_view_backs_off(void)
{
	int64_t first;

	vm_bench_bring_up("");
	fake_view.refuses_start = true;
	fake_view_die();
	hc_vm_dispatch(bench.vm, bench.now);
	first = hc_vm_deadline(bench.vm) - bench.now;
	for (int i = 0; i < 5; i++)
		vm_bench_pass_time();
	CU_ASSERT_TRUE(hc_vm_deadline(bench.vm) - bench.now > first);
	vm_bench_end();
}

static void test_closed_session(void)
{
	vm_bench_bring_up("");
	fake_view_say(HC_LINK_MESSAGE(SESSION_CLOSED, session_closed, .reason = 0));
	hc_vm_dispatch(bench.vm, bench.now);
	vm_bench_pass_time();
	CU_ASSERT_EQUAL(fake_guest.connects, 2);
	CU_ASSERT_EQUAL(fake_view.starts, 1);
	vm_bench_end();
}

static void test_crashing_guest(void)
{
	vm_bench_bring_up("");
	for (int i = 0; i < 3; i++) {
		hc_vm_handle_driver_state(
			bench.vm, bench.now, HV_STATE_FAILED, "its X server ended");
		CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STARTING);
		vm_bench_pass_time();
		CU_ASSERT_EQUAL(fake_guest.starts, i + 2);
		hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
		vm_bench_say_session();
	}
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_FORGET), 3);
	CU_ASSERT_EQUAL(fake_view.starts, 1);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_FAILED, "its X server ended");
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_FAILED);
	vm_bench_end();
}

static void test_crashes_far_apart(void)
{
	vm_bench_bring_up("");
	for (int i = 0; i < 5; i++) {
		bench.now += LATER;
		hc_vm_handle_driver_state(
			bench.vm, bench.now, HV_STATE_FAILED, "its X server ended");
		vm_bench_pass_time();
		hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
		vm_bench_say_session();
	}
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_RUNNING);
	vm_bench_end();
}

static void test_forged_session(void)
{
	vm_bench_begin("");
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	vm_bench_say_ready(false, "");
	vm_bench_say_session();
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STARTING);
	vm_bench_end();
}

static void test_keep_alive(void)
{
	vm_bench_bring_up("keep-alive=30\n");
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	say_windows(1);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	say_windows(0);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), bench.now + 30000);
	say_windows(1);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	say_windows(0);
	vm_bench_pass_time();
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STOPPING);
	vm_bench_end();
}

static void test_keep_alive_of_held(void)
{
	vm_bench_bring_up("keep-alive=30\n");
	say_windows(1);
	hc_vm_hold(bench.vm);
	say_windows(0);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	bench.now += 60000;
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_RUNNING);
	hc_vm_release(bench.vm);
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STOPPING);
	vm_bench_end();
}

static void test_keep_alive_without_windows(void)
{
	vm_bench_bring_up("keep-alive=30\n");
	say_windows(0);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	vm_bench_end();
}

static void test_keep_alive_of_adopted(void)
{
	int64_t closed;

	vm_bench_begin("keep-alive=30\n");
	fake_guest.adoptable = true;
	fake_view.adoptable = true;
	hc_vm_adopt(bench.vm, bench.now);
	vm_bench_say_ready(true, "work");
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	say_windows(1);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	say_windows(0);
	closed = bench.now++;
	say_windows(0);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), closed + 30000);
	vm_bench_pass_time();
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STOPPING);
	vm_bench_end();
}

static void test_keep_alive_of_adopted_without_windows(void)
{
	vm_bench_begin("keep-alive=30\n");
	fake_guest.adoptable = true;
	hc_vm_adopt(bench.vm, bench.now);
	vm_bench_say_ready(false, "");
	vm_bench_say_session();
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	say_windows(0);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), bench.now + 30000);
	vm_bench_end();
}

static void test_run_starts(void)
{
	vm_bench_begin("");
	hc_vm_run(bench.vm, bench.now, "", (const uint8_t *)"xterm", 6, "",
		vm_bench_handle_launched, NULL);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STARTING);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	vm_bench_say_ready(false, "");
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_LAUNCH), 0);
	vm_bench_say_session();
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_LAUNCH), 1);
	fake_view_say(HC_LINK_MESSAGE(LAUNCHED, launched, .launch = fake_view.serial, .pid = 42));
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.launched_pid, 42);
	hc_vm_wait(bench.vm, bench.launched_id, vm_bench_handle_ended, NULL);
	CU_ASSERT_EQUAL(bench.ended_status, NOT_YET);
	fake_view_say(HC_LINK_MESSAGE(EXITED, exited, .launch = fake_view.serial, .status = 7));
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.ended_status, 7);
	bench.ended_status = NOT_YET;
	hc_vm_wait(bench.vm, bench.launched_id, vm_bench_handle_ended, NULL);
	CU_ASSERT_EQUAL(bench.ended_status, 7);
	vm_bench_end();
}

static void test_waiter_gone(void)
{
	int gone;

	vm_bench_bring_up("");
	hc_vm_run(bench.vm, bench.now, "", (const uint8_t *)"xterm", 6, "",
		vm_bench_handle_launched, NULL);
	fake_view_say(HC_LINK_MESSAGE(LAUNCHED, launched, .launch = fake_view.serial, .pid = 42));
	hc_vm_dispatch(bench.vm, bench.now);
	hc_vm_wait(bench.vm, bench.launched_id, vm_bench_handle_ended, &gone);
	hc_vm_forget_waiter(bench.vm, &gone);
	fake_view_say(HC_LINK_MESSAGE(EXITED, exited, .launch = fake_view.serial, .status = 7));
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.ended_status, NOT_YET);
	vm_bench_end();
}

static void test_run_fails(void)
{
	vm_bench_bring_up("");
	hc_vm_run(bench.vm, bench.now, "", (const uint8_t *)"no", 3, "", vm_bench_handle_launched,
		NULL);
	fake_view_say(HC_LINK_MESSAGE(LAUNCHED, launched, .launch = fake_view.serial,
		.error = vp_text_from("there is no program 'no'", VP_REASON_MAX)));
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.launched_pid, -1);
	CU_ASSERT_STRING_EQUAL(bench.message, "work: there is no program 'no'");
	vm_bench_end();
}

static void test_run_without_start(void)
{
	vm_bench_begin("");
	fake_guest.refuses_start = true;
	hc_vm_run(bench.vm, bench.now, "", (const uint8_t *)"xterm", 6, "",
		vm_bench_handle_launched, NULL);
	CU_ASSERT_EQUAL(bench.launched_pid, -1);
	CU_ASSERT_STRING_EQUAL(bench.message, "work: the program Xvfb is missing");
	vm_bench_end();
}

static void test_forged_launches(void)
{
	vm_bench_bring_up("");
	fake_view_say(HC_LINK_MESSAGE(LAUNCHED, launched, .launch = 77, .pid = 1));
	fake_view_say(HC_LINK_MESSAGE(EXITED, exited, .launch = 77, .status = 1));
	hc_vm_dispatch(bench.vm, bench.now);
	hc_vm_run(bench.vm, bench.now, "", (const uint8_t *)"xterm", 6, "",
		vm_bench_handle_launched, NULL);
	fake_view_say(HC_LINK_MESSAGE(EXITED, exited, .launch = fake_view.serial, .status = 1));
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.launched_pid, NOT_YET);
	fake_view_say(HC_LINK_MESSAGE(LAUNCHED, launched, .launch = fake_view.serial, .pid = 5));
	fake_view_say(HC_LINK_MESSAGE(LAUNCHED, launched, .launch = fake_view.serial, .pid = 6));
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.launched_pid, 5);
	vm_bench_end();
}

static void test_restarted_agent(void)
{
	vm_bench_bring_up("");
	hc_vm_run(bench.vm, bench.now, "", (const uint8_t *)"xterm", 6, "",
		vm_bench_handle_launched, NULL);
	fake_view_say(HC_LINK_MESSAGE(LAUNCHED, launched, .launch = fake_view.serial, .pid = 5));
	hc_vm_dispatch(bench.vm, bench.now);
	hc_vm_wait(bench.vm, bench.launched_id, vm_bench_handle_ended, NULL);
	fake_view_say(HC_LINK_MESSAGE(SESSION_CLOSED, session_closed, .reason = 0));
	hc_vm_dispatch(bench.vm, bench.now);
	vm_bench_pass_time();
	vm_bench_say_session();
	CU_ASSERT_EQUAL(bench.ended_status, NOT_YET);
	bench.agent = 101;
	fake_view_say(HC_LINK_MESSAGE(SESSION_CLOSED, session_closed, .reason = 0));
	hc_vm_dispatch(bench.vm, bench.now);
	vm_bench_pass_time();
	vm_bench_say_session();
	CU_ASSERT_EQUAL(bench.ended_status, -1);
	vm_bench_end();
}

static void test_unanswered_launch(void)
{
	vm_bench_bring_up("keep-alive=1\n");
	say_windows(1);
	say_windows(0);
	hc_vm_run(bench.vm, bench.now, "", (const uint8_t *)"xterm", 6, "",
		vm_bench_handle_launched, NULL);
	vm_bench_pass_time();
	CU_ASSERT_EQUAL(bench.launched_pid, -1);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STOPPING);
	vm_bench_end();
}

static void test_windows(void)
{
	const struct hc_link_message *window;

	vm_bench_bring_up("");
	hc_vm_ask(bench.vm, bench.now, HC_REQUEST_WINDOWS, 0, vm_bench_handle_answer, NULL);
	window = HC_LINK_MESSAGE(
		WINDOW, window, .serial = fake_view.serial, .window = 1, .mapped = 1);
	fake_view_say(window);
	fake_view_say(HC_LINK_MESSAGE(WINDOW, window, .serial = fake_view.serial, .window = 2));
	fake_view_say(HC_LINK_MESSAGE(
		WINDOW, window, .serial = fake_view.serial + 1, .window = 3, .mapped = 1));
	fake_view_say(HC_LINK_MESSAGE(WINDOWS_END, windows_end, .serial = fake_view.serial + 1));
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.answered_rows, 500);
	fake_view_say(HC_LINK_MESSAGE(WINDOWS_END, windows_end, .serial = fake_view.serial));
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.answered_rows, 1);
	vm_bench_end();
}

static void test_silent_view(void)
{
	vm_bench_bring_up("");
	hc_vm_ask(bench.vm, bench.now, HC_REQUEST_WINDOWS, 0, vm_bench_handle_answer, NULL);
	CU_ASSERT_TRUE(hc_vm_deadline(bench.vm) > bench.now);
	vm_bench_pass_time();
	CU_ASSERT_EQUAL(bench.answered_rows, 1000);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	vm_bench_end();
}

static void keep_view_pid(void *data, const struct hc_answer *answer, const GError *error)
{
	int32_t *pid = data;

	CU_ASSERT_PTR_NULL(answer);
	CU_ASSERT_STRING_EQUAL(error->message, "work: the broker ends");
	*pid = hc_vm_view_pid(bench.vm);
}

static void test_destroyed_while_asked(void)
{
	int32_t pid = -1;

	vm_bench_bring_up("");
	hc_vm_ask(bench.vm, bench.now, HC_REQUEST_STATS, 0, keep_view_pid, &pid);
	vm_bench_end();
	CU_ASSERT_EQUAL(pid, 200);
}

static void test_stopped_vm_has_no_windows(void)
{
	vm_bench_begin("");
	hc_vm_ask(bench.vm, bench.now, HC_REQUEST_WINDOWS, 0, vm_bench_handle_answer, NULL);
	CU_ASSERT_EQUAL(bench.answered_rows, 0);
	hc_vm_ask(bench.vm, bench.now, HC_REQUEST_SCREENSHOT, 0, vm_bench_handle_answer, NULL);
	CU_ASSERT_STRING_EQUAL(bench.message, "work: its state is stopped, and it has no windows");
	vm_bench_end();
}

static void test_adopt(void)
{
	vm_bench_begin("");
	fake_guest.adoptable = true;
	fake_view.adoptable = true;
	hc_vm_adopt(bench.vm, bench.now);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_RUNNING);
	vm_bench_say_ready(true, "work");
	CU_ASSERT_EQUAL(fake_view.starts, 0);
	CU_ASSERT_EQUAL(fake_guest.connects, 0);
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_CONFIGURE), 0);
	CU_ASSERT_EQUAL(hc_vm_deadline(bench.vm), -1);
	vm_bench_end();
}

static void test_adopt_view_alone(void)
{
	vm_bench_begin("");
	fake_view.adoptable = true;
	hc_vm_adopt(bench.vm, bench.now);
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_FALSE(hc_vm_up(bench.vm));
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STOPPED);
	vm_bench_end();
}

static void test_adopt_guest_alone(void)
{
	vm_bench_begin("");
	fake_guest.adoptable = true;
	hc_vm_adopt(bench.vm, bench.now);
	CU_ASSERT_EQUAL(fake_view.starts, 1);
	vm_bench_say_ready(false, "");
	CU_ASSERT_EQUAL(fake_guest.connects, 1);
	vm_bench_end();
}

static void ask_to_cover(void)
{
	fake_view_say(HC_LINK_MESSAGE(
		COVER_REQUEST, cover_request, .window = 5, .states = VP_STATE_FULLSCREEN));
	hc_vm_dispatch(bench.vm, bench.now);
}

static void test_cover(void)
{
	vm_bench_bring_up("");
	bench.allows_fullscreen = true;
	ask_to_cover();
	CU_ASSERT_TRUE(fake_view.cover_allowed);
	bench.allows_fullscreen = false;
	ask_to_cover();
	CU_ASSERT_FALSE(fake_view.cover_allowed);
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_COVER_ANSWER), 2);
	vm_bench_end();
}

static void test_cover_of_lost_view(void)
{
	vm_bench_bring_up("");
	guint before = bench.covers_forgotten;
	fake_view_die();
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.covers_forgotten, before + 1);
	vm_bench_end();
}

static void test_cover_flood(void)
{
	enum { TOO_MANY = 30 };
	vm_bench_bring_up("");
	bench.allows_fullscreen = true;
	for (int i = 0; i < TOO_MANY; i++)
		ask_to_cover();
	CU_ASSERT_FALSE(fake_view.cover_allowed);
	CU_ASSERT_EQUAL(bench.covers_asked, 20);
	bench.now += 1000;
	ask_to_cover();
	CU_ASSERT_TRUE(fake_view.cover_allowed);
	vm_bench_end();
}
static void test_passed_on(void)
{
	const struct hc_link_message *pack = HC_LINK_MESSAGE(FILES_PACK, files_pack, .stream = 1,
		.paths = { .data = (const uint8_t *)"x", .len = 2 });

	vm_bench_bring_up("");
	CU_ASSERT_TRUE(hc_vm_send(bench.vm, pack, -1));
	CU_ASSERT_EQUAL(fake_view_count(HC_LINK_OP_FILES_PACK), 1);
	fake_view_say(
		HC_LINK_MESSAGE(FILES_FOUND, files_found, .stream = 1, .bytes = 5, .entries = 1));
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.passed_on, HC_LINK_OP_FILES_FOUND);
	fake_view_say(HC_LINK_MESSAGE(SESSION_CLOSED, session_closed, .reason = 0));
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.sessions_ended, 1);
	CU_ASSERT_FALSE(hc_vm_send(bench.vm, pack, -1));
	fake_view_die();
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.sessions_ended, 1);
	vm_bench_end();
}

/* A view that is no longer its own master could leave behind what nobody would forget. */
static void test_said_without_session(void)
{
	const struct hc_link_message *offered =
		HC_LINK_MESSAGE(CLIPBOARD_OFFERED, clipboard_offered, .types = VP_CLIPBOARD_TEXT);

	vm_bench_begin("");
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	vm_bench_say_ready(false, "");
	fake_view_say(offered);
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.passed_on, 0);
	vm_bench_say_session();
	fake_view_say(HC_LINK_MESSAGE(SESSION_CLOSED, session_closed, .reason = 0));
	fake_view_say(offered);
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(bench.passed_on, 0);
	vm_bench_end();
}

static void test_adopt_view_of_another(void)
{
	vm_bench_begin("");
	fake_guest.adoptable = true;
	fake_view.adoptable = true;
	hc_vm_adopt(bench.vm, bench.now);
	vm_bench_say_ready(true, "vault");
	CU_ASSERT_EQUAL(bench.sessions_begun, 0);
	CU_ASSERT_FALSE(fake_view.alive);
	vm_bench_pass_time();
	CU_ASSERT_EQUAL(fake_view.starts, 1);
	vm_bench_end();
}

static void test_predecessor(void)
{
	vm_bench_begin("");
	fake_guest.adoptable = true;
	fake_view.has_predecessor = true;
	hc_vm_adopt(bench.vm, bench.now);
	CU_ASSERT_EQUAL(fake_view.starts, 1);
	vm_bench_say_ready(false, "");
	CU_ASSERT_TRUE(fake_view.has_predecessor);
	vm_bench_say_session();
	CU_ASSERT_FALSE(fake_view.has_predecessor);
	vm_bench_end();
}

static void test_predecessor_without_guest(void)
{
	vm_bench_begin("");
	fake_view.has_predecessor = true;
	hc_vm_adopt(bench.vm, bench.now);
	CU_ASSERT_EQUAL(fake_view.starts, 0);
	CU_ASSERT_FALSE(fake_view.has_predecessor);
	vm_bench_end();
}

static guint lines_logged;

static void count_line(
	const char *domain, GLogLevelFlags level, const char *message, gpointer unused)
{
	(void)domain;
	(void)level;
	(void)unused;
	if (strcmp(message, "work: its view: a line") == 0)
		lines_logged++;
}

static void say_lines(int count)
{
	for (int i = 0; i < count; i++) {
		fake_view_say(HC_LINK_MESSAGE(
			LOGGED, logged, .line = vp_text_from("a\nline", VP_REASON_MAX)));
		hc_vm_dispatch(bench.vm, bench.now);
	}
}

static void test_lines_of_the_view(void)
{
	enum { AT_ONCE = 100, INTERVAL_MS = 10000 };
	GLogFunc before = g_log_set_default_handler(count_line, NULL);

	lines_logged = 0;
	vm_bench_bring_up("");
	say_lines(AT_ONCE);
	CU_ASSERT_EQUAL(lines_logged, AT_ONCE);
	say_lines(AT_ONCE);
	CU_ASSERT_EQUAL(lines_logged, AT_ONCE);
	bench.now += INTERVAL_MS;
	say_lines(AT_ONCE);
	CU_ASSERT_EQUAL(lines_logged, AT_ONCE + 1);
	vm_bench_end();
	g_log_set_default_handler(before, NULL);
}

static const struct unit_test tests[] = {
	{ "an older view stays until a newer one has a session", test_predecessor },
	{ "an older view of a VM that is gone ends", test_predecessor_without_guest },
	{ "a VM runs once its view has a session with its agent", test_start },
	{ "a VM that runs is not started again", test_start_twice },
	{ "without a display nothing is started", test_missing_display },
	{ "guest and view wait for the display", test_slow_display },
	{ "a VM that waits for the display can be stopped, and started again",
		test_stop_while_display_is_silent },
	{ "a start that the driver refuses leaves nothing, and can be tried again",
		test_driver_refuses },
	{ "a start that takes too long is undone", test_start_times_out },
	{ "an agent that does not answer is why a start has failed", test_silent_agent },
	{ "a VM has stopped when guest and view are gone", test_stop },
	{ "a start asked for while stopping comes afterwards", test_start_while_stopping },
	{ "a lost view is started again and connected", test_lost_view },
	{ "a view that cannot be started is tried ever less often", test_view_backs_off },
	{ "a closed session is made anew", test_closed_session },
	{ "a guest that crashes is started again, at most three times in a minute",
		test_crashing_guest },
	{ "crashes that lie far apart do not add up", test_crashes_far_apart },
	{ "a session that was not asked for does not count", test_forged_session },
	{ "a VM stops some time after its last window", test_keep_alive },
	{ "a VM that is held does not stop before it is released", test_keep_alive_of_held },
	{ "a VM that has had no window yet does not stop", test_keep_alive_without_windows },
	{ "a VM that was taken over stops some time after its last window",
		test_keep_alive_of_adopted },
	{ "a VM that was taken over without windows stops some time afterwards",
		test_keep_alive_of_adopted_without_windows },
	{ "a launch starts the VM and waits for the session", test_run_starts },
	{ "who waits for a launch and is gone is not told of its end", test_waiter_gone },
	{ "a launch that fails says why", test_run_fails },
	{ "a launch in a VM that cannot start fails with it", test_run_without_start },
	{ "answers to launches that were not asked for change nothing", test_forged_launches },
	{ "an agent's restart ends the wait for its launches", test_restarted_agent },
	{ "an unanswered launch keeps the VM up only until it times out", test_unanswered_launch },
	{ "windows are those that are mapped and were asked for", test_windows },
	{ "a silent view's answer is an error after a while", test_silent_view },
	{ "a VM that goes while it is asked answers while all of it is there",
		test_destroyed_while_asked },
	{ "a stopped VM has no windows and no picture", test_stopped_vm_has_no_windows },
	{ "a guest and a view that run are taken over as they are", test_adopt },
	{ "a view without its guest is ended", test_adopt_view_alone },
	{ "a view that shows another VM's windows is not taken over", test_adopt_view_of_another },
	{ "a guest without its view gets a new one", test_adopt_guest_alone },
	{ "a window covers others as far as is allowed", test_cover },
	{ "what windows of a lost view want is forgotten", test_cover_of_lost_view },
	{ "what is not the VM's alone passes through while there is a session", test_passed_on },
	{ "what a view says for a guest without a session is not heard",
		test_said_without_session },
	{ "a guest that asks on and on to cover others is denied", test_cover_flood },
	{ "lines of a view reach the log, as many as it takes", test_lines_of_the_view },
};

UNIT_MAIN("a VM of the broker", tests)

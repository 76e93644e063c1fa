/*
 * How soon a VM's guest and its session are tried again, over fakes; the time is the test's.
 */
#include "unit.h"

#include "vm-bench.h"

enum { CLOSINGS = 8, LONG_MS = 2500 };

/* Milliseconds until something is to be done. */
static int64_t delay(void)
{
	return hc_vm_deadline(bench.vm) - bench.now;
}

static void say_closed(void)
{
	fake_view_say(HC_LINK_MESSAGE(SESSION_CLOSED, session_closed, .reason = 0));
	hc_vm_dispatch(bench.vm, bench.now);
}

/* The delay until the next is begun. */
static int64_t close_session(void)
{
	say_closed();
	return delay();
}

/* Each session ends as soon as it is there. Returns the last delay. */
static int64_t close_sessions(void)
{
	int64_t last = 0;

	for (int i = 0; i < CLOSINGS; i++) {
		last = close_session();
		vm_bench_pass_time();
		vm_bench_say_session();
	}
	return last;
}

/* The delay until it is started again. */
static int64_t crash_guest(void)
{
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_FAILED, "its X server ended");
	return delay();
}

static void bring_guest_back(void)
{
	vm_bench_pass_time();
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	vm_bench_say_session();
}

static void stop_and_start(void)
{
	hc_vm_stop(bench.vm, bench.now, vm_bench_handle_stopped, NULL);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_STOPPED, "");
	hc_vm_dispatch(bench.vm, bench.now);
	CU_ASSERT_EQUAL(hc_vm_state(bench.vm), HV_STATE_STOPPED);
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	vm_bench_say_ready(false, "");
	vm_bench_say_session();
}

/* One after the other, of a new VM; returns how long the first was waited for. */
static int64_t fail_sessions(void)
{
	int64_t first;

	vm_bench_bring_up("");
	first = close_session();
	vm_bench_pass_time();
	vm_bench_say_session();
	CU_ASSERT_TRUE(close_sessions() > first);
	return first;
}

static void test_failing_sessions(void)
{
	int64_t first = fail_sessions();

	bench.now += LONG_MS;
	CU_ASSERT_EQUAL(close_session(), first);
	vm_bench_end();
}

static void test_lasting_sessions(void)
{
	int64_t first;

	vm_bench_bring_up("");
	first = close_session();
	for (int i = 0; i < CLOSINGS; i++) {
		vm_bench_pass_time();
		vm_bench_say_session();
		bench.now += LONG_MS;
		CU_ASSERT_EQUAL(close_session(), first);
	}
	vm_bench_end();
}

static void test_crash_after_failing_sessions(void)
{
	int64_t first;

	vm_bench_bring_up("");
	first = crash_guest();
	bring_guest_back();
	stop_and_start();
	CU_ASSERT_TRUE(close_sessions() > first);
	CU_ASSERT_EQUAL(crash_guest(), first);
	vm_bench_end();
}

static void test_session_with_next_guest(void)
{
	int64_t first = fail_sessions();

	crash_guest();
	bring_guest_back();
	CU_ASSERT_TRUE(hc_vm_connected(bench.vm));
	CU_ASSERT_EQUAL(close_session(), first);
	vm_bench_end();
}

static void test_crashes(void)
{
	int64_t first;

	vm_bench_bring_up("");
	first = crash_guest();
	bring_guest_back();
	CU_ASSERT_TRUE(crash_guest() > first);
	bring_guest_back();
	bench.now += LONG_MS;
	CU_ASSERT_EQUAL(crash_guest(), first);
	vm_bench_end();
}

static void test_asked_start(void)
{
	int64_t first, second;

	vm_bench_bring_up("");
	first = crash_guest();
	bring_guest_back();
	second = crash_guest();
	bring_guest_back();
	CU_ASSERT_TRUE(second > first);
	stop_and_start();
	CU_ASSERT_EQUAL(crash_guest(), first);
	vm_bench_end();
}

/* The guest has crashed and runs again before its view has told of that. */
static void begin_next_session(void)
{
	vm_bench_bring_up("");
	crash_guest();
	vm_bench_pass_time();
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	CU_ASSERT_EQUAL(fake_guest.connects, 2);
}

static void test_late_end(void)
{
	begin_next_session();
	say_closed();
	vm_bench_say_session();
	CU_ASSERT_TRUE(hc_vm_connected(bench.vm));
	CU_ASSERT_EQUAL(fake_guest.connects, 2);
	close_session();
	vm_bench_pass_time();
	CU_ASSERT_EQUAL(fake_guest.connects, 3);
	vm_bench_end();
}

static void test_late_end_and_failure(void)
{
	begin_next_session();
	say_closed();
	say_closed();
	vm_bench_pass_time();
	CU_ASSERT_EQUAL(fake_guest.connects, 3);
	vm_bench_end();
}

static void test_end_of_lost_view(void)
{
	vm_bench_bring_up("");
	crash_guest();
	fake_view_die();
	hc_vm_dispatch(bench.vm, bench.now);
	vm_bench_pass_time();
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	CU_ASSERT_EQUAL(fake_view.starts, 2);
	vm_bench_say_ready(false, "");
	CU_ASSERT_EQUAL(fake_guest.connects, 2);
	say_closed();
	vm_bench_pass_time();
	CU_ASSERT_EQUAL(fake_guest.connects, 3);
	vm_bench_end();
}

static const struct unit_test tests[] = {
	{ "sessions that fail are tried ever less often, until one has lasted",
		test_failing_sessions },
	{ "a session that has lasted is begun anew as soon as the first was, however many went "
	  "before",
		test_lasting_sessions },
	{ "sessions that fail do not delay the start of a guest that crashes",
		test_crash_after_failing_sessions },
	{ "sessions that failed with a guest do not delay those with the next",
		test_session_with_next_guest },
	{ "a guest that crashes is started ever later, until it has run for a while",
		test_crashes },
	{ "a guest that was asked for has not crashed yet", test_asked_start },
	{ "a session's end that is told late does not end the next", test_late_end },
	{ "a session that fails after the late end of the last is tried again",
		test_late_end_and_failure },
	{ "what a lost view has not told is not awaited from the next", test_end_of_lost_view },
};

UNIT_MAIN("when a VM is tried again", tests)

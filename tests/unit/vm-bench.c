#include "vm-bench.h"

#include <string.h>

struct vm_bench bench;

static void remember(const GError *error)
{
	g_free(bench.message);
	bench.message = g_strdup(error ? error->message : "");
}

static void handle_changed(void *data, struct hc_vm *changed)
{
	(void)data;
	(void)changed;
}

static void handle_cover_asked(void *data, struct hc_vm *asking, uint32_t window, uint32_t states)
{
	(void)data;
	bench.covers_asked++;
	hc_vm_answer_cover(asking, window, states, bench.allows_fullscreen);
}

static void handle_covers_forgotten(void *data, struct hc_vm *vm)
{
	(void)data;
	(void)vm;
	bench.covers_forgotten++;
}

void vm_bench_handle_started(void *data, const GError *error)
{
	(void)data;
	bench.started = error ? 1 : 0;
	remember(error);
}

void vm_bench_handle_stopped(void *data, const GError *error)
{
	(void)data;
	bench.stopped = error ? 1 : 0;
}

void vm_bench_handle_launched(void *data, uint32_t launch, int32_t pid, const GError *error)
{
	(void)data;
	bench.launched_id = launch;
	bench.launched_pid = error ? -1 : pid;
	remember(error);
}

void vm_bench_handle_ended(void *data, int32_t status, const GError *error)
{
	(void)data;
	bench.ended_status = error ? -1 : status;
	remember(error);
}

void vm_bench_handle_answer(void *data, const struct hc_answer *answer, const GError *error)
{
	(void)data;
	bench.answered_rows = answer ? answer->rows->len : 1000;
	remember(error);
}

static void handle_message(
	void *data, struct hc_vm *vm, const struct hc_link_message *message, int fd)
{
	(void)data;
	(void)vm;
	(void)fd;
	bench.passed_on = message->op;
}

static void handle_windows_changed(void *data, struct hc_vm *vm)
{
	(void)data;
	(void)vm;
}

static void handle_windows_expired(void *data, struct hc_vm *vm, uint32_t managed)
{
	(void)data;
	(void)vm;
	bench.windows_expired = managed;
}

static void handle_session_begun(void *data, struct hc_vm *vm)
{
	(void)data;
	(void)vm;
	bench.sessions_begun++;
}

static void handle_session_ended(void *data, struct hc_vm *vm)
{
	(void)data;
	(void)vm;
	bench.sessions_ended++;
}

void vm_bench_begin(const char *keys)
{
	static const struct hc_vm_listener listener = {
		.changed = handle_changed,
		.windows_changed = handle_windows_changed,
		.windows_expired = handle_windows_expired,
		.cover_asked = handle_cover_asked,
		.covers_forgotten = handle_covers_forgotten,
		.message = handle_message,
		.session_begun = handle_session_begun,
		.session_ended = handle_session_ended,
	};
	g_autofree char *text = g_strdup_printf("[vm]\nlabel=blue\n%s", keys);

	fake_broker_reset();
	bench.now = 1000000;
	bench.agent = 100;
	bench.started = bench.stopped = VM_BENCH_NOT_YET;
	bench.launched_pid = bench.ended_status = VM_BENCH_NOT_YET;
	bench.answered_rows = 500;
	bench.passed_on = 0;
	bench.windows_expired = 0;
	bench.sessions_begun = bench.sessions_ended = 0;
	bench.covers_asked = bench.covers_forgotten = 0;
	bench.vm = hc_vm_create(hv_vm_config_parse("/vms/work.vm", text, strlen(text), NULL),
		&fake_guest.base, NULL, "oriel-view", &listener, NULL);
}

void vm_bench_end(void)
{
	hc_vm_destroy(bench.vm);
	bench.vm = NULL;
	g_clear_pointer(&bench.message, g_free);
}

void vm_bench_say_ready(bool connected, const char *name)
{
	fake_view_say(HC_LINK_MESSAGE(READY, ready, .pid = 200, .connected = connected,
		.name = vp_text_from(name, VP_NAME_MAX)));
	hc_vm_dispatch(bench.vm, bench.now);
}

void vm_bench_say_session(void)
{
	fake_view_say(HC_LINK_MESSAGE(SESSION_READY, session_ready, .agent = bench.agent));
	hc_vm_dispatch(bench.vm, bench.now);
}

void vm_bench_bring_up(const char *keys)
{
	vm_bench_begin(keys);
	hc_vm_start(bench.vm, bench.now, vm_bench_handle_started, NULL);
	hc_vm_handle_driver_state(bench.vm, bench.now, HV_STATE_RUNNING, "");
	vm_bench_say_ready(false, "");
	vm_bench_say_session();
}

void vm_bench_pass_time(void)
{
	bench.now = hc_vm_deadline(bench.vm);
	hc_vm_dispatch(bench.vm, bench.now);
}

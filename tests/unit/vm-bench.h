/*
 * A VM of the broker over a fake driver, view process and screen, and what has been told about it.
 */
#pragma once

#include "fake-broker.h"
#include "vm.h"

enum { VM_BENCH_NOT_YET = -100 };

struct vm_bench {
	struct hc_vm *vm;
	int64_t now; /* of the test's clock */
	int started; /* VM_BENCH_NOT_YET, 0, or 1 for an error, as is the next */
	int stopped;
	int32_t launched_pid; /* -1 for an error */
	uint32_t launched_id;
	int32_t ended_status;
	guint answered_rows;
	char *message; /* of the last error */
	bool allows_fullscreen;
	guint covers_asked;
	guint covers_forgotten;
	unsigned int passed_on; /* opcode of the last message that is not the VM's alone */
	uint32_t windows_expired; /* of the last time; 0: never */
	guint sessions_begun;
	guint sessions_ended;
	uint64_t agent; /* of the sessions to come */
};

/* Of the test that runs. */
extern struct vm_bench bench;

/* keys: lines of the VM's file. */
void vm_bench_begin(const char *keys);
void vm_bench_end(void);

/* As vm_bench_begin(), and the VM runs and has a session. */
void vm_bench_bring_up(const char *keys);

/* Time passes until something is to be done. */
void vm_bench_pass_time(void);

/* What the view says. */
void vm_bench_say_ready(bool connected, const char *name);
void vm_bench_say_session(void);

/* For what is asked of the VM. */
void vm_bench_handle_started(void *data, const GError *error);
void vm_bench_handle_stopped(void *data, const GError *error);
void vm_bench_handle_launched(void *data, uint32_t launch, int32_t pid, const GError *error);
void vm_bench_handle_ended(void *data, int32_t status, const GError *error);
void vm_bench_handle_answer(void *data, const struct hc_answer *answer, const GError *error);

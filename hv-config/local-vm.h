/*
 * One local VM's life: starting, running, ending, and what is left of it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "driver.h"

struct hv_local_vm;

struct hv_local_vm_listener {
	/* After STOPPED and FAILED the VM does nothing more, and may be destroyed in the call. */
	void (*state_changed)(
		void *data, struct hv_local_vm *vm, enum hv_state state, const char *reason);
};

/* Something that the epoll descriptor may signal, by its data pointer. */
struct hv_local_source {
	struct hv_local_vm *vm;
	int fd; /* -1 closed */
	void (*handle_event)(struct hv_local_vm *vm);
};

/* Its descriptors are watched with epoll_fd, which must outlive it. */
struct hv_local_vm *hv_local_vm_create(
	const char *name, int epoll_fd, const struct hv_local_vm_listener *listener, void *data);

/* The VM itself goes on. NULL is legal. */
void hv_local_vm_destroy(struct hv_local_vm *vm);

/* Takes over what runs. If it does not run, what is left of it is killed and removed. Does not tell
 * the listener. */
bool hv_local_vm_adopt(struct hv_local_vm *vm);

/* display: where the search for a free number begins. False with an error, and nothing is left
 * behind. Does not tell the listener. */
bool hv_local_vm_start(struct hv_local_vm *vm, const struct hv_vm_config *config,
	const struct hv_screen *screen, uint32_t display, GError **error);

void hv_local_vm_stop(struct hv_local_vm *vm);

/* A new stream to the agent; the caller owns it. -1 with an error. */
int hv_local_vm_connect(struct hv_local_vm *vm, GError **error);

void hv_local_vm_status(struct hv_local_vm *vm, struct hv_vm_status *status);

const char *hv_local_vm_name(const struct hv_local_vm *vm);

/* Milliseconds of CLOCK_MONOTONIC, -1 none. When it has passed, handle_timeout is to be called. */
int64_t hv_local_vm_deadline(const struct hv_local_vm *vm);
void hv_local_vm_handle_timeout(struct hv_local_vm *vm);

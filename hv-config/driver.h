/*
 * A hypervisor driver: how VMs of one backend run. One implementation per backend (driver-local.c),
 * and a fake one in tests/.
 *
 * All functions return at once; progress comes through the listener. VMs outlive the driver and the
 * broker: a new driver finds those that run.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "vm-config.h"
#include "wire.h"

/* Milliseconds that a driver gives a guest: more than the guest's session gives its own programs,
 * so that it can end them, and say which of them failed. */
enum {
	HV_GRACE_MS = 2000,
	HV_START_MS = VP_GUEST_START_MS + HV_GRACE_MS,
	HV_STOP_MS = VP_GUEST_STOP_MS + HV_GRACE_MS,
};

enum hv_state {
	HV_STATE_STOPPED,
	HV_STATE_STARTING,
	HV_STATE_RUNNING,
	HV_STATE_STOPPING,
	HV_STATE_FAILED, /* stopped by itself; the reason has been reported */
};

struct hv_driver {
	const struct hv_driver_impl *impl;
};

struct hv_driver_listener {
	/* reason is for people: why it failed or stopped, empty otherwise. */
	void (*state_changed)(void *data, const char *vm, enum hv_state state, const char *reason);
};

/* What the guest's primary is like when it starts. */
struct hv_screen {
	uint32_t width; /* pixels */
	uint32_t height; /* pixels */
	uint32_t dpi;
};

/* What is known of a running VM; strings are the caller's, NULL where the backend has none. */
struct hv_vm_status {
	enum hv_state state;
	char *display; /* local backend: $DISPLAY of the guest's X server, as seen from the primary
			*/
	char *xauthority; /* local backend: its cookie file */
	int32_t session_pid; /* local backend: the guest session's first process, 0 none */
	int32_t x_server_pid; /* local backend, as seen from the primary */
	int32_t agent_pid; /* local backend, as seen from the primary */
	uint64_t cpu_time; /* microseconds used by all its processes */
	uint64_t memory; /* bytes, proportional set size of all its processes */
	char *log; /* local backend: the file with what the session prints */
	char *notice; /* what people should know, as a sentence: a limit that could not be enforced;
			 or NULL */
};

void hv_vm_status_clear(struct hv_vm_status *status);

#define HV_DRIVER_ERROR hv_driver_error_quark()
GQuark hv_driver_error_quark(void);
enum hv_driver_error {
	HV_DRIVER_ERROR_STATE, /* the VM runs already, or does not run */
	HV_DRIVER_ERROR_UNAVAILABLE, /* a program, a namespace, room or a file that it needs is not
					to be had */
};

struct hv_driver_impl {
	int (*get_fd)(struct hv_driver *driver);
	void (*dispatch)(struct hv_driver *driver);
	int64_t (*deadline)(struct hv_driver *driver);
	bool (*adopt)(struct hv_driver *driver, const struct hv_vm_config *config);
	bool (*start)(struct hv_driver *driver, const struct hv_vm_config *config,
		const struct hv_screen *screen, GError **error);
	void (*stop)(struct hv_driver *driver, const char *vm);
	int (*connect)(struct hv_driver *driver, const char *vm, GError **error);
	bool (*status)(struct hv_driver *driver, const char *vm, struct hv_vm_status *status);
	void (*destroy)(struct hv_driver *driver);
};

/* Poll for input, or until deadline() (CLOCK_MONOTONIC in milliseconds, -1 none), then dispatch. */
int hv_driver_get_fd(struct hv_driver *driver);
void hv_driver_dispatch(struct hv_driver *driver);
int64_t hv_driver_deadline(struct hv_driver *driver);

/* Takes a VM over that an earlier broker started; its state is RUNNING at once. False if it does
 * not run. */
bool hv_driver_adopt(struct hv_driver *driver, const struct hv_vm_config *config);

/* STARTING, then RUNNING or FAILED. False with an error if it cannot even begin; nothing is left
 * behind. */
bool hv_driver_start(struct hv_driver *driver, const struct hv_vm_config *config,
	const struct hv_screen *screen, GError **error);

/* STOPPING, then STOPPED. Processes that do not end by themselves are killed after
 * HV_STOP_MS. */
void hv_driver_stop(struct hv_driver *driver, const char *vm);

/* A new stream to the agent of a running VM; the caller owns the descriptor. -1 with an error. */
int hv_driver_connect(struct hv_driver *driver, const char *vm, GError **error);

/* False for a VM that the driver does not run. Cleared with hv_vm_status_clear(). */
bool hv_driver_status(struct hv_driver *driver, const char *vm, struct hv_vm_status *status);

/* NULL is legal. VMs go on. */
void hv_driver_destroy(struct hv_driver *driver);

struct hv_driver *hv_driver_local_create(const struct hv_driver_listener *listener, void *data);

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
	HV_STATE_PAUSED, /* it is there, and does nothing until it is resumed */
	HV_STATE_STOPPING,
	HV_STATE_FAILED, /* stopped by itself; the reason has been reported */
	HV_STATE_AWAY, /* it has gone, and its windows wait for it; not a driver's to tell */
};

/* As people and programs are told. */
const char *hv_state_name(enum hv_state state);

struct hv_driver {
	const struct hv_driver_impl *impl;
};

struct hv_driver_listener {
	/* reason is for people: why it failed or stopped, empty otherwise. A VM that others start
	 * is RUNNING without having been started. */
	void (*state_changed)(void *data, const char *vm, enum hv_state state, const char *reason);
	/* The agent of a running VM, which was away, can be connected to. */
	void (*reachable)(void *data, const char *vm);
};

/* What can be done with a VM that is up, where its backend can. */
enum hv_action {
	HV_ACTION_PAUSE,
	HV_ACTION_RESUME,
	HV_ACTION_SAVE, /* into a file, and it is gone then; a start from that file goes on */
	HV_ACTION_DESTROY, /* at once, without asking its system */
};

/* What is known at the end of an action; error is NULL if it went well. */
typedef void (*hv_action_done)(void *data, const GError *error);

/* How a VM's agent is reached: by a connected socket, or, with fd -1, by vchan. */
struct hv_endpoint {
	int fd; /* the caller's */
	uint32_t domain;
	uint32_t instance;
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
	uint32_t domain; /* xen backend: its domain's id, 0 none */
	char *log; /* local backend: the file with what the session prints */
	char *notice; /* what people should know, as a sentence: a limit that could not be enforced;
			 or NULL */
};

/* What the primary itself has used. */
struct hv_primary_usage {
	uint64_t cpu_time; /* microseconds, of all its processors */
	uint64_t memory; /* bytes that it has */
};

void hv_vm_status_clear(struct hv_vm_status *status);

#define HV_DRIVER_ERROR hv_driver_error_quark()
GQuark hv_driver_error_quark(void);
enum hv_driver_error {
	HV_DRIVER_ERROR_STATE, /* the VM runs already, or does not run */
	HV_DRIVER_ERROR_AWAY, /* its agent cannot be connected to before the listener is told that
				 it is reachable */
	HV_DRIVER_ERROR_UNSUPPORTED, /* the backend has no such action */
	HV_DRIVER_ERROR_COMMAND, /* the hypervisor's tools have failed */
	HV_DRIVER_ERROR_UNAVAILABLE, /* a program, a namespace, room or a file that it needs is not
					to be had */
};

struct hv_driver_impl {
	int (*get_fd)(struct hv_driver *driver);
	void (*dispatch)(struct hv_driver *driver);
	int64_t (*deadline)(struct hv_driver *driver);
	int64_t start_ms;
	bool (*adopt)(struct hv_driver *driver, const struct hv_vm_config *config);
	void (*follow)(
		struct hv_driver *driver, const struct hv_vm_config *config); /* may be NULL */
	void (*forget)(struct hv_driver *driver, const char *vm); /* may be NULL */
	void (*tune)(struct hv_driver *driver, const struct hv_vm_config *config); /* may be NULL */
	bool (*start)(struct hv_driver *driver, const struct hv_vm_config *config,
		const struct hv_screen *screen, const char *image, GError **error);
	void (*stop)(struct hv_driver *driver, const char *vm);
	bool (*act)(struct hv_driver *driver, const char *vm, enum hv_action action,
		const char *file, hv_action_done done, void *data,
		GError **error); /* may be NULL */
	bool (*connect)(struct hv_driver *driver, const char *vm, struct hv_endpoint *endpoint,
		GError **error);
	bool (*status)(struct hv_driver *driver, const char *vm, struct hv_vm_status *status);
	bool (*primary_usage)(
		struct hv_driver *driver, struct hv_primary_usage *usage); /* may be NULL */
	void (*destroy)(struct hv_driver *driver);
};

/* Poll for input, or until deadline() (CLOCK_MONOTONIC in milliseconds, -1 none), then dispatch. */
int hv_driver_get_fd(struct hv_driver *driver);
void hv_driver_dispatch(struct hv_driver *driver);
int64_t hv_driver_deadline(struct hv_driver *driver);

/* How long a start may take, from nothing to an agent that listens. */
int64_t hv_driver_start_ms(const struct hv_driver *driver);

/* Takes over, and follows, a VM that an earlier broker or somebody else started; its state is
 * RUNNING at once, or PAUSED, as status() tells. False if it does not run. */
bool hv_driver_adopt(struct hv_driver *driver, const struct hv_vm_config *config);

/* Where others start VMs, too: the listener is told when this one comes. For one that is followed
 * already it counts that its configuration may have changed. */
void hv_driver_follow(struct hv_driver *driver, const struct hv_vm_config *config);

/* The VM is no longer of interest; it goes on. */
void hv_driver_forget(struct hv_driver *driver, const char *vm);

/* The file of a VM that is up has been read again. What can be changed while it runs is as there
 * from now on; the rest when it is started the next time. */
void hv_driver_tune(struct hv_driver *driver, const struct hv_vm_config *config);

/* STARTING, then RUNNING or FAILED. image: a file that HV_ACTION_SAVE has made, to go on from
 * there, or NULL. False with an error if it cannot even begin; nothing is left behind. */
bool hv_driver_start(struct hv_driver *driver, const struct hv_vm_config *config,
	const struct hv_screen *screen, const char *image, GError **error);

/* STOPPING, then STOPPED. What does not end by itself is killed after a while. A VM that others
 * start is let go instead: it is STOPPED for the listener until it is started again. */
void hv_driver_stop(struct hv_driver *driver, const char *vm);

/* file: an absolute path for HV_ACTION_SAVE, NULL otherwise. done is called once, later. False with
 * an error if it cannot begin, and then done is not called. */
bool hv_driver_act(struct hv_driver *driver, const char *vm, enum hv_action action,
	const char *file, hv_action_done done, void *data, GError **error);

/* How to reach the agent of a running VM. False with an error. */
bool hv_driver_connect(
	struct hv_driver *driver, const char *vm, struct hv_endpoint *endpoint, GError **error);

/* False for a VM that the driver does not run. Cleared with hv_vm_status_clear(). */
bool hv_driver_status(struct hv_driver *driver, const char *vm, struct hv_vm_status *status);

/* False where no hypervisor tells: the primary is no VM. */
bool hv_driver_primary_usage(struct hv_driver *driver, struct hv_primary_usage *usage);

/* NULL is legal. VMs go on. */
void hv_driver_destroy(struct hv_driver *driver);

struct hv_driver *hv_driver_local_create(const struct hv_driver_listener *listener, void *data);

/* Where the Xen backend finds its host: hv_xen_host_open() (xen-host.h), or a test's. */
struct hv_xen_host;
struct hv_xen_host_listener;
typedef struct hv_xen_host *(*hv_xen_open)(
	const struct hv_xen_host_listener *listener, void *data, GError **error);

struct hv_driver *hv_driver_xen_create(
	const struct hv_driver_listener *listener, void *data, hv_xen_open open);

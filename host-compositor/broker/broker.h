/*
 * The whole that the broker serves: the VMs that files describe, run through their driver.
 *
 * Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "driver.h"
#include "guard.h"
#include "hand-over.h"
#include "launch-notices.h"
#include "local-process.h"
#include "menu.h"
#include "notifier.h"
#include "transfers.h"
#include "vm.h"

struct hc_broker;
struct hc_copies;

struct hc_broker_listener {
	void (*vm_changed)(void *data, struct hc_vm *vm);
	void (*windows_changed)(void *data, struct hc_vm *vm);
	/* Another list, or others of it are published. */
	void (*applications_changed)(void *data, struct hc_vm *vm);
};

/* The programs that it needs, by path. */
struct hc_broker_programs {
	const char *view; /* oriel-view */
	const char *desk; /* oriel-desk */
	const char *screen; /* see hc_display_create() */
	const char *oriel; /* for the entries of the start menu */
};

/* Reads the files and takes over what an earlier broker left running. NULL with an error. */
struct hc_broker *hc_broker_create(const struct hc_broker_programs *programs,
	const struct hc_broker_listener *listener, void *data, GError **error);

/* VMs and views go on, unless they were stopped before. NULL is legal. */
void hc_broker_destroy(struct hc_broker *broker);

int64_t hc_broker_now(void);

/* Reads the files again; VMs that are up keep their configuration. */
void hc_broker_reload(struct hc_broker *broker);

/* The VMs by name, and a line for each thing wrong in the files; valid until the next reload. */
const GPtrArray *hc_broker_vms(const struct hc_broker *broker);
const GPtrArray *hc_broker_errors(const struct hc_broker *broker);

/* How what has been copied is handed over; the broker's. */
struct hc_hand_over *hc_broker_hand_over(const struct hc_broker *broker);

/* What pumps all that crosses; the broker's. A VM is the holder of its ends. */
struct hc_transfers *hc_broker_transfers(const struct hc_broker *broker);

/* The hand-overs of files; the broker's. */
struct hc_copies *hc_broker_copies(const struct hc_broker *broker);

/* What decides for all VMs; the broker's. */
struct hc_guard *hc_broker_guard(const struct hc_broker *broker);

/* Where the user is notified; the broker's. */
struct hc_notifier *hc_broker_notifier(const struct hc_broker *broker);

/* How launches from menus come along; the broker's. */
struct hc_launch_notices *hc_broker_launch_notices(const struct hc_broker *broker);

/* The primary's session bus; the broker's. */
struct hc_session_bus *hc_broker_session_bus(const struct hc_broker *broker);

/* The start menu of all VMs; the broker's. */
struct hc_menu *hc_broker_menu(const struct hc_broker *broker);

/* NULL with an error that names the known ones. */
struct hc_vm *hc_broker_find(const struct hc_broker *broker, const char *name, GError **error);

/* CPU time and memory are those of the guest and of its view, as of now. Cleared with
 * hv_vm_status_clear(); zero for a VM that does not run. */
void hc_broker_status(
	const struct hc_broker *broker, const struct hc_vm *vm, struct hv_vm_status *status);

/* The process id of the desk, 0 if there is none, and what it costs. */
int32_t hc_broker_desk_usage(const struct hc_broker *broker, struct hv_process_usage *usage);

/* False if no hypervisor of a VM tells. */
bool hc_broker_primary_usage(const struct hc_broker *broker, struct hv_primary_usage *usage);

/* Has the VM's driver do that (see hv_driver_act()). done is called once, maybe before this
 * returns. */
void hc_broker_act(struct hc_broker *broker, const struct hc_vm *vm, enum hv_action what,
	const char *file, void (*done)(void *data, const GError *error), void *data);

/* VMs that start from now on show their windows on this display, unless one is up already. */
void hc_broker_offer_display(struct hc_broker *broker, const char *display, const char *xauthority);

/* From now on offers of a display change nothing. */
void hc_broker_pin_display(struct hc_broker *broker);

/* done is called once, when nothing of any VM is left. */
void hc_broker_stop_all(struct hc_broker *broker, void (*done)(void *data), void *data);

/* Poll for input, or until the deadline (-1 none), then dispatch. */
int hc_broker_get_fd(const struct hc_broker *broker);
int64_t hc_broker_deadline(const struct hc_broker *broker);
void hc_broker_dispatch(struct hc_broker *broker);

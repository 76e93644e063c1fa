/*
 * One VM as the broker runs it: its driver, its view and their session, joined into one state.
 *
 *   stopped → starting → running → stopping → stopped, and failed from any of them
 *   running ⇄ paused; running → away → running, for a guest that others end and start
 *
 * It says what is wanted (settle() in vm.c) and mends what is not so: a view that ended is started
 * again, a session that closed is made anew, a guest that crashed is started again a few times. It
 * does no I/O but through its driver, its display and its view process; time is a parameter,
 * CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "display.h"
#include "driver.h"
#include "requests.h"
#include "settings.h"

struct hc_vm;

struct hc_vm_listener {
	void (*changed)(void *data, struct hc_vm *vm);
	/* Windows have come or gone. */
	void (*windows_changed)(void *data, struct hc_vm *vm);
	/* The VM's windows have waited for its guest as long as its file says, and are gone;
	 * managed: how many the user saw, as the view says. */
	void (*windows_expired)(void *data, struct hc_vm *vm, uint32_t managed);
	/* A window of the VM wants to fill the screen or stay above others; answered with
	 * hc_vm_answer_cover(). */
	void (*cover_asked)(void *data, struct hc_vm *vm, uint32_t window, uint32_t states);
	/* Those that were not answered are no longer wanted: the windows are gone. */
	void (*covers_forgotten)(void *data, struct hc_vm *vm);
	/* What the VM's view says of things that are not this VM's alone; hostile, valid during the
	 * call, as is its descriptor (-1: none). */
	void (*message)(
		void *data, struct hc_vm *vm, const struct hc_link_message *message, int fd);
	/* A session with the VM's agent has begun, or was there before this broker. */
	void (*session_begun)(void *data, struct hc_vm *vm);
	/* The session with the VM's agent is over, and whatever was under way in it. */
	void (*session_ended)(void *data, struct hc_vm *vm);
};

/* Takes the configuration over; driver and display must outlive the VM. NULL with errno. */
struct hc_vm *hc_vm_create(struct hv_vm_config *config, struct hv_driver *driver,
	struct hc_display *display, const char *view_program, const struct hc_vm_listener *listener,
	void *data);

/* Whoever waits for a launch or an answer is told that the broker ends, and may look at this VM and
 * others for the last time. */
void hc_vm_dismiss_callers(struct hc_vm *vm);

/* Dismisses callers, too. The guest and its view go on. NULL is legal. */
void hc_vm_destroy(struct hc_vm *vm);

/* Takes a new configuration over, and the driver of its backend, unless the VM is up: then what can
 * be changed while it runs is, the rest counts from the next start, and false. */
bool hc_vm_reconfigure(
	struct hc_vm *vm, struct hv_vm_config *config, int64_t now, struct hv_driver *driver);

/* Takes over what an earlier broker left running. */
void hc_vm_adopt(struct hc_vm *vm, int64_t now);

/* done is called once: when the VM runs (a session with its agent is up), or with an error. */
void hc_vm_start(
	struct hc_vm *vm, int64_t now, void (*done)(void *data, const GError *error), void *data);

/* As above, but done is called when the guest itself runs, with an agent or without. */
void hc_vm_boot(
	struct hc_vm *vm, int64_t now, void (*done)(void *data, const GError *error), void *data);

/* As hc_vm_boot(), from a file that HV_ACTION_SAVE has made. The VM must be down. */
void hc_vm_restore(struct hc_vm *vm, int64_t now, const char *image,
	void (*done)(void *data, const GError *error), void *data);

/* done is called once, when nothing of the VM is left. */
void hc_vm_stop(
	struct hc_vm *vm, int64_t now, void (*done)(void *data, const GError *error), void *data);

/* Starts an application (a desktop file id) or command (NUL-terminated arguments), and the VM if
 * need be. */
void hc_vm_run(struct hc_vm *vm, int64_t now, const char *application, const uint8_t *arguments,
	size_t len, const char *startup,
	void (*launched)(void *data, uint32_t launch, int32_t pid, const GError *error),
	void *data);

/* See hc_launches_wait(). */
void hc_vm_wait(struct hc_vm *vm, uint32_t launch,
	void (*ended)(void *data, int32_t status, const GError *error), void *data);

/* See hc_launches_forget_waiter(). */
void hc_vm_forget_waiter(struct hc_vm *vm, const void *data);

/* Asks the view. window counts for screenshots: its session's id, or 0 for all. Without a view, or
 * a session for applications, the answer is an empty one, or an error for a screenshot. */
void hc_vm_ask(struct hc_vm *vm, int64_t now, enum hc_request_kind kind, uint32_t window,
	void (*done)(void *data, const struct hc_answer *answer, const GError *error), void *data);

/* Whether a window may have the states that it has asked for. */
void hc_vm_answer_cover(struct hc_vm *vm, uint32_t window, uint32_t states, bool allowed);

/* While it is held, a VM is in use without a window, too: it does not stop because its last one has
 * closed. */
void hc_vm_hold(struct hc_vm *vm);
void hc_vm_release(struct hc_vm *vm);

/* Sends a message to the VM's view, for its session; fd stays the caller's. False if there is no
 * session now. */
bool hc_vm_send(struct hc_vm *vm, const struct hc_link_message *message, int fd);

/* By which keys the user leaves windows that fill the screen. */
void hc_vm_set_leave_keys(struct hc_vm *vm, const struct hv_shortcut *keys);

/* The driver's listener passes on what concerns this VM. */
void hc_vm_handle_driver_state(
	struct hc_vm *vm, int64_t now, enum hv_state state, const char *reason);

void hc_vm_handle_reachable(struct hc_vm *vm, int64_t now);

const struct hv_vm_config *hc_vm_config(const struct hc_vm *vm);
enum hv_state hc_vm_state(const struct hc_vm *vm);

/* Whether there is a session with its agent. */
bool hc_vm_connected(const struct hc_vm *vm);

/* Why the VM failed, or what one that is starting waits for, but for its guest; empty otherwise. */
const char *hc_vm_reason(const struct hc_vm *vm);

/* True while anything of the VM is left. */
bool hc_vm_up(const struct hc_vm *vm);

/* 0 if there is none. */
int32_t hc_vm_view_pid(const struct hc_vm *vm);

/* Poll for input, or until the deadline (-1 none), then dispatch. */
int hc_vm_get_fd(const struct hc_vm *vm);
int64_t hc_vm_deadline(const struct hc_vm *vm);
void hc_vm_dispatch(struct hc_vm *vm, int64_t now);

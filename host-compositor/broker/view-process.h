/*
 * The oriel-view process of one VM, as the broker sees it: started, or taken over from an earlier
 * broker, watched, and talked to over its link.
 *
 * The view inherits a listening socket, so that it survives this broker and meets the next.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "link.h"

struct hc_view_process;

struct hc_view_process_listener {
	/* A message of the view, which may be hostile; it may refer to what does not exist. fd is
	 * -1 or the listener's. Returns why the view has to be killed for it, or NULL. */
	const char *(*message)(void *data, const struct hc_link_message *message, int fd);
	/* The process has ended, or broke the link's rules and is being killed. Called once for
	 * each successful start or adopt, except after stop. */
	void (*lost)(void *data, const char *reason);
};

/* program: path of oriel-view. directory: the VM's runtime directory, which start makes. */
struct hc_view_process *hc_view_process_create(const char *program, const char *directory,
	const struct hc_view_process_listener *listener, void *data);

/* The process goes on, unless it has been told to stop; then it is killed. NULL is legal. */
void hc_view_process_destroy(struct hc_view_process *view);

/* Starts a process. False with an error. */
bool hc_view_process_start(struct hc_view_process *view, int64_t now, GError **error);

/* Takes over a process that an earlier broker started. False if there is none, or if it runs
 * another program than the one that is installed now: then it goes on, as the predecessor of the
 * one that is to be started. */
bool hc_view_process_adopt(struct hc_view_process *view, int64_t now);

/* The next process shows what its predecessor showed, which is ended; nothing without one. */
void hc_view_process_end_predecessor(struct hc_view_process *view);

/* Tells the process to end, and kills it if it has not by the deadline; its predecessor at once. */
void hc_view_process_stop(struct hc_view_process *view, int64_t now);

/* True from start or adopt until the process is gone, also while it is stopping. */
bool hc_view_process_alive(const struct hc_view_process *view);

/* 0 if there is none. */
int32_t hc_view_process_pid(const struct hc_view_process *view);

/* Sends a message; fd stays the caller's. A failure is a lost view, and told to the listener by the
 * next dispatch. */
void hc_view_process_send(
	struct hc_view_process *view, const struct hc_link_message *message, int fd);

/* Poll for input, or until the deadline (CLOCK_MONOTONIC in milliseconds, -1 none), then dispatch.
 */
int hc_view_process_get_fd(const struct hc_view_process *view);
int64_t hc_view_process_deadline(const struct hc_view_process *view);
void hc_view_process_dispatch(struct hc_view_process *view, int64_t now);

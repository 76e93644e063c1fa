/*
 * A process at the other end of a link, as the broker sees it: watched, talked to, ended.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "link.h"

struct hc_link_process;

struct hc_link_process_listener {
	/* A message, which may be hostile; fd is -1 or the listener's. Returns why the process has
	 * to be killed for it, or NULL. */
	const char *(*message)(void *data, const struct hc_link_message *message, int fd);
	/* The process is gone. reason: how it ended; NULL if it had been told to. */
	void (*ended)(void *data, const char *reason);
};

/* NULL with errno. */
struct hc_link_process *hc_link_process_create(const char *program, const char *vm,
	const struct hc_link_process_listener *listener, void *data);

/* The process goes on, unless it has been told to stop; then it is killed. NULL is legal. */
void hc_link_process_destroy(struct hc_link_process *process);

/* Watches the process, a child of this one or not, and takes the socket of its link over. One that
 * does not say anything soon is killed. False with errno, and then the socket is closed. */
bool hc_link_process_open(struct hc_link_process *process, int64_t now, pid_t pid, int socket_fd,
	enum hc_link_direction receives);

/* Forgets the process; the listener is not told. */
void hc_link_process_close(struct hc_link_process *process);

/* Sends quit, and kills the process if it has not ended some time later. */
void hc_link_process_stop(
	struct hc_link_process *process, int64_t now, const struct hc_link_message *quit);

/* True from open until the process is gone, also while it is stopping. */
bool hc_link_process_alive(const struct hc_link_process *process);
bool hc_link_process_stopping(const struct hc_link_process *process);

/* 0 if there is none. */
int32_t hc_link_process_pid(const struct hc_link_process *process);

/* Sends a message; fd stays the caller's. A failure ends the process, and is told by the next
 * dispatch. */
void hc_link_process_send(
	struct hc_link_process *process, const struct hc_link_message *message, int fd);

/* Poll for input, or until the deadline (CLOCK_MONOTONIC in milliseconds, -1 none), then dispatch.
 */
int hc_link_process_get_fd(const struct hc_link_process *process);
int64_t hc_link_process_deadline(const struct hc_link_process *process);
void hc_link_process_dispatch(struct hc_link_process *process, int64_t now);

/*
 * The oriel-desk process, the broker's own presence on the primary's display: started while it is
 * of use, started again when it ends, and the one who asks the user.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "link.h"
#include "questions.h"

struct hc_desk_process;

struct hc_desk_process_listener {
	/* The user has answered the question that was shown. */
	void (*answered)(void *data, uint32_t id, enum hc_reply reply);
	/* It has its display, and takes messages. */
	void (*ready)(void *data);
	/* A message that is about no question; fd is -1 or the listener's. */
	void (*message)(void *data, const struct hc_link_message *message, int fd);
	/* The process shows nothing any more; what the user was asked is unanswered. */
	void (*lost)(void *data);
};

/* program: path of oriel-desk. NULL with errno. */
struct hc_desk_process *hc_desk_process_create(
	const char *program, const struct hc_desk_process_listener *listener, void *data);

/* The process ends. NULL is legal. */
void hc_desk_process_destroy(struct hc_desk_process *desk);

/* The desk as the one who asks; it lives as long as the desk. */
struct hc_asker *hc_desk_process_asker(struct hc_desk_process *desk);

/* The process is there while it is wanted, or a question is open, and there is a display. Time is
 * CLOCK_MONOTONIC in milliseconds. */
void hc_desk_process_want(struct hc_desk_process *desk, int64_t now, bool wanted);

/* Sends a message to a process that is ready; without one it is lost. fd stays the caller's. */
void hc_desk_process_send(
	struct hc_desk_process *desk, const struct hc_link_message *message, int fd);

/* 0 if there is none. */
int32_t hc_desk_process_pid(const struct hc_desk_process *desk);

/* Poll for input, or until the deadline (-1 none), then dispatch. */
int hc_desk_process_get_fd(const struct hc_desk_process *desk);
int64_t hc_desk_process_deadline(const struct hc_desk_process *desk);
void hc_desk_process_dispatch(struct hc_desk_process *desk, int64_t now);

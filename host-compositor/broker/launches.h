/*
 * The applications that were started in one VM: asked for, sent to its agent, running, ended.
 *
 * A launch waits here until there is a session that can take it. What the view says about launches
 * is believed only for launches that are in the state for it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "link.h"

struct hc_launches;

struct hc_launches *hc_launches_create(const char *vm);

/* Fails what is pending. NULL is legal. */
void hc_launches_destroy(struct hc_launches *launches);

/* Queues a launch; application, arguments and startup are as in the link's launch message and are
 * copied. launched is called once: with the process id, or with an error, which is
 * G_IO_ERROR_NOT_FOUND if it is the agent that cannot start it. Fails at once when what is asked is
 * too long or too much. */
void hc_launches_add(struct hc_launches *launches, const char *application,
	const uint8_t *arguments, size_t len, const char *startup, int64_t now,
	void (*launched)(void *data, uint32_t launch, int32_t pid, const GError *error),
	void *data);

/* Calls ended once, at once if the launch is over: with its exit status (128 + signal when killed),
 * or with an error, also for an unknown launch. */
void hc_launches_wait(struct hc_launches *launches, uint32_t launch,
	void (*ended)(void *data, int32_t status, const GError *error), void *data);

/* Whoever waits with this data is gone: ended is not called any more. */
void hc_launches_forget_waiter(struct hc_launches *launches, const void *data);

/* Hands each queued launch to send(), which passes it to the view. */
void hc_launches_send(struct hc_launches *launches, int64_t now,
	void (*send)(void *data, const struct hc_link_message *message), void *data);

void hc_launches_handle_launched(
	struct hc_launches *launches, const struct hc_link_launched *message);
void hc_launches_handle_exited(struct hc_launches *launches, const struct hc_link_exited *message);

/* The agent that knew of them is gone: whoever waits for the launches that were sent is told why.
 */
void hc_launches_forget_sent(struct hc_launches *launches, const char *reason);

/* The VM will not run: as above, and the queued ones too. */
void hc_launches_fail_all(struct hc_launches *launches, const char *reason);

/* True while a launch is queued or unanswered, so that the VM is in use. */
bool hc_launches_pending(const struct hc_launches *launches);

/* CLOCK_MONOTONIC in milliseconds, -1 none; then expire. reason: why there is no session, or NULL.
 */
int64_t hc_launches_deadline(const struct hc_launches *launches);
void hc_launches_expire(struct hc_launches *launches, int64_t now, const char *reason);

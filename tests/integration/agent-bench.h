/*
 * A bench for the agent: a real X server, the agent as its window manager, a primary's session with
 * it, and a connection as an application has it.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <xcb/xcb.h>

#include "session.h"
#include "x-server.h"

enum { AGENT_BENCH_BUFFERS = 256 };

struct agent_bench {
	struct x_server server;
	pid_t agent;
	struct vp_session *session; /* the primary's end */
	struct vp_buffer *buffers[AGENT_BENCH_BUFFERS]; /* by id; see agent_bench_take_pixels() */
	xcb_connection_t *connection; /* the application's */
	xcb_screen_t *screen;
};

/* Starts them all, or ends the program. The size is the screen's limit. */
void agent_bench_start(struct agent_bench *bench, const char *size,
	const struct vp_session_listener *listener, void *data);
/* Kills the agent and starts another, with a new session. */
void agent_bench_replace_agent(
	struct agent_bench *bench, const struct vp_session_listener *listener, void *data);
/* The agent stands still: what is sent to it meanwhile it finds at once when it goes on. */
void agent_bench_pause_agent(struct agent_bench *bench);
void agent_bench_continue_agent(struct agent_bench *bench);
void agent_bench_stop(struct agent_bench *bench);

/* What a primary does about buffers and frames: maps, answers and releases them. False for other
 * messages. */
bool agent_bench_take_pixels(struct agent_bench *bench, const struct vp_message *message);

/* For tests that have nothing of their own to do about these. */
void agent_bench_ignore_ready(void *data, const struct vp_hello *peer);
void agent_bench_tell_closed(void *data, enum vp_bye_reason reason, const char *text);
void agent_bench_ignore_event(void *data, const xcb_generic_event_t *event);

/* CLOCK_MONOTONIC in milliseconds. */
int64_t agent_bench_now(void);

/* One turn of the loop of the session, and of the connection, whose events handle() takes; waits
 * for at most timeout milliseconds. */
void agent_bench_turn(struct agent_bench *bench, int timeout,
	void (*handle)(void *data, const xcb_generic_event_t *event), void *data);

/* Turns the loop, without a look at the connection's events, until it is so. False if that took
 * more than patience milliseconds. */
bool agent_bench_wait(struct agent_bench *bench, bool (*reached)(void), int64_t patience);

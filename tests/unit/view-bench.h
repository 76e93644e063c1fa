/* The view's core between a fake presenter and a guest that is the bare end of a session. */
#pragma once

#include "core.h"
#include "fake-presenter.h"

struct view_bench {
	struct fake_presenter *fake;
	struct hc_core *core;
	struct vp_session *guest; /* NULL once closed */
	unsigned int ready;
	uint64_t agent; /* instance of the last session's */
	unsigned int closed;
	char reason[VP_REASON_MAX + 1]; /* why the guest's session ended */
	unsigned int covers_asked;
	uint32_t cover_states; /* of the last of them */
	size_t managed; /* as the core last told */
	unsigned int received[UINT16_MAX + 1]; /* messages to the guest by opcode */
	struct vp_message last; /* the last of them, without its texts */
	int64_t now; /* milliseconds, as of the last turn, if they pass */
	int64_t step; /* that pass with each turn */
};

void view_bench_init(struct view_bench *bench);
void view_bench_finish(struct view_bench *bench);

/* A new session, as after the agent's start. */
void view_bench_connect(struct view_bench *bench);

/* Lets both sides read what the other has sent. */
void view_bench_turn(struct view_bench *bench);

/* The guest sends a message, and both sides read. */
void view_bench_send(struct view_bench *bench, const struct vp_message *message);

/* The guest creates a managed window of native id 0x1000 + id, 400x300 at 100,100, and maps it. */
void view_bench_window(struct view_bench *bench, uint32_t id);

/* The guest shares a buffer; its id. The test owns *buffer. */
uint32_t view_bench_buffer(
	struct view_bench *bench, uint32_t width, uint32_t height, struct vp_buffer **buffer);

/* The guest presents one rectangle. */
void view_bench_present(struct view_bench *bench, uint32_t window, uint32_t buffer, uint32_t serial,
	struct vp_rect rect);

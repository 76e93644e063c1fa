/*
 * The pace of one window's frames: damaged, read, in flight, done. One frame is in flight at a
 * time; the damage of the meantime is read as one next frame.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ga_pacing {
	bool damaged; /* there is something to read */
	bool reading; /* the capture is copying */
	bool in_flight; /* presented and not yet done */
	uint32_t serial; /* of the last frame presented */
};

/* True if a frame can be read now: the buffer is free, and there is something to read. */
bool ga_pacing_ready(const struct ga_pacing *pacing);

void ga_pacing_damage(struct ga_pacing *pacing);
void ga_pacing_read(struct ga_pacing *pacing);

/* The read has come to nothing. */
void ga_pacing_read_failed(struct ga_pacing *pacing);

/* The read is done and is presented; returns the frame's serial. */
uint32_t ga_pacing_present(struct ga_pacing *pacing);

/* A frame has been answered. False if it is not the one in flight. */
bool ga_pacing_done(struct ga_pacing *pacing, uint32_t serial);

/*
 * Joins the selections of two X displays of one guest: what is copied on one can be pasted on the
 * other. The main one is the agent's, where what comes from and goes to other VMs is an application
 * like any other, so that policy and ids are those of the agent's own clipboard. Content moves when
 * it is pasted.
 *
 * What was copied last, on whichever of the two, is what both have. What the bridge has put on one
 * is never offered back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ga_clip_bridge;

enum {
	/* Whoever takes over what the bridge has put there as soon as that, again and again, is a
	 * program that does so with every copy, on both displays. */
	GA_CLIP_ECHO_MS = 500,
	GA_CLIP_ECHOES_MAX = 8,
	/* Then each is held back, twice as long as the one before, up to a bound. */
	GA_CLIP_PAUSE_MS = 1000,
	GA_CLIP_PAUSE_MAX_MS = 64000,
};

/* Connects to both, waiting for them, and begins. Times are CLOCK_MONOTONIC in milliseconds. NULL,
 * and a sentence for people in error, of size bytes. */
struct ga_clip_bridge *ga_clip_bridge_create(
	const char *agents, const char *joined, int64_t now, char *error, size_t size);

/* NULL is legal. */
void ga_clip_bridge_destroy(struct ga_clip_bridge *bridge);

/* Poll for input, or until the deadline (-1 none), then dispatch. */
int ga_clip_bridge_get_fd(const struct ga_clip_bridge *bridge);
int64_t ga_clip_bridge_deadline(const struct ga_clip_bridge *bridge);
void ga_clip_bridge_dispatch(struct ga_clip_bridge *bridge, int64_t now);

/* The display whose X server has gone, NULL while both are there. */
const char *ga_clip_bridge_lost(const struct ga_clip_bridge *bridge);

/* Gives up what it owns, and what is under way: who pastes gets nothing, at once. To be dispatched
 * until that has settled. */
void ga_clip_bridge_end(struct ga_clip_bridge *bridge);
bool ga_clip_bridge_settled(const struct ga_clip_bridge *bridge);

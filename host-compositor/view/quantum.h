/*
 * Input that is held until the next tick of a grid, so that a guest does not learn in which rhythm
 * the user types. The order stays; motions that nothing comes between become one.
 *
 * Time is a parameter, CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

enum { HC_QUANTUM_MS_MAX = 100 };

struct hc_quantum {
	uint32_t grid; /* milliseconds between ticks, 0 none: nothing is held */
	GQueue held; /* of struct held_input */
	int64_t deadline; /* of what is held, -1 nothing */
};

void hc_quantum_init(struct hc_quantum *quantum);

/* Forgets what is held: the guest is gone. */
void hc_quantum_clear(struct hc_quantum *quantum);

/* False if the message is not to be held: it is no input, or there is no grid. */
bool hc_quantum_hold(struct hc_quantum *quantum, const struct vp_message *message, int64_t now);

/* Hands on what is held, once it is due; its times are those of ticks. */
void hc_quantum_release(struct hc_quantum *quantum, int64_t now,
	void (*send)(void *data, const struct vp_message *message), void *data);

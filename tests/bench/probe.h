/*
 * What the benchmark's two probes share. draw-probe is the application: it draws and notes what it
 * did in a shared page. screen-probe watches the primary's screen and plays its user.
 *
 * A frame is told by the colour of its markers: MARK_FLAG | its number.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MARK_SIZE = 32, MARK_FLAG = 0x800000, MARK_MASK = 0x7fffff };

struct probe_page {
	volatile uint32_t window; /* id on the application's screen, 0 before it is mapped */
	volatile uint32_t go; /* set by the benchmark */
	volatile uint32_t done; /* set by draw-probe after its last frame */
	volatile uint32_t frames; /* drawn */
	volatile uint32_t events; /* of input received */
};

/* Nanoseconds of CLOCK_MONOTONIC. */
static inline int64_t probe_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void probe_sleep_until(int64_t when)
{
	struct timespec until = { .tv_sec = when / 1000000000, .tv_nsec = when % 1000000000 };
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
		;
}

/* A number on the command line; ends the program with 2 if it is none. */
static inline long probe_number(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);
	if (*text == '\0' || *end != '\0' || number < 0) {
		fprintf(stderr, "not a number: %s\n", text);
		exit(2);
	}
	return number;
}

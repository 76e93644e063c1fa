/*
 * What every fuzz target has: the functions that libFuzzer, or replay.c in its place, calls.
 * prepare.c has the first of them, a target the others.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Once, before all inputs. Ignores SIGPIPE; returns 0. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* What a target does besides; it need not have it. */
void fuzz_prepare(void);

/* Runs one input; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has to be so, whatever the input. */
static inline void fuzz_require(bool condition)
{
	if (!condition)
		abort();
}

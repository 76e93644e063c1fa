/*
 * How far something has come that takes a while, in words.
 */
#pragma once

#include <stdint.h>

#include <glib.h>

/* "312.0 MiB of 1.0 GiB, 215.0 MiB/s, 3 s left"; the rate is that since the start. elapsed_ms may
 * be 0. The caller frees it. */
char *hc_progress_format(uint64_t bytes, uint64_t total, int64_t elapsed_ms);

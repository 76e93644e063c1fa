/*
 * Programs that are asked something, and not waited for for ever.
 */
#pragma once

#include <stdbool.h>

/* Runs a program (argv[0] is its path, or looked for on PATH) without input, and takes what it
 * prints, up to some KiB; one that takes longer than the seconds is killed. The exit status, or -1
 * if there is none. *output is the caller's, valid UTF-8, and never NULL. */
int hc_bounded_run(const char *const *argv, int seconds, char **output);

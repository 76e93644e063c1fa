/*
 * Keeps logs small: those of a directory, and the one that this process writes to. One that is
 * filled is emptied. Whoever writes to it appends, and goes on at its beginning.
 */
#pragma once

/* The most bytes of one log. */
enum { GA_LOG_BYTES_MAX = 8 * 1024 * 1024 };

/* Makes the directory if need be. own_log counts if it is a regular file that is appended to.
 * A descriptor to poll for input, -1 with errno. */
int ga_log_bound_open(const char *directory, int own_log);

/* Takes notice of what has been written. */
void ga_log_bound_dispatch(int fd, const char *directory, int own_log);

/*
 * Starting programs, and finding what they have started.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A descriptor of ours that the program gets under the number `to`. */
struct ga_process_fd {
	int from;
	int to;
};

struct ga_process_spec {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in $PATH */
	const char *const *environment; /* NULL-terminated; NULL: ours */
	const char *directory; /* to start in; NULL: ours */
	const struct ga_process_fd *fds; /* all others are closed, but for 0, 1 and 2 */
	size_t fd_count;
	int parent_death_signal; /* sent to it when we die; 0 none */
};

/* Starts a program in a process group of its own, with default signal dispositions and an empty
 * signal mask. Does not wait for more than its exec. -1 with errno, of exec too. */
pid_t ga_process_spawn(const struct ga_process_spec *spec);

/* Why ga_process_spawn() failed, as a sentence's end: "xterm: command not found". Freed with
 * g_free(). */
char *ga_process_error(const char *program, int error);

/* Sends a signal to all descendants of ours, but to the count processes given. Returns how many
 * they are. */
size_t ga_process_signal_descendants(int signal, const pid_t *except, size_t count);

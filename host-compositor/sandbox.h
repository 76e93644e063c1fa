/*
 * The sandbox of a process that reads what a guest says: it gives up, for good, all that it does
 * not need for that. See seccomp(2), landlock(7), prctl(2) and setrlimit(2).
 *
 * What is left: the descriptors that are open, memory, the clock, and what comes in by its
 * descriptors. There are no files, sockets or programs to be had, no signals to others, no memory
 * that can be run. A system call that it has no use for ends the process (SIGSYS); those that
 * libraries try and can do without fail with EACCES.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hc_sandbox {
	uint64_t memory; /* bytes of address space at most */
	uint32_t descriptors; /* open at one time at most */
	bool mute; /* standard output and error lead nowhere from then on */
	bool xen; /* connects to domains of a Xen hypervisor: opens what is below /dev/xen */
};

/* False with one line on the log if the kernel cannot do it; then no guest is to be let in.
 * Landlock, which only some kernels have, is a second wall before the files and not insisted on. */
bool hc_sandbox_enter(const struct hc_sandbox *sandbox);

/*
 * Processes of the primary's kernel, as /proc shows them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A process that is told apart from a later one with the same id. */
struct hv_process {
	pid_t pid; /* 0 none */
	uint64_t start_time; /* clock ticks since boot */
};

struct hv_process_usage {
	uint64_t cpu_time; /* microseconds, with that of waited-for children */
	uint64_t memory; /* bytes, proportional set size */
};

/* Notes the start time. False if there is no such process. */
bool hv_process_identify(pid_t pid, struct hv_process *process);

/* False for zombies. */
bool hv_process_is_alive(pid_t pid);

/* A pidfd, owned by the caller; -1 if the process is gone, or a zombie. */
int hv_process_open(const struct hv_process *process);

/* True if the process runs a program of that file's name, but not that file: an older one that it
 * has replaced. */
bool hv_process_is_outdated(pid_t pid, const char *program);

/* What a process and all its descendants use. */
struct hv_process_usage hv_process_tree_usage(pid_t root);

/* The descendant of root (or root) that root's pid namespace knows as inner_pid; 0 if there is
 * none. */
pid_t hv_process_find_inner(pid_t root, pid_t inner_pid);

/* Kills every process with the environment entry, a string NAME=VALUE; how many there were. */
size_t hv_process_kill_marked(const char *environment_entry);

/*
 * What stands in the way of serving a primary from this guest (oriel-agent --doctor).
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* Prints a line for each thing that is needed, and whether it is there, for that user; root is
 * before all paths of the system, empty but for tests. True if nothing is wrong. */
bool ga_doctor_examine(const char *root, uid_t user, FILE *out);

/* What is to be said of an agent that runs as that user, to people; NULL: nothing. */
const char *ga_doctor_judge_user(uid_t user);

/*
 * What stands in the way of serving a primary from this guest (oriel-agent --doctor).
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Prints a line for each thing that is needed, and whether it is there; root is before all paths of
 * the system, empty but for tests. True if nothing is missing. */
bool ga_doctor_examine(const char *root, FILE *out);

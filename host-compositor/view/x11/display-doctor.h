/*
 * What stands in the way of showing windows on an X server (oriel-view --doctor).
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Prints a line for each thing that is looked for: "fine", "warn" or "WRONG", padded to seven
 * characters, and a sentence. Waits for the X server as long as it takes. display NULL: as the
 * environment says. True if nothing is wrong. */
bool hc_x11_doctor_examine(const char *display, FILE *out);

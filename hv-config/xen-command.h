/*
 * A program that runs in the background, with what it prints.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

struct hv_xen_command;

/* Starts it, found on PATH unless arguments[0] is a path, without input. NULL with an error. */
struct hv_xen_command *hv_xen_command_start(const char *const *arguments, GError **error);

/* Poll for input: then it has ended. */
int hv_xen_command_get_fd(const struct hv_xen_command *command);

/* After it has ended. False with an error, which has the last lines that it printed, if it failed.
 */
bool hv_xen_command_finish(struct hv_xen_command *command, GError **error);

/* The program goes on if it has not ended. NULL is legal. */
void hv_xen_command_destroy(struct hv_xen_command *command);

/* The path of xl; the caller frees it. NULL with an error. */
char *hv_xen_find_xl(GError **error);

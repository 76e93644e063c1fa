/*
 * The command line of oriel-agent; that of --session is guest-session.h's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Strings are the arguments'. */
struct ga_options {
	const char *application; /* to be activated; NULL: be the agent */
	char **files; /* for it, NULL-terminated */
	const char *display; /* NULL: $DISPLAY */
	const char *listen_path; /* NULL: the listening socket is inherited */
	bool xen; /* listen by vchan instead */
	uint32_t xen_instance;
	uint32_t primary; /* its domain */
	uint32_t width; /* of the screen at first, pixels; 0 as it is */
	uint32_t height;
};

/* Returns -1 if the program is to go on; otherwise its exit status, after what was asked for, or
 * what is wrong, has been printed. */
int ga_options_read(int argc, char **argv, struct ga_options *options);

/*
 * The command line of oriel-view.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "presenter.h"

/* Strings are the arguments'. */
struct hc_view_options {
	const char *display; /* NULL: $DISPLAY */
	const char *listen; /* path; NULL: the listening socket is inherited */
	bool doctor;
	const char *connect; /* address, NULL: a broker tells */
	uint32_t domain; /* of the address */
	uint32_t instance;
	struct hc_label label; /* then; its name may be empty */
};

/* Returns -1 if the program is to go on; otherwise its exit status, after what was asked for, or
 * what is wrong, has been printed. */
int hc_view_options_read(int argc, char **argv, struct hc_view_options *options);

/*
 * oriel-desk: the broker's own presence on the primary's display.
 */
#define G_LOG_DOMAIN "oriel-desk"

#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "crash.h"
#include "desk.h"
#include "link.h"

enum {
	EXIT_USAGE = 2,
	LINK_FD = 3, /* where orield puts the desk's end of the link */
	MICROSECONDS_PER_MS = 1000,
};

static int64_t clock_milliseconds(void)
{
	return g_get_monotonic_time() / MICROSECONDS_PER_MS;
}

static int timeout_until(int64_t deadline)
{
	if (deadline < 0)
		return -1;
	return (int)CLAMP(deadline - clock_milliseconds(), 0, INT_MAX);
}

/* The exit status. */
static int run(struct hc_desk *desk)
{
	int status = EXIT_FAILURE;

	while (!hc_desk_ended(desk, &status)) {
		struct pollfd fds[HC_DESK_FDS];

		hc_desk_prepare(desk, fds);
		if (poll(fds, G_N_ELEMENTS(fds), timeout_until(hc_desk_deadline(desk))) < 0 &&
			errno != EINTR) {
			g_critical("cannot wait for events: %s", g_strerror(errno));
			return EXIT_FAILURE;
		}
		hc_desk_dispatch(desk, clock_milliseconds());
	}
	return status;
}

static bool is_link(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

/* In a signal handler. */
static void post_last_words(int fd, const char *text, size_t len)
{
	hc_link_post(fd, HC_LINK_MESSAGE(DESK_CRASHED, desk_crashed,
				 .words = { .data = (const uint8_t *)text, .len = (uint32_t)len }));
}

int main(int argc, char **argv)
{
	struct hc_desk *desk;
	int status = EXIT_FAILURE;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("oriel-desk " ORIEL_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc > 1 || !is_link(LINK_FD)) {
		fputs("oriel-desk: it is started by orield, see oriel(1), and takes no arguments\n",
			stderr);
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	vp_crash_install("oriel-desk");
	vp_crash_report_to(LINK_FD, post_last_words);
	desk = hc_desk_create(LINK_FD);
	if (desk)
		status = run(desk);
	hc_desk_destroy(desk);
	return status;
}

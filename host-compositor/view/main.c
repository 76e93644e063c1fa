/* oriel-view: shows the windows of one VM on the primary's desktop. */
#define G_LOG_DOMAIN "oriel-view"

#include <errno.h>
#include <glib.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"
#include "crash.h"
#include "display-doctor.h"
#include "sandbox.h"
#include "unix-socket.h"
#include "view-options.h"

enum {
	EXIT_USAGE = 2,
	INHERITED_FD = 3,
	BACKLOG = 4,
	/* Beside what it keeps for its guest. */
	OWN_MEMORY = 1 << 30,
	OWN_DESCRIPTORS = 256,
	/* Blocks as large, of a link or a session, have memory of their own, which goes back to the
	 * system with them: in the heap they would leave holes whenever one ends. */
	LARGE_BLOCK = 64 << 10,
};

/* Under a broker the view has no standard error once it is confined: what it is has no bound, and a
 * guest may one day have the view say what it likes. */
static struct {
	struct hc_control *control; /* NULL: not yet, or no longer */
	bool by_hand; /* whoever started it reads along */
} logger;

static GLogWriterOutput write_log(
	GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
	(void)data;
	const char *domain = "";
	const char *message = "";
	for (gsize i = 0; i < n_fields; i++) {
		if (strcmp(fields[i].key, "GLIB_DOMAIN") == 0)
			domain = fields[i].value;
		else if (strcmp(fields[i].key, "MESSAGE") == 0)
			message = fields[i].value;
	}
	if (g_log_writer_default_would_drop(level, domain))
		return G_LOG_WRITER_HANDLED;
	if (logger.by_hand || logger.control == NULL || !hc_control_log(logger.control, message))
		fprintf(stderr, "oriel-view: %s\n", message);
	return G_LOG_WRITER_HANDLED;
}

static bool is_listening(int fd)
{
	int type = 0;
	int listening = 0;
	socklen_t len = sizeof(int);
	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening != 0;
}

static int open_listener(const struct hc_view_options *options)
{
	if (options->listen == NULL) {
		if (is_listening(INHERITED_FD))
			return INHERITED_FD;
		fputs("oriel-view: descriptor 3 is not a listening socket; oriel-view is started "
		      "by orield (see oriel(1)), or by hand with --listen PATH\n",
			stderr);
		return -1;
	}
	int fd = vp_unix_socket_listen(options->listen, SOCK_SEQPACKET, BACKLOG);
	if (fd < 0)
		fprintf(stderr, "oriel-view: cannot listen at %s: %s; %s\n", options->listen,
			strerror(errno),
			errno == EADDRINUSE
				? "remove it if no other view uses it, or choose another path"
				: "choose another path");
	return fd;
}

static int open_signals(void)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* memory that may not grow is an error like any other */
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -1;
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

static int64_t clock_milliseconds(void)
{
	return g_get_monotonic_time() / 1000;
}

static int timeout_until(int64_t deadline)
{
	if (deadline < 0)
		return -1;
	int64_t left = deadline - clock_milliseconds();
	return (int)CLAMP(left, 0, INT_MAX);
}

/* The exit status. */
static int run(struct hc_control *control)
{
	int status = EXIT_FAILURE;
	while (!hc_control_ended(control, &status)) {
		struct pollfd fds[HC_CONTROL_FDS];
		hc_control_prepare(control, fds);
		int ready =
			poll(fds, G_N_ELEMENTS(fds), timeout_until(hc_control_deadline(control)));
		if (ready < 0 && errno != EINTR) {
			g_critical("cannot wait for events: %s", g_strerror(errno));
			return EXIT_FAILURE;
		}
		if (ready >= 0)
			hc_control_dispatch(control, fds, clock_milliseconds());
	}
	return status;
}

static bool enter_sandbox(bool xen)
{
	const struct hc_sandbox sandbox = {
		.memory = (uint64_t)VP_SHARED_BYTES_MAX + VP_LOCAL_BYTES_MAX + OWN_MEMORY,
		.descriptors = VP_BUFFERS_MAX + OWN_DESCRIPTORS,
		.mute = !logger.by_hand,
		.xen = xen,
	};
	return hc_sandbox_enter(&sandbox);
}

/* What a broker would say. */
static bool connect_by_hand(struct hc_control *control, const struct hc_view_options *options)
{
	struct hc_label label = options->label;
	char error[VP_REASON_MAX] = "";
	if (label.name[0] == '\0')
		g_strlcpy(label.name, options->connect, sizeof(label.name));
	if (!hc_control_configure(control, &label))
		return false;
	if (hc_control_connect_xen(
		    control, options->domain, options->instance, error, sizeof(error)))
		return true;
	fprintf(stderr, "oriel-view: %s: %s\n", options->connect, error);
	return false;
}

/* The exit status. */
static int show(const struct hc_view_options *options, int listen_fd, int signals)
{
	struct hc_control *control = hc_control_create(
		listen_fd, signals, options->display, enter_sandbox, clock_milliseconds());
	int status = EXIT_FAILURE;

	if (control == NULL) {
		perror("oriel-view: cannot wait for events");
		return EXIT_FAILURE;
	}
	logger.control = control;
	if (options->connect == NULL || connect_by_hand(control, options))
		status = run(control);
	logger.control = NULL;
	hc_control_destroy(control);
	if (options->listen != NULL)
		unlink(options->listen);
	close(signals);
	return status;
}

int main(int argc, char **argv)
{
	struct hc_view_options options;
	int status = hc_view_options_read(argc, argv, &options);
	if (status >= 0)
		return status;
	if (options.doctor)
		return hc_x11_doctor_examine(options.display, stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
	bool by_hand = options.connect != NULL;
	logger.by_hand = by_hand || g_getenv("G_MESSAGES_DEBUG") != NULL;
	g_log_set_writer_func(write_log, NULL, NULL);
	if (options.display == NULL && g_getenv("DISPLAY") == NULL) {
		fputs("oriel-view: there is no display to show windows on: DISPLAY is not set; "
		      "start it in a desktop session, or name the X server with --display\n",
			stderr);
		return EXIT_FAILURE;
	}
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	vp_crash_install("oriel-view");
	int listen_fd = by_hand ? -1 : open_listener(&options);
	if (listen_fd < 0 && !by_hand)
		return options.listen == NULL ? EXIT_USAGE : EXIT_FAILURE;
	int signals = open_signals();
	if (signals < 0) {
		perror("oriel-view: cannot receive signals");
		return EXIT_FAILURE;
	}
	return show(&options, listen_fd, signals);
}

/* oriel-view: shows the windows of one VM on the primary's desktop. */
#define G_LOG_DOMAIN "oriel-view"

#include <errno.h>
#include <getopt.h>
#include <glib.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "crash.h"
#include "display-doctor.h"
#include "sandbox.h"
#include "transport.h"

#define XEN_PREFIX "xen:"

enum {
	EXIT_USAGE = 2,
	INHERITED_FD = 3,
	BACKLOG = 4,
	LABEL_COLOUR = 0x808080,
	LABEL_BORDER = 4, /* pixels */
	LABEL_POPUP_BORDER = 2,
	/* Beside what it keeps for its guest. */
	OWN_MEMORY = 1 << 30,
	OWN_DESCRIPTORS = 256,
	/* Blocks as large, of a link or a session, have memory of their own, which goes back to the
	 * system with them: in the heap they would leave holes whenever one ends. */
	LARGE_BLOCK = 64 << 10,
};

static const char usage[] =
	"usage: oriel-view [--display DISPLAY] [--listen PATH]\n"
	"       oriel-view [--display DISPLAY] --connect xen:DOMAIN/INSTANCE [--label NAME]\n"
	"                  [--colour RRGGBB]\n"
	"       oriel-view [--display DISPLAY] --doctor\n"
	"Shows the windows of one VM on the primary's desktop. It is started by orield, which "
	"hands it\n"
	"a listening socket as descriptor 3.\n"
	"\n"
	"  --display DISPLAY  the X server to show windows on (default: $DISPLAY)\n"
	"  --listen PATH      make the listening socket at PATH instead, for use by hand\n"
	"  --connect ADDRESS  show the windows of the agent that serves an instance in a domain "
	"of\n"
	"                     this Xen hypervisor, without orield\n"
	"  --label NAME       the label shown before titles then (default: the address)\n"
	"  --colour RRGGBB    the label's colour then (default: grey)\n"
	"  --doctor           look for what stands in the way of showing windows, and exit\n"
	"  --help             print this and exit\n"
	"  --version          print the version and exit\n";

struct options {
	const char *display;
	const char *listen;
	bool doctor;
	const char *connect; /* address, NULL: a broker tells */
	uint32_t domain; /* of the address */
	uint32_t instance;
	struct hc_label label;
};

/* xen:DOMAIN/INSTANCE */
static bool parse_address(const char *text, struct options *options)
{
	if (!g_str_has_prefix(text, XEN_PREFIX))
		return false;
	g_auto(GStrv) parts = g_strsplit(text + strlen(XEN_PREFIX), "/", 2);
	guint64 domain;
	guint64 instance;
	if (g_strv_length(parts) != 2 ||
		!g_ascii_string_to_unsigned(parts[0], 10, 0, VP_XEN_DOMAIN_MAX, &domain, NULL) ||
		!g_ascii_string_to_unsigned(parts[1], 10, 0, UINT32_MAX, &instance, NULL))
		return false;
	options->connect = text;
	options->domain = (uint32_t)domain;
	options->instance = (uint32_t)instance;
	return true;
}

static bool parse_label(const char *text, struct options *options)
{
	if (!g_utf8_validate(text, -1, NULL) || text[0] == '\0')
		return false;
	return g_strlcpy(options->label.name, text, sizeof(options->label.name)) <
	       sizeof(options->label.name);
}

static bool parse_colour(const char *text, struct options *options)
{
	guint64 colour;
	if (strlen(text) != 6 || !g_ascii_string_to_unsigned(text, 16, 0, 0xffffff, &colour, NULL))
		return false;
	options->label.colour = (uint32_t)colour;
	return true;
}

static int fail_usage(const char *problem, const char *argument)
{
	fprintf(stderr, "oriel-view: %s, not \"%s\"\n%s", problem, argument, usage);
	return EXIT_USAGE;
}

/* -1 to go on, else the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option table[] = {
		{ "display", required_argument, NULL, 'd' },
		{ "listen", required_argument, NULL, 'l' },
		{ "connect", required_argument, NULL, 'c' },
		{ "label", required_argument, NULL, 'n' },
		{ "colour", required_argument, NULL, 'o' },
		{ "doctor", no_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	int option;
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (option) {
		case 'd':
			options->display = optarg;
			break;
		case 'l':
			options->listen = optarg;
			break;
		case 'c':
			if (!parse_address(optarg, options))
				return fail_usage(
					"--connect needs an address such as xen:5/0", optarg);
			break;
		case 'n':
			if (!parse_label(optarg, options))
				return fail_usage("--label needs a short name", optarg);
			break;
		case 'o':
			if (!parse_colour(optarg, options))
				return fail_usage("--colour needs six hex digits", optarg);
			break;
		case 'e':
			options->doctor = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'v':
			puts("oriel-view " ORIEL_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "oriel-view: unexpected argument \"%s\"\n%s", argv[optind], usage);
		return EXIT_USAGE;
	}
	if (options->listen != NULL && options->connect != NULL) {
		fprintf(stderr, "oriel-view: --connect goes without --listen\n%s", usage);
		return EXIT_USAGE;
	}
	return -1;
}

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

static int bind_path(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int open_listener(const struct options *options)
{
	if (options->listen == NULL) {
		if (is_listening(INHERITED_FD))
			return INHERITED_FD;
		fputs("oriel-view: descriptor 3 is not a listening socket; oriel-view is started "
		      "by orield "
		      "(see oriel(1)), or by hand with --listen PATH\n",
			stderr);
		return -1;
	}
	int fd = bind_path(options->listen);
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
static bool connect_by_hand(struct hc_control *control, const struct options *options)
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

int main(int argc, char **argv)
{
	struct options options = {
		.label = { .colour = LABEL_COLOUR,
			.border = LABEL_BORDER,
			.popup_border = LABEL_POPUP_BORDER },
	};
	int status = parse_options(argc, argv, &options);
	if (status >= 0)
		return status;
	if (options.doctor)
		return hc_x11_doctor_examine(options.display, stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
	logger.by_hand = options.connect != NULL || g_getenv("G_MESSAGES_DEBUG") != NULL;
	g_log_set_writer_func(write_log, NULL, NULL);
	if (options.display == NULL && g_getenv("DISPLAY") == NULL) {
		fputs("oriel-view: there is no display to show windows on: DISPLAY is not set; "
		      "start it in a "
		      "desktop session, or name the X server with --display\n",
			stderr);
		return EXIT_FAILURE;
	}
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	vp_crash_install("oriel-view");
	bool by_hand = options.connect != NULL;
	int listen_fd = by_hand ? -1 : open_listener(&options);
	if (listen_fd < 0 && !by_hand)
		return options.listen == NULL ? EXIT_USAGE : EXIT_FAILURE;
	int signals = open_signals();
	if (signals < 0) {
		perror("oriel-view: cannot receive signals");
		return EXIT_FAILURE;
	}
	struct hc_control *control = hc_control_create(
		listen_fd, signals, options.display, enter_sandbox, clock_milliseconds());
	if (control == NULL) {
		perror("oriel-view: cannot wait for events");
		return EXIT_FAILURE;
	}
	logger.control = control;
	status = !by_hand || connect_by_hand(control, &options) ? run(control) : EXIT_FAILURE;
	logger.control = NULL;
	hc_control_destroy(control);
	if (options.listen != NULL)
		unlink(options.listen);
	close(signals);
	return status;
}

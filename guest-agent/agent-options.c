#include "agent-options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <glib.h>

#include "guest-session.h"

enum { EXIT_USAGE = 2 };

enum {
	OPTION_ACTIVATE = 1,
	OPTION_DISPLAY,
	OPTION_LISTEN,
	OPTION_PRIMARY,
	OPTION_SCREEN,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option known[] = {
	{ "activate", required_argument, NULL, OPTION_ACTIVATE },
	{ "display", required_argument, NULL, OPTION_DISPLAY },
	{ "listen", required_argument, NULL, OPTION_LISTEN },
	{ "primary", required_argument, NULL, OPTION_PRIMARY },
	{ "screen", required_argument, NULL, OPTION_SCREEN },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
	"Usage: oriel-agent [OPTION...]\n"
	"       oriel-agent --activate=APP-ID [FILE...]\n"
	"       oriel-agent --session OPTION...\n"
	"       oriel-agent --doctor\n"
	"\n"
	"Shows the windows of this machine's X server on a primary's desktop. The primary\n"
	"connects to a listening socket, which is inherited as descriptor 3 unless --listen\n"
	"names one.\n"
	"\n"
	"  --display=NAME   the X server (default $DISPLAY)\n"
	"  --listen=PATH    make the listening socket there\n"
	"  --listen=xen:N   serve the primary's domain by vchan instead, as instance N of\n"
	"                   this one\n"
	"  --primary=ID     the primary's domain then (default 0)\n"
	"  --screen=WxH     the screen's size until a primary tells its own\n"
	"  --activate=ID    start an application over the session bus, wait for its answer,\n"
	"                   and exit\n"
	"  --session        run a whole guest session: X server, session bus, agent\n"
	"                   (--session --display=N --xauthority=FILE --runtime-dir=DIR\n"
	"                   --state=FILE [--screen=WxH] [--max-screen=WxH] [--dpi=N]\n"
	"                   [--notify-fd=N] [--listen=xen:N] [--primary=ID])\n"
	"  --doctor         look for what stands in the way of serving a primary, and exit\n"
	"  --help           print this and exit\n"
	"  --version        print the version and exit\n"
	"\n"
	"Exit status: 0 told to end, 1 failed, 2 usage.\n";

static int fail_usage(const char *problem, const char *argument)
{
	fprintf(stderr, "oriel-agent: %s%s; see oriel-agent --help\n", problem, argument);
	return EXIT_USAGE;
}

/* -1 to go on, otherwise the exit status. */
static int read_listen(const char *text, struct ga_options *options)
{
	options->xen = g_str_has_prefix(text, "xen:");
	if (!options->xen)
		options->listen_path = text;
	else if (!ga_session_vchan_parse(text, &options->xen_instance))
		return fail_usage("--listen=xen: needs a number such as xen:0, not ", text);
	return -1;
}

/* As above. argument is what was given, value what follows its option. */
static int read_option(
	int option, const char *value, const char *argument, struct ga_options *options)
{
	switch (option) {
	case OPTION_ACTIVATE:
		options->application = value;
		return -1;
	case OPTION_DISPLAY:
		options->display = value;
		return -1;
	case OPTION_LISTEN:
		return read_listen(value, options);
	case OPTION_PRIMARY:
		if (!ga_session_domain_parse(value, &options->primary))
			return fail_usage("--primary needs a domain's id, not ", value);
		return -1;
	case OPTION_SCREEN:
		if (!ga_session_size_parse(value, &options->width, &options->height))
			return fail_usage("--screen needs a size such as 1920x1080, not ", value);
		return -1;
	case OPTION_HELP:
		fputs(help, stdout);
		return EXIT_SUCCESS;
	case OPTION_VERSION:
		puts("oriel-agent " ORIEL_VERSION);
		return EXIT_SUCCESS;
	case ':':
		return fail_usage("a value is missing after ", argument);
	default:
		return fail_usage("unknown option ", argument);
	}
}

int ga_options_read(int argc, char **argv, struct ga_options *options)
{
	int option;

	*options = (struct ga_options){ 0 };
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
		const char *argument = argv[optind - 1];
		int status;

		if (optarg != NULL && *optarg == '\0')
			return fail_usage("a value is missing after ", argument);
		status = read_option(option, optarg, argument, options);
		if (status != -1)
			return status;
	}
	if (options->application == NULL && optind < argc)
		return fail_usage("unexpected argument ", argv[optind]);
	options->files = argv + optind;
	return -1;
}

#include "view-options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "transport.h"

#define XEN_PREFIX "xen:"

enum {
	EXIT_USAGE = 2,
	LABEL_COLOUR = 0x808080,
	LABEL_BORDER = 4, /* pixels */
	LABEL_POPUP_BORDER = 2,
};

static const struct option known[] = {
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

static const char usage[] =
	"usage: oriel-view [--display DISPLAY] [--listen PATH]\n"
	"       oriel-view [--display DISPLAY] --connect xen:DOMAIN/INSTANCE [--label NAME]\n"
	"                  [--colour RRGGBB]\n"
	"       oriel-view [--display DISPLAY] --doctor\n"
	"Shows the windows of one VM on the primary's desktop. It is started by orield, which\n"
	"hands it a listening socket as descriptor 3.\n"
	"\n"
	"  --display DISPLAY  the X server to show windows on (default: $DISPLAY)\n"
	"  --listen PATH      make the listening socket at PATH instead, for use by hand\n"
	"  --connect ADDRESS  show the windows of the agent that serves an instance in a\n"
	"                     domain of this Xen hypervisor, without orield\n"
	"  --label NAME       the label shown before titles then (default: the address)\n"
	"  --colour RRGGBB    the label's colour then (default: grey)\n"
	"  --doctor           look for what stands in the way of showing windows, and exit\n"
	"  --help             print this and exit\n"
	"  --version          print the version and exit\n";

/* xen:DOMAIN/INSTANCE */
static bool parse_address(const char *text, struct hc_view_options *options)
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

static bool parse_label(const char *text, struct hc_view_options *options)
{
	if (!g_utf8_validate(text, -1, NULL) || text[0] == '\0')
		return false;
	return g_strlcpy(options->label.name, text, sizeof(options->label.name)) <
	       sizeof(options->label.name);
}

static bool parse_colour(const char *text, struct hc_view_options *options)
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
static int read_option(int option, const char *value, struct hc_view_options *options)
{
	switch (option) {
	case 'd':
		options->display = value;
		return -1;
	case 'l':
		options->listen = value;
		return -1;
	case 'c':
		if (!parse_address(value, options))
			return fail_usage("--connect needs an address such as xen:5/0", value);
		return -1;
	case 'n':
		if (!parse_label(value, options))
			return fail_usage("--label needs a short name", value);
		return -1;
	case 'o':
		if (!parse_colour(value, options))
			return fail_usage("--colour needs six hex digits", value);
		return -1;
	case 'e':
		options->doctor = true;
		return -1;
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

int hc_view_options_read(int argc, char **argv, struct hc_view_options *options)
{
	int status = -1;
	int option;

	*options = (struct hc_view_options){
		.label = { .colour = LABEL_COLOUR,
			.border = LABEL_BORDER,
			.popup_border = LABEL_POPUP_BORDER },
	};
	while (status == -1 && (option = getopt_long(argc, argv, "", known, NULL)) != -1)
		status = read_option(option, optarg, options);
	if (status != -1)
		return status;
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

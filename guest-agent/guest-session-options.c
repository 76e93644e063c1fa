#include "guest-session.h"

#include <limits.h>
#include <string.h>

#include <glib.h>

#include "transport.h"

enum {
	SCREEN_DEFAULT_WIDTH = 1920,
	SCREEN_DEFAULT_HEIGHT = 1080,
	SCREEN_LIMIT_DEFAULT_WIDTH = 4096,
	SCREEN_LIMIT_DEFAULT_HEIGHT = 2304,
	SCREEN_SIZE_MAX = 16384,
	DISPLAY_MAX = 59535, /* its TCP port would be 65535 */
	DPI_DEFAULT = 96,
	DPI_MIN = 48,
	DPI_MAX = 960,
};

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint32_t *number)
{
	guint64 value;
	if (!g_ascii_string_to_unsigned(text, 10, min, max, &value, NULL))
		return false;
	*number = (uint32_t)value;
	return true;
}

bool ga_session_size_parse(const char *text, uint32_t *width, uint32_t *height)
{
	const char *cross = strchr(text, 'x');
	if (cross == NULL)
		return false;
	g_autofree char *left = g_strndup(text, (size_t)(cross - text));
	uint32_t w;
	uint32_t h;
	if (!parse_number(left, 1, SCREEN_SIZE_MAX, &w) ||
		!parse_number(cross + 1, 1, SCREEN_SIZE_MAX, &h))
		return false;
	*width = w;
	*height = h;
	return true;
}

bool ga_session_vchan_parse(const char *text, uint32_t *instance)
{
	static const char prefix[] = "xen:";
	return g_str_has_prefix(text, prefix) &&
	       parse_number(text + strlen(prefix), 0, UINT32_MAX, instance);
}

bool ga_session_domain_parse(const char *text, uint32_t *domain)
{
	return parse_number(text, 0, VP_XEN_DOMAIN_MAX, domain);
}

static bool parse_path(const char *text, const char **path)
{
	if (text[0] != '/')
		return false;
	*path = text;
	return true;
}

static bool set_option(struct ga_session_options *options, const char *name, const char *value,
	const char **expected)
{
	uint32_t number;
	*expected = "xen: and a number";
	if (strcmp(name, "--listen") == 0) {
		options->listen = value;
		return ga_session_vchan_parse(value, &number);
	}
	*expected = "a domain's id";
	if (strcmp(name, "--primary") == 0) {
		options->primary = value;
		return ga_session_domain_parse(value, &number);
	}
	*expected = "an absolute path";
	if (strcmp(name, "--xauthority") == 0)
		return parse_path(value, &options->xauthority);
	if (strcmp(name, "--runtime-dir") == 0)
		return parse_path(value, &options->runtime_dir);
	if (strcmp(name, "--state") == 0)
		return parse_path(value, &options->state_file);
	*expected = "a size such as 1920x1080";
	if (strcmp(name, "--screen") == 0)
		return ga_session_size_parse(value, &options->width, &options->height);
	if (strcmp(name, "--max-screen") == 0)
		return ga_session_size_parse(value, &options->max_width, &options->max_height);
	*expected = "a display number";
	if (strcmp(name, "--display") == 0)
		return parse_number(value, 0, DISPLAY_MAX, &options->display);
	*expected = "a number from 48 to 960";
	if (strcmp(name, "--dpi") == 0)
		return parse_number(value, DPI_MIN, DPI_MAX, &options->dpi);
	*expected = "the number of an open descriptor";
	if (strcmp(name, "--notify-fd") == 0) {
		if (!parse_number(value, GA_SESSION_LISTEN_FD + 1, INT_MAX, &number))
			return false;
		options->notify_fd = (int)number;
		return true;
	}
	*expected = NULL;
	return false;
}

static bool read_option(struct ga_session_options *options, const char *argument, char **error)
{
	const char *equals = strchr(argument, '=');
	g_autofree char *name = equals != NULL ? g_strndup(argument, (size_t)(equals - argument))
					       : g_strdup(argument);
	const char *expected;
	if (set_option(options, name, equals != NULL ? equals + 1 : "", &expected))
		return true;
	if (expected == NULL)
		*error = g_strdup_printf("unknown option %s; see oriel-agent --help", name);
	else
		*error = g_strdup_printf("%s needs %s after =", name, expected);
	return false;
}

bool ga_session_options_parse(
	int argc, char *const *argv, struct ga_session_options *options, char **error)
{
	struct ga_session_options read = {
		.display = UINT32_MAX,
		.width = SCREEN_DEFAULT_WIDTH,
		.height = SCREEN_DEFAULT_HEIGHT,
		.max_width = SCREEN_LIMIT_DEFAULT_WIDTH,
		.max_height = SCREEN_LIMIT_DEFAULT_HEIGHT,
		.dpi = DPI_DEFAULT,
		.notify_fd = -1,
	};
	for (int i = 0; i < argc; i++)
		if (!read_option(&read, argv[i], error))
			return false;
	const char *missing = read.display == UINT32_MAX ? "--display"
			      : read.xauthority == NULL  ? "--xauthority"
			      : read.runtime_dir == NULL ? "--runtime-dir"
			      : read.state_file == NULL  ? "--state"
							 : NULL;
	if (missing != NULL) {
		*error = g_strdup_printf("%s is missing; see oriel-agent --help", missing);
		return false;
	}
	read.max_width = MAX(read.max_width, read.width);
	read.max_height = MAX(read.max_height, read.height);
	*options = read;
	return true;
}

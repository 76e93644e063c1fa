/*
 * oriel-open: has URLs and files opened in another VM or on the primary, by the agent's
 * io.oriel.Agent1 on the session bus.
 */
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <gio/gio.h>

#include "agent-bus.h"

enum { EXIT_USAGE = 2 };

/* How long it takes is the user's affair, who may be asked. */
static bool open_url(GDBusConnection *bus, const char *target, const char *url, GError **error)
{
	g_autoptr(GVariant) answer = g_dbus_connection_call_sync(bus, GA_AGENT_NAME, GA_AGENT_PATH,
		GA_AGENT_NAME, "Open", g_variant_new("(ss)", target, url), NULL,
		G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, NULL, error);
	if (answer != NULL)
		return true;
	if (error == NULL)
		return false;
	ga_agent_bus_explain(error);
	return false;
}

/* As the agent takes it: a URL, or a file's; the caller frees it. NULL with an error. */
static char *make_url(const char *word, GError **error)
{
	if (g_uri_peek_scheme(word) != NULL)
		return g_strdup(word);
	g_autoptr(GFile) file = g_file_new_for_commandline_arg(word);
	if (g_file_query_exists(file, NULL))
		return g_file_get_uri(file);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no such file");
	return NULL;
}

static int open_all(const char *target, char **urls)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDBusConnection) bus = ga_agent_bus_connect(&error);
	int status = EXIT_SUCCESS;
	if (bus == NULL) {
		fprintf(stderr, "oriel-open: %s\n", error->message);
		return EXIT_FAILURE;
	}
	for (char **url = urls; *url != NULL; url++) {
		g_clear_error(&error);
		g_autofree char *made = make_url(*url, &error);
		if (made != NULL && open_url(bus, target, made, &error))
			continue;
		fprintf(stderr, "oriel-open: %s: %s\n", *url, error->message);
		status = EXIT_FAILURE;
	}
	return status;
}

int main(int argc, char **argv)
{
	g_autofree char *target = NULL;
	g_auto(GStrv) urls = NULL;
	gboolean version = FALSE;
	const GOptionEntry entries[] = {
		{ "vm", 0, 0, G_OPTION_ARG_STRING, &target,
			"open it in this VM, or on @primary (default: where the policy lets)",
			"NAME" },
		{ "version", 0, 0, G_OPTION_ARG_NONE, &version, "print the version", NULL },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &urls, NULL, "URL|FILE..." },
		{ 0 },
	};
	setlocale(LC_ALL, "");
	g_autoptr(GOptionContext) context =
		g_option_context_new("- open URLs and files outside this VM");
	g_autoptr(GError) error = NULL;
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || (urls == NULL && !version)) {
		fprintf(stderr, "oriel-open: %s; see oriel-open --help\n",
			error != NULL ? error->message : "name a URL or file");
		return EXIT_USAGE;
	}
	if (version) {
		puts("oriel-open " ORIEL_VERSION);
		return EXIT_SUCCESS;
	}
	return open_all(target != NULL ? target : "", urls);
}

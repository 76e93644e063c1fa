/*
 * oriel-copy-to: sends files to another VM or to the primary, by the agent's io.oriel.Agent1 on the
 * session bus. Ctrl-C, which ends it, gives that up.
 */
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <gio/gio.h>

#include "agent-bus.h"

#define CLEAR_LINE "\r\033[K"

enum { EXIT_USAGE = 2 };

struct copy {
	bool terminal; /* somebody watches */
	bool over;
	GVariant *answer;
	GError *error;
};

static void show_progress(guint64 bytes, guint64 total)
{
	g_autofree char *done = g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);
	g_autofree char *all = g_format_size_full(total, G_FORMAT_SIZE_IEC_UNITS);
	fprintf(stderr, CLEAR_LINE "%s of %s", done, all);
}

static void handle_signal(GDBusConnection *bus, const char *sender, const char *path,
	const char *interface, const char *signal, GVariant *parameters, gpointer data)
{
	const struct copy *copy = data;
	(void)bus;
	(void)sender;
	(void)path;
	(void)interface;
	if (g_str_equal(signal, "CopyProgressed") && copy->terminal &&
		g_variant_is_of_type(parameters, G_VARIANT_TYPE("(tt)"))) {
		guint64 bytes;
		guint64 total;
		g_variant_get(parameters, "(tt)", &bytes, &total);
		show_progress(bytes, total);
	} else if (g_str_equal(signal, "CopySkipped") &&
		   g_variant_is_of_type(parameters, G_VARIANT_TYPE("(ss)"))) {
		const char *name;
		const char *reason;
		g_variant_get(parameters, "(&s&s)", &name, &reason);
		fprintf(stderr, "%soriel-copy-to: '%s' %s: it is left out\n",
			copy->terminal ? CLEAR_LINE : "", name, reason);
	}
}

static void handle_answer(GObject *source, GAsyncResult *result, gpointer data)
{
	struct copy *copy = data;
	copy->answer =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &copy->error);
	copy->over = true;
}

/* How long it takes is the user's affair, who may be asked. */
static void call_agent(GDBusConnection *bus, const char *to, GVariant *paths, struct copy *copy)
{
	guint signals = g_dbus_connection_signal_subscribe(bus, GA_AGENT_NAME, GA_AGENT_NAME, NULL,
		GA_AGENT_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, handle_signal, copy, NULL);
	g_dbus_connection_call(bus, GA_AGENT_NAME, GA_AGENT_PATH, GA_AGENT_NAME, "CopyTo",
		g_variant_new("(s@aay)", to, paths), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
		G_MAXINT, NULL, handle_answer, copy);
	while (!copy->over)
		g_main_context_iteration(NULL, TRUE);
	g_dbus_connection_signal_unsubscribe(bus, signals);
	if (copy->terminal)
		fprintf(stderr, CLEAR_LINE);
	if (copy->error != NULL)
		ga_agent_bus_explain(&copy->error);
}

static GVariant *make_absolute(char **names)
{
	GVariantBuilder paths;
	g_variant_builder_init(&paths, G_VARIANT_TYPE_BYTESTRING_ARRAY);
	for (char **name = names; *name != NULL; name++) {
		g_autofree char *path = g_canonicalize_filename(*name, NULL);
		g_variant_builder_add(&paths, "^ay", path);
	}
	return g_variant_builder_end(&paths);
}

static int copy_to(const char *to, char **names)
{
	struct copy copy = { .terminal = isatty(STDERR_FILENO) };
	g_autoptr(GDBusConnection) bus = ga_agent_bus_connect(&copy.error);
	if (bus != NULL)
		call_agent(bus, to, make_absolute(names), &copy);
	int status = copy.error == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
	if (copy.error != NULL)
		fprintf(stderr, "oriel-copy-to: %s\n", copy.error->message);
	g_clear_error(&copy.error);
	g_clear_pointer(&copy.answer, g_variant_unref);
	return status;
}

int main(int argc, char **argv)
{
	g_auto(GStrv) words = NULL;
	gboolean version = FALSE;
	const GOptionEntry entries[] = {
		{ "version", 0, 0, G_OPTION_ARG_NONE, &version, "print the version", NULL },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &words, NULL,
			"VM|@primary FILE..." },
		{ 0 },
	};
	setlocale(LC_ALL, "");
	g_autoptr(GOptionContext) context = g_option_context_new("- send files to another VM");
	g_autoptr(GError) error = NULL;
	g_option_context_add_main_entries(context, entries, NULL);
	bool parsed = g_option_context_parse(context, &argc, &argv, &error);
	if (parsed && version) {
		puts("oriel-copy-to " ORIEL_VERSION);
		return EXIT_SUCCESS;
	}
	if (!parsed || words == NULL || words[1] == NULL) {
		fprintf(stderr, "oriel-copy-to: %s; see oriel-copy-to --help\n",
			error != NULL ? error->message : "name a VM and files");
		return EXIT_USAGE;
	}
	return copy_to(words[0], words + 1);
}

/*
 * oriel run: a command or an application of a guest.
 */
#include <string.h>

#include "arguments.h"
#include "client.h"
#include "commands.h"
#include "launching.h"
#include "output.h"
#include "run-files.h"

#define APPLICATION_SUFFIX ".desktop"
#define APPLICATION_DEFAULT "@default"
#define ACTION_SEPARATOR ":"

/* How long a command that is not waited for is watched: one that cannot work ends within this time.
 */
enum { EARLY_END_MS = 300 };

/* With an action or without. */
static bool names_application(const char *word)
{
	return strcmp(word, APPLICATION_DEFAULT) == 0 ||
	       g_str_has_suffix(word, APPLICATION_SUFFIX) ||
	       strstr(word, APPLICATION_SUFFIX ACTION_SEPARATOR);
}

/* What it is to open of the primary's files goes to the VM first. */
static GVariant *run_application(struct hc_client *client, const char *vm, const char *const *words,
	bool verbose, GError **error)
{
	g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(guint32));
	g_auto(GStrv) values = hc_run_files(vm, words + 1, files);

	return hc_launch(client,
		&(struct hc_launch){ .vm = vm,
			.application = words[0],
			.words = (const char *const *)values,
			.files = files,
			.verbose = verbose },
		error);
}

/* A single word can be an application's id: when it ends in .desktop, or when there is no such
 * command. */
static GVariant *run_words(
	struct hc_client *client, const struct hc_arguments *arguments, GError **error)
{
	const char *vm = arguments->words[0];
	const char *const *command = arguments->words + 1;
	bool verbose = arguments->options & HC_OPTION_VERBOSE;
	bool single = arguments->count == 2 && !arguments->separated && !strchr(command[0], '/');
	g_autofree char *alternative =
		single ? g_strconcat(command[0], APPLICATION_SUFFIX, NULL) : NULL;

	if (names_application(command[0]) && !arguments->separated)
		return run_application(client, vm, command, verbose, error);
	return hc_launch(client,
		&(struct hc_launch){ .vm = vm,
			.application = "",
			.words = command,
			.alternative = alternative,
			.verbose = verbose },
		error);
}

static int wait_for_end(struct hc_client *client, const char *vm, guint32 launch, int timeout_ms,
	gint32 *status, GError **error)
{
	g_autoptr(GVariant) reply = hc_client_call(
		client, "Wait", g_variant_new("(su)", vm, launch), "(i)", timeout_ms, error);

	if (!reply)
		return -1;
	g_variant_get(reply, "(i)", status);
	return 0;
}

/* Exit code of a command that is left to itself, unless it ends at once and in error. */
static int watch_early(
	struct hc_client *client, const struct hc_arguments *arguments, guint32 launch)
{
	gint32 status = 0;

	if (wait_for_end(client, arguments->words[0], launch, EARLY_END_MS, &status, NULL) < 0 ||
		status == 0)
		return HC_EXIT_DONE;
	fprintf(stderr,
		"oriel: %s: '%s' ended at once with status %d: 'oriel run %s --wait' waits for it, "
		"and 'oriel vm show %s' names the log of what it printed\n",
		arguments->words[0], arguments->words[1], status, arguments->words[0],
		arguments->words[0]);
	return HC_EXIT_FAILED;
}

int hc_command_run(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = NULL;
	struct hc_client *client = hc_client_open_to_start(&error);
	guint32 launch;
	gint32 pid;
	gint32 status = 0;
	int result;

	if (client)
		reply = run_words(client, arguments, &error);
	if (!reply) {
		hc_client_close(client);
		return hc_fail(error);
	}
	g_variant_get(reply, "(ui)", &launch, &pid);
	printf("%d\n", pid);
	fflush(stdout);
	if (!(arguments->options & HC_OPTION_WAIT))
		result = watch_early(client, arguments, launch);
	else if (wait_for_end(client, arguments->words[0], launch, -1, &status, &error) < 0)
		result = hc_fail(error);
	else
		result = status;
	hc_client_close(client);
	return result;
}

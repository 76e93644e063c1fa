#include "launching.h"

#include <stdio.h>
#include <unistd.h>

#include "output.h"
#include "progress.h"

#define CLEAR_LINE "\r\033[K"

enum { MICROSECONDS_PER_MS = 1000 };

/* How the VM comes along, on stderr. */
struct progress {
	const char *vm;
	const char *what;
	bool verbose; /* in lines that stay */
	bool terminal; /* in one line that goes again */
	bool shown;
	gint64 copies_since; /* microseconds; 0: no files are being copied */
};

static void tell(struct progress *progress, const char *step)
{
	if (progress->verbose)
		fprintf(stderr, "oriel: %s: %s\n", progress->vm, step);
	else if (progress->terminal)
		fprintf(stderr, CLEAR_LINE "oriel: %s: %s...", progress->vm, step);
	progress->shown = true;
}

static void clear(const struct progress *progress)
{
	if (progress->shown && progress->terminal && !progress->verbose)
		fputs(CLEAR_LINE, stderr);
}

static void handle_vm_changed(void *data, GVariant *parameters)
{
	struct progress *progress = data;
	g_autofree char *launching = g_strconcat("launching ", progress->what, NULL);
	const char *vm;
	const char *state;
	const char *reason;

	g_variant_get(parameters, "(&s&s&s)", &vm, &state, &reason);
	if (!g_str_equal(vm, progress->vm))
		return;
	if (g_str_equal(state, "starting"))
		tell(progress, *reason ? "connecting" : "starting");
	else if (g_str_equal(state, "running"))
		tell(progress, launching);
}

static void handle_copy_progressed(void *data, GVariant *parameters)
{
	struct progress *progress = data;
	gint64 now = g_get_monotonic_time();
	g_autofree char *line = NULL;
	guint32 id;
	guint64 bytes;
	guint64 total;

	if (progress->verbose || !progress->terminal)
		return;
	g_variant_get(parameters, "(utt)", &id, &bytes, &total);
	if (progress->copies_since == 0)
		progress->copies_since = now;
	line = hc_progress_format(
		bytes, total, (now - progress->copies_since) / MICROSECONDS_PER_MS);
	tell(progress, line);
}

static void handle_asked(void *data, GVariant *parameters)
{
	(void)parameters;
	clear(data);
	hc_tell_asked();
}

static const char *find_startup_id(void)
{
	const char *id = g_getenv("DESKTOP_STARTUP_ID");

	if (!id || !*id)
		id = g_getenv("XDG_ACTIVATION_TOKEN");
	return id ? id : "";
}

/* A menu leaves its traces in the environment, which the shells of a terminal may inherit. */
static bool comes_from_menu(void)
{
	return !isatty(STDERR_FILENO) &&
	       (*find_startup_id() || g_getenv("GIO_LAUNCHED_DESKTOP_FILE"));
}

static GVariant *make_options(const struct hc_launch *launch)
{
	GVariantBuilder options;

	g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(
		&options, "{sv}", "startup-id", g_variant_new_string(find_startup_id()));
	g_variant_builder_add(&options, "{sv}", "notify", g_variant_new_boolean(comes_from_menu()));
	if (launch->alternative)
		g_variant_builder_add(
			&options, "{sv}", "alternative", g_variant_new_string(launch->alternative));
	if (launch->files && launch->files->len > 0)
		g_variant_builder_add(&options, "{sv}", "files",
			g_variant_new_fixed_array(G_VARIANT_TYPE_UINT32, launch->files->data,
				launch->files->len, sizeof(guint32)));
	return g_variant_builder_end(&options);
}

GVariant *hc_launch(struct hc_client *client, const struct hc_launch *launch, GError **error)
{
	struct progress progress = {
		.vm = launch->vm,
		.what = *launch->application ? launch->application : launch->words[0],
		.verbose = launch->verbose,
		.terminal = isatty(STDERR_FILENO),
	};
	const struct hc_follower followers[] = {
		{ "Asked", handle_asked, &progress },
		{ "VMChanged", handle_vm_changed, &progress },
		{ "CopyProgressed", handle_copy_progressed, &progress },
		{ 0 },
	};
	GVariantBuilder arguments;
	GVariant *reply;

	g_variant_builder_init(&arguments, G_VARIANT_TYPE_BYTESTRING_ARRAY);
	for (size_t i = 0; launch->words[i]; i++)
		g_variant_builder_add(&arguments, "^ay", launch->words[i]);
	reply = hc_client_call_following(client, "Launch",
		g_variant_new("(ssaay@a{sv})", launch->vm, launch->application, &arguments,
			make_options(launch)),
		"(ui)", followers, error);
	clear(&progress);
	return reply;
}

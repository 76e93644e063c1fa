#include "copying.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <glib-unix.h>

#include "output.h"
#include "progress.h"

#define CLEAR_LINE "\r\033[K"

enum { MICROSECONDS_PER_MS = 1000, MS_PER_SECOND = 1000 };

struct copying {
	struct hc_client *client;
	guint32 id;
	gint64 began; /* microseconds */
	bool terminal; /* somebody watches */
};

static gint64 elapsed_ms(const struct copying *copying)
{
	return (g_get_monotonic_time() - copying->began) / MICROSECONDS_PER_MS;
}

static void handle_progress(void *data, GVariant *parameters)
{
	const struct copying *copying = data;
	g_autofree char *line = NULL;
	guint32 id;
	guint64 bytes;
	guint64 total;

	if (!copying->terminal || !g_variant_is_of_type(parameters, G_VARIANT_TYPE("(utt)")))
		return;
	g_variant_get(parameters, "(utt)", &id, &bytes, &total);
	if (id != copying->id)
		return;
	line = hc_progress_format(bytes, total, elapsed_ms(copying));
	fprintf(stderr, CLEAR_LINE "%s", line);
}

static void handle_asked(void *data, GVariant *parameters)
{
	(void)data;
	(void)parameters;
	hc_tell_asked();
}

/* The copy then ends, with an error that says so. A second Ctrl-C ends this program. */
static gboolean handle_interrupt(gpointer data)
{
	const struct copying *copying = data;

	hc_client_send(copying->client, "CancelCopy", g_variant_new("(u)", copying->id));
	return G_SOURCE_REMOVE;
}

static GVariant *begin(struct hc_client *client, const char *from, const char *const *paths,
	const char *to, const char *directory, GError **error)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_BYTESTRING_ARRAY);
	for (size_t i = 0; paths[i]; i++)
		g_variant_builder_add(&builder, "^ay", paths[i]);
	return hc_client_call(client, "CopyFiles",
		g_variant_new("(saays^ay)", from, &builder, to, directory), "(u)", -1, error);
}

static GVariant *wait_for_end(struct copying *copying, GError **error)
{
	GSource *interrupt = g_unix_signal_source_new(SIGINT);
	const struct hc_follower followers[] = {
		{ "CopyProgressed", handle_progress, copying },
		{ "Asked", handle_asked, NULL },
		{ 0 },
	};
	GVariant *reply;

	g_source_set_callback(interrupt, handle_interrupt, copying, NULL);
	g_source_attach(interrupt, NULL);
	reply = hc_client_call_following(copying->client, "WaitCopy",
		g_variant_new("(u)", copying->id), "(aaytt)", followers, error);
	g_source_destroy(interrupt);
	g_source_unref(interrupt);
	if (copying->terminal)
		fputs(CLEAR_LINE, stderr);
	return reply;
}

bool hc_copy_files(struct hc_client *client, const char *from, const char *const *paths,
	const char *to, const char *directory, struct hc_copied *copied, GError **error)
{
	struct copying copying = {
		.client = client,
		.began = g_get_monotonic_time(),
		.terminal = isatty(STDERR_FILENO),
	};
	g_autoptr(GVariant) begun = begin(client, from, paths, to, directory, error);
	g_autoptr(GVariant) reply = NULL;

	if (!begun)
		return false;
	g_variant_get(begun, "(u)", &copying.id);
	reply = wait_for_end(&copying, error);
	if (!reply)
		return false;
	g_variant_get(reply, "(^aaytt)", &copied->paths, &copied->bytes, &copied->skipped);
	copied->seconds = (double)elapsed_ms(&copying) / MS_PER_SECOND;
	return true;
}

void hc_copied_clear(struct hc_copied *copied)
{
	g_strfreev(copied->paths);
	*copied = (struct hc_copied){ 0 };
}

/*
 * oriel clip show, copy, paste, clear: what has been copied, handed over.
 */
#include <gio/gio.h>

#include "arguments.h"
#include "client.h"
#include "commands.h"
#include "output.h"
#include "row.h"

/* The broker's answer; NULL with an error. */
static GVariant *call(
	const char *method, GVariant *parameters, const char *reply_type, GError **error)
{
	struct hc_client *client = hc_client_open(error);
	GVariant *reply = NULL;

	if (client)
		reply = hc_client_call(client, method, parameters, reply_type, -1, error);
	else if (parameters)
		g_variant_unref(g_variant_ref_sink(parameters));
	hc_client_close(client);
	return reply;
}

static int run(const char *method, GVariant *parameters)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = call(method, parameters, "()", &error);

	return reply ? HC_EXIT_DONE : hc_fail(error);
}

int hc_command_clip_copy(const struct hc_arguments *arguments)
{
	return run("CopyClip", g_variant_new("(s)", arguments->words[0]));
}

int hc_command_clip_paste(const struct hc_arguments *arguments)
{
	return run("PasteClip", g_variant_new("(s)", arguments->words[0]));
}

int hc_command_clip_clear(const struct hc_arguments *arguments)
{
	(void)arguments;
	return run("ClearClip", NULL);
}

static void print_clip(GVariant *clip)
{
	const char *from = hc_row_text(clip, "from");
	g_autofree const char **types = NULL;
	g_autofree char *list = NULL;

	if (!*from) {
		printf("nothing has been taken, or it is no longer there\n");
		return;
	}
	g_variant_lookup(clip, "types", "^a&s", &types);
	list = g_strjoinv(", ", (char **)(uintptr_t)types);
	printf("from %s: %s\n", from, list);
}

int hc_command_clip_show(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = call("ShowClip", NULL, "(a{sv})", &error);
	g_autoptr(GVariant) clip = NULL;

	if (!reply)
		return hc_fail(error);
	clip = g_variant_get_child_value(reply, 0);
	if (arguments->options & HC_OPTION_JSON) {
		g_autoptr(GVariant) array =
			g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE_VARDICT, &clip, 1));

		hc_print_json(array);
	} else {
		print_clip(clip);
	}
	return HC_EXIT_DONE;
}

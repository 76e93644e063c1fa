/*
 * oriel apps, publish, unpublish, menu clean: what guests can start, and what of it the start menu
 * offers.
 */
#include <string.h>

#include <glib/gstdio.h>

#include "arguments.h"
#include "client.h"
#include "commands.h"
#include "menu-files.h"
#include "output.h"
#include "paths.h"
#include "row.h"

static char *format_published(GVariant *row, const char *key)
{
	gboolean published = FALSE;

	g_variant_lookup(row, key, "b", &published);
	return g_strdup(published ? "yes" : "no");
}

static void print_applications(GVariant *applications)
{
	static const struct hc_column columns[] = {
		{ "VM", HC_ALIGN_LEFT, hc_cell_text, "vm" },
		{ "ID", HC_ALIGN_LEFT, hc_cell_text, "id" },
		{ "MENU", HC_ALIGN_LEFT, format_published, "published" },
		{ "NAME", HC_ALIGN_LEFT, hc_cell_text, "name" },
		{ "COMMENT", HC_ALIGN_LEFT, hc_cell_text, "comment" },
	};

	hc_table_print(applications, columns, G_N_ELEMENTS(columns));
}

int hc_command_apps(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	const char *vm = arguments->count > 0 ? arguments->words[0] : "";
	g_autoptr(GVariant) applications =
		hc_client_list("ListApplications", g_variant_new("(s)", vm), &error);

	if (!applications)
		return hc_fail(error);
	if (arguments->options & HC_OPTION_JSON)
		hc_print_json(applications);
	else
		print_applications(applications);
	return HC_EXIT_DONE;
}

static bool publish_one(struct hc_client *client, const char *vm, const char *application,
	bool published, GError **error)
{
	GVariant *reply = hc_client_call(client, "Publish",
		g_variant_new("(ssb)", vm, application, published), NULL, -1, error);

	g_clear_pointer(&reply, g_variant_unref);
	return !*error;
}

/* Those after the first that is refused are left as they are. */
static int publish(const struct hc_arguments *arguments, bool published)
{
	g_autoptr(GError) error = NULL;
	struct hc_client *client = hc_client_open(&error);
	bool going_on = client != NULL;

	for (guint i = 1; going_on && i < arguments->count; i++)
		going_on = publish_one(
			client, arguments->words[0], arguments->words[i], published, &error);
	hc_client_close(client);
	return error ? hc_fail(error) : HC_EXIT_DONE;
}

int hc_command_publish(const struct hc_arguments *arguments)
{
	return publish(arguments, true);
}

int hc_command_unpublish(const struct hc_arguments *arguments)
{
	return publish(arguments, false);
}

/* What is known of the VMs' applications. */
static void remove_lists(void)
{
	g_autofree char *directory = hc_path_applications();
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(directory, name, NULL);

		g_unlink(path);
	}
	g_rmdir(directory);
}

/* A broker would write it all again, as soon as a VM says something. */
int hc_command_menu_clean(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GHashTable) none = g_hash_table_new(g_str_hash, g_str_equal);
	struct hc_client *client = hc_client_open_running(&error);
	struct hc_menu_files *files;

	(void)arguments;
	if (client) {
		hc_client_close(client);
		fprintf(stderr,
			"oriel: the broker runs, and would write the menu again: 'oriel quit' "
			"ends it\n");
		return HC_EXIT_FAILED;
	}
	if (error)
		return hc_fail(error);
	files = hc_menu_files_create();
	hc_menu_files_keep_vms(files, none);
	hc_menu_files_refresh(files);
	hc_menu_files_destroy(files);
	remove_lists();
	return HC_EXIT_DONE;
}

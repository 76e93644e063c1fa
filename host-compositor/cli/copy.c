/*
 * oriel copy: files from one VM to another, or between a VM and the primary.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <gio/gio.h>

#include "arguments.h"
#include "client.h"
#include "commands.h"
#include "copy-place.h"
#include "copying.h"
#include "output.h"

static void print_json(const struct hc_copied *copied)
{
	GVariantDict row;
	g_autoptr(GVariant) value = NULL;
	g_autoptr(GStrvBuilder) paths = g_strv_builder_new();
	g_auto(GStrv) valid = NULL;

	for (size_t i = 0; copied->paths[i]; i++) {
		g_autofree char *path = g_utf8_make_valid(copied->paths[i], -1);

		g_strv_builder_add(paths, path);
	}
	valid = g_strv_builder_end(paths);
	g_variant_dict_init(&row, NULL);
	g_variant_dict_insert(&row, "paths", "^as", valid);
	g_variant_dict_insert(&row, "bytes", "t", copied->bytes);
	g_variant_dict_insert(&row, "skipped", "t", copied->skipped);
	g_variant_dict_insert(&row, "seconds", "d", copied->seconds);
	value = g_variant_ref_sink(g_variant_dict_end(&row));
	hc_print_json(value);
}

static void print_paths(const struct hc_copied *copied)
{
	g_autofree char *bytes = hc_format_bytes((double)copied->bytes);

	for (size_t i = 0; copied->paths[i]; i++) {
		g_autofree char *path = hc_format_printable(copied->paths[i]);

		puts(path);
	}
	fprintf(stderr, "oriel: copied %s in %.1f s", bytes, copied->seconds);
	if (copied->skipped > 0)
		fprintf(stderr,
			"; %" G_GUINT64_FORMAT
			" left out, which are no plain files or cannot be read",
			copied->skipped);
	fputc('\n', stderr);
}

/* The primary's directory is there, or can be made. Before anybody is asked, and VMs start. */
static bool check_destination(const struct hc_places *places, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(places->directory);
	const char *present =
		g_file_test(places->directory, G_FILE_TEST_EXISTS) ? places->directory : parent;
	g_autofree char *inside = g_build_filename(present, ".", NULL);
	int code;

	if (*places->directory == '\0' || access(inside, W_OK | X_OK) == 0)
		return true;
	code = errno;
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code),
		"nothing can be put into %s: %s", places->directory, g_strerror(code));
	return false;
}

int hc_command_copy(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	struct hc_places places = { 0 };
	struct hc_copied copied = { 0 };
	struct hc_client *client = NULL;
	bool done;

	if (!hc_places_parse(arguments->words, arguments->count, &places, &error)) {
		hc_fail(error);
		return HC_EXIT_USAGE;
	}
	if (check_destination(&places, &error))
		client = hc_client_open_to_start(&error);
	done = client && hc_copy_files(client, places.from, (const char *const *)places.paths,
				 places.to, places.directory, &copied, &error);
	hc_client_close(client);
	hc_places_clear(&places);
	if (!done)
		return hc_fail(error);
	if (arguments->options & HC_OPTION_JSON)
		print_json(&copied);
	else
		print_paths(&copied);
	hc_copied_clear(&copied);
	return HC_EXIT_DONE;
}

#include "launch-arguments.h"

#include <stdint.h>
#include <string.h>

#include <gio/gio.h>

struct hc_launch_arguments {
	char **words;
	GArray *files; /* of guint32: the places of those that are files */
};

static bool check_file(const struct hc_launch_arguments *arguments, guint32 place, GError **error)
{
	if (place < g_strv_length(arguments->words) && g_path_is_absolute(arguments->words[place]))
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		"files: argument %u is not there, or no absolute path", place);
	return false;
}

struct hc_launch_arguments *hc_launch_arguments_create(
	const char *const *words, const guint32 *files, size_t count, GError **error)
{
	struct hc_launch_arguments *arguments = g_new0(struct hc_launch_arguments, 1);

	arguments->words = g_strdupv((char **)(uintptr_t)words);
	arguments->files = g_array_new(FALSE, FALSE, sizeof(guint32));
	for (size_t i = 0; i < count; i++) {
		if (!check_file(arguments, files[i], error)) {
			hc_launch_arguments_destroy(arguments);
			return NULL;
		}
		g_array_append_val(arguments->files, files[i]);
	}
	return arguments;
}

void hc_launch_arguments_destroy(struct hc_launch_arguments *arguments)
{
	if (!arguments)
		return;
	g_strfreev(arguments->words);
	g_array_unref(arguments->files);
	g_free(arguments);
}

const char *const *hc_launch_arguments_words(const struct hc_launch_arguments *arguments)
{
	return (const char *const *)arguments->words;
}

static char **find_file(const struct hc_launch_arguments *arguments, guint index)
{
	return &arguments->words[g_array_index(arguments->files, guint32, index)];
}

const char **hc_launch_arguments_files(const struct hc_launch_arguments *arguments)
{
	guint count = arguments->files->len;
	const char **paths = count > 0 ? g_new0(const char *, count + 1) : NULL;

	for (guint i = 0; i < count; i++)
		paths[i] = *find_file(arguments, i);
	return paths;
}

bool hc_launch_arguments_replace_files(
	struct hc_launch_arguments *arguments, const char *const *copies, GError **error)
{
	if (g_strv_length((char **)(uintptr_t)copies) != arguments->files->len) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			"not all files have reached the VM: they cannot be read here, or are "
			"neither files nor directories");
		return false;
	}
	for (guint i = 0; i < arguments->files->len; i++) {
		char **word = find_file(arguments, i);

		g_free(*word);
		*word = g_strdup(copies[i]);
	}
	return true;
}

GByteArray *hc_launch_arguments_join(const struct hc_launch_arguments *arguments)
{
	GByteArray *bytes = g_byte_array_new();

	for (size_t i = 0; arguments->words[i]; i++)
		g_byte_array_append(bytes, (const guint8 *)arguments->words[i],
			(guint)strlen(arguments->words[i]) + 1);
	return bytes;
}

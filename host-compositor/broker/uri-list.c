#include "uri-list.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>

/* The path has no step up, by which it could be another than it looks. */
static bool is_plain(const char *path)
{
	g_auto(GStrv) steps = g_strsplit(path, "/", -1);

	return g_path_is_absolute(path) && !g_strv_contains((const char *const *)steps, "..");
}

/* NULL if it is none of this host's files. */
static char *parse_uri(const char *uri)
{
	g_autofree char *host = NULL;
	g_autofree char *path = g_filename_from_uri(uri, &host, NULL);

	if (!path || !is_plain(path) || (host && strcmp(host, "localhost") != 0))
		return NULL;
	return g_steal_pointer(&path);
}

static bool add_line(GPtrArray *paths, char *line)
{
	char *path;

	g_strchomp(line);
	if (line[0] == '\0' || line[0] == '#')
		return true;
	path = parse_uri(line);
	if (path)
		g_ptr_array_add(paths, path);
	return path;
}

char **hc_uri_list_paths(const char *bytes, size_t len)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (len == 0 || len > HC_URI_LIST_MAX || memchr(bytes, '\0', len))
		return NULL;
	text = g_strndup(bytes, len);
	lines = g_strsplit(text, "\n", -1);
	for (size_t i = 0; lines[i]; i++)
		if (!add_line(paths, lines[i]))
			return NULL;
	if (paths->len == 0)
		return NULL;
	g_ptr_array_add(paths, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&paths), FALSE);
}

char *hc_uri_list_print(const char *const *paths, size_t *len)
{
	GString *list = g_string_new(NULL);

	for (size_t i = 0; paths[i]; i++) {
		g_autofree char *uri = g_filename_to_uri(paths[i], NULL, NULL);

		if (uri)
			g_string_append_printf(list, "%s\r\n", uri);
	}
	*len = list->len;
	return g_string_free(list, FALSE);
}

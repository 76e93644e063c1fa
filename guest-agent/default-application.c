#include "default-application.h"

#include <gio/gio.h>
#include <stdbool.h>

/* "text/plain" of a file, "x-scheme-handler/https" of a URL. */
static char *find_type(const char *argument, GError **error)
{
	const char *scheme = g_uri_peek_scheme(argument);
	if (scheme != NULL && g_strcmp0(scheme, "file") != 0)
		return g_strconcat("x-scheme-handler/", scheme, NULL);
	g_autoptr(GFile) file = g_file_new_for_commandline_arg(argument);
	g_autoptr(GFileInfo) info = g_file_query_info(
		file, G_FILE_ATTRIBUTE_STANDARD_CONTENT_TYPE, G_FILE_QUERY_INFO_NONE, NULL, error);
	return info != NULL ? g_strdup(g_file_info_get_content_type(info)) : NULL;
}

static bool opens_here(GAppInfo *application)
{
	const char *id = g_app_info_get_id(application);
	return id != NULL && g_strcmp0(id, GA_OPEN_ELSEWHERE) != 0;
}

/* The user's choice, or else any; NULL if there is none. */
static char *find_application(const char *type)
{
	g_autoptr(GAppInfo) chosen = g_app_info_get_default_for_type(type, FALSE);
	if (chosen != NULL && opens_here(chosen))
		return g_strdup(g_app_info_get_id(chosen));
	GList *all = g_app_info_get_all_for_type(type);
	char *id = NULL;
	for (GList *at = all; at != NULL && id == NULL; at = at->next)
		if (opens_here(at->data))
			id = g_strdup(g_app_info_get_id(at->data));
	g_list_free_full(all, g_object_unref);
	return id;
}

char *ga_default_application_find(const char *argument, GError **error)
{
	g_autofree char *type = find_type(argument, error);
	if (type == NULL)
		return NULL;
	char *id = find_application(type);
	if (id == NULL)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"the guest has no application for %s", type);
	return id;
}

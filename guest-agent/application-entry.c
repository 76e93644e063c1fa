#include "application-entry.h"

#include <gio/gdesktopappinfo.h>
#include <string.h>

#define GROUP G_KEY_FILE_DESKTOP_GROUP
#define ACTION_GROUP "Desktop Action "

/* What the primary itself has put into a menu leads to another VM, and is not this guest's. */
#define KEY_ORIEL "X-Oriel-VM"

static char *get(GKeyFile *file, const char *group, const char *key)
{
	g_autofree char *text = g_key_file_get_string(file, group, key, NULL);
	return text != NULL ? g_utf8_make_valid(text, -1) : g_strdup("");
}

static char *get_localised(
	GKeyFile *file, const char *group, const char *key, const char *const *languages)
{
	for (size_t i = 0; languages[i] != NULL; i++) {
		g_autofree char *localised = g_strdup_printf("%s[%s]", key, languages[i]);
		char *text = get(file, group, localised);
		if (text[0] != '\0')
			return text;
		g_free(text);
	}
	return get(file, group, key);
}

/* A word of a list may have a semicolon of its own, which nothing that the list is for has. */
static char *join(char **words)
{
	GString *list = g_string_new(NULL);
	for (size_t i = 0; words != NULL && words[i] != NULL; i++)
		if (words[i][0] != '\0' && strchr(words[i], ';') == NULL)
			g_string_append_printf(list, "%s;", words[i]);
	g_autofree char *raw = g_string_free(list, FALSE);
	return g_utf8_make_valid(raw, -1);
}

static char *get_list(GKeyFile *file, const char *key)
{
	g_auto(GStrv) words = g_key_file_get_string_list(file, GROUP, key, NULL, NULL);
	return join(words);
}

static char *get_localised_list(GKeyFile *file, const char *key, const char *const *languages)
{
	for (size_t i = 0; languages[i] != NULL; i++) {
		g_autofree char *localised = g_strdup_printf("%s[%s]", key, languages[i]);
		char *list = get_list(file, localised);
		if (list[0] != '\0')
			return list;
		g_free(list);
	}
	return get_list(file, key);
}

static void action_free(void *data)
{
	struct ga_application_action *action = data;
	g_free(action->id);
	g_free(action->name);
	g_free(action->icon);
	g_free(action);
}

static GPtrArray *read_actions(GDesktopAppInfo *info, GKeyFile *file, const char *const *languages)
{
	GPtrArray *actions = g_ptr_array_new_with_free_func(action_free);
	for (const char *const *id = g_desktop_app_info_list_actions(info); *id != NULL; id++) {
		g_autofree char *group = g_strconcat(ACTION_GROUP, *id, NULL);
		struct ga_application_action *action = g_new0(struct ga_application_action, 1);
		action->id = g_strdup(*id);
		action->name = get_localised(file, group, G_KEY_FILE_DESKTOP_KEY_NAME, languages);
		action->icon = get_localised(file, group, G_KEY_FILE_DESKTOP_KEY_ICON, languages);
		g_ptr_array_add(actions, action);
	}
	return actions;
}

static bool is_shown(GDesktopAppInfo *info, GKeyFile *file)
{
	return info != NULL && !g_desktop_app_info_get_is_hidden(info) &&
	       g_app_info_should_show(G_APP_INFO(info)) &&
	       !g_key_file_has_key(file, GROUP, KEY_ORIEL, NULL);
}

struct ga_application *ga_application_read(
	const char *path, const char *id, const char *const *languages)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	if (!g_key_file_load_from_file(file, path, G_KEY_FILE_KEEP_TRANSLATIONS, NULL))
		return NULL;
	g_autoptr(GDesktopAppInfo) info = g_desktop_app_info_new_from_keyfile(file);
	if (!is_shown(info, file))
		return NULL;
	GAppInfo *app = G_APP_INFO(info);
	struct ga_application *application = g_new0(struct ga_application, 1);
	application->id = g_strdup(id);
	application->name = get_localised(file, GROUP, G_KEY_FILE_DESKTOP_KEY_NAME, languages);
	application->generic_name =
		get_localised(file, GROUP, G_KEY_FILE_DESKTOP_KEY_GENERIC_NAME, languages);
	application->comment =
		get_localised(file, GROUP, G_KEY_FILE_DESKTOP_KEY_COMMENT, languages);
	application->keywords = get_localised_list(file, "Keywords", languages);
	application->categories = get_list(file, G_KEY_FILE_DESKTOP_KEY_CATEGORIES);
	application->mime_types = get_list(file, G_KEY_FILE_DESKTOP_KEY_MIME_TYPE);
	application->wm_class = get(file, GROUP, G_KEY_FILE_DESKTOP_KEY_STARTUP_WM_CLASS);
	application->icon = get_localised(file, GROUP, G_KEY_FILE_DESKTOP_KEY_ICON, languages);
	application->opens =
		g_app_info_supports_uris(app) || g_app_info_supports_files(app) ||
		g_desktop_app_info_get_boolean(info, G_KEY_FILE_DESKTOP_KEY_DBUS_ACTIVATABLE);
	application->actions = read_actions(info, file, languages);
	return application;
}

void ga_application_free(void *data)
{
	struct ga_application *application = data;
	g_free(application->id);
	g_free(application->name);
	g_free(application->generic_name);
	g_free(application->comment);
	g_free(application->keywords);
	g_free(application->categories);
	g_free(application->mime_types);
	g_free(application->wm_class);
	g_free(application->icon);
	g_ptr_array_unref(application->actions);
	g_free(application);
}

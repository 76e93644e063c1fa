#include "applications.h"

#include <gio/gdesktopappinfo.h>
#include <string.h>

#include "activation.h"
#include "application-entry.h"
#include "exec-line.h"
#include "wire.h"

#define SUFFIX ".desktop"
#define APPLICATIONS "applications"

/* Directories below applications/ that are looked into. */
enum { DEPTH_MAX = 4 };

/* Sees each desktop file once, the one that hides others of its id. */
struct visitor {
	bool (*visit)(void *data, const char *id, const char *path);
	void *data;
	GHashTable *seen; /* ids */
	bool stopped;
};

static void visit_file(struct visitor *visitor, const char *id, const char *path)
{
	if (!g_str_has_suffix(id, SUFFIX) || !g_hash_table_add(visitor->seen, g_strdup(id)))
		return;
	/* A pipe would be waited for when it is opened. */
	if (g_file_test(path, G_FILE_TEST_IS_REGULAR) && !visitor->visit(visitor->data, id, path))
		visitor->stopped = true;
}

/* A file in a sub-directory has that directory's name in its id, with a dash. */
static void visit_directory(
	struct visitor *visitor, const char *path, const char *prefix, int depth)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;
	while (directory != NULL && !visitor->stopped &&
		(name = g_dir_read_name(directory)) != NULL) {
		g_autofree char *child = g_build_filename(path, name, NULL);
		g_autofree char *id = g_strconcat(prefix, name, NULL);
		if (g_str_has_suffix(name, SUFFIX)) {
			visit_file(visitor, id, child);
		} else if (depth < DEPTH_MAX && g_file_test(child, G_FILE_TEST_IS_DIR)) {
			g_autofree char *deeper = g_strconcat(id, "-", NULL);
			visit_directory(visitor, child, deeper, depth + 1);
		}
	}
}

static void visit_data_directory(struct visitor *visitor, const char *data_directory)
{
	g_autofree char *path = g_build_filename(data_directory, APPLICATIONS, NULL);
	if (!visitor->stopped)
		visit_directory(visitor, path, "", 0);
}

static void visit_all(bool (*visit)(void *data, const char *id, const char *path), void *data)
{
	struct visitor visitor = {
		.visit = visit,
		.data = data,
		.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	};
	visit_data_directory(&visitor, g_get_user_data_dir());
	for (const char *const *at = g_get_system_data_dirs(); *at != NULL; at++)
		visit_data_directory(&visitor, *at);
	g_hash_table_destroy(visitor.seen);
}

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

struct lister {
	const char *const *languages;
	GPtrArray *applications;
};

static bool list_application(void *data, const char *id, const char *path)
{
	const struct lister *lister = data;
	struct ga_application *application = ga_application_read(path, id, lister->languages);
	if (application != NULL)
		g_ptr_array_add(lister->applications, application);
	return lister->applications->len < VP_APPLICATIONS_MAX;
}

GPtrArray *ga_applications_list(const char *const *languages)
{
	struct lister lister = { languages, g_ptr_array_new_with_free_func(ga_application_free) };
	visit_all(list_application, &lister);
	return lister.applications;
}

struct finder {
	const char *id; /* with .desktop */
	GDesktopAppInfo *found;
};

static bool find_application(void *data, const char *id, const char *path)
{
	struct finder *finder = data;
	if (strcmp(id, finder->id) != 0)
		return true;
	finder->found = g_desktop_app_info_new_from_filename(path);
	return false;
}

static GDesktopAppInfo *find(const char *id)
{
	g_autofree char *full =
		g_str_has_suffix(id, SUFFIX) ? g_strdup(id) : g_strconcat(id, SUFFIX, NULL);
	struct finder finder = { .id = full };
	visit_all(find_application, &finder);
	return finder.found;
}

static bool has_action(GDesktopAppInfo *info, const char *action)
{
	return g_strv_contains(g_desktop_app_info_list_actions(info), action);
}

static char *key_of_action(GDesktopAppInfo *info, const char *action, const char *key)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autofree char *group = g_strconcat("Desktop Action ", action, NULL);
	const char *path = g_desktop_app_info_get_filename(info);
	if (!has_action(info, action) ||
		!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
		return NULL;
	return g_key_file_get_string(file, group, key, NULL);
}

char *ga_applications_icon(const char *id, const char *action)
{
	g_autoptr(GDesktopAppInfo) info = find(id);
	char *icon = NULL;
	if (info != NULL && action[0] != '\0')
		icon = key_of_action(info, action, G_KEY_FILE_DESKTOP_KEY_ICON);
	else if (info != NULL)
		icon = g_desktop_app_info_get_string(info, G_KEY_FILE_DESKTOP_KEY_ICON);
	return icon != NULL ? icon : g_strdup("");
}

/* Terminal programs get Debian's alternative for terminals. */
static char **in_terminal(char **command)
{
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	g_strv_builder_add_many(words, "x-terminal-emulator", "-e", NULL);
	for (char **word = command; *word != NULL; word++)
		g_strv_builder_add(words, *word);
	g_strfreev(command);
	return g_strv_builder_end(words);
}

static char **exec_command(
	GDesktopAppInfo *info, const char *line, const char *const *files, GError **error)
{
	g_autofree char *icon = g_desktop_app_info_get_string(info, G_KEY_FILE_DESKTOP_KEY_ICON);
	const struct ga_exec_values values = {
		.files = files,
		.name = or_empty(g_app_info_get_name(G_APP_INFO(info))),
		.icon = icon,
		.desktop_file = or_empty(g_desktop_app_info_get_filename(info)),
	};
	char **words = ga_exec_line_expand(line, &values, error);
	bool terminal = g_desktop_app_info_get_boolean(info, G_KEY_FILE_DESKTOP_KEY_TERMINAL);
	return words != NULL && terminal ? in_terminal(words) : words;
}

/* The agent itself is the program that calls the application. */
static char **activation_command(
	GDesktopAppInfo *info, const char *action, const char *const *files, GError **error)
{
	g_autofree char *name = g_path_get_basename(g_desktop_app_info_get_filename(info));
	g_autofree char *id = g_strndup(name, strlen(name) - strlen(SUFFIX));
	g_autofree char *path = ga_activation_path(id);
	g_autofree char *agent = g_file_read_link("/proc/self/exe", error);
	if (agent == NULL)
		return NULL;
	if (path == NULL) {
		g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_INVAL,
			"the application '%s' is to be started over D-Bus, but its file is not "
			"named as D-Bus wants it, such as org.example.Editor" SUFFIX,
			id);
		return NULL;
	}
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	g_autofree char *option = g_strconcat(
		"--activate=", id, action != NULL ? GA_ACTION_SEPARATOR : NULL, action, NULL);
	g_strv_builder_add_many(words, agent, option, "--", NULL);
	for (size_t i = 0; files != NULL && files[i] != NULL; i++)
		g_strv_builder_add(words, files[i]);
	return g_strv_builder_end(words);
}

/* The Exec line of the application, or of one of its actions; NULL if there is none. */
static char *find_line(GDesktopAppInfo *info, const char *action)
{
	if (action != NULL)
		return key_of_action(info, action, G_KEY_FILE_DESKTOP_KEY_EXEC);
	return g_strdup(g_app_info_get_commandline(G_APP_INFO(info)));
}

bool ga_applications_command(
	const char *id, const char *const *files, char ***command, char **directory, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(id, GA_ACTION_SEPARATOR, 2);
	const char *action = parts[0] != NULL ? parts[1] : NULL;
	g_autoptr(GDesktopAppInfo) info = find(action != NULL ? parts[0] : id);
	bool known = info != NULL && (action == NULL || has_action(info, action));
	g_autofree char *line = known ? find_line(info, action) : NULL;
	bool activatable = known && g_desktop_app_info_get_boolean(
					    info, G_KEY_FILE_DESKTOP_KEY_DBUS_ACTIVATABLE);
	if (line == NULL && !activatable) {
		g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT,
			"the guest has no application '%s'; 'oriel apps' lists them", id);
		return false;
	}
	char **words = line != NULL ? exec_command(info, line, files, error)
				    : activation_command(info, action, files, error);
	if (words == NULL)
		return false;
	*command = words;
	*directory = g_desktop_app_info_get_string(info, G_KEY_FILE_DESKTOP_KEY_PATH);
	return true;
}

#include "menu-entry.h"

#include <string.h>

#include "menu-files.h"
#include "safe-text.h"

#define GROUP G_KEY_FILE_DESKTOP_GROUP
#define SUFFIX ".desktop"
#define ICON_PREFIX "oriel-"

char *hc_menu_file_name(const char *vm, const char *application)
{
	return g_strdup_printf("%s.%s", vm, application);
}

char *hc_menu_icon_name(const char *vm, const char *application, const char *action)
{
	size_t len = strlen(application) - strlen(SUFFIX);

	return g_strdup_printf(
		ICON_PREFIX "%s.%.*s%s%s", vm, (int)len, application, *action ? "," : "", action);
}

char *hc_menu_vm_icon_name(const char *vm)
{
	return g_strconcat(ICON_PREFIX, vm, NULL);
}

char *hc_menu_open_file_name(const char *vm)
{
	return g_strconcat(vm, SUFFIX, NULL);
}

/* A word of an Exec line: within quotes if it needs them, and with percent signs doubled. */
static void append_word(GString *line, const char *word)
{
	bool quoted = strpbrk(word, " \t\n\"'\\><~|&;$*?#()`") != NULL;

	if (quoted)
		g_string_append_c(line, '"');
	for (const char *at = word; *at; at++) {
		if (strchr("\"`$\\", *at))
			g_string_append_c(line, '\\');
		else if (*at == '%')
			g_string_append_c(line, '%');
		g_string_append_c(line, *at);
	}
	if (quoted)
		g_string_append_c(line, '"');
}

/* The command that starts something in a VM: its parts are the primary's own, or of a strict
 * alphabet that needs no quotes. */
static char *make_exec(const struct hc_menu_owner *owner, const char *application,
	const char *action, const char *field)
{
	GString *line = g_string_new(NULL);

	append_word(line, owner->oriel);
	g_string_append_printf(line, " run %s %s%s%s%s%s", owner->vm, application,
		*action ? ":" : "", action, *field ? " " : "", field);
	return g_string_free(line, FALSE);
}

static void set_text(GKeyFile *file, const char *group, const char *key, const char *value)
{
	if (*value)
		g_key_file_set_string(file, group, key, value);
}

/* Lists are written as they are: their items have nothing to escape. */
static void set_list(GKeyFile *file, const char *key, const char *value)
{
	if (*value)
		g_key_file_set_value(file, GROUP, key, value);
}

static void set_labelled(
	GKeyFile *file, const char *group, const char *key, const char *vm, const char *value)
{
	g_autofree char *text = hc_safe_labelled(vm, value);

	g_key_file_set_string(file, group, key, text);
}

/* What has no icon of its own gets that of the VM, but for actions, which need none. */
static void set_icon(GKeyFile *file, const char *group, const struct hc_menu_owner *owner,
	const char *application, const char *action, GHashTable *icons)
{
	g_autofree char *name = NULL;

	if (g_hash_table_contains(icons, action))
		name = hc_menu_icon_name(owner->vm, application, action);
	else if (!*action)
		name = hc_menu_vm_icon_name(owner->vm);
	if (name)
		g_key_file_set_string(file, group, G_KEY_FILE_DESKTOP_KEY_ICON, name);
}

static void set_exec(GKeyFile *file, const char *group, const struct hc_menu_owner *owner,
	const char *application, const char *action, const char *field)
{
	g_autofree char *line = make_exec(owner, application, action, field);

	g_key_file_set_string(file, group, G_KEY_FILE_DESKTOP_KEY_EXEC, line);
}

/* What all entries have. TryExec lets them vanish with Oriel. */
static GKeyFile *begin_entry(const struct hc_menu_owner *owner)
{
	GKeyFile *file = g_key_file_new();

	g_key_file_set_string(file, GROUP, G_KEY_FILE_DESKTOP_KEY_VERSION, "1.4");
	g_key_file_set_string(
		file, GROUP, G_KEY_FILE_DESKTOP_KEY_TYPE, G_KEY_FILE_DESKTOP_TYPE_APPLICATION);
	g_key_file_set_string(file, GROUP, HC_MENU_MARKER, owner->vm);
	g_key_file_set_string(file, GROUP, G_KEY_FILE_DESKTOP_KEY_TRY_EXEC, owner->oriel);
	g_key_file_set_boolean(file, GROUP, G_KEY_FILE_DESKTOP_KEY_TERMINAL, FALSE);
	/* A VM that has to be started first takes a while. */
	g_key_file_set_boolean(file, GROUP, G_KEY_FILE_DESKTOP_KEY_STARTUP_NOTIFY, TRUE);
	return file;
}

static void set_categories(GKeyFile *file, const char *vm, const char *categories)
{
	g_autofree char *all = g_strdup_printf("%sX-Oriel-%s;", categories, vm);

	set_list(file, G_KEY_FILE_DESKTOP_KEY_CATEGORIES, all);
}

/* As the view names the windows of that class. */
static void set_wm_class(GKeyFile *file, const char *vm, const char *wm_class)
{
	g_autofree char *labelled = g_strdup_printf("%s:%s", vm, wm_class);

	if (*wm_class)
		g_key_file_set_string(
			file, GROUP, G_KEY_FILE_DESKTOP_KEY_STARTUP_WM_CLASS, labelled);
}

static void add_actions(GKeyFile *file, const struct hc_menu_owner *owner,
	const struct hc_application *application, GHashTable *icons)
{
	g_autoptr(GString) ids = g_string_new(NULL);

	for (guint i = 0; i < application->actions->len; i++) {
		const struct hc_action *action = g_ptr_array_index(application->actions, i);
		g_autofree char *group = g_strconcat("Desktop Action ", action->id, NULL);

		g_string_append_printf(ids, "%s;", action->id);
		g_key_file_set_string(file, group, G_KEY_FILE_DESKTOP_KEY_NAME, action->name);
		set_icon(file, group, owner, application->id, action->id, icons);
		set_exec(file, group, owner, application->id, action->id, "");
	}
	set_list(file, G_KEY_FILE_DESKTOP_KEY_ACTIONS, ids->str);
}

static char *end_entry(GKeyFile *file)
{
	char *text = g_key_file_to_data(file, NULL, NULL);

	g_key_file_unref(file);
	return text;
}

char *hc_menu_entry(const struct hc_menu_owner *owner, const struct hc_application *application,
	GHashTable *icons)
{
	GKeyFile *file = begin_entry(owner);

	set_labelled(file, GROUP, G_KEY_FILE_DESKTOP_KEY_NAME, owner->vm, application->name);
	if (strcmp(application->generic_name, application->name) != 0)
		set_text(file, GROUP, G_KEY_FILE_DESKTOP_KEY_GENERIC_NAME,
			application->generic_name);
	set_text(file, GROUP, G_KEY_FILE_DESKTOP_KEY_COMMENT, application->comment);
	set_list(file, "Keywords", application->keywords);
	set_categories(file, owner->vm, application->categories);
	if (application->opens)
		set_list(file, G_KEY_FILE_DESKTOP_KEY_MIME_TYPE, application->mime_types);
	set_wm_class(file, owner->vm, application->wm_class);
	set_icon(file, GROUP, owner, application->id, "", icons);
	set_exec(file, GROUP, owner, application->id, "", application->opens ? "%U" : "");
	add_actions(file, owner, application, icons);
	return end_entry(file);
}

char *hc_menu_open_entry(const struct hc_menu_owner *owner, const char *mime_types)
{
	g_autofree char *name = g_strdup_printf("Open in %s", owner->vm);
	g_autofree char *icon = hc_menu_vm_icon_name(owner->vm);
	GKeyFile *file = begin_entry(owner);

	g_key_file_set_string(file, GROUP, G_KEY_FILE_DESKTOP_KEY_NAME, name);
	g_key_file_set_boolean(file, GROUP, G_KEY_FILE_DESKTOP_KEY_NO_DISPLAY, TRUE);
	set_list(file, G_KEY_FILE_DESKTOP_KEY_MIME_TYPE, mime_types);
	g_key_file_set_string(file, GROUP, G_KEY_FILE_DESKTOP_KEY_ICON, icon);
	set_exec(file, GROUP, owner, VP_LAUNCH_DEFAULT, "", "%u");
	return end_entry(file);
}

char *hc_menu_directory(const char *vm)
{
	g_autofree char *icon = hc_menu_vm_icon_name(vm);
	GKeyFile *file = g_key_file_new();

	g_key_file_set_string(
		file, GROUP, G_KEY_FILE_DESKTOP_KEY_TYPE, G_KEY_FILE_DESKTOP_TYPE_DIRECTORY);
	g_key_file_set_string(file, GROUP, HC_MENU_MARKER, vm);
	g_key_file_set_string(file, GROUP, G_KEY_FILE_DESKTOP_KEY_NAME, vm);
	g_key_file_set_string(file, GROUP, G_KEY_FILE_DESKTOP_KEY_ICON, icon);
	return end_entry(file);
}

char *hc_menu_groups(const char *const *vms)
{
	GString *menu = g_string_new(
		"<!DOCTYPE Menu PUBLIC \"-//freedesktop//DTD Menu 1.0//EN\"\n"
		" \"http://www.freedesktop.org/standards/menu-spec/1.0/menu.dtd\">\n"
		"<!-- " HC_MENU_MARKER ": written by Oriel, which removes it with its last VM -->\n"
		"<Menu>\n\t<Name>Applications</Name>\n");

	for (size_t i = 0; vms[i]; i++)
		g_string_append_printf(menu,
			"\t<Menu>\n\t\t<Name>oriel-%s</Name>\n"
			"\t\t<Directory>oriel-%s.directory</Directory>\n"
			"\t\t<Include><Category>X-Oriel-%s</Category></Include>\n\t</Menu>\n",
			vms[i], vms[i], vms[i]);
	g_string_append(menu, "</Menu>\n");
	return g_string_free(menu, FALSE);
}

#include "application.h"

#include <string.h>

#include "desktop-lists.h"
#include "safe-text.h"

/* The keys of a file of applications. */
#define KEY_NAME "Name"
#define KEY_GENERIC_NAME "GenericName"
#define KEY_COMMENT "Comment"
#define KEY_KEYWORDS "Keywords"
#define KEY_CATEGORIES "Categories"
#define KEY_MIME_TYPES "MimeType"
#define KEY_WM_CLASS "StartupWMClass"
#define KEY_ICON "Icon"
#define KEY_ICON_STAMP "IconStamp"
#define KEY_OPENS "Opens"
#define KEY_ACTIONS "Actions"
#define ACTION_SEPARATOR ":" /* between an application's id and its action's */

static char *clean(struct vp_text text)
{
	return g_strstrip(hc_safe_text(text));
}

static char *copy(struct vp_text text)
{
	return g_strndup(text.data, text.len);
}

static void action_free(void *data)
{
	struct hc_action *action = data;

	g_free(action->id);
	g_free(action->name);
	g_free(action->icon);
	g_free(action);
}

struct hc_application *hc_application_create(const struct hc_link_application *message)
{
	struct hc_application *application;
	g_autofree char *name = clean(message->name);

	if (!hc_safe_application_id(message->id) || !*name)
		return NULL;
	application = g_new0(struct hc_application, 1);
	application->id = copy(message->id);
	application->name = g_steal_pointer(&name);
	application->generic_name = clean(message->generic_name);
	application->comment = clean(message->comment);
	application->keywords = hc_desktop_keywords(message->keywords);
	application->categories = hc_desktop_categories(message->categories);
	application->mime_types = hc_desktop_mime_types(message->mime_types);
	application->wm_class = clean(message->wm_class);
	application->icon = clean(message->icon);
	application->icon_stamp = message->icon_stamp;
	application->opens = message->opens != 0;
	application->actions = g_ptr_array_new_with_free_func(action_free);
	return application;
}

const struct hc_action *hc_application_find_action(
	const struct hc_application *application, const char *id)
{
	for (guint i = 0; i < application->actions->len; i++) {
		const struct hc_action *action = g_ptr_array_index(application->actions, i);

		if (strcmp(action->id, id) == 0)
			return action;
	}
	return NULL;
}

void hc_application_add_action(
	struct hc_application *application, const struct hc_link_application_action *message)
{
	g_autofree char *id = copy(message->id);
	g_autofree char *name = clean(message->name);
	struct hc_action *action;

	if (!hc_safe_action_id(message->id) || !*name ||
		application->actions->len >= VP_ACTIONS_MAX ||
		hc_application_find_action(application, id))
		return;
	action = g_new0(struct hc_action, 1);
	action->id = g_steal_pointer(&id);
	action->name = g_steal_pointer(&name);
	action->icon = clean(message->icon);
	g_ptr_array_add(application->actions, action);
}

void hc_application_free(void *data)
{
	struct hc_application *application = data;

	if (!application)
		return;
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

static void save_actions(const struct hc_application *application, GKeyFile *file)
{
	GString *ids = g_string_new(NULL);

	for (guint i = 0; i < application->actions->len; i++) {
		const struct hc_action *action = g_ptr_array_index(application->actions, i);
		g_autofree char *group =
			g_strconcat(application->id, ACTION_SEPARATOR, action->id, NULL);

		g_string_append_printf(ids, "%s;", action->id);
		g_key_file_set_string(file, group, KEY_NAME, action->name);
		g_key_file_set_string(file, group, KEY_ICON, action->icon);
	}
	g_key_file_set_string(file, application->id, KEY_ACTIONS, ids->str);
	g_string_free(ids, TRUE);
}

void hc_application_save(const struct hc_application *application, GKeyFile *file)
{
	const char *group = application->id;

	g_key_file_set_string(file, group, KEY_NAME, application->name);
	g_key_file_set_string(file, group, KEY_GENERIC_NAME, application->generic_name);
	g_key_file_set_string(file, group, KEY_COMMENT, application->comment);
	g_key_file_set_string(file, group, KEY_KEYWORDS, application->keywords);
	g_key_file_set_string(file, group, KEY_CATEGORIES, application->categories);
	g_key_file_set_string(file, group, KEY_MIME_TYPES, application->mime_types);
	g_key_file_set_string(file, group, KEY_WM_CLASS, application->wm_class);
	g_key_file_set_string(file, group, KEY_ICON, application->icon);
	g_key_file_set_uint64(file, group, KEY_ICON_STAMP, application->icon_stamp);
	g_key_file_set_boolean(file, group, KEY_OPENS, application->opens);
	save_actions(application, file);
}

/* A value as it came once; texts collects what is to be freed. */
static struct vp_text get(
	GKeyFile *file, const char *group, const char *key, size_t max, GPtrArray *texts)
{
	char *text = g_key_file_get_string(file, group, key, NULL);

	if (!text)
		text = g_strdup("");
	g_ptr_array_add(texts, text);
	return vp_text_from(text, max);
}

static void load_action(struct hc_application *application, GKeyFile *file, const char *id)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *group = g_strconcat(application->id, ACTION_SEPARATOR, id, NULL);
	const struct hc_link_application_action message = {
		.id = vp_text_from(id, VP_ACTION_ID_MAX),
		.name = get(file, group, KEY_NAME, VP_NAME_MAX, texts),
		.icon = get(file, group, KEY_ICON, VP_NAME_MAX, texts),
	};

	hc_application_add_action(application, &message);
}

struct hc_application *hc_application_load(GKeyFile *file, const char *group)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *actions = g_key_file_get_string(file, group, KEY_ACTIONS, NULL);
	g_auto(GStrv) ids = g_strsplit(actions ? actions : "", ";", -1);
	const struct hc_link_application message = {
		.id = vp_text_from(group, VP_APPLICATION_ID_MAX),
		.name = get(file, group, KEY_NAME, VP_NAME_MAX, texts),
		.generic_name = get(file, group, KEY_GENERIC_NAME, VP_NAME_MAX, texts),
		.comment = get(file, group, KEY_COMMENT, VP_REASON_MAX, texts),
		.keywords = get(file, group, KEY_KEYWORDS, VP_KEYWORDS_MAX, texts),
		.categories = get(file, group, KEY_CATEGORIES, VP_REASON_MAX, texts),
		.mime_types = get(file, group, KEY_MIME_TYPES, VP_MIME_TYPES_MAX, texts),
		.wm_class = get(file, group, KEY_WM_CLASS, VP_CLASS_MAX, texts),
		.icon = get(file, group, KEY_ICON, VP_NAME_MAX, texts),
		.icon_stamp = g_key_file_get_uint64(file, group, KEY_ICON_STAMP, NULL),
		.opens = g_key_file_get_boolean(file, group, KEY_OPENS, NULL) ? 1 : 0,
	};
	struct hc_application *application = hc_application_create(&message);

	for (size_t i = 0; application && ids[i]; i++)
		load_action(application, file, ids[i]);
	return application;
}

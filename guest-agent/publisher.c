#include "publisher.h"

#include <glib.h>
#include <string.h>

#include "application-entry.h"
#include "applications.h"
#include "icon-reader.h"
#include "menu-watch.h"

enum {
	QUEUED_MAX = 64 * 1024, /* bytes that wait; more is queued when they have gone */
	LISTS_MAX = 64, /* asked for and not yet told */
};

struct ga_publisher {
	const struct ga_publisher_listener *listener;
	void *data;
	struct ga_menu_watch *watch; /* NULL: nobody has asked */
	struct ga_icon_reader *icons;
	char **languages;
	GQueue serials; /* of the lists that are still to be told */
	GPtrArray *applications; /* of the list that is being told, NULL none */
	guint next; /* of them */
	uint64_t icon_stamp;
};

static bool has_room(const struct ga_publisher *publisher, enum vp_channel channel)
{
	return publisher->listener->queued(publisher->data, channel) < QUEUED_MAX;
}

static bool tell(struct ga_publisher *publisher, const struct vp_message *message)
{
	return publisher->listener->tell(publisher->data, message);
}

static void handle_icon(void *data, uint32_t serial, uint16_t size, struct vp_bytes pixels)
{
	tell(data, VP_MESSAGE(APPLICATION_ICON, application_icon, .serial = serial, .size = size,
			   .pixels = pixels));
}

static void handle_icons_end(void *data, uint32_t serial)
{
	tell(data, VP_MESSAGE(APPLICATION_ICONS_END, application_icons_end, .serial = serial));
}

static const struct ga_icon_reader_listener icon_listener = {
	.icon = handle_icon,
	.end = handle_icons_end,
};

struct ga_publisher *ga_publisher_create(
	const char *icons_program, const struct ga_publisher_listener *listener, void *data)
{
	struct ga_publisher *publisher = g_new0(struct ga_publisher, 1);
	publisher->listener = listener;
	publisher->data = data;
	publisher->icons = ga_icon_reader_create(icons_program, &icon_listener, publisher);
	g_queue_init(&publisher->serials);
	return publisher;
}

static void end_list(struct ga_publisher *publisher)
{
	g_clear_pointer(&publisher->applications, g_ptr_array_unref);
	publisher->next = 0;
}

void ga_publisher_primary_lost(struct ga_publisher *publisher)
{
	end_list(publisher);
	g_queue_clear(&publisher->serials);
	ga_icon_reader_cancel(publisher->icons);
	g_clear_pointer(&publisher->watch, ga_menu_watch_destroy);
}

void ga_publisher_destroy(struct ga_publisher *publisher)
{
	if (publisher == NULL)
		return;
	ga_publisher_primary_lost(publisher);
	ga_icon_reader_destroy(publisher->icons);
	g_strfreev(publisher->languages);
	g_free(publisher);
}

/* Lists */

static void handle_request(
	struct ga_publisher *publisher, const struct vp_applications_request *request)
{
	g_autofree char *languages = g_strndup(request->languages.data, request->languages.len);
	g_strfreev(publisher->languages);
	publisher->languages = languages[0] != '\0'
				       ? g_strsplit(languages, ":", -1)
				       : g_strdupv((char **)(uintptr_t)g_get_language_names());
	if (publisher->watch == NULL)
		publisher->watch = ga_menu_watch_create();
	if (g_queue_get_length(&publisher->serials) < LISTS_MAX)
		g_queue_push_tail(&publisher->serials, GUINT_TO_POINTER(request->serial));
}

static void begin_list(struct ga_publisher *publisher)
{
	ga_menu_watch_start(publisher->watch);
	publisher->icon_stamp = ga_menu_watch_icon_stamp();
	publisher->applications = ga_applications_list((const char *const *)publisher->languages);
	publisher->next = 0;
}

/* A list that is too long for its field loses its last words, not half of one. */
static struct vp_text list_text(const char *list, size_t max)
{
	struct vp_text text = vp_text_from(list, max);
	while (text.len > 0 && text.data[text.len - 1] != ';')
		text.len--;
	return text;
}

static void tell_actions(
	struct ga_publisher *publisher, uint32_t serial, const struct ga_application *application)
{
	guint count = MIN(application->actions->len, VP_ACTIONS_MAX);
	for (guint i = 0; i < count; i++) {
		const struct ga_application_action *action =
			g_ptr_array_index(application->actions, i);
		if (strlen(action->id) <= VP_ACTION_ID_MAX && action->name[0] != '\0')
			tell(publisher,
				VP_MESSAGE(APPLICATION_ACTION, application_action, .serial = serial,
					.application = vp_text_from(
						application->id, VP_APPLICATION_ID_MAX),
					.id = vp_text_from(action->id, VP_ACTION_ID_MAX),
					.name = vp_text_from(action->name, VP_NAME_MAX),
					.icon = vp_text_from(action->icon, VP_NAME_MAX)));
	}
}

static void tell_application(
	struct ga_publisher *publisher, uint32_t serial, const struct ga_application *application)
{
	/* An id that is cut would name another application. */
	if (strlen(application->id) > VP_APPLICATION_ID_MAX || application->name[0] == '\0' ||
		!g_utf8_validate(application->id, -1, NULL))
		return;
	tell(publisher,
		VP_MESSAGE(APPLICATION, application, .serial = serial,
			.id = vp_text_from(application->id, VP_APPLICATION_ID_MAX),
			.name = vp_text_from(application->name, VP_NAME_MAX),
			.generic_name = vp_text_from(application->generic_name, VP_NAME_MAX),
			.comment = vp_text_from(application->comment, VP_REASON_MAX),
			.keywords = list_text(application->keywords, VP_KEYWORDS_MAX),
			.categories = list_text(application->categories, VP_REASON_MAX),
			.mime_types = list_text(application->mime_types, VP_MIME_TYPES_MAX),
			.wm_class = vp_text_from(application->wm_class, VP_CLASS_MAX),
			.icon = vp_text_from(application->icon, VP_NAME_MAX),
			.icon_stamp = publisher->icon_stamp, .opens = application->opens));
	tell_actions(publisher, serial, application);
}

/* Tells as much of the first list as there is room for. True if that was all of it. */
static bool tell_list(struct ga_publisher *publisher)
{
	uint32_t serial = GPOINTER_TO_UINT(g_queue_peek_head(&publisher->serials));
	if (publisher->applications == NULL)
		begin_list(publisher);
	while (publisher->next < publisher->applications->len) {
		if (!has_room(publisher, VP_CHANNEL_LAUNCH))
			return false;
		tell_application(publisher, serial,
			g_ptr_array_index(publisher->applications, publisher->next++));
	}
	tell(publisher, VP_MESSAGE(APPLICATIONS_END, applications_end, .serial = serial));
	g_queue_pop_head(&publisher->serials);
	end_list(publisher);
	return true;
}

/* Icons */

static void handle_icons_request(
	struct ga_publisher *publisher, const struct vp_application_icons_request *request)
{
	g_autofree char *id = g_strndup(request->application.data, request->application.len);
	g_autofree char *action = g_strndup(request->action.data, request->action.len);
	g_autofree char *icon = ga_applications_icon(id, action);
	if (icon[0] == '\0' || !ga_icon_reader_add(publisher->icons, request->serial, icon))
		handle_icons_end(publisher, request->serial);
}

void ga_publisher_handle_message(struct ga_publisher *publisher, const struct vp_message *message)
{
	if (message->op == VP_OP_APPLICATIONS_REQUEST)
		handle_request(publisher, &message->applications_request);
	else if (message->op == VP_OP_APPLICATION_ICONS_REQUEST)
		handle_icons_request(publisher, &message->application_icons_request);
}

int64_t ga_publisher_deadline(const struct ga_publisher *publisher)
{
	return publisher->watch != NULL ? ga_menu_watch_deadline(publisher->watch) : -1;
}

bool ga_publisher_dispatch(struct ga_publisher *publisher)
{
	bool room = has_room(publisher, VP_CHANNEL_LAUNCH);
	bool lists;
	if (publisher->watch != NULL && ga_menu_watch_take(publisher->watch) &&
		g_queue_get_length(&publisher->serials) < LISTS_MAX)
		g_queue_push_tail(&publisher->serials, GUINT_TO_POINTER(0));
	lists = !g_queue_is_empty(&publisher->serials);
	while (!g_queue_is_empty(&publisher->serials) && tell_list(publisher))
		continue;
	if (has_room(publisher, VP_CHANNEL_BULK))
		ga_icon_reader_go_on(publisher->icons);
	return room && lists;
}

#define G_LOG_DOMAIN "hc-applications"

#include "applications.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "safe-text.h"

enum {
	PIXEL_BYTES = 4,
	/* Of one icon: the broker wants a few, and ignores more. */
	SIZES_MAX = 16,
};

struct hc_applications {
	void (*tell)(void *data, const struct hc_link_message *message, int fd);
	void *data;
	size_t list_bytes; /* of the list that is coming */
	size_t list_count;
	bool skips_list; /* its beginning was told to a broker that is gone */
	GHashTable *icons; /* serial that the broker waits for → sizes that have come */
};

struct hc_applications *hc_applications_create(
	void (*tell)(void *data, const struct hc_link_message *message, int fd), void *data)
{
	struct hc_applications *applications = g_new0(struct hc_applications, 1);

	applications->tell = tell;
	applications->data = data;
	applications->icons = g_hash_table_new(NULL, NULL);
	return applications;
}

void hc_applications_destroy(struct hc_applications *applications)
{
	if (applications == NULL)
		return;
	g_hash_table_destroy(applications->icons);
	g_free(applications);
}

void hc_applications_forget(struct hc_applications *applications)
{
	applications->list_bytes = 0;
	applications->list_count = 0;
	applications->skips_list = false;
	g_hash_table_remove_all(applications->icons);
}

void hc_applications_lose_broker(struct hc_applications *applications)
{
	applications->skips_list = applications->list_count > 0;
	g_hash_table_remove_all(applications->icons);
}

struct vp_text hc_applications_languages(void)
{
	static char *languages;

	if (languages == NULL)
		languages = g_strjoinv(":", (char **)(uintptr_t)g_get_language_names());
	return vp_text_from(languages, VP_REASON_MAX);
}

void hc_applications_expect_icons(struct hc_applications *applications, uint32_t serial)
{
	g_hash_table_insert(applications->icons, GUINT_TO_POINTER(serial), GUINT_TO_POINTER(0));
}

/* The cleaned text, which lives as long as texts, where it is kept. */
static struct vp_text clean(struct vp_text given, GPtrArray *texts)
{
	char *safe = g_strstrip(hc_safe_text(given));

	g_ptr_array_add(texts, safe);
	return vp_text_from(safe, given.len);
}

static void relay_application(
	struct hc_applications *applications, const struct vp_application *given)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	const struct hc_link_application sent = {
		.serial = given->serial,
		.id = given->id,
		.name = clean(given->name, texts),
		.generic_name = clean(given->generic_name, texts),
		.comment = clean(given->comment, texts),
		.keywords = clean(given->keywords, texts),
		.categories = given->categories,
		.mime_types = given->mime_types,
		.wm_class = clean(given->wm_class, texts),
		.icon = clean(given->icon, texts),
		.icon_stamp = given->icon_stamp,
		.opens = given->opens,
	};
	const struct hc_link_message message = {
		.op = HC_LINK_OP_APPLICATION,
		.application = sent,
	};

	if (hc_safe_application_id(sent.id) && sent.name.len > 0 && !applications->skips_list)
		applications->tell(applications->data, &message, -1);
}

static void relay_action(
	struct hc_applications *applications, const struct vp_application_action *given)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	const struct hc_link_application_action sent = {
		.serial = given->serial,
		.application = given->application,
		.id = given->id,
		.name = clean(given->name, texts),
		.icon = clean(given->icon, texts),
	};
	const struct hc_link_message message = {
		.op = HC_LINK_OP_APPLICATION_ACTION,
		.application_action = sent,
	};

	if (hc_safe_application_id(sent.application) && hc_safe_action_id(sent.id) &&
		sent.name.len > 0 && !applications->skips_list)
		applications->tell(applications->data, &message, -1);
}

/* A memfd that nobody can change any more; -1 if there is none to be had. */
static int share_pixels(struct vp_bytes pixels)
{
	int fd = memfd_create("oriel-icon", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && write(fd, pixels.data, pixels.len) == (ssize_t)pixels.len &&
		fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ==
			0)
		return fd;
	g_message("an icon is left out: %s", g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* What nobody waits for, or too much of it, is not looked at. */
static bool expects_icon(struct hc_applications *applications, uint32_t serial)
{
	void *key = GUINT_TO_POINTER(serial);
	void *count = NULL;

	if (!g_hash_table_lookup_extended(applications->icons, key, NULL, &count) ||
		GPOINTER_TO_UINT(count) >= SIZES_MAX)
		return false;
	g_hash_table_insert(
		applications->icons, key, GUINT_TO_POINTER(GPOINTER_TO_UINT(count) + 1));
	return true;
}

static void relay_icon(struct hc_applications *applications, const struct vp_application_icon *icon)
{
	int fd;

	if (!expects_icon(applications, icon->serial))
		return;
	fd = share_pixels(icon->pixels);
	if (fd < 0)
		return;
	applications->tell(applications->data,
		HC_LINK_MESSAGE(APPLICATION_ICON, application_icon, .serial = icon->serial,
			.size = icon->size),
		fd);
	close(fd);
}

static void relay_icons_end(struct hc_applications *applications, uint32_t serial)
{
	if (g_hash_table_remove(applications->icons, GUINT_TO_POINTER(serial)))
		applications->tell(applications->data,
			HC_LINK_MESSAGE(
				APPLICATION_ICONS_END, application_icons_end, .serial = serial),
			-1);
}

static void relay_list_end(struct hc_applications *applications, uint32_t serial)
{
	if (!applications->skips_list)
		applications->tell(applications->data,
			HC_LINK_MESSAGE(APPLICATIONS_END, applications_end, .serial = serial), -1);
	applications->list_bytes = 0;
	applications->list_count = 0;
	applications->skips_list = false;
}

static size_t application_bytes(const struct vp_application *application)
{
	return sizeof(*application) + application->id.len + application->name.len +
	       application->generic_name.len + application->comment.len +
	       application->keywords.len + application->categories.len +
	       application->mime_types.len + application->wm_class.len + application->icon.len;
}

static size_t action_bytes(const struct vp_application_action *action)
{
	return sizeof(*action) + action->application.len + action->id.len + action->name.len +
	       action->icon.len;
}

static const char *count_bytes(struct hc_applications *applications, size_t bytes)
{
	applications->list_bytes += bytes;
	if (applications->list_bytes > VP_APPLICATIONS_BYTES_MAX)
		return "its list of applications is too long";
	return NULL;
}

static const char *handle_application(
	struct hc_applications *applications, const struct vp_application *application)
{
	const char *problem = count_bytes(applications, application_bytes(application));

	if (++applications->list_count > VP_APPLICATIONS_MAX)
		problem = "it has too many applications";
	if (problem == NULL)
		relay_application(applications, application);
	return problem;
}

static const char *handle_action(
	struct hc_applications *applications, const struct vp_application_action *action)
{
	const char *problem = count_bytes(applications, action_bytes(action));

	if (problem == NULL)
		relay_action(applications, action);
	return problem;
}

const char *hc_applications_handle_message(struct hc_applications *applications,
	const struct vp_message *message, enum vp_bye_reason *reason)
{
	*reason = VP_BYE_LIMIT;
	switch ((int)message->op) {
	case VP_OP_APPLICATION:
		return handle_application(applications, &message->application);
	case VP_OP_APPLICATION_ACTION:
		return handle_action(applications, &message->application_action);
	case VP_OP_APPLICATIONS_END:
		relay_list_end(applications, message->applications_end.serial);
		return NULL;
	case VP_OP_APPLICATION_ICON:
		if (message->application_icon.pixels.len != (size_t)message->application_icon.size *
								    message->application_icon.size *
								    PIXEL_BYTES) {
			*reason = VP_BYE_PROTOCOL_ERROR;
			return "an icon has the wrong length";
		}
		relay_icon(applications, &message->application_icon);
		return NULL;
	case VP_OP_APPLICATION_ICONS_END:
		relay_icons_end(applications, message->application_icons_end.serial);
		return NULL;
	default:
		return NULL;
	}
}

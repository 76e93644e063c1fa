/*
 * What a guest says of an application, its fields separated by newlines of their own kind (0xff):
 * whatever it is, the entry made from it is a desktop file with the primary's command and no group
 * that was not asked for, and what is kept of it makes the same entry.
 */
#include <string.h>

#include "application.h"
#include "fuzz.h"
#include "menu-entry.h"

#define GROUP G_KEY_FILE_DESKTOP_GROUP

enum { SEPARATOR = 0xff };

/* Of the fields: what the link lets through. */
static const size_t lengths[] = { VP_APPLICATION_ID_MAX, VP_NAME_MAX, VP_NAME_MAX, VP_REASON_MAX,
	VP_KEYWORDS_MAX, VP_REASON_MAX, VP_MIME_TYPES_MAX, VP_CLASS_MAX, VP_NAME_MAX, 1,
	VP_ACTION_ID_MAX, VP_NAME_MAX };

enum { FIELDS = G_N_ELEMENTS(lengths) };

static const struct hc_menu_owner owner = { "work", "/usr/bin/oriel" };

static struct vp_text fields[FIELDS];

/* False if what comes is nothing that the link would let through. */
static bool split(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	for (size_t i = 0; i < FIELDS; i++) {
		const uint8_t *at = memchr(data, SEPARATOR, (size_t)(end - data));
		const uint8_t *stop = at != NULL ? at : end;
		fields[i] = (struct vp_text){ (const char *)data, (size_t)(stop - data) };
		if (fields[i].len > lengths[i] ||
			memchr(fields[i].data, '\0', fields[i].len) != NULL ||
			!g_utf8_validate(fields[i].data, (gssize)fields[i].len, NULL))
			return false;
		data = at != NULL ? at + 1 : end;
	}
	return true;
}

static struct hc_application *make_application(void)
{
	const struct hc_link_application message = {
		.id = fields[0],
		.name = fields[1],
		.generic_name = fields[2],
		.comment = fields[3],
		.keywords = fields[4],
		.categories = fields[5],
		.mime_types = fields[6],
		.wm_class = fields[7],
		.icon = fields[8],
		.opens = fields[9].len > 0,
	};
	struct hc_application *application = hc_application_create(&message);
	const struct hc_link_application_action action = {
		.application = fields[0],
		.id = fields[10],
		.name = fields[11],
		.icon = fields[8],
	};
	if (application != NULL)
		hc_application_add_action(application, &action);
	return application;
}

static char *make_entry(const struct hc_application *application)
{
	g_autoptr(GHashTable) icons = g_hash_table_new(g_str_hash, g_str_equal);
	return hc_menu_entry(&owner, application, icons);
}

static void check_key(GKeyFile *file, const char *group, const char *key, const char *wanted)
{
	g_autofree char *value = g_key_file_get_string(file, group, key, NULL);
	fuzz_require(g_strcmp0(value, wanted) == 0);
}

static void check_texts(GKeyFile *file, const char *group)
{
	g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, NULL);
	for (size_t i = 0; keys[i] != NULL; i++) {
		g_autofree char *value = g_key_file_get_string(file, group, keys[i], NULL);
		fuzz_require(value != NULL && g_utf8_validate(value, -1, NULL));
		for (const char *at = value; *at != '\0'; at++)
			fuzz_require(!g_ascii_iscntrl(*at));
	}
}

static void check_entry(const struct hc_application *application, const char *entry)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	fuzz_require(g_key_file_load_from_data(file, entry, strlen(entry), G_KEY_FILE_NONE, NULL));
	g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
	fuzz_require(g_strv_length(groups) == 1 + application->actions->len);
	g_autofree char *line = g_strdup_printf(
		"/usr/bin/oriel run work %s%s", application->id, application->opens ? " %U" : "");
	check_key(file, GROUP, G_KEY_FILE_DESKTOP_KEY_EXEC, line);
	check_key(file, GROUP, "X-Oriel-VM", "work");
	for (size_t i = 0; groups[i] != NULL; i++)
		check_texts(file, groups[i]);
}

/* What a broker finds of it after its restart. */
static void check_kept(const struct hc_application *application, const char *entry)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	hc_application_save(application, file);
	g_autofree char *text = g_key_file_to_data(file, NULL, NULL);
	g_autoptr(GKeyFile) again = g_key_file_new();
	fuzz_require(g_key_file_load_from_data(again, text, strlen(text), G_KEY_FILE_NONE, NULL));
	struct hc_application *kept = hc_application_load(again, application->id);
	fuzz_require(kept != NULL);
	g_autofree char *same = make_entry(kept);
	fuzz_require(strcmp(same, entry) == 0);
	hc_application_free(kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hc_application *application = split(data, size) ? make_application() : NULL;
	if (application == NULL)
		return 0;
	g_autofree char *entry = make_entry(application);
	check_entry(application, entry);
	check_kept(application, entry);
	hc_application_free(application);
	return 0;
}

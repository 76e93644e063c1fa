#define G_LOG_DOMAIN "hc-menu"

#include "icon-stamps.h"

#include <string.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "paths.h"

/* Groups of the file: what has an icon, and what has none, by the names of icons. */
#define PRESENT "present"
#define MISSING "missing"
#define BADGE "badge"
#define KEY_COLOUR "colour"

#define SUFFIX ".icons"

enum { DIRECTORY_MODE = 0700 };

struct hc_icon_stamps {
	char *path;
	GKeyFile *file;
	bool changed;
};

char *hc_icon_stamps_path(const char *vm)
{
	g_autofree char *directory = hc_path_applications();

	return g_strdup_printf("%s/%s" SUFFIX, directory, vm);
}

void hc_icon_stamps_keep_vms(GHashTable *vms)
{
	g_autofree char *path = hc_path_applications();
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *file;

	while (directory && (file = g_dir_read_name(directory))) {
		g_autofree char *vm = g_strdup(file);
		g_autofree char *whole = g_build_filename(path, file, NULL);

		if (!g_str_has_suffix(file, SUFFIX))
			continue;
		vm[strlen(vm) - strlen(SUFFIX)] = '\0';
		if (!g_hash_table_contains(vms, vm))
			g_unlink(whole);
	}
}

struct hc_icon_stamps *hc_icon_stamps_create(const char *path)
{
	struct hc_icon_stamps *stamps = g_new0(struct hc_icon_stamps, 1);

	stamps->path = g_strdup(path);
	stamps->file = g_key_file_new();
	g_key_file_load_from_file(stamps->file, path, G_KEY_FILE_NONE, NULL);
	return stamps;
}

void hc_icon_stamps_destroy(struct hc_icon_stamps *stamps)
{
	if (!stamps)
		return;
	hc_icon_stamps_save(stamps);
	g_key_file_unref(stamps->file);
	g_free(stamps->path);
	g_free(stamps);
}

bool hc_icon_stamps_set_colour(struct hc_icon_stamps *stamps, uint32_t colour)
{
	if (g_key_file_has_key(stamps->file, BADGE, KEY_COLOUR, NULL) &&
		g_key_file_get_uint64(stamps->file, BADGE, KEY_COLOUR, NULL) == colour)
		return false;
	g_key_file_remove_group(stamps->file, PRESENT, NULL);
	g_key_file_remove_group(stamps->file, MISSING, NULL);
	g_key_file_set_uint64(stamps->file, BADGE, KEY_COLOUR, colour);
	stamps->changed = true;
	return true;
}

static bool find_in(
	const struct hc_icon_stamps *stamps, const char *group, const char *name, uint64_t stamp)
{
	return g_key_file_has_key(stamps->file, group, name, NULL) &&
	       g_key_file_get_uint64(stamps->file, group, name, NULL) == stamp;
}

bool hc_icon_stamps_find(
	const struct hc_icon_stamps *stamps, const char *name, uint64_t stamp, bool *present)
{
	*present = find_in(stamps, PRESENT, name, stamp);
	return *present || find_in(stamps, MISSING, name, stamp);
}

void hc_icon_stamps_set(
	struct hc_icon_stamps *stamps, const char *name, uint64_t stamp, bool present)
{
	g_key_file_remove_key(stamps->file, present ? MISSING : PRESENT, name, NULL);
	g_key_file_set_uint64(stamps->file, present ? PRESENT : MISSING, name, stamp);
	stamps->changed = true;
}

static void keep_in(struct hc_icon_stamps *stamps, const char *group, GHashTable *names)
{
	g_auto(GStrv) keys = g_key_file_get_keys(stamps->file, group, NULL, NULL);

	for (size_t i = 0; keys && keys[i]; i++) {
		if (g_hash_table_contains(names, keys[i]))
			continue;
		g_key_file_remove_key(stamps->file, group, keys[i], NULL);
		stamps->changed = true;
	}
}

void hc_icon_stamps_keep(struct hc_icon_stamps *stamps, GHashTable *names)
{
	keep_in(stamps, PRESENT, names);
	keep_in(stamps, MISSING, names);
}

void hc_icon_stamps_save(struct hc_icon_stamps *stamps)
{
	g_autofree char *directory = g_path_get_dirname(stamps->path);
	g_autoptr(GError) error = NULL;

	if (!stamps->changed)
		return;
	stamps->changed = false;
	g_mkdir_with_parents(directory, DIRECTORY_MODE);
	if (!g_key_file_save_to_file(stamps->file, stamps->path, &error))
		g_warning("which icons there are is not kept: %s", error->message);
}

#define G_LOG_DOMAIN "hc-menu"

#include "menu-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <glib/gstdio.h>

#define ENTRY_SUFFIX ".desktop"
#define DIRECTORY_SUFFIX ".directory"
#define ICON_SUFFIX ".png"
#define PREFIX "oriel-"
#define TEMPORARY_PREFIX ".oriel-"
#define TEMPORARY_LETTERS "XXXXXX"

enum { DIRECTORY_MODE = 0700, FILE_MODE = 0644, OWN_FILE_MAX = 256 * 1024 };

const unsigned int hc_menu_icon_sizes[HC_MENU_ICON_SIZES] = { 16, 24, 32, 48, 64, 128, 256 };

struct hc_menu_files {
	char *applications; /* $XDG_DATA_HOME/applications */
	char *entries; /* the directory in it that is Oriel's */
	char *theme; /* $XDG_DATA_HOME/icons/hicolor */
	char *directories;
	char *groups; /* the file */
	bool changed;
};

struct hc_menu_files *hc_menu_files_create(void)
{
	struct hc_menu_files *files = g_new0(struct hc_menu_files, 1);
	const char *data = g_get_user_data_dir();

	files->applications = g_build_filename(data, "applications", NULL);
	files->entries = g_build_filename(files->applications, "oriel", NULL);
	files->theme = g_build_filename(data, "icons", "hicolor", NULL);
	files->directories = g_build_filename(data, "desktop-directories", NULL);
	files->groups = g_build_filename(
		g_get_user_config_dir(), "menus", "applications-merged", "oriel.menu", NULL);
	return files;
}

void hc_menu_files_destroy(struct hc_menu_files *files)
{
	if (!files)
		return;
	g_free(files->applications);
	g_free(files->entries);
	g_free(files->theme);
	g_free(files->directories);
	g_free(files->groups);
	g_free(files);
}

static char *icon_directory(const struct hc_menu_files *files, unsigned int size)
{
	g_autofree char *name = g_strdup_printf("%ux%u", size, size);

	return g_build_filename(files->theme, name, "apps", NULL);
}

/* NULL if it is not there, or more than any file of Oriel. */
static GBytes *read_file(const char *path)
{
	GStatBuf status;
	char *text;
	gsize len;

	if (g_lstat(path, &status) < 0 || !S_ISREG(status.st_mode) ||
		status.st_size > OWN_FILE_MAX || !g_file_get_contents(path, &text, &len, NULL))
		return NULL;
	return g_bytes_new_take(text, len);
}

static bool has_marker(GBytes *content)
{
	gsize len;
	const char *text = g_bytes_get_data(content, &len);

	return text && g_strstr_len(text, (gssize)len, HC_MENU_MARKER);
}

/* Nothing, or a file of Oriel. */
static bool may_replace(const char *path, GBytes *present, bool marked)
{
	if (!present)
		return !g_file_test(path, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK);
	return !marked || has_marker(present);
}

/* A new file beside the one that it will replace; the directory is made when it is missing. */
static int open_temporary(const char *directory, char *path)
{
	int fd = g_mkstemp_full(path, O_WRONLY | O_CLOEXEC, FILE_MODE);

	if (fd >= 0 || errno != ENOENT || g_mkdir_with_parents(directory, DIRECTORY_MODE) < 0)
		return fd;
	memcpy(path + strlen(path) - strlen(TEMPORARY_LETTERS), TEMPORARY_LETTERS,
		strlen(TEMPORARY_LETTERS));
	return g_mkstemp_full(path, O_WRONLY | O_CLOEXEC, FILE_MODE);
}

/* The old file stays until the new one is complete. What a crash of the machine takes is written
 * again when the broker next starts, so that nothing waits for the disk. */
static bool replace_file(const char *directory, const char *path, GBytes *content)
{
	g_autofree char *temporary =
		g_build_filename(directory, TEMPORARY_PREFIX TEMPORARY_LETTERS, NULL);
	gsize len;
	const void *data = g_bytes_get_data(content, &len);
	int fd = open_temporary(directory, temporary);
	bool written;

	if (fd < 0)
		return false;
	written = write(fd, data, len) == (ssize_t)len;
	if (close(fd) == 0 && written && g_rename(temporary, path) == 0)
		return true;
	g_unlink(temporary);
	return false;
}

static void put(struct hc_menu_files *files, const char *path, GBytes *content, bool marked)
{
	g_autofree char *directory = g_path_get_dirname(path);
	g_autoptr(GBytes) present = read_file(path);

	if (present && g_bytes_equal(present, content))
		return;
	if (!may_replace(path, present, marked)) {
		g_message("%s is somebody else's, and stays as it is", path);
		return;
	}
	if (replace_file(directory, path, content))
		files->changed = true;
	else
		g_warning("%s cannot be written: %s", path, g_strerror(errno));
}

static void put_text(
	struct hc_menu_files *files, const char *directory, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autoptr(GBytes) content = g_bytes_new_static(text, strlen(text));

	put(files, path, content, true);
}

static void remove_file(struct hc_menu_files *files, const char *path, bool marked)
{
	g_autoptr(GBytes) present = marked ? read_file(path) : NULL;

	if (marked && (!present || !has_marker(present)))
		return;
	if (g_unlink(path) == 0)
		files->changed = true;
	else if (errno != ENOENT)
		g_warning("%s cannot be removed: %s", path, g_strerror(errno));
}

static void put_or_remove(
	struct hc_menu_files *files, const char *directory, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);

	if (text)
		put_text(files, directory, name, text);
	else
		remove_file(files, path, true);
}

void hc_menu_files_put_entry(struct hc_menu_files *files, const char *name, const char *text)
{
	put_text(files, files->entries, name, text);
}

void hc_menu_files_put_directory(struct hc_menu_files *files, const char *vm, const char *text)
{
	g_autofree char *name = g_strconcat(PREFIX, vm, DIRECTORY_SUFFIX, NULL);

	put_or_remove(files, files->directories, name, text);
}

void hc_menu_files_put_groups(struct hc_menu_files *files, const char *text)
{
	g_autofree char *directory = g_path_get_dirname(files->groups);
	g_autofree char *name = g_path_get_basename(files->groups);

	put_or_remove(files, directory, name, text);
}

static char *icon_path(const struct hc_menu_files *files, const char *name, unsigned int size)
{
	g_autofree char *directory = icon_directory(files, size);
	g_autofree char *file = g_strconcat(name, ICON_SUFFIX, NULL);

	return g_build_filename(directory, file, NULL);
}

void hc_menu_files_put_icon(
	struct hc_menu_files *files, const char *name, unsigned int size, GBytes *png)
{
	g_autofree char *path = icon_path(files, name, size);

	put(files, path, png, false);
}

bool hc_menu_files_has_icon(const struct hc_menu_files *files, const char *name)
{
	for (size_t i = 0; i < HC_MENU_ICON_SIZES; i++) {
		g_autofree char *path = icon_path(files, name, hc_menu_icon_sizes[i]);

		if (g_file_test(path, G_FILE_TEST_EXISTS))
			return true;
	}
	return false;
}

/* Removing */

void hc_menu_files_remove_icon(struct hc_menu_files *files, const char *name, unsigned int size)
{
	g_autofree char *path = icon_path(files, name, size);

	remove_file(files, path, false);
}

/* Whose an entry is, "work.xterm" being work's, or "work" if it is the VM's own. */
static char *owner_of(const char *name)
{
	return g_strndup(name, strcspn(name, "."));
}

/* Which files of a directory are to go: all that are named as Oriel's are, but for those that are
 * kept. */
struct removal {
	const char *prefix;
	const char *suffix;
	bool marked;
	bool (*keeps)(const struct removal *removal, const char *name);
	const char *vm;
	GHashTable *names;
};

static bool keeps_vm(const struct removal *removal, const char *name)
{
	g_autofree char *vm = owner_of(name);

	return g_hash_table_contains(removal->names, vm);
}

static bool keeps_name(const struct removal *removal, const char *name)
{
	g_autofree char *vm = owner_of(name);
	g_autofree char *whole = g_strconcat(removal->prefix, name, NULL);

	return strcmp(vm, removal->vm) != 0 || g_hash_table_contains(removal->names, whole);
}

static void remove_from(
	struct hc_menu_files *files, const char *directory, const struct removal *removal)
{
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *file;

	while (dir && (file = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(directory, file, NULL);
		g_autofree char *name = NULL;

		if (!g_str_has_prefix(file, removal->prefix) ||
			!g_str_has_suffix(file, removal->suffix))
			continue;
		name = g_strndup(file + strlen(removal->prefix),
			strlen(file) - strlen(removal->prefix) - strlen(removal->suffix));
		if (!removal->keeps(removal, name))
			remove_file(files, path, removal->marked);
	}
}

static void remove_icons(struct hc_menu_files *files, const struct removal *removal)
{
	for (size_t i = 0; i < HC_MENU_ICON_SIZES; i++) {
		g_autofree char *directory = icon_directory(files, hc_menu_icon_sizes[i]);

		remove_from(files, directory, removal);
	}
}

void hc_menu_files_keep_entries(struct hc_menu_files *files, const char *vm, GHashTable *names)
{
	const struct removal removal = { "", "", true, keeps_name, vm, names };

	remove_from(files, files->entries, &removal);
}

void hc_menu_files_keep_icons(struct hc_menu_files *files, const char *vm, GHashTable *names)
{
	const struct removal removal = { PREFIX, ICON_SUFFIX, false, keeps_name, vm, names };

	remove_icons(files, &removal);
}

void hc_menu_files_keep_vms(struct hc_menu_files *files, GHashTable *vms)
{
	const struct removal entries = { "", "", true, keeps_vm, NULL, vms };
	const struct removal icons = { PREFIX, ICON_SUFFIX, false, keeps_vm, NULL, vms };
	const struct removal directories = { PREFIX, DIRECTORY_SUFFIX, true, keeps_vm, NULL, vms };

	remove_from(files, files->entries, &entries);
	remove_icons(files, &icons);
	remove_from(files, files->directories, &directories);
	if (g_hash_table_size(vms) > 0)
		return;
	remove_file(files, files->groups, true);
	g_rmdir(files->entries);
}

/* Telling the desktop */

bool hc_menu_files_changed(struct hc_menu_files *files)
{
	bool changed = files->changed;

	files->changed = false;
	return changed;
}

/* The program may be missing: then nobody has such a cache. */
static void start(const char *program, const char *option, const char *argument)
{
	const char *const words[] = { program, option, argument, NULL };

	g_spawn_async(NULL, (char **)(uintptr_t)words, NULL,
		G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
		NULL, NULL, NULL);
}

void hc_menu_files_refresh(const struct hc_menu_files *files)
{
	g_autofree char *cache = g_build_filename(files->theme, "icon-theme.cache", NULL);

	/* "Open with" is found by it. */
	if (g_file_test(files->applications, G_FILE_TEST_IS_DIR))
		start("update-desktop-database", "-q", files->applications);
	/* A new time of the theme's directory tells programs that run of new icons; a cache, which
	 * few users have for their own ones, hides them until it is made anew. */
	if (g_file_test(cache, G_FILE_TEST_EXISTS))
		start("gtk-update-icon-cache", "-qt", files->theme);
	else if (g_file_test(files->theme, G_FILE_TEST_IS_DIR))
		g_utime(files->theme, NULL);
}

#define G_LOG_DOMAIN "ga-menu-watch"

#include "menu-watch.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

enum {
	SETTLE_MS = 400, /* without another change */
	PATIENCE_MS = 3000, /* however many changes come */
	MONITORS_MAX = 256,
	DEPTH_MAX = 4, /* below applications/ */
	MICROSECONDS_PER_MS = 1000,
};

#define STAMP_FACTOR UINT64_C(0x9e3779b97f4a7c15) /* spreads what differs over all bits */

struct place {
	struct ga_menu_watch *watch;
	char *only; /* the path that matters in it; NULL: all */
	GFileMonitor *monitor;
};

struct ga_menu_watch {
	GHashTable *places; /* directory and what matters in it → struct place, owner of both */
	GHashTable *former; /* while it is started: the places from before, NULL otherwise */
	int64_t changed_at; /* first change that has not been read, -1 none */
	int64_t last_at; /* last one */
};

static void place_free(void *data)
{
	struct place *place = data;
	if (place->monitor != NULL) {
		g_signal_handlers_disconnect_by_data(place->monitor, place);
		g_object_unref(place->monitor);
	}
	g_free(place->only);
	g_free(place);
}

static GHashTable *create_places(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, place_free);
}

struct ga_menu_watch *ga_menu_watch_create(void)
{
	struct ga_menu_watch *watch = g_new0(struct ga_menu_watch, 1);
	watch->places = create_places();
	watch->changed_at = -1;
	return watch;
}

void ga_menu_watch_destroy(struct ga_menu_watch *watch)
{
	if (watch == NULL)
		return;
	g_hash_table_destroy(watch->places);
	g_free(watch);
}

static int64_t now_ms(void)
{
	return g_get_monotonic_time() / MICROSECONDS_PER_MS;
}

static bool is_at(GFile *file, const char *path)
{
	return file != NULL && g_strcmp0(g_file_peek_path(file), path) == 0;
}

static void handle_changed(
	GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, void *data)
{
	const struct place *place = data;
	struct ga_menu_watch *watch = place->watch;
	(void)monitor;
	(void)event;
	if (place->only != NULL && !is_at(file, place->only) && !is_at(other, place->only))
		return;
	watch->last_at = now_ms();
	if (watch->changed_at == -1)
		watch->changed_at = watch->last_at;
}

static struct place *create_place(
	struct ga_menu_watch *watch, const char *directory, const char *only)
{
	g_autoptr(GFile) file = g_file_new_for_path(directory);
	struct place *place = g_new0(struct place, 1);
	place->watch = watch;
	place->only = g_strdup(only);
	place->monitor = g_file_monitor_directory(file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
	if (place->monitor != NULL)
		g_signal_connect(place->monitor, "changed", G_CALLBACK(handle_changed), place);
	return place;
}

/* A directory that has been made anew is another one. */
static char *name_place(const char *directory, const char *only)
{
	GStatBuf status;
	guint64 number = g_stat(directory, &status) == 0 ? status.st_ino : 0;
	return g_strdup_printf(
		"%" G_GUINT64_FORMAT "\n%s\n%s", number, directory, only != NULL ? only : "");
}

/* One that is watched already stays watched: GLib now and then hears nothing of a directory whose
 * monitor has just taken the place of another one. */
static void add_place(struct ga_menu_watch *watch, const char *directory, const char *only)
{
	g_autofree char *key = name_place(directory, only);
	void *former_key = NULL;
	void *place = NULL;
	if (g_hash_table_size(watch->places) >= MONITORS_MAX ||
		g_hash_table_contains(watch->places, key))
		return;
	if (g_hash_table_steal_extended(watch->former, key, &former_key, &place))
		g_free(former_key);
	else
		place = create_place(watch, directory, only);
	g_hash_table_insert(watch->places, g_steal_pointer(&key), place);
}

/* A directory that does not exist is waited for where it, or what leads to it, would be made. */
static bool add_directory(struct ga_menu_watch *watch, const char *directory)
{
	g_autofree char *wanted = g_strdup(directory);
	if (g_file_test(directory, G_FILE_TEST_IS_DIR)) {
		add_place(watch, directory, NULL);
		return true;
	}
	while (strcmp(wanted, "/") != 0) {
		char *parent = g_path_get_dirname(wanted);
		if (g_file_test(parent, G_FILE_TEST_IS_DIR)) {
			add_place(watch, parent, wanted);
			g_free(parent);
			/* It may have been made after it was looked for, and before its parent was
			 * watched. */
			return g_file_test(wanted, G_FILE_TEST_IS_DIR) &&
			       add_directory(watch, directory);
		}
		g_free(wanted);
		wanted = parent;
	}
	return false;
}

static void add_below(struct ga_menu_watch *watch, const char *directory, int depth)
{
	g_autoptr(GDir) dir = NULL;
	const char *name;
	if (!add_directory(watch, directory) || depth >= DEPTH_MAX)
		return;
	dir = g_dir_open(directory, 0, NULL);
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *child = g_build_filename(directory, name, NULL);
		if (g_file_test(child, G_FILE_TEST_IS_DIR))
			add_below(watch, child, depth + 1);
	}
}

/* Calls each() for the directories of data_directory that applications have icons in, or may get
 * them. */
static void each_icon_directory(
	const char *data_directory, void (*each)(void *data, const char *directory), void *data)
{
	g_autofree char *pixmaps = g_build_filename(data_directory, "pixmaps", NULL);
	g_autofree char *theme = g_build_filename(data_directory, "icons", "hicolor", NULL);
	g_autoptr(GDir) dir = NULL;
	const char *size;
	each(data, pixmaps);
	each(data, theme);
	dir = g_dir_open(theme, 0, NULL);
	while (dir != NULL && (size = g_dir_read_name(dir)) != NULL) {
		g_autofree char *of_size = g_build_filename(theme, size, NULL);
		g_autofree char *directory = g_build_filename(of_size, "apps", NULL);
		if (g_file_test(of_size, G_FILE_TEST_IS_DIR))
			each(data, directory);
	}
}

static void add_icon_directory(void *data, const char *directory)
{
	add_directory(data, directory);
}

static void add_data_directory(struct ga_menu_watch *watch, const char *data_directory)
{
	g_autofree char *applications = g_build_filename(data_directory, "applications", NULL);
	add_below(watch, applications, 0);
	each_icon_directory(data_directory, add_icon_directory, watch);
}

void ga_menu_watch_start(struct ga_menu_watch *watch)
{
	watch->former = watch->places;
	watch->places = create_places();
	add_data_directory(watch, g_get_user_data_dir());
	for (const char *const *at = g_get_system_data_dirs(); *at != NULL; at++)
		add_data_directory(watch, *at);
	g_clear_pointer(&watch->former, g_hash_table_destroy);
}

int64_t ga_menu_watch_deadline(const struct ga_menu_watch *watch)
{
	if (watch->changed_at == -1)
		return -1;
	return MIN(watch->last_at + SETTLE_MS, watch->changed_at + PATIENCE_MS);
}

bool ga_menu_watch_take(struct ga_menu_watch *watch)
{
	int64_t deadline = ga_menu_watch_deadline(watch);
	if (deadline == -1 || now_ms() < deadline)
		return false;
	watch->changed_at = -1;
	return true;
}

/* Directories come in any order. */
static void add_stamp(void *data, const char *directory)
{
	uint64_t *stamp = data;
	GStatBuf status;
	if (g_stat(directory, &status) == 0)
		*stamp += ((uint64_t)status.st_ino << 32 ^ (uint64_t)status.st_mtim.tv_sec << 30 ^
				  (uint64_t)status.st_mtim.tv_nsec) *
			  STAMP_FACTOR;
}

uint64_t ga_menu_watch_icon_stamp(void)
{
	uint64_t stamp = 0;
	each_icon_directory(g_get_user_data_dir(), add_stamp, &stamp);
	for (const char *const *at = g_get_system_data_dirs(); *at != NULL; at++)
		each_icon_directory(*at, add_stamp, &stamp);
	return stamp;
}

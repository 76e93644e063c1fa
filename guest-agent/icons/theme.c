#include "theme.h"

#include <stdbool.h>
#include <string.h>

#include <gdk-pixbuf/gdk-pixbuf.h>

#define INDEX "index.theme"
#define GROUP "Icon Theme"

enum { DIRECTORIES_MAX = 4096, SIZE_MAX_READ = 1024 };

struct directory {
	char *path;
	unsigned int size; /* pixels */
};

struct ga_icon_theme {
	GPtrArray *bases; /* of char *: where themes are */
	GPtrArray *themes; /* of GPtrArray of struct directory */
	GPtrArray *loose; /* of char *: directories of icons without a theme */
};

static void directory_free(void *data)
{
	struct directory *directory = data;
	g_free(directory->path);
	g_free(directory);
}

static void file_free(void *data)
{
	struct ga_icon_file *file = data;
	g_free(file->path);
	g_free(file);
}

/* Symbolic icons are shapes without colours, for panels. */
static bool is_usable(GKeyFile *index, const char *name, int *size)
{
	int scale = g_key_file_get_integer(index, name, "Scale", NULL);
	*size = g_key_file_get_integer(index, name, "Size", NULL) * MAX(scale, 1);
	return *size > 0 && *size <= SIZE_MAX_READ && strstr(name, "symbolic") == NULL;
}

/* A theme can lie in several bases, and be described in any of them. */
static void add_directory(const struct ga_icon_theme *all, GPtrArray *theme, const char *theme_name,
	GKeyFile *index, const char *name)
{
	int size;
	if (!is_usable(index, name, &size))
		return;
	for (guint i = 0; i < all->bases->len && theme->len < DIRECTORIES_MAX; i++) {
		g_autofree char *path =
			g_build_filename(g_ptr_array_index(all->bases, i), theme_name, name, NULL);
		if (!g_file_test(path, G_FILE_TEST_IS_DIR))
			continue;
		struct directory *directory = g_new0(struct directory, 1);
		directory->path = g_steal_pointer(&path);
		directory->size = (unsigned int)size;
		g_ptr_array_add(theme, directory);
	}
}

static void add_directories(const struct ga_icon_theme *all, GPtrArray *theme,
	const char *theme_name, GKeyFile *index, const char *key)
{
	g_autofree char *text = g_key_file_get_string(index, GROUP, key, NULL);
	g_auto(GStrv) names = g_strsplit(text != NULL ? text : "", ",", DIRECTORIES_MAX);
	for (size_t i = 0; names[i] != NULL; i++)
		if (names[i][0] != '\0')
			add_directory(all, theme, theme_name, index, names[i]);
}

static bool load_index(const struct ga_icon_theme *all, const char *theme, GKeyFile *index)
{
	for (guint i = 0; i < all->bases->len; i++) {
		g_autofree char *path =
			g_build_filename(g_ptr_array_index(all->bases, i), theme, INDEX, NULL);
		if (g_key_file_load_from_file(index, path, G_KEY_FILE_NONE, NULL))
			return true;
	}
	return false;
}

static void add_theme(struct ga_icon_theme *all, const char *name)
{
	g_autoptr(GKeyFile) index = g_key_file_new();
	if (!load_index(all, name, index))
		return;
	GPtrArray *theme = g_ptr_array_new_with_free_func(directory_free);
	add_directories(all, theme, name, index, "Directories");
	add_directories(all, theme, name, index, "ScaledDirectories");
	g_ptr_array_add(all->themes, theme);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of all themes but those that are known to come first. */
static GPtrArray *other_themes(const struct ga_icon_theme *all, const char *const *first)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < all->bases->len; i++) {
		g_autoptr(GDir) dir = g_dir_open(g_ptr_array_index(all->bases, i), 0, NULL);
		const char *name;
		while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
			if (g_strv_contains(first, name) || g_hash_table_contains(seen, name))
				continue;
			g_ptr_array_add(names, g_strdup(name));
			g_hash_table_add(seen, g_ptr_array_index(names, names->len - 1));
		}
	}
	g_ptr_array_sort(names, compare_names);
	return names;
}

static void add_themes(struct ga_icon_theme *all)
{
	static const char *const first[] = { "hicolor", "Adwaita", NULL };
	g_autoptr(GPtrArray) others = other_themes(all, first);
	for (size_t i = 0; first[i] != NULL; i++)
		add_theme(all, first[i]);
	for (guint i = 0; i < others->len; i++)
		add_theme(all, g_ptr_array_index(others, i));
}

static void add_data_directory(struct ga_icon_theme *all, const char *directory)
{
	g_ptr_array_add(all->bases, g_build_filename(directory, "icons", NULL));
	g_ptr_array_add(all->loose, g_build_filename(directory, "icons", NULL));
	g_ptr_array_add(all->loose, g_build_filename(directory, "pixmaps", NULL));
}

struct ga_icon_theme *ga_icon_theme_create(void)
{
	struct ga_icon_theme *all = g_new0(struct ga_icon_theme, 1);
	all->bases = g_ptr_array_new_with_free_func(g_free);
	all->loose = g_ptr_array_new_with_free_func(g_free);
	all->themes = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	g_ptr_array_add(all->bases, g_build_filename(g_get_home_dir(), ".icons", NULL));
	add_data_directory(all, g_get_user_data_dir());
	for (const char *const *at = g_get_system_data_dirs(); *at != NULL; at++)
		add_data_directory(all, *at);
	add_themes(all);
	return all;
}

void ga_icon_theme_destroy(struct ga_icon_theme *all)
{
	if (all == NULL)
		return;
	g_ptr_array_unref(all->bases);
	g_ptr_array_unref(all->loose);
	g_ptr_array_unref(all->themes);
	g_free(all);
}

/* size: what its directory says, 0 if that has to be found out. */
static bool add_file(GPtrArray *files, const char *path, unsigned int size)
{
	int width = 0;
	int height = 0;
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
		return false;
	bool lines = g_str_has_suffix(path, ".svg");
	if (!lines && size == 0 && gdk_pixbuf_get_file_info(path, &width, &height) == NULL)
		return false;
	struct ga_icon_file *file = g_new0(struct ga_icon_file, 1);
	file->path = g_strdup(path);
	if (!lines)
		file->size = size != 0 ? size : (unsigned int)MAX(width, height);
	g_ptr_array_add(files, file);
	return true;
}

static void add_named(GPtrArray *files, const char *directory, const char *name, unsigned int size)
{
	static const char *const suffixes[] = { "png", "svg", "xpm" };
	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = g_strdup_printf("%s/%s.%s", directory, name, suffixes[i]);
		if (add_file(files, path, size))
			return;
	}
}

static void add_from_theme(GPtrArray *files, const GPtrArray *theme, const char *name)
{
	for (guint i = 0; i < theme->len; i++) {
		const struct directory *directory = g_ptr_array_index(theme, i);
		add_named(files, directory->path, name, directory->size);
	}
}

/* Some files name an icon with its suffix, although only paths have one. */
static char *bare_name(const char *icon)
{
	static const char *const suffixes[] = { ".png", ".svg", ".xpm" };
	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++)
		if (g_str_has_suffix(icon, suffixes[i]))
			return g_strndup(icon, strlen(icon) - strlen(suffixes[i]));
	return g_strdup(icon);
}

GPtrArray *ga_icon_theme_find(const struct ga_icon_theme *all, const char *icon)
{
	GPtrArray *files = g_ptr_array_new_with_free_func(file_free);
	g_autofree char *name = bare_name(icon);
	if (g_path_is_absolute(icon)) {
		add_file(files, icon, 0);
		return files;
	}
	if (strchr(icon, '/') != NULL)
		return files;
	for (guint i = 0; i < all->themes->len && files->len == 0; i++)
		add_from_theme(files, g_ptr_array_index(all->themes, i), name);
	for (guint i = 0; i < all->loose->len && files->len == 0; i++)
		add_named(files, g_ptr_array_index(all->loose, i), name, 0);
	return files;
}

#define G_LOG_DOMAIN "hc-policy-watch"

#include "policy-watch.h"

#include <gio/gio.h>

#define FILE_SUFFIX ".policy"

struct hc_policy_watch {
	GPtrArray *places; /* of struct place */
	void (*changed)(void *data);
	void *data;
};

/* A directory that exists, and what matters in it. */
struct place {
	struct hc_policy_watch *watch;
	char *directory;
	char *name; /* of the one entry that matters; NULL: all that end in .policy */
	GFileMonitor *monitor; /* NULL if it cannot be watched */
};

static void place_free(void *data)
{
	struct place *place = data;

	if (place->monitor) {
		g_signal_handlers_disconnect_by_data(place->monitor, place);
		g_object_unref(place->monitor);
	}
	g_free(place->directory);
	g_free(place->name);
	g_free(place);
}

static bool entry_matters(const struct place *place, GFile *file)
{
	g_autofree char *path = file ? g_file_get_path(file) : NULL;
	g_autofree char *name = path ? g_path_get_basename(path) : NULL;

	if (!path)
		return false;
	if (g_str_equal(path, place->directory))
		return true;
	return place->name ? g_str_equal(name, place->name) : g_str_has_suffix(name, FILE_SUFFIX);
}

/* A file that is being written is looked at when that is done. */
static bool event_matters(GFileMonitorEvent event)
{
	return event != G_FILE_MONITOR_EVENT_CHANGED && event != G_FILE_MONITOR_EVENT_CREATED;
}

static void handle_changed(
	GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, void *data)
{
	const struct place *place = data;
	struct hc_policy_watch *watch = place->watch;

	(void)monitor;
	if (event_matters(event) && (entry_matters(place, file) || entry_matters(place, other)))
		watch->changed(watch->data);
}

static void start(struct place *place)
{
	g_autoptr(GFile) file = g_file_new_for_path(place->directory);
	g_autoptr(GError) error = NULL;

	place->monitor = g_file_monitor_directory(file, G_FILE_MONITOR_WATCH_MOVES, NULL, &error);
	if (place->monitor)
		g_signal_connect(place->monitor, "changed", G_CALLBACK(handle_changed), place);
	else
		g_warning("%s is not watched for changes of the policy: %s", place->directory,
			error->message);
}

struct hc_policy_watch *hc_policy_watch_create(void (*changed)(void *data), void *data)
{
	struct hc_policy_watch *watch = g_new0(struct hc_policy_watch, 1);

	watch->places = g_ptr_array_new_with_free_func(place_free);
	watch->changed = changed;
	watch->data = data;
	return watch;
}

void hc_policy_watch_destroy(struct hc_policy_watch *watch)
{
	if (!watch)
		return;
	g_ptr_array_unref(watch->places);
	g_free(watch);
}

static bool same_place(const void *a, const void *b)
{
	const struct place *first = a;
	const struct place *second = b;

	return g_str_equal(first->directory, second->directory) &&
	       g_strcmp0(first->name, second->name) == 0;
}

static gboolean places_equal(const void *a, const void *b)
{
	return same_place(a, b);
}

/* Takes both strings over. */
static void add_place(struct hc_policy_watch *watch, GPtrArray *places, char *directory, char *name)
{
	struct place *place = g_new0(struct place, 1);

	place->watch = watch;
	place->directory = directory;
	place->name = name;
	if (g_ptr_array_find_with_equal_func(places, place, places_equal, NULL))
		place_free(place);
	else
		g_ptr_array_add(places, place);
}

/* The entry of a path in its directory, or what is missing first on the way to it. */
static void add_entry(struct hc_policy_watch *watch, GPtrArray *places, const char *path)
{
	char *directory = g_path_get_dirname(path);
	char *name = g_path_get_basename(path);

	while (!g_file_test(directory, G_FILE_TEST_IS_DIR)) {
		char *above = g_path_get_dirname(directory);

		g_free(name);
		name = g_path_get_basename(directory);
		g_free(directory);
		directory = above;
	}
	add_place(watch, places, directory, name);
}

/* Starts what is new, and keeps what there was. True if there was something new. */
static bool take_over(struct hc_policy_watch *watch, GPtrArray *places)
{
	bool added = false;

	for (guint i = 0; i < places->len; i++) {
		guint index;

		if (g_ptr_array_find_with_equal_func(
			    watch->places, g_ptr_array_index(places, i), places_equal, &index)) {
			place_free(g_ptr_array_index(places, i));
			g_ptr_array_index(places, i) =
				g_ptr_array_steal_index(watch->places, index);
		} else {
			start(g_ptr_array_index(places, i));
			added = true;
		}
	}
	g_ptr_array_unref(watch->places);
	watch->places = places;
	return added;
}

bool hc_policy_watch_set(
	struct hc_policy_watch *watch, const char *const *directories, const char *const *files)
{
	GPtrArray *places = g_ptr_array_new_with_free_func(place_free);

	for (size_t i = 0; directories[i]; i++) {
		add_entry(watch, places, directories[i]);
		if (g_file_test(directories[i], G_FILE_TEST_IS_DIR))
			add_place(watch, places, g_strdup(directories[i]), NULL);
	}
	for (size_t i = 0; files[i]; i++)
		add_entry(watch, places, files[i]);
	return take_over(watch, places);
}

#define G_LOG_DOMAIN "hc-catalogue"

#include "catalogue.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

enum { DIRECTORY_MODE = 0700 };

struct hc_catalogue {
	char *path;
	char *text; /* of the file, NULL if there is none */
	GPtrArray *applications;
	GPtrArray *coming; /* of the list that has begun */
};

static GPtrArray *create_list(void)
{
	return g_ptr_array_new_with_free_func(hc_application_free);
}

static int compare(const void *a, const void *b)
{
	const struct hc_application *const *first = a;
	const struct hc_application *const *second = b;

	return strcmp((*first)->id, (*second)->id);
}

static void load(struct hc_catalogue *catalogue)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_auto(GStrv) groups = NULL;

	if (!g_file_get_contents(catalogue->path, &catalogue->text, NULL, NULL) ||
		!g_key_file_load_from_data(
			file, catalogue->text, strlen(catalogue->text), G_KEY_FILE_NONE, NULL))
		return;
	groups = g_key_file_get_groups(file, NULL);
	for (size_t i = 0; groups[i]; i++) {
		struct hc_application *application = hc_application_load(file, groups[i]);

		if (application)
			g_ptr_array_add(catalogue->applications, application);
	}
	g_ptr_array_sort(catalogue->applications, compare);
}

struct hc_catalogue *hc_catalogue_create(const char *path)
{
	struct hc_catalogue *catalogue = g_new0(struct hc_catalogue, 1);

	catalogue->path = g_strdup(path);
	catalogue->applications = create_list();
	catalogue->coming = create_list();
	load(catalogue);
	return catalogue;
}

void hc_catalogue_destroy(struct hc_catalogue *catalogue)
{
	if (!catalogue)
		return;
	g_ptr_array_unref(catalogue->applications);
	g_ptr_array_unref(catalogue->coming);
	g_free(catalogue->text);
	g_free(catalogue->path);
	g_free(catalogue);
}

void hc_catalogue_add(struct hc_catalogue *catalogue, const struct hc_link_application *message)
{
	struct hc_application *application = NULL;

	if (catalogue->coming->len < VP_APPLICATIONS_MAX)
		application = hc_application_create(message);
	if (application)
		g_ptr_array_add(catalogue->coming, application);
}

void hc_catalogue_add_action(
	struct hc_catalogue *catalogue, const struct hc_link_application_action *action)
{
	struct hc_application *last;

	if (catalogue->coming->len == 0)
		return;
	last = g_ptr_array_index(catalogue->coming, catalogue->coming->len - 1);
	if (strlen(last->id) == action->application.len &&
		memcmp(last->id, action->application.data, action->application.len) == 0)
		hc_application_add_action(last, action);
}

/* Of those with the same id the first counts. */
static void drop_repeated(GPtrArray *sorted)
{
	guint i = 1;

	while (i < sorted->len) {
		const struct hc_application *before = g_ptr_array_index(sorted, i - 1);
		const struct hc_application *application = g_ptr_array_index(sorted, i);

		if (strcmp(before->id, application->id) == 0)
			g_ptr_array_remove_index(sorted, i);
		else
			i++;
	}
}

static char *print(const GPtrArray *applications)
{
	g_autoptr(GKeyFile) file = g_key_file_new();

	g_key_file_set_comment(file, NULL, NULL,
		" The applications of a VM as it has last listed them; written by orield.", NULL);
	for (guint i = 0; i < applications->len; i++)
		hc_application_save(g_ptr_array_index(applications, i), file);
	return g_key_file_to_data(file, NULL, NULL);
}

static void save(const struct hc_catalogue *catalogue)
{
	g_autofree char *directory = g_path_get_dirname(catalogue->path);
	g_autoptr(GError) error = NULL;

	g_mkdir_with_parents(directory, DIRECTORY_MODE);
	if (!g_file_set_contents(catalogue->path, catalogue->text, -1, &error))
		g_warning("the list of applications is not kept: %s", error->message);
}

bool hc_catalogue_end_list(struct hc_catalogue *catalogue)
{
	g_autofree char *text = NULL;

	g_ptr_array_sort(catalogue->coming, compare);
	drop_repeated(catalogue->coming);
	text = print(catalogue->coming);
	if (g_strcmp0(text, catalogue->text) == 0) {
		hc_catalogue_drop_list(catalogue);
		return false;
	}
	g_free(catalogue->text);
	catalogue->text = g_steal_pointer(&text);
	g_ptr_array_unref(catalogue->applications);
	catalogue->applications = catalogue->coming;
	catalogue->coming = create_list();
	save(catalogue);
	return true;
}

void hc_catalogue_drop_list(struct hc_catalogue *catalogue)
{
	g_ptr_array_set_size(catalogue->coming, 0);
}

bool hc_catalogue_known(const struct hc_catalogue *catalogue)
{
	return catalogue->text != NULL;
}

const GPtrArray *hc_catalogue_applications(const struct hc_catalogue *catalogue)
{
	return catalogue->applications;
}

const struct hc_application *hc_catalogue_find(const struct hc_catalogue *catalogue, const char *id)
{
	struct hc_application key = { .id = (char *)(uintptr_t)id };
	const struct hc_application *wanted = &key;
	void **found;

	/* An empty array need not have memory. */
	if (catalogue->applications->len == 0)
		return NULL;
	found = bsearch(&wanted, catalogue->applications->pdata, catalogue->applications->len,
		sizeof(void *), compare);
	return found ? *found : NULL;
}

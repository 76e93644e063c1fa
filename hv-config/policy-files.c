#include "policy-files.h"

#include <string.h>

#include "policy-default.h"
#include "text-file.h"

#define SYSTEM_DIRECTORY "/etc/oriel/policy.d"
#define FILE_SUFFIX ".policy"
#define BUILT_IN "built-in policy"

struct reading {
	GPtrArray *included;
	unsigned int files; /* read so far */
};

char **hv_policy_directories(void)
{
	char **directories = g_new0(char *, HV_POLICY_LAYER_COUNT + 1);
	directories[HV_POLICY_SYSTEM] = g_strdup(SYSTEM_DIRECTORY);
	directories[HV_POLICY_USER] =
		g_build_filename(g_get_user_config_dir(), "oriel", "policy.d", NULL);
	return directories;
}

/* False with a reason for people. */
static bool parse_file(
	struct reading *reading, struct hv_policy_text *text, const char *path, char **reason)
{
	g_autofree char *bytes = NULL;
	size_t len;
	g_autoptr(GError) error = NULL;
	if (reading->files >= HV_POLICY_FILES_MAX) {
		*reason = g_strdup_printf(
			"there are more than %d files of policy", HV_POLICY_FILES_MAX);
		return false;
	}
	reading->files++;
	bytes = hv_text_file_read(path, HV_POLICY_FILE_SIZE_MAX, &len, &error);
	if (bytes == NULL) {
		*reason = g_strdup(error->message);
		return false;
	}
	hv_policy_parse(text, path, bytes, len);
	return true;
}

/* A path that is not absolute begins where the file is that includes it. */
static bool include_file(
	void *data, struct hv_policy_text *text, const char *file, const char *path, char **reason)
{
	struct reading *reading = data;
	g_autofree char *directory = g_path_get_dirname(file);
	char *full = g_canonicalize_filename(path, directory);
	g_ptr_array_add(reading->included, full);
	return parse_file(reading, text, full, reason);
}

static void read_file(struct reading *reading, struct hv_policy_text *text, const char *path)
{
	g_autofree char *reason = NULL;
	if (!parse_file(reading, text, path, &reason))
		hv_policy_problems_add(text->problems, path, 0, 0, "cannot be read: %s", reason);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Who asks which rule has decided is told its file as text. */
static void add_name_problem(GPtrArray *problems, const char *directory, const char *file)
{
	g_autofree char *shown = g_utf8_make_valid(file, -1);
	hv_policy_problems_add(
		problems, directory, 0, 0, "the name of the file %s is no UTF-8; rename it", shown);
}

/* The files' names, sorted. */
static GPtrArray *list_files(const char *directory, GPtrArray *problems)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	GDir *dir = g_dir_open(directory, 0, &error);
	if (dir == NULL) {
		if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			hv_policy_problems_add(
				problems, directory, 0, 0, "cannot be read: %s", error->message);
		return names;
	}
	for (const char *file = g_dir_read_name(dir); file != NULL; file = g_dir_read_name(dir)) {
		if (file[0] == '.' || !g_str_has_suffix(file, FILE_SUFFIX))
			continue;
		if (g_utf8_validate(file, -1, NULL))
			g_ptr_array_add(names, g_strdup(file));
		else
			add_name_problem(problems, directory, file);
	}
	g_dir_close(dir);
	g_ptr_array_sort(names, compare_names);
	return names;
}

static void read_directory(
	struct reading *reading, struct hv_policy_text *text, const char *directory)
{
	g_autoptr(GPtrArray) names = list_files(directory, text->problems);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path =
			g_build_filename(directory, g_ptr_array_index(names, i), NULL);
		read_file(reading, text, path);
	}
	if (text->layer == HV_POLICY_SYSTEM && names->len == 0)
		hv_policy_parse(text, BUILT_IN, HV_POLICY_DEFAULT, strlen(HV_POLICY_DEFAULT));
}

static void init_text(
	struct hv_policy_text *text, enum hv_policy_layer layer, struct reading *reading)
{
	hv_policy_text_init(text, layer);
	text->include = include_file;
	text->data = reading;
}

/* Of texts, by enum hv_policy_layer, which are finished. */
static void finish(
	struct hv_policy_files *files, struct hv_policy_text *texts, const struct reading *reading)
{
	*files = (struct hv_policy_files){
		.problems = hv_policy_problems_new(),
		.included = reading->included,
	};
	for (size_t i = 0; i < HV_POLICY_LAYER_COUNT; i++)
		while (texts[i].problems->len > 0)
			g_ptr_array_add(
				files->problems, g_ptr_array_steal_index(texts[i].problems, 0));
	if (files->problems->len == 0)
		files->policy = hv_policy_create(g_ptr_array_ref(texts[HV_POLICY_SYSTEM].rules),
			g_ptr_array_ref(texts[HV_POLICY_USER].rules));
	for (size_t i = 0; i < HV_POLICY_LAYER_COUNT; i++)
		hv_policy_text_finish(&texts[i]);
}

void hv_policy_files_load(const char *const *directories, struct hv_policy_files *files)
{
	struct reading reading = { .included = g_ptr_array_new_with_free_func(g_free) };
	struct hv_policy_text texts[HV_POLICY_LAYER_COUNT];
	for (size_t i = 0; i < HV_POLICY_LAYER_COUNT; i++) {
		init_text(&texts[i], (enum hv_policy_layer)i, &reading);
		read_directory(&reading, &texts[i], directories[i]);
	}
	finish(files, texts, &reading);
}

static enum hv_policy_layer layer_of(const char *const *directories, const char *path)
{
	g_autofree char *full = g_canonicalize_filename(path, NULL);
	g_autofree char *directory = g_path_get_dirname(full);
	return g_str_equal(directory, directories[HV_POLICY_USER]) ? HV_POLICY_USER
								   : HV_POLICY_SYSTEM;
}

void hv_policy_files_load_paths(
	const char *const *directories, const char *const *paths, struct hv_policy_files *files)
{
	struct reading reading = { .included = g_ptr_array_new_with_free_func(g_free) };
	struct hv_policy_text texts[HV_POLICY_LAYER_COUNT];
	for (size_t i = 0; i < HV_POLICY_LAYER_COUNT; i++)
		init_text(&texts[i], (enum hv_policy_layer)i, &reading);
	for (size_t i = 0; paths[i] != NULL; i++)
		read_file(&reading, &texts[layer_of(directories, paths[i])], paths[i]);
	finish(files, texts, &reading);
}

void hv_policy_files_clear(struct hv_policy_files *files)
{
	hv_policy_destroy(files->policy);
	g_ptr_array_unref(files->problems);
	g_ptr_array_unref(files->included);
	*files = (struct hv_policy_files){ 0 };
}

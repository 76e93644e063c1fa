#include "run-files.h"

#include <string.h>

#include "copy-place.h"
#include "copying.h"

enum hc_argument hc_run_argument(const char *vm, const char *argument, char **value)
{
	const char *rest = argument;
	g_autofree char *place = hc_place_vm(argument, &rest);
	g_autofree char *path = g_filename_from_uri(argument, NULL, NULL);

	if (path || g_file_test(argument, G_FILE_TEST_EXISTS)) {
		*value = g_canonicalize_filename(path ? path : argument, NULL);
		return HC_ARGUMENT_FILE;
	}
	*value = g_strdup(g_strcmp0(place, vm) == 0 ? rest : argument);
	return HC_ARGUMENT_AS_IT_IS;
}

/* Puts the copies, which come in the order of their files, in the places of these. */
static bool replace_files(
	GPtrArray *values, const GArray *files, const struct hc_copied *copied, GError **error)
{
	if (g_strv_length(copied->paths) != files->len) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			"not all files have reached the VM: they cannot be read here, or are "
			"neither files nor directories");
		return false;
	}
	for (guint i = 0; i < files->len; i++) {
		char **value = (char **)&g_ptr_array_index(values, g_array_index(files, guint, i));

		g_free(*value);
		*value = g_strdup(copied->paths[i]);
	}
	return true;
}

static bool copy_files(struct hc_client *client, const char *vm, GPtrArray *values,
	const GArray *files, GError **error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	struct hc_copied copied = { 0 };
	bool done;

	for (guint i = 0; i < files->len; i++)
		g_ptr_array_add(paths, g_ptr_array_index(values, g_array_index(files, guint, i)));
	g_ptr_array_add(paths, NULL);
	done = hc_copy_files(client, HC_PLACE_PRIMARY, (const char *const *)paths->pdata, vm, "",
		       &copied, error) &&
	       replace_files(values, files, &copied, error);
	hc_copied_clear(&copied);
	return done;
}

char **hc_run_files(
	struct hc_client *client, const char *vm, const char *const *arguments, GError **error)
{
	g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; arguments[i]; i++) {
		char *value;

		if (hc_run_argument(vm, arguments[i], &value) == HC_ARGUMENT_FILE)
			g_array_append_val(files, i);
		g_ptr_array_add(values, value);
	}
	if (files->len > 0 && !copy_files(client, vm, values, files, error))
		return NULL;
	g_ptr_array_add(values, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&values), FALSE);
}

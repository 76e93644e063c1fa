#include "run-files.h"

#include <string.h>

#include "copy-place.h"

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

char **hc_run_files(const char *vm, const char *const *arguments, GArray *files)
{
	GPtrArray *values = g_ptr_array_new();

	for (guint32 i = 0; arguments[i]; i++) {
		char *value;

		if (hc_run_argument(vm, arguments[i], &value) == HC_ARGUMENT_FILE)
			g_array_append_val(files, i);
		g_ptr_array_add(values, value);
	}
	g_ptr_array_add(values, NULL);
	return (char **)g_ptr_array_free(values, FALSE);
}

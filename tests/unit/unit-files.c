#include "unit-files.h"

#include <glib.h>
#include <glib/gstdio.h>

#include "unit.h"

void unit_write_file(const char *path, const char *text)
{
	g_autofree char *directory = g_path_get_dirname(path);
	CU_ASSERT_EQUAL_FATAL(g_mkdir_with_parents(directory, 0700), 0);
	CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, text, -1, NULL));
}

void unit_remove_tree(const char *path)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;
	while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
		g_autofree char *inner = g_build_filename(path, name, NULL);
		unit_remove_tree(inner);
	}
	g_remove(path);
}

/*
 * The guest's desktop files, in a data directory of the test's own.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

#include "activation.h"
#include "applications.h"

static char *directory;

/* GLib reads the environment once. */
static void write_file(const char *name, const char *keys)
{
	if (directory == NULL) {
		directory = g_dir_make_tmp("oriel-applications-XXXXXX", NULL);
		g_setenv("XDG_DATA_HOME", directory, TRUE);
		g_setenv("XDG_DATA_DIRS", directory, TRUE);
	}
	g_autofree char *folder = g_build_filename(directory, "applications", NULL);
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *text =
		g_strconcat("[Desktop Entry]\nType=Application\nName=Test\n", keys, NULL);
	g_mkdir_with_parents(folder, 0700);
	CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, text, -1, NULL));
}

static void remove_file(const char *name)
{
	g_autofree char *folder = g_build_filename(directory, "applications", NULL);
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_unlink(path);
	g_rmdir(folder);
	g_rmdir(directory);
}

/* The words after the program's, joined by a bar, or the error; the caller frees them. */
static char *command_of(const char *id, const char *const *files)
{
	g_auto(GStrv) words = NULL;
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;
	if (!ga_applications_command(id, files, &words, &path, &error))
		return g_strdup(error->message);
	return g_strjoinv("|", words + 1);
}

static void test_exec_line(void)
{
	write_file("org.test.Both.desktop", "Exec=sh -c %f\nDBusActivatable=true\n");
	const char *const files[] = { "/tmp/a", NULL };
	g_autofree char *words = command_of("org.test.Both", files);
	CU_ASSERT_STRING_EQUAL(words, "-c|/tmp/a");
	remove_file("org.test.Both.desktop");
}

static void test_bus(void)
{
	write_file("org.test.Bus.desktop", "DBusActivatable=true\n");
	const char *const files[] = { "--not-an-option", NULL };
	g_autofree char *plain = command_of("org.test.Bus.desktop", NULL);
	g_autofree char *with_files = command_of("org.test.Bus", files);
	CU_ASSERT_STRING_EQUAL(plain, "--activate=org.test.Bus|--");
	CU_ASSERT_STRING_EQUAL(with_files, "--activate=org.test.Bus|--|--not-an-option");
	remove_file("org.test.Bus.desktop");
}

static void test_no_bus_name(void)
{
	write_file("editor.desktop", "DBusActivatable=true\n");
	g_autofree char *error = command_of("editor", NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "its file is not named as D-Bus wants it"));
	remove_file("editor.desktop");
}

static void test_neither(void)
{
	write_file("org.test.Neither.desktop", "");
	g_autofree char *error = command_of("org.test.Neither", NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "the guest has no application 'org.test.Neither'"));
	remove_file("org.test.Neither.desktop");
}

static void test_paths(void)
{
	static const char *const paths[][2] = {
		{ "org.gnome.TextEditor", "/org/gnome/TextEditor" },
		{ "com.example.some-app_2", "/com/example/some_app_2" },
		{ "editor", NULL },
		{ "org..Editor", NULL },
		{ ":1.7", NULL },
		{ "", NULL },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *path = ga_activation_path(paths[i][0]);
		CU_ASSERT_EQUAL(g_strcmp0(path, paths[i][1]), 0);
	}
}

static const struct unit_test tests[] = {
	{ "an application with an Exec line is started by it", test_exec_line },
	{ "an application without an Exec line is started over the bus, if it says so", test_bus },
	{ "a file for D-Bus that has no D-Bus name is an error", test_no_bus_name },
	{ "a file without either is no application", test_neither },
	{ "an application's path on the bus comes from its name", test_paths },
};

UNIT_MAIN("the guest's applications", tests)

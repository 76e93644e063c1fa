/*
 * The guest's desktop files, in a data directory of the test's own.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "activation.h"
#include "application-entry.h"
#include "applications.h"

static char *directory;

/* GLib reads the environment once. */
static void write_file(const char *name, const char *keys)
{
	if (directory == NULL) {
		directory = g_dir_make_tmp("oriel-applications-XXXXXX", NULL);
		g_setenv("XDG_DATA_HOME", directory, TRUE);
		g_setenv("XDG_DATA_DIRS", directory, TRUE);
		g_setenv("XDG_CURRENT_DESKTOP", "THIS", TRUE);
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

static void test_pipe(void)
{
	write_file("org.test.App.desktop", "Exec=sh\n");
	g_autofree char *path =
		g_build_filename(directory, "applications", "org.test.Pipe.desktop", NULL);
	CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
	g_autoptr(GPtrArray) applications = ga_applications_list((const char *const[]){ NULL });
	CU_ASSERT_EQUAL(applications->len, 1);
	g_autofree char *error = command_of("org.test.Pipe", NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "the guest has no application 'org.test.Pipe'"));
	remove_file("org.test.Pipe.desktop");
	remove_file("org.test.App.desktop");
}

static const char *const german[] = { "de_AT", "de", NULL };

static void test_entry(void)
{
	write_file("org.test.App.desktop",
		"Name[de]=Probe\nGenericName=Tester\nComment[de_AT]=Österreich\nComment[de]=x\n"
		"Keywords=one;two;\nKeywords[de]=eins;zwei;\nCategories=Utility;\n"
		"MimeType=text/plain;\nStartupWMClass=App\nIcon=app\nExec=sh %U\n"
		"Actions=new;\n[Desktop Action new]\nName=New\nName[de]=Neu\nIcon=new\n"
		"Exec=sh -c new\n");
	g_autoptr(GPtrArray) applications = ga_applications_list(german);
	CU_ASSERT_EQUAL_FATAL(applications->len, 1);
	const struct ga_application *application = g_ptr_array_index(applications, 0);
	CU_ASSERT_STRING_EQUAL(application->id, "org.test.App.desktop");
	CU_ASSERT_STRING_EQUAL(application->name, "Probe");
	CU_ASSERT_STRING_EQUAL(application->generic_name, "Tester");
	CU_ASSERT_STRING_EQUAL(application->comment, "Österreich");
	CU_ASSERT_STRING_EQUAL(application->keywords, "eins;zwei;");
	CU_ASSERT_STRING_EQUAL(application->categories, "Utility;");
	CU_ASSERT_STRING_EQUAL(application->mime_types, "text/plain;");
	CU_ASSERT_STRING_EQUAL(application->wm_class, "App");
	CU_ASSERT_TRUE(application->opens);
	CU_ASSERT_EQUAL_FATAL(application->actions->len, 1);
	const struct ga_application_action *action = g_ptr_array_index(application->actions, 0);
	CU_ASSERT_STRING_EQUAL(action->name, "Neu");
	g_autofree char *icon = ga_applications_icon("org.test.App.desktop", "");
	g_autofree char *action_icon = ga_applications_icon("org.test.App.desktop", "new");
	CU_ASSERT_STRING_EQUAL(icon, "app");
	CU_ASSERT_STRING_EQUAL(action_icon, "new");
	remove_file("org.test.App.desktop");
}

static void test_hidden(void)
{
	static const char *const keys[] = {
		"NoDisplay=true\n",
		"Hidden=true\n",
		"OnlyShowIn=OTHER;\n",
		"NotShowIn=THIS;\n",
		"TryExec=/no/such/program\n",
		"X-Oriel-VM=work\n",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_autofree char *text = g_strconcat("Exec=sh\n", keys[i], NULL);
		write_file("a.desktop", text);
		g_autoptr(GPtrArray) applications = ga_applications_list(german);
		CU_ASSERT_EQUAL(applications->len, 0);
	}
	write_file("a.desktop", "Exec=sh\nOnlyShowIn=THIS;\n");
	g_autoptr(GPtrArray) applications = ga_applications_list(german);
	CU_ASSERT_EQUAL(applications->len, 1);
	remove_file("a.desktop");
}

static void test_action(void)
{
	write_file("a.desktop", "Exec=sh -c whole\nActions=new;\n[Desktop Action new]\nName=New\n"
				"Exec=sh -c new\n[Desktop Action old]\nName=Old\nExec=sh -c old\n");
	g_autofree char *action = command_of("a.desktop:new", NULL);
	g_autofree char *unlisted = command_of("a.desktop:old", NULL);
	CU_ASSERT_STRING_EQUAL(action, "-c|new");
	CU_ASSERT_PTR_NOT_NULL(strstr(unlisted, "the guest has no application 'a.desktop:old'"));
	remove_file("a.desktop");
}

static void test_action_on_the_bus(void)
{
	write_file("org.test.Bus.desktop",
		"DBusActivatable=true\nActions=new;\n[Desktop Action new]\nName=New\n");
	g_autofree char *action = command_of("org.test.Bus.desktop:new", NULL);
	CU_ASSERT_STRING_EQUAL(action, "--activate=org.test.Bus:new|--");
	remove_file("org.test.Bus.desktop");
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
	{ "a pipe in the place of a desktop file is not waited for", test_pipe },
	{ "an application is told in the user's language", test_entry },
	{ "what a menu would not show is not listed", test_hidden },
	{ "an action is started by its own Exec line", test_action },
	{ "an action without an Exec line is started over the bus", test_action_on_the_bus },
	{ "an application's path on the bus comes from its name", test_paths },
};

UNIT_MAIN("the guest's applications", tests)

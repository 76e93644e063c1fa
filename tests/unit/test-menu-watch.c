/* The places of a guest's menu, which come into being at any time. */
#include "unit.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdlib.h>

#include "menu-watch.h"
#include "tree-remove.h"

enum { WAIT_MS = 60000 };

static char *home;
static char *applications;
static bool made_late; /* the directory, when its parent is about to be watched */

/* In place of GLib's, of whose functions this is one of two that do the same for a directory. */
GFileMonitor *g_file_monitor_directory(
	GFile *file, GFileMonitorFlags flags, GCancellable *cancellable, GError **error)
{
	if (made_late)
		CU_ASSERT_EQUAL(g_mkdir_with_parents(applications, 0700), 0);
	return g_file_monitor(file, flags, cancellable, error);
}

static void remove_home(void)
{
	tree_remove(home);
	g_free(home);
	g_free(applications);
}

/* GLib looks at the environment once. */
static void make_home(void)
{
	home = g_dir_make_tmp("menu-watch-XXXXXX", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(home);
	applications = g_build_filename(home, "applications", NULL);
	g_setenv("XDG_DATA_HOME", home, TRUE);
	g_setenv("XDG_DATA_DIRS", "/nonexistent", TRUE);
	atexit(remove_home);
}

static gboolean give_up(gpointer data)
{
	bool *in_vain = data;
	*in_vain = true;
	return G_SOURCE_REMOVE;
}

/* A new desktop file is noticed. */
static void expect_notice(const struct ga_menu_watch *watch)
{
	g_autofree char *file = g_build_filename(applications, "a.desktop", NULL);
	bool in_vain = false;
	guint timeout = g_timeout_add(WAIT_MS, give_up, &in_vain);
	CU_ASSERT_TRUE_FATAL(g_file_set_contents(file, "[Desktop Entry]\n", -1, NULL));
	while (ga_menu_watch_deadline(watch) == -1 && !in_vain)
		g_main_context_iteration(NULL, TRUE);
	CU_ASSERT_FALSE(in_vain);
	if (!in_vain)
		g_source_remove(timeout);
}

static struct ga_menu_watch *begin(bool late)
{
	struct ga_menu_watch *watch = ga_menu_watch_create();
	if (home == NULL)
		make_home();
	tree_remove(applications);
	made_late = late;
	if (!late)
		CU_ASSERT_EQUAL(g_mkdir_with_parents(applications, 0700), 0);
	ga_menu_watch_start(watch);
	made_late = false;
	return watch;
}

static void test_there(void)
{
	struct ga_menu_watch *watch = begin(false);
	CU_ASSERT_EQUAL(ga_menu_watch_deadline(watch), -1);
	expect_notice(watch);
	ga_menu_watch_destroy(watch);
}

static void test_made_meanwhile(void)
{
	struct ga_menu_watch *watch = begin(true);
	expect_notice(watch);
	ga_menu_watch_destroy(watch);
}

static const struct unit_test tests[] = {
	{ "what comes into a directory of the menu is noticed", test_there },
	{ "so it is in one that is made while it is looked for", test_made_meanwhile },
};

UNIT_MAIN("places of the menu", tests)

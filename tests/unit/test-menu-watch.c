/* The places of a guest's menu, which come into being at any time. */
#include "unit.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdlib.h>

#include "menu-watch.h"
#include "tree-remove.h"

enum { WAIT_MS = 60000, WAKE_MS = 50 };

static char *home;
static char *applications;
static char *icons; /* of one size; its directory of applications comes later */
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
	g_free(icons);
}

/* GLib looks at the environment once. */
static void make_home(void)
{
	home = g_dir_make_tmp("menu-watch-XXXXXX", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(home);
	applications = g_build_filename(home, "applications", NULL);
	icons = g_build_filename(home, "icons", "hicolor", "64x64", NULL);
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

/* What has just been done is noticed. */
static void expect_notice(const struct ga_menu_watch *watch)
{
	bool in_vain = false;
	guint timeout = g_timeout_add(WAIT_MS, give_up, &in_vain);
	while (ga_menu_watch_deadline(watch) == -1 && !in_vain)
		g_main_context_iteration(NULL, TRUE);
	CU_ASSERT_FALSE(in_vain);
	if (!in_vain)
		g_source_remove(timeout);
}

static void make_file(const char *directory, const char *name)
{
	g_autofree char *file = g_build_filename(directory, name, NULL);
	CU_ASSERT_TRUE_FATAL(g_file_set_contents(file, "[Desktop Entry]\n", -1, NULL));
}

static gboolean wake(gpointer data)
{
	(void)data;
	return G_SOURCE_CONTINUE;
}

/* Once nothing changes any more, and as the list is read then. */
static void settle(struct ga_menu_watch *watch)
{
	guint waker = g_timeout_add(WAKE_MS, wake, NULL);
	while (ga_menu_watch_deadline(watch) != -1 && !ga_menu_watch_take(watch))
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(waker);
	ga_menu_watch_start(watch);
}

static struct ga_menu_watch *begin(bool late)
{
	struct ga_menu_watch *watch = ga_menu_watch_create();
	if (home == NULL)
		make_home();
	tree_remove(applications);
	tree_remove(icons);
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
	make_file(applications, "a.desktop");
	expect_notice(watch);
	ga_menu_watch_destroy(watch);
}

static void test_made_meanwhile(void)
{
	struct ga_menu_watch *watch = begin(true);
	make_file(applications, "a.desktop");
	expect_notice(watch);
	ga_menu_watch_destroy(watch);
}

/* Each directory, and what comes into it, when what was before has long been read. */
static void test_new_size(void)
{
	struct ga_menu_watch *watch = begin(false);
	g_autofree char *of_applications = g_build_filename(icons, "apps", NULL);
	uint64_t before = ga_menu_watch_icon_stamp();
	CU_ASSERT_EQUAL(g_mkdir_with_parents(icons, 0700), 0);
	expect_notice(watch);
	settle(watch);
	CU_ASSERT_EQUAL(g_mkdir(of_applications, 0700), 0);
	expect_notice(watch);
	settle(watch);
	uint64_t between = ga_menu_watch_icon_stamp();
	make_file(of_applications, "a.png");
	expect_notice(watch);
	CU_ASSERT_NOT_EQUAL(before, between);
	CU_ASSERT_NOT_EQUAL(between, ga_menu_watch_icon_stamp());
	ga_menu_watch_destroy(watch);
}

static const struct unit_test tests[] = {
	{ "what comes into a directory of the menu is noticed", test_there },
	{ "so it is in one that is made while it is looked for", test_made_meanwhile },
	{ "icons of a size that there was none of are noticed", test_new_size },
};

UNIT_MAIN("places of the menu", tests)

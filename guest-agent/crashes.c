#define G_LOG_DOMAIN "oriel-agent"

#include "crashes.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "crash.h"

/* By the process id; a new one replaces an old one now and then. */
enum { REPORTS_MAX = 8 };

static char *find_directory(void)
{
	return g_build_filename(g_get_user_state_dir(), "oriel", "crashes", NULL);
}

void ga_crashes_report(void)
{
	g_autofree char *directory = find_directory();
	g_autofree char *name = g_strdup_printf("oriel-agent-%d.txt", (int)getpid() % REPORTS_MAX);
	g_autofree char *path = g_build_filename(directory, name, NULL);
	vp_crash_install("oriel-agent");
	if (g_mkdir_with_parents(directory, 0700) == 0)
		vp_crash_report_to_file(path);
	else
		g_message("crash reports cannot be kept: %s: %s", directory, g_strerror(errno));
}

char *ga_crashes_find(guint *count)
{
	char *path = find_directory();
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	*count = 0;
	while (directory != NULL && g_dir_read_name(directory) != NULL)
		++*count;
	return path;
}

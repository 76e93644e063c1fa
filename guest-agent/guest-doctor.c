#include "guest-doctor.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "crashes.h"

#define HYPERVISOR "/sys/hypervisor/type"
#define GRANT_LIMIT "/sys/module/xen_gntalloc/parameters/limit"

enum {
	/* pages of a picture of 1920x1080, of which a window that is drawn has two or three */
	PICTURE_PAGES = 2025,
	PICTURES_WANTED = 3,
};

/* As oriel doctor has them. */
static const char fine[] = "fine", warning[] = "warn", wrong[] = "WRONG";

struct examination {
	const char *root;
	FILE *out;
	bool well;
};

static void tell(struct examination *examination, const char *grade, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

static void tell(struct examination *examination, const char *grade, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fprintf(examination->out, "%-7s", grade);
	vfprintf(examination->out, format, arguments);
	fputc('\n', examination->out);
	va_end(arguments);
	examination->well = examination->well && grade != wrong;
}

/* A file's first line; NULL without one. */
static char *read_line(const struct examination *examination, const char *path)
{
	g_autofree char *full = g_strconcat(examination->root, path, NULL);
	char *text = NULL;
	if (!g_file_get_contents(full, &text, NULL, NULL))
		return NULL;
	return g_strchomp(text);
}

static void examine_program(
	struct examination *examination, const char *program, const char *package)
{
	g_autofree char *path = g_find_program_in_path(program);
	if (path != NULL)
		tell(examination, fine, "%s is there", path);
	else
		tell(examination, wrong, "the program %s is not in $PATH; install the package %s",
			program, package);
}

static void examine_device(struct examination *examination, const char *path, const char *advice)
{
	g_autofree char *full = g_strconcat(examination->root, path, NULL);
	if (access(full, R_OK | W_OK) == 0)
		tell(examination, fine, "%s can be used", path);
	else if (errno == ENOENT)
		tell(examination, wrong, "%s is missing; %s", path, advice);
	else
		tell(examination, wrong, "%s cannot be used: %s; be in the group oriel-guest", path,
			strerror(errno));
}

static void examine_limit(struct examination *examination)
{
	g_autofree char *text = read_line(examination, GRANT_LIMIT);
	guint64 pages;
	if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT32, &pages, NULL))
		return;
	if (pages >= PICTURE_PAGES * PICTURES_WANTED)
		tell(examination, fine, "%" G_GUINT64_FORMAT " pages may be shared", pages);
	else
		tell(examination, wrong,
			"only %" G_GUINT64_FORMAT " pages may be shared, and large windows will be "
			"slow: write 16384 to " GRANT_LIMIT,
			pages);
}

static void examine_crashes(struct examination *examination)
{
	guint count = 0;
	g_autofree char *directory = ga_crashes_find(&count);
	if (count > 0)
		tell(examination, wrong,
			"the agent has crashed: %u reports are in %s; tell the makers, and then "
			"remove them",
			count, directory);
}

const char *ga_doctor_judge_user(uid_t user)
{
	if (user != 0)
		return NULL;
	return "an agent that is root's starts applications as root, too; run it as a user, in a "
	       "guest of Xen by the service oriel-guest@USER";
}

static void examine_user(struct examination *examination, uid_t user)
{
	const char *advice = ga_doctor_judge_user(user);
	if (advice != NULL)
		tell(examination, warning, "this runs as root: %s", advice);
}

bool ga_doctor_examine(const char *root, uid_t user, FILE *out)
{
	struct examination examination = { root, out, true };
	g_autofree char *hypervisor = read_line(&examination, HYPERVISOR);
	examine_program(&examination, "Xvfb", "xvfb");
	examine_program(&examination, "dbus-daemon", "dbus-daemon");
	examine_crashes(&examination);
	examine_user(&examination, user);
	if (g_strcmp0(hypervisor, "xen") != 0) {
		tell(&examination, fine, "this is no guest of Xen, and needs nothing of it");
		return examination.well;
	}
	examine_device(&examination, "/dev/xen/gntalloc", "try modprobe xen-gntalloc");
	examine_device(&examination, "/dev/xen/evtchn", "try modprobe xen-evtchn");
	examine_device(&examination, "/dev/xen/xenbus", "the kernel needs Xen's frontend drivers");
	examine_limit(&examination);
	return examination.well;
}

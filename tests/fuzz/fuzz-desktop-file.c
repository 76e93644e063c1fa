/*
 * The bytes of a desktop file in the guest: whatever they are, what the agent tells of it is text
 * that a message can carry, and what it would start is a command.
 */
#include <string.h>

#include "../../guest-agent/applications.h"
#include "application-entry.h"
#include "fuzz.h"
#include "tree-remove.h"

#define ID "fuzz.desktop"

static const char *const languages[] = { "de_AT.UTF-8", "de", NULL };
static const char *const files[] = { "file:///tmp/a%20b", "https://example.org/", NULL };

static char home[] = "/tmp/fuzz-desktop-XXXXXX";
static char *path; /* of the file */

static void remove_home(void)
{
	tree_remove(home);
	g_free(path);
}

/* A home with nothing but the one application. */
void fuzz_prepare(void)
{
	g_autofree char *directory = NULL;

	fuzz_require(mkdtemp(home) != NULL);
	directory = g_build_filename(home, "applications", NULL);
	fuzz_require(g_mkdir_with_parents(directory, 0700) == 0);
	path = g_build_filename(directory, ID, NULL);
	g_setenv("XDG_DATA_HOME", home, TRUE);
	g_setenv("XDG_DATA_DIRS", "/nonexistent", TRUE);
	atexit(remove_home);
}

static void check_text(const char *text)
{
	fuzz_require(text != NULL && g_utf8_validate(text, -1, NULL));
}

static void check_application(const struct ga_application *application)
{
	check_text(application->name);
	check_text(application->generic_name);
	check_text(application->comment);
	check_text(application->keywords);
	check_text(application->categories);
	check_text(application->mime_types);
	check_text(application->wm_class);
	check_text(application->icon);
	for (guint i = 0; i < application->actions->len; i++) {
		const struct ga_application_action *action =
			g_ptr_array_index(application->actions, i);
		check_text(action->name);
		check_text(action->icon);
	}
}

static void check_command(const char *id)
{
	g_auto(GStrv) command = NULL;
	g_autofree char *directory = NULL;
	g_autoptr(GError) error = NULL;

	if (ga_applications_command(id, files, &command, &directory, &error))
		fuzz_require(command[0] != NULL);
	else
		fuzz_require(error != NULL);
}

static void check_actions(const struct ga_application *application)
{
	for (guint i = 0; i < MIN(application->actions->len, 4); i++) {
		const struct ga_application_action *action =
			g_ptr_array_index(application->actions, i);
		g_autofree char *icon = ga_applications_icon(ID, action->id);
		g_autofree char *id = g_strconcat(ID ":", action->id, NULL);

		fuzz_require(icon != NULL);
		check_command(id);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ga_application *application;

	fuzz_require(g_file_set_contents_full(
		path, (const char *)data, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
	application = ga_application_read(path, ID, languages);
	check_command(ID);
	if (application == NULL)
		return 0;
	check_application(application);
	check_actions(application);
	ga_application_free(application);
	return 0;
}

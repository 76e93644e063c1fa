#define G_LOG_DOMAIN "ga-launch"

#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applications.h"
#include "default-application.h"

/* A log beyond this is begun anew, the old one kept beside it. */
enum { LOG_BYTES_MAX = 4 * 1024 * 1024, LOG_MODE = 0600, DIRECTORY_MODE = 0700 };

enum { SIGNAL_STATUS = 128, STATUS_MAX = 255 };

/* A child whose end no primary has been told. */
struct ended {
	uint32_t launch;
	uint32_t status;
};

struct ga_launcher {
	bool (*tell)(void *data, const struct vp_message *message);
	void *data;
	GHashTable *children; /* pid → launch id */
	GArray *ended; /* of struct ended */
	char *log_path;
};

struct ga_launcher *ga_launcher_create(
	bool (*tell)(void *data, const struct vp_message *message), void *data)
{
	struct ga_launcher *launcher = g_new0(struct ga_launcher, 1);
	g_autofree char *directory = g_build_filename(g_get_user_state_dir(), "oriel", NULL);
	launcher->tell = tell;
	launcher->data = data;
	launcher->children = g_hash_table_new(NULL, NULL);
	launcher->ended = g_array_new(false, false, sizeof(struct ended));
	launcher->log_path = g_build_filename(directory, "applications.log", NULL);
	if (g_mkdir_with_parents(directory, DIRECTORY_MODE) == -1)
		g_warning("what applications print is lost: cannot make %s: %s", directory,
			g_strerror(errno));
	return launcher;
}

void ga_launcher_destroy(struct ga_launcher *launcher)
{
	if (launcher == NULL)
		return;
	g_hash_table_destroy(launcher->children);
	g_array_free(launcher->ended, true);
	g_free(launcher->log_path);
	g_free(launcher);
}

/* Starting */

static void rotate_log(struct ga_launcher *launcher)
{
	GStatBuf status;
	if (g_stat(launcher->log_path, &status) == -1 || status.st_size <= LOG_BYTES_MAX)
		return;
	g_autofree char *old = g_strconcat(launcher->log_path, ".old", NULL);
	(void)g_rename(launcher->log_path, old);
}

/* Output goes to the log, or nowhere; a child has no signals blocked, and a session of its own. */
static bool prepare(struct ga_launcher *launcher, const char *directory,
	posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes)
{
	sigset_t none;
	sigset_t all;
	sigemptyset(&none);
	sigfillset(&all);
	int log = open(launcher->log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, LOG_MODE);
	const char *output = log != -1 ? launcher->log_path : "/dev/null";
	if (log != -1)
		close(log);
	return posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) ==
		       0 &&
	       posix_spawn_file_actions_addopen(
		       actions, STDOUT_FILENO, output, O_WRONLY | O_APPEND, LOG_MODE) == 0 &&
	       posix_spawn_file_actions_adddup2(actions, STDOUT_FILENO, STDERR_FILENO) == 0 &&
	       posix_spawn_file_actions_addchdir_np(actions, directory) == 0 &&
	       posix_spawnattr_setsigmask(attributes, &none) == 0 &&
	       posix_spawnattr_setsigdefault(attributes, &all) == 0 &&
	       posix_spawnattr_setflags(attributes,
		       POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID) == 0;
}

/* 0 and the process id, or an errno. */
static int spawn(struct ga_launcher *launcher, char **command, const char *directory, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	rotate_log(launcher);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	int error = ENOMEM;
	if (prepare(launcher, directory, &actions, &attributes))
		error = posix_spawnp(pid, command[0], &actions, &attributes, command, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static char *describe_failure(const char *program, const char *directory, int error)
{
	if (error != ENOENT)
		return g_strdup_printf("the guest cannot run '%s': %s", program, g_strerror(error));
	if (!g_file_test(directory, G_FILE_TEST_IS_DIR))
		return g_strdup_printf(
			"the guest has no directory '%s' to run '%s' in", directory, program);
	return g_strdup_printf(
		"the guest has no program '%s'; install it, or name it with its path", program);
}

static void tell_failure(struct ga_launcher *launcher, uint32_t launch, const char *error)
{
	g_autofree char *valid = g_utf8_make_valid(error, -1);
	launcher->tell(launcher->data, VP_MESSAGE(LAUNCHED, launched, .launch = launch,
					       .error = vp_text_from(valid, VP_REASON_MAX)));
}

static void start(
	struct ga_launcher *launcher, uint32_t launch, char **command, const char *directory)
{
	const char *home = g_get_home_dir();
	const char *where = directory != NULL && directory[0] != '\0' ? directory : home;
	pid_t pid = 0;
	int error = spawn(launcher, command, where, &pid);
	if (error != 0) {
		g_autofree char *reason = describe_failure(command[0], where, error);
		tell_failure(launcher, launch, reason);
		return;
	}
	g_hash_table_insert(launcher->children, GINT_TO_POINTER(pid), GUINT_TO_POINTER(launch));
	launcher->tell(launcher->data,
		VP_MESSAGE(LAUNCHED, launched, .launch = launch, .pid = (uint32_t)pid));
}

/* The words, each ended by NUL, for g_strfreev(); NULL if the last is not ended. */
static char **split_arguments(struct vp_bytes arguments)
{
	const char *at = (const char *)arguments.data;
	size_t left = arguments.len;
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	while (left > 0) {
		size_t len = strnlen(at, left);
		if (len == left)
			return NULL;
		g_strv_builder_add(words, at);
		at += len + 1;
		left -= len + 1;
	}
	return g_strv_builder_end(words);
}

static void start_application(
	struct ga_launcher *launcher, uint32_t launch, const char *id, const char *const *files)
{
	g_auto(GStrv) command = NULL;
	g_autofree char *directory = NULL;
	g_autoptr(GError) error = NULL;
	if (ga_applications_command(id, files, &command, &directory, &error))
		start(launcher, launch, command, directory);
	else
		tell_failure(launcher, launch, error->message);
}

static void start_default(struct ga_launcher *launcher, uint32_t launch, const char *const *files)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *id =
		files[0] != NULL ? ga_default_application_find(files[0], &error) : NULL;
	if (id != NULL)
		start_application(launcher, launch, id, files);
	else
		tell_failure(launcher, launch,
			error != NULL ? error->message : "there is nothing to open");
}

static void handle_launch(struct ga_launcher *launcher, const struct vp_launch *launch)
{
	g_auto(GStrv) words = split_arguments(launch->arguments);
	g_autofree char *id = g_strndup(launch->application.data, launch->application.len);
	if (g_hash_table_size(launcher->children) + launcher->ended->len >= VP_LAUNCHES_MAX)
		tell_failure(launcher, launch->launch,
			"too many applications run in the guest; close some");
	else if (words == NULL || (id[0] == '\0' && words[0] == NULL))
		tell_failure(launcher, launch->launch, "there is no command to run");
	else if (strcmp(id, VP_LAUNCH_DEFAULT) == 0)
		start_default(launcher, launch->launch, (const char *const *)words);
	else if (id[0] != '\0')
		start_application(launcher, launch->launch, id, (const char *const *)words);
	else
		start(launcher, launch->launch, words, NULL);
}

void ga_launcher_handle_message(struct ga_launcher *launcher, const struct vp_message *message)
{
	if (message->op == VP_OP_LAUNCH)
		handle_launch(launcher, &message->launch);
}

/* Ending */

static uint32_t exit_status(int status)
{
	uint32_t code = WIFSIGNALED(status) ? (uint32_t)(SIGNAL_STATUS + WTERMSIG(status))
					    : (uint32_t)WEXITSTATUS(status);
	return MIN(code, STATUS_MAX);
}

/* False, and it is told again by the next primary, if there is none now. */
static bool tell_exit(struct ga_launcher *launcher, uint32_t launch, uint32_t status)
{
	return launcher->tell(
		launcher->data, VP_MESSAGE(EXITED, exited, .launch = launch, .status = status));
}

void ga_launcher_reap(struct ga_launcher *launcher)
{
	GHashTableIter children;
	gpointer key;
	gpointer launch;
	g_hash_table_iter_init(&children, launcher->children);
	while (g_hash_table_iter_next(&children, &key, &launch)) {
		int status;
		if (waitpid(GPOINTER_TO_INT(key), &status, WNOHANG) <= 0)
			continue;
		g_hash_table_iter_remove(&children);
		struct ended ended = { GPOINTER_TO_UINT(launch), exit_status(status) };
		if (!tell_exit(launcher, ended.launch, ended.status))
			g_array_append_val(launcher->ended, ended);
	}
}

void ga_launcher_primary_came(struct ga_launcher *launcher)
{
	for (guint i = 0; i < launcher->ended->len; i++) {
		const struct ended *ended = &g_array_index(launcher->ended, struct ended, i);
		tell_exit(launcher, ended->launch, ended->status);
	}
	g_array_set_size(launcher->ended, 0);
}

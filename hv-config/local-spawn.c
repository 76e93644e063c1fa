#include "local-spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "local-error.h"
#include "unix-socket.h"

#define AGENT "oriel-agent"

enum { BUILD_TREE_DEPTH = 4, LISTEN_BACKLOG = 8 };

/* Descriptors on both sides of the start, -1 where there is none. */
struct channels {
	int log;
	int listener;
	int notify[2];
	int info[2];
};

static char *executable_or_null(char *path)
{
	if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE) && !g_file_test(path, G_FILE_TEST_IS_DIR))
		return path;
	g_free(path);
	return NULL;
}

char *hv_find_agent(GError **error)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *directory = self != NULL ? g_path_get_dirname(self) : g_strdup("/");
	char *agent = executable_or_null(g_build_filename(directory, AGENT, NULL));
	for (int i = 0; agent == NULL && i < BUILD_TREE_DEPTH; i++) {
		agent = executable_or_null(g_build_filename(directory, "guest-agent", AGENT, NULL));
		char *parent = g_path_get_dirname(directory);
		g_free(directory);
		directory = parent;
	}
	if (agent == NULL)
		agent = g_find_program_in_path(AGENT);
	if (agent == NULL)
		g_set_error_literal(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE,
			"the program " AGENT
			" is neither beside orield nor in $PATH; install oriel as a whole");
	return agent;
}

static bool open_listener(const char *path, int *listener, GError **error)
{
	unlink(path);
	*listener = vp_unix_socket_listen(path, SOCK_STREAM | SOCK_NONBLOCK, LISTEN_BACKLOG);
	if (*listener != -1)
		return true;
	if (errno != ENAMETOOLONG)
		return hv_local_fail(error, "the socket %s cannot be made", path);
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE,
		"%s is too long for a socket; set XDG_RUNTIME_DIR to a shorter path", path);
	return false;
}

static bool open_log(const char *path, int *log, GError **error)
{
	g_autofree char *directory = g_path_get_dirname(path);
	if (g_mkdir_with_parents(directory, 0700) != 0)
		return hv_local_fail(error, "the directory %s cannot be made", directory);
	*log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	return *log >= 0 || hv_local_fail(error, "the log %s cannot be written", path);
}

static bool open_pipe(int fds[2], GError **error)
{
	if (pipe2(fds, O_CLOEXEC) == 0 && fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0)
		return true;
	return hv_local_fail(error, "a pipe for its start cannot be had");
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void channels_finish(struct channels *channels)
{
	close_fd(&channels->log);
	close_fd(&channels->listener);
	for (size_t i = 0; i < 2; i++) {
		close_fd(&channels->notify[i]);
		close_fd(&channels->info[i]);
	}
}

static bool channels_init(
	struct channels *channels, const struct hv_session_plan *plan, GError **error)
{
	*channels = (struct channels){ -1, -1, { -1, -1 }, { -1, -1 } };
	if (open_log(plan->paths->log, &channels->log, error) &&
		open_listener(plan->paths->agent_socket, &channels->listener, error) &&
		open_pipe(channels->notify, error) &&
		(plan->config->isolation == HV_ISOLATION_NONE || open_pipe(channels->info, error)))
		return true;
	channels_finish(channels);
	return false;
}

/* Runs between fork and exec: nothing here may allocate or lock. */
static void prepare_child(gpointer data)
{
	const int *cgroup_fds = data;
	for (size_t i = 0; cgroup_fds[i] >= 0; i++) {
		ssize_t written = write(cgroup_fds[i], "0", 1);
		(void)written; /* without it the limit is not kept, but the VM works */
	}
	setsid();
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

/* The cgroup.procs of each, ended by -1. */
static int *open_cgroups(char *const *cgroups)
{
	size_t count = cgroups != NULL ? g_strv_length((char **)(uintptr_t)cgroups) : 0;
	int *fds = g_new(int, count + 1);
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		g_autofree char *path = g_build_filename(cgroups[i], "cgroup.procs", NULL);
		int fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0)
			fds[used++] = fd;
	}
	fds[used] = -1;
	return fds;
}

static char **build_command(const struct hv_session_plan *plan, const struct hv_limits *limits)
{
	g_auto(GStrv) session = hv_session_command(plan);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	for (size_t i = 0; limits->command != NULL && limits->command[i] != NULL; i++)
		g_strv_builder_add(builder, limits->command[i]);
	for (size_t i = 0; session[i] != NULL; i++)
		g_strv_builder_add(builder, session[i]);
	return g_strv_builder_end(builder);
}

bool hv_session_spawn(const struct hv_session_plan *plan, const struct hv_limits *limits,
	struct hv_spawned *spawned, GError **error)
{
	struct channels channels;
	if (!channels_init(&channels, plan, error))
		return false;
	g_auto(GStrv) command = build_command(plan, limits);
	g_auto(GStrv) caller = g_get_environ();
	char **made = hv_session_environment(plan, (const char *const *)caller);
	if (limits->command != NULL) /* it needs the user's bus; the session replaces it */
		made = g_environ_setenv(made, "XDG_RUNTIME_DIR", g_get_user_runtime_dir(), TRUE);
	g_auto(GStrv) environment = made;
	int sources[] = { channels.listener, channels.notify[1], channels.info[1] };
	int targets[] = { HV_SESSION_LISTEN_FD, HV_SESSION_NOTIFY_FD, HV_SESSION_INFO_FD };
	size_t count = channels.info[1] >= 0 ? G_N_ELEMENTS(sources) : G_N_ELEMENTS(sources) - 1;
	g_autofree int *cgroups = open_cgroups(limits->cgroups);
	g_autoptr(GError) cause = NULL;
	bool done = g_spawn_async_with_pipes_and_fds(plan->config->home,
		(const char *const *)command, (const char *const *)environment,
		G_SPAWN_DO_NOT_REAP_CHILD, prepare_child, cgroups, -1, channels.log, channels.log,
		sources, targets, count, &spawned->pid, NULL, NULL, NULL, &cause);
	for (size_t i = 0; cgroups[i] >= 0; i++)
		close(cgroups[i]);
	if (done) {
		spawned->notify_fd = channels.notify[0];
		spawned->info_fd = channels.info[0];
		channels.notify[0] = channels.info[0] = -1;
	} else {
		g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE,
			"%s cannot be started: %s", command[0], cause->message);
	}
	channels_finish(&channels);
	return done;
}

pid_t hv_parse_bwrap_info(const char *text)
{
	static const char key[] = "\"child-pid\":";
	const char *found = strstr(text, key);
	int pid;
	return found != NULL && sscanf(found + strlen(key), "%d", &pid) == 1 && pid > 0 ? pid : 0;
}

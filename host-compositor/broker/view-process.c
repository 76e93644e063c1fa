#define G_LOG_DOMAIN "hc-view-process"

#include "view-process.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "link-process.h"
#include "unix-socket.h"

enum {
	VIEW_LISTEN_FD = 3, /* where the view expects its listening socket */
};

struct hc_view_process {
	char *program;
	char *directory;
	char *socket_path;
	char *note_path; /* the process and its program, so that the next broker need not take the
			    view's word */
	const struct hc_view_process_listener *listener;
	void *data;

	struct hc_link_process *process;
	int predecessor; /* pidfd of a view of another program; -1 none */
	bool adopted; /* from an earlier broker, whose word it may have */
	bool greeted; /* it has said ready */
};

static const struct hc_link_process_listener process_listener;

struct hc_view_process *hc_view_process_create(const char *program, const char *directory,
	const struct hc_view_process_listener *listener, void *data)
{
	struct hc_view_process *view = g_new0(struct hc_view_process, 1);
	g_autofree char *vm = g_path_get_basename(directory);

	view->process = hc_link_process_create(program, vm, &process_listener, view);
	if (!view->process) {
		g_free(view);
		return NULL;
	}
	view->program = g_strdup(program);
	view->directory = g_strdup(directory);
	view->socket_path = g_build_filename(directory, "view.sock", NULL);
	view->note_path = g_build_filename(directory, "view.pid", NULL);
	view->predecessor = -1;
	view->listener = listener;
	view->data = data;
	return view;
}

void hc_view_process_destroy(struct hc_view_process *view)
{
	if (!view)
		return;
	hc_link_process_destroy(view->process);
	g_free(view->program);
	g_free(view->directory);
	g_free(view->socket_path);
	g_free(view->note_path);
	if (view->predecessor >= 0)
		close(view->predecessor);
	g_free(view);
}

/* The directory stays while the VM has files in it. */
static void remove_files(const struct hc_view_process *view)
{
	unlink(view->socket_path);
	unlink(view->note_path);
	rmdir(view->directory);
}

static int listen_for_brokers(const struct hc_view_process *view)
{
	unlink(view->socket_path);
	return vp_unix_socket_listen(view->socket_path, SOCK_SEQPACKET, 1);
}

/* A connection to the listening socket, whoever holds it; -1 with errno: EAGAIN if that is there,
 * and has not taken the brokers before this one. */
static int call(const struct hc_view_process *view)
{
	return vp_unix_socket_connect(view->socket_path, SOCK_SEQPACKET | SOCK_NONBLOCK);
}

static bool open_link(struct hc_view_process *view, int64_t now, pid_t pid, bool adopted)
{
	int fd = call(view);

	if (fd < 0)
		return false;
	view->adopted = adopted;
	view->greeted = false;
	return hc_link_process_open(view->process, now, pid, fd, HC_LINK_TO_BROKER);
}

/* All that the view needs to know of where it runs. The caller frees it. */
static char **view_environment(void)
{
	static const char *const names[] = { "DISPLAY", "XAUTHORITY", "HOME", "LANG", "LC_ALL",
		"LC_CTYPE", "LC_MESSAGES", "XDG_RUNTIME_DIR", "FONTCONFIG_FILE", "FONTCONFIG_PATH",
		"G_MESSAGES_DEBUG", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS" };
	g_auto(GStrv) own = g_get_environ();
	char **environment = g_new0(char *, 1);

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *value = g_environ_getenv(own, names[i]);

		if (value)
			environment = g_environ_setenv(environment, names[i], value, TRUE);
	}
	return environment;
}

static bool spawn(struct hc_view_process *view, int listen_fd, pid_t *pid, GError **error)
{
	const char *const arguments[] = { view->program, NULL };
	const int target = VIEW_LISTEN_FD;
	g_auto(GStrv) environment = view_environment();

	return g_spawn_async_with_pipes_and_fds("/", arguments, (const char *const *)environment,
		G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, -1, -1, -1, &listen_fd, &target, 1, pid,
		NULL, NULL, NULL, error);
}

/* Another one after each installation. The caller frees it. */
static char *identify_program(const char *program)
{
	struct stat file = { 0 };

	stat(program, &file);
	return g_strdup_printf("%ju %ju %jd.%09ld", (uintmax_t)file.st_dev, (uintmax_t)file.st_ino,
		(intmax_t)file.st_mtim.tv_sec, file.st_mtim.tv_nsec);
}

static bool write_note(const struct hc_view_process *view, pid_t pid, GError **error)
{
	g_autofree char *program = identify_program(view->program);
	g_autofree char *text = g_strdup_printf("%d\n%s\n", (int)pid, program);

	return g_file_set_contents(view->note_path, text, -1, error);
}

/* 0 without a note. */
static pid_t read_note(const struct hc_view_process *view, bool *outdated)
{
	g_autofree char *program = identify_program(view->program);
	g_autofree char *text = NULL;
	gint64 pid;

	if (!g_file_get_contents(view->note_path, &text, NULL, NULL))
		return 0;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	pid = lines[0] ? g_ascii_strtoll(lines[0], NULL, 10) : 0;
	*outdated = g_strv_length(lines) < 2 || strcmp(lines[1], program) != 0;
	return pid > 1 && pid <= INT32_MAX ? (pid_t)pid : 0;
}

bool hc_view_process_start(struct hc_view_process *view, int64_t now, GError **error)
{
	int listen_fd;
	bool started;
	pid_t pid = 0;

	g_return_val_if_fail(!hc_view_process_alive(view), false);
	if (g_mkdir_with_parents(view->directory, 0700) < 0 ||
		(listen_fd = listen_for_brokers(view)) < 0) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
			"cannot make the view's socket %s: %s", view->socket_path,
			g_strerror(errno));
		return false;
	}
	if (!spawn(view, listen_fd, &pid, error)) {
		close(listen_fd);
		remove_files(view);
		return false;
	}
	started = write_note(view, pid, error) && open_link(view, now, pid, false);
	/* Open until here: the end of a view that does not get as far as this is told like any
	 * other's. */
	close(listen_fd);
	if (!started) {
		if (error && !*error)
			g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
				"cannot reach the view just started: %s", g_strerror(errno));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		remove_files(view);
		return false;
	}
	return true;
}

/* The link of another program's view may be another, too: it is called, which proves that it is
 * there, and not listened to. */
static void leave_to_successor(struct hc_view_process *view, pid_t pid)
{
	int fd = call(view);

	if (fd < 0 && errno != EAGAIN)
		return;
	if (fd >= 0)
		close(fd);
	view->predecessor = pidfd_open(pid, 0);
}

bool hc_view_process_adopt(struct hc_view_process *view, int64_t now)
{
	bool outdated = false;
	pid_t pid;

	g_return_val_if_fail(!hc_view_process_alive(view), false);
	pid = read_note(view, &outdated);
	if (pid == 0)
		return false;
	/* The connection proves that some view holds the socket; its first message must name this
	 * process. */
	if (!outdated && open_link(view, now, pid, true))
		return true;
	if (outdated || errno == EAGAIN)
		leave_to_successor(view, pid);
	return false;
}

void hc_view_process_end_predecessor(struct hc_view_process *view)
{
	if (view->predecessor < 0)
		return;
	pidfd_send_signal(view->predecessor, SIGKILL, NULL, 0);
	close(view->predecessor);
	view->predecessor = -1;
	if (!hc_view_process_alive(view))
		remove_files(view);
}

void hc_view_process_stop(struct hc_view_process *view, int64_t now)
{
	hc_view_process_end_predecessor(view);
	hc_link_process_stop(view->process, now, HC_LINK_MESSAGE(QUIT, quit, 0));
}

bool hc_view_process_alive(const struct hc_view_process *view)
{
	return hc_link_process_alive(view->process);
}

int32_t hc_view_process_pid(const struct hc_view_process *view)
{
	return hc_link_process_pid(view->process);
}

void hc_view_process_send(
	struct hc_view_process *view, const struct hc_link_message *message, int fd)
{
	hc_link_process_send(view->process, message, fd);
}

int hc_view_process_get_fd(const struct hc_view_process *view)
{
	return hc_link_process_get_fd(view->process);
}

int64_t hc_view_process_deadline(const struct hc_view_process *view)
{
	return hc_link_process_deadline(view->process);
}

void hc_view_process_dispatch(struct hc_view_process *view, int64_t now)
{
	hc_link_process_dispatch(view->process, now);
}

/* Ready comes first, once, from the process that this is; and one that has just been started has
 * no past. */
static const char *check_greeting(
	const struct hc_view_process *view, const struct hc_link_message *message)
{
	const struct hc_link_ready *ready = &message->ready;
	bool greeting = message->op == HC_LINK_OP_READY;

	if (greeting == view->greeted)
		return "it broke the rules of its link";
	if (greeting && ready->pid != (uint32_t)hc_view_process_pid(view))
		return "it is another process than the one that was started";
	if (greeting && !view->adopted && (ready->connected || ready->name.len > 0))
		return "it claims a guest before it has been given one";
	return NULL;
}

static const char *handle_message(void *data, const struct hc_link_message *message, int fd)
{
	struct hc_view_process *view = data;
	const char *wrong = check_greeting(view, message);

	if (!wrong) {
		view->greeted = true;
		return view->listener->message(view->data, message, fd);
	}
	if (fd >= 0)
		close(fd);
	return wrong;
}

static void handle_ended(void *data, const char *reason)
{
	struct hc_view_process *view = data;

	remove_files(view);
	if (reason)
		view->listener->lost(view->data, reason);
}

static const struct hc_link_process_listener process_listener = {
	.message = handle_message,
	.ended = handle_ended,
};

#define G_LOG_DOMAIN "hc-view-process"

#include "view-process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

enum {
	VIEW_LISTEN_FD = 3, /* where the view expects its listening socket */
	STOP_MS = 2000, /* between quit, or its closed link, and kill */
	MESSAGES_PER_DISPATCH = 256,
};

struct hc_view_process {
	char *program;
	char *directory;
	char *socket_path;
	char *pid_path; /* so that the next broker need not take the view's word for its process id
			 */
	const struct hc_view_process_listener *listener;
	void *data;

	int epoll_fd;
	int pidfd; /* -1: no process */
	pid_t pid;
	struct hc_link *link;
	bool output_polled;
	bool greeted; /* it has said ready */
	bool stopping;
	int64_t deadline;
	const char *reason; /* why the link was given up; NULL: it was not */
};

struct hc_view_process *hc_view_process_create(const char *program, const char *directory,
	const struct hc_view_process_listener *listener, void *data)
{
	struct hc_view_process *view = g_new0(struct hc_view_process, 1);

	view->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (view->epoll_fd < 0) {
		g_free(view);
		return NULL;
	}
	view->program = g_strdup(program);
	view->directory = g_strdup(directory);
	view->socket_path = g_build_filename(directory, "view.sock", NULL);
	view->pid_path = g_build_filename(directory, "view.pid", NULL);
	view->listener = listener;
	view->data = data;
	view->pidfd = -1;
	view->deadline = -1;
	return view;
}

static void close_link(struct hc_view_process *view)
{
	if (!view->link)
		return;
	epoll_ctl(view->epoll_fd, EPOLL_CTL_DEL, hc_link_get_fd(view->link), NULL);
	hc_link_destroy(view->link);
	view->link = NULL;
}

static void close_process(struct hc_view_process *view)
{
	close_link(view);
	if (view->pidfd >= 0)
		close(view->pidfd);
	view->pidfd = -1;
	view->pid = 0;
	view->stopping = false;
	view->deadline = -1;
	view->greeted = false;
	view->reason = NULL;
}

void hc_view_process_destroy(struct hc_view_process *view)
{
	if (!view)
		return;
	if (view->stopping)
		pidfd_send_signal(view->pidfd, SIGKILL, NULL, 0);
	close_process(view);
	close(view->epoll_fd);
	g_free(view->program);
	g_free(view->directory);
	g_free(view->socket_path);
	g_free(view->pid_path);
	g_free(view);
}

/* The directory stays while the VM has files in it. */
static void remove_files(const struct hc_view_process *view)
{
	unlink(view->socket_path);
	unlink(view->pid_path);
	rmdir(view->directory);
}

/* Fills in the address of the view's socket. */
static bool get_address(const struct hc_view_process *view, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(view->socket_path) >= sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(address->sun_path, view->socket_path);
	return true;
}

static int create_socket(void)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

static int listen_for_brokers(const struct hc_view_process *view)
{
	struct sockaddr_un address;
	int fd = create_socket();

	if (fd < 0)
		return -1;
	unlink(view->socket_path);
	if (!get_address(view, &address) ||
		bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, 1) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static bool watch(struct hc_view_process *view, int fd, uint32_t events, int operation)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(view->epoll_fd, operation, fd, &event) == 0;
}

/* Connects to the listening socket, whoever holds it. */
static bool open_link(struct hc_view_process *view)
{
	struct sockaddr_un address;
	int fd = create_socket();

	if (fd < 0)
		return false;
	if (!get_address(view, &address) ||
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		goto fail;
	view->link = hc_link_create(fd, HC_LINK_TO_BROKER);
	if (!view->link)
		goto fail;
	view->output_polled = false;
	return watch(view, hc_link_get_fd(view->link), EPOLLIN, EPOLL_CTL_ADD);
fail:
	close(fd);
	return false;
}

static bool open_process(struct hc_view_process *view, pid_t pid)
{
	view->pidfd = pidfd_open(pid, 0);
	if (view->pidfd < 0)
		return false;
	view->pid = pid;
	return watch(view, view->pidfd, EPOLLIN, EPOLL_CTL_ADD);
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

bool hc_view_process_start(struct hc_view_process *view, GError **error)
{
	g_autofree char *text = NULL;
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
	text = g_strdup_printf("%d\n", (int)pid);
	started = g_file_set_contents(view->pid_path, text, -1, error) && open_process(view, pid) &&
		  open_link(view);
	/* Open until here: the end of a view that does not get as far as this is told like any
	 * other's. */
	close(listen_fd);
	if (!started) {
		if (error && !*error)
			g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
				"cannot reach the view just started: %s", g_strerror(errno));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close_process(view);
		remove_files(view);
		return false;
	}
	return true;
}

bool hc_view_process_adopt(struct hc_view_process *view)
{
	g_autofree char *text = NULL;
	gint64 pid;

	g_return_val_if_fail(!hc_view_process_alive(view), false);
	if (!g_file_get_contents(view->pid_path, &text, NULL, NULL))
		return false;
	pid = g_ascii_strtoll(text, NULL, 10);
	/* The connection proves that some view holds the socket; its first message must name this
	 * process. */
	if (pid <= 1 || pid > INT32_MAX || !open_link(view) || !open_process(view, (pid_t)pid)) {
		close_process(view);
		return false;
	}
	return true;
}

void hc_view_process_stop(struct hc_view_process *view, int64_t now)
{
	if (!hc_view_process_alive(view) || view->stopping)
		return;
	view->stopping = true;
	view->deadline = now + STOP_MS;
	hc_view_process_send(view, HC_LINK_MESSAGE(QUIT, quit, 0), -1);
}

bool hc_view_process_alive(const struct hc_view_process *view)
{
	return view->pidfd >= 0;
}

int32_t hc_view_process_pid(const struct hc_view_process *view)
{
	return view->pid;
}

/* The view is of no more use; what is left is to see it end. */
static void give_up(struct hc_view_process *view, const char *reason)
{
	close_link(view);
	if (view->stopping)
		return;
	view->reason = reason;
	pidfd_send_signal(view->pidfd, SIGKILL, NULL, 0);
}

/* A view that closes its link is mostly about to end, and then says why by its status. */
static void handle_closed_link(struct hc_view_process *view, int64_t now)
{
	close_link(view);
	if (!view->stopping)
		view->deadline = now + STOP_MS;
}

static void poll_output(struct hc_view_process *view)
{
	bool wants = view->link && hc_link_wants_output(view->link);

	if (!view->link || wants == view->output_polled)
		return;
	view->output_polled = wants;
	watch(view, hc_link_get_fd(view->link), wants ? EPOLLIN | EPOLLOUT : EPOLLIN,
		EPOLL_CTL_MOD);
}

void hc_view_process_send(
	struct hc_view_process *view, const struct hc_link_message *message, int fd)
{
	if (!view->link)
		return;
	if (!hc_link_send(view->link, message, fd))
		give_up(view, "it does not read what the broker sends");
	poll_output(view);
}

int hc_view_process_get_fd(const struct hc_view_process *view)
{
	return view->epoll_fd;
}

int64_t hc_view_process_deadline(const struct hc_view_process *view)
{
	return view->deadline;
}

static char *describe_end(const struct hc_view_process *view)
{
	siginfo_t info = { 0 };

	if (waitid(P_PIDFD, (id_t)view->pidfd, &info, WEXITED | WNOHANG) == 0 && !view->reason) {
		if (info.si_code == CLD_EXITED)
			return g_strdup_printf("it ended with status %d", info.si_status);
		return g_strdup_printf("it was ended by signal %d (%s)", info.si_status,
			g_strsignal(info.si_status));
	}
	return g_strdup(view->reason ? view->reason : "it ended");
}

static void handle_exit(struct hc_view_process *view)
{
	g_autofree char *reason = describe_end(view);
	bool expected = view->stopping;

	close_process(view);
	remove_files(view);
	if (!expected)
		view->listener->lost(view->data, reason);
}

/* Ready comes first, once, and from the process that this is. False with the reason to give up. */
static bool check_greeting(
	struct hc_view_process *view, const struct hc_link_message *message, const char **reason)
{
	bool greeting = message->op == HC_LINK_OP_READY;

	if (greeting == view->greeted) {
		*reason = "it broke the rules of its link";
		return false;
	}
	if (greeting && message->ready.pid != (uint32_t)view->pid) {
		*reason = "it is another process than the one that was started";
		return false;
	}
	view->greeted = true;
	return true;
}

static void receive(struct hc_view_process *view, int64_t now)
{
	for (int i = 0; view->link && i < MESSAGES_PER_DISPATCH; i++) {
		struct hc_link_message message;
		const char *reason = NULL;
		int fd = -1;
		int result = hc_link_receive(view->link, &message, &fd);

		if (result == 0)
			return;
		if (result < 0 && errno == EPROTO)
			give_up(view, "it broke the rules of its link");
		else if (result < 0)
			handle_closed_link(view, now);
		if (result < 0)
			return;
		if (!check_greeting(view, &message, &reason)) {
			if (fd >= 0)
				close(fd);
			give_up(view, reason);
			return;
		}
		if (view->stopping) {
			if (fd >= 0)
				close(fd);
			continue;
		}
		view->listener->message(view->data, &message, fd);
	}
}

void hc_view_process_dispatch(struct hc_view_process *view, int64_t now)
{
	struct epoll_event events[2];
	int count = epoll_wait(view->epoll_fd, events, G_N_ELEMENTS(events), 0);
	bool ended = false;

	for (int i = 0; i < count; i++)
		ended = ended || events[i].data.fd == view->pidfd;
	if (view->link && !hc_link_flush(view->link))
		handle_closed_link(view, now);
	receive(view, now);
	poll_output(view);
	if (view->deadline >= 0 && now >= view->deadline) {
		view->deadline = -1;
		pidfd_send_signal(view->pidfd, SIGKILL, NULL, 0);
	}
	if (ended)
		handle_exit(view);
}

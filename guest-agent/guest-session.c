#define G_LOG_DOMAIN "ga-session"

#include "guest-session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "guest-session-state.h"
#include "log-bound.h"
#include "process.h"
#include "toolkits.h"
#include "unix-socket.h"
#include "wire.h"

enum {
	LINE_MAX_BYTES = 512, /* of what a service says on its standard error */
	APPLICATIONS_END_MS = 3000,
	AGENT_END_MS = 1000,
	SERVERS_END_MS = 1000,
	QUICK_DEATH_MS = 2000, /* a program that lived less than this could not work */
	QUICK_DEATHS_MAX = 8,
	RESTART_DELAY_MS = 50, /* doubled with each quick death */
	STATE_RETRY_MS = 1000, /* where the state could not be written, as on a full disk */
};
G_STATIC_ASSERT(APPLICATIONS_END_MS + AGENT_END_MS + SERVERS_END_MS < VP_GUEST_STOP_MS);

/* Who is started by the session itself; all other processes are the agent's. */
enum role { ROLE_X_SERVER, ROLE_BUS, ROLE_AGENT, ROLES };

enum stage {
	STAGE_STARTING,
	STAGE_RUNNING,
	STAGE_ENDING_APPLICATIONS,
	STAGE_ENDING_AGENT,
	STAGE_ENDING_SERVERS,
	STAGE_KILLING,
	STAGE_ENDED,
};

struct service {
	pid_t pid; /* 0 none */
	int ready_fd; /* gets a line when the server is ready; -1 none or ready */
	int message_fd; /* its standard error; -1 none */
	bool ready;
	int64_t started; /* monotonic milliseconds */
	int64_t restart; /* when to start it again, 0 not */
	unsigned int quick_deaths;
	char line[LINE_MAX_BYTES]; /* being read from message_fd */
	size_t line_len;
	char *message; /* the last thing it said */
	bool message_is_error; /* and it is the reason why it will end */
};

struct session {
	const struct ga_session_options *options;
	const char *agent;
	struct service services[ROLES];
	enum stage stage;
	int64_t stage_deadline; /* 0 none */
	int64_t state_retry; /* when to write the state again, 0 not */
	int signal_fd;
	int log_fd; /* tells when logs grow; -1 none */
	char *log_directory;
	char *bus_path;
	char *reason; /* why it failed; NULL unless it did */
	int64_t start_time; /* seconds since 1970 */
};

static const char *const role_names[ROLES] = {
	[ROLE_X_SERVER] = "the guest's X server (Xvfb)",
	[ROLE_BUS] = "the session bus (dbus-daemon)",
	[ROLE_AGENT] = "the agent (oriel-agent)",
};

static int64_t now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static const char *state_name(const struct session *session)
{
	if (session->reason != NULL)
		return "failed";
	switch (session->stage) {
	case STAGE_STARTING:
		return "starting";
	case STAGE_RUNNING:
		return "running";
	case STAGE_ENDING_APPLICATIONS:
	case STAGE_ENDING_AGENT:
	case STAGE_ENDING_SERVERS:
	case STAGE_KILLING:
	case STAGE_ENDED:
		break;
	}
	return "stopping";
}

static struct ga_session_state describe_state(const struct session *session)
{
	return (struct ga_session_state){
		.name = state_name(session),
		.reason = session->reason,
		.display = session->options->display,
		.start_time = session->start_time,
		.x_server_pid = session->services[ROLE_X_SERVER].pid,
		.bus_pid = session->services[ROLE_BUS].pid,
		.agent_pid = session->services[ROLE_AGENT].pid,
	};
}

static bool write_state(const struct session *session, GError **error)
{
	const struct ga_session_state state = describe_state(session);
	return ga_session_state_write(&state, session->options->state_file, error);
}

static void notify(const struct session *session)
{
	const struct ga_session_state state = describe_state(session);
	if (session->options->notify_fd >= 0)
		ga_session_state_notify(&state, session->options->notify_fd);
}

/* A broker that reads an old one takes dead processes for those that run. */
static void update_state(struct session *session)
{
	g_autoptr(GError) error = NULL;
	bool again = session->state_retry != 0;
	bool written = write_state(session, &error);
	session->state_retry = written ? 0 : now_ms() + STATE_RETRY_MS;
	if (!written && !again)
		g_warning("%s", error->message);
}

/* Tells the broker how things stand. */
static void publish(struct session *session)
{
	update_state(session);
	notify(session);
}

static void enter_stage(struct session *session, enum stage stage, int64_t duration)
{
	session->stage = stage;
	session->stage_deadline = duration != 0 ? now_ms() + duration : 0;
}

static void begin_end(struct session *session);

/* The first reason counts; what follows from it does not. */
G_GNUC_PRINTF(2, 3) static void fail(struct session *session, const char *format, ...)
{
	if (session->stage >= STAGE_ENDING_APPLICATIONS)
		return;
	va_list arguments;
	va_start(arguments, format);
	session->reason = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_strdelimit(session->reason, "\n\r", ' ');
	g_warning("%s", session->reason);
	begin_end(session);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Starts a program whose standard error is read, with a descriptor that it is given unless that is
 * NULL. False with errno. */
static bool spawn_service(struct session *session, enum role role, const char *const *argv,
	const struct ga_process_fd *given)
{
	struct service *service = &session->services[role];
	int messages[2];
	if (pipe2(messages, O_CLOEXEC | O_NONBLOCK) < 0)
		return false;
	const struct ga_process_fd fds[] = {
		{ messages[1], STDERR_FILENO },
		given != NULL ? *given : (struct ga_process_fd){ -1, -1 },
	};
	/* A program writes its standard error as it likes, and must not lose any. */
	fcntl(messages[1], F_SETFL, 0);
	pid_t pid = ga_process_spawn(&(struct ga_process_spec){
		.argv = argv,
		.fds = fds,
		.fd_count = given != NULL ? 2 : 1,
		.parent_death_signal = SIGTERM,
	});
	int error = errno;
	close_fd(&messages[1]);
	if (pid < 0) {
		close_fd(&messages[0]);
		errno = error;
		return false;
	}
	service->pid = pid;
	service->message_fd = messages[0];
	service->started = now_ms();
	service->message_is_error = false;
	g_clear_pointer(&service->message, g_free);
	return true;
}

/* Starts a server that writes a line to `ready_number` when it can be used. */
static void start_server(
	struct session *session, enum role role, const char *const *argv, int ready_number)
{
	int ready[2] = { -1, -1 };
	bool started = pipe2(ready, O_CLOEXEC | O_NONBLOCK) == 0 &&
		       spawn_service(session, role, argv,
			       &(struct ga_process_fd){ ready[1], ready_number });
	int error = errno;
	close_fd(&ready[1]);
	if (started) {
		session->services[role].ready_fd = ready[0];
		return;
	}
	close_fd(&ready[0]);
	g_autofree char *why = ga_process_error(argv[0], error);
	fail(session, "%s cannot be started: %s; install the package %s", role_names[role], why,
		role == ROLE_X_SERVER ? "xvfb" : "dbus-daemon");
}

static void start_x_server(struct session *session)
{
	enum { READY_NUMBER = 3, DEPTH = 24 };
	const struct ga_session_options *options = session->options;
	g_autofree char *display = g_strdup_printf(":%u", options->display);
	g_autofree char *screen =
		g_strdup_printf("%ux%ux%d", options->max_width, options->max_height, DEPTH);
	g_autofree char *dpi = g_strdup_printf("%u", options->dpi);
	g_autofree char *ready = g_strdup_printf("%d", READY_NUMBER);
	const char *argv[] = { "Xvfb", display, "-screen", "0", screen, "-dpi", dpi, "-auth",
		options->xauthority, "-displayfd", ready, "-background", "none", "-nolisten", "tcp",
		"-noreset", NULL };
	start_server(session, ROLE_X_SERVER, argv, READY_NUMBER);
}

/* A bus that was killed leaves its socket; one that still answers is somebody else's. */
static void remove_stale_socket(const char *path)
{
	int fd = vp_unix_socket_connect(path, SOCK_STREAM);

	if (fd != -1)
		close(fd);
	else if (errno == ECONNREFUSED)
		unlink(path);
}

static void start_bus(struct session *session)
{
	enum { READY_NUMBER = 3 };
	remove_stale_socket(session->bus_path);
	g_autofree char *address = g_strdup_printf("--address=unix:path=%s", session->bus_path);
	g_autofree char *ready = g_strdup_printf("--print-address=%d", READY_NUMBER);
	const char *argv[] = { "dbus-daemon", "--session", "--nofork", "--nopidfile", address,
		ready, NULL };
	start_server(session, ROLE_BUS, argv, READY_NUMBER);
}

static void start_agent(struct session *session)
{
	struct service *service = &session->services[ROLE_AGENT];
	/* Only at first: later the screen is as the primary wants it. */
	g_autofree char *screen = g_strdup_printf(
		"--screen=%ux%u", session->options->width, session->options->height);
	const struct ga_session_options *options = session->options;
	g_autofree char *listen = g_strdup_printf("--listen=%s", options->listen);
	g_autofree char *primary = g_strdup_printf("--primary=%s", options->primary);
	const struct ga_process_fd listener = { GA_SESSION_LISTEN_FD, GA_SESSION_LISTEN_FD };
	const char *argv[5] = { session->agent };
	size_t count = 1;
	if (session->stage == STAGE_STARTING)
		argv[count++] = screen;
	if (options->listen != NULL)
		argv[count++] = listen;
	if (options->primary != NULL)
		argv[count++] = primary;
	if (!spawn_service(session, ROLE_AGENT, argv, options->listen != NULL ? NULL : &listener)) {
		g_autofree char *why = ga_process_error(session->agent, errno);
		fail(session, "%s cannot be started: %s", role_names[ROLE_AGENT], why);
		return;
	}
	service->ready = true;
}

static void start_service(struct session *session, enum role role)
{
	session->services[role].restart = 0;
	switch (role) {
	case ROLE_X_SERVER:
		start_x_server(session);
		break;
	case ROLE_BUS:
		start_bus(session);
		break;
	case ROLE_AGENT:
		start_agent(session);
		break;
	case ROLES:
		break;
	}
}

/* The servers start side by side; the agent needs both. */
static void advance_start(struct session *session)
{
	if (session->stage != STAGE_STARTING || !session->services[ROLE_X_SERVER].ready ||
		!session->services[ROLE_BUS].ready)
		return;
	start_agent(session);
	if (session->services[ROLE_AGENT].pid == 0)
		return;
	enter_stage(session, STAGE_RUNNING, 0);
	publish(session);
}

static void handle_ready_event(struct session *session, enum role role)
{
	struct service *service = &session->services[role];
	char buffer[LINE_MAX_BYTES];
	ssize_t n = read(service->ready_fd, buffer, sizeof(buffer));
	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0 && memchr(buffer, '\n', (size_t)n) == NULL)
		return;
	/* At the end of file the server is about to die, which tells the rest. */
	close_fd(&service->ready_fd);
	service->ready = n > 0;
	if (service->ready)
		advance_start(session);
}

static void take_message(struct service *service, enum role role)
{
	service->line[service->line_len] = '\0';
	service->line_len = 0;
	g_autofree char *line = g_strstrip(g_strescape(service->line, "\""));
	/* How the X server marks what is fatal, between lines that hold nothing but the mark. */
	bool error = g_str_has_prefix(line, "(EE)");
	char *text = g_strchug(error ? line + strlen("(EE)") : line);
	if (error && g_str_has_suffix(text, "(EE)"))
		text[strlen(text) - strlen("(EE)")] = '\0';
	if (text[0] == '\0')
		return;
	g_message("%s: %s", role_names[role], text);
	if (service->message_is_error)
		return;
	service->message_is_error = error;
	g_free(service->message);
	service->message = g_strdup(text);
}

static void handle_message_event(struct service *service, enum role role)
{
	char buffer[LINE_MAX_BYTES];
	ssize_t n;
	while ((n = read(service->message_fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (buffer[i] == '\n' || service->line_len == sizeof(service->line) - 1)
				take_message(service, role);
			if (buffer[i] != '\n')
				service->line[service->line_len++] = buffer[i];
		}
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	close_fd(&service->message_fd);
}

static const char *last_words(const struct service *service)
{
	return service->message != NULL ? service->message : "it said nothing";
}

static char *describe_status(int status)
{
	if (WIFSIGNALED(status))
		return g_strdup_printf("killed by signal %d (%s)", WTERMSIG(status),
			g_strsignal(WTERMSIG(status)));
	return g_strdup_printf("exit status %d", WEXITSTATUS(status));
}

/* Starts a service again, later each time that it dies at once; gives up in the end. */
static void schedule_restart(struct session *session, enum role role, const char *how)
{
	struct service *service = &session->services[role];
	if (now_ms() - service->started >= QUICK_DEATH_MS)
		service->quick_deaths = 0;
	else if (++service->quick_deaths >= QUICK_DEATHS_MAX) {
		fail(session, "%s ended at once %u times (%s): %s", role_names[role],
			service->quick_deaths, how, last_words(service));
		return;
	}
	int64_t delay = service->quick_deaths == 0
				? 0
				: (int64_t)RESTART_DELAY_MS << (service->quick_deaths - 1);
	service->restart = now_ms() + delay;
	g_message("%s ended (%s); starting it again", role_names[role], how);
}

static void handle_service_exit(struct session *session, enum role role, int status)
{
	struct service *service = &session->services[role];
	if (service->message_fd >= 0)
		handle_message_event(service, role);
	close_fd(&service->message_fd);
	close_fd(&service->ready_fd);
	service->pid = 0;
	service->ready = false;
	if (session->stage >= STAGE_ENDING_APPLICATIONS)
		return;
	g_autofree char *how = describe_status(status);
	if (session->stage == STAGE_STARTING)
		fail(session, "%s could not start (%s): %s", role_names[role], how,
			last_words(service));
	else if (role == ROLE_X_SERVER)
		fail(session, "%s has ended (%s): %s", role_names[role], how, last_words(service));
	else
		schedule_restart(session, role, how);
}

static void reap_children(struct session *session)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int role = 0; role < ROLES; role++)
			if (session->services[role].pid == pid)
				handle_service_exit(session, (enum role)role, status);
	if (pid < 0 && errno == ECHILD && session->stage >= STAGE_ENDING_APPLICATIONS)
		enter_stage(session, STAGE_ENDED, 0);
}

static size_t signal_applications(const struct session *session, int signal)
{
	pid_t services[ROLES];
	for (int role = 0; role < ROLES; role++)
		services[role] = session->services[role].pid;
	return ga_process_signal_descendants(signal, services, ROLES);
}

static void signal_service(const struct session *session, enum role role, int signal)
{
	if (session->services[role].pid > 0)
		kill(session->services[role].pid, signal);
}

static void begin_end(struct session *session)
{
	for (int role = 0; role < ROLES; role++)
		session->services[role].restart = 0;
	enter_stage(session, STAGE_ENDING_APPLICATIONS, APPLICATIONS_END_MS);
	publish(session);
	signal_applications(session, SIGTERM);
}

/* Goes from stage to stage as soon as a stage has nothing more to wait for, or when its time is
 * over. */
static void advance_end(struct session *session)
{
	bool late = session->stage_deadline != 0 && now_ms() >= session->stage_deadline;
	if (session->stage == STAGE_ENDING_APPLICATIONS &&
		(late || signal_applications(session, 0) == 0)) {
		signal_applications(session, SIGKILL);
		signal_service(session, ROLE_AGENT, SIGTERM);
		enter_stage(session, STAGE_ENDING_AGENT, AGENT_END_MS);
		late = false;
	}
	if (session->stage == STAGE_ENDING_AGENT &&
		(late || session->services[ROLE_AGENT].pid == 0)) {
		signal_service(session, ROLE_AGENT, SIGKILL);
		signal_service(session, ROLE_BUS, SIGTERM);
		signal_service(session, ROLE_X_SERVER, SIGTERM);
		enter_stage(session, STAGE_ENDING_SERVERS, SERVERS_END_MS);
		late = false;
	}
	if (session->stage == STAGE_ENDING_SERVERS &&
		(late || (session->services[ROLE_BUS].pid == 0 &&
				 session->services[ROLE_X_SERVER].pid == 0)))
		enter_stage(session, STAGE_KILLING, 0);
	if (session->stage == STAGE_KILLING)
		ga_process_signal_descendants(SIGKILL, NULL, 0);
}

static void handle_signals(struct session *session)
{
	struct signalfd_siginfo info;
	while (read(session->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD && session->stage < STAGE_ENDING_APPLICATIONS)
			begin_end(session);
	reap_children(session);
	if (session->stage >= STAGE_ENDING_APPLICATIONS)
		advance_end(session);
}

static void restart_services(struct session *session)
{
	for (int role = 0; role < ROLES; role++) {
		int64_t when = session->services[role].restart;
		if (when == 0 || now_ms() < when)
			continue;
		start_service(session, (enum role)role);
		if (session->stage == STAGE_RUNNING)
			update_state(session);
	}
}

/* Nobody else can tell which of the services keeps the session from running. */
static void check_start(struct session *session)
{
	if (session->stage != STAGE_STARTING || now_ms() < session->stage_deadline)
		return;
	for (int role = 0; role < ROLES; role++)
		if (!session->services[role].ready)
			fail(session, "%s was not ready within %d s: %s", role_names[role],
				VP_GUEST_START_MS / 1000, last_words(&session->services[role]));
}

/* Of two times, 0 being none. */
static int64_t earlier(int64_t a, int64_t b)
{
	return a == 0 || b == 0 ? MAX(a, b) : MIN(a, b);
}

/* Milliseconds until something is to be done, -1 never. */
static int time_left(const struct session *session)
{
	int64_t next = earlier(session->stage_deadline, session->state_retry);
	for (int role = 0; role < ROLES; role++)
		next = earlier(next, session->services[role].restart);
	return next == 0 ? -1 : (int)CLAMP(next - now_ms(), 0, INT_MAX);
}

static void wait_and_handle(struct session *session)
{
	enum { SIGNALS, LOGS, READY, MESSAGES = READY + ROLES, COUNT = MESSAGES + ROLES };
	struct pollfd fds[COUNT] = {
		[SIGNALS] = { .fd = session->signal_fd, .events = POLLIN },
		[LOGS] = { .fd = session->log_fd, .events = POLLIN },
	};
	for (int role = 0; role < ROLES; role++) {
		fds[READY + role] = (struct pollfd){ session->services[role].ready_fd, POLLIN, 0 };
		fds[MESSAGES + role] =
			(struct pollfd){ session->services[role].message_fd, POLLIN, 0 };
	}
	if (poll(fds, COUNT, time_left(session)) < 0)
		return;
	for (int role = 0; role < ROLES; role++) {
		if (fds[MESSAGES + role].revents != 0)
			handle_message_event(&session->services[role], (enum role)role);
		if (fds[READY + role].revents != 0)
			handle_ready_event(session, (enum role)role);
	}
	if (fds[LOGS].revents != 0)
		ga_log_bound_dispatch(session->log_fd, session->log_directory, STDERR_FILENO);
	if (fds[SIGNALS].revents != 0)
		handle_signals(session);
	check_start(session);
	if (session->state_retry != 0 && now_ms() >= session->state_retry)
		update_state(session);
	if (session->stage >= STAGE_ENDING_APPLICATIONS)
		advance_end(session);
	else
		restart_services(session);
}

/* What servers leave when they are killed. */
static void remove_sockets(const struct session *session)
{
	g_autofree char *display = g_strdup_printf("/tmp/.X11-unix/X%u", session->options->display);
	remove_stale_socket(display);
	remove_stale_socket(session->bus_path);
}

static void set_environment(const struct session *session)
{
	g_autofree char *display = g_strdup_printf(":%u", session->options->display);
	g_autofree char *bus = g_strdup_printf("unix:path=%s", session->bus_path);
	g_setenv("DISPLAY", display, TRUE);
	g_setenv("XAUTHORITY", session->options->xauthority, TRUE);
	g_setenv("XDG_RUNTIME_DIR", session->options->runtime_dir, TRUE);
	g_setenv("XDG_SESSION_TYPE", "x11", TRUE);
	/* The bus would look for the user's services in the home that the password file names. */
	g_setenv("XDG_DATA_HOME", g_get_user_data_dir(), FALSE);
	g_setenv("DBUS_SESSION_BUS_ADDRESS", bus, TRUE);
	ga_toolkits_set_environment();
}

/* What can be known to be wrong before anything has been started. */
static char *find_obstacle(const struct session *session)
{
	const struct ga_session_options *options = session->options;
	const char *home = g_get_home_dir();
	if (access(options->xauthority, R_OK) < 0)
		return g_strdup_printf("the cookie file %s cannot be read: %s", options->xauthority,
			g_strerror(errno));
	if (access(options->runtime_dir, W_OK | X_OK) < 0)
		return g_strdup_printf("the runtime directory %s cannot be written to: %s",
			options->runtime_dir, g_strerror(errno));
	if (chdir(home) < 0)
		return g_strdup_printf(
			"the home directory %s cannot be entered: %s", home, g_strerror(errno));
	if (options->listen == NULL && fcntl(GA_SESSION_LISTEN_FD, F_GETFD) < 0)
		return g_strdup_printf(
			"descriptor %d, the agent's socket, is not open", GA_SESSION_LISTEN_FD);
	return NULL;
}

static bool open_signals(struct session *session)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like any other */
	session->signal_fd = -1;
	if (sigprocmask(SIG_BLOCK, &signals, NULL) == 0)
		session->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return session->signal_fd >= 0;
}

static void prepare_descriptors(const struct ga_session_options *options)
{
	if (options->listen == NULL)
		fcntl(GA_SESSION_LISTEN_FD, F_SETFD, FD_CLOEXEC);
	if (options->notify_fd < 0)
		return;
	fcntl(options->notify_fd, F_SETFD, FD_CLOEXEC);
	fcntl(options->notify_fd, F_SETFL, fcntl(options->notify_fd, F_GETFL) | O_NONBLOCK);
}

static bool prepare(struct session *session)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *obstacle = find_obstacle(session);
	if (obstacle == NULL && (!open_signals(session) || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0))
		obstacle = g_strdup_printf("signals cannot be received: %s", g_strerror(errno));
	if (obstacle == NULL && !write_state(session, &error))
		obstacle = g_strdup(error->message);
	if (obstacle == NULL)
		return true;
	session->reason = g_steal_pointer(&obstacle);
	g_warning("%s", session->reason);
	publish(session);
	return false;
}

static void follow_logs(struct session *session)
{
	session->log_fd = ga_log_bound_open(session->log_directory, STDERR_FILENO);
	if (session->log_fd == -1)
		g_warning("the session's log and those of applications, in %s, can grow without "
			  "bound: %s",
			session->log_directory, g_strerror(errno));
}

static void run(struct session *session)
{
	follow_logs(session);
	set_environment(session);
	enter_stage(session, STAGE_STARTING, VP_GUEST_START_MS);
	notify(session);
	start_service(session, ROLE_X_SERVER);
	if (session->stage == STAGE_STARTING)
		start_service(session, ROLE_BUS);
	update_state(session);
	reap_children(session);
	while (session->stage != STAGE_ENDED)
		wait_and_handle(session);
	remove_sockets(session);
}

static void finish(struct session *session)
{
	if (session->reason == NULL)
		unlink(session->options->state_file);
	for (int role = 0; role < ROLES; role++)
		g_free(session->services[role].message);
	close_fd(&session->signal_fd);
	close_fd(&session->log_fd);
	g_free(session->log_directory);
	g_free(session->bus_path);
	g_free(session->reason);
}

int ga_session_run(const struct ga_session_options *options, const char *agent)
{
	struct session session = {
		.options = options,
		.agent = agent,
		.signal_fd = -1,
		.log_fd = -1,
		.log_directory = g_build_filename(g_get_user_state_dir(), "oriel", NULL),
		.bus_path = g_build_filename(options->runtime_dir, "bus", NULL),
		.start_time = g_get_real_time() / G_USEC_PER_SEC,
	};
	for (int role = 0; role < ROLES; role++)
		session.services[role].ready_fd = session.services[role].message_fd = -1;
	prepare_descriptors(options);
	if (prepare(&session))
		run(&session);
	int status = session.reason == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
	finish(&session);
	return status;
}

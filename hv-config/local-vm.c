#define G_LOG_DOMAIN "hv-local"

#include "local-vm.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "local-display.h"
#include "local-error.h"
#include "local-limits.h"
#include "local-process.h"
#include "local-sandbox.h"
#include "local-spawn.h"
#include "local-state.h"
#include "unix-socket.h"

#define MARKER_NAME "ORIEL_VM_SESSION"

/* Milliseconds. */
enum { KILL_TIMEOUT = 5000, SWEEP_INTERVAL = 20 };

enum {
	SWEEP_ROUNDS_MAX = 100,
	PIPE_TEXT_MAX = 4096,
	REASON_SIZE_MAX = 500,
	SHM_ROOM_MIN = 16 << 20, /* bytes */
};

enum phase {
	PHASE_STARTING,
	PHASE_RUNNING,
	PHASE_TERMINATING, /* has been asked to end */
	PHASE_KILLED, /* has been killed, or has died; its processes are going */
	PHASE_SWEEPING, /* what is left of its processes is killed */
};

struct hv_local_vm {
	char *name;
	int epoll_fd;
	const struct hv_local_vm_listener *listener;
	void *data;
	struct hv_local_paths paths;
	struct hv_local_state state;
	char *config_path; /* for messages */
	enum phase phase;
	char *failure; /* why it ends; NULL if it was told to */
	int64_t deadline;
	unsigned int sweeps;
	struct hv_local_source launcher; /* pidfd */
	struct hv_local_source session; /* pidfd, if it is another process than the launcher */
	struct hv_local_source notify;
	struct hv_local_source info;
	GString *notify_text; /* of a line that is not complete yet */
	GString *info_text;
};

static int64_t now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static void close_source(struct hv_local_source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	source->fd = -1;
}

/* Takes fd over. */
static bool open_source(struct hv_local_vm *vm, struct hv_local_source *source, int fd)
{
	close_source(source);
	source->fd = fd;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = source };
	if (fd >= 0 && epoll_ctl(vm->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
		return true;
	close_source(source);
	return false;
}

static void signal_source(const struct hv_local_source *source, int signal_number)
{
	if (source->fd >= 0)
		pidfd_send_signal(source->fd, signal_number, NULL, 0);
}

/* False if something of the VM that is going still holds them. */
static bool release_names(struct hv_local_vm *vm)
{
	if (vm->state.display != 0 && hv_display_release(vm->state.display, vm->state.session.pid))
		vm->state.display = 0; /* another server may take it from now on */
	return hv_limits_remove_cgroups(vm->state.cgroups) && vm->state.display == 0;
}

/* The listener may destroy the VM: nothing of it is touched after this. */
static void finish(struct hv_local_vm *vm)
{
	hv_local_paths_remove(&vm->paths);
	vm->deadline = -1;
	g_autofree char *reason = g_steal_pointer(&vm->failure);
	if (reason != NULL)
		vm->listener->state_changed(vm->data, vm, HV_STATE_FAILED, reason);
	else
		vm->listener->state_changed(vm->data, vm, HV_STATE_STOPPED, "");
}

static void sweep(struct hv_local_vm *vm)
{
	vm->phase = PHASE_SWEEPING;
	bool killed = hv_process_kill_marked(vm->state.marker) > 0;
	bool released = release_names(vm);
	if ((killed || !released) && ++vm->sweeps < SWEEP_ROUNDS_MAX)
		vm->deadline = now_ms() + SWEEP_INTERVAL;
	else
		finish(vm);
}

static void kill_all(struct hv_local_vm *vm)
{
	vm->phase = PHASE_KILLED;
	vm->deadline = now_ms() + KILL_TIMEOUT;
	signal_source(&vm->session, SIGKILL);
	signal_source(&vm->launcher, SIGKILL);
}

/* Ends a VM that cannot go on. Takes reason over. */
static void fail(struct hv_local_vm *vm, char *reason)
{
	if (vm->failure == NULL)
		vm->failure = reason;
	else
		g_free(reason);
	kill_all(vm);
}

/* "WHAT: LAST LINE OF THE LOG", or WHAT alone. */
static char *with_last_line(const struct hv_local_vm *vm, const char *what)
{
	g_autofree char *line = hv_local_log_last_line(vm->paths.log);
	return line != NULL ? g_strdup_printf("%s: %s", what, line) : g_strdup(what);
}

/* A session that works says itself in time what it waits for. */
static char *describe_delay(const struct hv_local_vm *vm)
{
	enum { LIMIT = HV_START_MS / 1000 };
	if (vm->state.session.pid != 0)
		return g_strdup_printf("its session (oriel-agent --session) did not answer within "
				       "%d s, and has been ended; what it said is in %s",
			LIMIT, vm->paths.log);
	g_autofree char *what = g_strdup_printf(
		"its sandbox (bwrap) was not made within %d s, and has been ended", LIMIT);
	return with_last_line(vm, what);
}

/* Why a VM ended that nobody told to end. */
static char *describe_death(const struct hv_local_vm *vm)
{
	struct hv_session_report report;
	g_autofree char *reason = NULL;
	if (hv_session_report_read(&report, vm->paths.session_state)) {
		reason = g_steal_pointer(&report.reason);
		hv_session_report_finish(&report);
	}
	if (reason != NULL && reason[0] != '\0') {
		g_autofree char *bounded = g_strndup(reason, REASON_SIZE_MAX);
		return g_strescape(bounded, "\"\\"); /* the guest may have written it */
	}
	if (vm->phase != PHASE_STARTING)
		return g_strdup_printf(
			"its session was killed; what it said is in %s", vm->paths.log);
	if (vm->state.isolation == HV_ISOLATION_NONE || vm->state.session.pid != 0)
		return with_last_line(vm, "its session ended while it was starting");
	g_autofree char *cause = with_last_line(vm, "its sandbox cannot be made");
	return g_strdup_printf(
		"%s; allow user namespaces to bubblewrap, or write isolation=none in %s (the VM "
		"can then reach everything that you can)",
		cause, vm->config_path);
}

/* Called when a process of the VM has ended: goes on when the last is gone. */
static void check_gone(struct hv_local_vm *vm)
{
	bool alone = vm->session.fd < 0; /* the session is gone, or has never been told apart */
	if (alone && (vm->phase == PHASE_STARTING || vm->phase == PHASE_RUNNING)) {
		char *reason = describe_death(vm);
		fail(vm, reason);
	}
	if (alone && vm->launcher.fd < 0)
		sweep(vm);
}

static void handle_launcher_event(struct hv_local_vm *vm)
{
	siginfo_t info;
	/* fails for adopted ones, which have another parent */
	waitid(P_PIDFD, (id_t)vm->launcher.fd, &info, WEXITED | WNOHANG);
	close_source(&vm->launcher);
	if (vm->info.fd >= 0)
		vm->info.handle_event(vm); /* it may just have told of the session */
	check_gone(vm);
}

static void handle_session_event(struct hv_local_vm *vm)
{
	close_source(&vm->session);
	check_gone(vm);
}

/* Appends what a pipe holds, within bounds; closes it at its end. */
static void drain_pipe(struct hv_local_source *source, GString *text)
{
	char buffer[512];
	ssize_t len = 0;
	while (text->len < PIPE_TEXT_MAX && (len = read(source->fd, buffer, sizeof(buffer))) > 0)
		g_string_append_len(text, buffer, len);
	if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
		close_source(source);
}

static void note_state(struct hv_local_vm *vm)
{
	g_autoptr(GError) error = NULL;
	if (!hv_local_state_write(&vm->state, vm->paths.state, &error))
		g_warning("%s: %s; a new broker will not find it", vm->name, error->message);
}

static void note_session(struct hv_local_vm *vm, const struct hv_process *session)
{
	vm->state.session = *session;
	if (!hv_display_set_owner(vm->state.display, session->pid))
		g_warning("%s: the lock file of display :%u cannot be written: %s", vm->name,
			vm->state.display, g_strerror(errno));
}

static void handle_info_event(struct hv_local_vm *vm)
{
	drain_pipe(&vm->info, vm->info_text);
	if (vm->info.fd >= 0 && strchr(vm->info_text->str, '}') == NULL)
		return;
	close_source(&vm->info);
	pid_t pid = hv_parse_bwrap_info(vm->info_text->str);
	struct hv_process session;
	if (!hv_process_identify(pid, &session) ||
		!open_source(vm, &vm->session, hv_process_open(&session)))
		return; /* it is gone already; so will be the launcher */
	note_session(vm, &session);
	note_state(vm);
	if (vm->phase == PHASE_KILLED)
		signal_source(&vm->session, SIGKILL);
}

/* The session ends its programs, as if it had been told to; then it ends itself. */
static void handle_session_failure(struct hv_local_vm *vm)
{
	if (vm->phase != PHASE_STARTING && vm->phase != PHASE_RUNNING)
		return;
	vm->failure = describe_death(vm);
	vm->phase = PHASE_TERMINATING;
	vm->deadline = now_ms() + HV_STOP_MS;
}

static void handle_session_line(struct hv_local_vm *vm, const char *line)
{
	if (g_str_has_prefix(line, "failed "))
		handle_session_failure(vm);
	if (!g_str_equal(line, "running") || vm->phase != PHASE_STARTING)
		return;
	if (vm->info.fd >= 0)
		handle_info_event(vm);
	vm->phase = PHASE_RUNNING;
	vm->deadline = -1;
	vm->listener->state_changed(vm->data, vm, HV_STATE_RUNNING, "");
}

static void handle_notify_event(struct hv_local_vm *vm)
{
	drain_pipe(&vm->notify, vm->notify_text);
	g_auto(GStrv) lines = g_strsplit(vm->notify_text->str, "\n", -1);
	guint count = g_strv_length(lines);
	g_string_assign(vm->notify_text, count > 0 ? lines[count - 1] : "");
	if (vm->notify_text->len >= PIPE_TEXT_MAX)
		close_source(&vm->notify); /* not a line that a session writes */
	for (guint i = 0; i + 1 < count; i++)
		handle_session_line(vm, lines[i]);
}

struct hv_local_vm *hv_local_vm_create(
	const char *name, int epoll_fd, const struct hv_local_vm_listener *listener, void *data)
{
	struct hv_local_vm *vm = g_new0(struct hv_local_vm, 1);
	*vm = (struct hv_local_vm){
		.name = g_strdup(name),
		.epoll_fd = epoll_fd,
		.listener = listener,
		.data = data,
		.deadline = -1,
		.launcher = { vm, -1, handle_launcher_event },
		.session = { vm, -1, handle_session_event },
		.notify = { vm, -1, handle_notify_event },
		.info = { vm, -1, handle_info_event },
		.notify_text = g_string_new(NULL),
		.info_text = g_string_new(NULL),
	};
	hv_local_paths_init(&vm->paths, name);
	return vm;
}

void hv_local_vm_destroy(struct hv_local_vm *vm)
{
	if (vm == NULL)
		return;
	close_source(&vm->launcher);
	close_source(&vm->session);
	close_source(&vm->notify);
	close_source(&vm->info);
	g_string_free(vm->notify_text, TRUE);
	g_string_free(vm->info_text, TRUE);
	hv_local_state_finish(&vm->state);
	hv_local_paths_finish(&vm->paths);
	g_free(vm->config_path);
	g_free(vm->failure);
	g_free(vm->name);
	g_free(vm);
}

/* After a crash of the broker there may be processes that nobody watches. */
static void remove_leftovers(struct hv_local_vm *vm)
{
	enum { ROUNDS_MAX = 20, ROUND_TIME = 5000 /* microseconds */ };
	for (int i = 0; i < ROUNDS_MAX; i++) {
		bool killed = hv_process_kill_marked(vm->state.marker) > 0;
		if (release_names(vm) && !killed)
			break;
		g_usleep(ROUND_TIME);
	}
	hv_local_paths_remove(&vm->paths);
	hv_local_state_finish(&vm->state);
}

static bool session_says_running(const struct hv_local_vm *vm)
{
	struct hv_session_report report;
	if (!hv_session_report_read(&report, vm->paths.session_state))
		return false;
	bool running = report.running;
	hv_session_report_finish(&report);
	return running;
}

/* A process id of the session's namespace, as the primary sees it. */
static pid_t outer_pid(const struct hv_local_vm *vm, pid_t inner)
{
	if (vm->state.isolation == HV_ISOLATION_NONE)
		return inner;
	return hv_process_find_inner(vm->state.session.pid, inner);
}

/* Its session starts an agent that is gone again: the installed one. */
static void renew_agent(const struct hv_local_vm *vm)
{
	g_autofree char *program = hv_find_agent(NULL);
	struct hv_session_report report;
	if (program == NULL || !hv_session_report_read(&report, vm->paths.session_state))
		return;
	pid_t agent = outer_pid(vm, report.agent);
	if (agent > 0 && hv_process_is_outdated(agent, program))
		kill(agent, SIGTERM);
	hv_session_report_finish(&report);
}

bool hv_local_vm_adopt(struct hv_local_vm *vm)
{
	if (!hv_local_state_read(&vm->state, vm->paths.state))
		return false;
	if (!session_says_running(vm) ||
		!open_source(vm, &vm->session, hv_process_open(&vm->state.session))) {
		remove_leftovers(vm);
		return false;
	}
	if (vm->state.launcher.pid != vm->state.session.pid)
		open_source(vm, &vm->launcher, hv_process_open(&vm->state.launcher));
	vm->phase = PHASE_RUNNING;
	renew_agent(vm);
	return true;
}

static bool make_directory(const char *path, const char *what, GError **error)
{
	return g_mkdir_with_parents(path, 0700) == 0 ||
	       hv_local_fail(error, "%s %s cannot be made", what, path);
}

static bool make_places(
	const struct hv_local_vm *vm, const struct hv_vm_config *config, GError **error)
{
	static const char what[] = "its directory";
	hv_local_paths_remove(&vm->paths); /* what a broker left that died while starting it */
	return make_directory(config->home, "its home", error) &&
	       make_directory(vm->paths.directory, what, error) &&
	       make_directory(vm->paths.x11, what, error) &&
	       make_directory(vm->paths.session, what, error) &&
	       make_directory(vm->paths.runtime, what, error);
}

static char *find_program(const char *program, const char *advice, GError **error)
{
	char *path = g_find_program_in_path(program);
	if (path == NULL)
		g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE,
			"the program %s is not in $PATH; %s", program, advice);
	return path;
}

/* Without a sandbox, the guest's programs share the primary's /dev/shm. */
static bool check_shared_memory(GError **error)
{
	struct statvfs room;
	if (statvfs("/dev/shm", &room) == 0 &&
		(uint64_t)room.f_bavail * room.f_frsize >= SHM_ROOM_MIN)
		return true;
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE,
		"/dev/shm has no room (%d MiB are needed), so that programs could not draw; remove "
		"files there, or mount it with a larger size",
		SHM_ROOM_MIN >> 20);
	return false;
}

/* Finds the programs that the plan needs; they belong to the caller even on failure. */
static bool find_programs(struct hv_session_plan *plan, char **agent, char **bwrap, GError **error)
{
	g_autofree char *x_server = find_program("Xvfb", "install the package xvfb", error);
	if (x_server == NULL)
		return false;
	plan->agent = *agent = hv_find_agent(error);
	if (*agent == NULL)
		return false;
	if (plan->config->isolation == HV_ISOLATION_NONE)
		return check_shared_memory(error);
	g_autofree char *advice =
		g_strdup_printf("install the package bubblewrap, or write isolation=none in %s "
				"(the VM can then reach everything that you can)",
			plan->config->path);
	plan->bwrap = *bwrap = find_program("bwrap", advice, error);
	return *bwrap != NULL;
}

/* The X server takes no lock, as its number is given to it together with -displayfd; in the sandbox
 * its socket is not where the primary's programs look for it. */
static bool take_display(struct hv_local_vm *vm, uint32_t first, GError **error)
{
	return hv_display_reserve(first, &vm->state.display, error) &&
	       (vm->state.isolation == HV_ISOLATION_NONE ||
		       hv_display_publish(vm->state.display, vm->paths.x11, error));
}

static bool launch(struct hv_local_vm *vm, const struct hv_session_plan *plan,
	struct hv_limits *limits, GError **error)
{
	struct hv_spawned spawned;
	if (!hv_session_spawn(plan, limits, &spawned, error))
		return false;
	hv_process_identify(spawned.pid, &vm->state.launcher);
	bool boxed = plan->config->isolation == HV_ISOLATION_BWRAP;
	if (!boxed)
		note_session(vm, &vm->state.launcher);
	bool watched = open_source(vm, &vm->notify, spawned.notify_fd);
	watched = (!boxed || open_source(vm, &vm->info, spawned.info_fd)) && watched;
	watched = open_source(vm, &vm->launcher, pidfd_open(spawned.pid, 0)) && watched;
	if (!watched)
		hv_local_fail(error, "its processes cannot be watched");
	else if (hv_local_state_write(&vm->state, vm->paths.state, error))
		return true;
	kill(spawned.pid, SIGKILL);
	waitid(P_PID, (id_t)spawned.pid, &(siginfo_t){ 0 }, WEXITED);
	return false;
}

bool hv_local_vm_start(struct hv_local_vm *vm, const struct hv_vm_config *config,
	const struct hv_screen *screen, uint32_t display, GError **error)
{
	struct hv_session_plan plan = {
		.config = config,
		.paths = &vm->paths,
		.screen = screen,
		.uid = getuid(),
	};
	struct hv_limits limits = { 0 };
	g_autofree char *agent = NULL;
	g_autofree char *bwrap = NULL;
	vm->config_path = g_strdup(config->path);
	vm->state.isolation = config->isolation;
	vm->state.marker = g_strdup_printf(MARKER_NAME "=%08x%08x", g_random_int(), g_random_int());
	bool done = find_programs(&plan, &agent, &bwrap, error) && make_places(vm, config, error) &&
		    take_display(vm, display, error) &&
		    hv_display_write_cookie(vm->paths.xauthority, vm->state.display, error);
	if (done) {
		hv_limits_init(&limits, config);
		vm->state.cgroups = g_strdupv(limits.cgroups);
		vm->state.notice = g_strdup(limits.notice);
		plan.display = vm->state.display;
		plan.marker = vm->state.marker;
		done = launch(vm, &plan, &limits, error);
		hv_limits_finish(&limits);
	}
	if (!done)
		remove_leftovers(vm);
	vm->phase = PHASE_STARTING;
	vm->deadline = now_ms() + HV_START_MS;
	return done;
}

void hv_local_vm_stop(struct hv_local_vm *vm)
{
	if (vm->phase != PHASE_STARTING && vm->phase != PHASE_RUNNING)
		return;
	bool known = vm->session.fd >= 0 || vm->state.isolation == HV_ISOLATION_NONE;
	if (known) {
		vm->phase = PHASE_TERMINATING;
		vm->deadline = now_ms() + HV_STOP_MS;
		signal_source(vm->session.fd >= 0 ? &vm->session : &vm->launcher, SIGTERM);
	} else {
		kill_all(vm); /* bwrap would leave its child alone */
	}
	vm->listener->state_changed(vm->data, vm, HV_STATE_STOPPING, "");
}

int hv_local_vm_connect(struct hv_local_vm *vm, GError **error)
{
	int fd = vp_unix_socket_connect(vm->paths.agent_socket, SOCK_STREAM | SOCK_NONBLOCK);
	if (fd == -1)
		hv_local_fail(error, "the agent of %s cannot be reached", vm->name);
	return fd;
}

static enum hv_state state_of_phase(enum phase phase)
{
	switch (phase) {
	case PHASE_STARTING:
		return HV_STATE_STARTING;
	case PHASE_RUNNING:
		return HV_STATE_RUNNING;
	case PHASE_TERMINATING:
	case PHASE_KILLED:
	case PHASE_SWEEPING:
		return HV_STATE_STOPPING;
	}
	return HV_STATE_STOPPED;
}

void hv_local_vm_status(struct hv_local_vm *vm, struct hv_vm_status *status)
{
	*status = (struct hv_vm_status){
		.state = state_of_phase(vm->phase),
		.display =
			vm->state.display != 0 ? g_strdup_printf(":%u", vm->state.display) : NULL,
		.xauthority = g_strdup(vm->paths.xauthority),
		.session_pid = vm->state.session.pid,
		.log = g_strdup(vm->paths.log),
		.notice = g_strdup(vm->state.notice),
	};
	if (vm->state.session.pid == 0)
		return;
	struct hv_process_usage usage = hv_process_tree_usage(vm->state.session.pid);
	status->cpu_time = usage.cpu_time;
	status->memory = usage.memory;
	struct hv_session_report report;
	if (!hv_session_report_read(&report, vm->paths.session_state))
		return;
	status->x_server_pid = outer_pid(vm, report.x_server);
	status->agent_pid = outer_pid(vm, report.agent);
	hv_session_report_finish(&report);
}

const char *hv_local_vm_name(const struct hv_local_vm *vm)
{
	return vm->name;
}

int64_t hv_local_vm_deadline(const struct hv_local_vm *vm)
{
	return vm->deadline;
}

void hv_local_vm_handle_timeout(struct hv_local_vm *vm)
{
	switch (vm->phase) {
	case PHASE_STARTING:
		fail(vm, describe_delay(vm));
		break;
	case PHASE_RUNNING:
		vm->deadline = -1;
		break;
	case PHASE_TERMINATING:
		kill_all(vm);
		break;
	case PHASE_KILLED:
	case PHASE_SWEEPING:
		sweep(vm);
		break;
	}
}

#define G_LOG_DOMAIN "hc-vm"

#include "vm.h"

#include <unistd.h>

#include <gio/gio.h>

#include "backoff.h"
#include "launches.h"
#include "paths.h"
#include "view-process.h"

enum {
	SESSION_MS = 5000, /* for view and agent to find each other */
	/* Display and driver are to fail first, as they know why. */
	START_MS = HC_DISPLAY_ANSWER_MS + HV_START_MS + HV_STOP_MS + SESSION_MS,
	RESTARTS_MAX = 3,
	RESTARTS_MS = 60000,
	POPUP_BORDER_MAX = 2,
	MS_PER_SECOND = 1000,
	COVERS_MAX = 20, /* decided in a second */
};

enum session_state { SESSION_NONE, SESSION_CONNECTING, SESSION_READY };

struct waiter {
	void (*done)(void *data, const GError *error);
	void *data;
};

struct hc_vm {
	struct hv_vm_config *config;
	struct hv_driver *driver;
	struct hc_display *display;
	const struct hc_vm_listener *listener;
	void *data;
	int64_t now; /* of the call that is being served */

	enum hv_state state; /* of the whole */
	char *reason;
	GArray *starters; /* of struct waiter: told when it runs or cannot */
	GArray *stoppers; /* of struct waiter: told when it has stopped */
	int64_t start_deadline;
	bool asking; /* the display, before guest or view is started */

	enum hv_state guest; /* what the driver says */
	int64_t guest_start_at; /* when STARTING the guest is to be started; -1: it has been */
	int64_t restarts[RESTARTS_MAX]; /* times of the last ones, in a ring; 0: never */
	uint32_t restart_count;
	int32_t agent_pid; /* of the last session; another one knows nothing of our launches */

	struct hc_view_process *view;
	bool view_ready;
	int64_t view_start_at;
	struct hc_backoff view_backoff;
	char *view_reason; /* why the last one ended */

	enum session_state session;
	int64_t connect_at;
	struct hc_backoff connect_backoff;

	int64_t covers_since; /* when the second began in which cover_count were asked for */
	uint32_t cover_count;

	struct hc_launches *launches;
	struct hc_requests *requests;
	bool had_windows; /* since the guest's start, as far as is known */
	int64_t keep_alive_deadline; /* -1: there are windows, or there never were */
};

static const struct hc_view_process_listener view_listener;

struct hc_vm *hc_vm_create(struct hv_vm_config *config, struct hv_driver *driver,
	struct hc_display *display, const char *view_program, const struct hc_vm_listener *listener,
	void *data)
{
	g_autofree char *directory = hc_path_vm(config->name);
	struct hc_vm *vm = g_new0(struct hc_vm, 1);

	vm->view = hc_view_process_create(view_program, directory, &view_listener, vm);
	if (!vm->view) {
		g_free(vm);
		return NULL;
	}
	vm->config = config;
	vm->driver = driver;
	vm->display = display;
	vm->listener = listener;
	vm->data = data;
	vm->state = HV_STATE_STOPPED;
	vm->reason = g_strdup("");
	vm->starters = g_array_new(FALSE, FALSE, sizeof(struct waiter));
	vm->stoppers = g_array_new(FALSE, FALSE, sizeof(struct waiter));
	vm->guest = HV_STATE_STOPPED;
	vm->guest_start_at = -1;
	vm->launches = hc_launches_create(config->name);
	vm->requests = hc_requests_create(config->name);
	vm->keep_alive_deadline = -1;
	return vm;
}

void hc_vm_destroy(struct hc_vm *vm)
{
	if (!vm)
		return;
	hc_display_forget(vm->display, vm);
	hc_view_process_destroy(vm->view);
	hc_launches_destroy(vm->launches);
	hc_requests_destroy(vm->requests);
	g_array_unref(vm->starters);
	g_array_unref(vm->stoppers);
	g_free(vm->reason);
	g_free(vm->view_reason);
	hv_vm_config_free(vm->config);
	g_free(vm);
}

static bool wanted(const struct hc_vm *vm)
{
	return vm->state == HV_STATE_STARTING || vm->state == HV_STATE_RUNNING;
}

static bool guest_gone(const struct hc_vm *vm)
{
	return vm->guest == HV_STATE_STOPPED || vm->guest == HV_STATE_FAILED;
}

bool hc_vm_up(const struct hc_vm *vm)
{
	return wanted(vm) || !guest_gone(vm) || hc_view_process_alive(vm->view);
}

bool hc_vm_reconfigure(struct hc_vm *vm, struct hv_vm_config *config, struct hv_driver *driver)
{
	if (hc_vm_up(vm))
		return false;
	hv_vm_config_free(vm->config);
	vm->config = config;
	vm->driver = driver;
	return true;
}

static void add_waiter(GArray *waiters, void (*done)(void *data, const GError *error), void *data)
{
	struct waiter waiter = { .done = done, .data = data };

	g_array_append_val(waiters, waiter);
}

/* Tells all waiters; they may come back with new wishes. */
static void tell_waiters(GArray **waiters, const GError *error)
{
	g_autoptr(GArray) told = *waiters;

	*waiters = g_array_new(FALSE, FALSE, sizeof(struct waiter));
	for (guint i = 0; i < told->len; i++) {
		const struct waiter *waiter = &g_array_index(told, struct waiter, i);

		waiter->done(waiter->data, error);
	}
}

static void change_state(struct hc_vm *vm, enum hv_state state, const char *reason)
{
	char *copy = g_strdup(reason);

	g_free(vm->reason);
	vm->reason = copy;
	vm->state = state;
	vm->listener->changed(vm->data, vm);
}

static void begin_start(struct hc_vm *vm)
{
	vm->guest_start_at = vm->now;
	vm->view_start_at = vm->now;
	vm->connect_at = vm->now;
	vm->start_deadline = vm->now + START_MS;
	g_clear_pointer(&vm->view_reason, g_free);
	change_state(vm, HV_STATE_STARTING, "");
}

static void forget_session(struct hc_vm *vm)
{
	vm->session = SESSION_NONE;
	vm->had_windows = false;
	vm->keep_alive_deadline = -1;
}

/* What was begun is undone: a guest that cannot be reached is of no use. */
static void fail_vm(struct hc_vm *vm, const char *reason)
{
	g_autoptr(GError) error =
		g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", vm->config->name, reason);

	g_warning("%s", error->message);
	forget_session(vm);
	vm->guest_start_at = -1;
	vm->view_ready = false;
	change_state(vm, HV_STATE_FAILED, reason);
	if (!guest_gone(vm))
		hv_driver_stop(vm->driver, vm->config->name);
	hc_view_process_stop(vm->view, vm->now);
	hc_launches_fail_all(vm->launches, reason);
	hc_requests_fail_all(vm->requests, reason);
	tell_waiters(&vm->starters, error);
}

static void begin_stop(struct hc_vm *vm)
{
	forget_session(vm);
	vm->guest_start_at = -1;
	vm->view_ready = false;
	change_state(vm, HV_STATE_STOPPING, "");
	if (!guest_gone(vm))
		hv_driver_stop(vm->driver, vm->config->name);
	hc_view_process_stop(vm->view, vm->now);
	hc_requests_fail_all(vm->requests, "it has been stopped");
}

/* True if the guest has not crashed too often lately. */
static bool may_restart(struct hc_vm *vm)
{
	int64_t *oldest = &vm->restarts[vm->restart_count % RESTARTS_MAX];

	if (*oldest != 0 && vm->now - *oldest < RESTARTS_MS)
		return false;
	*oldest = vm->now;
	vm->restart_count++;
	return true;
}

static void handle_guest_crash(struct hc_vm *vm, const char *reason)
{
	if (!may_restart(vm)) {
		g_autofree char *text = g_strdup_printf("it failed more than %d times within %d s, "
							"and is not started again by itself: %s",
			RESTARTS_MAX, RESTARTS_MS / MS_PER_SECOND, reason);

		fail_vm(vm, text);
		return;
	}
	g_warning("%s: %s; it is started again", vm->config->name, reason);
	hc_view_process_send(vm->view, HC_LINK_MESSAGE(FORGET, forget, 0), -1);
	hc_launches_forget_sent(vm->launches, reason);
	forget_session(vm);
	begin_start(vm);
	vm->guest_start_at = hc_backoff_next(&vm->connect_backoff, vm->now);
}

static bool guest_is_due(const struct hc_vm *vm)
{
	return vm->state == HV_STATE_STARTING && guest_gone(vm) && vm->guest_start_at >= 0 &&
	       vm->now >= vm->guest_start_at;
}

static bool view_is_due(const struct hc_vm *vm)
{
	return wanted(vm) && !hc_view_process_alive(vm->view) && vm->now >= vm->view_start_at;
}

static void start_guest(struct hc_vm *vm, const struct hv_screen *screen)
{
	g_autoptr(GError) error = NULL;

	vm->guest_start_at = -1;
	vm->guest = HV_STATE_STARTING;
	if (hv_driver_start(vm->driver, vm->config, screen, &error))
		return;
	vm->guest = HV_STATE_STOPPED;
	fail_vm(vm, error->message);
}

static void put_view_off(struct hc_vm *vm, const GError *error)
{
	g_warning("%s: its view cannot be started: %s", vm->config->name, error->message);
	g_free(vm->view_reason);
	vm->view_reason = g_strdup(error->message);
	vm->view_start_at = hc_backoff_next(&vm->view_backoff, vm->now);
}

static void start_view(struct hc_vm *vm)
{
	g_autoptr(GError) error = NULL;

	vm->view_ready = false;
	if (!hc_view_process_start(vm->view, &error))
		put_view_off(vm, error);
}

static void handle_screen(
	void *data, int64_t now, const struct hv_screen *screen, const GError *error)
{
	struct hc_vm *vm = data;

	vm->now = now;
	if (guest_is_due(vm) && screen)
		start_guest(vm, screen);
	else if (guest_is_due(vm))
		fail_vm(vm, error->message);
	if (view_is_due(vm) && screen)
		start_view(vm);
	else if (view_is_due(vm))
		put_view_off(vm, error);
	vm->asking = false;
}

/* A guest needs to know the screen, and a view without a display would only end again. */
static void tend_display(struct hc_vm *vm)
{
	if (vm->asking || (!guest_is_due(vm) && !view_is_due(vm)))
		return;
	vm->asking = true;
	hc_display_ask(vm->display, vm->now, handle_screen, vm);
}

static bool can_connect(const struct hc_vm *vm)
{
	return wanted(vm) && vm->guest == HV_STATE_RUNNING && vm->view_ready &&
	       hc_view_process_alive(vm->view) && vm->session == SESSION_NONE;
}

static void tend_session(struct hc_vm *vm)
{
	g_autoptr(GError) error = NULL;
	int fd;

	if (!can_connect(vm) || vm->now < vm->connect_at)
		return;
	fd = hv_driver_connect(vm->driver, vm->config->name, &error);
	if (fd < 0) {
		g_message("%s: %s", vm->config->name, error->message);
		vm->connect_at = hc_backoff_next(&vm->connect_backoff, vm->now);
		return;
	}
	vm->session = SESSION_CONNECTING;
	hc_view_process_send(vm->view, HC_LINK_MESSAGE(CONNECT, connect, 0), fd);
	close(fd);
}

static void send_launch(void *data, const struct hc_link_message *message)
{
	struct hc_vm *vm = data;

	hc_view_process_send(vm->view, message, -1);
}

static void tend_launches(struct hc_vm *vm)
{
	if (vm->state == HV_STATE_RUNNING && vm->session == SESSION_READY)
		hc_launches_send(vm->launches, vm->now, send_launch, vm);
}

/* What a VM that is not ready in time has waited for. */
static const char *describe_delay(const struct hc_vm *vm)
{
	if (vm->view_reason)
		return vm->view_reason;
	if (vm->guest != HV_STATE_RUNNING)
		return "its guest did not start";
	return vm->view_ready ? "its agent (oriel-agent) did not answer"
			      : "its view (oriel-view) did not answer";
}

static void tend_deadlines(struct hc_vm *vm)
{
	if (vm->state == HV_STATE_STARTING && vm->now >= vm->start_deadline) {
		g_autofree char *reason = g_strdup_printf("it was not ready within %d s: %s",
			START_MS / MS_PER_SECOND, describe_delay(vm));

		fail_vm(vm, reason);
	}
	if (vm->keep_alive_deadline >= 0 && vm->now >= vm->keep_alive_deadline &&
		!hc_launches_pending(vm->launches)) {
		g_message("%s: stopped, as its last window closed a while ago", vm->config->name);
		begin_stop(vm);
	}
}

static void tend_stop(struct hc_vm *vm)
{
	if (wanted(vm) || !guest_gone(vm) || hc_view_process_alive(vm->view))
		return;
	if (vm->state == HV_STATE_STOPPING)
		change_state(vm, HV_STATE_STOPPED, "");
	tell_waiters(&vm->stoppers, NULL);
	if (vm->starters->len > 0 && !wanted(vm))
		begin_start(vm);
}

/* Mends what is not as the state wants it to be. */
static void settle(struct hc_vm *vm)
{
	hc_requests_expire(vm->requests, vm->now);
	hc_launches_expire(vm->launches, vm->now);
	tend_stop(vm);
	tend_deadlines(vm);
	tend_display(vm);
	tend_session(vm);
	tend_launches(vm);
}

void hc_vm_adopt(struct hc_vm *vm, int64_t now)
{
	bool view_lives;

	vm->now = now;
	view_lives = hc_view_process_adopt(vm->view);
	if (hv_driver_adopt(vm->driver, vm->config)) {
		g_message("%s: taken over from an earlier broker", vm->config->name);
		vm->guest = HV_STATE_RUNNING;
		vm->had_windows = true; /* nobody knows; without any it must not run on for ever */
		change_state(vm, HV_STATE_RUNNING, "");
	} else if (view_lives) {
		hc_view_process_stop(vm->view, now);
	}
	settle(vm);
}

void hc_vm_start(
	struct hc_vm *vm, int64_t now, void (*done)(void *data, const GError *error), void *data)
{
	vm->now = now;
	if (vm->state == HV_STATE_RUNNING) {
		done(data, NULL);
		return;
	}
	add_waiter(vm->starters, done, data);
	if (vm->state == HV_STATE_STOPPED || vm->state == HV_STATE_FAILED)
		begin_start(vm);
	settle(vm);
}

void hc_vm_stop(
	struct hc_vm *vm, int64_t now, void (*done)(void *data, const GError *error), void *data)
{
	g_autoptr(GError) error = g_error_new(
		G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s: it has been stopped", vm->config->name);

	vm->now = now;
	add_waiter(vm->stoppers, done, data);
	if (wanted(vm))
		begin_stop(vm);
	else if (vm->state == HV_STATE_FAILED)
		change_state(vm, HV_STATE_STOPPING, "");
	hc_launches_fail_all(vm->launches, "it has been stopped");
	tell_waiters(&vm->starters, error);
	settle(vm);
}

/* Launches are told of a failed start by themselves. */
static void ignore_start(void *data, const GError *error)
{
	(void)data;
	(void)error;
}

void hc_vm_run(struct hc_vm *vm, int64_t now, const char *application, const uint8_t *arguments,
	size_t len, void (*launched)(void *data, uint32_t launch, int32_t pid, const GError *error),
	void *data)
{
	hc_launches_add(vm->launches, application, arguments, len, now, launched, data);
	hc_vm_start(vm, now, ignore_start, NULL);
	settle(vm);
}

void hc_vm_wait(struct hc_vm *vm, uint32_t launch,
	void (*ended)(void *data, int32_t status, const GError *error), void *data)
{
	hc_launches_wait(vm->launches, launch, ended, data);
}

static void send_request(
	struct hc_vm *vm, enum hc_request_kind kind, uint32_t serial, uint32_t window)
{
	switch (kind) {
	case HC_REQUEST_APPLICATIONS:
		hc_view_process_send(vm->view,
			HC_LINK_MESSAGE(
				APPLICATIONS_REQUEST, applications_request, .serial = serial),
			-1);
		break;
	case HC_REQUEST_WINDOWS:
		hc_view_process_send(vm->view,
			HC_LINK_MESSAGE(WINDOWS_REQUEST, windows_request, .serial = serial), -1);
		break;
	case HC_REQUEST_STATS:
		hc_view_process_send(vm->view,
			HC_LINK_MESSAGE(STATS_REQUEST, stats_request, .serial = serial), -1);
		break;
	case HC_REQUEST_SCREENSHOT:
		hc_view_process_send(vm->view,
			HC_LINK_MESSAGE(SCREENSHOT_REQUEST, screenshot_request, .serial = serial,
				.window = window),
			-1);
		break;
	}
}

void hc_vm_ask(struct hc_vm *vm, int64_t now, enum hc_request_kind kind, uint32_t window,
	void (*done)(void *data, const struct hc_answer *answer, const GError *error), void *data)
{
	vm->now = now;
	if (vm->view_ready && hc_view_process_alive(vm->view)) {
		send_request(
			vm, kind, hc_requests_add(vm->requests, kind, now, done, data), window);
	} else if (kind == HC_REQUEST_SCREENSHOT) {
		g_autoptr(GError) error = g_error_new(G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"%s: it is %s and has no windows", vm->config->name, hc_vm_state_name(vm));

		done(data, NULL, error);
	} else {
		g_autoptr(GPtrArray) rows = g_ptr_array_new();
		struct hc_answer answer = { .rows = rows, .fd = -1 };

		done(data, &answer, NULL);
	}
}

void hc_vm_handle_driver_state(
	struct hc_vm *vm, int64_t now, enum hv_state state, const char *reason)
{
	vm->now = now;
	vm->guest = state;
	/* A start that has been planned comes after the end of what was there. */
	if (wanted(vm) && vm->guest_start_at < 0) {
		if (state == HV_STATE_FAILED && vm->state == HV_STATE_STARTING &&
			vm->starters->len > 0)
			fail_vm(vm, reason);
		else if (state == HV_STATE_FAILED)
			handle_guest_crash(vm, reason);
		else if (state == HV_STATE_STOPPED || state == HV_STATE_STOPPING)
			begin_stop(vm);
	}
	settle(vm);
}

static void handle_view_ready(struct hc_vm *vm, const struct hc_link_ready *message)
{
	const struct hv_vm_config *config = vm->config;

	if (message->name.len == 0) {
		hc_view_process_send(vm->view,
			HC_LINK_MESSAGE(CONFIGURE, configure,
				.name = vp_text_from(config->name, VP_NAME_MAX),
				.colour = config->colour, .border = (uint8_t)config->border,
				.popup_border = (uint8_t)MIN(config->border, POPUP_BORDER_MAX)),
			-1);
	}
	vm->view_ready = true;
	g_clear_pointer(&vm->view_reason, g_free);
	vm->session = message->connected ? SESSION_READY : SESSION_NONE;
	vm->connect_at = vm->now;
}

static void handle_session_ready(struct hc_vm *vm)
{
	struct hv_vm_status status = { 0 };

	if (vm->session != SESSION_CONNECTING)
		return;
	vm->session = SESSION_READY;
	if (hv_driver_status(vm->driver, vm->config->name, &status)) {
		if (vm->agent_pid != 0 && status.agent_pid != vm->agent_pid)
			hc_launches_forget_sent(vm->launches,
				"its agent has been restarted and no longer knows the application");
		vm->agent_pid = status.agent_pid;
		hv_vm_status_clear(&status);
	}
	if (vm->state == HV_STATE_STARTING) {
		change_state(vm, HV_STATE_RUNNING, "");
		tell_waiters(&vm->starters, NULL);
	}
}

static void handle_session_closed(struct hc_vm *vm, const struct hc_link_session_closed *message)
{
	if (vm->session == SESSION_NONE)
		return;
	g_message("%s: the session with its agent has ended: %.*s", vm->config->name,
		(int)message->message.len, message->message.data);
	vm->session = SESSION_NONE;
	vm->connect_at = hc_backoff_next(&vm->connect_backoff, vm->now);
}

static void handle_windows_changed(struct hc_vm *vm, const struct hc_link_windows_changed *message)
{
	if (message->managed > 0) {
		vm->had_windows = true;
		vm->keep_alive_deadline = -1;
	} else if (vm->had_windows && vm->keep_alive_deadline < 0 &&
		   vm->config->keep_alive != HV_KEEP_ALIVE_FOREVER) {
		vm->keep_alive_deadline = vm->now + (int64_t)vm->config->keep_alive * MS_PER_SECOND;
	}
}

/* A guest that asks on and on is not to fill the audit log. */
static bool asks_too_often(struct hc_vm *vm)
{
	if (vm->now - vm->covers_since >= MS_PER_SECOND) {
		vm->covers_since = vm->now;
		vm->cover_count = 0;
	}
	if (++vm->cover_count == COVERS_MAX + 1)
		g_warning("%s: its windows want to cover others more than %d times a second; that "
			  "is denied",
			vm->config->name, COVERS_MAX);
	return vm->cover_count > COVERS_MAX;
}

static void handle_cover_request(struct hc_vm *vm, const struct hc_link_cover_request *message)
{
	bool allowed = !asks_too_often(vm) && vm->listener->allows_fullscreen(vm->data, vm);

	hc_view_process_send(vm->view,
		HC_LINK_MESSAGE(COVER_ANSWER, cover_answer, .window = message->window,
			.states = message->states, .allowed = allowed),
		-1);
}

static void handle_view_message(void *data, const struct hc_link_message *message, int fd)
{
	struct hc_vm *vm = data;

	if (hc_requests_handle_message(vm->requests, message, fd))
		goto done;
	switch ((int)message->op) {
	case HC_LINK_OP_READY:
		handle_view_ready(vm, &message->ready);
		break;
	case HC_LINK_OP_SESSION_READY:
		handle_session_ready(vm);
		break;
	case HC_LINK_OP_SESSION_CLOSED:
		handle_session_closed(vm, &message->session_closed);
		break;
	case HC_LINK_OP_WINDOWS_CHANGED:
		handle_windows_changed(vm, &message->windows_changed);
		break;
	case HC_LINK_OP_COVER_REQUEST:
		handle_cover_request(vm, &message->cover_request);
		break;
	case HC_LINK_OP_LAUNCHED:
		hc_launches_handle_launched(vm->launches, &message->launched);
		break;
	case HC_LINK_OP_EXITED:
		hc_launches_handle_exited(vm->launches, &message->exited);
		break;
	default:
		break;
	}
done:
	if (fd >= 0)
		close(fd);
}

static void handle_view_lost(void *data, const char *reason)
{
	struct hc_vm *vm = data;

	g_warning("%s: its view is gone: %s", vm->config->name, reason);
	vm->view_ready = false;
	vm->session = SESSION_NONE;
	hc_requests_fail_all(vm->requests, "its view has ended; try again");
	g_free(vm->view_reason);
	vm->view_reason = g_strdup_printf("its view has ended: %s", reason);
	vm->view_start_at = hc_backoff_next(&vm->view_backoff, vm->now);
}

const struct hv_vm_config *hc_vm_config(const struct hc_vm *vm)
{
	return vm->config;
}

enum hv_state hc_vm_state(const struct hc_vm *vm)
{
	return vm->state;
}

const char *hc_vm_state_name(const struct hc_vm *vm)
{
	switch (vm->state) {
	case HV_STATE_STOPPED:
		return "stopped";
	case HV_STATE_STARTING:
		return "starting";
	case HV_STATE_RUNNING:
		return "running";
	case HV_STATE_STOPPING:
		return "stopping";
	case HV_STATE_FAILED:
		return "failed";
	}
	return "unknown";
}

const char *hc_vm_reason(const struct hc_vm *vm)
{
	return vm->reason;
}

int32_t hc_vm_view_pid(const struct hc_vm *vm)
{
	return hc_view_process_pid(vm->view);
}

int hc_vm_get_fd(const struct hc_vm *vm)
{
	return hc_view_process_get_fd(vm->view);
}

static int64_t earlier(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return MAX(a, b);
	return MIN(a, b);
}

int64_t hc_vm_deadline(const struct hc_vm *vm)
{
	int64_t deadline = hc_view_process_deadline(vm->view);

	deadline = earlier(deadline, hc_launches_deadline(vm->launches));
	deadline = earlier(deadline, hc_requests_deadline(vm->requests));
	if (!hc_launches_pending(vm->launches))
		deadline = earlier(deadline, vm->keep_alive_deadline);
	if (vm->state == HV_STATE_STARTING)
		deadline = earlier(deadline, vm->start_deadline);
	if (vm->state == HV_STATE_STARTING && guest_gone(vm) && !vm->asking)
		deadline = earlier(deadline, vm->guest_start_at);
	if (wanted(vm) && !hc_view_process_alive(vm->view) && !vm->asking)
		deadline = earlier(deadline, vm->view_start_at);
	if (can_connect(vm))
		deadline = earlier(deadline, vm->connect_at);
	return deadline;
}

void hc_vm_dispatch(struct hc_vm *vm, int64_t now)
{
	vm->now = now;
	hc_view_process_dispatch(vm->view, now);
	settle(vm);
}

static const struct hc_view_process_listener view_listener = {
	.message = handle_view_message,
	.lost = handle_view_lost,
};

#define G_LOG_DOMAIN "hc-vm"

#include <gio/gio.h>

#include "deadline.h"
#include "paths.h"
#include "vm-private.h"

enum {
	SESSION_MS = 5000, /* for view and agent to find each other */
	RESTARTS_MS = 60000,
	MS_PER_SECOND = 1000,
};

struct hc_vm *hc_vm_create(struct hv_vm_config *config, struct hv_driver *driver,
	struct hc_display *display, const char *view_program, const struct hc_vm_listener *listener,
	void *data)
{
	g_autofree char *directory = hc_path_vm(config->name);
	struct hc_vm *vm = g_new0(struct hc_vm, 1);

	vm->view = hc_view_process_create(view_program, directory, &hc_vm_view_listener, vm);
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
	vm->starters = hc_waiters_create();
	vm->stoppers = hc_waiters_create();
	vm->guest = HV_STATE_STOPPED;
	vm->guest_start_at = -1;
	vm->launches = hc_launches_create(config->name);
	vm->requests = hc_requests_create(config->name);
	vm->keep_alive_deadline = -1;
	return vm;
}

void hc_vm_dismiss_callers(struct hc_vm *vm)
{
	hc_launches_fail_all(vm->launches, "the broker ends");
	hc_requests_fail_all(vm->requests, "the broker ends");
}

void hc_vm_destroy(struct hc_vm *vm)
{
	if (!vm)
		return;
	hc_vm_dismiss_callers(vm);
	hc_display_forget(vm->display, vm);
	hc_view_process_destroy(vm->view);
	hv_driver_forget(vm->driver, vm->config->name);
	hc_launches_destroy(vm->launches);
	hc_requests_destroy(vm->requests);
	hc_waiters_destroy(vm->starters);
	hc_waiters_destroy(vm->stoppers);
	g_free(vm->reason);
	g_free(vm->view_reason);
	g_free(vm->session_reason);
	g_free(vm->image);
	hv_vm_config_free(vm->config);
	g_free(vm);
}

bool hc_vm_wanted(const struct hc_vm *vm)
{
	return vm->state == HV_STATE_STARTING || vm->state == HV_STATE_RUNNING ||
	       vm->state == HV_STATE_PAUSED || vm->state == HV_STATE_AWAY;
}

static bool guest_gone(const struct hc_vm *vm)
{
	return vm->guest == HV_STATE_STOPPED || vm->guest == HV_STATE_FAILED;
}

bool hc_vm_up(const struct hc_vm *vm)
{
	return hc_vm_wanted(vm) || !guest_gone(vm) || hc_view_process_alive(vm->view);
}

bool hc_vm_reconfigure(
	struct hc_vm *vm, struct hv_vm_config *config, int64_t now, struct hv_driver *driver)
{
	if (hc_vm_up(vm)) {
		if (vm->driver == driver)
			hv_driver_tune(driver, config);
		return false;
	}
	vm->now = now;
	if (vm->driver != driver)
		hv_driver_forget(vm->driver, config->name);
	hv_vm_config_free(vm->config);
	vm->config = config;
	vm->driver = driver;
	hv_driver_follow(driver, config);
	return true;
}

void hc_vm_change_state(struct hc_vm *vm, enum hv_state state, const char *reason)
{
	char *copy = g_strdup(reason);

	g_free(vm->reason);
	vm->reason = copy;
	vm->state = state;
	/* It was for this start alone: a disk may change before the next. */
	if (state != HV_STATE_STARTING)
		g_clear_pointer(&vm->image, g_free);
	vm->listener->changed(vm->data, vm);
}

/* Display and driver are to fail first, as they know why. */
static int64_t start_ms(const struct hc_vm *vm)
{
	return HC_DISPLAY_ANSWER_MS + hv_driver_start_ms(vm->driver) + SESSION_MS;
}

/* What has kept the last guest from a session says nothing of this one. */
static void expect_session(struct hc_vm *vm)
{
	vm->connect_at = vm->now;
	hc_backoff_reset(&vm->connect_backoff);
}

static void begin_start(struct hc_vm *vm)
{
	vm->guest_returned = false;
	vm->guest_start_at = vm->now;
	vm->view_start_at = vm->now;
	expect_session(vm);
	vm->start_deadline = vm->now + start_ms(vm);
	g_clear_pointer(&vm->view_reason, g_free);
	g_clear_pointer(&vm->session_reason, g_free);
	hc_vm_change_state(vm, HV_STATE_STARTING, "");
}

/* However often the guest has crashed: somebody wants it now. */
static void begin_asked_start(struct hc_vm *vm)
{
	hc_backoff_reset(&vm->guest_backoff);
	begin_start(vm);
}

/* What was begun is undone: a guest that cannot be reached is of no use. */
static void fail_vm(struct hc_vm *vm, const char *reason)
{
	g_autoptr(GError) error =
		g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", vm->config->name, reason);

	g_warning("%s", error->message);
	hc_vm_forget_session(vm);
	vm->guest_start_at = -1;
	vm->view_ready = false;
	hc_vm_change_state(vm, HV_STATE_FAILED, reason);
	if (!guest_gone(vm))
		hv_driver_stop(vm->driver, vm->config->name);
	hc_view_process_stop(vm->view, vm->now);
	hc_launches_fail_all(vm->launches, reason);
	hc_requests_fail_all(vm->requests, reason);
	hc_waiters_tell(vm->starters, error);
}

void hc_vm_begin_stop(struct hc_vm *vm)
{
	hc_vm_forget_session(vm);
	vm->guest_start_at = -1;
	vm->view_ready = false;
	hc_vm_change_state(vm, HV_STATE_STOPPING, "");
	if (!guest_gone(vm))
		hv_driver_stop(vm->driver, vm->config->name);
	hc_view_process_stop(vm->view, vm->now);
	hc_requests_fail_all(vm->requests, "it has been stopped");
}

/* True if the guest has not crashed too often lately. */
static bool may_restart(struct hc_vm *vm)
{
	int64_t *oldest = &vm->restarts[vm->restart_count % HC_RESTARTS_MAX];

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
			HC_RESTARTS_MAX, RESTARTS_MS / MS_PER_SECOND, reason);

		fail_vm(vm, text);
		return;
	}
	g_warning("%s: %s; it is started again", vm->config->name, reason);
	hc_vm_end_session(vm, reason);
	if (vm->config->lost_windows == HV_LOST_WINDOWS_CLOSE)
		hc_view_process_send(vm->view, HC_LINK_MESSAGE(FORGET, forget, 0), -1);
	begin_start(vm);
	vm->guest_start_at = hc_backoff_next(&vm->guest_backoff, vm->now);
}

static bool guest_is_due(const struct hc_vm *vm)
{
	return vm->state == HV_STATE_STARTING && guest_gone(vm) && vm->guest_start_at >= 0 &&
	       vm->now >= vm->guest_start_at;
}

static bool needs_view(const struct hc_vm *vm)
{
	return hc_vm_wanted(vm) && vm->state != HV_STATE_AWAY && !hc_view_process_alive(vm->view);
}

static bool view_is_due(const struct hc_vm *vm)
{
	return needs_view(vm) && vm->now >= vm->view_start_at;
}

static void start_guest(struct hc_vm *vm, const struct hv_screen *screen)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *image = g_steal_pointer(&vm->image);

	vm->guest_start_at = -1;
	vm->guest = HV_STATE_STARTING;
	if (hv_driver_start(vm->driver, vm->config, screen, image, &error))
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
	if (!hc_view_process_start(vm->view, vm->now, &error))
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

static void send_launch(void *data, const struct hc_link_message *message)
{
	struct hc_vm *vm = data;

	hc_view_process_send(vm->view, message, -1);
}

static void tend_launches(struct hc_vm *vm)
{
	if (vm->state == HV_STATE_RUNNING && vm->session == HC_SESSION_READY)
		hc_launches_send(vm->launches, vm->now, send_launch, vm);
}

/* Without a window, that is. */
static bool in_use(const struct hc_vm *vm)
{
	return vm->holders > 0 || hc_launches_pending(vm->launches);
}

void hc_vm_hold(struct hc_vm *vm)
{
	vm->holders++;
}

void hc_vm_release(struct hc_vm *vm)
{
	if (vm->holders > 0)
		vm->holders--;
}

/* What a VM that is not ready in time has waited for. */
static const char *describe_delay(const struct hc_vm *vm)
{
	if (vm->view_reason)
		return vm->view_reason;
	if (vm->guest == HV_STATE_PAUSED)
		return "its guest is paused";
	if (vm->guest != HV_STATE_RUNNING)
		return "its guest did not start";
	if (!vm->view_ready)
		return "its view (oriel-view) did not answer";
	return vm->session_reason ? vm->session_reason : "its agent (oriel-agent) did not answer";
}

static void tend_deadlines(struct hc_vm *vm)
{
	if (vm->state == HV_STATE_STARTING && vm->now >= vm->start_deadline) {
		g_autofree char *reason = g_strdup_printf("it was not ready within %d s: %s",
			(int)(start_ms(vm) / MS_PER_SECOND), describe_delay(vm));

		fail_vm(vm, reason);
	}
	if (vm->keep_alive_deadline >= 0 && vm->now >= vm->keep_alive_deadline && !in_use(vm)) {
		g_message("%s: stopped, as its last window closed a while ago", vm->config->name);
		hc_vm_begin_stop(vm);
	}
}

/* A guest that runs, and that nobody has asked this broker for: what is its is shown. */
static void take_guest(struct hc_vm *vm)
{
	vm->guest_returned = false;
	vm->had_windows = false;
	vm->view_start_at = vm->now;
	expect_session(vm);
	hc_vm_change_state(vm, HV_STATE_RUNNING, "");
}

/* Its view comes anew, when the last one has gone. */
static void tend_return(struct hc_vm *vm)
{
	if (!vm->guest_returned || hc_vm_wanted(vm) || hc_view_process_alive(vm->view))
		return;
	hc_waiters_tell(vm->stoppers, NULL);
	if (vm->guest_returned)
		take_guest(vm);
}

static void tend_stop(struct hc_vm *vm)
{
	if (hc_vm_wanted(vm) || !guest_gone(vm) || hc_view_process_alive(vm->view))
		return;
	if (vm->state == HV_STATE_STOPPING)
		hc_vm_change_state(vm, HV_STATE_STOPPED, "");
	hc_waiters_tell(vm->stoppers, NULL);
	if (hc_waiters_count(vm->starters) > 0 && !hc_vm_wanted(vm))
		begin_asked_start(vm);
}

/* Mends what is not as the state wants it to be. */
static void settle(struct hc_vm *vm)
{
	hc_requests_expire(vm->requests, vm->now);
	hc_launches_expire(vm->launches, vm->now, vm->session_reason);
	tend_stop(vm);
	tend_return(vm);
	tend_deadlines(vm);
	tend_display(vm);
	hc_vm_tend_session(vm);
	tend_launches(vm);
}

void hc_vm_adopt(struct hc_vm *vm, int64_t now)
{
	struct hv_vm_status status = { .state = HV_STATE_RUNNING };

	vm->now = now;
	hc_view_process_adopt(vm->view, now);
	if (hv_driver_adopt(vm->driver, vm->config)) {
		g_message("%s: taken over from an earlier broker", vm->config->name);
		hv_driver_status(vm->driver, vm->config->name, &status);
		vm->guest = status.state == HV_STATE_PAUSED ? HV_STATE_PAUSED : HV_STATE_RUNNING;
		hv_vm_status_clear(&status);
		vm->had_windows = true; /* nobody knows; without any it must not run on for ever */
		hc_vm_change_state(vm, vm->guest, "");
	} else {
		hc_view_process_stop(vm->view, now);
	}
	settle(vm);
}

static bool is_down(const struct hc_vm *vm)
{
	return vm->state == HV_STATE_STOPPED || vm->state == HV_STATE_FAILED ||
	       vm->state == HV_STATE_AWAY;
}

/* NULL unless it is paused. */
static GError *check_paused(const struct hc_vm *vm)
{
	if (vm->state != HV_STATE_PAUSED)
		return NULL;
	return g_error_new(G_IO_ERROR, G_IO_ERROR_BUSY,
		"%s: it is paused: resume it with 'oriel vm resume %s'", vm->config->name,
		vm->config->name);
}

void hc_vm_start(
	struct hc_vm *vm, int64_t now, void (*done)(void *data, const GError *error), void *data)
{
	vm->now = now;
	vm->boots_alone = false;
	if (vm->state == HV_STATE_RUNNING || vm->state == HV_STATE_PAUSED) {
		g_autoptr(GError) error = check_paused(vm);

		done(data, error);
		return;
	}
	hc_waiters_add(vm->starters, done, data);
	if (is_down(vm))
		begin_asked_start(vm);
	settle(vm);
}

void hc_vm_boot(
	struct hc_vm *vm, int64_t now, void (*done)(void *data, const GError *error), void *data)
{
	bool alone = is_down(vm) || vm->boots_alone;

	hc_vm_start(vm, now, done, data);
	vm->boots_alone = alone && vm->state == HV_STATE_STARTING;
}

void hc_vm_restore(struct hc_vm *vm, int64_t now, const char *image,
	void (*done)(void *data, const GError *error), void *data)
{
	if (!is_down(vm)) {
		g_autoptr(GError) error = g_error_new(G_IO_ERROR, G_IO_ERROR_EXISTS,
			"%s: it is %s; a VM is restored when it is stopped", vm->config->name,
			hv_state_name(vm->state));

		done(data, error);
		return;
	}
	g_free(vm->image);
	vm->image = g_strdup(image);
	hc_vm_boot(vm, now, done, data);
}

void hc_vm_stop(
	struct hc_vm *vm, int64_t now, void (*done)(void *data, const GError *error), void *data)
{
	g_autoptr(GError) error = g_error_new(
		G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s: it has been stopped", vm->config->name);

	vm->now = now;
	hc_waiters_add(vm->stoppers, done, data);
	if (hc_vm_wanted(vm))
		hc_vm_begin_stop(vm);
	else if (vm->state == HV_STATE_FAILED)
		hc_vm_change_state(vm, HV_STATE_STOPPING, "");
	hc_launches_fail_all(vm->launches, "it has been stopped");
	hc_waiters_tell(vm->starters, error);
	settle(vm);
}

/* Launches are told of a failed start by themselves. */
static void ignore_start(void *data, const GError *error)
{
	(void)data;
	(void)error;
}

void hc_vm_run(struct hc_vm *vm, int64_t now, const char *application, const uint8_t *arguments,
	size_t len, const char *startup,
	void (*launched)(void *data, uint32_t launch, int32_t pid, const GError *error), void *data)
{
	g_autoptr(GError) error = check_paused(vm);

	if (error) {
		launched(data, 0, 0, error);
		return;
	}
	hc_launches_add(vm->launches, application, arguments, len, startup, now, launched, data);
	hc_vm_start(vm, now, ignore_start, NULL);
	settle(vm);
}

void hc_vm_wait(struct hc_vm *vm, uint32_t launch,
	void (*ended)(void *data, int32_t status, const GError *error), void *data)
{
	hc_launches_wait(vm->launches, launch, ended, data);
}

void hc_vm_forget_waiter(struct hc_vm *vm, const void *data)
{
	hc_launches_forget_waiter(vm->launches, data);
}

/* Others have ended it, and may start it again. */
static void handle_guest_end(struct hc_vm *vm, const char *reason)
{
	const char *why = *reason ? reason : "its guest has ended";

	if (vm->state == HV_STATE_STARTING && hc_waiters_count(vm->starters) > 0) {
		fail_vm(vm, why);
		return;
	}
	hc_vm_end_session(vm, why);
	if (vm->config->lost_windows == HV_LOST_WINDOWS_CLOSE || !vm->view_ready) {
		hc_vm_begin_stop(vm);
		return;
	}
	hc_vm_change_state(vm, HV_STATE_AWAY, why);
	hc_vm_show_pause(vm);
}

static void handle_guest_run(struct hc_vm *vm)
{
	if (vm->state == HV_STATE_AWAY) {
		take_guest(vm);
	} else if (vm->state == HV_STATE_PAUSED) {
		hc_vm_change_state(vm, HV_STATE_RUNNING, "");
		hc_vm_show_pause(vm);
	} else if (vm->boots_alone) {
		vm->boots_alone = false;
		hc_vm_change_state(vm, HV_STATE_RUNNING, "");
		hc_waiters_tell(vm->starters, NULL);
	} else if (vm->state == HV_STATE_STARTING) {
		hc_vm_change_state(vm, HV_STATE_STARTING, "its agent is being connected to");
	}
}

static void handle_wanted_guest(struct hc_vm *vm, enum hv_state state, const char *reason)
{
	switch (state) {
	case HV_STATE_RUNNING:
		vm->guest_start_at = -1;
		handle_guest_run(vm);
		break;
	case HV_STATE_PAUSED:
		if (vm->state != HV_STATE_RUNNING)
			break;
		hc_vm_change_state(vm, HV_STATE_PAUSED, "");
		hc_vm_show_pause(vm);
		break;
	case HV_STATE_FAILED:
		if (vm->state == HV_STATE_STARTING && hc_waiters_count(vm->starters) > 0)
			fail_vm(vm, reason);
		else
			handle_guest_crash(vm, reason);
		break;
	case HV_STATE_STOPPED:
		handle_guest_end(vm, reason);
		break;
	case HV_STATE_STOPPING:
		hc_vm_begin_stop(vm);
		break;
	case HV_STATE_STARTING:
	case HV_STATE_AWAY:
		break;
	}
}

void hc_vm_handle_driver_state(
	struct hc_vm *vm, int64_t now, enum hv_state state, const char *reason)
{
	vm->now = now;
	vm->guest = state;
	vm->guest_returned = state == HV_STATE_RUNNING && !hc_vm_wanted(vm);
	/* A start that has been planned comes after the end of what was there. */
	if (hc_vm_wanted(vm) && (vm->guest_start_at < 0 || state == HV_STATE_RUNNING))
		handle_wanted_guest(vm, state, reason);
	settle(vm);
}

void hc_vm_handle_reachable(struct hc_vm *vm, int64_t now)
{
	vm->now = now;
	vm->connect_at = now;
	settle(vm);
}

const struct hv_vm_config *hc_vm_config(const struct hc_vm *vm)
{
	return vm->config;
}

enum hv_state hc_vm_state(const struct hc_vm *vm)
{
	return vm->state;
}

bool hc_vm_connected(const struct hc_vm *vm)
{
	return vm->session == HC_SESSION_READY;
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

int64_t hc_vm_deadline(const struct hc_vm *vm)
{
	int64_t deadline = hc_view_process_deadline(vm->view);

	deadline = vp_earlier(deadline, hc_launches_deadline(vm->launches));
	deadline = vp_earlier(deadline, hc_requests_deadline(vm->requests));
	if (!in_use(vm))
		deadline = vp_earlier(deadline, vm->keep_alive_deadline);
	if (vm->state == HV_STATE_STARTING)
		deadline = vp_earlier(deadline, vm->start_deadline);
	if (vm->state == HV_STATE_STARTING && guest_gone(vm) && !vm->asking)
		deadline = vp_earlier(deadline, vm->guest_start_at);
	if (needs_view(vm) && !vm->asking)
		deadline = vp_earlier(deadline, vm->view_start_at);
	if (hc_vm_can_connect(vm) && vm->connect_at != HC_NEVER)
		deadline = vp_earlier(deadline, vm->connect_at);
	return deadline;
}

void hc_vm_dispatch(struct hc_vm *vm, int64_t now)
{
	vm->now = now;
	hc_view_process_dispatch(vm->view, now);
	settle(vm);
}

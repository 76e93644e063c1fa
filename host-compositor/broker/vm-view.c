#define G_LOG_DOMAIN "hc-vm"

#include <string.h>
#include <unistd.h>

#include <gio/gio.h>

#include "safe-text.h"
#include "vm-private.h"

enum {
	POPUP_BORDER_MAX = 2,
	MS_PER_SECOND = 1000,
	PER_SECOND_MAX = 20,
};

/* Of what a guest can make happen. */
static const struct hc_rate_bound guest_bound = {
	.burst = PER_SECOND_MAX,
	.interval = MS_PER_SECOND / PER_SECOND_MAX,
};

/* To ask the hypervisor takes time that is not a VM's to spend. */
static const struct hc_rate_bound silence_bound = {
	.burst = 8,
	.interval = MS_PER_SECOND,
};

/* The log is to stay small whatever a view says. */
static const struct hc_rate_bound log_bound = {
	.burst = 100,
	.interval = 10 * MS_PER_SECOND,
};

static void leave_session(struct hc_vm *vm)
{
	bool was_ready = vm->session == HC_SESSION_READY;

	vm->session = HC_SESSION_NONE;
	if (was_ready)
		vm->listener->session_ended(vm->data, vm);
}

bool hc_vm_send(struct hc_vm *vm, const struct hc_link_message *message, int fd)
{
	if (vm->session != HC_SESSION_READY || !hc_view_process_alive(vm->view))
		return false;
	hc_view_process_send(vm->view, message, fd);
	return true;
}

void hc_vm_forget_session(struct hc_vm *vm)
{
	vm->listener->covers_forgotten(vm->data, vm);
	leave_session(vm);
	vm->had_windows = false;
	vm->keep_alive_deadline = -1;
}

bool hc_vm_can_connect(const struct hc_vm *vm)
{
	return hc_vm_wanted(vm) && vm->guest == HV_STATE_RUNNING && vm->view_ready &&
	       hc_view_process_alive(vm->view) && vm->session == HC_SESSION_NONE;
}

static void connect_view(struct hc_vm *vm, const struct hv_endpoint *endpoint)
{
	vm->session = HC_SESSION_CONNECTING;
	if (endpoint->fd >= 0) {
		hc_view_process_send(vm->view, HC_LINK_MESSAGE(CONNECT, connect, 0), endpoint->fd);
		close(endpoint->fd);
		return;
	}
	hc_view_process_send(vm->view,
		HC_LINK_MESSAGE(CONNECT_XEN, connect_xen, .domain = (uint16_t)endpoint->domain,
			.instance = endpoint->instance),
		-1);
}

void hc_vm_tend_session(struct hc_vm *vm)
{
	g_autoptr(GError) error = NULL;
	struct hv_endpoint endpoint;

	if (!hc_vm_can_connect(vm) || vm->now < vm->connect_at)
		return;
	if (hv_driver_connect(vm->driver, vm->config->name, &endpoint, &error)) {
		connect_view(vm, &endpoint);
		return;
	}
	g_message("%s: %s", vm->config->name, error->message);
	g_free(vm->session_reason);
	vm->session_reason = g_strdup(error->message);
	if (g_error_matches(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_AWAY))
		vm->connect_at = HC_NEVER;
	else
		vm->connect_at = hc_backoff_next(&vm->connect_backoff, vm->now);
}

void hc_vm_end_session(struct hc_vm *vm, const char *reason)
{
	hc_view_process_send(vm->view,
		HC_LINK_MESSAGE(
			DISCONNECT, disconnect, .reason = vp_text_from(reason, VP_REASON_MAX)),
		-1);
	if (vm->session != HC_SESSION_NONE)
		vm->closings_due++;
	hc_launches_forget_sent(vm->launches, reason);
	hc_vm_forget_session(vm);
}

void hc_vm_show_pause(struct hc_vm *vm)
{
	hc_view_process_send(vm->view,
		HC_LINK_MESSAGE(PAUSED, paused, .paused = vm->state == HV_STATE_PAUSED), -1);
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

/* A guest without a session would never answer. */
static bool can_answer(const struct hc_vm *vm, enum hc_request_kind kind)
{
	return vm->view_ready && hc_view_process_alive(vm->view) &&
	       (kind != HC_REQUEST_APPLICATIONS || vm->session == HC_SESSION_READY);
}

void hc_vm_ask(struct hc_vm *vm, int64_t now, enum hc_request_kind kind, uint32_t window,
	void (*done)(void *data, const struct hc_answer *answer, const GError *error), void *data)
{
	vm->now = now;
	if (can_answer(vm, kind)) {
		send_request(
			vm, kind, hc_requests_add(vm->requests, kind, now, done, data), window);
	} else if (kind == HC_REQUEST_SCREENSHOT) {
		g_autoptr(GError) error = g_error_new(G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"%s: its state is %s, and it has no windows", vm->config->name,
			hv_state_name(vm->state));

		done(data, NULL, error);
	} else {
		g_autoptr(GPtrArray) rows = g_ptr_array_new();
		struct hc_answer answer = { .rows = rows, .fd = -1 };

		done(data, &answer, NULL);
	}
}

/* A vchan does not tell of its domain's end, and the session that an earlier broker began may be
 * with a domain that is no more. Once the view has told that it is closed, another is begun. */
static void renew_session(struct hc_vm *vm)
{
	hc_view_process_send(vm->view,
		HC_LINK_MESSAGE(DISCONNECT, disconnect,
			.reason = vp_text_from("its broker has been replaced", VP_REASON_MAX)),
		-1);
	vm->session = HC_SESSION_CONNECTING;
}

static void send_leave_keys(struct hc_vm *vm)
{
	const struct hv_shortcut *keys = &vm->leave_keys;
	g_autofree char *shown = hv_shortcut_print(keys);

	if (*keys->key)
		hc_vm_send(vm,
			HC_LINK_MESSAGE(LEAVE_KEYS, leave_keys,
				.modifiers = (uint8_t)keys->modifiers,
				.key = vp_text_from(keys->key, HV_SHORTCUT_KEY_MAX),
				.shown = vp_text_from(shown, VP_NAME_MAX)),
			-1);
}

void hc_vm_set_leave_keys(struct hc_vm *vm, const struct hv_shortcut *keys)
{
	if (memcmp(&vm->leave_keys, keys, sizeof(*keys)) == 0)
		return;
	vm->leave_keys = *keys;
	send_leave_keys(vm);
}

/* NULL unless it shows another VM's windows. */
static const char *check_label(const struct hc_vm *vm, struct vp_text name)
{
	const char *own = vm->config->name;

	if (name.len == 0 || (name.len == strlen(own) && memcmp(name.data, own, name.len) == 0))
		return NULL;
	return "it shows the windows of another VM";
}

static const char *handle_view_ready(struct hc_vm *vm, const struct hc_link_ready *message)
{
	const struct hv_vm_config *config = vm->config;
	const char *wrong = check_label(vm, message->name);

	if (wrong)
		return wrong;
	if (message->name.len == 0) {
		hc_view_process_send(vm->view,
			HC_LINK_MESSAGE(CONFIGURE, configure,
				.name = vp_text_from(config->name, VP_NAME_MAX),
				.colour = config->colour, .border = (uint8_t)config->border,
				.popup_border = (uint8_t)MIN(config->border, POPUP_BORDER_MAX),
				.ttl = config->session_ttl,
				.quantum = (uint8_t)config->input_quantum),
			-1);
	}
	vm->view_ready = true;
	vm->closings_due = 0;
	send_leave_keys(vm);
	g_clear_pointer(&vm->view_reason, g_free);
	vm->session = message->connected ? HC_SESSION_READY : HC_SESSION_NONE;
	if (message->connected && config->backend == HV_BACKEND_XEN)
		renew_session(vm);
	else if (message->connected)
		vm->listener->session_begun(vm->data, vm);
	if (vm->state == HV_STATE_PAUSED)
		hc_vm_show_pause(vm);
	vm->connect_at = vm->now;
	return NULL;
}

static void handle_session_ready(struct hc_vm *vm, const struct hc_link_session_ready *message)
{
	if (vm->session != HC_SESSION_CONNECTING)
		return;
	vm->session = HC_SESSION_READY;
	vm->closings_due = 0; /* the view tells all in order */
	hc_view_process_end_predecessor(vm->view);
	g_clear_pointer(&vm->session_reason, g_free);
	if (vm->agent != 0 && message->agent != vm->agent)
		hc_launches_forget_sent(vm->launches,
			"its agent has been restarted and no longer knows the application");
	vm->agent = message->agent;
	vm->listener->session_begun(vm->data, vm);
	if (vm->state == HV_STATE_STARTING) {
		hc_vm_change_state(vm, HV_STATE_RUNNING, "");
		hc_waiters_tell(vm->starters, NULL);
	}
}

/* A view tells the end of each session once, however it came. */
static void handle_session_closed(struct hc_vm *vm, const struct hc_link_session_closed *message)
{
	if (vm->closings_due > 0) {
		vm->closings_due--;
		return;
	}
	if (vm->session == HC_SESSION_NONE)
		return;
	g_free(vm->session_reason);
	vm->session_reason = hc_safe_text(message->message);
	g_message("%s: the session with its agent has ended: %s", vm->config->name,
		vm->session_reason);
	leave_session(vm);
	hc_requests_fail(vm->requests, HC_REQUEST_APPLICATIONS,
		"the session with its agent has ended; try again");
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
	vm->listener->windows_changed(vm->data, vm);
}

/* A guest that is away has nothing on the desktop any more. */
static void handle_windows_expired(struct hc_vm *vm, const struct hc_link_windows_expired *message)
{
	g_message("%s: its windows are gone, as its guest has not come back in time",
		vm->config->name);
	vm->listener->windows_expired(vm->data, vm, message->managed);
	if (vm->state == HV_STATE_AWAY)
		hc_vm_begin_stop(vm);
}

/* A guest that asks on and on is not to fill the audit log. */
static bool asks_too_often(struct hc_vm *vm)
{
	bool refused = !hc_rate_take(&vm->covers, &guest_bound, vm->now);

	if (refused && !vm->covers_refused)
		g_warning("%s: its windows want to cover others more than %d times a second; that "
			  "is denied",
			vm->config->name, PER_SECOND_MAX);
	vm->covers_refused = refused;
	return refused;
}

static void handle_cover_request(struct hc_vm *vm, const struct hc_link_cover_request *message)
{
	if (asks_too_often(vm))
		hc_vm_answer_cover(vm, message->window, message->states, false);
	else
		vm->listener->cover_asked(vm->data, vm, message->window, message->states);
}

void hc_vm_answer_cover(struct hc_vm *vm, uint32_t window, uint32_t states, bool allowed)
{
	hc_view_process_send(vm->view,
		HC_LINK_MESSAGE(COVER_ANSWER, cover_answer, .window = window, .states = states,
			.allowed = allowed),
		-1);
}

/* No event tells of a domain that others pause: the hypervisor is asked when the guest seems to
 * stand still, or to have gone on, and its driver tells what has changed. */
static void handle_guest_silent(struct hc_vm *vm, const struct hc_link_guest_silent *message)
{
	enum hv_state expected = message->silent ? HV_STATE_RUNNING : HV_STATE_PAUSED;
	struct hv_vm_status status = { .state = HV_STATE_STOPPED };

	if (vm->state != expected || !hc_rate_take(&vm->silences, &silence_bound, vm->now))
		return;
	hv_driver_status(vm->driver, vm->config->name, &status);
	hv_vm_status_clear(&status);
}

static void handle_logged(struct hc_vm *vm, const struct hc_link_logged *message)
{
	bool dropped = !hc_rate_take(&vm->lines, &log_bound, vm->now);

	if (dropped && !vm->lines_dropped)
		g_warning("%s: its view has more to say than the log takes", vm->config->name);
	vm->lines_dropped = dropped;
	if (dropped)
		return;
	g_autofree char *line = hc_safe_text(message->line);

	g_message("%s: its view: %s", vm->config->name, line);
}

/* What speaks for the guest counts while there is a session with it, and is forgotten when that
 * ends. What comes otherwise was on its way then, or has been made up. */
static void pass_on(struct hc_vm *vm, const struct hc_link_message *message, int fd)
{
	if (vm->session == HC_SESSION_READY)
		vm->listener->message(vm->data, vm, message, fd);
}

/* Returns why the view has to be killed, or NULL. */
static const char *handle_message(struct hc_vm *vm, const struct hc_link_message *message, int fd)
{
	switch ((int)message->op) {
	case HC_LINK_OP_READY:
		return handle_view_ready(vm, &message->ready);
	case HC_LINK_OP_SESSION_READY:
		handle_session_ready(vm, &message->session_ready);
		break;
	case HC_LINK_OP_SESSION_CLOSED:
		handle_session_closed(vm, &message->session_closed);
		break;
	case HC_LINK_OP_WINDOWS_CHANGED:
		handle_windows_changed(vm, &message->windows_changed);
		break;
	case HC_LINK_OP_WINDOWS_EXPIRED:
		handle_windows_expired(vm, &message->windows_expired);
		break;
	case HC_LINK_OP_LAUNCHED:
		hc_launches_handle_launched(vm->launches, &message->launched);
		break;
	case HC_LINK_OP_EXITED:
		hc_launches_handle_exited(vm->launches, &message->exited);
		break;
	case HC_LINK_OP_COVER_REQUEST:
		handle_cover_request(vm, &message->cover_request);
		break;
	case HC_LINK_OP_LOGGED:
		handle_logged(vm, &message->logged);
		break;
	case HC_LINK_OP_GUEST_SILENT:
		handle_guest_silent(vm, &message->guest_silent);
		break;
	case HC_LINK_OP_APPLICATIONS_END:
		/* Whoever keeps the list hears of its end before those who wait for it do. */
		pass_on(vm, message, fd);
		hc_requests_handle_applications(vm->requests, message->applications_end.serial);
		break;
	default:
		pass_on(vm, message, fd);
		break;
	}
	return NULL;
}

static const char *handle_view_message(void *data, const struct hc_link_message *message, int fd)
{
	struct hc_vm *vm = data;
	const char *wrong = NULL;

	if (!hc_requests_handle_message(vm->requests, message, fd))
		wrong = handle_message(vm, message, fd);
	if (fd >= 0)
		close(fd);
	return wrong;
}

static void handle_view_lost(void *data, const char *reason)
{
	struct hc_vm *vm = data;

	g_warning("%s: its view is gone: %s", vm->config->name, reason);
	vm->listener->covers_forgotten(vm->data, vm);
	vm->view_ready = false;
	leave_session(vm);
	hc_requests_fail_all(vm->requests, "its view has ended; try again");
	g_free(vm->view_reason);
	vm->view_reason = g_strdup_printf("its view has ended: %s", reason);
	vm->view_start_at = hc_backoff_next(&vm->view_backoff, vm->now);
}

const struct hc_view_process_listener hc_vm_view_listener = {
	.message = handle_view_message,
	.lost = handle_view_lost,
};

#define G_LOG_DOMAIN "hc-broker"

#include "broker.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <gio/gio.h>

#include "copies.h"
#include "covers.h"
#include "deadline.h"
#include "desk-process.h"
#include "expiry-notice.h"
#include "guard-notices.h"
#include "guest-notices.h"
#include "inventory.h"
#include "local-process.h"
#include "opens.h"
#include "paths.h"
#include "policy-files.h"
#include "safe-text.h"
#include "xen-host.h"

enum { MICROSECONDS_PER_MS = 1000 };

struct hc_broker {
	char *view_program;
	const struct hc_broker_listener *listener;
	void *data;
	struct hv_driver *drivers[HV_BACKEND_COUNT];
	struct hc_display *display;
	struct hc_guard *guard;
	struct hc_transfers *transfers;
	struct hc_copies *copies;
	struct hc_covers *covers;
	struct hc_opens *opens;
	struct hc_desk_process *desk;
	struct hc_session_bus *session_bus;
	struct hc_guest_notices *guest_notices;
	struct hc_notifier *notifier;
	struct hc_menu *menu;
	struct hc_hand_over *hand_over;
	struct hv_settings settings;
	struct hc_launch_notices *launch_notices;
	GPtrArray *vms; /* of struct hc_vm, by name */
	GPtrArray *errors; /* of char * */
	int epoll_fd;
	bool display_pinned;
};

/* Someone waits for all VMs to stop. */
struct stop_all {
	guint left;
	void (*done)(void *data);
	void *data;
};

static const struct hv_driver_listener driver_listener;
static const struct hc_vm_listener vm_listener;
static const struct hc_covers_listener covers_listener;
static const struct hc_desk_process_listener desk_listener;
static const struct hc_menu_listener menu_listener;

int64_t hc_broker_now(void)
{
	return g_get_monotonic_time() / MICROSECONDS_PER_MS;
}

static struct hc_vm *find(const struct hc_broker *broker, const char *name)
{
	for (guint i = 0; i < broker->vms->len; i++) {
		struct hc_vm *vm = g_ptr_array_index(broker->vms, i);

		if (strcmp(hc_vm_config(vm)->name, name) == 0)
			return vm;
	}
	return NULL;
}

static bool watch(struct hc_broker *broker, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(broker->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static int compare_vms(const void *a, const void *b)
{
	const struct hc_vm *const *first = a;
	const struct hc_vm *const *second = b;

	return strcmp(hc_vm_config(*first)->name, hc_vm_config(*second)->name);
}

static void add_vm(struct hc_broker *broker, struct hv_vm_config *config)
{
	struct hc_vm *vm = hc_vm_create(config, broker->drivers[config->backend], broker->display,
		broker->view_program, &vm_listener, broker);

	if (!vm || !watch(broker, hc_vm_get_fd(vm))) {
		g_ptr_array_add(broker->errors, g_strdup_printf("%s: cannot be watched: %s",
							config->name, g_strerror(errno)));
		if (vm)
			hc_vm_destroy(vm);
		else
			hv_vm_config_free(config);
		return;
	}
	g_ptr_array_add(broker->vms, vm);
	hc_vm_adopt(vm, hc_broker_now());
}

/* VMs whose file is gone and of which nothing runs. */
static void drop_vms(struct hc_broker *broker, const struct hv_inventory *inventory)
{
	guint i = 0;

	while (i < broker->vms->len) {
		struct hc_vm *vm = g_ptr_array_index(broker->vms, i);

		if (!hc_vm_up(vm) && !hv_inventory_find(inventory, hc_vm_config(vm)->name))
			g_ptr_array_remove_index(broker->vms, i);
		else
			i++;
	}
}

/* Takes the configuration over. */
static void take_config(struct hc_broker *broker, struct hv_vm_config *config)
{
	struct hc_vm *vm = find(broker, config->name);

	if (!vm)
		add_vm(broker, config);
	else if (!hc_vm_reconfigure(vm, config, hc_broker_now(), broker->drivers[config->backend]))
		hv_vm_config_free(config);
}

static struct hc_guard *create_guard(void)
{
	g_auto(GStrv) directories = hv_policy_directories();
	g_autofree char *audit_log = hc_path_audit_log();

	return hc_guard_create((const char *const *)directories, audit_log);
}

static void tell_menu(struct hc_broker *broker)
{
	g_autoptr(GPtrArray) configs = g_ptr_array_new();

	for (guint i = 0; i < broker->vms->len; i++)
		g_ptr_array_add(configs,
			(void *)(uintptr_t)hc_vm_config(g_ptr_array_index(broker->vms, i)));
	hc_menu_set_vms(broker->menu, configs, hc_broker_now());
}

static void load_settings(struct hc_broker *broker)
{
	g_autofree char *path = hv_settings_path();
	g_autoptr(GError) error = NULL;
	struct hv_settings settings;

	if (!hv_settings_load(&settings, path, &error)) {
		g_ptr_array_add(broker->errors, g_strdup(error->message));
		settings = broker->settings;
	}
	broker->settings = settings;
	hc_hand_over_set(broker->hand_over, &settings);
	for (guint i = 0; i < broker->vms->len; i++)
		hc_vm_set_leave_keys(g_ptr_array_index(broker->vms, i), &settings.leave_fullscreen);
}

void hc_broker_reload(struct hc_broker *broker)
{
	g_auto(GStrv) directories = hv_inventory_directories();
	struct hv_inventory *inventory = hv_inventory_load((const char *const *)directories);

	drop_vms(broker, inventory);
	g_ptr_array_set_size(broker->errors, 0);
	for (guint i = 0; i < inventory->errors->len; i++)
		g_ptr_array_add(broker->errors, g_strdup(g_ptr_array_index(inventory->errors, i)));
	while (inventory->vms->len > 0) {
		struct hv_vm_config *config = g_ptr_array_steal_index(inventory->vms, 0);

		take_config(broker, config);
	}
	g_ptr_array_sort(broker->vms, compare_vms);
	hv_inventory_free(inventory);
	tell_menu(broker);
	load_settings(broker);
}

static bool create_drivers(struct hc_broker *broker)
{
	broker->drivers[HV_BACKEND_LOCAL] = hv_driver_local_create(&driver_listener, broker);
	broker->drivers[HV_BACKEND_XEN] =
		hv_driver_xen_create(&driver_listener, broker, hv_xen_host_open);
	for (size_t i = 0; i < HV_BACKEND_COUNT; i++) {
		struct hv_driver *driver = broker->drivers[i];

		if (!driver || !watch(broker, hv_driver_get_fd(driver)))
			return false;
	}
	return true;
}

static bool create_desk(struct hc_broker *broker, const char *program)
{
	broker->desk = hc_desk_process_create(program, &desk_listener, broker);
	if (!broker->desk || !watch(broker, hc_desk_process_get_fd(broker->desk)))
		return false;
	hc_guard_set_asker(broker->guard, hc_desk_process_asker(broker->desk));
	broker->hand_over = hc_hand_over_create(broker, broker->desk);
	return true;
}

static void handle_noted(void *data, const struct hc_guard_event *event)
{
	struct hc_broker *broker = data;

	hc_guard_notices_tell(broker->notifier, hc_broker_now(), event);
}

static void create_notifier(struct hc_broker *broker)
{
	broker->session_bus = hc_session_bus_create();
	broker->guest_notices = hc_guest_notices_create(broker);
	broker->notifier = hc_notifier_create(
		broker->session_bus, &hc_guest_notices_listener, broker->guest_notices);
	hc_guard_set_listener(broker->guard, handle_noted, broker);
	broker->launch_notices = hc_launch_notices_create(broker->notifier);
}

/* Without its program, copies from and to the primary fail, and say so. */
static struct hc_copies *create_copies(struct hc_broker *broker)
{
	g_autofree char *program = hc_path_program("oriel-files");

	return hc_copies_create(broker, program ? program : "oriel-files");
}

struct hc_broker *hc_broker_create(const struct hc_broker_programs *programs,
	const struct hc_broker_listener *listener, void *data, GError **error)
{
	struct hc_broker *broker = g_new0(struct hc_broker, 1);

	broker->view_program = g_strdup(programs->view);
	broker->listener = listener;
	broker->data = data;
	broker->vms = g_ptr_array_new_with_free_func((GDestroyNotify)hc_vm_destroy);
	broker->errors = g_ptr_array_new_with_free_func(g_free);
	hv_settings_init(&broker->settings);
	broker->guard = create_guard();
	broker->covers = hc_covers_create(broker->guard, &covers_listener, broker);
	broker->opens = hc_opens_create(broker);
	create_notifier(broker);
	broker->menu = hc_menu_create(programs->oriel, &menu_listener, broker);
	broker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	broker->display = hc_display_create(programs->screen);
	broker->transfers = hc_transfers_create();
	broker->copies = create_copies(broker);
	if (broker->epoll_fd < 0 || !broker->display || !broker->transfers || !broker->copies ||
		!watch(broker, hc_copies_get_fd(broker->copies)) ||
		!watch(broker, hc_display_get_fd(broker->display)) ||
		!watch(broker, hc_transfers_get_fd(broker->transfers)) ||
		!create_desk(broker, programs->desk) || !create_drivers(broker)) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
			"cannot watch the VMs: %s", g_strerror(errno));
		hc_broker_destroy(broker);
		return NULL;
	}
	hc_broker_reload(broker);
	return broker;
}

void hc_broker_destroy(struct hc_broker *broker)
{
	if (!broker)
		return;
	for (guint i = 0; i < broker->vms->len; i++)
		hc_vm_dismiss_callers(g_ptr_array_index(broker->vms, i));
	hc_guard_set_asker(broker->guard, NULL);
	hc_guard_lose_asker(broker->guard);
	if (broker->copies)
		hc_copies_forget_vm(broker->copies, NULL);
	hc_hand_over_destroy(broker->hand_over, hc_broker_now());
	hc_transfers_destroy(broker->transfers);
	if (broker->opens)
		hc_opens_forget(broker->opens, NULL);
	hc_desk_process_destroy(broker->desk);
	g_ptr_array_unref(broker->vms);
	hc_opens_destroy(broker->opens);
	hc_guard_set_listener(broker->guard, NULL, NULL);
	hc_launch_notices_destroy(broker->launch_notices);
	hc_notifier_destroy(broker->notifier);
	hc_guest_notices_destroy(broker->guest_notices);
	hc_session_bus_destroy(broker->session_bus);
	hc_copies_destroy(broker->copies);
	for (size_t i = 0; i < HV_BACKEND_COUNT; i++)
		hv_driver_destroy(broker->drivers[i]);
	hc_display_destroy(broker->display);
	hc_covers_destroy(broker->covers);
	hc_guard_destroy(broker->guard);
	hc_menu_destroy(broker->menu);
	g_ptr_array_unref(broker->errors);
	if (broker->epoll_fd >= 0)
		close(broker->epoll_fd);
	g_free(broker->view_program);
	g_free(broker);
}

const GPtrArray *hc_broker_vms(const struct hc_broker *broker)
{
	return broker->vms;
}

struct hc_hand_over *hc_broker_hand_over(const struct hc_broker *broker)
{
	return broker->hand_over;
}

struct hc_transfers *hc_broker_transfers(const struct hc_broker *broker)
{
	return broker->transfers;
}

struct hc_copies *hc_broker_copies(const struct hc_broker *broker)
{
	return broker->copies;
}

struct hc_guard *hc_broker_guard(const struct hc_broker *broker)
{
	return broker->guard;
}

struct hc_notifier *hc_broker_notifier(const struct hc_broker *broker)
{
	return broker->notifier;
}

struct hc_launch_notices *hc_broker_launch_notices(const struct hc_broker *broker)
{
	return broker->launch_notices;
}

struct hc_session_bus *hc_broker_session_bus(const struct hc_broker *broker)
{
	return broker->session_bus;
}

struct hc_menu *hc_broker_menu(const struct hc_broker *broker)
{
	return broker->menu;
}

const GPtrArray *hc_broker_errors(const struct hc_broker *broker)
{
	return broker->errors;
}

static char *list_names(const struct hc_broker *broker)
{
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < broker->vms->len; i++) {
		const struct hc_vm *vm = g_ptr_array_index(broker->vms, i);

		g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", hc_vm_config(vm)->name);
	}
	return g_string_free(names, FALSE);
}

static bool mentions(const char *error, const char *name)
{
	g_autofree char *file = g_strdup_printf("/%s.vm:", name);

	return strstr(error, file) != NULL;
}

struct hc_vm *hc_broker_find(const struct hc_broker *broker, const char *name, GError **error)
{
	g_autofree char *names = NULL;
	struct hc_vm *vm = find(broker, name);

	if (vm)
		return vm;
	for (guint i = 0; i < broker->errors->len; i++) {
		const char *line = g_ptr_array_index(broker->errors, i);

		if (mentions(line, name)) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
				"the VM '%s' cannot be used, as its file is wrong: %s", name, line);
			return NULL;
		}
	}
	names = list_names(broker);
	if (*names)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"there is no VM '%s': known ones are %s", name, names);
	else
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"there is no VM '%s', nor any other: describe it in %s/oriel/vms/%s.vm, "
			"see oriel-vm(5)",
			name, g_get_user_config_dir(), hv_vm_name_valid(name) ? name : "NAME");
	return NULL;
}

void hc_broker_status(
	const struct hc_broker *broker, const struct hc_vm *vm, struct hv_vm_status *status)
{
	int32_t view = hc_vm_view_pid(vm);

	*status = (struct hv_vm_status){ .state = hc_vm_state(vm) };
	hv_driver_status(
		broker->drivers[hc_vm_config(vm)->backend], hc_vm_config(vm)->name, status);
	if (view > 0) {
		struct hv_process_usage usage = hv_process_tree_usage(view);

		status->cpu_time += usage.cpu_time;
		status->memory += usage.memory;
	}
}

int32_t hc_broker_desk_usage(const struct hc_broker *broker, struct hv_process_usage *usage)
{
	int32_t pid = hc_desk_process_pid(broker->desk);

	if (pid > 0)
		*usage = hv_process_tree_usage(pid);
	return pid;
}

bool hc_broker_primary_usage(const struct hc_broker *broker, struct hv_primary_usage *usage)
{
	for (size_t i = 0; i < HV_BACKEND_COUNT; i++) {
		if (hv_driver_primary_usage(broker->drivers[i], usage))
			return true;
	}
	return false;
}

struct action {
	char *vm;
	void (*done)(void *data, const GError *error);
	void *data;
};

static void handle_acted(void *data, const GError *error)
{
	g_autofree struct action *action = data;
	g_autofree char *name = action->vm;
	g_autoptr(GError) named = error ? g_error_copy(error) : NULL;

	g_prefix_error(&named, "%s: ", name);
	action->done(action->data, named);
}

void hc_broker_act(struct hc_broker *broker, const struct hc_vm *vm, enum hv_action what,
	const char *file, void (*done)(void *data, const GError *error), void *data)
{
	const struct hv_vm_config *config = hc_vm_config(vm);
	g_autoptr(GError) error = NULL;
	struct action *action = g_new(struct action, 1);

	*action = (struct action){ g_strdup(config->name), done, data };
	if (!hv_driver_act(broker->drivers[config->backend], config->name, what, file, handle_acted,
		    action, &error))
		handle_acted(action, error);
}

static bool any_up(const struct hc_broker *broker)
{
	for (guint i = 0; i < broker->vms->len; i++) {
		if (hc_vm_up(g_ptr_array_index(broker->vms, i)))
			return true;
	}
	return false;
}

void hc_broker_offer_display(struct hc_broker *broker, const char *display, const char *xauthority)
{
	if (!*display || broker->display_pinned || any_up(broker))
		return;
	g_setenv("DISPLAY", display, TRUE);
	if (*xauthority)
		g_setenv("XAUTHORITY", xauthority, TRUE);
	else
		g_unsetenv("XAUTHORITY");
}

void hc_broker_pin_display(struct hc_broker *broker)
{
	broker->display_pinned = true;
}

static void handle_vm_stopped(void *data, const GError *error)
{
	struct stop_all *stop = data;

	(void)error;
	if (--stop->left > 0)
		return;
	stop->done(stop->data);
	g_free(stop);
}

void hc_broker_stop_all(struct hc_broker *broker, void (*done)(void *data), void *data)
{
	struct stop_all *stop = g_new0(struct stop_all, 1);

	stop->done = done;
	stop->data = data;
	stop->left = broker->vms->len + 1;
	for (guint i = 0; i < broker->vms->len; i++)
		hc_vm_stop(g_ptr_array_index(broker->vms, i), hc_broker_now(), handle_vm_stopped,
			stop);
	handle_vm_stopped(stop, NULL);
}

static void handle_driver_state(
	void *data, const char *name, enum hv_state state, const char *reason)
{
	struct hc_broker *broker = data;
	struct hc_vm *vm = find(broker, name);

	if (vm)
		hc_vm_handle_driver_state(vm, hc_broker_now(), state, reason ? reason : "");
}

static void handle_reachable(void *data, const char *name)
{
	struct hc_vm *vm = find(data, name);

	if (vm)
		hc_vm_handle_reachable(vm, hc_broker_now());
}

static void handle_vm_changed(void *data, struct hc_vm *vm)
{
	struct hc_broker *broker = data;

	hc_desk_process_want(broker->desk, hc_broker_now(), any_up(broker));
	hc_launch_notices_follow(broker->launch_notices, hc_broker_now(), vm);
	broker->listener->vm_changed(broker->data, vm);
}

static void handle_vm_windows_changed(void *data, struct hc_vm *vm)
{
	struct hc_broker *broker = data;

	broker->listener->windows_changed(broker->data, vm);
}

static void handle_windows_expired(void *data, struct hc_vm *vm, uint32_t managed)
{
	struct hc_broker *broker = data;

	if (managed > 0)
		hc_expiry_notice_show(broker->notifier, hc_broker_now(), hc_vm_config(vm), managed);
}

static void handle_cover_asked(void *data, struct hc_vm *vm, uint32_t window, uint32_t states)
{
	struct hc_broker *broker = data;

	hc_covers_request(broker->covers, hc_broker_now(), hc_vm_config(vm), window, states);
}

static void handle_covers_forgotten(void *data, struct hc_vm *vm)
{
	struct hc_broker *broker = data;

	hc_covers_forget(broker->covers, hc_broker_now(), hc_vm_config(vm)->name);
}

static void handle_cover_answered(
	void *data, const char *name, uint32_t window, uint32_t states, bool allowed)
{
	struct hc_vm *vm = find(data, name);

	if (vm)
		hc_vm_answer_cover(vm, window, states, allowed);
}

static void handle_stream_ended(
	struct hc_broker *broker, const struct hc_vm *vm, const struct hc_link_stream_ended *ended)
{
	g_autofree char *message = hc_safe_text(ended->message);

	hc_transfers_handle_ended(broker->transfers, vm, ended->stream,
		(enum hc_transfer_status)ended->status, ended->bytes, message);
}

static void handle_vm_message(
	void *data, struct hc_vm *vm, const struct hc_link_message *message, int fd)
{
	struct hc_broker *broker = data;

	if (message->op == HC_LINK_OP_STREAM_ENDED)
		handle_stream_ended(broker, vm, &message->stream_ended);
	else if (message->op == HC_LINK_OP_OPEN_REQUEST)
		hc_opens_handle_request(broker->opens, vm, &message->open_request);
	else if (message->op == HC_LINK_OP_NOTIFY)
		hc_guest_notices_handle_notify(broker->guest_notices, vm, &message->notify);
	else if (message->op == HC_LINK_OP_NOTIFY_CLOSE)
		hc_guest_notices_handle_close(broker->guest_notices, vm, &message->notify_close);
	else
		hc_menu_handle_message(
			broker->menu, hc_vm_config(vm)->name, message, fd, hc_broker_now());
	hc_copies_handle_message(broker->copies, vm, message);
	hc_hand_over_handle_vm_message(broker->hand_over, hc_broker_now(), vm, message);
}

static void handle_vm_session_ended(void *data, struct hc_vm *vm)
{
	struct hc_broker *broker = data;

	hc_hand_over_forget_vm(broker->hand_over, hc_broker_now(), vm);
	hc_transfers_forget_holder(broker->transfers, vm, "the session with its agent has ended");
	hc_menu_handle_session_ended(broker->menu, hc_vm_config(vm)->name);
	hc_opens_forget(broker->opens, vm);
	hc_guest_notices_forget(broker->guest_notices, vm);
	hc_copies_forget_vm(broker->copies, vm);
}

static void handle_vm_session_begun(void *data, struct hc_vm *vm)
{
	struct hc_broker *broker = data;

	hc_guest_notices_greet(broker->guest_notices, vm);
}

static void handle_answered(void *data, uint32_t id, enum hc_reply reply)
{
	struct hc_broker *broker = data;

	hc_guard_answer(broker->guard, hc_broker_now(), id, reply);
}

static void handle_desk_ready(void *data)
{
	struct hc_broker *broker = data;

	hc_hand_over_begin_desk(broker->hand_over);
}

static void handle_desk_message(void *data, const struct hc_link_message *message, int fd)
{
	struct hc_broker *broker = data;

	hc_hand_over_handle_desk_message(broker->hand_over, hc_broker_now(), message);
	if (fd >= 0)
		close(fd);
}

static void handle_desk_lost(void *data)
{
	struct hc_broker *broker = data;

	hc_guard_lose_asker(broker->guard);
	hc_hand_over_forget_desk(broker->hand_over, hc_broker_now());
}

static void handle_menu_changed(void *data, const char *name)
{
	struct hc_broker *broker = data;
	struct hc_vm *vm = find(broker, name);

	if (vm)
		broker->listener->applications_changed(broker->data, vm);
}

static void handle_menu_asks(void *data, const char *name, const struct hc_link_message *message)
{
	struct hc_vm *vm = find(data, name);

	if (vm)
		hc_vm_send(vm, message, -1);
}

int hc_broker_get_fd(const struct hc_broker *broker)
{
	return broker->epoll_fd;
}

int64_t hc_broker_deadline(const struct hc_broker *broker)
{
	int64_t earliest =
		vp_earlier(hc_display_deadline(broker->display), hc_guard_deadline(broker->guard));

	earliest = vp_earlier(earliest, hc_menu_deadline(broker->menu));
	earliest = vp_earlier(earliest, hc_transfers_deadline(broker->transfers));
	earliest = vp_earlier(earliest, hc_desk_process_deadline(broker->desk));
	earliest = vp_earlier(earliest, hc_notifier_deadline(broker->notifier));
	earliest = vp_earlier(earliest, hc_copies_deadline(broker->copies));
	earliest = vp_earlier(earliest, hc_hand_over_deadline(broker->hand_over));
	for (size_t i = 0; i < HV_BACKEND_COUNT; i++)
		earliest = vp_earlier(earliest, hv_driver_deadline(broker->drivers[i]));
	for (guint i = 0; i < broker->vms->len; i++)
		earliest = vp_earlier(earliest, hc_vm_deadline(g_ptr_array_index(broker->vms, i)));
	return earliest;
}

void hc_broker_dispatch(struct hc_broker *broker)
{
	for (size_t i = 0; i < HV_BACKEND_COUNT; i++)
		hv_driver_dispatch(broker->drivers[i]);
	hc_display_dispatch(broker->display, hc_broker_now());
	hc_guard_expire(broker->guard, hc_broker_now());
	hc_hand_over_expire(broker->hand_over, hc_broker_now());
	hc_transfers_dispatch(broker->transfers, hc_broker_now());
	hc_notifier_dispatch(broker->notifier, hc_broker_now());
	hc_copies_dispatch(broker->copies, hc_broker_now());
	for (guint i = 0; i < broker->vms->len; i++)
		hc_vm_dispatch(g_ptr_array_index(broker->vms, i), hc_broker_now());
	hc_desk_process_dispatch(broker->desk, hc_broker_now());
	hc_menu_dispatch(broker->menu, hc_broker_now());
}

static const struct hv_driver_listener driver_listener = {
	.state_changed = handle_driver_state,
	.reachable = handle_reachable,
};

static const struct hc_vm_listener vm_listener = {
	.changed = handle_vm_changed,
	.windows_changed = handle_vm_windows_changed,
	.windows_expired = handle_windows_expired,
	.cover_asked = handle_cover_asked,
	.covers_forgotten = handle_covers_forgotten,
	.message = handle_vm_message,
	.session_begun = handle_vm_session_begun,
	.session_ended = handle_vm_session_ended,
};

static const struct hc_covers_listener covers_listener = { .answered = handle_cover_answered };

static const struct hc_desk_process_listener desk_listener = {
	.answered = handle_answered,
	.ready = handle_desk_ready,
	.message = handle_desk_message,
	.lost = handle_desk_lost,
};

static const struct hc_menu_listener menu_listener = {
	.send = handle_menu_asks,
	.changed = handle_menu_changed,
};

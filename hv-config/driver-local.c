/*
 * The local backend: VMs without a hypervisor. A VM is an X server, a session bus and applications
 * on the primary's kernel, in a bubblewrap sandbox unless its file says otherwise. Convenience and
 * test bed, not a boundary as a hypervisor draws it.
 */
#define G_LOG_DOMAIN "hv-local"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "driver.h"
#include "local-display.h"
#include "local-vm.h"

enum { EVENTS_PER_DISPATCH = 64, DISPLAY_COUNT = HV_DISPLAY_MAX - HV_DISPLAY_MIN + 1 };

struct local_driver {
	struct hv_driver base;
	const struct hv_driver_listener *listener;
	void *data;
	GPtrArray *vms; /* of struct hv_local_vm */
	int epoll_fd;
	int timer_fd;
	uint32_t next_display;
};

static const struct hv_driver_impl local_driver_impl;

static struct local_driver *local_driver_from(struct hv_driver *driver)
{
	assert(driver->impl == &local_driver_impl);
	return (struct local_driver *)driver;
}

static struct hv_local_vm *find_vm(const struct local_driver *driver, const char *name)
{
	for (guint i = 0; i < driver->vms->len; i++) {
		struct hv_local_vm *vm = g_ptr_array_index(driver->vms, i);
		if (g_str_equal(hv_local_vm_name(vm), name))
			return vm;
	}
	return NULL;
}

/* Sets the timer for the VM whose deadline is the next. */
static void arm_timer(const struct local_driver *driver)
{
	int64_t next = -1;
	for (guint i = 0; i < driver->vms->len; i++) {
		int64_t deadline = hv_local_vm_deadline(g_ptr_array_index(driver->vms, i));
		if (deadline >= 0 && (next < 0 || deadline < next))
			next = deadline;
	}
	struct itimerspec when = { 0 };
	if (next >= 0) {
		/* one millisecond later, as the clock is read in whole ones */
		when.it_value.tv_sec = (time_t)((next + 1) / 1000);
		when.it_value.tv_nsec = (long)((next + 1) % 1000) * 1000000;
	}
	timerfd_settime(driver->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void handle_state(
	void *data, struct hv_local_vm *vm, enum hv_state state, const char *reason)
{
	struct local_driver *driver = data;
	bool ended = state == HV_STATE_STOPPED || state == HV_STATE_FAILED;
	g_autofree char *name = g_strdup(hv_local_vm_name(vm));
	if (ended) {
		g_ptr_array_remove(driver->vms, vm);
		hv_local_vm_destroy(vm);
	}
	driver->listener->state_changed(driver->data, name, state, reason);
}

static const struct hv_local_vm_listener vm_listener = { .state_changed = handle_state };

static void handle_timer(struct local_driver *driver)
{
	uint64_t expirations;
	if (read(driver->timer_fd, &expirations, sizeof(expirations)) < 0)
		return;
	int64_t now = g_get_monotonic_time() / 1000;
	/* a VM that ends leaves the array; the last takes no other's place that has been seen */
	for (guint i = driver->vms->len; i > 0; i--) {
		if (i > driver->vms->len)
			continue;
		struct hv_local_vm *vm = g_ptr_array_index(driver->vms, i - 1);
		int64_t deadline = hv_local_vm_deadline(vm);
		if (deadline >= 0 && deadline <= now)
			hv_local_vm_handle_timeout(vm);
	}
}

static int local_get_fd(struct hv_driver *base)
{
	return local_driver_from(base)->epoll_fd;
}

/* One event at a time: handling it may close what others of the same batch would refer to. */
static void local_dispatch(struct hv_driver *base)
{
	struct local_driver *driver = local_driver_from(base);
	struct epoll_event event;
	for (int i = 0; i < EVENTS_PER_DISPATCH && epoll_wait(driver->epoll_fd, &event, 1, 0) == 1;
		i++) {
		struct hv_local_source *source = event.data.ptr;
		if (source == NULL)
			handle_timer(driver);
		else
			source->handle_event(source->vm);
	}
	arm_timer(driver);
}

static int64_t local_deadline(struct hv_driver *base)
{
	local_driver_from(base);
	return -1; /* the timer is behind the descriptor */
}

static struct hv_local_vm *create_vm(struct local_driver *driver, const char *name)
{
	return hv_local_vm_create(name, driver->epoll_fd, &vm_listener, driver);
}

static bool local_adopt(struct hv_driver *base, const struct hv_vm_config *config)
{
	struct local_driver *driver = local_driver_from(base);
	if (find_vm(driver, config->name) != NULL)
		return true;
	struct hv_local_vm *vm = create_vm(driver, config->name);
	if (!hv_local_vm_adopt(vm)) {
		hv_local_vm_destroy(vm);
		return false;
	}
	g_ptr_array_add(driver->vms, vm);
	return true;
}

static bool local_start(struct hv_driver *base, const struct hv_vm_config *config,
	const struct hv_screen *screen, const char *image, GError **error)
{
	struct local_driver *driver = local_driver_from(base);
	if (image != NULL) {
		g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNSUPPORTED,
			"its backend cannot restore it from a file; that takes backend=xen");
		return false;
	}
	if (find_vm(driver, config->name) != NULL || local_adopt(base, config)) {
		g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_STATE, "it runs already");
		return false;
	}
	struct hv_local_vm *vm = create_vm(driver, config->name);
	if (!hv_local_vm_start(vm, config, screen, driver->next_display, error)) {
		hv_local_vm_destroy(vm);
		return false;
	}
	/* a program that still knows a stopped VM's number must not meet another VM there */
	driver->next_display =
		HV_DISPLAY_MIN + (driver->next_display - HV_DISPLAY_MIN + 1) % DISPLAY_COUNT;
	g_ptr_array_add(driver->vms, vm);
	arm_timer(driver);
	driver->listener->state_changed(driver->data, config->name, HV_STATE_STARTING, "");
	return true;
}

static void local_stop(struct hv_driver *base, const char *name)
{
	struct local_driver *driver = local_driver_from(base);
	struct hv_local_vm *vm = find_vm(driver, name);
	if (vm != NULL)
		hv_local_vm_stop(vm);
	arm_timer(driver);
}

static bool local_connect(
	struct hv_driver *base, const char *name, struct hv_endpoint *endpoint, GError **error)
{
	struct hv_local_vm *vm = find_vm(local_driver_from(base), name);
	if (vm == NULL) {
		g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_STATE, "%s does not run", name);
		return false;
	}
	int fd = hv_local_vm_connect(vm, error);
	if (fd >= 0)
		*endpoint = (struct hv_endpoint){ .fd = fd };
	return fd >= 0;
}

static bool local_status(struct hv_driver *base, const char *name, struct hv_vm_status *status)
{
	struct hv_local_vm *vm = find_vm(local_driver_from(base), name);
	if (vm != NULL)
		hv_local_vm_status(vm, status);
	return vm != NULL;
}

static void local_destroy(struct hv_driver *base)
{
	struct local_driver *driver = local_driver_from(base);
	for (guint i = 0; i < driver->vms->len; i++)
		hv_local_vm_destroy(g_ptr_array_index(driver->vms, i));
	g_ptr_array_unref(driver->vms);
	if (driver->timer_fd >= 0)
		close(driver->timer_fd);
	if (driver->epoll_fd >= 0)
		close(driver->epoll_fd);
	g_free(driver);
}

struct hv_driver *hv_driver_local_create(const struct hv_driver_listener *listener, void *data)
{
	struct local_driver *driver = g_new0(struct local_driver, 1);
	*driver = (struct local_driver){
		.base = { &local_driver_impl },
		.listener = listener,
		.data = data,
		.vms = g_ptr_array_new(),
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
		.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
		/* for the same reason, another broker's driver begins elsewhere */
		.next_display = HV_DISPLAY_MIN + (uint32_t)getpid() % DISPLAY_COUNT,
	};
	struct epoll_event event = { .events = EPOLLIN };
	if (driver->epoll_fd >= 0 && driver->timer_fd >= 0 &&
		epoll_ctl(driver->epoll_fd, EPOLL_CTL_ADD, driver->timer_fd, &event) == 0)
		return &driver->base;
	g_warning("no descriptors are to be had for the VMs: %s", g_strerror(errno));
	local_destroy(&driver->base);
	return NULL;
}

static const struct hv_driver_impl local_driver_impl = {
	.get_fd = local_get_fd,
	.dispatch = local_dispatch,
	.deadline = local_deadline,
	.start_ms = HV_START_MS + HV_STOP_MS,
	.adopt = local_adopt,
	.start = local_start,
	.stop = local_stop,
	.connect = local_connect,
	.status = local_status,
	.destroy = local_destroy,
};

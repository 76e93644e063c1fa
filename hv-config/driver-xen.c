/*
 * The Xen backend: VMs are domains, which Oriel or others start. xenstore tells which there are; xl
 * does what is to be done with them.
 */
#define G_LOG_DOMAIN "hv-xen"

#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "driver.h"
#include "values.h"
#include "xen-domains.h"
#include "xen-vm.h"

/* Milliseconds for xl to make a domain, and for a whole system to boot in it. */
enum { XEN_START_MS = 180000 };

struct xen_driver {
	struct hv_driver base;
	const struct hv_driver_listener *listener;
	void *data;
	hv_xen_open open;
	int epoll_fd; /* the host's descriptor in it, once there is a host */
	struct hv_xen_host *host; /* NULL until a VM needs it, or if there is none */
	struct hv_xen_domains *domains;
	GPtrArray *vms; /* of struct hv_xen_vm */
};

static const struct hv_driver_impl xen_driver_impl;
static const struct hv_xen_host_listener host_listener;
static const struct hv_xen_vm_listener vm_listener;

static struct xen_driver *xen_driver_from(struct hv_driver *driver)
{
	assert(driver->impl == &xen_driver_impl);
	return (struct xen_driver *)driver;
}

static void vm_free(gpointer vm)
{
	hv_xen_vm_destroy(vm);
}

static struct hv_xen_vm *find_vm(const struct xen_driver *driver, const char *name)
{
	for (guint i = 0; i < driver->vms->len; i++) {
		struct hv_xen_vm *vm = g_ptr_array_index(driver->vms, i);
		if (g_str_equal(hv_xen_vm_name(vm), name))
			return vm;
	}
	return NULL;
}

static uint32_t find_domain(const struct xen_driver *driver, const struct hv_xen_vm *vm)
{
	return hv_xen_vm_find(vm, driver->domains);
}

static void close_host(struct xen_driver *driver)
{
	g_clear_pointer(&driver->domains, hv_xen_domains_destroy);
	g_clear_pointer(&driver->host, hv_xen_host_destroy);
}

/* Only VMs that are domains need a host: others run where there is no Xen. */
static bool need_host(struct xen_driver *driver, GError **error)
{
	struct epoll_event event = { .events = EPOLLIN };
	if (driver->host != NULL)
		return true;
	driver->host = driver->open(&host_listener, driver, error);
	if (driver->host == NULL)
		return false;
	driver->domains = hv_xen_domains_create(driver->host);
	if (driver->domains != NULL && epoll_ctl(driver->epoll_fd, EPOLL_CTL_ADD,
					       hv_xen_host_get_fd(driver->host), &event) == 0)
		return true;
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE,
		"xenstore cannot be watched: %s", g_strerror(errno));
	close_host(driver);
	return false;
}

/* The VM, new or as it was; one whose file names another domain now is another. */
static struct hv_xen_vm *need_vm(struct xen_driver *driver, const struct hv_vm_config *config)
{
	struct hv_xen_vm *vm = find_vm(driver, config->name);
	if (vm != NULL && hv_xen_vm_fits(vm, config))
		return vm;
	if (vm != NULL)
		g_ptr_array_remove(driver->vms, vm);
	vm = hv_xen_vm_create(config, driver->host, &vm_listener, driver);
	g_ptr_array_add(driver->vms, vm);
	return vm;
}

static void handle_change(void *data, const char *path)
{
	struct xen_driver *driver = data;
	bool domains = hv_xen_domains_handle_change(driver->domains, path);
	for (guint i = 0; i < driver->vms->len; i++) {
		struct hv_xen_vm *vm = g_ptr_array_index(driver->vms, i);
		if (domains)
			hv_xen_vm_see(vm, find_domain(driver, vm));
		else
			hv_xen_vm_handle_change(vm, path);
	}
}

static void handle_state(void *data, struct hv_xen_vm *vm, enum hv_state state, const char *reason)
{
	struct xen_driver *driver = data;
	driver->listener->state_changed(driver->data, hv_xen_vm_name(vm), state, reason);
}

static void handle_reachable(void *data, struct hv_xen_vm *vm)
{
	struct xen_driver *driver = data;
	driver->listener->reachable(driver->data, hv_xen_vm_name(vm));
}

static int xen_get_fd(struct hv_driver *base)
{
	return xen_driver_from(base)->epoll_fd;
}

static int64_t xen_deadline(struct hv_driver *base)
{
	struct xen_driver *driver = xen_driver_from(base);
	int64_t next = -1;
	for (guint i = 0; i < driver->vms->len; i++) {
		int64_t deadline = hv_xen_vm_deadline(g_ptr_array_index(driver->vms, i));
		if (deadline >= 0 && (next < 0 || deadline < next))
			next = deadline;
	}
	return next;
}

static int64_t now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static void xen_dispatch(struct hv_driver *base)
{
	struct xen_driver *driver = xen_driver_from(base);
	if (driver->host != NULL)
		hv_xen_host_dispatch(driver->host);
	for (guint i = 0; i < driver->vms->len; i++) {
		struct hv_xen_vm *vm = g_ptr_array_index(driver->vms, i);
		int64_t deadline = hv_xen_vm_deadline(vm);
		if (deadline >= 0 && deadline <= now_ms())
			hv_xen_vm_handle_timeout(vm);
	}
}

static bool xen_adopt(struct hv_driver *base, const struct hv_vm_config *config)
{
	struct xen_driver *driver = xen_driver_from(base);
	g_autoptr(GError) error = NULL;
	if (!need_host(driver, &error)) {
		g_message("%s: %s", config->name, error->message);
		return false;
	}
	struct hv_xen_vm *vm = need_vm(driver, config);
	return hv_xen_vm_adopt(vm, find_domain(driver, vm));
}

static void xen_follow(struct hv_driver *base, const struct hv_vm_config *config)
{
	struct xen_driver *driver = xen_driver_from(base);
	if (!need_host(driver, NULL))
		return;
	struct hv_xen_vm *vm = need_vm(driver, config);
	hv_xen_vm_see(vm, find_domain(driver, vm));
}

static void xen_forget(struct hv_driver *base, const char *name)
{
	struct xen_driver *driver = xen_driver_from(base);
	struct hv_xen_vm *vm = find_vm(driver, name);
	if (vm != NULL)
		g_ptr_array_remove(driver->vms, vm);
}

static void xen_tune(struct hv_driver *base, const struct hv_vm_config *config)
{
	struct hv_xen_vm *vm = find_vm(xen_driver_from(base), config->name);
	if (vm != NULL)
		hv_xen_vm_tune(vm, config);
}

static bool xen_start(struct hv_driver *base, const struct hv_vm_config *config,
	const struct hv_screen *screen, const char *image, GError **error)
{
	struct xen_driver *driver = xen_driver_from(base);
	(void)screen; /* the agent learns it from the view */
	if (!need_host(driver, error))
		return false;
	struct hv_xen_vm *vm = need_vm(driver, config);
	return hv_xen_vm_start(vm, config, find_domain(driver, vm), image, error);
}

static void xen_stop(struct hv_driver *base, const char *name)
{
	struct hv_xen_vm *vm = find_vm(xen_driver_from(base), name);
	if (vm != NULL)
		hv_xen_vm_stop(vm, now_ms());
}

static bool xen_act(struct hv_driver *base, const char *name, enum hv_action action,
	const char *file, hv_action_done done, void *data, GError **error)
{
	struct xen_driver *driver = xen_driver_from(base);
	struct hv_xen_vm *vm = find_vm(driver, name);
	if (!need_host(driver, error))
		return false;
	if (vm != NULL)
		return hv_xen_vm_act(vm, action, file, done, data, error);
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_STATE, "it does not run");
	return false;
}

static bool xen_connect(
	struct hv_driver *base, const char *name, struct hv_endpoint *endpoint, GError **error)
{
	struct hv_xen_vm *vm = find_vm(xen_driver_from(base), name);
	if (vm != NULL)
		return hv_xen_vm_connect(vm, endpoint, error);
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_STATE, "%s does not run", name);
	return false;
}

static bool xen_status(struct hv_driver *base, const char *name, struct hv_vm_status *status)
{
	struct hv_xen_vm *vm = find_vm(xen_driver_from(base), name);
	if (vm != NULL)
		hv_xen_vm_status(vm, status);
	return vm != NULL;
}

static bool xen_primary_usage(struct hv_driver *base, struct hv_primary_usage *usage)
{
	struct xen_driver *driver = xen_driver_from(base);
	struct hv_xen_domain_info info;
	uint64_t domain;
	if (driver->host == NULL)
		return false;
	/* a path without a slash before it is in the domain that asks */
	g_autofree char *id = hv_xen_host_read(driver->host, "domid");
	if (id == NULL || !hv_value_parse_number(id, 0, UINT16_MAX, &domain) ||
		!hv_xen_host_domain_info(driver->host, (uint32_t)domain, &info))
		return false;
	*usage = (struct hv_primary_usage){ info.cpu_time, info.memory };
	return true;
}

static void xen_destroy(struct hv_driver *base)
{
	struct xen_driver *driver = xen_driver_from(base);
	g_ptr_array_unref(driver->vms);
	close_host(driver);
	close(driver->epoll_fd);
	g_free(driver);
}

struct hv_driver *hv_driver_xen_create(
	const struct hv_driver_listener *listener, void *data, hv_xen_open open)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		return NULL;
	struct xen_driver *driver = g_new(struct xen_driver, 1);
	*driver = (struct xen_driver){
		.base = { &xen_driver_impl },
		.listener = listener,
		.data = data,
		.open = open,
		.epoll_fd = epoll_fd,
		.vms = g_ptr_array_new_with_free_func(vm_free),
	};
	return &driver->base;
}

static const struct hv_xen_host_listener host_listener = { .changed = handle_change };

static const struct hv_xen_vm_listener vm_listener = {
	.state_changed = handle_state,
	.reachable = handle_reachable,
};

static const struct hv_driver_impl xen_driver_impl = {
	.get_fd = xen_get_fd,
	.dispatch = xen_dispatch,
	.deadline = xen_deadline,
	.start_ms = XEN_START_MS,
	.adopt = xen_adopt,
	.follow = xen_follow,
	.forget = xen_forget,
	.tune = xen_tune,
	.start = xen_start,
	.stop = xen_stop,
	.act = xen_act,
	.connect = xen_connect,
	.status = xen_status,
	.primary_usage = xen_primary_usage,
	.destroy = xen_destroy,
};

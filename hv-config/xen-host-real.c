#define G_LOG_DOMAIN "hv-xen"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <xenstat.h>
#include <xenstore.h>

#include "driver.h"
#include "xen-command.h"
#include "xen-host.h"

enum { EVENTS_PER_DISPATCH = 16, NS_PER_US = 1000 };

struct real_host {
	struct hv_xen_host base;
	const struct hv_xen_host_listener *listener;
	void *data;
	int epoll_fd;
	struct xs_handle *store;
	xenstat_handle *stat; /* NULL if this domain may not ask the hypervisor */
	GPtrArray *commands; /* of struct running */
};

/* A command that has not ended, or whose end has not been told yet. */
struct running {
	struct hv_xen_command *command;
	void (*done)(void *data, const GError *error);
	void *data;
};

static const struct hv_xen_host_impl real_host_impl;

static struct real_host *real_host_from(struct hv_xen_host *host)
{
	assert(host->impl == &real_host_impl);
	return (struct real_host *)host;
}

static void running_free(gpointer data)
{
	struct running *running = data;
	hv_xen_command_destroy(running->command);
	g_free(running);
}

static int real_get_fd(struct hv_xen_host *base)
{
	return real_host_from(base)->epoll_fd;
}

static void handle_watches(struct real_host *host)
{
	for (char **event = xs_check_watch(host->store); event != NULL;
		event = xs_check_watch(host->store)) {
		host->listener->changed(host->data, event[XS_WATCH_PATH]);
		free(event);
	}
}

static void handle_command(struct real_host *host, struct running *running)
{
	g_autoptr(GError) error = NULL;
	void (*done)(void *data, const GError *error) = running->done;
	void *data = running->data;
	hv_xen_command_finish(running->command, &error);
	epoll_ctl(host->epoll_fd, EPOLL_CTL_DEL, hv_xen_command_get_fd(running->command), NULL);
	g_ptr_array_remove(host->commands, running);
	done(data, error);
}

/* One event at a time: handling it may end what others of the same batch would refer to. */
static void real_dispatch(struct hv_xen_host *base)
{
	struct real_host *host = real_host_from(base);
	struct epoll_event event;
	for (int i = 0; i < EVENTS_PER_DISPATCH && epoll_wait(host->epoll_fd, &event, 1, 0) == 1;
		i++) {
		if (event.data.ptr == NULL)
			handle_watches(host);
		else
			handle_command(host, event.data.ptr);
	}
}

static char *real_read(struct hv_xen_host *base, const char *path)
{
	unsigned int len;
	char *value = xs_read(real_host_from(base)->store, XBT_NULL, path, &len);
	char *copy = g_strdup(value);
	free(value);
	return copy;
}

static char **real_list(struct hv_xen_host *base, const char *path)
{
	unsigned int count;
	char **names = xs_directory(real_host_from(base)->store, XBT_NULL, path, &count);
	if (names == NULL)
		return NULL;
	char **copy = g_new0(char *, count + 1);
	for (unsigned int i = 0; i < count; i++)
		copy[i] = g_strdup(names[i]);
	free(names);
	return copy;
}

static bool real_watch(struct hv_xen_host *base, const char *path)
{
	return xs_watch(real_host_from(base)->store, path, path);
}

static void real_unwatch(struct hv_xen_host *base, const char *path)
{
	xs_unwatch(real_host_from(base)->store, path, path);
}

static bool real_domain_info(
	struct hv_xen_host *base, uint32_t domain, struct hv_xen_domain_info *info)
{
	struct real_host *host = real_host_from(base);
	xenstat_node *node = host->stat != NULL ? xenstat_get_node(host->stat, 0) : NULL;
	if (node == NULL)
		return false;
	xenstat_domain *found = xenstat_node_domain(node, domain);
	if (found != NULL)
		*info = (struct hv_xen_domain_info){
			.paused = xenstat_domain_paused(found) != 0,
			.crashed = xenstat_domain_crashed(found) != 0,
			.dying = xenstat_domain_dying(found) != 0,
			.cpu_time = xenstat_domain_cpu_ns(found) / NS_PER_US,
			.memory = xenstat_domain_cur_mem(found),
		};
	xenstat_free_node(node);
	return found != NULL;
}

static bool real_run_xl(struct hv_xen_host *base, const char *const *arguments,
	void (*done)(void *data, const GError *error), void *data, GError **error)
{
	struct real_host *host = real_host_from(base);
	g_autofree char *program = hv_xen_find_xl(error);
	if (program == NULL)
		return false;
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_ptr_array_add(words, program);
	for (size_t i = 0; arguments[i] != NULL; i++)
		g_ptr_array_add(words, (gpointer)(uintptr_t)arguments[i]);
	g_ptr_array_add(words, NULL);
	struct hv_xen_command *command =
		hv_xen_command_start((const char *const *)words->pdata, error);
	if (command == NULL)
		return false;
	struct running *running = g_new(struct running, 1);
	*running = (struct running){ command, done, data };
	g_ptr_array_add(host->commands, running);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = running };
	if (epoll_ctl(host->epoll_fd, EPOLL_CTL_ADD, hv_xen_command_get_fd(command), &event) == 0)
		return true;
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE, "cannot follow xl: %s",
		g_strerror(errno));
	g_ptr_array_remove(host->commands, running);
	return false;
}

static void abandon_commands(struct real_host *host)
{
	g_autoptr(GError) error = g_error_new(HV_DRIVER_ERROR, HV_DRIVER_ERROR_COMMAND,
		"this program ends before xl; 'xl list' tells what has come of it");
	while (host->commands->len > 0) {
		struct running *running = g_ptr_array_steal_index(host->commands, 0);
		running->done(running->data, error);
		running_free(running);
	}
}

static void real_destroy(struct hv_xen_host *base)
{
	struct real_host *host = real_host_from(base);
	abandon_commands(host);
	g_ptr_array_unref(host->commands);
	if (host->stat != NULL)
		xenstat_uninit(host->stat);
	xs_close(host->store);
	if (host->epoll_fd >= 0)
		close(host->epoll_fd);
	g_free(host);
}

static struct real_host *create_host(
	const struct hv_xen_host_listener *listener, void *data, struct xs_handle *store)
{
	struct real_host *host = g_new(struct real_host, 1);
	*host = (struct real_host){
		.base = { &real_host_impl },
		.listener = listener,
		.data = data,
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
		.store = store,
		.stat = xenstat_init(),
		.commands = g_ptr_array_new_with_free_func(running_free),
	};
	if (host->stat == NULL)
		g_message("the hypervisor's figures of domains are not to be had; are "
			  "/dev/xen/privcmd and its permission there?");
	return host;
}

struct hv_xen_host *hv_xen_host_open(
	const struct hv_xen_host_listener *listener, void *data, GError **error)
{
	struct xs_handle *store = xs_open(0);
	if (store == NULL) {
		g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE,
			"xenstore cannot be reached: %s; is this a domain of Xen that may manage "
			"others, is xenstored running, and may this user open its socket or "
			"/dev/xen/xenbus?",
			g_strerror(errno));
		return NULL;
	}
	struct real_host *host = create_host(listener, data, store);
	struct epoll_event event = { .events = EPOLLIN };
	if (host->epoll_fd >= 0 &&
		epoll_ctl(host->epoll_fd, EPOLL_CTL_ADD, xs_fileno(store), &event) == 0)
		return &host->base;
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE,
		"xenstore cannot be watched: %s", g_strerror(errno));
	real_destroy(&host->base);
	return NULL;
}

static const struct hv_xen_host_impl real_host_impl = {
	.get_fd = real_get_fd,
	.dispatch = real_dispatch,
	.read = real_read,
	.list = real_list,
	.watch = real_watch,
	.unwatch = real_unwatch,
	.domain_info = real_domain_info,
	.run_xl = real_run_xl,
	.destroy = real_destroy,
};

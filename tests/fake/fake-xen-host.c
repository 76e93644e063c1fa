#include "fake-xen-host.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gio/gio.h>

struct fake_host {
	struct hv_xen_host base;
	const struct hv_xen_host_listener *listener;
	void *data;
	int event_fd;
	GHashTable *nodes; /* path: value */
	GHashTable *infos; /* id: struct hv_xen_domain_info */
	GPtrArray *watches; /* paths */
	GQueue events; /* paths */
	GQueue commands; /* struct fake_command */
	char *last_xl;
	char *told_xl;
};

struct fake_command {
	void (*done)(void *data, const GError *error);
	void *data;
};

static const struct hv_xen_host_impl fake_host_impl;
static struct fake_host *host;
static bool host_missing;

static bool is_within(const char *path, const char *directory)
{
	size_t len = strlen(directory);
	return strncmp(path, directory, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* A change of a path is told to the watches on it and above it, once each. */
static void fire(const char *path)
{
	for (guint i = 0; i < host->watches->len; i++)
		if (is_within(path, g_ptr_array_index(host->watches, i)))
			g_queue_push_tail(&host->events, g_strdup(path));
	eventfd_write(host->event_fd, 1);
}

static void write_node(uint32_t id, const char *node, const char *value)
{
	char *path = g_strdup_printf("/local/domain/%u/%s", id, node);
	g_hash_table_replace(host->nodes, path, g_strdup(value));
	fire(path);
}

static struct hv_xen_domain_info *info_of(uint32_t id)
{
	return g_hash_table_lookup(host->infos, GUINT_TO_POINTER(id));
}

void fake_xen_host_set_missing(bool missing)
{
	host_missing = missing;
}

void fake_xen_host_add_domain(uint32_t id, const char *name, const char *uuid)
{
	struct hv_xen_domain_info *info = g_new(struct hv_xen_domain_info, 1);
	g_autofree char *vm = g_strconcat("/vm/", uuid, NULL);
	*info = (struct hv_xen_domain_info){ .cpu_time = id * 1000, .memory = id << 20 };
	g_hash_table_replace(host->infos, GUINT_TO_POINTER(id), info);
	write_node(id, "name", name);
	write_node(id, "vm", vm);
	fire("@introduceDomain");
}

void fake_xen_host_remove_domain(uint32_t id)
{
	g_autofree char *directory = g_strdup_printf("/local/domain/%u", id);
	GHashTableIter iter;
	gpointer path;
	g_hash_table_remove(host->infos, GUINT_TO_POINTER(id));
	g_hash_table_iter_init(&iter, host->nodes);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		if (is_within(path, directory)) {
			fire(path);
			g_hash_table_iter_remove(&iter);
		}
	fire("@releaseDomain");
}

void fake_xen_host_rename_domain(uint32_t id, const char *name)
{
	write_node(id, "name", name);
}

void fake_xen_host_pause_domain(uint32_t id, bool paused)
{
	info_of(id)->paused = paused;
}

void fake_xen_host_crash_domain(uint32_t id)
{
	info_of(id)->crashed = true;
	fire("@releaseDomain");
}

void fake_xen_host_be_domain(const char *id)
{
	g_hash_table_replace(host->nodes, g_strdup("domid"), g_strdup(id));
}

void fake_xen_host_publish_agent(uint32_t id, const char *version)
{
	g_autofree char *directory = g_strdup_printf("data/oriel/%s/0", version);
	g_autofree char *channel = g_strconcat(directory, "/event-channel", NULL);
	write_node(id, directory, "");
	write_node(id, channel, "7");
}

const char *fake_xen_host_last_xl(void)
{
	g_free(host->told_xl);
	host->told_xl = g_steal_pointer(&host->last_xl);
	return host->told_xl;
}

void fake_xen_host_end_xl(const char *text)
{
	g_autofree struct fake_command *command = g_queue_pop_head(&host->commands);
	g_autoptr(GError) error =
		text != NULL ? g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "%s", text) : NULL;
	command->done(command->data, error);
}

guint fake_xen_host_watches(void)
{
	return host->watches->len;
}

static int fake_get_fd(struct hv_xen_host *base)
{
	return ((struct fake_host *)base)->event_fd;
}

static void fake_dispatch(struct hv_xen_host *base)
{
	struct fake_host *self = (struct fake_host *)base;
	eventfd_t count;
	eventfd_read(self->event_fd, &count);
	for (char *path = g_queue_pop_head(&self->events); path != NULL;
		path = g_queue_pop_head(&self->events)) {
		self->listener->changed(self->data, path);
		g_free(path);
	}
}

static char *fake_read(struct hv_xen_host *base, const char *path)
{
	return g_strdup(g_hash_table_lookup(((struct fake_host *)base)->nodes, path));
}

static char **fake_list(struct hv_xen_host *base, const char *path)
{
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GStrvBuilder) list = g_strv_builder_new();
	GHashTableIter iter;
	gpointer node;
	size_t len = strlen(path);
	g_hash_table_iter_init(&iter, ((struct fake_host *)base)->nodes);
	while (g_hash_table_iter_next(&iter, &node, NULL)) {
		const char *rest = (const char *)node + len;
		if (!is_within(node, path) || *rest == '\0')
			continue;
		char *name = g_strndup(rest + 1, strcspn(rest + 1, "/"));
		if (g_hash_table_add(names, name))
			g_strv_builder_add(list, name);
	}
	return g_strv_builder_end(list);
}

static bool fake_watch(struct hv_xen_host *base, const char *path)
{
	struct fake_host *self = (struct fake_host *)base;
	g_ptr_array_add(self->watches, g_strdup(path));
	g_queue_push_tail(&self->events, g_strdup(path));
	eventfd_write(self->event_fd, 1);
	return true;
}

static void fake_unwatch(struct hv_xen_host *base, const char *path)
{
	GPtrArray *watches = ((struct fake_host *)base)->watches;
	guint index;
	if (g_ptr_array_find_with_equal_func(watches, path, g_str_equal, &index))
		g_ptr_array_remove_index_fast(watches, index);
}

static bool fake_domain_info(
	struct hv_xen_host *base, uint32_t domain, struct hv_xen_domain_info *info)
{
	const struct hv_xen_domain_info *found =
		g_hash_table_lookup(((struct fake_host *)base)->infos, GUINT_TO_POINTER(domain));
	if (found != NULL)
		*info = *found;
	return found != NULL;
}

static bool fake_run_xl(struct hv_xen_host *base, const char *const *arguments,
	void (*done)(void *data, const GError *error), void *data, GError **error)
{
	struct fake_host *self = (struct fake_host *)base;
	struct fake_command *command = g_new(struct fake_command, 1);
	(void)error;
	*command = (struct fake_command){ done, data };
	g_queue_push_tail(&self->commands, command);
	g_free(self->last_xl);
	self->last_xl = g_strjoinv(" ", (char **)(uintptr_t)arguments);
	return true;
}

static void fake_destroy(struct hv_xen_host *base)
{
	struct fake_host *self = (struct fake_host *)base;
	while (!g_queue_is_empty(&self->commands))
		fake_xen_host_end_xl("the host is gone");
	g_hash_table_unref(self->nodes);
	g_hash_table_unref(self->infos);
	g_ptr_array_unref(self->watches);
	g_queue_clear_full(&self->events, g_free);
	g_free(self->last_xl);
	g_free(self->told_xl);
	close(self->event_fd);
	g_free(self);
	host = NULL;
}

struct hv_xen_host *fake_xen_host_open(
	const struct hv_xen_host_listener *listener, void *data, GError **error)
{
	if (host_missing) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no Xen");
		return NULL;
	}
	host = g_new(struct fake_host, 1);
	*host = (struct fake_host){
		.base = { &fake_host_impl },
		.listener = listener,
		.data = data,
		.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
		.infos = g_hash_table_new_full(NULL, NULL, NULL, g_free),
		.watches = g_ptr_array_new_with_free_func(g_free),
		.events = G_QUEUE_INIT,
		.commands = G_QUEUE_INIT,
	};
	return &host->base;
}

static const struct hv_xen_host_impl fake_host_impl = {
	.get_fd = fake_get_fd,
	.dispatch = fake_dispatch,
	.read = fake_read,
	.list = fake_list,
	.watch = fake_watch,
	.unwatch = fake_unwatch,
	.domain_info = fake_domain_info,
	.run_xl = fake_run_xl,
	.destroy = fake_destroy,
};

/*
 * What xenstore says of domains and their agents, a line for each change: PATH=VALUE, or PATH for
 * what goes; info/ID has what the hypervisor says of a domain (p paused, c crashed, d dying). -VM
 * and +VM stop and start a VM; > ends the oldest xl, and >TEXT has it fail. Whatever there is, a
 * VM's agent is that of a domain which others can be, and what is said of it is a line.
 */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "driver.h"
#include "fuzz.h"
#include "ignore.h"
#include "line.h"
#include "xen-config.h"
#include "xen-host.h"

#define UUID "5e9f3c5e-8b7a-4b1c-9d55-0c7f6f3f2a10"

enum { STEPS_MAX = 100 };

/* One that Oriel starts, and others that it does not. */
static const char *const files[] = {
	"[vm]\nlabel=blue\nbackend=xen\nkernel=/boot/vmlinuz\n",
	"[vm]\nlabel=blue\nbackend=xen\ndomain=theirs\n",
	"[vm]\nlabel=blue\nbackend=xen\ndomain=" UUID "\n",
	"[vm]\nlabel=blue\nbackend=xen\ndomain=#5\n",
};
static const char *const names[] = { "own", "theirs", "uuid", "fixed" };

enum { VMS = G_N_ELEMENTS(files), OWN = 0 };

struct command {
	void (*done)(void *data, const GError *error);
	void *data;
};

static struct {
	struct hv_xen_host base;
	const struct hv_xen_host_listener *listener;
	void *data;
	int fd;
	GTree *nodes; /* path: value */
	GHashTable *watches; /* paths */
	GQueue commands; /* of struct command */
} host;

/* The host */

static int get_fd(struct hv_xen_host *base)
{
	(void)base;
	return host.fd;
}

static void ignore_dispatch(struct hv_xen_host *base)
{
	(void)base;
}

static char *read_node(struct hv_xen_host *base, const char *path)
{
	(void)base;
	return g_strdup(g_tree_lookup(host.nodes, path));
}

static char **list_nodes(struct hv_xen_host *base, const char *path)
{
	g_autofree char *directory = g_strconcat(path, "/", NULL);
	g_autoptr(GPtrArray) found = g_ptr_array_new();
	GTreeNode *node = g_tree_lower_bound(host.nodes, directory);

	(void)base;
	for (; node != NULL && g_str_has_prefix(g_tree_node_key(node), directory);
		node = g_tree_node_next(node)) {
		const char *rest = (const char *)g_tree_node_key(node) + strlen(directory);
		g_ptr_array_add(found, g_strndup(rest, strcspn(rest, "/")));
	}
	g_ptr_array_add(found, NULL);
	return (char **)g_ptr_array_steal(found, NULL);
}

static bool watch(struct hv_xen_host *base, const char *path)
{
	(void)base;
	g_hash_table_add(host.watches, g_strdup(path));
	return true;
}

static void unwatch(struct hv_xen_host *base, const char *path)
{
	(void)base;
	g_hash_table_remove(host.watches, path);
}

static bool domain_info(struct hv_xen_host *base, uint32_t domain, struct hv_xen_domain_info *info)
{
	g_autofree char *path = g_strdup_printf("info/%u", domain);
	const char *flags = g_tree_lookup(host.nodes, path);

	(void)base;
	if (flags == NULL)
		return false;
	*info = (struct hv_xen_domain_info){
		.paused = strchr(flags, 'p') != NULL,
		.crashed = strchr(flags, 'c') != NULL,
		.dying = strchr(flags, 'd') != NULL,
	};
	return true;
}

static bool run_xl(struct hv_xen_host *base, const char *const *arguments,
	void (*done)(void *data, const GError *error), void *data, GError **error)
{
	struct command *command = g_new(struct command, 1);

	(void)base;
	(void)error;
	for (size_t i = 0; arguments[i] != NULL; i++)
		fuzz_require_line(arguments[i]);
	*command = (struct command){ done, data };
	g_queue_push_tail(&host.commands, command);
	return true;
}

static void end_xl(const char *text)
{
	g_autofree struct command *command = g_queue_pop_head(&host.commands);
	g_autoptr(GError) error = NULL;

	if (command == NULL)
		return;
	if (*text != '\0')
		error = g_error_new_literal(
			HV_DRIVER_ERROR, HV_DRIVER_ERROR_COMMAND, "xl has failed");
	command->done(command->data, error);
}

static void destroy_host(struct hv_xen_host *base)
{
	(void)base;
	while (!g_queue_is_empty(&host.commands))
		end_xl("it goes on");
	g_tree_unref(host.nodes);
	g_hash_table_unref(host.watches);
	close(host.fd);
}

static const struct hv_xen_host_impl host_impl = {
	.get_fd = get_fd,
	.dispatch = ignore_dispatch,
	.read = read_node,
	.list = list_nodes,
	.watch = watch,
	.unwatch = unwatch,
	.domain_info = domain_info,
	.run_xl = run_xl,
	.destroy = destroy_host,
};

static int compare_paths(const void *a, const void *b, void *data)
{
	(void)data;
	return strcmp(a, b);
}

static struct hv_xen_host *open_host(
	const struct hv_xen_host_listener *listener, void *data, GError **error)
{
	(void)error;
	host.base.impl = &host_impl;
	host.listener = listener;
	host.data = data;
	host.fd = eventfd(0, EFD_CLOEXEC);
	host.nodes = g_tree_new_full(compare_paths, NULL, g_free, g_free);
	host.watches = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_queue_init(&host.commands);
	return &host.base;
}

/* value: NULL for a node that goes. */
static void change_node(const char *path, const char *value)
{
	if (value != NULL)
		g_tree_replace(host.nodes, g_strdup(path), g_strdup(value));
	else
		g_tree_remove(host.nodes, path);
	if (g_hash_table_contains(host.watches, path))
		host.listener->changed(host.data, path);
}

/* The VMs */

static int find_name(const char *name)
{
	for (int i = 0; i < VMS; i++) {
		if (strcmp(name, names[i]) == 0)
			return i;
	}
	return -1;
}

static void check_state(void *data, const char *vm, enum hv_state state, const char *reason)
{
	(void)data;
	fuzz_require(find_name(vm) >= 0 && hv_state_name(state) != NULL);
	fuzz_require_line(reason);
}

static void check_reachable(void *data, const char *vm)
{
	(void)data;
	fuzz_require(find_name(vm) >= 0);
}

static void check_vm(struct hv_driver *driver, int index)
{
	struct hv_endpoint endpoint = { 0 };
	struct hv_vm_status status = { 0 };
	g_autoptr(GError) error = NULL;

	fuzz_require(hv_driver_status(driver, names[index], &status));
	if (status.notice != NULL)
		fuzz_require_line(status.notice);
	if (hv_driver_connect(driver, names[index], &endpoint, &error))
		fuzz_require(endpoint.fd == -1 && endpoint.domain == status.domain &&
			     endpoint.domain >= 1 && endpoint.domain <= HV_XEN_DOMAIN_ID_MAX);
	else
		fuzz_require_line(error->message);
	hv_vm_status_clear(&status);
}

static void start(struct hv_driver *driver, struct hv_vm_config *const *configs, const char *name)
{
	static const struct hv_screen screen = { 1920, 1080, 96 };
	g_autoptr(GError) error = NULL;
	int index = find_name(name);

	/* What Oriel starts itself needs tools and files that may not be here. */
	if (index > OWN && !hv_driver_start(driver, configs[index], &screen, NULL, &error))
		fuzz_require_line(error->message);
}

static void step(struct hv_driver *driver, struct hv_vm_config *const *configs, char *line)
{
	struct hv_primary_usage usage;
	char *value = strchr(line, '=');

	if (value != NULL)
		*value++ = '\0';
	if (line[0] == '-')
		hv_driver_stop(driver, line + 1);
	else if (line[0] == '+')
		start(driver, configs, line + 1);
	else if (line[0] == '>')
		end_xl(line + 1);
	else
		change_node(line, value);
	hv_driver_dispatch(driver);
	hv_driver_primary_usage(driver, &usage);
	for (int i = 0; i < VMS; i++)
		check_vm(driver, i);
}

void fuzz_prepare(void)
{
	fuzz_ignore_logs();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hv_driver_listener listener = { check_state, check_reachable };
	g_autofree char *text = g_strndup((const char *)data, size);
	g_auto(GStrv) lines = g_strsplit(text, "\n", STEPS_MAX);
	struct hv_driver *driver = hv_driver_xen_create(&listener, NULL, open_host);
	struct hv_vm_config *configs[VMS];

	for (int i = 0; i < VMS; i++) {
		g_autofree char *path = g_strdup_printf("/vms/%s.vm", names[i]);
		configs[i] = hv_vm_config_parse(path, files[i], strlen(files[i]), NULL);
		fuzz_require(configs[i] != NULL);
		hv_driver_follow(driver, configs[i]);
	}
	for (size_t i = 0; lines[i] != NULL; i++)
		step(driver, configs, lines[i]);
	hv_driver_destroy(driver);
	for (int i = 0; i < VMS; i++)
		hv_vm_config_free(configs[i]);
	return 0;
}

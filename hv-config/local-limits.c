#include "local-limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CGROUP_ROOT "/sys/fs/cgroup"

enum { CPU_PERIOD = 100000, THOUSAND = 1000 }; /* microseconds; thousandths of a CPU */

/* One controller's limit, as the two versions of cgroups name it. */
struct limit {
	const char *controller;
	const char *file_v1;
	char *value_v1;
	const char *file_v2;
	char *value_v2;
};

static bool write_file(const char *directory, const char *name, const char *value)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool written = write(fd, value, strlen(value)) == (ssize_t)strlen(value);
	close(fd);
	return written;
}

/* Where the calling process is: the path in the line "N:CONTROLLERS:PATH". NULL without one. */
static char *own_cgroup(const char *controller)
{
	g_autofree char *text = NULL;
	if (!g_file_get_contents("/proc/self/cgroup", &text, NULL, NULL))
		return NULL;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (size_t i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) parts = g_strsplit(lines[i], ":", 3);
		if (g_strv_length(parts) != 3)
			continue;
		g_auto(GStrv) controllers = g_strsplit(parts[1], ",", -1);
		if (g_strv_contains((const char *const *)controllers, controller) ||
			(controller[0] == '\0' && parts[1][0] == '\0'))
			return g_strdup(parts[2]);
	}
	return NULL;
}

/* The own cgroup's directory; the hierarchy's root where a namespace or a container hides it. */
static char *cgroup_directory(const char *hierarchy, const char *controller)
{
	g_autofree char *path = own_cgroup(controller);
	if (path == NULL)
		return NULL;
	char *directory = g_build_filename(CGROUP_ROOT, hierarchy, path, NULL);
	if (g_file_test(directory, G_FILE_TEST_IS_DIR))
		return directory;
	g_free(directory);
	directory = g_build_filename(CGROUP_ROOT, hierarchy, NULL);
	if (g_file_test(directory, G_FILE_TEST_IS_DIR))
		return directory;
	g_free(directory);
	return NULL;
}

/* A new cgroup with the limit in it; NULL if it cannot be had. */
static char *make_cgroup(const char *parent, const char *name, const char *file, const char *value)
{
	char *directory = g_build_filename(parent, name, NULL);
	if ((mkdir(directory, 0755) == 0 || errno == EEXIST) && write_file(directory, file, value))
		return directory;
	rmdir(directory);
	g_free(directory);
	return NULL;
}

/* One group carries all limits, if the controllers were delegated to us. */
static bool try_cgroup_v2(
	GPtrArray *cgroups, const char *name, const struct limit *limits, size_t count)
{
	if (access(CGROUP_ROOT "/cgroup.controllers", F_OK) != 0)
		return false;
	g_autofree char *parent = cgroup_directory("", "");
	g_autofree char *directory = NULL;
	for (size_t i = 0; parent != NULL && i < count; i++) {
		g_autofree char *enable = g_strconcat("+", limits[i].controller, NULL);
		write_file(parent, "cgroup.subtree_control", enable); /* may be enabled already */
		g_free(directory);
		directory = make_cgroup(parent, name, limits[i].file_v2, limits[i].value_v2);
		if (directory == NULL)
			return false;
	}
	if (directory == NULL || access(directory, W_OK) != 0)
		return false;
	g_ptr_array_add(cgroups, g_steal_pointer(&directory));
	return true;
}

/* Each controller has a hierarchy, and a group, of its own. */
static bool try_cgroup_v1(
	GPtrArray *cgroups, const char *name, const struct limit *limits, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		g_autofree char *parent =
			cgroup_directory(limits[i].controller, limits[i].controller);
		if (parent == NULL)
			return false;
		char *directory = make_cgroup(parent, name, limits[i].file_v1, limits[i].value_v1);
		if (directory == NULL)
			return false;
		g_ptr_array_add(cgroups, directory);
	}
	return true;
}

static void undo_cgroups(GPtrArray *cgroups)
{
	for (guint i = 0; i < cgroups->len; i++)
		rmdir(g_ptr_array_index(cgroups, i));
	g_ptr_array_set_size(cgroups, 0);
}

/* The user's service manager can be had where its bus is. */
static char **try_scope(const struct hv_vm_config *config)
{
	g_autofree char *program = g_find_program_in_path("systemd-run");
	g_autofree char *socket = g_build_filename(g_get_user_runtime_dir(), "bus", NULL);
	if (program == NULL || access(socket, W_OK) != 0)
		return NULL;
	GPtrArray *command = g_ptr_array_new();
	const char *fixed[] = { program, "--user", "--scope", "--quiet", "--collect" };
	for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(command, g_strdup(fixed[i]));
	if (config->memory_limit != 0)
		g_ptr_array_add(command, g_strdup_printf("--property=MemoryMax=%" G_GUINT64_FORMAT,
						 config->memory_limit));
	if (config->cpu_limit != 0)
		g_ptr_array_add(command, g_strdup_printf("--property=CPUQuota=%u.%u%%",
						 config->cpu_limit / 10, config->cpu_limit % 10));
	g_ptr_array_add(command, g_strdup("--"));
	g_ptr_array_add(command, NULL);
	return (char **)g_ptr_array_free(command, FALSE);
}

static size_t collect_limits(const struct hv_vm_config *config, struct limit limits[2])
{
	size_t count = 0;
	if (config->memory_limit != 0)
		limits[count++] = (struct limit){
			.controller = "memory",
			.file_v1 = "memory.limit_in_bytes",
			.value_v1 = g_strdup_printf("%" G_GUINT64_FORMAT, config->memory_limit),
			.file_v2 = "memory.max",
			.value_v2 = g_strdup_printf("%" G_GUINT64_FORMAT, config->memory_limit),
		};
	if (config->cpu_limit != 0) {
		uint64_t quota = (uint64_t)config->cpu_limit * CPU_PERIOD / THOUSAND;
		limits[count++] = (struct limit){
			.controller = "cpu",
			.file_v1 = "cpu.cfs_quota_us",
			.value_v1 = g_strdup_printf("%" G_GUINT64_FORMAT, quota),
			.file_v2 = "cpu.max",
			.value_v2 = g_strdup_printf("%" G_GUINT64_FORMAT " %d", quota, CPU_PERIOD),
		};
	}
	return count;
}

void hv_limits_init(struct hv_limits *limits, const struct hv_vm_config *config)
{
	*limits = (struct hv_limits){ 0 };
	struct limit wanted[2];
	size_t count = collect_limits(config, wanted);
	if (count == 0)
		return;
	g_autofree char *name = g_strdup_printf(
		"oriel-%u-%s-%d", (unsigned int)getuid(), config->name, (int)getpid());
	g_autoptr(GPtrArray) cgroups = g_ptr_array_new_with_free_func(g_free);
	bool made = try_cgroup_v2(cgroups, name, wanted, count);
	if (!made) {
		made = try_cgroup_v1(cgroups, name, wanted, count);
		if (!made)
			undo_cgroups(cgroups);
	}
	if (made) {
		g_ptr_array_set_free_func(cgroups, NULL);
		g_ptr_array_add(cgroups, NULL);
		limits->cgroups = (char **)g_ptr_array_free(g_steal_pointer(&cgroups), FALSE);
	} else {
		limits->command = try_scope(config);
	}
	if (!made && limits->command == NULL)
		limits->notice = g_strdup(
			"its memory and CPU limits are not enforced, because no cgroup can be "
			"made here; run under systemd as a user with a session, or delegate a "
			"cgroup");
	for (size_t i = 0; i < count; i++) {
		g_free(wanted[i].value_v1);
		g_free(wanted[i].value_v2);
	}
}

void hv_limits_finish(struct hv_limits *limits)
{
	g_strfreev(limits->cgroups);
	g_strfreev(limits->command);
	g_free(limits->notice);
	*limits = (struct hv_limits){ 0 };
}

bool hv_limits_remove_cgroups(char *const *cgroups)
{
	bool removed = true;
	for (size_t i = 0; cgroups != NULL && cgroups[i] != NULL; i++)
		if (rmdir(cgroups[i]) != 0 && errno == EBUSY)
			removed = false;
	return removed;
}

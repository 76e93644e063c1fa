#include "local-process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

enum {
	STAT_SIZE_MAX = 1024,
	STATUS_SIZE_MAX = 4096,
	ENVIRONMENT_SIZE_MAX = 128 * 1024,
	NAMESPACES_MAX = 32
};

struct entry {
	pid_t pid;
	pid_t parent;
	char state; /* as ps(1) shows it */
	uint64_t start_time; /* clock ticks */
	uint64_t cpu_ticks;
	bool wanted;
};

static ssize_t read_proc_file(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	size_t used = 0;
	while (used < size - 1) {
		ssize_t got = read(fd, text + used, size - 1 - used);
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	close(fd);
	text[used] = '\0';
	return (ssize_t)used;
}

/* The command's name may hold anything, so the fields are counted from its closing parenthesis. */
static bool read_entry(pid_t pid, struct entry *entry)
{
	char text[STAT_SIZE_MAX];
	if (read_proc_file(pid, "stat", text, sizeof(text)) <= 0)
		return false;
	const char *fields = strrchr(text, ')');
	char state;
	int parent;
	unsigned long long user, kernel, start;
	long long children_user, children_kernel;
	if (fields == NULL || sscanf(fields + 1,
				      " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld "
				      "%lld %*d %*d %*d %*d %llu",
				      &state, &parent, &user, &kernel, &children_user,
				      &children_kernel, &start) != 7)
		return false;
	*entry = (struct entry){
		.pid = pid,
		.parent = parent,
		.state = state,
		.start_time = start,
		.cpu_ticks = (uint64_t)user + (uint64_t)kernel + (uint64_t)children_user +
			     (uint64_t)children_kernel,
	};
	return true;
}

/* Ascending ids; empty if /proc cannot be read. */
static GArray *list_pids(void)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	GDir *dir = g_dir_open("/proc", 0, NULL);
	if (dir == NULL)
		return pids;
	for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
		pid_t pid = (pid_t)strtol(name, NULL, 10);
		if (pid > 0)
			g_array_append_val(pids, pid);
	}
	g_dir_close(dir);
	return pids;
}

/* Marks the descendants; a parent may come after its child in the table, hence the rounds. */
static void mark_descendants(GArray *entries, pid_t root)
{
	g_autoptr(GHashTable) tree = g_hash_table_new(NULL, NULL);
	g_hash_table_add(tree, GINT_TO_POINTER(root));
	bool grown = true;
	while (grown) {
		grown = false;
		for (guint i = 0; i < entries->len; i++) {
			struct entry *entry = &g_array_index(entries, struct entry, i);
			if (entry->wanted ||
				(entry->pid != root && !g_hash_table_contains(tree,
							       GINT_TO_POINTER(entry->parent))))
				continue;
			entry->wanted = true;
			g_hash_table_add(tree, GINT_TO_POINTER(entry->pid));
			grown = true;
		}
	}
}

/* A process and its descendants, as struct entry. */
static GArray *list_tree(pid_t root)
{
	g_autoptr(GArray) pids = list_pids();
	g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
	for (guint i = 0; i < pids->len; i++) {
		struct entry entry;
		if (read_entry(g_array_index(pids, pid_t, i), &entry))
			g_array_append_val(entries, entry);
	}
	mark_descendants(entries, root);
	GArray *tree = g_array_new(FALSE, FALSE, sizeof(struct entry));
	for (guint i = 0; i < entries->len; i++)
		if (g_array_index(entries, struct entry, i).wanted)
			g_array_append_val(tree, g_array_index(entries, struct entry, i));
	return tree;
}

static uint64_t read_pss(pid_t pid)
{
	char text[STAT_SIZE_MAX];
	if (read_proc_file(pid, "smaps_rollup", text, sizeof(text)) <= 0)
		return 0;
	const char *line = strstr(text, "\nPss:");
	unsigned long long kib;
	return line != NULL && sscanf(line, "\nPss: %llu", &kib) == 1 ? (uint64_t)kib * 1024 : 0;
}

bool hv_process_identify(pid_t pid, struct hv_process *process)
{
	struct entry entry;
	if (pid <= 0 || !read_entry(pid, &entry))
		return false;
	*process = (struct hv_process){ pid, entry.start_time };
	return true;
}

bool hv_process_is_outdated(pid_t pid, const char *program)
{
	g_autofree char *link = g_strdup_printf("/proc/%d/exe", (int)pid);
	g_autofree char *path = g_file_read_link(link, NULL);
	g_autofree char *name = g_path_get_basename(program);
	g_autofree char *running = path != NULL ? g_path_get_basename(path) : NULL;
	struct stat installed;
	struct stat file;
	/* " (deleted)" may follow the name. */
	return running != NULL && g_str_has_prefix(running, name) && stat(link, &file) == 0 &&
	       stat(program, &installed) == 0 &&
	       (file.st_dev != installed.st_dev || file.st_ino != installed.st_ino);
}

bool hv_process_is_alive(pid_t pid)
{
	struct entry entry;
	return pid > 0 && read_entry(pid, &entry) && entry.state != 'Z' && entry.state != 'X';
}

int hv_process_open(const struct hv_process *process)
{
	if (process->pid <= 0)
		return -1;
	int fd = pidfd_open(process->pid, 0);
	struct hv_process now;
	if (fd < 0)
		return -1;
	/* checked after opening: from then on the id cannot pass to another process unnoticed */
	if (hv_process_identify(process->pid, &now) && now.start_time == process->start_time &&
		hv_process_is_alive(process->pid))
		return fd;
	close(fd);
	return -1;
}

struct hv_process_usage hv_process_tree_usage(pid_t root)
{
	struct hv_process_usage usage = { 0 };
	g_autoptr(GArray) tree = list_tree(root);
	uint64_t ticks = 0;
	for (guint i = 0; i < tree->len; i++) {
		const struct entry *entry = &g_array_index(tree, struct entry, i);
		ticks += entry->cpu_ticks;
		usage.memory += read_pss(entry->pid);
	}
	usage.cpu_time = ticks * G_USEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	return usage;
}

/* A process's ids, from the reader's namespace to its own; how many there are. */
static size_t read_namespace_pids(pid_t pid, pid_t pids[NAMESPACES_MAX])
{
	char text[STATUS_SIZE_MAX];
	if (read_proc_file(pid, "status", text, sizeof(text)) <= 0)
		return 0;
	const char *line = strstr(text, "\nNSpid:");
	if (line == NULL)
		return 0;
	size_t count = 0;
	for (const char *p = line + strlen("\nNSpid:"); *p == '\t' && count < NAMESPACES_MAX;
		count++) {
		char *end;
		pids[count] = (pid_t)strtol(p, &end, 10);
		p = end;
	}
	return count;
}

pid_t hv_process_find_inner(pid_t root, pid_t inner_pid)
{
	pid_t pids[NAMESPACES_MAX];
	size_t level = read_namespace_pids(root, pids);
	g_autoptr(GArray) tree = list_tree(root);
	for (guint i = 0; inner_pid > 0 && level > 0 && i < tree->len; i++) {
		pid_t pid = g_array_index(tree, struct entry, i).pid;
		/* programs may have namespaces of their own inside, where ids come again */
		if (read_namespace_pids(pid, pids) >= level && pids[level - 1] == inner_pid)
			return pid;
	}
	return 0;
}

static bool has_environment_entry(pid_t pid, const char *wanted, char *buffer)
{
	ssize_t len = read_proc_file(pid, "environ", buffer, ENVIRONMENT_SIZE_MAX);
	for (const char *entry = buffer; len > 0 && entry < buffer + len;
		entry += strlen(entry) + 1)
		if (strcmp(entry, wanted) == 0)
			return true;
	return false;
}

size_t hv_process_kill_marked(const char *environment_entry)
{
	char *buffer = g_malloc(ENVIRONMENT_SIZE_MAX);
	g_autoptr(GArray) pids = list_pids();
	size_t killed = 0;
	for (guint i = 0; i < pids->len; i++) {
		pid_t pid = g_array_index(pids, pid_t, i);
		if (pid == getpid())
			continue;
		int fd = pidfd_open(pid, 0);
		if (fd < 0)
			continue;
		if (has_environment_entry(pid, environment_entry, buffer) &&
			pidfd_send_signal(fd, SIGKILL, NULL, 0) == 0)
			killed++;
		close(fd);
	}
	g_free(buffer);
	return killed;
}

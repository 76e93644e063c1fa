#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

enum {
	PARKED_FD_MIN = 64, /* above any number that a program is told to expect */
	EXEC_FAILED_STATUS = 127,
};

static bool place_descriptors(const struct ga_process_fd *fds, size_t count)
{
	int parked[8];
	/* Whoever started us may have left some open. */
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	if (count > G_N_ELEMENTS(parked)) {
		errno = EINVAL;
		return false;
	}
	/* Away first, so that no target overwrites a source that is still to be placed. */
	for (size_t i = 0; i < count; i++)
		if ((parked[i] = fcntl(fds[i].from, F_DUPFD_CLOEXEC, PARKED_FD_MIN)) < 0)
			return false;
	for (size_t i = 0; i < count; i++)
		if (dup2(parked[i], fds[i].to) < 0)
			return false;
	return true;
}

static void reset_signals(void)
{
	for (int i = 1; i < SIGRTMIN; i++)
		if (i != SIGKILL && i != SIGSTOP)
			signal(i, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void run_child(
	const struct ga_process_spec *spec, char **arguments, int error_fd, pid_t parent)
{
	error_fd = fcntl(error_fd, F_DUPFD_CLOEXEC, PARKED_FD_MIN);
	setpgid(0, 0);
	reset_signals();
	if (spec->parent_death_signal != 0) {
		prctl(PR_SET_PDEATHSIG, spec->parent_death_signal);
		if (getppid() != parent)
			_exit(EXEC_FAILED_STATUS);
	}
	if (place_descriptors(spec->fds, spec->fd_count) &&
		(spec->directory == NULL || chdir(spec->directory) == 0)) {
		if (spec->environment != NULL)
			execvpe(arguments[0], arguments, (char **)(uintptr_t)spec->environment);
		else
			execvp(arguments[0], arguments);
	}
	int error = errno;
	(void)!write(error_fd, &error, sizeof(error));
	_exit(EXEC_FAILED_STATUS);
}

/* The exec's errno, 0 when it has happened. */
static int read_exec_error(int fd)
{
	int error = 0;
	ssize_t n;
	do
		n = read(fd, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(error) ? error : 0;
}

pid_t ga_process_spawn(const struct ga_process_spec *spec)
{
	int pipe_fds[2];
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -1;
	g_auto(GStrv) arguments = g_strdupv((char **)(uintptr_t)spec->argv);
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid == 0)
		run_child(spec, arguments, pipe_fds[1], parent);
	int error = pid < 0 ? errno : 0;
	close(pipe_fds[1]);
	if (pid > 0)
		error = read_exec_error(pipe_fds[0]);
	close(pipe_fds[0]);
	if (error != 0) {
		if (pid > 0)
			waitpid(pid, NULL, 0);
		errno = error;
		return -1;
	}
	return pid;
}

char *ga_process_error(const char *program, int error)
{
	g_autofree char *escaped = g_strescape(program, NULL);
	if (error == ENOENT && strchr(program, '/') == NULL)
		return g_strdup_printf("%s: command not found", escaped);
	return g_strdup_printf("%s: %s", escaped, g_strerror(error));
}

struct process {
	pid_t pid;
	pid_t parent;
	bool ours;
};

/* The parent of a process, 0 if it is gone or a zombie, which no signal reaches. */
static pid_t read_parent(const char *pid)
{
	char path[64];
	char line[512];
	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	line[n] = '\0';
	/* The name may hold anything, parentheses too. */
	const char *end = strrchr(line, ')');
	char state;
	int parent;
	if (end == NULL || sscanf(end + 1, " %c %d", &state, &parent) != 2 || state == 'Z')
		return 0;
	return parent;
}

static GArray *list_processes(void)
{
	GArray *processes = g_array_new(FALSE, FALSE, sizeof(struct process));
	DIR *proc = opendir("/proc");
	if (proc == NULL)
		return processes;
	struct dirent *entry;
	while ((entry = readdir(proc)) != NULL) {
		if (!g_ascii_isdigit(entry->d_name[0]))
			continue;
		struct process process = {
			.pid = (pid_t)strtol(entry->d_name, NULL, 10),
			.parent = read_parent(entry->d_name),
		};
		if (process.parent != 0)
			g_array_append_val(processes, process);
	}
	closedir(proc);
	return processes;
}

static bool is_ours(const GArray *processes, pid_t pid)
{
	for (guint i = 0; i < processes->len; i++) {
		const struct process *process = &g_array_index(processes, struct process, i);
		if (process->pid == pid)
			return process->ours;
	}
	return false;
}

static void mark_descendants(GArray *processes)
{
	bool changed;
	do {
		changed = false;
		for (guint i = 0; i < processes->len; i++) {
			struct process *process = &g_array_index(processes, struct process, i);
			if (!process->ours && (process->parent == getpid() ||
						      is_ours(processes, process->parent)))
				changed = process->ours = true;
		}
	} while (changed);
}

size_t ga_process_signal_descendants(int signal, const pid_t *except, size_t count)
{
	g_autoptr(GArray) processes = list_processes();
	mark_descendants(processes);
	size_t signalled = 0;
	for (guint i = 0; i < processes->len; i++) {
		const struct process *process = &g_array_index(processes, struct process, i);
		bool spared = !process->ours;
		for (size_t k = 0; k < count; k++)
			spared = spared || process->pid == except[k];
		if (spared)
			continue;
		if (signal == 0 || kill(process->pid, signal) == 0)
			signalled++;
	}
	return signalled;
}

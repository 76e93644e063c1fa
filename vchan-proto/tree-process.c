#include "tree-process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	STATUS_FD = 3, /* where oriel-files writes its lines */
	LINE_MAX_BYTES = 8192, /* a longer one is not told */
	NUMBER_BYTES = 24,
	WORDS = 5, /* program, pack or unpack, two limits; NULL */
	DECIMAL = 10,
};

struct vp_tree_process {
	const struct vp_tree_process_listener *listener;
	void *data;
	pid_t pid;
	int pid_fd;
	int status_fd;
	int epoll_fd;
	char line[LINE_MAX_BYTES];
	size_t len;
	bool overlong; /* until the line's end */
	bool done;
	struct vp_tree_totals totals;
	char error[VP_TREE_ERROR_MAX];
};

/* Starting */

static bool set_actions(posix_spawn_file_actions_t *actions, const char *directory, int fd,
	int standard_fd, int status_fd)
{
	int other = standard_fd == STDIN_FILENO ? STDOUT_FILENO : STDIN_FILENO;
	return posix_spawn_file_actions_adddup2(actions, fd, standard_fd) == 0 &&
	       posix_spawn_file_actions_addopen(actions, other, "/dev/null", O_RDWR, 0) == 0 &&
	       posix_spawn_file_actions_adddup2(actions, status_fd, STATUS_FD) == 0 &&
	       (directory == NULL || posix_spawn_file_actions_addchdir_np(actions, directory) == 0);
}

static bool set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none;
	sigset_t all;
	sigemptyset(&none);
	sigfillset(&all);
	return posix_spawnattr_setsigmask(attributes, &none) == 0 &&
	       posix_spawnattr_setsigdefault(attributes, &all) == 0 &&
	       posix_spawnattr_setflags(attributes,
		       POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID) == 0;
}

/* 0, or an errno. */
static int spawn(struct vp_tree_process *process, char **command, const char *directory, int fd,
	int standard_fd, int status_fd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = ENOMEM;
	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) == 0) {
		if (set_actions(&actions, directory, fd, standard_fd, status_fd) &&
			set_attributes(&attributes))
			error = posix_spawn(
				&process->pid, command[0], &actions, &attributes, command, environ);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static bool watch(struct vp_tree_process *process, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	return epoll_ctl(process->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* False with errno. */
static bool start(struct vp_tree_process *process, char **command, const char *directory, int fd,
	int standard_fd)
{
	int status[2];
	if (pipe2(status, O_CLOEXEC) == -1)
		return false;
	process->status_fd = status[0];
	int error = spawn(process, command, directory, fd, standard_fd, status[1]);
	close(status[1]);
	if (error != 0) {
		errno = error;
		return false;
	}
	process->pid_fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	process->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return process->pid_fd != -1 && process->epoll_fd != -1 &&
	       fcntl(process->status_fd, F_SETFL, O_NONBLOCK) == 0 &&
	       watch(process, process->status_fd) && watch(process, process->pid_fd);
}

static struct vp_tree_process *create(const struct vp_tree_process_listener *listener, void *data)
{
	struct vp_tree_process *process = calloc(1, sizeof(*process));
	if (process == NULL)
		return NULL;
	process->listener = listener;
	process->data = data;
	process->pid_fd = process->status_fd = process->epoll_fd = -1;
	return process;
}

/* Takes the process over, which is destroyed on failure. */
static struct vp_tree_process *started(struct vp_tree_process *process, bool ok)
{
	if (ok)
		return process;
	int error = errno;
	vp_tree_process_destroy(process);
	errno = error;
	return NULL;
}

/* Words are not changed by whom they are given to. */
static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

struct command {
	char bytes[NUMBER_BYTES];
	char entries[NUMBER_BYTES];
	char **words; /* freed by the caller */
	size_t count;
};

/* False with errno. */
static bool begin_command(struct command *command, const char *program, const char *what,
	const struct vp_tree_limits *limits, size_t more)
{
	command->words = calloc(WORDS + more, sizeof(*command->words));
	if (command->words == NULL)
		return false;
	snprintf(command->bytes, sizeof(command->bytes), "%" PRIu64, limits->bytes);
	snprintf(command->entries, sizeof(command->entries), "%" PRIu64, limits->entries);
	command->words[0] = word(program);
	command->words[1] = word(what);
	command->words[2] = command->bytes;
	command->words[3] = command->entries;
	command->count = WORDS - 1;
	return true;
}

static void add_word(struct command *command, const char *text)
{
	command->words[command->count++] = word(text);
}

struct vp_tree_process *vp_tree_process_pack(const char *program, const char *directory,
	const char *const *paths, size_t count, const struct vp_tree_limits *limits, int fd,
	const struct vp_tree_process_listener *listener, void *data)
{
	struct vp_tree_process *process = create(listener, data);
	struct command command;
	if (process == NULL)
		return NULL;
	if (!begin_command(&command, program, "pack", limits, count))
		return started(process, false);
	for (size_t i = 0; i < count; i++)
		add_word(&command, paths[i]);
	bool ok = start(process, command.words, directory, fd, STDOUT_FILENO);
	free(command.words);
	return started(process, ok);
}

static size_t count_words(const char *const *words)
{
	size_t count = 0;
	while (words != NULL && words[count] != NULL)
		count++;
	return count;
}

struct vp_tree_process *vp_tree_process_unpack(const char *program,
	const struct vp_tree_place *place, const struct vp_tree_limits *limits, int fd,
	const struct vp_tree_process_listener *listener, void *data)
{
	size_t names = count_words(place->names);
	struct vp_tree_process *process = create(listener, data);
	struct command command;
	if (process == NULL)
		return NULL;
	if (!begin_command(&command, program, "unpack", limits, 2 + names))
		return started(process, false);
	add_word(&command, place->directory);
	add_word(&command, place->below != NULL ? place->below : "");
	for (size_t i = 0; i < names; i++)
		add_word(&command, place->names[i]);
	bool ok = start(process, command.words, NULL, fd, STDIN_FILENO);
	free(command.words);
	return started(process, ok);
}

/* Ending */

void vp_tree_process_cancel(struct vp_tree_process *process)
{
	if (process->pid > 0)
		kill(process->pid, SIGTERM);
}

static void close_if_open(int fd)
{
	if (fd != -1)
		close(fd);
}

void vp_tree_process_destroy(struct vp_tree_process *process)
{
	if (process == NULL)
		return;
	vp_tree_process_cancel(process);
	close_if_open(process->pid_fd);
	close_if_open(process->status_fd);
	close_if_open(process->epoll_fd);
	free(process);
}

/* Listening */

/* The next field of a line, ended by NUL instead of its tab; empty if there is none. */
static char *take_field(char **at)
{
	char *field = *at;
	char *tab = strchr(field, '\t');
	*at = tab != NULL ? tab + 1 : field + strlen(field);
	if (tab != NULL)
		*tab = '\0';
	return field;
}

static uint64_t take_number(char **at)
{
	return strtoull(take_field(at), NULL, DECIMAL);
}

static void handle_done(struct vp_tree_process *process, char *at)
{
	process->done = true;
	process->totals.bytes = take_number(&at);
	process->totals.entries = take_number(&at);
	process->totals.skipped = take_number(&at);
}

static void handle_found(struct vp_tree_process *process, char *at)
{
	uint64_t bytes = take_number(&at);
	uint64_t entries = take_number(&at);
	if (process->listener->found != NULL)
		process->listener->found(process->data, bytes, entries);
}

static void handle_skipped(struct vp_tree_process *process, char *at)
{
	const char *name = take_field(&at);
	const char *reason = take_field(&at);
	if (process->listener->skipped != NULL)
		process->listener->skipped(process->data, name, reason);
}

static void handle_line(struct vp_tree_process *process, char *line)
{
	char *at = line;
	const char *what = take_field(&at);
	if (strcmp(what, "found") == 0)
		handle_found(process, at);
	else if (strcmp(what, "packed") == 0 && process->listener->packed != NULL)
		process->listener->packed(process->data, take_number(&at));
	else if (strcmp(what, "skipped") == 0)
		handle_skipped(process, at);
	else if (strcmp(what, "placed") == 0 && process->listener->placed != NULL)
		process->listener->placed(process->data, take_field(&at));
	else if (strcmp(what, "done") == 0)
		handle_done(process, at);
	else if (strcmp(what, "failed") == 0)
		snprintf(process->error, sizeof(process->error), "%s", take_field(&at));
}

/* What remains is the beginning of a line. */
static void handle_lines(struct vp_tree_process *process)
{
	char *start = process->line;
	char *end = process->line + process->len;
	char *newline;
	while ((newline = memchr(start, '\n', (size_t)(end - start))) != NULL) {
		*newline = '\0';
		if (!process->overlong)
			handle_line(process, start);
		process->overlong = false;
		start = newline + 1;
	}
	process->len = (size_t)(end - start);
	memmove(process->line, start, process->len);
	if (process->len == sizeof(process->line)) {
		process->overlong = true;
		process->len = 0;
	}
}

static void read_lines(struct vp_tree_process *process)
{
	ssize_t n;
	while ((n = read(process->status_fd, process->line + process->len,
			sizeof(process->line) - process->len)) > 0) {
		process->len += (size_t)n;
		handle_lines(process);
	}
	if (n == 0) {
		/* from here on only the process's end is waited for */
		close(process->status_fd);
		process->status_fd = -1;
	}
}

/* True once the process is no more. */
static bool reap(struct vp_tree_process *process)
{
	if (waitpid(process->pid, NULL, WNOHANG) == 0)
		return false;
	process->pid = 0;
	return true;
}

void vp_tree_process_dispatch(struct vp_tree_process *process)
{
	/* What it wrote before its end is read after that. */
	bool ended = reap(process);
	if (process->status_fd != -1)
		read_lines(process);
	if (!ended)
		return;
	if (!process->done && process->error[0] == '\0')
		snprintf(process->error, sizeof(process->error),
			"the program that reads and writes the files (oriel-files) has died");
	process->listener->ended(
		process->data, &process->totals, process->done ? NULL : process->error);
}

int vp_tree_process_get_fd(const struct vp_tree_process *process)
{
	return process->epoll_fd;
}

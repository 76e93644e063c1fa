#include "link-process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "crash-reports.h"
#include "crash.h"
#include "rate.h"

enum {
	STOP_MS = 2000, /* between quit, or its closed link, and kill */
	GREETING_MS = 60000, /* for the first message, on a slow machine, too */
	MESSAGES_PER_DISPATCH = 256,
	PAUSE_MS = 50, /* in which one that says too much is not heard */
	MICROSECONDS_PER_MS = 1000,
};

/* Of one process's messages, in microseconds: the longest list of applications at once, but on
 * average no more than takes a small part of the broker's time. */
static const struct hc_rate_bound messages_bound = { .burst = 16384, .interval = 250 };

struct hc_link_process {
	const struct hc_link_process_listener *listener;
	void *data;
	char *program; /* its file's name */
	char *vm; /* that it works for, NULL: none */
	int epoll_fd;
	int pidfd; /* -1: no process */
	pid_t pid;
	struct hc_link *link;
	uint32_t polled; /* of the link, as of epoll(7) */
	struct hc_rate messages;
	int64_t heard_at; /* again, after too many messages; -1: it is heard */
	bool stopping;
	bool greeted; /* it has said something */
	int64_t deadline; /* for its end, or for its first message */
	uint64_t received; /* messages, so far */
	GString *last_words; /* of one that crashes */
	const char *reason; /* why the link was given up; NULL: it was not */
};

struct hc_link_process *hc_link_process_create(const char *program, const char *vm,
	const struct hc_link_process_listener *listener, void *data)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct hc_link_process *process;

	if (epoll_fd < 0)
		return NULL;
	process = g_new0(struct hc_link_process, 1);
	process->listener = listener;
	process->data = data;
	process->program = g_path_get_basename(program);
	process->vm = g_strdup(vm);
	process->last_words = g_string_new(NULL);
	process->epoll_fd = epoll_fd;
	process->pidfd = -1;
	process->heard_at = -1;
	process->deadline = -1;
	return process;
}

static void close_link(struct hc_link_process *process)
{
	if (!process->link)
		return;
	epoll_ctl(process->epoll_fd, EPOLL_CTL_DEL, hc_link_get_fd(process->link), NULL);
	hc_link_destroy(process->link);
	process->link = NULL;
	process->heard_at = -1;
}

void hc_link_process_close(struct hc_link_process *process)
{
	close_link(process);
	if (process->pidfd >= 0)
		close(process->pidfd);
	process->pidfd = -1;
	process->pid = 0;
	process->messages = (struct hc_rate){ 0 };
	process->stopping = false;
	process->greeted = false;
	process->deadline = -1;
	process->reason = NULL;
	process->received = 0;
	g_string_truncate(process->last_words, 0);
}

void hc_link_process_destroy(struct hc_link_process *process)
{
	if (!process)
		return;
	if (process->stopping)
		pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
	hc_link_process_close(process);
	close(process->epoll_fd);
	g_string_free(process->last_words, TRUE);
	g_free(process->program);
	g_free(process->vm);
	g_free(process);
}

static bool watch(struct hc_link_process *process, int fd, uint32_t events, int operation)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(process->epoll_fd, operation, fd, &event) == 0;
}

bool hc_link_process_open(struct hc_link_process *process, int64_t now, pid_t pid, int socket_fd,
	enum hc_link_direction receives)
{
	int error;

	g_return_val_if_fail(!hc_link_process_alive(process), false);
	process->link = hc_link_create(socket_fd, receives);
	process->polled = EPOLLIN;
	process->pidfd = pidfd_open(pid, 0);
	process->pid = pid;
	process->deadline = now + GREETING_MS;
	if (process->link && process->pidfd >= 0 &&
		watch(process, hc_link_get_fd(process->link), EPOLLIN, EPOLL_CTL_ADD) &&
		watch(process, process->pidfd, EPOLLIN, EPOLL_CTL_ADD)) {
		hc_link_greet(process->link);
		return true;
	}
	error = errno;
	if (!process->link)
		close(socket_fd);
	hc_link_process_close(process);
	errno = error;
	return false;
}

void hc_link_process_stop(
	struct hc_link_process *process, int64_t now, const struct hc_link_message *quit)
{
	if (!hc_link_process_alive(process) || process->stopping)
		return;
	process->stopping = true;
	process->deadline = now + STOP_MS;
	hc_link_process_send(process, quit, -1);
}

bool hc_link_process_alive(const struct hc_link_process *process)
{
	return process->pidfd >= 0;
}

bool hc_link_process_stopping(const struct hc_link_process *process)
{
	return process->stopping;
}

int32_t hc_link_process_pid(const struct hc_link_process *process)
{
	return process->pid;
}

/* It is of no more use; what is left is to see it end. */
static void give_up(struct hc_link_process *process, const char *reason)
{
	close_link(process);
	if (process->stopping)
		return;
	process->reason = reason;
	pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
}

/* One that closes its link is mostly about to end, and then says why by its status. */
static void handle_closed_link(struct hc_link_process *process, int64_t now)
{
	close_link(process);
	if (!process->stopping)
		process->deadline = now + STOP_MS;
}

/* What is not heard is not waited for, either: not even for the link's end, which would be
 * signalled all the time. */
static void poll_link(struct hc_link_process *process)
{
	uint32_t wanted = 0;
	int fd;

	if (!process->link)
		return;
	if (process->heard_at < 0)
		wanted = hc_link_wants_output(process->link) ? EPOLLIN | EPOLLOUT : EPOLLIN;
	if (wanted == process->polled)
		return;
	fd = hc_link_get_fd(process->link);
	if (wanted == 0)
		epoll_ctl(process->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	else
		watch(process, fd, wanted, process->polled == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD);
	process->polled = wanted;
}

void hc_link_process_send(
	struct hc_link_process *process, const struct hc_link_message *message, int fd)
{
	if (!process->link)
		return;
	if (!hc_link_send(process->link, message, fd))
		give_up(process, "it does not read what the broker sends");
	poll_link(process);
}

int hc_link_process_get_fd(const struct hc_link_process *process)
{
	return process->epoll_fd;
}

int64_t hc_link_process_deadline(const struct hc_link_process *process)
{
	if (process->deadline < 0 || process->heard_at < 0)
		return MAX(process->deadline, process->heard_at);
	return MIN(process->deadline, process->heard_at);
}

/* A process that another broker started does not tell by which signal it ended: number is 0. */
static char *describe_signal(const struct hc_link_process *process, int number)
{
	const struct hc_crash crash = {
		.program = process->program,
		.vm = process->vm,
		.pid = process->pid,
		.signal = number,
		.messages = process->received,
		.words = process->last_words->len > 0 ? process->last_words->str : NULL,
	};
	bool crashed = number == 0 || hc_crash_is_by(number);
	g_autofree char *report = crashed ? hc_crash_report_write(&crash) : NULL;
	g_autofree char *how = number == 0 ? g_strdup("it has crashed")
					   : g_strdup_printf("it was ended by signal %d (%s)",
						     number, g_strsignal(number));

	return report ? g_strdup_printf("%s; its crash report is %s", how, report)
		      : g_steal_pointer(&how);
}

static char *describe_end(const struct hc_link_process *process)
{
	siginfo_t info = { 0 };
	bool known = waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOHANG) == 0 &&
		     info.si_pid != 0;

	if (process->reason)
		return g_strdup(process->reason);
	if (known && info.si_code == CLD_EXITED)
		return g_strdup_printf("it ended with status %d", info.si_status);
	if (known || process->last_words->len > 0)
		return describe_signal(process, info.si_status);
	return g_strdup("it ended");
}

static void handle_exit(struct hc_link_process *process)
{
	g_autofree char *reason = describe_end(process);
	bool expected = process->stopping;

	hc_link_process_close(process);
	process->listener->ended(process->data, expected ? NULL : reason);
}

/* False, and it pauses, if it has said too much. */
static bool may_speak(struct hc_link_process *process, int64_t now)
{
	if (now < process->heard_at)
		return false;
	process->heard_at = -1;
	if (hc_rate_next(&process->messages, &messages_bound) <= now * MICROSECONDS_PER_MS)
		return true;
	process->heard_at = now + PAUSE_MS;
	return false;
}

static void note_greeting(struct hc_link_process *process)
{
	if (!process->greeted && !process->stopping)
		process->deadline = -1;
	process->greeted = true;
}

static bool take_last_words(struct hc_link_process *process, const struct hc_link_message *message)
{
	const struct vp_bytes *words = &message->crashed.words;

	if (message->op == HC_LINK_OP_DESK_CRASHED)
		words = &message->desk_crashed.words;
	else if (message->op != HC_LINK_OP_CRASHED)
		return false;
	if (words->len <= VP_CRASH_BYTES_MAX - MIN(process->last_words->len, VP_CRASH_BYTES_MAX))
		g_string_append_len(process->last_words, (const char *)words->data, words->len);
	return true;
}

static void receive(struct hc_link_process *process, int64_t now)
{
	for (int i = 0; i < MESSAGES_PER_DISPATCH && process->link && may_speak(process, now);
		i++) {
		struct hc_link_message message;
		const char *reason = NULL;
		int fd = -1;
		int result = hc_link_receive(process->link, &message, &fd);

		if (result == 0)
			return;
		if (result < 0 && errno == EPROTO)
			give_up(process, "it broke the rules of its link");
		else if (result < 0)
			handle_closed_link(process, now);
		if (result < 0)
			return;
		hc_rate_take(&process->messages, &messages_bound, now * MICROSECONDS_PER_MS);
		process->received++;
		if (take_last_words(process, &message))
			continue;
		if (process->stopping) {
			if (fd >= 0)
				close(fd);
			continue;
		}
		note_greeting(process);
		reason = process->listener->message(process->data, &message, fd);
		if (reason)
			give_up(process, reason);
	}
}

static void handle_deadline(struct hc_link_process *process)
{
	process->deadline = -1;
	if (process->link && !process->greeted && !process->stopping)
		give_up(process, "it has not become ready in time");
	else
		pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
}

void hc_link_process_dispatch(struct hc_link_process *process, int64_t now)
{
	struct epoll_event events[2];
	int count = epoll_wait(process->epoll_fd, events, G_N_ELEMENTS(events), 0);
	bool ended = false;

	for (int i = 0; i < count; i++)
		ended = ended || events[i].data.fd == process->pidfd;
	if (process->link && !hc_link_flush(process->link))
		handle_closed_link(process, now);
	receive(process, now);
	poll_link(process);
	if (process->deadline >= 0 && now >= process->deadline)
		handle_deadline(process);
	if (ended)
		handle_exit(process);
}

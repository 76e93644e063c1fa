#define G_LOG_DOMAIN "hc-desk-process"

#include "desk-process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>

#include "backoff.h"
#include "link-process.h"

enum { DESK_LINK_FD = 3 /* where the desk expects its end of the link */ };

struct hc_desk_process {
	struct hc_asker asker;
	char *program;
	const struct hc_desk_process_listener *listener;
	void *data;
	struct hc_link_process *process;
	bool ready; /* it has said so */
	bool wanted;
	const struct hc_question *question; /* that is open, NULL none; whoever asks has it */
	int64_t left_ms;
	int64_t start_at;
	int64_t now; /* of the dispatch that is under way */
	struct hc_backoff backoff;
};

static const struct hc_link_process_listener process_listener;
static const struct hc_asker_impl asker_impl;

struct hc_desk_process *hc_desk_process_create(
	const char *program, const struct hc_desk_process_listener *listener, void *data)
{
	struct hc_desk_process *desk = g_new0(struct hc_desk_process, 1);

	desk->process = hc_link_process_create(program, NULL, &process_listener, desk);
	if (!desk->process) {
		g_free(desk);
		return NULL;
	}
	desk->asker.impl = &asker_impl;
	desk->program = g_strdup(program);
	desk->listener = listener;
	desk->data = data;
	return desk;
}

/* Waits for no longer than a killed process takes to go. */
static void kill_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

void hc_desk_process_destroy(struct hc_desk_process *desk)
{
	int32_t pid;

	if (!desk)
		return;
	pid = hc_desk_process_pid(desk);
	hc_link_process_destroy(desk->process);
	if (pid > 0)
		kill_process(pid);
	g_free(desk->program);
	g_free(desk);
}

static bool spawn(struct hc_desk_process *desk, int fd, pid_t *pid, GError **error)
{
	const char *const arguments[] = { desk->program, NULL };
	const int target = DESK_LINK_FD;

	return g_spawn_async_with_pipes_and_fds("/", arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
		NULL, NULL, -1, -1, -1, &fd, &target, 1, pid, NULL, NULL, NULL, error);
}

static bool start(struct hc_desk_process *desk, int64_t now, GError **error)
{
	int fds[2];
	pid_t pid = 0;
	bool started;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
		g_set_error_literal(
			error, G_IO_ERROR, g_io_error_from_errno(errno), g_strerror(errno));
		return false;
	}
	started = spawn(desk, fds[1], &pid, error);
	close(fds[1]);
	if (!started) {
		close(fds[0]);
		return false;
	}
	desk->ready = false;
	if (hc_link_process_open(desk->process, now, pid, fds[0], HC_LINK_FROM_DESK))
		return true;
	g_set_error_literal(error, G_IO_ERROR, g_io_error_from_errno(errno), g_strerror(errno));
	kill_process(pid);
	return false;
}

static bool has_display(void)
{
	const char *display = g_getenv("DISPLAY");

	return display && *display;
}

static bool is_of_use(const struct hc_desk_process *desk)
{
	return (desk->wanted || desk->question) && has_display();
}

static void tend(struct hc_desk_process *desk, int64_t now)
{
	g_autoptr(GError) error = NULL;
	bool alive = hc_link_process_alive(desk->process);

	if (alive && !is_of_use(desk))
		hc_link_process_stop(desk->process, now, HC_LINK_MESSAGE(DESK_QUIT, desk_quit, 0));
	if (alive || !is_of_use(desk) || now < desk->start_at || start(desk, now, &error))
		return;
	g_warning("the desk cannot be started: %s", error->message);
	desk->start_at = hc_backoff_next(&desk->backoff, now);
}

void hc_desk_process_want(struct hc_desk_process *desk, int64_t now, bool wanted)
{
	desk->wanted = wanted;
	tend(desk, now);
}

void hc_desk_process_send(
	struct hc_desk_process *desk, const struct hc_link_message *message, int fd)
{
	if (desk->ready)
		hc_link_process_send(desk->process, message, fd);
}

int32_t hc_desk_process_pid(const struct hc_desk_process *desk)
{
	return hc_link_process_pid(desk->process);
}

/* Questions */

struct hc_asker *hc_desk_process_asker(struct hc_desk_process *desk)
{
	return &desk->asker;
}

static struct hc_desk_process *from_asker(struct hc_asker *asker)
{
	g_assert(asker->impl == &asker_impl);
	return (struct hc_desk_process *)asker;
}

static struct vp_text text_of(const char *text)
{
	return vp_text_from(text ? text : "", VP_NAME_MAX);
}

static void show_question(struct hc_desk_process *desk)
{
	const struct hc_question *question = desk->question;
	const struct hv_policy_request *request = &question->request;
	const char *preview = question->preview ? question->preview : "";

	hc_link_process_send(desk->process,
		HC_LINK_MESSAGE(QUESTION, question, .id = question->id,
			.service = text_of(hv_policy_service_info(request->service)->name),
			.from = text_of(request->from.name), .from_colour = request->from.colour,
			.to = text_of(request->to.name), .to_colour = request->to.colour,
			.type = text_of(request->type), .size = request->size,
			.preview = { .data = (const uint8_t *)preview,
				.len = strnlen(preview, HC_LINK_PREVIEW_MAX) },
			.left = (uint32_t)desk->left_ms),
		-1);
}

static bool ask(
	struct hc_asker *asker, int64_t now, const struct hc_question *question, int64_t left_ms)
{
	struct hc_desk_process *desk = from_asker(asker);

	desk->question = question;
	desk->left_ms = left_ms;
	tend(desk, now);
	if (!hc_link_process_alive(desk->process)) {
		desk->question = NULL;
		return false;
	}
	if (desk->ready)
		show_question(desk);
	return true;
}

static void withdraw(struct hc_asker *asker, uint32_t id)
{
	struct hc_desk_process *desk = from_asker(asker);

	if (!desk->question || desk->question->id != id)
		return;
	desk->question = NULL;
	if (desk->ready)
		hc_link_process_send(desk->process,
			HC_LINK_MESSAGE(QUESTION_WITHDRAWN, question_withdrawn, .id = id), -1);
}

static void handle_answer(
	struct hc_desk_process *desk, const struct hc_link_question_answered *message)
{
	static const enum hc_reply replies[] = { HC_REPLY_DENY, HC_REPLY_ALLOW_ONCE,
		HC_REPLY_ALLOW_A_WHILE };

	if (!desk->question || desk->question->id != message->id)
		return;
	desk->question = NULL;
	desk->listener->answered(desk->data, message->id, replies[message->answer]);
}

/* The process */

static void handle_ready(struct hc_desk_process *desk)
{
	desk->ready = true;
	desk->listener->ready(desk->data);
	if (desk->question)
		show_question(desk);
}

static const char *handle_message(void *data, const struct hc_link_message *message, int fd)
{
	struct hc_desk_process *desk = data;
	bool greeting = message->op == HC_LINK_OP_DESK_READY;

	if (greeting == desk->ready) {
		if (fd >= 0)
			close(fd);
		return "it broke the rules of its link";
	}
	if (greeting)
		handle_ready(desk);
	else if (message->op == HC_LINK_OP_QUESTION_ANSWERED)
		handle_answer(desk, &message->question_answered);
	else
		desk->listener->message(desk->data, message, fd);
	return NULL;
}

static void handle_ended(void *data, const char *reason)
{
	struct hc_desk_process *desk = data;

	desk->ready = false;
	if (!reason)
		return;
	g_warning("the desk is gone: %s; what the user was asked is denied", reason);
	desk->question = NULL;
	desk->start_at = hc_backoff_next(&desk->backoff, desk->now);
	desk->listener->lost(desk->data);
}

int hc_desk_process_get_fd(const struct hc_desk_process *desk)
{
	return hc_link_process_get_fd(desk->process);
}

int64_t hc_desk_process_deadline(const struct hc_desk_process *desk)
{
	if (hc_link_process_alive(desk->process))
		return hc_link_process_deadline(desk->process);
	return is_of_use(desk) ? desk->start_at : -1;
}

void hc_desk_process_dispatch(struct hc_desk_process *desk, int64_t now)
{
	desk->now = now;
	hc_link_process_dispatch(desk->process, now);
	tend(desk, now);
}

static const struct hc_link_process_listener process_listener = {
	.message = handle_message,
	.ended = handle_ended,
};

static const struct hc_asker_impl asker_impl = { .ask = ask, .withdraw = withdraw };

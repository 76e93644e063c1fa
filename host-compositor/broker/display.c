#include "display.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>

#include "screen.h"

enum { ANSWER_BYTES_MAX = 4096 };

struct asker {
	void (*done)(void *data, int64_t now, const struct hv_screen *screen, const GError *error);
	void *data;
};

struct hc_display {
	char *program;
	int epoll_fd;
	GArray *askers; /* of struct asker */
	/* the process that asks */
	int pidfd; /* -1: none */
	int answer_fd; /* what it prints */
	int64_t deadline;
};

struct hc_display *hc_display_create(const char *program)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct hc_display *display;

	if (epoll_fd < 0)
		return NULL;
	display = g_new0(struct hc_display, 1);
	display->program = g_strdup(program);
	display->epoll_fd = epoll_fd;
	display->askers = g_array_new(FALSE, FALSE, sizeof(struct asker));
	display->pidfd = display->answer_fd = -1;
	display->deadline = -1;
	return display;
}

/* Waits for no longer than a killed process takes to go. The status of its end. */
static int end_process(struct hc_display *display)
{
	siginfo_t info = { 0 };

	pidfd_send_signal(display->pidfd, SIGKILL, NULL, 0);
	waitid(P_PIDFD, (id_t)display->pidfd, &info, WEXITED);
	close(display->pidfd);
	close(display->answer_fd);
	display->pidfd = display->answer_fd = -1;
	display->deadline = -1;
	return info.si_code == CLD_EXITED ? info.si_status : -1;
}

void hc_display_destroy(struct hc_display *display)
{
	if (!display)
		return;
	if (display->pidfd >= 0)
		end_process(display);
	close(display->epoll_fd);
	g_array_unref(display->askers);
	g_free(display->program);
	g_free(display);
}

/* Tells all askers; they may ask again. */
static void tell(struct hc_display *display, int64_t now, const struct hv_screen *screen,
	const GError *error)
{
	g_autoptr(GArray) told = display->askers;

	display->askers = g_array_new(FALSE, FALSE, sizeof(struct asker));
	for (guint i = 0; i < told->len; i++) {
		const struct asker *asker = &g_array_index(told, struct asker, i);

		asker->done(asker->data, now, screen, error);
	}
}

static bool spawn(struct hc_display *display, int output, pid_t *pid, GError **error)
{
	const char *const arguments[] = { display->program, "--print-screen", NULL };

	return g_spawn_async_with_pipes_and_fds("/", arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
		NULL, NULL, -1, output, output, NULL, NULL, 0, pid, NULL, NULL, NULL, error);
}

static bool watch_process(struct hc_display *display, pid_t pid, GError **error)
{
	struct epoll_event event = { .events = EPOLLIN };
	int pidfd = pidfd_open(pid, 0);

	if (pidfd >= 0 && epoll_ctl(display->epoll_fd, EPOLL_CTL_ADD, pidfd, &event) == 0) {
		display->pidfd = pidfd;
		return true;
	}
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
		"the process that asks the display cannot be watched: %s", g_strerror(errno));
	if (pidfd >= 0)
		close(pidfd);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return false;
}

static bool begin(struct hc_display *display, int64_t now, GError **error)
{
	int output[2];
	pid_t pid = 0;
	bool begun;

	if (pipe2(output, O_CLOEXEC | O_NONBLOCK) < 0) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
			"the display cannot be asked: %s", g_strerror(errno));
		return false;
	}
	begun = spawn(display, output[1], &pid, error) && watch_process(display, pid, error);
	close(output[1]);
	if (!begun) {
		close(output[0]);
		return false;
	}
	display->answer_fd = output[0];
	display->deadline = now + HC_DISPLAY_ANSWER_MS;
	return true;
}

void hc_display_ask(struct hc_display *display, int64_t now,
	void (*done)(void *data, int64_t now, const struct hv_screen *screen, const GError *error),
	void *data)
{
	const struct asker asker = { .done = done, .data = data };
	g_autoptr(GError) error = NULL;

	g_array_append_val(display->askers, asker);
	if (display->pidfd < 0 && !begin(display, now, &error))
		tell(display, now, NULL, error);
}

void hc_display_forget(struct hc_display *display, const void *data)
{
	guint i = 0;

	while (i < display->askers->len) {
		if (g_array_index(display->askers, struct asker, i).data == data)
			g_array_remove_index(display->askers, i);
		else
			i++;
	}
}

int hc_display_get_fd(const struct hc_display *display)
{
	return display->epoll_fd;
}

int64_t hc_display_deadline(const struct hc_display *display)
{
	return display->deadline;
}

static GError *make_error(const char *reason)
{
	return g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, reason);
}

/* The process has ended. */
static void take_answer(struct hc_display *display, int64_t now)
{
	char text[ANSWER_BYTES_MAX];
	ssize_t len = read(display->answer_fd, text, sizeof(text) - 1);
	int status = end_process(display);
	struct hv_screen screen;
	g_autoptr(GError) error = NULL;

	text[MAX(len, 0)] = '\0';
	g_strchomp(text);
	if (status == 0 && hc_screen_parse(text, &screen)) {
		tell(display, now, &screen, NULL);
		return;
	}
	error = make_error(*text ? text : "the process that asks the display has died: try again");
	tell(display, now, NULL, error);
}

static void give_up(struct hc_display *display, int64_t now)
{
	const char *name = g_getenv("DISPLAY");
	g_autofree char *reason = g_strdup_printf(
		"the display %s does not answer within %d s: its X server hangs; end it or wake "
		"it, or set DISPLAY to another",
		name ? name : "", HC_DISPLAY_ANSWER_MS / 1000);
	g_autoptr(GError) error = make_error(reason);

	end_process(display);
	tell(display, now, NULL, error);
}

void hc_display_dispatch(struct hc_display *display, int64_t now)
{
	struct epoll_event event;

	if (display->pidfd < 0)
		return;
	if (epoll_wait(display->epoll_fd, &event, 1, 0) == 1)
		take_answer(display, now);
	else if (now >= display->deadline)
		give_up(display, now);
}

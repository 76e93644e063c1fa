#include "agent-bench.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unix-socket.h"

enum { PATIENCE_MS = 60000, TURN_MS = 10, PATH_BYTES = 64 };

int64_t agent_bench_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int connect_agent(struct agent_bench *bench, const char *program)
{
	char path[PATH_BYTES];
	char directory[] = "/tmp/agent-bench-XXXXXX";
	if (mkdtemp(directory) == NULL)
		abort();
	snprintf(path, sizeof(path), "%s/agent.sock", directory);
	int listening = vp_unix_socket_listen(path, SOCK_STREAM, 1);
	bench->agent = fork();
	if (bench->agent == 0) {
		int high = fcntl(listening, F_DUPFD, 10);
		dup2(high, 3);
		close(high);
		execl(program, "oriel-agent", (char *)NULL);
		_exit(127);
	}
	int fd = vp_unix_socket_connect(path, SOCK_STREAM);
	if (fd == -1)
		abort();
	close(listening);
	unlink(path);
	rmdir(directory);
	return fd;
}

/* Until the session takes messages; what the application hears meanwhile is left for later. */
static void await_agent(struct agent_bench *bench)
{
	struct pollfd poll_fd = { vp_session_get_fd(bench->session), POLLIN, 0 };
	int64_t end = agent_bench_now() + PATIENCE_MS;
	while (!vp_session_ping(bench->session, 0) && agent_bench_now() < end) {
		vp_session_flush(bench->session);
		poll(&poll_fd, 1, TURN_MS);
		vp_session_dispatch(bench->session);
	}
}

static void start_agent(
	struct agent_bench *bench, const struct vp_session_listener *listener, void *data)
{
	int fd = connect_agent(bench, getenv("ORIEL_AGENT"));
	bench->session = vp_session_create(
		vp_transport_unix_create(fd), VP_ROLE_PRIMARY, "test", 1, listener, data);
	await_agent(bench);
}

static void destroy_buffers(struct agent_bench *bench)
{
	for (size_t i = 0; i < AGENT_BENCH_BUFFERS; i++) {
		vp_buffer_destroy(bench->buffers[i]);
		bench->buffers[i] = NULL;
	}
}

void agent_bench_replace_agent(
	struct agent_bench *bench, const struct vp_session_listener *listener, void *data)
{
	kill(bench->agent, SIGKILL);
	waitpid(bench->agent, NULL, 0);
	/* The next one sees what the application has done until now, all of it. */
	free(xcb_get_input_focus_reply(
		bench->connection, xcb_get_input_focus(bench->connection), NULL));
	destroy_buffers(bench);
	vp_session_destroy(bench->session);
	start_agent(bench, listener, data);
}

void agent_bench_pause_agent(struct agent_bench *bench)
{
	kill(bench->agent, SIGSTOP);
	waitpid(bench->agent, NULL, WUNTRACED);
}

void agent_bench_continue_agent(struct agent_bench *bench)
{
	kill(bench->agent, SIGCONT);
}

void agent_bench_start(struct agent_bench *bench, const char *size,
	const struct vp_session_listener *listener, void *data)
{
	x_server_start(&bench->server, size);
	bench->connection = xcb_connect(NULL, NULL);
	bench->screen = xcb_setup_roots_iterator(xcb_get_setup(bench->connection)).data;
	start_agent(bench, listener, data);
}

static struct vp_buffer **buffer_at(struct agent_bench *bench, uint32_t id)
{
	return &bench->buffers[id % AGENT_BENCH_BUFFERS];
}

bool agent_bench_take_pixels(struct agent_bench *bench, const struct vp_message *message)
{
	switch ((int)message->op) {
	case VP_OP_BUFFER_CREATE:
		vp_transport_buffer_map(vp_session_transport(bench->session),
			&message->buffer_create, buffer_at(bench, message->buffer_create.buffer));
		return true;
	case VP_OP_BUFFER_DESTROY:
		vp_buffer_destroy(*buffer_at(bench, message->buffer_destroy.buffer));
		*buffer_at(bench, message->buffer_destroy.buffer) = NULL;
		vp_session_send(bench->session, VP_MESSAGE(BUFFER_RELEASED, buffer_released,
							message->buffer_destroy.buffer));
		return true;
	case VP_OP_FRAME_PRESENT:
		vp_session_send(bench->session,
			VP_MESSAGE(FRAME_DONE, frame_done, message->frame_present.window,
				message->frame_present.serial));
		return true;
	default:
		return false;
	}
}

void agent_bench_stop(struct agent_bench *bench)
{
	destroy_buffers(bench);
	vp_session_destroy(bench->session);
	xcb_disconnect(bench->connection);
	kill(bench->agent, SIGTERM);
	waitpid(bench->agent, NULL, 0);
	x_server_stop(&bench->server);
}

void agent_bench_turn(struct agent_bench *bench, int timeout,
	void (*handle)(void *data, const xcb_generic_event_t *event), void *data)
{
	struct pollfd fds[] = {
		{ vp_session_get_fd(bench->session), POLLIN, 0 },
		{ xcb_get_file_descriptor(bench->connection), POLLIN, 0 },
	};
	vp_session_flush(bench->session);
	xcb_flush(bench->connection);
	xcb_generic_event_t *event;
	bool any = false;
	while ((event = xcb_poll_for_event(bench->connection)) != NULL) {
		handle(data, event);
		free(event);
		any = true;
	}
	if (any)
		return;
	poll(fds, 2, timeout);
	if (fds[0].revents != 0)
		vp_session_dispatch(bench->session);
}

void agent_bench_ignore_ready(void *data, const struct vp_hello *peer)
{
	(void)data;
	(void)peer;
}

void agent_bench_tell_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	(void)data;
	(void)reason;
	fprintf(stderr, "session closed: %s\n", text);
}

void agent_bench_ignore_event(void *data, const xcb_generic_event_t *event)
{
	(void)data;
	(void)event;
}

bool agent_bench_wait(struct agent_bench *bench, bool (*reached)(void), int64_t patience)
{
	int64_t end = agent_bench_now() + patience;
	bool is = false;
	while (!(is = reached()) && agent_bench_now() < end)
		agent_bench_turn(bench, TURN_MS, agent_bench_ignore_event, NULL);
	return is;
}

/*
 * oriel-agent: the program in the guest. Its loop: the primary's connections, the session, the
 * guest's display server, and signals.
 */
#define G_LOG_DOMAIN "oriel-agent"

#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "activation.h"
#include "agent-listener.h"
#include "agent-options.h"
#include "bus.h"
#include "clipboard.h"
#include "context.h"
#include "core.h"
#include "crashes.h"
#include "deadline.h"
#include "files.h"
#include "guest-doctor.h"
#include "guest-session.h"
#include "launch.h"
#include "listener.h"
#include "notifications.h"
#include "offers.h"
#include "open.h"
#include "poll-group.h"
#include "publisher.h"
#include "stale-channels.h"
#include "streams.h"
#include "toolkits.h"

enum {
	EXIT_USAGE = 2,
	/* Bytes that the primary has not taken: until it has, windows wait. */
	QUEUED_MAX = 1024 * 1024,
};

/* What its loop polls, before what GLib has to be polled. */
enum { SESSION, CAPTURE, SELDOM, POLLED };

/* What is behind SELDOM. */
enum { SIGNALS, LISTENER, STREAMS, FILES, CLIPBOARD, SELDOM_COUNT };

struct agent {
	struct ga_capture *capture;
	struct ga_core *core;
	struct ga_launcher *launcher;
	struct vp_streams *streams;
	bool more; /* streams have more to send, once all else has had its turn */
	struct ga_files *files;
	struct ga_offers *offers;
	struct ga_clipboard *clipboard; /* NULL: nothing can be copied */
	struct ga_context *context;
	struct ga_bus *bus;
	struct ga_opener *opener;
	struct ga_notifications *notifications;
	struct ga_publisher *publisher;
	struct vp_listener *listener;
	bool unreachable; /* the listener could not be renewed */
	int signal_fd;
	int seldom_fd;
	uint64_t instance;
	bool lost; /* the display server is gone */
	bool told_to_end;
};

/* What the session quotes of the agent's words is for people, too. */
static GLogWriterOutput write_log(
	GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
	(void)data;
	const char *domain = "";
	const char *message = "";
	for (gsize i = 0; i < n_fields; i++) {
		if (strcmp(fields[i].key, "GLIB_DOMAIN") == 0)
			domain = fields[i].value;
		else if (strcmp(fields[i].key, "MESSAGE") == 0)
			message = fields[i].value;
	}
	if (!g_log_writer_default_would_drop(level, domain))
		fprintf(stderr, "oriel-agent: %s\n", message);
	return G_LOG_WRITER_HANDLED;
}

static int open_signals(void)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* memory that may not grow is an error like any other */
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* 0 means none in the protocol. */
static uint64_t random_instance(void)
{
	uint64_t instance = 0;
	while (instance == 0)
		if (getrandom(&instance, sizeof(instance), 0) != sizeof(instance))
			instance = (uint64_t)getpid();
	return instance;
}

static bool tell_primary(void *data, const struct vp_message *message)
{
	struct agent *agent = data;
	struct vp_session *session = ga_core_session(agent->core);
	return session != NULL && vp_session_send(session, message);
}

static void handle_session_ready(void *data)
{
	struct agent *agent = data;
	vp_streams_begin(agent->streams, ga_core_session(agent->core));
	ga_launcher_primary_came(agent->launcher);
	ga_clipboard_primary_came(agent->clipboard);
	ga_bus_connect(agent->bus);
}

static void handle_core_message(void *data, const struct vp_message *message)
{
	struct agent *agent = data;
	ga_launcher_handle_message(agent->launcher, message);
	ga_opener_handle_message(agent->opener, message);
	ga_clipboard_handle_message(agent->clipboard, message);
	ga_notifications_handle_message(agent->notifications, message);
	ga_files_handle_message(agent->files, message);
	ga_publisher_handle_message(agent->publisher, message);
}

static bool handle_stream_message(void *data, const struct vp_message *message)
{
	struct agent *agent = data;
	return vp_streams_handle_message(agent->streams, message);
}

static void handle_session_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct agent *agent = data;
	vp_streams_end(agent->streams, text);
	ga_files_primary_left(agent->files);
	ga_clipboard_primary_left(agent->clipboard);
	ga_opener_primary_left(agent->opener);
	ga_notifications_primary_left(agent->notifications);
	ga_publisher_primary_lost(agent->publisher);
	if (reason == VP_BYE_SHUTDOWN || reason == VP_BYE_REPLACED)
		g_debug("the primary has left: %s", text);
	else
		g_warning("the session with the primary has ended: %s", text);
}

static void handle_stream_ended(void *data, uint32_t stream, enum vp_stream_status status,
	uint64_t bytes, struct vp_text message)
{
	struct agent *agent = data;
	g_debug("stream %u has ended after %" PRIu64 " bytes, status %d: %.*s", stream, bytes,
		(int)status, (int)message.len, message.data);
	ga_files_handle_stream_ended(agent->files, stream, status, message);
	ga_clipboard_handle_stream_ended(agent->clipboard, stream, status);
}

static const struct vp_streams_listener streams_listener = { .ended = handle_stream_ended };

static void handle_offer_progress(void *data, uint32_t request, uint64_t bytes, uint64_t total)
{
	struct agent *agent = data;
	ga_offers_handle_progress(agent->offers, request, bytes, total);
}

static void handle_offer_skipped(void *data, uint32_t request, const char *name, const char *reason)
{
	struct agent *agent = data;
	ga_offers_handle_skipped(agent->offers, request, name, reason);
}

static void handle_offer_ended(void *data, uint32_t request, const char *error)
{
	struct agent *agent = data;
	ga_offers_handle_ended(agent->offers, request, error);
}

static const struct ga_files_listener files_listener = {
	.tell = tell_primary,
	.offer_progress = handle_offer_progress,
	.offer_skipped = handle_offer_skipped,
	.offer_ended = handle_offer_ended,
};

static void handle_capture_lost(void *data)
{
	struct agent *agent = data;
	agent->lost = true;
}

static const struct ga_core_listener core_listener = {
	.session_ready = handle_session_ready,
	.message = handle_core_message,
	.stream = handle_stream_message,
	.session_closed = handle_session_closed,
	.capture_lost = handle_capture_lost,
};

/* The primary was one of another domain, whose session does not end by itself. */
static void leave_past(struct agent *agent)
{
	g_message("this domain has been restored");
	if (ga_stale_channels_hold() == -1)
		g_warning("the event channels from before cannot be kept open: %s; Linux may "
			  "stop the agent",
			g_strerror(errno));
	if (ga_core_session(agent->core) != NULL)
		vp_session_lose(ga_core_session(agent->core), "this domain has been restored");
}

/* The session may be in the way, by what it holds. */
static void renew_listener(struct agent *agent)
{
	bool ready = vp_listener_renew(agent->listener);
	if (!ready && !agent->unreachable)
		g_warning("no other primary can connect until this one has left: %s",
			g_strerror(errno));
	agent->unreachable = !ready;
}

static void accept_primary(struct agent *agent)
{
	struct vp_transport *transport = vp_listener_accept(agent->listener);
	if (transport != NULL)
		ga_core_accept(agent->core, transport, agent->instance);
	else if (errno == ESTALE)
		leave_past(agent);
	else if (errno != EAGAIN)
		g_warning("cannot serve a primary: %s", g_strerror(errno));
	renew_listener(agent);
}

static void handle_signal(struct agent *agent)
{
	struct signalfd_siginfo info;
	if (read(agent->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD) {
		ga_launcher_reap(agent->launcher);
		ga_capture_dispatch(agent->capture);
	} else {
		agent->told_to_end = true;
	}
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds until something wants a turn, -1 for ever. */
static int timeout_of(struct agent *agent)
{
	int64_t deadline =
		vp_earlier(ga_capture_deadline(agent->capture), ga_bus_deadline(agent->bus));
	deadline = vp_earlier(deadline, ga_clipboard_deadline(agent->clipboard));
	deadline = vp_earlier(deadline, ga_publisher_deadline(agent->publisher));
	deadline = vp_earlier(deadline, ga_core_deadline(agent->core));
	if (agent->more)
		return 0;
	if (deadline == -1)
		return -1;
	return (int)CLAMP(deadline - now_ms(), 0, INT32_MAX);
}

/* While the primary does not take what is queued for it, the guest's windows are not looked at. */
static bool primary_is_behind(struct agent *agent)
{
	struct vp_session *session = ga_core_session(agent->core);
	return session != NULL && vp_session_queued(session, VP_CHANNEL_WINDOWS) > QUEUED_MAX;
}

static void flush(struct agent *agent)
{
	ga_capture_flush(agent->capture);
	ga_clipboard_flush(agent->clipboard);
	ga_core_flush(agent->core);
	agent->more = vp_streams_flush(agent->streams);
	if (agent->more)
		ga_core_flush(agent->core);
}

static struct pollfd wait_for(int fd)
{
	return (struct pollfd){ .fd = fd, .events = POLLIN };
}

/* What is waited for; a descriptor of -1 is not. */
static void prepare(struct agent *agent, struct pollfd *fds)
{
	struct vp_session *session = ga_core_session(agent->core);
	fds[SESSION] = wait_for(session != NULL ? vp_session_get_fd(session) : -1);
	fds[CAPTURE] = wait_for(primary_is_behind(agent) ? -1 : ga_capture_get_fd(agent->capture));
	fds[SELDOM] = wait_for(agent->seldom_fd);
}

static void dispatch_seldom(struct agent *agent, uint32_t ready)
{
	if ((ready & 1U << SIGNALS) != 0)
		handle_signal(agent);
	if ((ready & 1U << LISTENER) != 0)
		accept_primary(agent);
	if ((ready & 1U << STREAMS) != 0)
		vp_streams_dispatch(agent->streams);
	if ((ready & 1U << FILES) != 0)
		ga_files_dispatch(agent->files);
	if ((ready & 1U << CLIPBOARD) != 0 || ga_clipboard_deadline(agent->clipboard) >= 0)
		ga_clipboard_dispatch(agent->clipboard);
}

/* Input of the primary first; all that it caused is sent in one go at the end of the turn. */
static void run_turn(struct agent *agent)
{
	int timeout = timeout_of(agent);
	size_t count;
	struct pollfd *fds = ga_context_prepare(agent->context, &count, &timeout);
	prepare(agent, fds);
	int ready = poll(fds, count, timeout);
	if (ready == -1)
		return;
	if (fds[SESSION].revents != 0)
		vp_session_dispatch(ga_core_session(agent->core));
	if (fds[CAPTURE].revents != 0 || ready == 0)
		ga_capture_dispatch(agent->capture);
	dispatch_seldom(
		agent, fds[SELDOM].revents != 0 ? vp_poll_group_ready(agent->seldom_fd) : 0);
	ga_context_dispatch(agent->context);
	if (ga_bus_deadline(agent->bus) >= 0)
		ga_bus_dispatch(agent->bus, now_ms());
	ga_core_advance(agent->core, now_ms());
	flush(agent);
	while (ga_publisher_dispatch(agent->publisher))
		flush(agent);
	if (agent->unreachable && ga_core_session(agent->core) == NULL)
		renew_listener(agent);
}

static bool watch_seldom(struct agent *agent)
{
	const int fds[SELDOM_COUNT] = {
		[SIGNALS] = agent->signal_fd,
		[LISTENER] = vp_listener_get_fd(agent->listener),
		[STREAMS] = vp_streams_get_fd(agent->streams),
		[FILES] = ga_files_get_fd(agent->files),
		[CLIPBOARD] = ga_clipboard_get_fd(agent->clipboard),
	};
	agent->seldom_fd = vp_poll_group_create(fds, SELDOM_COUNT);
	if (agent->seldom_fd == -1)
		fprintf(stderr, "oriel-agent: cannot wait for events: %s\n", strerror(errno));
	return agent->seldom_fd != -1;
}

static void open_bus(struct agent *agent)
{
	g_autoptr(GaDbusAgent1) object = ga_dbus_agent1_skeleton_new();
	g_autoptr(GaDbusNotifications) server = ga_dbus_notifications_skeleton_new();
	agent->context = ga_context_create(POLLED);
	agent->opener = ga_opener_create(object, tell_primary, agent);
	agent->offers = ga_offers_create(object);
	ga_offers_begin(agent->offers, agent->files);
	agent->bus = ga_bus_create();
	ga_bus_offer(agent->bus, "io.oriel.Agent1", "/io/oriel/Agent1",
		G_DBUS_INTERFACE_SKELETON(object));
	agent->notifications = ga_notifications_create(server, tell_primary, agent);
	ga_bus_offer(agent->bus, "org.freedesktop.Notifications", "/org/freedesktop/Notifications",
		G_DBUS_INTERFACE_SKELETON(server));
	ga_bus_connect(agent->bus);
}

/* The path of a program that lies beside this one, for g_free(). */
static char *path_beside(const char *program)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *directory = g_path_get_dirname(self != NULL ? self : "");
	return g_build_filename(directory, program, NULL);
}

/* Streams, and the files that come and go by them. False with errno. */
static bool open_streams(struct agent *agent)
{
	g_autofree char *program = path_beside("oriel-files");
	agent->streams = vp_streams_create(&streams_listener, agent);
	if (agent->streams != NULL)
		agent->files = ga_files_create(program, agent->streams, &files_listener, agent);
	return agent->files != NULL;
}

static size_t count_queued(void *data, enum vp_channel channel)
{
	struct agent *agent = data;
	struct vp_session *session = ga_core_session(agent->core);
	return session != NULL ? vp_session_queued(session, channel) : SIZE_MAX;
}

static struct ga_publisher *create_publisher(struct agent *agent)
{
	static const struct ga_publisher_listener listener = {
		.tell = tell_primary,
		.queued = count_queued,
	};
	g_autofree char *icons = path_beside("oriel-icons");
	return ga_publisher_create(icons, &listener, agent);
}

/* As a primary with one monitor would. */
static void set_screen(struct agent *agent, const struct ga_options *options)
{
	if (options->width == 0)
		return;
	ga_capture_inject(agent->capture,
		VP_MESSAGE(MONITOR, monitor, .count = 1, .primary = 1, .width = options->width,
			.height = options->height, .screen_width = options->width,
			.screen_height = options->height,
			.name = vp_text_from("screen", VP_NAME_MAX)));
}

static void judge_user(void)
{
	const char *advice = ga_doctor_judge_user(geteuid());
	if (advice != NULL)
		g_message("it runs as root: %s", advice);
}

/* What has been opened is closed by close_agent(), whatever is returned. False with one line on
 * standard error. */
static bool open_agent(struct agent *agent, const struct ga_options *options)
{
	agent->signal_fd = open_signals();
	/* After the signals: libxenstore reads in a thread of its own. */
	agent->listener = ga_agent_listener_open(options);
	if (agent->listener == NULL || agent->signal_fd == -1)
		return false;
	ga_toolkits_set_environment();
	if (!open_streams(agent)) {
		fprintf(stderr, "oriel-agent: cannot wait for streams: %s\n", strerror(errno));
		return false;
	}
	agent->launcher = ga_launcher_create(tell_primary, agent);
	agent->publisher = create_publisher(agent);
	open_bus(agent);
	agent->capture = ga_capture_x11_create(options->display);
	if (agent->capture == NULL)
		return false;
	agent->clipboard =
		ga_clipboard_create(options->display, agent->streams, tell_primary, agent);
	agent->core = ga_core_create(agent->capture, &core_listener, agent);
	return agent->core != NULL && watch_seldom(agent);
}

static void close_agent(struct agent *agent, const struct ga_options *options)
{
	ga_core_destroy(agent->core);
	ga_capture_destroy(agent->capture);
	ga_offers_destroy(agent->offers);
	ga_files_destroy(agent->files);
	ga_clipboard_destroy(agent->clipboard);
	ga_opener_destroy(agent->opener);
	ga_notifications_destroy(agent->notifications);
	ga_publisher_destroy(agent->publisher);
	ga_bus_destroy(agent->bus);
	ga_context_destroy(agent->context);
	ga_launcher_destroy(agent->launcher);
	vp_streams_destroy(agent->streams);
	if (agent->seldom_fd != -1)
		close(agent->seldom_fd);
	if (agent->signal_fd != -1)
		close(agent->signal_fd);
	/* What is at the path otherwise is not this agent's. */
	if (agent->listener != NULL && options->listen_path != NULL)
		unlink(options->listen_path);
	vp_listener_destroy(agent->listener);
}

static int run_agent(const struct ga_options *options)
{
	struct agent agent = {
		.signal_fd = -1,
		.seldom_fd = -1,
		.instance = random_instance(),
	};

	if (open_agent(&agent, options)) {
		judge_user();
		set_screen(&agent, options);
		flush(&agent);
		while (!agent.lost && !agent.told_to_end)
			run_turn(&agent);
	}
	close_agent(&agent, options);
	return agent.told_to_end ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int activate(const char *application, char **files)
{
	g_autoptr(GError) error = NULL;
	if (ga_activation_call(application, (const char *const *)files, &error))
		return EXIT_SUCCESS;
	fprintf(stderr, "oriel-agent: %s could not be started over D-Bus: %s\n", application,
		error->message);
	return EXIT_FAILURE;
}

/* The agent is this very program, started anew. */
static int run_session(int argc, char **argv)
{
	struct ga_session_options options;
	g_autofree char *error = NULL;
	if (!ga_session_options_parse(argc, argv, &options, &error)) {
		fprintf(stderr, "oriel-agent: %s\n", error);
		return EXIT_USAGE;
	}
	g_autofree char *agent = g_file_read_link("/proc/self/exe", NULL);
	return ga_session_run(&options, agent != NULL ? agent : "oriel-agent");
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--session") == 0)
		return run_session(argc - 2, argv + 2);
	if (argc == 2 && strcmp(argv[1], "--doctor") == 0)
		return ga_doctor_examine("", geteuid(), stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
	struct ga_options options;
	int status = ga_options_read(argc, argv, &options);
	if (status != -1)
		return status;
	g_log_set_writer_func(write_log, NULL, NULL);
	if (options.application != NULL)
		return activate(options.application, options.files);
	ga_crashes_report();
	return run_agent(&options);
}

/*
 * orield: the broker of the primary's session.
 */
#define G_LOG_DOMAIN "orield"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib-unix.h>

#include "broker.h"
#include "crash-reports.h"
#include "crash.h"
#include "dbus.h"
#include "instance.h"
#include "paths.h"
#include "screen.h"
#include "service.h"

enum { EXIT_USAGE = 2 };

struct options {
	char *display; /* NULL: as the environment says */
	int ready_fd; /* -1 none */
	gboolean print_screen;
	gboolean version;
};

struct program {
	struct hc_service service;
	struct hc_instance *instance;
	struct hc_broker *broker;
	struct hc_dbus *dbus;
	GMainLoop *loop;
};

/* Lets the main loop poll and dispatch the broker. */
struct broker_source {
	GSource source;
	struct hc_broker *broker;
	gpointer tag;
};

static gboolean prepare_broker(GSource *source, gint *timeout)
{
	const struct broker_source *self = (struct broker_source *)source;
	int64_t deadline = hc_broker_deadline(self->broker);
	int64_t left = deadline < 0 ? -1 : MAX(deadline - hc_broker_now(), 0);

	*timeout = (gint)MIN(left, G_MAXINT);
	return left == 0;
}

static gboolean check_broker(GSource *source)
{
	struct broker_source *self = (struct broker_source *)source;
	int64_t deadline = hc_broker_deadline(self->broker);

	return g_source_query_unix_fd(source, self->tag) != 0 ||
	       (deadline >= 0 && hc_broker_now() >= deadline);
}

static gboolean dispatch_broker(GSource *source, GSourceFunc callback, gpointer data)
{
	(void)callback;
	(void)data;
	hc_broker_dispatch(((struct broker_source *)source)->broker);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs broker_source_functions = {
	.prepare = prepare_broker,
	.check = check_broker,
	.dispatch = dispatch_broker,
};

static GSource *broker_source_new(struct hc_broker *broker)
{
	GSource *source = g_source_new(&broker_source_functions, sizeof(struct broker_source));
	struct broker_source *self = (struct broker_source *)source;

	self->broker = broker;
	self->tag = g_source_add_unix_fd(source, hc_broker_get_fd(broker), G_IO_IN);
	return source;
}

static void handle_quit(void *data)
{
	struct program *program = data;

	g_main_loop_quit(program->loop);
}

static gboolean handle_signal(gpointer data)
{
	struct program *program = data;

	g_message("ends, with all VMs");
	hc_broker_stop_all(program->broker, handle_quit, program);
	return G_SOURCE_CONTINUE;
}

/* Whoever comes next takes the VMs and their windows over, as after a crash. */
static gboolean handle_hangup(gpointer data)
{
	struct program *program = data;

	g_message("ends, and leaves the VMs to the next broker");
	g_main_loop_quit(program->loop);
	return G_SOURCE_CONTINUE;
}

static void handle_vm_changed(void *data, struct hc_vm *vm)
{
	struct program *program = data;

	hc_dbus_emit_vm_changed(program->dbus, vm);
}

static void handle_windows_changed(void *data, struct hc_vm *vm)
{
	struct program *program = data;

	hc_dbus_emit_windows_changed(program->dbus, vm);
}

static void handle_applications_changed(void *data, struct hc_vm *vm)
{
	struct program *program = data;

	hc_dbus_emit_applications_changed(program->dbus, vm);
}

static const struct hc_dbus_listener dbus_listener = { .quit = handle_quit };
static const struct hc_broker_listener broker_listener = {
	.vm_changed = handle_vm_changed,
	.windows_changed = handle_windows_changed,
	.applications_changed = handle_applications_changed,
};

/* NULL with an error. */
static char *find_program(const char *name, GError **error)
{
	char *path = hc_path_program(name);

	if (!path)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"the program %s is neither beside orield nor on PATH: install it", name);
	return path;
}

static bool set_up(struct program *program, GError **error)
{
	g_autofree char *socket_path = hc_path_broker_socket();
	g_autofree char *view = find_program("oriel-view", error);
	g_autofree char *desk = view ? find_program("oriel-desk", error) : NULL;
	g_autofree char *own = desk ? find_program("orield", error) : NULL;
	g_autofree char *oriel = own ? find_program("oriel", error) : NULL;
	const struct hc_broker_programs programs = {
		.view = view, .desk = desk, .screen = own, .oriel = oriel
	};

	if (!oriel || !hc_service_take(&program->service, error))
		return false;
	program->instance = hc_instance_acquire(program->service.socket >= 0, error);
	if (!program->instance)
		return false;
	program->dbus = hc_dbus_create(
		program->service.socket, socket_path, &dbus_listener, program, error);
	if (!program->dbus)
		return false;
	program->broker = hc_broker_create(&programs, &broker_listener, program, error);
	if (!program->broker)
		return false;
	hc_dbus_serve(program->dbus, program->broker);
	return true;
}

static void tear_down(struct program *program)
{
	hc_service_tell(&program->service, "STOPPING=1");
	hc_broker_destroy(program->broker);
	hc_dbus_destroy(program->dbus);
	hc_instance_release(program->instance);
	hc_service_finish(&program->service);
}

/* Tells whoever started this program how that went: an empty line, or the error. */
static void report(int ready_fd, const char *line)
{
	if (ready_fd < 0)
		return;
	dprintf(ready_fd, "%s\n", line);
	close(ready_fd);
}

/* Before anybody is told that it is ready, and may send one. */
static void watch_signals(struct program *program)
{
	program->loop = g_main_loop_new(NULL, FALSE);
	g_unix_signal_add(SIGTERM, handle_signal, program);
	g_unix_signal_add(SIGINT, handle_signal, program);
	g_unix_signal_add(SIGHUP, handle_hangup, program);
}

static void run(struct program *program)
{
	g_autoptr(GSource) source = broker_source_new(program->broker);

	g_source_attach(source, NULL);
	g_main_loop_run(program->loop);
	g_source_destroy(source);
	g_main_loop_unref(program->loop);
}

/* What a broker that must not wait for the X server runs. The exit status. */
static int print_screen(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *line = NULL;
	struct hv_screen screen;

	if (!hc_screen_read(&screen, &error)) {
		fprintf(stderr, "%s\n", error->message);
		return EXIT_FAILURE;
	}
	line = hc_screen_format(&screen);
	fputs(line, stdout);
	return EXIT_SUCCESS;
}

/* -1 to go on, else the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	const GOptionEntry entries[] = {
		{ "display", 0, 0, G_OPTION_ARG_STRING, &options->display,
			"show windows on this X display", "NAME" },
		{ "ready-fd", 0, 0, G_OPTION_ARG_INT, &options->ready_fd,
			"write a line to it when ready", "FD" },
		{ "print-screen", 0, 0, G_OPTION_ARG_NONE, &options->print_screen,
			"print the size of the display's screen and exit", NULL },
		{ "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "print the version",
			NULL },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- the broker of Oriel");
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1) {
		fprintf(stderr, "orield: %s; see 'orield --help'\n",
			error ? error->message : "it takes no arguments");
		return EXIT_USAGE;
	}
	/* Views and guests must not hold it open. */
	if (options->ready_fd >= 0 && fcntl(options->ready_fd, F_SETFD, FD_CLOEXEC) < 0) {
		fprintf(stderr, "orield: --ready-fd needs an open descriptor, not %d\n",
			options->ready_fd);
		return EXIT_USAGE;
	}
	if (!options->version)
		return -1;
	printf("orield %s\n", ORIEL_VERSION);
	return EXIT_SUCCESS;
}

static void report_crashes(void)
{
	g_autofree char *path = hc_crash_report_own_path("orield");

	vp_crash_install("orield");
	if (path)
		vp_crash_report_to_file(path);
}

/* The exit status. */
static int serve(const struct options *options)
{
	g_autoptr(GError) error = NULL;
	struct program program = { 0 };
	int result = EXIT_FAILURE;

	report_crashes();
	if (set_up(&program, &error)) {
		if (options->display)
			hc_broker_pin_display(program.broker);
		watch_signals(&program);
		report(options->ready_fd, "");
		hc_service_tell(&program.service, "READY=1");
		run(&program);
		result = EXIT_SUCCESS;
	} else {
		fprintf(stderr, "orield: %s\n", error->message);
		report(options->ready_fd, error->message);
	}
	tear_down(&program);
	return result;
}

int main(int argc, char **argv)
{
	struct options options = { .ready_fd = -1 };
	int result;

	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN);
	hc_path_ignore_relative();
	result = parse_options(argc, argv, &options);
	if (result >= 0)
		return result;
	if (options.display)
		g_setenv("DISPLAY", options.display, TRUE);
	result = options.print_screen ? print_screen() : serve(&options);
	g_free(options.display);
	return result;
}

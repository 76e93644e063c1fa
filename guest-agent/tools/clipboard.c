/*
 * oriel-clipboard: joins the clipboard of another X display of a guest to that of the display that
 * oriel-agent serves. Ends with either of them.
 */
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <glib.h>

#include "../clip-bridge.h"
#include "../x11/joined-display.h"
#include "deadline.h"
#include "wire.h"

enum {
	EXIT_USAGE = 2,
	END_MS = 1000, /* that X servers are given to tell those who paste */
};

static const char *const own_name = "oriel-clipboard";

static int64_t now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static int open_signals(void)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

/* Until the deadline at most, -1 for none. True if a signal has come. */
static bool run_turn(struct ga_clip_bridge *bridge, int signal_fd, int64_t until)
{
	struct pollfd fds[] = {
		{ .fd = ga_clip_bridge_get_fd(bridge), .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
	};
	int64_t deadline = vp_earlier(until, ga_clip_bridge_deadline(bridge));
	int timeout = deadline == -1 ? -1 : (int)CLAMP(deadline - now_ms(), 0, INT32_MAX);
	bool told_to_end = poll(fds, G_N_ELEMENTS(fds), timeout) > 0 && fds[1].revents != 0;
	ga_clip_bridge_dispatch(bridge, now_ms());
	return told_to_end;
}

static void run(struct ga_clip_bridge *bridge, int signal_fd)
{
	bool told_to_end = false;
	while (!told_to_end && ga_clip_bridge_lost(bridge) == NULL)
		told_to_end = run_turn(bridge, signal_fd, -1);
	if (!told_to_end)
		fprintf(stderr, "%s: the X server of %s has ended\n", own_name,
			ga_clip_bridge_lost(bridge));
	ga_clip_bridge_end(bridge);
	int64_t until = now_ms() + END_MS;
	while (!ga_clip_bridge_settled(bridge) && now_ms() < until)
		run_turn(bridge, -1, until);
}

/* Puts the one that the agent serves first. */
static bool sort_displays(const char *displays[2], char *error, size_t size)
{
	bool served[2];
	for (int i = 0; i < 2; i++)
		if (!ga_joined_display_examine(displays[i], &served[i], error, size))
			return false;
	if (served[0] == served[1]) {
		g_snprintf(error, size,
			served[0] ? "%s and %s are both served by oriel-agent: name a display "
				    "that is not"
				  : "neither %s nor %s is served by oriel-agent: run it with the "
				    "guest's own display as $DISPLAY",
			displays[0], displays[1]);
		return false;
	}
	if (served[1]) {
		const char *agents = displays[1];
		displays[1] = displays[0];
		displays[0] = agents;
	}
	return true;
}

static int join(const char *first, const char *second)
{
	char error[VP_REASON_MAX];
	const char *displays[] = { first, second };
	struct ga_joined_display *joined = NULL;
	struct ga_clip_bridge *bridge = NULL;
	int signal_fd = open_signals();
	if (sort_displays(displays, error, sizeof(error)))
		joined = ga_joined_display_create(displays[1], error, sizeof(error));
	if (joined != NULL)
		bridge = ga_clip_bridge_create(
			displays[0], displays[1], now_ms(), error, sizeof(error));
	if (bridge != NULL)
		run(bridge, signal_fd);
	else
		fprintf(stderr, "%s: %s\n", own_name, error);
	int status = bridge != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
	ga_clip_bridge_destroy(bridge);
	ga_joined_display_destroy(joined);
	close(signal_fd);
	return status;
}

int main(int argc, char **argv)
{
	g_auto(GStrv) words = NULL;
	gboolean version = FALSE;
	const GOptionEntry entries[] = {
		{ "version", 0, 0, G_OPTION_ARG_NONE, &version, "print the version", NULL },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &words, NULL, "DISPLAY" },
		{ 0 },
	};
	setlocale(LC_ALL, "");
	g_autoptr(GOptionContext) context =
		g_option_context_new("- join the clipboard of another X display to this one's");
	g_autoptr(GError) error = NULL;
	g_option_context_add_main_entries(context, entries, NULL);
	bool parsed = g_option_context_parse(context, &argc, &argv, &error);
	if (parsed && version) {
		printf("%s " ORIEL_VERSION "\n", own_name);
		return EXIT_SUCCESS;
	}
	if (!parsed || words == NULL || words[1] != NULL) {
		fprintf(stderr, "%s: %s; see %s --help\n", own_name,
			error != NULL ? error->message : "name one display", own_name);
		return EXIT_USAGE;
	}
	const char *display = g_getenv("DISPLAY");
	if (display == NULL || display[0] == '\0') {
		fprintf(stderr,
			"%s: $DISPLAY is not set: run it in the session that oriel-agent "
			"serves\n",
			own_name);
		return EXIT_FAILURE;
	}
	return join(display, words[0]);
}

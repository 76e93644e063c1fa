/*
 * The guest session's supervisor: the first process of a local VM (oriel-agent --session).
 *
 * It starts the guest's X server, its session bus and the agent, restarts an agent that dies, and
 * ends everything when it is told to (SIGTERM) or when the X server is gone. It is the reaper of
 * all processes of the VM, and leaves none behind.
 *
 *   oriel-agent --session OPTION...
 *     --display=N          number of the guest's display; its socket is /tmp/.X11-unix/XN
 *     --xauthority=FILE    existing cookie file of that display
 *     --runtime-dir=DIR    existing; the applications' XDG_RUNTIME_DIR, the session bus is DIR/bus
 *     --state=FILE         removed in the end unless the session failed
 *     --screen=WxH         pixels at first (default 1920x1080)
 *     --max-screen=WxH     pixels that it can grow to (default 4096x2304, or --screen if larger)
 *     --dpi=N              of text at first (default 96)
 *     --notify-fd=N        inherited pipe (default none)
 *     --listen=xen:N       have the agent serve by vchan, as instance N, and not by descriptor 3
 *     --primary=ID         the primary's domain then (default 0)
 *
 * Descriptor 3 is inherited: a listening stream socket, on which each agent accepts its primary.
 * The session keeps it open, so that connecting succeeds while the agent is restarted. Descriptor 0
 * is not read; messages for people go to descriptor 2. The environment is handed on to the
 * applications, but for DISPLAY, XAUTHORITY, DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR, which
 * are set. The working directory becomes $HOME.
 *
 * The state file and what is written to the notify descriptor: guest-session-state.h.
 *
 * Exit status: 0 told to end, 1 failed (the reason is in the state file, and on descriptor 2), 2
 * usage.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { GA_SESSION_LISTEN_FD = 3 };

/* Strings point into the arguments. */
struct ga_session_options {
	uint32_t display;
	const char *xauthority;
	const char *runtime_dir;
	const char *state_file;
	uint32_t width; /* pixels */
	uint32_t height; /* pixels */
	uint32_t max_width; /* pixels */
	uint32_t max_height; /* pixels */
	uint32_t dpi;
	int notify_fd; /* -1 none */
	const char *listen; /* "xen:N"; NULL: at GA_SESSION_LISTEN_FD */
	const char *primary; /* id of the primary's domain then, NULL 0 */
};

/* Reads "1920x1080". */
bool ga_session_size_parse(const char *text, uint32_t *width, uint32_t *height);

/* Reads "xen:0", which names an instance, and the id of a domain. */
bool ga_session_vchan_parse(const char *text, uint32_t *instance);
bool ga_session_domain_parse(const char *text, uint32_t *domain);

/* Reads the arguments after --session. False with a sentence in *error, freed with g_free(). */
bool ga_session_options_parse(
	int argc, char *const *argv, struct ga_session_options *options, char **error);

/* Runs a session until it ends; agent is the program to start as the agent. Returns the exit
 * status. */
int ga_session_run(const struct ga_session_options *options, const char *agent);

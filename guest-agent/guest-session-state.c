#include "guest-session-state.h"

#include <string.h>
#include <unistd.h>

bool ga_session_state_write(const struct ga_session_state *state, const char *path, GError **error)
{
	static const char group[] = "session";
	g_autoptr(GKeyFile) file = g_key_file_new();

	g_key_file_set_string(file, group, "state", state->name);
	g_key_file_set_string(file, group, "reason", state->reason != NULL ? state->reason : "");
	g_key_file_set_uint64(file, group, "display", state->display);
	g_key_file_set_int64(file, group, "start-time", state->start_time);
	g_key_file_set_integer(file, group, "pid", getpid());
	g_key_file_set_integer(file, group, "x-server-pid", state->x_server_pid);
	g_key_file_set_integer(file, group, "bus-pid", state->bus_pid);
	g_key_file_set_integer(file, group, "agent-pid", state->agent_pid);
	return g_key_file_save_to_file(file, path, error);
}

void ga_session_state_notify(const struct ga_session_state *state, int fd)
{
	g_autofree char *line = state->reason != NULL
					? g_strdup_printf("failed %s\n", state->reason)
					: g_strdup_printf("%s\n", state->name);
	/* A reader that is gone or asleep does not matter: the state file has it all. */
	(void)!write(fd, line, strlen(line));
}

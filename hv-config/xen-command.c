#include "xen-command.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

enum { OUTPUT_BYTES_MAX = 500 };

struct hv_xen_command {
	char *name; /* as people know it: "xl create" */
	GPid pid;
	int pidfd;
	int output_fd; /* a memory file: the program never waits for its reader, nor misses one */
};

struct hv_xen_command *hv_xen_command_start(const char *const *arguments, GError **error)
{
	g_autofree char *program = g_path_get_basename(arguments[0]);
	struct hv_xen_command *command = g_new(struct hv_xen_command, 1);
	*command = (struct hv_xen_command){
		.name = g_strjoin(" ", program, arguments[1], NULL),
		.pidfd = -1,
		.output_fd = memfd_create("oriel-command", MFD_CLOEXEC),
	};
	g_auto(GStrv) copy = g_strdupv((char **)(uintptr_t)arguments);
	if (command->output_fd >= 0 &&
		!g_spawn_async_with_fds(NULL, copy, NULL,
			G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &command->pid,
			-1, command->output_fd, command->output_fd, error))
		goto fail;
	if (command->output_fd >= 0)
		command->pidfd = pidfd_open(command->pid, 0);
	if (command->pidfd >= 0)
		return command;
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE, "cannot follow %s: %s",
		command->name, g_strerror(errno));
fail:
	hv_xen_command_destroy(command);
	return NULL;
}

int hv_xen_command_get_fd(const struct hv_xen_command *command)
{
	return command->pidfd;
}

/* The end of what it printed, on one line and printable; the caller frees it. */
static char *read_output(const struct hv_xen_command *command)
{
	char text[OUTPUT_BYTES_MAX + 1] = { 0 };
	struct stat info;
	if (fstat(command->output_fd, &info) < 0)
		return g_strdup("");
	off_t begin = MAX(info.st_size - OUTPUT_BYTES_MAX, 0);
	if (pread(command->output_fd, text, OUTPUT_BYTES_MAX, begin) < 0)
		return g_strdup("");
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	for (char *c = valid; *c != '\0'; c++)
		if (g_ascii_iscntrl(*c))
			*c = ' ';
	return g_strdup(g_strstrip(valid));
}

bool hv_xen_command_finish(struct hv_xen_command *command, GError **error)
{
	int status = -1;
	while (waitpid(command->pid, &status, 0) < 0 && errno == EINTR)
		;
	command->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	g_autofree char *output = read_output(command);
	if (*output != '\0')
		g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_COMMAND, "%s failed: %s",
			command->name, output);
	else if (WIFSIGNALED(status))
		g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_COMMAND,
			"%s was ended by signal %d (%s)", command->name, WTERMSIG(status),
			g_strsignal(WTERMSIG(status)));
	else
		g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_COMMAND,
			"%s failed with status %d", command->name, WEXITSTATUS(status));
	return false;
}

void hv_xen_command_destroy(struct hv_xen_command *command)
{
	if (command == NULL)
		return;
	if (command->pidfd >= 0)
		close(command->pidfd);
	if (command->output_fd >= 0)
		close(command->output_fd);
	g_free(command->name);
	g_free(command);
}

char *hv_xen_find_xl(GError **error)
{
	/* where administrators' programs are, which users' PATH often leaves out */
	static const char fallback[] = "/usr/sbin/xl";
	char *program = g_find_program_in_path("xl");
	if (program == NULL && g_file_test(fallback, G_FILE_TEST_IS_EXECUTABLE))
		program = g_strdup(fallback);
	if (program == NULL)
		g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE,
			"the program xl is missing; install Xen's tools (package xen-utils)");
	return program;
}

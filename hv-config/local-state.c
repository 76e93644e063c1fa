#include "local-state.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "driver.h"

#define GROUP "vm"
#define SESSION_GROUP "session"

enum {
	FILE_SIZE_MAX = 16 * 1024,
	LOG_TAIL_SIZE = 4096,
	LINE_SIZE_MAX = 300,
	OPEN_DIRECTORIES_MAX = 16
};

void hv_local_paths_init(struct hv_local_paths *paths, const char *vm)
{
	char *directory = g_build_filename(g_get_user_runtime_dir(), "oriel", vm, NULL);
	g_autofree char *log_name = g_strconcat(vm, ".log", NULL);
	*paths = (struct hv_local_paths){
		.directory = directory,
		.state = g_build_filename(directory, "state", NULL),
		.agent_socket = g_build_filename(directory, "agent.sock", NULL),
		.x11 = g_build_filename(directory, "x11", NULL),
		.xauthority = g_build_filename(directory, "Xauthority", NULL),
		.session = g_build_filename(directory, "session", NULL),
		.session_state = g_build_filename(directory, "session", "state", NULL),
		.runtime = g_build_filename(directory, "runtime", NULL),
		.log = g_build_filename(g_get_user_state_dir(), "oriel", "vms", log_name, NULL),
	};
}

void hv_local_paths_finish(struct hv_local_paths *paths)
{
	g_free(paths->directory);
	g_free(paths->state);
	g_free(paths->agent_socket);
	g_free(paths->x11);
	g_free(paths->xauthority);
	g_free(paths->session);
	g_free(paths->session_state);
	g_free(paths->runtime);
	g_free(paths->log);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st, (void)type, (void)place;
	remove(path); /* what cannot be removed stays; the rest goes */
	return 0;
}

/* The guest writes there: links are removed, not followed. */
static void remove_tree(const char *path)
{
	nftw(path, remove_entry, OPEN_DIRECTORIES_MAX, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void hv_local_paths_remove(const struct hv_local_paths *paths)
{
	remove_tree(paths->x11);
	remove_tree(paths->session);
	remove_tree(paths->runtime);
	unlink(paths->xauthority);
	unlink(paths->agent_socket);
	unlink(paths->state);
	rmdir(paths->directory);
}

static void store_process(GKeyFile *file, const char *name, const struct hv_process *process)
{
	g_autofree char *start = g_strconcat(name, "-start", NULL);
	g_key_file_set_integer(file, GROUP, name, process->pid);
	g_key_file_set_uint64(file, GROUP, start, process->start_time);
}

static void load_process(GKeyFile *file, const char *name, struct hv_process *process)
{
	g_autofree char *start = g_strconcat(name, "-start", NULL);
	process->pid = g_key_file_get_integer(file, GROUP, name, NULL);
	process->start_time = g_key_file_get_uint64(file, GROUP, start, NULL);
}

bool hv_local_state_write(const struct hv_local_state *state, const char *path, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	store_process(file, "launcher", &state->launcher);
	store_process(file, "session", &state->session);
	g_key_file_set_string(file, GROUP, "isolation", hv_isolation_name(state->isolation));
	g_key_file_set_uint64(file, GROUP, "display", state->display);
	g_key_file_set_string(file, GROUP, "marker", state->marker);
	if (state->cgroups != NULL)
		g_key_file_set_string_list(file, GROUP, "cgroups",
			(const char *const *)state->cgroups, g_strv_length(state->cgroups));
	if (state->notice != NULL)
		g_key_file_set_string(file, GROUP, "notice", state->notice);
	g_autoptr(GError) cause = NULL;
	if (g_key_file_save_to_file(file, path, &cause))
		return true;
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE,
		"its state cannot be noted: %s", cause->message);
	return false;
}

/* A regular file of at most FILE_SIZE_MAX bytes; links and devices are refused. NULL otherwise. */
static GKeyFile *load_key_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	struct stat st;
	char text[FILE_SIZE_MAX];
	ssize_t len =
		fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, text, sizeof(text)) : -1;
	close(fd);
	g_autoptr(GKeyFile) file = g_key_file_new();
	if (len <= 0 || !g_key_file_load_from_data(file, text, (gsize)len, G_KEY_FILE_NONE, NULL))
		return NULL;
	return g_steal_pointer(&file);
}

bool hv_local_state_read(struct hv_local_state *state, const char *path)
{
	g_autoptr(GKeyFile) file = load_key_file(path);
	if (file == NULL)
		return false;
	g_autofree char *isolation = g_key_file_get_string(file, GROUP, "isolation", NULL);
	g_autofree char *marker = g_key_file_get_string(file, GROUP, "marker", NULL);
	uint64_t display = g_key_file_get_uint64(file, GROUP, "display", NULL);
	if (isolation == NULL || marker == NULL || marker[0] == '\0' || display > UINT16_MAX)
		return false;
	*state = (struct hv_local_state){
		.isolation = g_str_equal(isolation, hv_isolation_name(HV_ISOLATION_NONE))
				     ? HV_ISOLATION_NONE
				     : HV_ISOLATION_BWRAP,
		.display = (uint32_t)display,
		.marker = g_steal_pointer(&marker),
		.cgroups = g_key_file_get_string_list(file, GROUP, "cgroups", NULL, NULL),
		.notice = g_key_file_get_string(file, GROUP, "notice", NULL),
	};
	load_process(file, "launcher", &state->launcher);
	load_process(file, "session", &state->session);
	return true;
}

void hv_local_state_finish(struct hv_local_state *state)
{
	g_free(state->marker);
	g_strfreev(state->cgroups);
	g_free(state->notice);
	*state = (struct hv_local_state){ 0 };
}

bool hv_session_report_read(struct hv_session_report *report, const char *path)
{
	g_autoptr(GKeyFile) file = load_key_file(path);
	if (file == NULL)
		return false;
	g_autofree char *state = g_key_file_get_string(file, SESSION_GROUP, "state", NULL);
	if (state == NULL)
		return false;
	*report = (struct hv_session_report){
		.running = g_str_equal(state, "running"),
		.x_server = g_key_file_get_integer(file, SESSION_GROUP, "x-server-pid", NULL),
		.agent = g_key_file_get_integer(file, SESSION_GROUP, "agent-pid", NULL),
		.reason = g_key_file_get_string(file, SESSION_GROUP, "reason", NULL),
	};
	return true;
}

void hv_session_report_finish(struct hv_session_report *report)
{
	g_free(report->reason);
	*report = (struct hv_session_report){ 0 };
}

char *hv_local_log_last_line(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	struct stat st;
	char text[LOG_TAIL_SIZE + 1];
	off_t start =
		fstat(fd, &st) == 0 && st.st_size > LOG_TAIL_SIZE ? st.st_size - LOG_TAIL_SIZE : 0;
	ssize_t len = pread(fd, text, LOG_TAIL_SIZE, start);
	close(fd);
	text[MAX(len, 0)] = '\0';
	g_strchomp(text);
	const char *line = strrchr(text, '\n');
	line = line != NULL ? line + 1 : text;
	g_autofree char *valid = g_utf8_make_valid(line, (gssize)MIN(strlen(line), LINE_SIZE_MAX));
	return valid[0] != '\0' ? g_strescape(valid, "\"\\") : NULL;
}

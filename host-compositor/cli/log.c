/*
 * oriel log: what the policy has decided, and with -f what it decides from now on.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>

#include "arguments.h"
#include "commands.h"
#include "log-line.h"
#include "output.h"
#include "paths.h"
#include "policy-rule.h"

enum { READ_BYTES = 65536, DIRECTORY_MODE = 0700 };

struct reader {
	struct hc_log_filter filter;
	bool json;
	char *path;
	int fd; /* -1 while there is no such file */
	GString *rest; /* of a line that is not complete yet */
};

static void print_lines(struct reader *reader)
{
	char *line = reader->rest->str;
	char *end;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		g_autofree char *shown = NULL;

		*end = '\0';
		shown = hc_log_line_format(line, &reader->filter, reader->json);
		if (shown)
			printf("%s\n", shown);
	}
	g_string_erase(reader->rest, 0, line - reader->rest->str);
}

static void print_file(struct reader *reader)
{
	char bytes[READ_BYTES];
	ssize_t len;

	while (reader->fd >= 0 && (len = read(reader->fd, bytes, sizeof(bytes))) > 0) {
		g_string_append_len(reader->rest, bytes, len);
		print_lines(reader);
	}
}

static void open_file(struct reader *reader, const char *path)
{
	if (reader->fd >= 0)
		close(reader->fd);
	reader->fd = open(path, O_RDONLY | O_CLOEXEC);
	g_string_truncate(reader->rest, 0);
}

/* The files that were put aside, oldest first, and then the log. */
static void print_all(struct reader *reader)
{
	int count = 0;

	for (;; count++) {
		g_autofree char *path = g_strdup_printf("%s.%d", reader->path, count + 1);

		if (!g_file_test(path, G_FILE_TEST_EXISTS))
			break;
	}
	for (; count > 0; count--) {
		g_autofree char *path = g_strdup_printf("%s.%d", reader->path, count);

		open_file(reader, path);
		print_file(reader);
	}
	open_file(reader, reader->path);
	print_file(reader);
}

/* True if the log is no longer the file that is open. */
static bool put_aside(const struct reader *reader)
{
	struct stat open_one, present;

	if (stat(reader->path, &present) < 0)
		return false;
	return reader->fd < 0 || fstat(reader->fd, &open_one) < 0 ||
	       open_one.st_ino != present.st_ino || open_one.st_dev != present.st_dev;
}

static void print_new(struct reader *reader)
{
	print_file(reader);
	if (!put_aside(reader))
		return;
	open_file(reader, reader->path);
	print_file(reader);
}

/* Before what there is has been read, so that nothing is missed. -1 with an error. */
static int watch(const char *path, GError **error)
{
	g_autofree char *directory = g_path_get_dirname(path);
	int fd = inotify_init1(IN_CLOEXEC);

	g_mkdir_with_parents(directory, DIRECTORY_MODE);
	if (fd >= 0 && inotify_add_watch(fd, directory, IN_MODIFY | IN_CREATE | IN_MOVED_TO) >= 0)
		return fd;
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s cannot be followed: %s",
		path, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Returns when nobody reads any more. */
static void follow(struct reader *reader, int watch_fd)
{
	char events[READ_BYTES];

	while (fflush(stdout) == 0 && read(watch_fd, events, sizeof(events)) > 0)
		print_new(reader);
}

/* VMs may have been there once. */
static bool check_service(const char *name, GError **error)
{
	enum hv_policy_service service;

	if (!name || hv_policy_service_parse(name, &service))
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
		"there is no service '%s': oriel-policy(5) lists them", name);
	return false;
}

int hc_command_log(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	bool follows = (arguments->options & HC_OPTION_FOLLOW) != 0;
	g_autofree char *path = hc_path_audit_log();
	struct reader reader = {
		.filter = { .vm = arguments->vm, .service = arguments->service },
		.json = (arguments->options & HC_OPTION_JSON) != 0,
		.path = path,
		.fd = -1,
	};
	int watch_fd = -1;

	if (!check_service(arguments->service, &error))
		return hc_fail(error);
	if (follows)
		watch_fd = watch(path, &error);
	if (error)
		return hc_fail(error);
	reader.rest = g_string_new(NULL);
	print_all(&reader);
	if (follows) {
		follow(&reader, watch_fd);
		close(watch_fd);
	}
	if (reader.fd >= 0)
		close(reader.fd);
	g_string_free(reader.rest, TRUE);
	return HC_EXIT_DONE;
}

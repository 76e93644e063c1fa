#include "text-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static bool set_errno_error(GError **error)
{
	int code = errno;
	g_set_error_literal(error, G_FILE_ERROR, g_file_error_from_errno(code), g_strerror(code));
	return false;
}

/* Also when it is a pipe that nobody writes into. */
static int open_file(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		set_errno_error(error);
	return fd;
}

static bool check_kind(int fd, GError **error)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		return set_errno_error(error);
	if (S_ISREG(status.st_mode))
		return true;
	g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "it is not a regular file");
	return false;
}

/* Up to size bytes. */
static bool read_bytes(int fd, char *bytes, size_t size, size_t *len, GError **error)
{
	size_t count = 0;
	while (count < size) {
		ssize_t got = read(fd, bytes + count, size - count);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return set_errno_error(error);
		if (got == 0)
			break;
		count += (size_t)got;
	}
	*len = count;
	return true;
}

static bool check_size(size_t count, size_t max, GError **error)
{
	if (count <= max)
		return true;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		"it has more than %zu bytes, which no such file needs", max);
	return false;
}

static char *read_text(int fd, size_t max, size_t *len, GError **error)
{
	char *text = g_malloc(max + 1);
	size_t count = 0;
	if (!check_kind(fd, error) || !read_bytes(fd, text, max + 1, &count, error) ||
		!check_size(count, max, error)) {
		g_free(text);
		return NULL;
	}
	text[count] = '\0';
	*len = count;
	return g_realloc(text, count + 1);
}

char *hv_text_file_read(const char *path, size_t max, size_t *len, GError **error)
{
	int fd = open_file(path, error);
	if (fd < 0)
		return NULL;
	char *text = read_text(fd, max, len, error);
	close(fd);
	return text;
}

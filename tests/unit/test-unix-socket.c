#include "unix-socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib.h>

#include "unit.h"

static char *directory;
static char *path;

static void before(void)
{
	directory = g_dir_make_tmp("unix-socket-XXXXXX", NULL);
	if (!directory)
		abort();
	path = g_build_filename(directory, "socket", NULL);
}

static void after(void)
{
	unlink(path);
	rmdir(directory);
	g_free(path);
	g_free(directory);
}

static int type_of(int fd)
{
	int type = -1;
	socklen_t len = sizeof(type);

	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	return type;
}

static void expect_pair(int type)
{
	int listener = vp_unix_socket_listen(path, type, 1);
	int near = vp_unix_socket_connect(path, type);
	int far = accept(listener, NULL, NULL);

	CU_ASSERT_NOT_EQUAL(near, -1);
	CU_ASSERT_NOT_EQUAL(far, -1);
	CU_ASSERT_EQUAL(type_of(near), type);
	CU_ASSERT_EQUAL(fcntl(listener, F_GETFD), FD_CLOEXEC);
	CU_ASSERT_EQUAL(fcntl(near, F_GETFD), FD_CLOEXEC);
	close(far);
	close(near);
	close(listener);
	unlink(path);
}

static void test_pair(void)
{
	expect_pair(SOCK_STREAM);
	expect_pair(SOCK_SEQPACKET);
}

static void test_taken(void)
{
	int listener = vp_unix_socket_listen(path, SOCK_STREAM, 1);

	CU_ASSERT_EQUAL(vp_unix_socket_listen(path, SOCK_STREAM, 1), -1);
	CU_ASSERT_EQUAL(errno, EADDRINUSE);
	close(listener);
}

static void test_nobody(void)
{
	CU_ASSERT_EQUAL(vp_unix_socket_connect(path, SOCK_STREAM), -1);
	CU_ASSERT_EQUAL(errno, ENOENT);
	close(vp_unix_socket_listen(path, SOCK_STREAM, 1));
	CU_ASSERT_EQUAL(vp_unix_socket_connect(path, SOCK_STREAM), -1);
	CU_ASSERT_EQUAL(errno, ECONNREFUSED);
}

/* The longest path has a NUL at its end, as some programs want it. */
static void test_length(void)
{
	struct sockaddr_un address;
	g_autofree char *name = g_strnfill(sizeof(address.sun_path) - strlen(directory) - 1, 'a');
	g_autofree char *long_path = g_build_filename(directory, name, NULL);
	int listener;

	CU_ASSERT_EQUAL(strlen(long_path), sizeof(address.sun_path));
	CU_ASSERT_EQUAL(vp_unix_socket_listen(long_path, SOCK_STREAM, 1), -1);
	CU_ASSERT_EQUAL(errno, ENAMETOOLONG);
	CU_ASSERT_EQUAL(vp_unix_socket_connect(long_path, SOCK_STREAM), -1);
	CU_ASSERT_EQUAL(errno, ENAMETOOLONG);
	long_path[sizeof(address.sun_path) - 1] = '\0';
	listener = vp_unix_socket_listen(long_path, SOCK_STREAM, 1);
	CU_ASSERT_NOT_EQUAL(listener, -1);
	CU_ASSERT_EQUAL(access(long_path, F_OK), 0);
	close(listener);
	unlink(long_path);
}

static const struct unit_test tests[] = {
	{ "a socket at a path is connected to, of either type", test_pair },
	{ "a path that is taken is left alone", test_taken },
	{ "a path without a socket, or with one where nobody listens, is told apart", test_nobody },
	{ "a path that no socket can have is not cut", test_length },
};

int main(int argc, char **argv)
{
	return unit_run_between(
		"sockets at paths", tests, G_N_ELEMENTS(tests), before, after, argc, argv);
}

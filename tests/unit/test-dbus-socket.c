/*
 * Programs that connect to the broker's socket, seen from the socket: raw clients that say who they
 * are as D-Bus has it.
 */
#include "unit.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gstdio.h>

#include "dbus-socket.h"
#include "unix-socket.h"

enum { REPLY_SIZE = 256 };

static struct {
	struct hc_dbus_socket *socket;
	char *directory;
	char *path;
	guint connected;
	int clients[2]; /* descriptors */
	guint client_count;
} bench;

/* The connection is not kept: the socket hangs up. */
static gboolean handle_connected(void *data, GDBusConnection *connection)
{
	(void)data;
	(void)connection;
	bench.connected++;
	return FALSE;
}

static const struct hc_dbus_socket_listener listener = { .connected = handle_connected };

static void begin(void)
{
	g_autoptr(GError) error = NULL;
	memset(&bench, 0, sizeof(bench));
	bench.directory = g_dir_make_tmp("dbus-socket.XXXXXX", &error);
	g_assert_no_error(error);
	bench.path = g_build_filename(bench.directory, "socket", NULL);
	bench.socket = hc_dbus_socket_create(-1, bench.path, &listener, NULL, &error);
	g_assert_no_error(error);
	hc_dbus_socket_serve(bench.socket);
}

static void end(void)
{
	hc_dbus_socket_destroy(bench.socket);
	for (guint i = 0; i < bench.client_count; i++)
		close(bench.clients[i]);
	g_unlink(bench.path);
	g_rmdir(bench.directory);
	g_free(bench.path);
	g_free(bench.directory);
}

static void say(int fd, const char *words, size_t len)
{
	CU_ASSERT_EQUAL(write(fd, words, len), (ssize_t)len);
}

/* The socket knows who the client is, and waits for what it wants to do then. */
static gboolean handle_reply(gint fd, GIOCondition condition, gpointer data)
{
	static const char begin_messages[] = "BEGIN\r\n";
	char reply[REPLY_SIZE];

	(void)condition;
	(void)data;
	CU_ASSERT(read(fd, reply, sizeof(reply)) > 0);
	say(fd, begin_messages, strlen(begin_messages));
	return G_SOURCE_REMOVE;
}

/* Connects, and says who it is. */
static void arrive(void)
{
	int fd = vp_unix_socket_connect(bench.path, SOCK_STREAM);
	g_autofree char *uid = g_strdup_printf("%u", (unsigned int)getuid());
	g_autoptr(GString) words = g_string_new("");

	CU_ASSERT_NOT_EQUAL_FATAL(fd, -1);
	g_string_append_c(words, '\0');
	g_string_append(words, "AUTH EXTERNAL ");
	for (const char *digit = uid; *digit != '\0'; digit++)
		g_string_append_printf(words, "%02x", (unsigned int)*digit);
	g_string_append(words, "\r\n");
	say(fd, words->str, words->len);
	g_unix_fd_add(fd, G_IO_IN, handle_reply, NULL);
	bench.clients[bench.client_count++] = fd;
}

static void await_connected(guint wanted)
{
	while (bench.connected < wanted)
		g_main_context_iteration(NULL, TRUE);
}

/* Leaves one descriptor: the lowest that is free. */
static void leave_one_descriptor(struct rlimit *before)
{
	int lowest = dup(STDIN_FILENO);
	close(lowest);
	getrlimit(RLIMIT_NOFILE, before);
	const struct rlimit limit = { .rlim_cur = (rlim_t)lowest + 1,
		.rlim_max = before->rlim_max };
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void test_last_descriptor(void)
{
	struct rlimit before;
	begin();
	/* GDBus has its own descriptors from then on. */
	arrive();
	await_connected(1);
	arrive();
	leave_one_descriptor(&before);
	await_connected(2);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
	end();
}

static const struct unit_test tests[] = {
	{ "a client that takes the last descriptor is served", test_last_descriptor },
};

UNIT_MAIN("dbus-socket", tests)

/*
 * A view without windows: it listens where the broker tells it to and behaves as the name says that
 * it was started by.
 *
 *   any other  says ready, ends when told to, and survives its broker
 *   ends       ends at once with status 3
 *   deaf       does not end when told to
 *   stranger   says it is process 1
 *   connected  says it has a session with a guest
 *   named      says it shows a VM's windows
 *   rubbish    sends what is no message
 *   mute       says nothing
 *   modest     says ready once it has been told the link's version, and nothing before
 *   talker     says ready, and then on and on that its windows have changed
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"

enum { LISTEN_FD = 3, STATUS_ENDS = 3, TALK = 20000 };

static bool is(const char *behaviour)
{
	return strcmp(program_invocation_short_name, behaviour) == 0;
}

static void greet(int fd, struct hc_link *link)
{
	if (is("rubbish"))
		send(fd, "rubbish", 7, MSG_NOSIGNAL);
	else if (!is("mute"))
		hc_link_send(link,
			HC_LINK_MESSAGE(READY, ready,
				.pid = is("stranger") ? 1 : (uint32_t)getpid(),
				.connected = is("connected"),
				.name = vp_text_from(is("named") ? "work" : "", VP_NAME_MAX)),
			-1);
}

/* As fast as the broker reads. */
static void talk(int fd, struct hc_link *link)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };

	for (int i = 0; i < TALK; i++) {
		hc_link_send(link, HC_LINK_MESSAGE(WINDOWS_CHANGED, windows_changed, 0), -1);
		while (hc_link_wants_output(link) && poll(&poll_fd, 1, -1) > 0 &&
			(poll_fd.revents & POLLHUP) == 0)
			hc_link_flush(link);
	}
}

/* What it is told first. */
static bool is_greeted(int fd, struct hc_link *link)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct hc_link_message message;
	int passed;

	return poll(&poll_fd, 1, -1) > 0 && hc_link_receive(link, &message, &passed) > 0 &&
	       message.op == HC_LINK_OP_HELLO && message.hello.version == HC_LINK_VERSION;
}

/* Serves one broker until it goes. True if it said quit. */
static bool serve(int fd)
{
	struct hc_link *link = hc_link_create(fd, HC_LINK_TO_VIEW);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct hc_link_message message;
	bool quit = false;
	int received = 0;

	if (is("modest") && !is_greeted(fd, link))
		abort();
	greet(fd, link);
	if (is("talker"))
		talk(fd, link);
	while (!quit && received >= 0 && poll(&poll_fd, 1, -1) > 0) {
		int passed = -1;

		received = hc_link_receive(link, &message, &passed);
		if (passed >= 0)
			close(passed);
		quit = received > 0 && message.op == HC_LINK_OP_QUIT && !is("deaf");
	}
	hc_link_destroy(link);
	return quit;
}

int main(void)
{
	if (is("ends"))
		return STATUS_ENDS;
	for (;;) {
		int fd = accept4(LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			return EXIT_FAILURE;
		if (serve(fd))
			return EXIT_SUCCESS;
	}
}
